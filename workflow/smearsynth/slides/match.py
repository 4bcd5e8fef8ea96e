"""Measure the light and stain of a few fields of a microscope, for slides that look as if it had taken them."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from smearsynth import images, structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import sha256, write_json
from smearsynth.seeds import rng
from smearsynth.slides import stain
from smearsynth.slides.paint import Painter
from smearsynth.slides.stain import Stain
from smearsynth.structure import Maybe

RGB = (float, float, float)
FORM = {"fields": [{"file": str, "light": RGB, "red": Maybe(RGB), "dense": Maybe(RGB)}]}
LIMITS = (("light", 1, 255), ("red", -6, 6), ("dense", -6, 6))
"""Least and largest value of each colour: of light in grey levels, of stain as absorbance (ln 256 is 5.5)."""
FIX = "write it anew with slides match"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument(
        "--pictures", type=Path, nargs="+", required=True, help="five fields or so of one microscope, or their folder"
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON, for slides render --match")


def run(args: argparse.Namespace) -> None:
    """Write the light and stain of each field."""
    files = listed(args.pictures)
    stains = measure([(str(file), images.read(file)) for file in files])
    fields = [
        {"file": file.name, "sha256": sha256(file), "light": told(s.light, 2), "red": told(s.red), "dense": told(s.dense)}
        for file, s in zip(files, stains, strict=True)
    ]
    write_json(args.out, {"fields": fields}, indent=1)
    for name, what in (("red", "red cells"), ("dense", "nuclei")):
        if not any(getattr(s, name) is not None for s in stains):
            print(f"no {what} in any of the fields: those of slides keep their own stain")


def listed(paths: Sequence[Path]) -> list[Path]:
    """The pictures among files and in folders; a `UserError` names what is none, all at once."""
    found = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = [file for file in found if file.suffix.lower() in images.SUFFIXES]
    endings = f"files ending in {', '.join(images.SUFFIXES)}"
    problems = [
        Problem(str(path), "is no picture that can be read", endings) for path in paths if not path.is_dir() and path not in files
    ]
    if not files and not problems:
        problems.append(Problem(str(paths[0]), "no pictures in it", endings))
    raise_all(problems)
    return files


def measure(fields: Sequence[tuple[str, np.ndarray]]) -> list[Stain]:
    """The light and stain of fields of one microscope.

    Parameters
    ----------
    fields : sequence of (str, ndarray of uint8, shape (height, width, 3))
        Name, for messages, and RGB picture.

    Raises
    ------
    UserError
        If no cells stand out from empty smear in one of them.
    """
    stains = [stain.measure(picture) for _, picture in fields]
    fix = "leave it out; give fields of a stained smear, with some empty smear between the cells"
    what = "no cells stand out from empty smear"
    raise_all(Problem(name, what, fix) for (name, _), found in zip(fields, stains, strict=True) if found is None)
    return [found for found in stains if found is not None]


def read(path: Path) -> list[Stain]:
    """The stains that the command wrote, what one field lacks filled in from the others; a `UserError` for another file."""
    fields = structure.read(path, FORM, fix=FIX)["fields"]
    if not fields:
        raise UserError.of(str(path), "it has no fields", FIX)
    raise_all(
        Problem(str(path), f"fields[{i}].{key} is {one[key]}", f"numbers from {low} to {high}; {FIX}")
        for i, one in enumerate(fields)
        for key, low, high in LIMITS
        if one.get(key) is not None and not all(low <= value <= high for value in one[key])
    )
    colours = ([None if one.get(key) is None else np.array(one[key], float) for key in ("red", "dense")] for one in fields)
    return stain.completed([Stain(np.array(one["light"], float), *two) for one, two in zip(fields, colours, strict=True)])


def told(values: np.ndarray | None, digits: int = 4) -> list[float] | None:
    """Numbers as the file keeps them."""
    return None if values is None else np.round(values.astype(float), digits).tolist()


def matched(painter: Painter, targets: Sequence[Stain], *, seed: int) -> Painter:
    """A painter whose slides have the light and stain of fields: each slide those of one of them, chosen from the run's seed.

    A slide on which no cells stand out from empty smear stays as it was painted.
    """

    def painted(layout: dict, windows: list, shape: tuple[int, int]) -> np.ndarray:
        picture = painter(layout, windows, shape)
        own = stain.measure(picture)
        target = targets[int(rng(seed, "slides", layout["index"], "match").integers(len(targets)))]
        return picture if own is None else stain.restained(picture, own, target)

    return painted
