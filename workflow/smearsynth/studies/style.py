"""One look for all figures, and files whose bytes depend on nothing but what is drawn."""

from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from smearsynth.files import atomic

INK = "#22252b"
FAINT = "#9aa1ac"
GRID = "#e4e7eb"
BLUE = "#2f6db5"
GREEN = "#3f8f5b"
RED = "#b8404f"

DPI = 150

LARGEST = 1024
"""Side in pixels beyond which a slide or a layout is shown smaller; 1024 is the thesis's own size."""

plt.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "lines.linewidth": 1.6,
    }
)


def figure(width: float, height: float, *, rows: int = 1, columns: int = 1) -> tuple:
    """A figure of `width` × `height` inches and its axes (rows, columns) as an array."""
    drawn, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")
    return drawn, axes


def save(drawn, path: str | Path) -> None:
    """Write a figure as PNG, atomically and without software or date, and close it."""
    with atomic(path) as temporary:
        drawn.savefig(temporary, dpi=DPI, metadata={"Software": None})
    plt.close(drawn)


def picture(axis, image: np.ndarray, *, title: str | None = None) -> None:
    """Show an RGB picture (uint8) without axes; pixels stay visible where it is enlarged."""
    axis.imshow(image, interpolation="nearest" if image.shape[0] <= 64 else "antialiased")
    axis.set_axis_off()
    if title:
        axis.set_title(title, loc="center", fontweight="normal", fontsize=9)


def shrunk(image: np.ndarray) -> np.ndarray:
    """A picture whose longer side is at most `LARGEST`; smaller ones come back as they are."""
    height, width = image.shape[:2]
    scale = LARGEST / max(height, width)
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA), np.uint8)


def absent(axis, text: str) -> None:
    """Say in place of a picture why there is none."""
    axis.set_facecolor("#f3f4f6")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.text(0.5, 0.5, text, ha="center", va="center", color="#5b6270", transform=axis.transAxes, wrap=True)
    axis.set_box_aspect(1)
