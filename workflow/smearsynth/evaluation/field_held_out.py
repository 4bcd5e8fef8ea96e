"""No number on pictures that a model has seen: pictures of a test are looked for among the training pictures of a catalogue."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from smearsynth import structure
from smearsynth.errors import Problem
from smearsynth.files import sha256
from smearsynth.structure import Maybe

FORM = {"images": [{"sha256": str, "split": Maybe(str)}]}
FIX = "give the catalogue.json of a run, or the index.json that pairs boxes wrote"


def add_flag(parser) -> None:
    """The flag of commands that hold something against real pictures."""
    what = "catalogues of cells whose training pictures may not be among the real ones; told by the SHA-256 of their files"
    parser.add_argument("--seen", type=Path, nargs="*", default=[], metavar="CATALOGUE", help=what)


def problems(pictures: Iterable[tuple[str, Path]], catalogues: Sequence[Path]) -> list[Problem]:
    """What is wrong with real pictures as a test.

    Parameters
    ----------
    pictures : iterable of (str, path)
        Names, and the files as they were published: a picture that was written anew is not recognised.
    catalogues : sequence of path
        ``cells/catalogue.json``; their images of the split train were seen.

    Returns
    -------
    list of Problem
        One that names all pictures that were seen, and one that names all that are missing, for then nobody knows.
    """
    if not catalogues:
        return []
    told_of = [image for path in catalogues for image in structure.read(path, FORM, fix=FIX)["images"]]
    trained = {image["sha256"] for image in told_of if image.get("split") == "train"}
    seen, missing = [], []
    for name, path in pictures:
        if not path.is_file():
            missing.append(name)
        elif sha256(path) in trained:
            seen.append(name)
    told = ", ".join(map(str, catalogues))
    found = []
    if seen:
        fix = "put them into the test split (cells.splits), or leave them out with --images"
        found.append(Problem(told, f"{len(seen)} real pictures were trained on: {', '.join(seen)}", fix))
    if missing:
        fix = "put the pictures into the folder images beside the annotations, or leave --seen out"
        found.append(Problem("--seen", f"{len(missing)} pictures are not there to be compared: {', '.join(missing)}", fix))
    return found
