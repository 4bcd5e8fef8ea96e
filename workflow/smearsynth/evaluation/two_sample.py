"""Classifier two-sample test (Lopez-Paz & Oquab 2017): can a judge tell real held-out from synthetic cells?"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import feature_files
from smearsynth.evaluation.ceilings import spoil
from smearsynth.evaluation.cell_sets import models, same_numbers
from smearsynth.evaluation.judges import Judge, cross_judged, logistic, network, share_right
from smearsynth.evaluation.metrics_options import TwoSampleOptions
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.pairs import crops

COLUMNS = ["model", "cells", "held_out_cells", "extractor", "accuracy", "low", "high"]
COLUMNS += ["features_accuracy", "features_low", "features_high", "told_apart"]
"""accuracy: of the network on pixels; features_accuracy: of the logistic regression; told_apart: either interval is above 0.5."""


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
    judge = network(options, seed=args.seed, size=test.size)
    rows = []
    for name, pixels, found in candidates(args):
        feature_files.same_extractor({"--test": held_out, name: found})
        rng = seeds.rng(args.seed, "evaluation", "two_sample", name)
        real, other = (at[: options.most] for at in same_numbers(test.category_ids, found.category_ids, rng))
        sides = (test.pixels[real], pixels[other]), (held_out.values[real], found.values[other])
        rows.append([name, len(other), len(real), found.extractor, *judged(*sides, judge, options)])
    write_tsv(args.out, COLUMNS, rows)


def candidates(args) -> Iterator[tuple[str, np.ndarray, feature_files.Features]]:
    """Name, cells and features of every set that is judged: real training cells first, then the models, then spoilt cells."""
    train = crops.read(args.cells, split="train")
    yield "real against real", train.pixels, feature_files.read_for(args.train, train.cell_ids)
    for name, drawn, found in models(args.synthetic, args.features):
        yield name, drawn.pixels, found
    for name, path in map(feature_files.named_path, args.ceiling):
        yield f"ceiling: {name}", spoil(train.pixels, name, seed=args.seed), feature_files.read_for(path, train.cell_ids)


def judged(pixels: tuple, features: tuple, judge: Judge, options: TwoSampleOptions) -> list:
    """The numbers of one row, see `COLUMNS`: pictures and features of real held-out cells and of others, equally many."""
    count = len(pixels[0])
    if count < 2 * options.folds:
        return [None] * 7
    labels = np.repeat([0, 1], count)

    def by_features(values: np.ndarray, known: np.ndarray, others: np.ndarray) -> np.ndarray:
        return logistic(values, known, others, ridge=options.ridge)

    shares = []
    for sides, judging in ((pixels, judge), (features, by_features)):
        right = cross_judged(np.concatenate(sides), labels, judging, folds=options.folds)
        shares.append(share_right(right, level=options.level))
    told = "yes" if max(low for _, low, _ in shares) > 0.5 else "no"
    return [*shares[0], *shares[1], told]
