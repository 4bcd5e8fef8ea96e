"""QuPath: a GeoJSON file per slide, whose features are annotations with a classification."""

import uuid

from shapely.geometry import mapping

from smearsynth.slides import runs
from smearsynth.slides.exports.geometry import trace
from smearsynth.taxonomy import Taxonomy

NAMESPACE = uuid.UUID("6f0f3c0e-95b3-5c43-9a37-3b8b2b1c6c55")
MEASURED = {"occluded_rate": "Occluded share", "score": "Score"}
"""Further measurements: known of slides the one, of cells that a reader found the other."""


def collection(image: dict, cells: list[dict], taxonomy: Taxonomy) -> dict:
    """The FeatureCollection of a slide; polygons have their holes, cells in several parts are multipolygons.

    Ids are derived from the slide's sha256 and the annotation's place in it, as QuPath wants unique ones.
    """
    features = []
    for place, cell in enumerate(cells):
        cell_type = taxonomy[cell["category_id"]]
        features.append(
            {
                "type": "Feature",
                "id": str(uuid.uuid5(NAMESPACE, f"{image['sha256']}/{place}")),
                "geometry": mapping(trace(runs.decode(cell["segmentation"]))),
                "properties": {
                    "objectType": "annotation",
                    "classification": {"name": cell_type.title, "color": list(cell_type.colour)},
                    "isLocked": False,
                    "measurements": {"Area px^2": cell["area"], **{MEASURED[key]: cell[key] for key in MEASURED if key in cell}},
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}
