"""YOLO: a text file per slide with a line per cell, and data.yaml."""

import yaml

from smearsynth.slides import runs
from smearsynth.slides.exports.geometry import one_ring, trace
from smearsynth.taxonomy import Taxonomy


def classes(taxonomy: Taxonomy) -> dict[int, int]:
    """YOLO's class numbers, dense from 0, by category id; background is no class."""
    return {t.id: i for i, t in enumerate(t for t in taxonomy.types if t.kind != "background")}


def lines(image: dict, cells: list[dict], taxonomy: Taxonomy, *, boxes: bool) -> str:
    """The label file of a slide.

    Parameters
    ----------
    image : dict
        COCO image.
    cells : list of dict
        Its annotations.
    taxonomy : Taxonomy
    boxes : bool
        Whether to give boxes (``class x_centre y_centre width height``) or outlines (``class x1 y1 x2 y2 …``); all
        relative to the slide's width and height.
    """
    number = classes(taxonomy)
    width, height = image["width"], image["height"]
    result = []
    for cell in cells:
        if boxes:
            x, y, w, h = cell["bbox"]
            values = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
        else:
            values = (one_ring(trace(runs.decode(cell["segmentation"]))) / (width, height)).ravel()
        result.append(" ".join([str(number[cell["category_id"]]), *(f"{v:.7g}" for v in values)]))
    return "".join(line + "\n" for line in result)


def data_yaml(taxonomy: Taxonomy) -> str:
    """The data set's description, with the slides as training set."""
    names = {number: taxonomy[key].name for key, number in classes(taxonomy).items()}
    return yaml.safe_dump({"path": ".", "train": "images", "val": "images", "names": names}, sort_keys=False)
