"""Compare each synthetic cell with the nearest real training cell: l1, l2, PSNR, SSIM of unpaired pictures, named so."""

from pathlib import Path

import numpy as np

from smearsynth.evaluation import cell_sets
from smearsynth.evaluation.ceilings import CEILINGS, spoil
from smearsynth.evaluation.feature_files import named_path
from smearsynth.evaluation.neighbours import nearest
from smearsynth.evaluation.similarity import compare
from smearsynth.files import write_tsv
from smearsynth.pairs import crops

COLUMNS = ["model", "compared_with", "cells", "training_cells", "equal", "l1", "l2", "psnr", "ssim"]
"""l1, l2: mean absolute and mean squared difference as shares of the full range; psnr (dB) of the cells that are not equal."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--seed", type=int, required=True, help="of the noise")
    parser.add_argument("--cells", type=Path, required=True, help="windows/index.json: the real cells")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training cells that the models saw")
    parser.add_argument("--synthetic", nargs="*", default=[], metavar="MODEL=INDEX", help="index.json of each model's cells")
    parser.add_argument("--ceiling", nargs="+", choices=CEILINGS, required=True, help="how held-out cells are spoilt")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row a model")


def run(args) -> None:
    """Run the command."""
    train = crops.read(args.cells, split="train", share=args.share)
    test = crops.read(args.cells, split="test")
    learnt = {name: cell_sets.trained_on(index, train.cell_ids) for name, index in map(named_path, args.synthetic)}
    # The ends of the scale take the training cells of any model.
    known = train.at(np.flatnonzero(np.any(list(learnt.values()), axis=0))) if learnt else train
    rows = [row("real against real", test.pixels, test.category_ids, known)]
    for name, index in map(named_path, args.synthetic):
        drawn = crops.read(index, split="synthetic")
        rows.append(row(name, drawn.pixels, drawn.category_ids, train.at(np.flatnonzero(learnt[name]))))
    for how in args.ceiling:
        rows.append(row(f"ceiling: {how}", spoil(test.pixels, how, seed=args.seed), test.category_ids, known))
    write_tsv(args.out, COLUMNS, rows)


def row(name: str, pixels: np.ndarray, types: np.ndarray, train: crops.Crops) -> list:
    """One row: cells against their nearest real training cells by squared difference of pixels, of the same type where known."""
    at = nearest_of_type(pixels, types, train)
    whole = np.ones(pixels.shape[1:3], bool)
    found = [compare(picture, train.pixels[i], whole) for picture, i in zip(pixels, at, strict=True) if i >= 0]
    equal = sum(one.l2 == 0 for one in found)
    finite = [one.psnr for one in found if one.l2 > 0]
    means = [float(np.mean(values)) for values in zip(*((one.l1, one.l2, one.ssim) for one in found), strict=True)]
    l1, l2, ssim = means or (None, None, None)
    with_ = "nearest real training cell" + (" of the type" if (types >= 0).all() else "")
    return [name, with_, len(found), len(train), equal, l1, l2, float(np.mean(finite)) if finite else None, ssim]


def nearest_of_type(pixels: np.ndarray, types: np.ndarray, train: crops.Crops) -> np.ndarray:
    """The index of the nearest training cell of the same type for each cell, int (n,).

    Of any type for cells whose type is unknown (below 0); -1 where the type has no training cell.
    """
    flat, among = pixels.reshape(len(pixels), -1), train.pixels.reshape(len(train), -1)
    result = np.full(len(pixels), -1)
    for category_id in np.unique(types):
        mine = np.flatnonzero(types == category_id)
        theirs = np.flatnonzero(train.category_ids == category_id) if category_id >= 0 else np.arange(len(train))
        if len(theirs):
            result[mine] = theirs[nearest(flat[mine], among[theirs])[0]]
    return result
