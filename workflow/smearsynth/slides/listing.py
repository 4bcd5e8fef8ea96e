"""The slides of a COCO file, or of an index of shards, one by one."""

from collections.abc import Iterator
from pathlib import Path

from smearsynth import coco
from smearsynth.files import read_json


def slides(instances: Path) -> Iterator[tuple[dict, list[dict]]]:
    """Each image of a COCO file with its annotations; of an index of shards, shard by shard."""
    data = read_json(instances)
    if "shards" in data:
        for shard in data["shards"]:
            yield from slides(instances.parent / shard["file"])
        return
    cells = coco.by_image(data)
    for image in data["images"]:
        yield image, cells[image["id"]]
