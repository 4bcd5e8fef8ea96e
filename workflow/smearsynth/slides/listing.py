"""The slides of a COCO file, or of an index of shards, one by one."""

from collections.abc import Iterator
from pathlib import Path

from smearsynth import coco, structure
from smearsynth.errors import Problem, raise_all
from smearsynth.files import inside, read_json
from smearsynth.structure import BOX, Maybe
from smearsynth.taxonomy import Taxonomy

INDEX = {"shards": [{"file": str}]}
CELL = {"image_id": int, "category_id": int, "segmentation": dict, "amodal_segmentation": Maybe(dict), "bbox": Maybe(BOX)}
CELL |= {"occluded_rate": Maybe(float), "z": Maybe(float)}
IMAGE = {"id": int, "file_name": str, "height": int, "width": int, "um_per_px": Maybe(float)}
FORM = {"images": [IMAGE], "annotations": [CELL], "categories": [{"id": int, "name": str}]}
FIX = "give the instances.json of slides"


def slides(instances: Path, *, shard: bool = False, taxonomy: Taxonomy | None = None) -> Iterator[tuple[dict, list[dict]]]:
    """Each image of a COCO file with its annotations; of an index of shards, shard by shard; a `shard` is no index itself.

    Cells whose category a `taxonomy` lacks are a `UserError`.
    """
    data = read_json(instances)
    if isinstance(data, dict) and "shards" in data and not shard:
        structure.check(data, INDEX, where=instances, fix=FIX)
        for entry in data["shards"]:
            yield from slides(inside(instances.parent, entry["file"], where=instances), shard=True, taxonomy=taxonomy)
        return
    structure.check(data, FORM, where=instances, fix=FIX)
    if taxonomy is not None:
        missing = sorted({one["category_id"] for one in data["annotations"]} - {t.id for t in taxonomy.types})
        fix = "give the taxonomy of the run that made them"
        raise_all(Problem(str(instances), f"category_id {i} is not in the taxonomy", fix) for i in missing)
    cells = coco.by_image(data, where=instances)
    for image in data["images"]:
        yield image, cells[image["id"]]
