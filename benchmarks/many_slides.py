"""What do a thousand to a million slides cost before and after they are drawn: the plan, the index of shards, the merge?

For each number of slides: Snakemake's dry run of `slides` with 1,000 slides a shard, here and as it is submitted to a cluster
(`profiles/slurm`, with a tar file of each shard); then the commands that index and merge the shards of such a run, each in a
process of its own. The shards are one file under many names: its slides have `--cells` cells.

    python benchmarks/many_slides.py --out results/benchmarks/many_slides [--slides 1000 1000000] [--cells 5]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from smearsynth import coco
from smearsynth.files import read_json, write_json, write_tsv
from smearsynth.layouts.raster import Window
from smearsynth.slides import runs

PROJECT = Path(__file__).parents[1]
PER_JOB = 1000
SIDE = 384
COLUMNS = ["slides", "jobs", "shard_mb", "part", "seconds", "cpu_seconds", "largest_mb"]


def measured(*command: str) -> tuple[str, list[float]]:
    """What a command says, with its seconds, those of processor time, and its largest resident set in MB."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout
    said = process.stdout.read().decode(errors="replace")
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(said[-4000:])
    return said, [time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3]


def shard(cells: int) -> dict:
    """A COCO file of `PER_JOB` slides with so many cells each, as the renderers write it."""
    disk = np.hypot(*(np.mgrid[:40, :40] - 19.5)) < 19
    places = np.random.default_rng(0).integers(0, SIDE - 40, (cells, 2))
    masks = [runs.encode(Window(int(row), int(column), disk), (SIDE, SIDE)) for row, column in places]
    images, annotations = [], []
    for number in range(PER_JOB):
        size = {"height": SIDE, "width": SIDE, "um_per_px": 0.19}
        images.append({"id": number + 1, "file_name": f"0000/{number:06d}.png", **size, "index": number, "sha256": "0" * 64})
        for mask, (row, column) in zip(masks, places.tolist(), strict=True):
            entry = {"id": len(annotations) + 1, "image_id": number + 1, "category_id": 1, "segmentation": mask, "iscrowd": 0}
            entry |= {"amodal_segmentation": mask, "bbox": [column, row, 40, 40], "area": int(disk.sum()), "occluded_rate": 0.0}
            annotations.append(entry)
    return {"info": {}, "images": images, "annotations": annotations, "categories": [{"id": 1, "name": "red_blood_cell"}]}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slides", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--cells", type=int, default=5, help="of a slide")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows: list[list] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = shard(args.cells)
        if problems := coco.check(whole):
            sys.exit(str(problems))
        write_json(folder / "shard.json", whole)
        size = (folder / "shard.json").stat().st_size / 1e6
        for slides in args.slides:
            of = folder / str(slides)
            (of / "shards").mkdir(parents=True)
            for number in range(slides // PER_JOB):
                os.link(folder / "shard.json", of / f"shards/{number:04d}.json")
            config = {"slides": {"count": slides, "per_job": PER_JOB, "previews": 0}, "run": f"planned_{slides}"}
            (of / "config.yaml").write_text(yaml.safe_dump(config))
            config["slides"]["exports"] = ["webdataset"]
            (of / "cluster.yaml").write_text(yaml.safe_dump(config))
            plan = ["snakemake", "slides", "-n", "--quiet", "rules", "--nolock", "--configfile"]
            cluster = [*plan, str(of / "cluster.yaml"), "--workflow-profile", "profiles/slurm"]
            index = ["smearsynth.slides", "index", "--shards", str(of / "shards"), "--count", str(slides // PER_JOB)]
            merge = ["smearsynth.slides", "merge", "--index", str(of / "shards.json"), "--merge-limit", "5000"]
            for part, command in (("plan", [*plan, str(of / "config.yaml")]), ("plan_cluster", cluster)):
                said, cost = measured(*command)
                jobs = int(re.findall(r"^total +(\d+)$", said, re.M)[-1])
                rows.append([slides, jobs, size, part, *cost])
            rows.append([slides, jobs, size, "index", *measured(*index, "--out", str(of / "shards.json"))[1]])
            rows.append([slides, jobs, size, "merge", *measured(*merge, "--out", str(of / "instances.json"))[1]])
            told = read_json(of / "shards.json")["shards"]
            assert sum(entry["images"] for entry in told) == slides
            for row in rows[-4:]:
                print(*(f"{value:.3g}" if isinstance(value, float) else value for value in row), sep="\t", flush=True)
            write_tsv(args.out / "many_slides.tsv", COLUMNS, rows)


if __name__ == "__main__":
    main()
