"""Measure the style of a few fields of a user's own, for slides in the light and stain of that microscope."""

from pathlib import Path

import cv2
import numpy as np

from smearsynth import images
from smearsynth.cells import finder
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, read_json, write_tsv
from smearsynth.gans import field_planes, field_style, guides
from smearsynth.pairs import field_labels, field_parting

WHITE = 0.5
"""Stained matter of this area or more, in that of a common red cell, is a white cell's nucleus; less may be a platelet."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument(
        "--pictures", type=Path, nargs="+", required=True, help="pictures of fields; a folder stands for all in it"
    )
    parser.add_argument("--um-per-px", type=float, required=True, help="size of their pixels")
    parser.add_argument("--model", type=Path, required=True, help="folder of the field generator that shall draw in their style")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets styles.npz for slides render --styles, and styles.tsv"
    )


def run(args) -> None:
    """Run the command."""
    listed = [p for path in args.pictures for p in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = [p for p in listed if p.suffix.lower() in images.SUFFIXES]
    um_per_px = read_json(args.model / "model.json").get("um_per_px")
    trained = field_style.Styles.load(args.model / "styles.npz")
    other = [path for path in args.pictures if not path.is_dir() and path not in files]
    endings = f"files ending in {', '.join(images.SUFFIXES)}"
    problems = [Problem(str(path), "is no picture that can be read", endings) for path in other]
    problems += [] if files or other else [Problem("--pictures", "no pictures", endings)]
    if not 0.01 <= args.um_per_px <= 10:
        problems.append(Problem("--um-per-px", f"{args.um_per_px}", "micrometres from 0.01 to 10"))
    if not um_per_px:
        problems.append(
            Problem(str(args.model), "its pixels' size is not known", "give um_per_px to the sources and train it again")
        )
    raise_all(problems)
    pictures = [resized(images.read(file), args.um_per_px / um_per_px) for file in files]
    styles = field_style.Styles.of(measure(pictures), np.arange(len(files), dtype=np.int64))
    with atomic_folder(args.out) as folder:
        styles.save(folder / "styles.npz")
        columns = ["entry", "training_mean", "training_deviation", *(file.name for file in files)]
        write_tsv(folder / "styles.tsv", columns, table(styles, trained))


def resized(picture: np.ndarray, factor: float) -> np.ndarray:
    """A picture at another scale: means of pixels where it becomes smaller."""
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def measure(pictures: list[np.ndarray]) -> np.ndarray:
    """The styles of fields that nobody has annotated.

    Parameters
    ----------
    pictures : list of ndarray of uint8, shape (height, width, 3)
        RGB, all of one microscope and at the generator's scale.

    Returns
    -------
    ndarray of float32, shape (fields, len(field_style.NAMES))

    Raises
    ------
    UserError
        If no red cells are found in them, or a picture has no empty smear beside its cells.
    """
    reds = field_labels.common([c for p in pictures for c in finder.candidates(p, np.zeros(p.shape[:2], bool))])
    if reds is None:
        fix = "give fields of stained blood with single red cells, and the right --um-per-px"
        raise UserError.of("--pictures", "hardly any single red cell in them", fix)
    found = [regions(picture, reds) for picture in pictures]
    what, fix = "no contrast between empty smear and cells", "leave it out"
    raise_all(Problem(f"picture {i}", what, fix) for i, part in enumerate(found, start=1) if part is None)
    return np.stack([field_style.measure(p, *part) for p, part in zip(pictures, found, strict=True) if part is not None])


def regions(picture: np.ndarray, reds: field_labels.Reds) -> tuple[np.ndarray, np.ndarray] | None:
    """What each pixel shows, as `field_style.measure` takes it; None without contrast.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    reds : Reds
        What the red cells of its microscope are like.

    Returns
    -------
    kinds : ndarray of uint8, shape (height, width)
        Of white cells only nuclei; what lies around those is none of the kinds (255).
    dense : ndarray of bool, shape (height, width)
    """
    ground = field_labels.smear(picture, np.zeros(picture.shape[:2], bool), reds)
    if ground is None:
        return None
    solid, faint, behind = ground
    pieces = field_labels.stained(picture, solid, faint, behind, reds)
    kinds, azure, large = (np.zeros(solid.shape, kind) for kind in (np.uint8, bool, bool))
    for piece in pieces:
        azure |= piece
        large |= piece if np.count_nonzero(piece) >= WHITE * reds.area else False
    # Parted into cells as the training fields' were, for then their pale middles are theirs.
    for cell in field_parting.part(solid & ~azure, reds.radius):
        kinds[cell] = field_planes.KINDS.index("red")
    kinds[azure] = field_planes.KINDS.index("platelet")
    # Around nuclei lies plasm, whose end is not known.
    reach = 2 * round(0.6 * reds.radius) + 1
    near = cv2.dilate(large.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    kinds[near > 0] = 255
    kinds[large] = field_planes.KINDS.index("white")
    dense = guides.dense(picture, large)
    return kinds, dense if dense.any() else large


def table(styles: field_style.Styles, trained: field_style.Styles) -> list[list]:
    """Each entry of the styles beside those of training; None for what a field does not show."""
    rows: list[list] = []
    for name, column, measured in zip(field_style.NAMES, trained.values.T, styles.values.T, strict=True):
        known = column[~np.isnan(column)]
        common = [float(known.mean()), float(known.std())] if len(known) else [None, None]
        rows.append([name, *common, *(None if np.isnan(value) else float(value) for value in measured)])
    return rows
