"""Say how far slides of each renderer are from real fields: kernel distance with floor, ceiling, intervals and ratios."""

from itertools import permutations
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import bootstrap, field_feature_files, field_kernel
from smearsynth.evaluation.feature_files import named_path
from smearsynth.evaluation.field_feature_files import Compared, CropFeatures
from smearsynth.evaluation.field_options import FieldDistanceOptions
from smearsynth.files import write_tsv
from smearsynth.options import loads

FLOOR = "real against real"
"""Row of one half of the real fields against the other: what a perfect renderer would measure, but for its smaller n."""
COLUMNS = ["extractor", "renderer", "crop", "pictures", "crops", "real_pictures", "real_crops", "kid", "kid_low", "kid_high"]
RATIOS = ["extractor", "one", "other", "ratio", "ratio_low", "ratio_high"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.field_distance of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    add_sets(parser)
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row an extractor and renderer")
    parser.add_argument("--ratios-out", type=Path, required=True, help="table (TSV), one row an extractor and pair of renderers")


def add_sets(parser) -> None:
    """Flags that name the sets of crops; files of several extractors may be given together."""
    parser.add_argument("--real", type=Path, nargs="+", required=True, metavar="NPZ", help="real fields nothing was trained on")
    parser.add_argument("--synthetic", nargs="+", required=True, metavar="RENDERER=NPZ", help="slides of each renderer")
    parser.add_argument("--ceiling", nargs="*", default=[], metavar="NAME=NPZ", help="the same real fields, made bad on purpose")


def read_sets(args) -> dict[str, Compared]:
    """The sets that the flags of `add_sets` name, by extractor."""
    named = ([named_path(text) for text in texts] for texts in (args.synthetic, args.ceiling))
    return field_feature_files.by_extractor(args.real, *named)


def run(args) -> None:
    """Run the command."""
    options = loads(FieldDistanceOptions, args.options, where="evaluation.field_distance")
    rows, ratio_rows = [], []
    for extractor, sets in read_sets(args).items():
        drawn = {}
        for name, found, real in sides(sets, seed=args.seed):
            drawn[name] = distances(found, real, name, resamples=options.resamples, seed=args.seed)
            numbers = [len(np.unique(found.pictures)), len(found), len(np.unique(real.pictures)), len(real)]
            value = None if np.isnan(drawn[name][0]) else float(drawn[name][0])
            low, high = bootstrap.percentiles(drawn[name][1:], level=options.level) or (None, None)
            rows.append([extractor, name, sets.real.crops, *numbers, value, low, high])
        for one, other in permutations(sets.synthetic, 2):
            ratio_rows.append([extractor, one, other, *ratio(drawn[one], drawn[other], level=options.level)])
    write_tsv(args.out, COLUMNS, rows)
    write_tsv(args.ratios_out, RATIOS, ratio_rows)


def sides(sets: Compared, *, seed: int, same_real: bool = False) -> list[tuple[str, CropFeatures, CropFeatures]]:
    """Name, judged crops and real crops of each row; floor and ceilings hold pictures against other pictures.

    With `same_real` all rows have the same half of the real fields on the real side, for tests whose power goes with their
    number; without, renderers are held against all of them.
    """

    def halves(features: CropFeatures) -> tuple[CropFeatures, CropFeatures]:
        # The same for spoilt crops, which come from the same pictures.
        return features.halves(seeds.rng(seed, "evaluation", "field_halves"))

    first, second = halves(sets.real)
    held = second if same_real else sets.real
    rows = [(FLOOR, first, second), *((name, found, held) for name, found in sets.synthetic.items())]
    return [*rows, *((f"ceiling: {name}", halves(found)[0], second) for name, found in sets.ceilings.items())]


def distances(found: CropFeatures, real: CropFeatures, name: str, *, resamples: int, seed: int) -> np.ndarray:
    """The kernel distance as measured, and on resamples of the pictures of both sides; float (1 + resamples,).

    Real pictures are resampled alike for all renderers, so that their ratios are paired.
    """
    sums = field_kernel.picture_sums(found.values, found.pictures, real.values, real.pictures)
    if min(len(sums.crops_one), len(sums.crops_other)) < 2:
        return np.full(1 + resamples, np.nan)
    drawn = [
        bootstrap.weights(len(crops), seeds.rng(seed, "evaluation", "field_distance", which), resamples=resamples)
        for crops, which in ((sums.crops_one, name), (sums.crops_other, "real"))
    ]
    return np.concatenate([[sums.distance()], sums.distances(*drawn)])


def ratio(one: np.ndarray, other: np.ndarray, *, level: float) -> tuple[float | None, float | None, float | None]:
    """How many times as far `one` is as `other`, with the ends of its interval; both as `distances` gives them.

    An unbiased distance may fall to 0 and below. Where that of `other` does, the ratio is above any number; where that of `one`
    does, it is taken for 0, so that the lower end never says too much. None stands for what is undefined or above any number.
    """
    above, below = np.maximum(one, 0), np.maximum(other, 0)
    # As a share of the sum it is finite, and its quantiles are those of the ratio.
    share = np.where(above > 0, above / np.where(above > 0, above + below, 1), 0.0)
    share[np.isnan(above + below)] = np.nan
    ends = bootstrap.percentiles(share[1:], level=level) or (np.nan, np.nan)
    value, low, high = ((float(s / (1 - s)) if s < 1 else None) for s in (share[0], *ends))
    return value, low, high
