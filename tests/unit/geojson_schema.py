"""GeoJSON as RFC 7946 has it, as far as polygons go: what a parser that keeps to the letter accepts."""

POSITION = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}}
# 3.1.6: a ring has four or more positions; that the last is the first again no schema can say.
RING = {"type": "array", "minItems": 4, "items": POSITION}
POLYGON = {"type": "array", "minItems": 1, "items": RING}


def _geometry(name: str, coordinates: dict) -> dict:
    properties = {"type": {"const": name}, "coordinates": coordinates, "bbox": {"type": "array"}}
    # 7.1: members of other objects must not stand in a geometry.
    forbidden = {"not": {"anyOf": [{"required": [key]} for key in ("geometries", "geometry", "properties", "features")]}}
    return {"type": "object", "required": ["type", "coordinates"], "properties": properties, **forbidden}


FEATURE = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "number"]},
        "geometry": {"oneOf": [_geometry("Polygon", POLYGON), _geometry("MultiPolygon", {"type": "array", "items": POLYGON})]},
        "properties": {"type": ["object", "null"]},
    },
    "not": {"anyOf": [{"required": [key]} for key in ("coordinates", "geometries", "features")]},
}

COLLECTION = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["type", "features"],
    "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": FEATURE}},
    "not": {"anyOf": [{"required": [key]} for key in ("coordinates", "geometries", "geometry", "properties")]},
}


def rings(geometry: dict) -> list[list]:
    """All rings of a polygon or multipolygon."""
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for part in parts for ring in part]
