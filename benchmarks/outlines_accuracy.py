"""How well do found outlines agree with those that experts drew, with a box and without one?

Two sets of white cells with expert masks (Zheng et al. 2018), each in two halves by a hash of the file's name: `tuning`
was looked at while the method was made, `held_out` was not. The box is the one of the expert's mask. A cell that is not
found counts as 0. The agreement of the found nuclei is reported beside that of the whole cells. Seconds are processor
time of one thread.

    python benchmarks/outlines_accuracy.py --data DATA --out results/benchmarks/outlines
"""

import argparse
import hashlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.cells import outlines
from smearsynth.files import write_tsv

SETS = ("seg_wbc_d1", "seg_wbc_d2")
HALVES = ("tuning", "held_out")
NUCLEUS = 200
"""Masks are 0 outside, 128 on cytoplasm, 255 on the nucleus."""
TILE, COLUMNS, WORST = 200, 8, 24


@dataclass
class Result:
    """One picture, found with or without its box."""

    set: str
    file: str
    half: str
    prompt: str
    cell: float
    nucleus: float
    seconds: float
    reason: str
    tile: np.ndarray


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark, print the summary and write tables and contact sheets; 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with seg_wbc_d1 and seg_wbc_d2 (images, masks)")
    parser.add_argument("--out", type=Path, required=True, help="folder for summary.tsv, cells.tsv and worst_<half>.png")
    parser.add_argument("--half", choices=HALVES, action="append", help="only this half (default: both)")
    args = parser.parse_args(argv)
    missing = [str(args.data / name) for name in SETS if not (args.data / name / "masks").is_dir()]
    if missing:
        print(f"no expert masks in {', '.join(missing)}", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    halves = tuple(args.half or HALVES)
    results = [result for name in SETS for result in measure(args.data / name, halves)]
    columns = ["set", "file", "half", "prompt", "cell", "nucleus", "seconds", "reason"]
    write_tsv(args.out / "cells.tsv", columns, [[getattr(result, column) for column in columns] for result in results])
    head, rows = summary(results)
    write_tsv(args.out / "summary.tsv", head, rows)
    for half in halves:
        worst = sorted((result for result in results if result.half == half), key=lambda result: result.cell)[:WORST]
        images.write(args.out / f"worst_{half}.png", sheet([result.tile for result in worst]))
    for row in [head, *rows]:
        print("\t".join(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    return 0


def half_of(name: str) -> str:
    """The half that a file belongs to."""
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2]


def measure(folder: Path, halves: tuple[str, ...]) -> list[Result]:
    """Find every cell of a set twice."""
    results = []
    for path in sorted((folder / "images").iterdir()):
        if half_of(path.name) not in halves:
            continue
        picture, levels = images.read(path), images.read_grey(folder / "masks" / path.name)
        expert = levels > 0
        for prompt in (tuple(coco.box(expert)), None):
            start = time.process_time()
            found = outlines.find(picture, prompt=prompt)
            seconds = time.process_time() - start
            outline, reason = (None, found.reason) if isinstance(found, outlines.NotFound) else (found, "")
            results.append(
                Result(
                    folder.name,
                    path.name,
                    half_of(path.name),
                    "none" if prompt is None else "box",
                    0.0 if outline is None else overlap(outline.cell, expert),
                    0.0 if outline is None else overlap(outline.nucleus, levels > NUCLEUS),
                    seconds,
                    reason,
                    tile(picture, expert, None if outline is None else outline.cell),
                )
            )
    return results


def overlap(found: np.ndarray, expert: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float((found & expert).sum() / max(int((found | expert).sum()), 1))


def summary(results: list[Result]) -> tuple[list[str], list[list]]:
    """Agreement by set, prompt and half."""
    head = ["set", "prompt", "half", "cells", "mean", "median", "lowest", "below_0.8", "not_found", "nucleus_mean", "seconds"]
    rows = []
    for name, prompt, half in sorted({(r.set, r.prompt, r.half) for r in results}):
        part = [r for r in results if (r.set, r.prompt, r.half) == (name, prompt, half)]
        cell = np.array([r.cell for r in part])
        agreement = [float(cell.mean()), float(np.median(cell)), float(cell.min()), int((cell < 0.8).sum())]
        other = [float(np.mean([r.nucleus for r in part])), float(np.mean([r.seconds for r in part]))]
        rows.append([name, prompt, half, len(part), *agreement, sum(bool(r.reason) for r in part), *other])
    return head, rows


def tile(picture: np.ndarray, expert: np.ndarray, found: np.ndarray | None) -> np.ndarray:
    """A small picture with the expert's outline in green and the found one in red."""
    small = cv2.resize(picture, (TILE, TILE), interpolation=cv2.INTER_AREA)
    for mask, colour in ((expert, (0, 255, 0)), (found, (255, 0, 0))):
        if mask is not None:
            scaled = cv2.resize(mask.astype(np.uint8), (TILE, TILE), interpolation=cv2.INTER_NEAREST)
            border, _ = cv2.findContours(scaled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(small, border, -1, colour, 1)
    return small


def sheet(tiles: list[np.ndarray]) -> np.ndarray:
    """Tiles in rows, the worst first; the last row is filled with black."""
    tiles = tiles + [np.zeros((TILE, TILE, 3), np.uint8)] * (-len(tiles) % COLUMNS)
    return np.vstack([np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)])


if __name__ == "__main__":
    sys.exit(main())
