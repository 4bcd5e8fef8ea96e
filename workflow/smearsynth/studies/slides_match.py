"""The figure and table of slides matched to fields of a microscope: grey levels before and after, beside those of the fields."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, write_tsv
from smearsynth.slides import match, stain
from smearsynth.studies import style

COLUMNS = ["region", "channel", "before", "after", "moved_away"]
CHANNELS = ("red", "green", "blue")
TITLES = {"smear": "empty smear", "red": "red cells", "dense": "nuclei"}
PLACES = {"smear": (0.02, 0.5), "red": (0.02, 0.95), "dense": (0.98, 0.95)}
"""Where a panel has room for numbers: empty smear is bright, nuclei are dark."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument(
        "--fields", type=Path, nargs="+", required=True, help="the fields that slides were matched to, or their folder"
    )
    parser.add_argument("--before", type=Path, required=True, help="folder of slides as they are without the match")
    parser.add_argument("--after", type=Path, required=True, help="folder of the same slides, matched")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets match.tsv and match.png")


def run(args) -> None:
    """Write the table of distances in grey levels, and the figure."""
    pictures = {
        "fields": [images.read(file) for file in match.listed(args.fields)],
        "before": [images.read(file) for file in match.listed([args.before])],
        "after": [images.read(file) for file in match.listed([args.after])],
    }
    if len(pictures["before"]) != len(pictures["after"]):
        what = f"{len(pictures['after'])} slides, {len(pictures['before'])} in {args.before}"
        raise UserError.of(str(args.after), what, "give the same slides with and without the match")
    # One division into regions for both: what is compared is the colour of the same places.
    parts = [stain.regions(picture) for picture in pictures["before"]]
    counts = {
        "fields": summed((picture, stain.regions(picture)) for picture in pictures["fields"]),
        **{name: summed(zip(pictures[name], parts, strict=True)) for name in ("before", "after")},
    }
    with atomic_folder(args.out) as folder:
        write_tsv(folder / "match.tsv", COLUMNS, table(counts))
        figure(pictures, counts, folder / "match.png")


def summed(found: Iterable[tuple[np.ndarray, np.ndarray | None]]) -> np.ndarray:
    """Pixels of each region by grey level in several pictures, those without any contrast left out; see `stain.histograms`."""
    start = np.zeros((len(stain.REGIONS), len(CHANNELS), 256), np.int64)
    return sum((stain.histograms(picture, regions) for picture, regions in found if regions is not None), start)


def table(counts: dict[str, np.ndarray]) -> list[list]:
    """Wasserstein distances from the fields in grey levels: before and after, and whether the match has moved them away."""
    rows: list[list] = []
    for at, region in enumerate(stain.REGIONS):
        far, near = (stain.distance(counts[name][at], counts["fields"][at]) for name in ("before", "after"))
        for channel, name in enumerate(CHANNELS):
            if far is None or near is None:
                rows.append([region, name, None, None, None])
            else:
                one, other = float(far[channel]), float(near[channel])
                rows.append([region, name, one, other, "yes" if other > one else "no"])
    return rows


def figure(pictures: dict[str, list[np.ndarray]], counts: dict[str, np.ndarray], path: Path) -> None:
    """A slide before and after beside a field, and the histograms of each region and channel."""
    drawn, axes = style.figure(9.0, 10.0, rows=1 + len(stain.REGIONS), columns=len(CHANNELS))
    shown = (("before", "slide before"), ("after", "slide matched"), ("fields", "one of the fields"))
    for axis, (name, title) in zip(axes[0], shown, strict=True):
        style.picture(axis, style.shrunk(pictures[name][0]), title=title)
    for at, region in enumerate(stain.REGIONS):
        for channel, light in enumerate(CHANNELS):
            axis = axes[1 + at, channel]
            histograms(axis, {name: counts[name][at] for name in counts}, channel, place=PLACES[region])
            axis.set_title(f"{TITLES[region]}, {light}")
    axes[1, 0].legend(loc="upper left")
    axes[-1, 1].set_xlabel("grey level")
    style.save(drawn, path)


def histograms(axis, counts: dict[str, np.ndarray], channel: int, *, place: tuple[float, float]) -> None:
    """The fields' histogram filled, the slides' as lines, and at a `place` how far they are from it in grey levels."""
    levels = np.arange(256)
    shares = {name: part[channel] / part[channel].sum() if part.sum() else None for name, part in counts.items()}
    if shares["fields"] is not None:
        axis.fill_between(levels, shares["fields"], color=style.FAINT, alpha=0.5, linewidth=0, label="fields")
    told = []
    for name, colour in (("before", style.RED), ("after", style.BLUE)):
        if shares[name] is not None:
            axis.plot(levels, shares[name], color=colour, label=name)
        apart = stain.distance(counts[name], counts["fields"])
        told.append(f"{name}: {'n/a' if apart is None else format(apart[channel], '.1f')}")
    axis.text(*place, "\n".join(told), ha="right" if place[0] > 0.5 else "left", va="top", fontsize=8, transform=axis.transAxes)
    axis.set_xlim(0, 255)
    axis.set_yticks([])
