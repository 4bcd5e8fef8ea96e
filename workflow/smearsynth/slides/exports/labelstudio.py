"""Label Studio: one JSON file of tasks with polygons in percent of the slide, and its labelling configuration."""

from xml.sax.saxutils import quoteattr

from smearsynth.slides import runs
from smearsynth.slides.exports.geometry import one_ring, trace
from smearsynth.taxonomy import Taxonomy


def task(image: dict, cells: list[dict], taxonomy: Taxonomy, *, file_name: str) -> dict:
    """A task with one finished annotation; a polygon's points are in percent of the slide's width and height."""
    width, height = image["width"], image["height"]
    results = []
    for place, cell in enumerate(cells):
        points = one_ring(trace(runs.decode(cell["segmentation"]))) * (100 / width, 100 / height)
        results.append(
            {
                "id": f"{image['id']}-{place}",
                "type": "polygonlabels",
                "from_name": "label",
                "to_name": "image",
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "value": {
                    "points": [[round(float(x), 5), round(float(y), 5)] for x, y in points],
                    "closed": True,
                    "polygonlabels": [taxonomy[cell["category_id"]].name],
                },
            }
        )
    # Label Studio serves files below its document root by this address.
    return {"data": {"image": f"/data/local-files/?d={file_name}"}, "annotations": [{"result": results}]}


def labelling(taxonomy: Taxonomy) -> str:
    """The labelling configuration that the tasks belong to."""
    lines = ["<View>", '  <Image name="image" value="$image"/>', '  <PolygonLabels name="label" toName="image">']
    for t in taxonomy.types:
        if t.kind != "background":
            red, green, blue = t.colour
            lines.append(f'    <Label value={quoteattr(t.name)} background="#{red:02x}{green:02x}{blue:02x}"/>')
    return "\n".join([*lines, "  </PolygonLabels>", "</View>", ""])
