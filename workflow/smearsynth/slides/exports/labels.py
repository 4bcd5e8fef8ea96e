"""Label images: 16 bits, 0 for background, k for the slide's k-th cell, with a table of what each label is."""

import numpy as np

from smearsynth.errors import UserError
from smearsynth.slides import runs
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["file", "label", "annotation_id", "category_id", "type", "area", "occluded_rate"]


def picture(image: dict, cells: list[dict]) -> np.ndarray:
    """The label image, uint16, shape (height, width): visible masks, which do not overlap."""
    if len(cells) > 65535:
        fix = "export smaller slides, or use another format"
        raise UserError.of(image["file_name"], f"{len(cells)} cells, a 16-bit label image holds 65535", fix)
    labels = np.zeros((image["height"], image["width"]), np.uint16)
    for label, cell in enumerate(cells, start=1):
        part = runs.decode(cell["segmentation"], labels.shape)
        labels[part.slices][part.mask] = label
    return labels


def rows(file: str, cells: list[dict], taxonomy: Taxonomy) -> list[list]:
    """The table's rows of a slide, by `COLUMNS`."""
    return [
        [file, k, c["id"], c["category_id"], taxonomy[c["category_id"]].name, c["area"], c.get("occluded_rate", 0.0)]
        for k, c in enumerate(cells, start=1)
    ]
