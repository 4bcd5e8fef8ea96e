"""WebDataset: tar files in which the files of one slide stand next to each other, so that a reader streams them."""

import io
import json
import tarfile

from smearsynth.taxonomy import Taxonomy

KEYS = ("bbox", "area", "segmentation", "amodal_segmentation", "amodal_bbox", "occluded_rate", "z")
"""What is told of a cell, as in the COCO file."""


def sample(image: dict, cells: list[dict], taxonomy: Taxonomy) -> bytes:
    """A slide's JSON: width and height in pixels, the picture's sha256, and its cells by type name, as in the COCO file."""
    entries = [
        {"category": taxonomy[cell["category_id"]].name, **{key: cell[key] for key in KEYS if key in cell}} for cell in cells
    ]
    told = {key: image[key] for key in ("width", "height", "um_per_px", "sha256") if key in image}
    return json.dumps({**told, "cells": entries}, ensure_ascii=False).encode()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file; the same bytes whoever writes it, and whenever."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    tar.addfile(entry, io.BytesIO(content))
