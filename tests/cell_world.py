"""Small made-up sources of cells in a temporary folder: pictures, outlines, COCO files, and the stage's command line."""

import json
from pathlib import Path

import cv2
import numpy as np
import yaml

from smearsynth import images
from smearsynth.cli import dispatch
from smearsynth.taxonomy import Taxonomy

TAXONOMY = yaml.safe_load((Path(__file__).parents[1] / "config.yaml").read_text())["taxonomy"]
SIDE = 64


def taxonomy() -> Taxonomy:
    return Taxonomy.from_config(TAXONOMY)


def picture(number: int, side: int = SIDE) -> np.ndarray:
    """A textured cell on a textured field; every number gives another one."""
    rng = np.random.default_rng(number)
    blobs = cv2.resize(rng.uniform(120, 250, (9, 9, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    cv2.ellipse(blobs, (side // 2, side // 2), (side // 4, side // 5), float(rng.uniform(0, 180)), 0, 360, (90, 40, 130), -1)
    return np.clip(blobs + rng.normal(0, 4, blobs.shape), 0, 255).astype(np.uint8)


def square(left: float = 20, top: float = 18, side: float = 24) -> list[float]:
    return [left, top, left + side, top, left + side, top + side, left, top + side]


class Coco:
    """A COCO source that grows; `write` puts it into `folder`/source."""

    def __init__(self, folder: Path):
        self.folder, self.images, self.annotations, self.categories = folder / "source", [], [], []
        (self.folder / "images").mkdir(parents=True, exist_ok=True)

    def add(self, file_name: str, type_name: str, number: int | None = None, **changes) -> dict:
        """A picture with one cell; `changes` go into its annotation."""
        index = len(self.images) + 1
        path = self.folder / "images" / file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, picture(index if number is None else number))
        self.images.append({"id": index, "file_name": file_name, "width": SIDE, "height": SIDE})
        entry = {"id": index, "image_id": index, "category_id": self.category(type_name), "iscrowd": 0}
        entry |= {"bbox": [20, 18, 24, 24], "area": 576, "segmentation": [square()], **changes}
        self.annotations.append(entry)
        return entry

    def fill(self, count: int = 12, type_name: str = "basophil", start: int = 1000) -> "Coco":
        """`count` sound pictures more, so that one bad cell stays below the permitted share."""
        for i in range(count):
            self.add(f"{type_name}_{i:03d}.png", type_name, start + i)
        return self

    def category(self, name: str) -> int:
        for category in self.categories:
            if category["name"] == name:
                return category["id"]
        self.categories.append({"id": len(self.categories) + 1, "name": name})
        return len(self.categories)

    def write(self) -> dict:
        """The entry of the configuration that reads it."""
        content = {"images": self.images, "annotations": self.annotations, "categories": self.categories}
        (self.folder / "instances.json").write_text(json.dumps(content))
        return {"name": "source", "reader": "coco", "images": "source/images", "annotations": "source/instances.json"}


def run_source(data: Path, entry: dict, *, out: Path | None = None, seed: int = 1, jobs: int = 1) -> int:
    """`source` on the command line; the exit code."""
    folder = (out or data / "out") / "sources" / entry["name"]
    flags = ["--options", json.dumps(entry), "--taxonomy", json.dumps(TAXONOMY), "--seed", str(seed), "--data", str(data)]
    flags += ["--jobs", str(jobs), "--out-images", f"{folder}/images", "--out", f"{folder}/raw.json"]
    return dispatch("smearsynth.cells", ("source",), ["source", *flags, "--set-aside", f"{folder}/set_aside.tsv"])


def run_merge(data: Path, options: dict | None = None, *, out: Path | None = None, seed: int = 1, reverse: bool = False) -> int:
    """`merge` of every source under `out`, taking the given outlines as they are; the exit code."""
    out = out or data / "out"
    outlined = sorted(map(str, out.glob("sources/*/raw.json")), reverse=reverse)
    flags = ["--options", json.dumps(options or {}), "--taxonomy", json.dumps(TAXONOMY), "--seed", str(seed)]
    flags += ["--data", str(data), "--outlined", *outlined, "--set-aside", *map(str, out.glob("sources/*/set_aside.tsv"))]
    for flag, name in (
        ("out", "catalogue.json"),
        ("report", "report.tsv"),
        ("counts", "counts.tsv"),
        ("manifest", "manifest.tsv"),
    ):
        flags += [f"--{flag}", str(out / name)]
    return dispatch("smearsynth.cells", ("merge",), ["merge", *flags])
