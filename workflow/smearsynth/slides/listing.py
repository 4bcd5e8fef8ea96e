"""The slides of a COCO file, or of an index of shards, one by one."""

from collections.abc import Iterator
from pathlib import Path

from smearsynth import coco, structure
from smearsynth.files import inside, read_json
from smearsynth.structure import BOX, Maybe

INDEX = {"shards": [{"file": str}]}
CELL = {"image_id": int, "category_id": int, "segmentation": dict, "amodal_segmentation": Maybe(dict), "bbox": Maybe(BOX)}
CELL |= {"occluded_rate": Maybe(float), "z": Maybe(float)}
IMAGE = {"id": int, "file_name": str, "height": int, "width": int, "um_per_px": Maybe(float)}
FORM = {"images": [IMAGE], "annotations": [CELL], "categories": [{"id": int, "name": str}]}
FIX = "give the instances.json of slides"


def slides(instances: Path, *, shard: bool = False) -> Iterator[tuple[dict, list[dict]]]:
    """Each image of a COCO file with its annotations; of an index of shards, shard by shard; a `shard` is no index itself."""
    data = read_json(instances)
    if isinstance(data, dict) and "shards" in data and not shard:
        structure.check(data, INDEX, where=instances, fix=FIX)
        for entry in data["shards"]:
            yield from slides(inside(instances.parent, entry["file"], where=instances), shard=True)
        return
    structure.check(data, FORM, where=instances, fix=FIX)
    cells = coco.by_image(data)
    for image in data["images"]:
        yield image, cells[image["id"]]
