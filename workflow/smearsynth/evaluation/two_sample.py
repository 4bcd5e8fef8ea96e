"""Classifier two-sample test (Lopez-Paz & Oquab 2017): can a judge tell real held-out from synthetic cells?"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import feature_files
from smearsynth.evaluation.ceilings import spoil
from smearsynth.evaluation.cell_sets import models, same_numbers
from smearsynth.evaluation.judges import cross_judged, logistic, network, share_right
from smearsynth.evaluation.metrics_options import TwoSampleOptions
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.pairs import crops

COLUMNS = ["model", "cells", "held_out_cells", "accuracy", "low", "high", "told_apart", "extractor"]
COLUMNS += ["features_accuracy", "features_low", "features_high"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.two_sample of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cells", type=Path, required=True, help="windows/index.json: the real cells")
    parser.add_argument("--train", type=Path, required=True, help="features of the real training cells")
    parser.add_argument("--test", type=Path, required=True, help="features of the real held-out cells")
    parser.add_argument("--synthetic", nargs="*", default=[], metavar="MODEL=INDEX", help="index.json of each model's cells")
    parser.add_argument("--features", nargs="*", default=[], metavar="MODEL=NPZ", help="features of each model's cells")
    parser.add_argument("--ceiling", nargs="+", required=True, metavar="NAME=NPZ", help="features of spoilt training cells")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row a model")


def run(args) -> None:
    """Run the command."""
    options = loads(TwoSampleOptions, args.options, where="evaluation.two_sample")
    test = crops.read(args.cells, split="test")
    held_out = feature_files.read_for(args.test, test.cell_ids)
    rows = [row(name, pixels, found, test, held_out, options, seed=args.seed) for name, pixels, found in candidates(args)]
    write_tsv(args.out, COLUMNS, rows)


def candidates(args) -> Iterator[tuple[str, np.ndarray, feature_files.Features]]:
    """Name, cells and features of every set that is judged: real training cells first, then the models, then spoilt cells."""
    train = crops.read(args.cells, split="train")
    yield "real against real", train.pixels, feature_files.read_for(args.train, train.cell_ids)
    for name, drawn, found in models(args.synthetic, args.features):
        yield name, drawn.pixels, found
    for name, path in map(feature_files.named_path, args.ceiling):
        yield f"ceiling: {name}", spoil(train.pixels, name, seed=args.seed), feature_files.read_for(path, train.cell_ids)


def row(
    name: str,
    pixels: np.ndarray,
    found: feature_files.Features,
    test: crops.Crops,
    held_out: feature_files.Features,
    options: TwoSampleOptions,
    *,
    seed: int,
) -> list:
    """One row of the table: real held-out cells (label 0) against others (label 1), equally many of each type."""
    feature_files.same_extractor({"--test": held_out, name: found})
    rng = seeds.rng(seed, "evaluation", "two_sample", name)
    real, other = (at[: options.most] for at in same_numbers(test.category_ids, found.category_ids, rng))
    if len(real) < 2 * options.folds:
        return [name, len(other), len(real), *[None] * (len(COLUMNS) - 3)]
    labels = np.repeat([0, 1], [len(real), len(other)])
    seen = network(options, seed=seed, size=test.size)
    right = cross_judged(np.concatenate([test.pixels[real], pixels[other]]), labels, seen, folds=options.folds)
    share = share_right(right, level=options.level)

    def by_features(values: np.ndarray, known: np.ndarray, others: np.ndarray) -> np.ndarray:
        return logistic(values, known, others, ridge=options.ridge)

    right = cross_judged(np.concatenate([held_out.values[real], found.values[other]]), labels, by_features, folds=options.folds)
    told = "yes" if share[1] > 0.5 else "no"
    return [name, len(other), len(real), *share, told, found.extractor, *share_right(right, level=options.level)]
