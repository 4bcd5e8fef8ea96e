"""Look for copies: are synthetic cells nearer to the training cells than to held-out ones? Table and gallery of the closest."""

from pathlib import Path

import numpy as np

from smearsynth import images, seeds
from smearsynth.errors import UserError
from smearsynth.evaluation import feature_files
from smearsynth.evaluation.bootstrap import interval
from smearsynth.evaluation.cell_sets import halves, models, same_numbers, trained_on
from smearsynth.evaluation.feature_files import Features, named_path
from smearsynth.evaluation.gallery import strip
from smearsynth.evaluation.metrics_options import MemorisationOptions
from smearsynth.evaluation.neighbours import nearest, radii, squared_distances
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.pairs import crops

COLUMNS = ["model", "extractor", "cells", "training_cells", "held_out_cells", "matched_cells"]
COLUMNS += ["distance_to_training", "distance_to_held_out", "nearer_to_training", "low", "high"]
COLUMNS += ["suspects", "suspects_share", "suspects_expected"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.memorisation of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cells", type=Path, required=True, help="windows/index.json: the real cells")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training cells that the models saw")
    parser.add_argument("--train", type=Path, required=True, help="features of the real training cells")
    parser.add_argument("--test", type=Path, required=True, help="features of the real held-out cells")
    parser.add_argument("--synthetic", nargs="+", required=True, metavar="MODEL=INDEX", help="index.json of each model's cells")
    parser.add_argument("--features", nargs="+", required=True, metavar="MODEL=NPZ", help="features of each model's cells")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row a model")
    parser.add_argument("--gallery", type=Path, required=True, help="picture (PNG) of the closest cells of each model")


def run(args) -> None:
    """Run the command."""
    options = loads(MemorisationOptions, args.options, where="evaluation.memorisation")
    train, test = crops.read(args.cells, split="train", share=args.share), crops.read(args.cells, split="test")
    seen = feature_files.read_for(args.train, train.cell_ids, share=args.share)
    held_out = feature_files.read_for(args.test, test.cell_ids)
    if len(held_out) < 4 or not np.intersect1d(seen.category_ids, held_out.category_ids).size:
        what = f"{len(held_out)} held-out cells, of other types than the training cells or too few to compare with"
        raise UserError.of(str(args.cells), what, "hold out more cells: cells.catalogue.test_share")
    indices = dict(map(named_path, args.synthetic))
    sets: list[tuple[str, Features, Features, Features]] = []
    strips = []
    of_any = np.zeros(len(train), bool)
    for name, drawn, found in models(args.synthetic, args.features):
        feature_files.same_extractor({"--test": held_out, "--train": seen, name: found})
        learnt = trained_on(indices[name], train.cell_ids)
        of_any |= learnt
        learnt_from = train.at(np.flatnonzero(learnt)), seen.at(learnt)
        sets.append((name, found, learnt_from[1], held_out))
        strips.append(closest(name, (drawn, found), learnt_from, (test, held_out), count=options.gallery))
    half, other_half = halves(held_out, seed=args.seed)
    known = seen.at(of_any)
    # The ends of the scale take the training cells of any model.
    sets = [
        ("real against real", half, known, other_half),
        *sets,
        ("ceiling: the training cells", known, known, held_out),
    ]
    rows = [[name, *measure(found, own, real, options, seed=args.seed)] for name, found, own, real in sets]
    write_tsv(args.out, COLUMNS, rows)
    images.write(args.gallery, np.concatenate(strips))


def nearer_to_training(found: Features, seen: Features, held_out: Features, *, draws: int, seed: int) -> tuple[np.ndarray, int]:
    """How often each cell is nearer to the training cells than to the held-out ones, where there are equally many of each type.

    Were there more of one, the nearest would be among them by chance alone. So as many as there are of both are drawn at
    random, several times. A model that learnt the distribution and copied nothing gives 0.5 on average.

    Parameters
    ----------
    found : Features
        Cells that are judged, n of them.
    seen, held_out : Features
        Real cells that the model was trained on, and others.
    draws : int
    seed : int

    Returns
    -------
    ndarray of float, shape (n,)
        Share of the draws, in [0, 1]; equal distances count half.
    int
        Cells of each side that are compared with.
    """
    drawn = [
        same_numbers(seen.category_ids, held_out.category_ids, seeds.rng(seed, "evaluation", "memorisation", i))
        for i in range(draws)
    ]
    shares = np.zeros(len(found))
    blocks = zip(squared_distances(found.values, seen.values), squared_distances(found.values, held_out.values), strict=True)
    for (rows, to_seen), (_, to_held_out) in blocks:
        for one, other in drawn:
            near, far = to_seen[:, one].min(1), to_held_out[:, other].min(1)
            shares[rows] += (0.5 + 0.5 * np.sign(far - near)) / draws
    return shares, len(drawn[0][0])


def ratio(to_training: np.ndarray, to_held_out: np.ndarray) -> np.ndarray:
    """Distance to the nearest training cell over that to the nearest held-out one, (n,): far below 1 for a copy.

    The distance alone would point at types whose cells are all alike, such as platelets.
    """
    return to_training / np.maximum(to_held_out, 1e-12)


def measure(found: Features, seen: Features, held_out: Features, options: MemorisationOptions, *, seed: int) -> list:
    """The numbers of one row, see `COLUMNS`; distances are medians."""
    shares, matched = nearer_to_training(found, seen, held_out, draws=options.draws, seed=seed)
    rng = seeds.rng(seed, "evaluation", "memorisation", "interval")
    ends = interval(lambda at: float(shares[at].mean()), len(shares), rng, resamples=options.resamples, level=options.level)
    to_seen, to_held_out = nearest(found.values, seen.values)[1], nearest(found.values, held_out.values)[1]
    # What is usual is told by the held-out cells, each against the training cells and the other held-out ones.
    usual = ratio(nearest(held_out.values, seen.values)[1], np.sqrt(radii(held_out.values, 1)))
    limit = np.quantile(usual, options.suspect)
    suspects = int((ratio(to_seen, to_held_out) < limit).sum())
    return [
        *(found.extractor, len(found), len(seen), len(held_out), matched),
        *(float(np.median(to_seen)), float(np.median(to_held_out)), float(shares.mean()), *(ends or (None, None))),
        *(suspects, suspects / len(found), options.suspect),
    ]


def closest(
    name: str,
    drawn: tuple[crops.Crops, Features],
    train: tuple[crops.Crops, Features],
    test: tuple[crops.Crops, Features],
    *,
    count: int,
) -> np.ndarray:
    """A strip of the cells of the smallest `ratio`: themselves, that training cell, the nearest held-out cell."""
    at_train, distance = nearest(drawn[1].values, train[1].values)
    at_test, other = nearest(drawn[1].values, test[1].values)
    order = np.argsort(ratio(distance, other), kind="stable")[:count]
    lines = [drawn[0].pixels[order], train[0].pixels[at_train[order]], test[0].pixels[at_test[order]]]
    return strip(f"{name}: closest to training, against held-out", lines, ["cell", "training", "held-out"], columns=count)
