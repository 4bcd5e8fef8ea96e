"""Hugging Face imagefolder: pictures beside a metadata.jsonl with their boxes and types."""

import json

from smearsynth.taxonomy import Taxonomy


def line(image: dict, cells: list[dict], taxonomy: Taxonomy, *, file_name: str, labels: str) -> str:
    """A slide's line of metadata.jsonl: boxes ``[x, y, width, height]`` in pixels, and the file of its label image."""
    objects = {
        "bbox": [cell["bbox"] for cell in cells],
        "category": [taxonomy[cell["category_id"]].name for cell in cells],
        "area": [cell["area"] for cell in cells],
        "occluded_rate": [cell.get("occluded_rate", 0.0) for cell in cells],
    }
    entry = {
        "file_name": file_name,
        "labels_file_name": labels,
        "width": image["width"],
        "height": image["height"],
        "objects": objects,
    }
    return json.dumps(entry, ensure_ascii=False) + "\n"
