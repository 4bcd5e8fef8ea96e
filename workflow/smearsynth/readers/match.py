"""Match a reader to a microscope by a few of its fields: the size of its cells, its light and its stain."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from smearsynth import images
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, read_json, sha256, write_json, write_tsv
from smearsynth.readers import field_look, read
from smearsynth.readers.field_look import Look

if TYPE_CHECKING:
    from smearsynth.readers.field_match import Match

COLUMNS = ["pictures", "region", "channel", "before", "after", "moved_away"]
CHANNELS = ("red", "green", "blue")
EXAMPLES = 3
"""Pictures that are shown before and after."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--model", type=Path, required=True, help="folder of the field reader")
    parser.add_argument(
        "--images", type=Path, nargs="+", required=True, help="five fields or so of one microscope, or their folder"
    )
    parser.add_argument("--check", type=Path, nargs="+", default=[], help="other fields of it: how far the match holds there")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--um-per-px", type=float, help="resolution of the pictures; measured by the size of red cells without it")
    size.add_argument("--scale", type=float, help="reader's pixels in one of the picture's, instead of its measurement")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), help="instead of the device that the reader was trained on")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets match.json for read --match, match.tsv with the distances"
    )


def run(args) -> None:
    """Run the command."""
    read.check(args, ("um_per_px", "scale"))
    files = list(read.listed(args.images).values())
    others = list(read.listed(args.check).values()) if args.check else []
    known = {sha256(file) for file in files}
    raise_all(
        Problem(str(file), "is one of the matched pictures", "check the match on others")
        for file in others
        if sha256(file) in known
    )
    target = target_of(args.model)

    from smearsynth.readers import field_match, field_reader

    reader = field_reader.load(args.model, device=args.device)
    if not reader.options.white_balance:
        what, fix = "the reader was trained without balanced light", "train it with readers.field.white_balance"
        raise UserError.of(str(args.model), what, fix)
    pictures = [images.read(file) for file in files]
    factor = None if args.um_per_px is None and args.scale is None else read.factor_of(args, reader.options.um_per_px)
    found = field_match.match(reader, pictures, target, factor=factor)
    looks = {"matched": field_match.compared(reader, pictures, found)}
    if others:
        looks["other"] = field_match.compared(reader, [images.read(file) for file in others], found)
    with atomic_folder(args.out) as folder:
        write_json(folder / "match.json", told(args.model, files, found, looks["matched"][1]), indent=1)
        write_tsv(folder / "match.tsv", COLUMNS, table(looks, target))
        write_json(folder / "looks.json", as_json(looks, target))
        for file in (others or files)[:EXAMPLES]:
            views = field_match.views(reader, images.read(file), found)
            images.write(folder / "examples" / f"{file.stem}.png", beside(views["camera"], views["matched"]))
    width = target.red_diameter / found.factor
    print(f"red cells are {width:.1f} px wide: {found.factor:.3f} of the reader's pixels in one of these")


def target_of(model: Path) -> Look:
    """The look of what a reader was trained on."""
    if not (model / "look.json").is_file() and (model / "model.json").is_file():
        fix = "train it again: readers field_train measures the look of its training fields"
        raise UserError.of(str(model), "it holds no look.json", fix)
    return field_look.from_json(read_json(model / "look.json"))


def told(model: Path, files: list[Path], found: "Match", own: Look) -> dict:
    """What ``match.json`` holds: all that reading needs, and of which pictures it was made."""
    return {
        "reader": sha256(model / "model.json"),
        "pictures": {file.name: sha256(file) for file in files},
        "factor": round(found.factor, 6),
        "nuclei": own.nucleus is not None,
        "stain": np.round(found.stain, 6).tolist(),
    }


def as_json(looks: dict[str, tuple[Look, Look]], target: Look) -> dict:
    """What ``looks.json`` holds: the histograms, for `studies match`."""
    pictures = {name: dict(zip(("before", "after"), map(field_look.to_json, pair), strict=True)) for name, pair in looks.items()}
    return {"training": field_look.to_json(target), "pictures": pictures}


def beside(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two pictures of the same height with a white gap between them."""
    gap = np.full((one.shape[0], max(2, one.shape[1] // 40), 3), 255, np.uint8)
    return np.concatenate([one, gap, other], axis=1)


def table(looks: dict[str, tuple[Look, Look]], target: Look) -> list[list]:
    """Wasserstein distances of absorbances from training's: before and after, and whether the match has moved them away."""
    rows: list[list] = []
    for name, (before, after) in looks.items():
        for region in field_look.REGIONS:
            far, near = (field_look.distance(one, target, region) for one in (before, after))
            for at, channel in enumerate(CHANNELS):
                if far is None or near is None:
                    rows.append([name, region, channel, None, None, None])
                else:
                    rows.append([name, region, channel, float(far[at]), float(near[at]), "yes" if near[at] > far[at] else "no"])
    return rows
