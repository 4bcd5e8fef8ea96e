"""Layouts, backgrounds and slides through their command lines, as jobs run them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from smearsynth import coco, files, images
from smearsynth.backgrounds import light
from smearsynth.slides import cutout

sys.path.insert(0, str(Path(__file__).parent.parent / "unit"))
from slide_world import TAXONOMY_JSON, make_catalogue

SHARES = [{"type": "red", "share": 0.8}, {"type": "white", "share": 0.15}, {"type": "platelet", "share": 0.05}]
PACKED = {"kind": "packed", "size": [256, 320], "packed": {"count": 25, "overlap": 0.1, "min_gap": 0, "differential": SHARES}}
SEED = ["--seed", "11", "--taxonomy", TAXONOMY_JSON]


def smearsynth(stage: str, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", f"smearsynth.{stage}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if ok:
        assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    make_catalogue(folder / "cells", each=5)
    options = '{"kind": "whole", "smallest": 12}'
    smearsynth(
        "backgrounds",
        "patches",
        "--options",
        options,
        *SEED,
        "--catalogue",
        folder / "cells/catalogue.json",
        "--out",
        folder / "bg",
    )
    return folder


def shard(world: Path, out: Path, name: str, first: int, count: int, *, ok: bool = True) -> subprocess.CompletedProcess:
    """Draw and render one shard."""
    cells = ["--catalogue", world / "cells/catalogue.json"]
    layout = out / f"layouts/{name}.json"
    span = ["--first", first, "--count", count, "--out", layout]
    smearsynth("layouts", "draw", "--options", json.dumps(PACKED), *SEED, *cells, *span)
    options = '{"renderer": "cutout", "cells": "real"}'
    where = ["--layouts", layout, "--backgrounds", world / "bg", "--out-images", out / f"slides/images/{name}"]
    return smearsynth(
        "slides", "render", "--options", options, *SEED, *cells, *where, "--out", out / f"slides/shards/{name}.json", ok=ok
    )


def merged(out: Path, count: int) -> dict:
    index = out / "slides/shards.json"
    smearsynth("slides", "index", "--shards", out / "slides/shards", "--count", count, "--out", index)
    smearsynth("slides", "merge", "--index", index, "--merge-limit", "100", "--out", out / "slides/instances.json")
    return files.read_json(out / "slides/instances.json")


def test_any_shard_size_gives_the_same_slides(world, tmp_path):
    shard(world, tmp_path / "one", "0000", 0, 4)
    for k, first in enumerate((0, 2)):
        shard(world, tmp_path / "two", f"{k:04d}", first, 2)
    one, two = merged(tmp_path / "one", 1), merged(tmp_path / "two", 2)
    assert one["annotations"] == two["annotations"]
    for a, b in zip(one["images"], two["images"], strict=True):
        assert {**a, "file_name": None} == {**b, "file_name": None}
        content = (tmp_path / "one/slides/images" / a["file_name"]).read_bytes()
        assert content == (tmp_path / "two/slides/images" / b["file_name"]).read_bytes()
    assert not coco.check(one)
    again = tmp_path / "again"
    shard(world, again, "0000", 0, 4)
    assert (again / "slides/shards/0000.json").read_bytes() == (tmp_path / "one/slides/shards/0000.json").read_bytes()


def test_pycocotools_reads_the_slides(world, tmp_path):
    shard(world, tmp_path, "0000", 0, 2)
    merged(tmp_path, 1)
    read = COCO(str(tmp_path / "slides/instances.json"))
    for image_id in read.getImgIds():
        cells = read.loadAnns(read.getAnnIds(imgIds=image_id))
        picture = images.read(tmp_path / "slides/images" / read.loadImgs(image_id)[0]["file_name"])
        seen = np.array([read.annToMask(cell) for cell in cells])
        assert seen.shape[1:] == picture.shape[:2]
        assert seen.sum(0).max() == 1
        assert [cell["area"] for cell in cells] == seen.sum((1, 2)).tolist()


def test_a_preview_and_an_export_of_the_merged_slides(world, tmp_path):
    shard(world, tmp_path, "0000", 0, 2)
    merged(tmp_path, 1)
    where = [
        "--instances",
        tmp_path / "slides/instances.json",
        "--images",
        tmp_path / "slides/images",
        "--taxonomy",
        TAXONOMY_JSON,
    ]
    smearsynth("slides", "preview", *where, "--slide", "1", "--out", tmp_path / "preview.png")
    assert images.read(tmp_path / "preview.png").shape[0] == 256
    smearsynth(
        "layouts", "picture", "--layouts", tmp_path / "layouts/0000.json", "--index", "1", *SEED[2:], "--out", tmp_path / "l.png"
    )
    assert images.read(tmp_path / "l.png").shape == (256, 320, 3)
    smearsynth("slides", "export", "--format", "qupath", *where, "--out", tmp_path / "qupath")
    assert len(list((tmp_path / "qupath").glob("*.geojson"))) == 2


def test_help_names_the_commands():
    for stage, commands in {
        "layouts": ["draw", "picture"],
        "backgrounds": ["patches", "blocks"],
        "slides": ["render", "merge", "preview", "export", "pack", "index", "verify"],
    }.items():
        shown = smearsynth(stage, "--help").stdout
        assert all(command in shown for command in commands)


def test_nothing_imports_tensorflow_or_matplotlib_for_cut_outs():
    code = (
        "import sys, smearsynth.slides.render, smearsynth.layouts.draw, smearsynth.backgrounds.patches;"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_disk_that_is_really_full(world, tmp_path):
    """On a file system of 256 KiB: one message, exit code 2, nothing half-written; with room the same command ends well."""
    small = tmp_path / "small"
    small.mkdir()
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        done = shard(world, small, "0000", 0, 4, ok=False)
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("no space left on the disk") == 1
        assert "Traceback" not in done.stderr
        assert not (small / "slides/images/0000").exists()
        assert not (small / "slides/shards/0000.json").exists()
        assert [file.name for file in small.rglob("*") if file.is_file()] == ["0000.json"]
        subprocess.run([mount, "-o", "remount,size=16m", small], check=True)
        shard(world, small, "0000", 0, 4)
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.real_data
def test_real_cells_carry_no_rim_of_their_own_background(smearsynth_data):
    """Just outside a real cell its transmittance is 1: pasted on another light, no bright or dark rim can show."""
    data = files.read_json(smearsynth_data / "pbc/instances_weak.json")
    pictures = {image["id"]: image for image in data["images"]}
    square = np.ones((3, 3), np.uint8)
    around = []
    for cell in data["annotations"][::80]:
        picture = images.read(smearsynth_data / "pbc/images" / pictures[cell["image_id"]]["file_name"])
        mask = coco.fill([coco.from_flat(flat) for flat in cell["segmentation"]], picture.shape[:2]).astype(np.uint8)
        ring = cv2.dilate(mask, square, iterations=6) - cv2.dilate(mask, square, iterations=3)
        through = cutout.transmittance(picture, light.colour(picture))
        # Neighbours cross the ring here and there: its median is the background's.
        around.append(np.median(through[ring > 0], axis=0))
    around = np.array(around)
    assert len(around) > 40
    assert np.median(np.abs(around - 1)) < 0.03
    assert (np.abs(around - 1) < 0.1).all(1).mean() > 0.8
