"""The catalogue: a COCO file of cells, whose images carry source, split, fold and group.

``images[]``: ``id, file_name`` (relative to the catalogue's folder), ``width, height, source, original, sha256, group, split,
fold``.
``annotations[]``: COCO, with ``segmentation`` as polygons whose integer coordinates are pixel centres, and
``origin`` (how the outline came about: ``expert``, ``given``, ``phantom``, ``found``), optionally ``nucleus`` (run lengths) and
``named`` (what the source itself calls the cell).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import coco, images, structure
from smearsynth.errors import UserError
from smearsynth.files import inside
from smearsynth.structure import Maybe

IMAGE = {"id": int, "file_name": str, "width": int, "height": int, "fold": Maybe(int)}
CELL = {"id": int, "image_id": int, "category_id": int, "segmentation": [[float]], "origin": str}
FORM = {"images": [IMAGE], "annotations": [CELL], "categories": [{"id": int, "name": str}]}
FIX = "give the catalogue.json of a run"


@dataclass(frozen=True)
class Cell:
    """One annotated cell.

    Parameters
    ----------
    id : int
        Annotation id in the catalogue.
    category_id : int
        Cell type, by the taxonomy's id.
    polygons : tuple of ndarray, shape (n, 2)
        Outline(s) as (x, y) in pixels of its picture, largest first.
    image : dict
        The catalogue's image entry.
    origin : str
        How the outline came about.
    path : Path
        File of the picture.
    annotated : bool
        Whether its source told of it; else the finder did.
    """

    id: int
    category_id: int
    polygons: tuple[np.ndarray, ...]
    image: dict
    origin: str
    path: Path
    annotated: bool = True

    @property
    def split(self) -> str:
        """``train`` or ``test``."""
        if not isinstance(told := self.image.get("split"), str):
            raise UserError.of(f"image {self.image['id']}", "no split in its catalogue", FIX)
        return told

    @property
    def fold(self) -> int | None:
        """0 or 1 for training cells (thesis 3.4), None for test cells."""
        return self.image.get("fold")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of its picture."""
        return self.image["height"], self.image["width"]

    def picture(self) -> np.ndarray:
        """Its whole picture, RGB uint8."""
        return images.read(self.path)

    def mask(self) -> np.ndarray:
        """Its boolean mask in the picture."""
        return coco.fill(list(self.polygons), self.shape)


@dataclass(frozen=True)
class Catalogue:
    """All cells of a run, in the order of their ids."""

    cells: tuple[Cell, ...]
    categories: tuple[dict, ...]

    def select(self, *, split: str | None = None, category_ids: set[int] | None = None) -> list[Cell]:
        """The cells of a split and of some types."""
        return [
            cell
            for cell in self.cells
            if (split is None or cell.split == split) and (category_ids is None or cell.category_id in category_ids)
        ]


def read(path: str | Path) -> Catalogue:
    """Read ``results/<run>/cells/catalogue.json``."""
    path = Path(path)
    data = structure.read(path, FORM, fix=FIX)
    pictures = {image["id"]: image for image in data["images"]}
    paths = {number: inside(path.parent, image["file_name"], where=path) for number, image in pictures.items()}
    cells = []
    for entry in data["annotations"]:
        if (image := pictures.get(entry["image_id"])) is None:
            raise UserError.of(str(path), f"image_id {entry['image_id']} does not exist", FIX)
        if any(len(flat) % 2 or len(flat) < 6 for flat in entry["segmentation"]):
            raise UserError.of(f"{path}: annotation {entry['id']}", "an outline of less than three points", FIX)
        polygons = tuple(coco.from_flat(flat) for flat in entry["segmentation"])
        told = entry["origin"] != "found" or bool(entry.get("label"))
        cells.append(Cell(entry["id"], entry["category_id"], polygons, image, entry["origin"], paths[image["id"]], told))
    return Catalogue(tuple(cells), tuple(data["categories"]))
