"""Can a weak judge tell slides from real fields, by features early and late in a network? By chance half of it is right."""

from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.errors import UserError
from smearsynth.evaluation import bootstrap
from smearsynth.evaluation.field_distance import add_sets, read_sets, sides
from smearsynth.evaluation.field_feature_files import CropFeatures
from smearsynth.evaluation.field_options import FieldTwoSampleOptions
from smearsynth.evaluation.judges import Judge, cross_judged, logistic, share_right
from smearsynth.files import write_tsv
from smearsynth.options import loads

COLUMNS = ["extractor", "layer", "depth", "renderer", "pictures", "crops", "real_pictures", "real_crops", "features"]
COLUMNS += ["accuracy", "low", "high", "all_features", "all_accuracy", "all_low", "all_high"]
"""accuracy: of the weak judge; all_accuracy: of a logistic regression on all features of the layer."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.field_two_sample of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    add_sets(parser)
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row an extractor, layer and renderer")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldTwoSampleOptions, args.options, where="evaluation.field_two_sample")
    rows = []
    for extractor, sets in read_sets(args).items():
        compared = []
        for name, found, real in sides(sets, seed=args.seed, same_real=True):
            real, found = even(real, found)
            enough(name, real, found, folds=options.folds)
            compared.append((name, found, real))
        for depth, layer in enumerate(sets.real.layers, 1):
            for name, found, real in compared:
                numbers = [len(np.unique(found.pictures)), len(found), len(np.unique(real.pictures)), len(real)]
                rng = seeds.rng(args.seed, "evaluation", "field_two_sample", name)
                values = real.layers[layer], found.layers[layer]
                row = [extractor, layer, depth, name, *numbers]
                rows.append(row + judged(values, (real.pictures, found.pictures), rng, options))
    write_tsv(args.out, COLUMNS, rows)


def even(one: CropFeatures, other: CropFeatures) -> tuple[CropFeatures, CropFeatures]:
    """As many crops of each; the first ones, since these are spread evenly over the pictures."""
    count = min(len(one), len(other))
    return one.at(np.arange(count)), other.at(np.arange(count))


def enough(name: str, real: CropFeatures, found: CropFeatures, *, folds: int) -> None:
    """Refuse sets with fewer pictures than parts: every part needs some to be judged, and others to learn from."""
    for what, one in ((f"real fields beside {name}", real), (name, found)):
        if (count := len(np.unique(one.pictures))) < folds:
            raise UserError.of(what, f"{count} pictures for {folds} parts", "give more pictures, or lower folds")


def weak(values: np.ndarray, labels: np.ndarray, others: np.ndarray, *, features: int, ridge: float) -> np.ndarray:
    """Labels by a logistic regression on the first principal components of standardised features, see `judges.logistic`.

    Standardisation and components come from `values` (n, d) alone, without their labels (n,): what differs between the sets
    has to be among what differs most between crops at all. Others (m, d) to int (m,).
    """
    mean, spread = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    spread = np.where(spread > 1e-9, spread, np.inf)
    standard, standard_others = (values - mean) / spread, (others - mean) / spread
    directions = np.linalg.svd(standard, full_matrices=False)[2][:features].T
    return logistic(standard @ directions, labels, standard_others @ directions, ridge=ridge)


def judged(
    values: tuple[np.ndarray, np.ndarray],
    pictures: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
    options: FieldTwoSampleOptions,
) -> list:
    """The numbers of one row, from ``features`` on; see `COLUMNS`.

    Parameters
    ----------
    values : pair of ndarray, each of shape (n, d)
        Real and other crops, equally many.
    pictures : pair of ndarray of int, each of shape (n,)
        Picture of each crop. All crops of a picture are judged by a judge that saw none of them.
    rng : Generator
    options : FieldTwoSampleOptions
    """
    labels = np.repeat([0, 1], [len(one) for one in values])
    places = [np.unique(of, return_inverse=True)[1] for of in pictures]
    parts = np.concatenate([(rng.permutation(of.max() + 1) % options.folds)[of] for of in places])
    drawn = [
        np.concatenate([np.ones((1, of.max() + 1), int), bootstrap.weights(of.max() + 1, rng, resamples=options.resamples)])
        for of in places
    ]
    count = min(options.features, values[0].shape[1])

    def few(known: np.ndarray, names: np.ndarray, others: np.ndarray) -> np.ndarray:
        return weak(known, names, others, features=count, ridge=options.ridge)

    def strong(known: np.ndarray, names: np.ndarray, others: np.ndarray) -> np.ndarray:
        return logistic(known, names, others, ridge=options.ridge)

    row: list = []
    judges: list[tuple[int, Judge]] = [(count, few), (values[0].shape[1], strong)]
    for number, judge in judges:
        right = cross_judged(np.concatenate(values), labels, judge, folds=options.folds, parts=parts)
        shares = [_share(right[labels == side], places[side], drawn[side]) for side in (0, 1)]
        # Either side counts half, whatever numbers a resample draws: chance stays at 0.5.
        accuracy = (shares[0] + shares[1]) / 2
        ends = bootstrap.percentiles(accuracy[1:], level=options.level) or (None, None)
        if right.all() or not right.any():
            # Every resample is alike then; pictures are counted as answers, as if the crops of each were one.
            ends = share_right(np.full(sum(one.shape[1] for one in drawn), right[0]), level=options.level)[1:]
        row += [number, float(accuracy[0]), *ends]
    return row


def _share(right: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of right answers in each resample of the pictures; weights (r, pictures)."""
    return (weights @ np.bincount(places, right)) / (weights @ np.bincount(places))
