"""The figure of a match: fields of a microscope before and after, and histograms of absorbance beside training's."""

from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.files import read_json
from smearsynth.readers import field_look
from smearsynth.readers.field_look import Look
from smearsynth.studies import style

TITLES = {"smear": "empty smear", "red": "red cells", "nucleus": "nuclei of white cells"}
LIMITS = {"smear": (-0.2, 0.8), "red": (-0.2, 1.0), "nucleus": (-0.2, 2.8)}
"""Absorbances that are shown."""
COLUMNS = 3
"""Channels, and pictures above them."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--match", type=Path, required=True, help="folder that readers match wrote")
    parser.add_argument("--out", type=Path, required=True, help="PNG")


def run(args) -> None:
    """Run the command."""
    looks = read_json(args.match / "looks.json")
    target = field_look.from_json(looks["training"])
    pair = looks["pictures"].get("other", looks["pictures"]["matched"])
    before, after = (field_look.from_json(pair[name]) for name in ("before", "after"))
    examples = [images.read(file) for file in sorted((args.match / "examples").glob("*.png"))]
    drawn, axes = style.figure(9.0, 8.5, rows=1 + len(field_look.REGIONS), columns=COLUMNS)
    for column in range(COLUMNS):
        if column < len(examples):
            style.picture(axes[0, column], examples[column], title="before | after")
        else:
            axes[0, column].set_axis_off()
    for row, region in enumerate(field_look.REGIONS, start=1):
        for column, channel in enumerate(("red", "green", "blue")):
            histograms(axes[row, column], region, column, before, after, target)
            axes[row, column].set_title(f"{TITLES[region]}, {channel} light")
    axes[-1, 1].set_xlabel("absorbance: -ln of the share of light that passes")
    axes[1, 0].legend(loc="center right")
    style.save(drawn, args.out)


def histograms(axis, region: str, channel: int, before: Look, after: Look, target: Look) -> None:
    """Training's histogram filled, the others as lines, and how far they are from it."""
    middles, width = (field_look.BINS[:-1] + field_look.BINS[1:]) / 2, field_look.BINS[1] - field_look.BINS[0]
    trained = target.shares[region]
    if trained is not None:
        axis.fill_between(middles, trained[channel] / width, color=style.FAINT, alpha=0.5, linewidth=0, label="training")
    told = []
    for name, look, colour in (("before", before, style.RED), ("after", after, style.BLUE)):
        shares, distance = look.shares[region], field_look.distance(look, target, region)
        if shares is not None:
            axis.plot(middles, shares[channel] / width, color=colour, label=name)
        told.append(f"{name}: {'n/a' if distance is None else np.format_float_positional(distance[channel], 3)}")
    axis.text(0.98, 0.95, "\n".join(told), ha="right", va="top", fontsize=8, transform=axis.transAxes)
    axis.set_xlim(*LIMITS[region])
    axis.set_yticks([])
