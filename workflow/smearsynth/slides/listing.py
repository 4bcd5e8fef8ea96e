"""The slides of a COCO file, or of an index of shards, one by one."""

from collections.abc import Iterator
from pathlib import Path

from smearsynth import coco, run_lengths, structure
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import inside, read_json
from smearsynth.images import MAX_PIXELS
from smearsynth.structure import BOX, Maybe
from smearsynth.taxonomy import Taxonomy

INDEX = {"shards": [{"file": str}]}
CELL = {"image_id": int, "category_id": int, "segmentation": dict, "amodal_segmentation": Maybe(dict), "bbox": Maybe(BOX)}
CELL |= {"occluded_rate": Maybe(float), "z": Maybe(float)}
IMAGE = {"id": int, "file_name": str, "height": int, "width": int, "um_per_px": Maybe(float)}
FORM = {"images": [IMAGE], "annotations": [CELL], "categories": [{"id": int, "name": str}]}
DRAWN = {
    "images": [IMAGE | {"sha256": str}],
    "annotations": [CELL | {"id": int, "bbox": BOX, "area": float}],
    "categories": FORM["categories"],
}
"""As this program writes slides: what other tools are told."""
FIX = "give the instances.json of slides"


def slides(instances: Path, *, shard: bool = False, taxonomy: Taxonomy | None = None) -> Iterator[tuple[dict, list[dict]]]:
    """Each image of a COCO file with its annotations; of an index of shards, shard by shard; a `shard` is no index itself.

    With a `taxonomy` they have all that other tools are told; cells whose category it lacks, and all of an image whose visible
    masks are damaged, are a `UserError`.
    """
    data = read_json(instances)
    if isinstance(data, dict) and "shards" in data and not shard:
        structure.check(data, INDEX, where=instances, fix=FIX)
        shards = (inside(instances.parent, entry["file"], where=instances) for entry in data["shards"])
        listed = (one for path in shards for one in slides(path, shard=True, taxonomy=taxonomy))
        # Every shard numbers its images from 1: here they go on from shard to shard, as in a merge.
        for number, (image, own) in enumerate(listed, 1):
            yield image | {"id": number}, [cell | {"image_id": number} for cell in own]
        return
    structure.check(data, FORM if taxonomy is None else DRAWN, where=instances, fix=FIX)
    if taxonomy is not None:
        raise_all(
            Problem(str(instances), f"image {image['id']} of {image['width']} × {image['height']} pixels", FIX)
            for image in data["images"]
            if min(image["height"], image["width"]) < 1 or image["height"] * image["width"] > MAX_PIXELS
        )
        missing = sorted({one["category_id"] for one in data["annotations"]} - {t.id for t in taxonomy.types})
        fix = "give the taxonomy of the run that made them"
        raise_all(Problem(str(instances), f"category_id {i} is not in the taxonomy", fix) for i in missing)
    cells = coco.by_image(data, where=instances)
    for image in data["images"]:
        if taxonomy is not None:
            raise_all(_damaged(image, cells[image["id"]], where=instances))
        yield image, cells[image["id"]]


def _damaged(image: dict, cells: list[dict], *, where: Path) -> Iterator[Problem]:
    """What is wrong with the visible masks of an image, told with the file and the annotation."""
    for cell in cells:
        try:
            run_lengths.counts(cell["segmentation"], (image["height"], image["width"]))
        except UserError as error:
            yield from (Problem(f"{where}: annotation {cell['id']}", one.what, one.fix) for one in error.problems)
