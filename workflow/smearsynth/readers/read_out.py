"""What was found in pictures, as COCO, as counts, for QuPath and as overlays."""

from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.files import write_json, write_tsv
from smearsynth.layouts.raster import Window
from smearsynth.readers.field_reading import Found
from smearsynth.slides import annotations, preview, runs
from smearsynth.slides.exports import qupath
from smearsynth.taxonomy import Taxonomy

COUNTED = 0.5
"""Score from which a candidate is a cell, see `field_reading.even`."""
COLUMNS = ["file", "type", "kind", "count", "share_of_kind"]
"""Of counts.tsv; the share of a white type in all white cells is the differential."""
ALL = "all pictures"


def entries(
    found: Found, masks: list[Window], ids: list[int], shape: tuple[int, int], *, image_id: int, first_id: int
) -> list[dict]:
    """COCO annotations of a picture.

    Parameters
    ----------
    found : Found
    masks : list of Window
        Of each candidate.
    ids : list of int
        Category id of each candidate.
    shape : (height, width)
    image_id, first_id : int
    """
    return [
        {
            "id": first_id + at,
            "image_id": image_id,
            "category_id": ids[at],
            "iscrowd": 0,
            "bbox": annotations.box(mask),
            "area": float(mask.area),
            "segmentation": runs.encode(mask, shape),
            "score": round(float(found.scores[at]), 6),
        }
        for at, mask in enumerate(masks)
    ]


def counted(cells: list[dict]) -> list[dict]:
    """The annotations that count as cells."""
    return [cell for cell in cells if cell["score"] >= COUNTED]


def doubtful(of: dict[str, list[dict]], taxonomy: Taxonomy) -> list[str]:
    """The pictures in which cells were found and not one of them red: in smears there is one nearly everywhere."""
    kinds = {name: {taxonomy[cell["category_id"]].kind for cell in counted(cells)} for name, cells in of.items()}
    return [name for name, found in kinds.items() if found and "red" not in found]


def counts(of: dict[str, list[dict]], taxonomy: Taxonomy) -> list[list]:
    """Rows of counts.tsv: each picture's cells by type, and all pictures' in the end.

    Parameters
    ----------
    of : dict of str to list of dict
        File name to its annotations.
    taxonomy : Taxonomy
        Every type gets a row, also where none was found.
    """
    rows = []
    everything = [cell for cells in of.values() for cell in cells]
    for name, cells in [*of.items(), *([(ALL, everything)] if len(of) > 1 else [])]:
        numbers = {t.id: sum(cell["category_id"] == t.id for cell in cells) for t in taxonomy.types}
        for t in taxonomy.types:
            total = sum(numbers[other.id] for other in taxonomy.of_kind(t.kind))
            rows.append([name, t.name, t.kind, numbers[t.id], numbers[t.id] / total if total else None])
    return rows


def write_picture(folder: Path, picture: np.ndarray, image: dict, cells: list[dict], taxonomy: Taxonomy) -> None:
    """A picture's overlay and its file for QuPath, in folders of these names."""
    stem = Path(image["file_name"])
    sure = counted(cells)
    write_json(folder / "qupath" / stem.with_suffix(".geojson"), qupath.collection(image, sure, taxonomy))
    images.write(folder / "overlays" / stem.with_suffix(".png"), preview.draw(picture, sure, taxonomy))


def write_all(folder: Path, pictures: list[dict], of: dict[str, list[dict]], taxonomy: Taxonomy) -> None:
    """``instances.json`` with all candidates, ``counts.tsv`` with the cells."""
    content = {
        "info": {"description": f"smearsynth: what a field reader found in {len(pictures)} picture(s)"},
        "licenses": [],
        "images": pictures,
        "annotations": [cell for cells in of.values() for cell in cells],
        "categories": taxonomy.categories(),
    }
    write_json(folder / "instances.json", content)
    write_tsv(folder / "counts.tsv", COLUMNS, counts({name: counted(cells) for name, cells in of.items()}, taxonomy))
