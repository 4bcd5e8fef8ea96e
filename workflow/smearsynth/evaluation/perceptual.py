"""Measure how different cells of one type look to a network (LPIPS), among synthetic and among real cells."""

from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import lpips
from smearsynth.evaluation.ceilings import CEILINGS, spoil
from smearsynth.evaluation.feature_files import named_path
from smearsynth.evaluation.metrics_options import PerceptualOptions
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.pairs import crops

COLUMNS = ["model", "backbone", "heads", "calibrated", "pairs_of", "pairs", "lpips", "lpips_spread"]
COLUMNS += ["held_out_pairs", "to_held_out", "to_held_out_spread"]

BATCH = 32
"""Pairs at a time."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.perceptual of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--reader", type=Path, help="folder of the run's reader, for the backbone cells")
    parser.add_argument("--cells", type=Path, required=True, help="windows/index.json: the real cells")
    parser.add_argument("--synthetic", nargs="*", default=[], metavar="MODEL=INDEX", help="index.json of each model's cells")
    parser.add_argument("--ceiling", nargs="+", choices=CEILINGS, required=True, help="how training cells are spoilt")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row a model")


def run(args) -> None:
    """Run the command."""
    options = loads(PerceptualOptions, args.options, where="evaluation.perceptual")
    from smearsynth.evaluation import backbones, extractors
    from smearsynth.gans import engine

    engine.configure(device=options.device, threads=options.threads)
    backbone = extractors.load(options.backbone, reader=args.reader)
    heads = lpips.read_heads(options.heads, backbones.channels(backbone)) if options.heads else None
    train, test = crops.read(args.cells, split="train"), crops.read(args.cells, split="test")
    unknown = np.full(len(train), -1)
    sets = [
        ("real against real", test.pixels, test.category_ids),
        ("real training", train.pixels, train.category_ids),
        ("real training, types unknown", train.pixels, unknown),
    ]
    for name, index in map(named_path, args.synthetic):
        drawn = crops.read(index, split="synthetic")
        sets.append((name, drawn.pixels, drawn.category_ids))
    sets += [(f"ceiling: {how}", spoil(train.pixels, how, seed=args.seed), train.category_ids) for how in args.ceiling]

    activations = backbones.activations(backbone, batch=BATCH)

    def measured(one: np.ndarray, other: np.ndarray) -> list:
        """Number, mean and standard deviation of the distances of pairs."""
        if len(one) < 2:
            return [len(one), None, None]
        parts = [slice(start, start + BATCH) for start in range(0, len(one), BATCH)]
        values = np.concatenate([lpips.distances(activations(one[at]), activations(other[at]), heads) for at in parts])
        return [len(values), float(values.mean()), float(values.std())]

    rows = []
    for name, pixels, types in sets:
        rng = seeds.rng(args.seed, "evaluation", "perceptual", name)
        one, other = pairs(types, types, rng, count=options.pairs, same=True)
        mine, real = pairs(types, test.category_ids, rng, count=options.pairs, same=name == "real against real")
        within, across = measured(pixels[one], pixels[other]), measured(pixels[mine], test.pixels[real])
        of = "the same type" if (types >= 0).all() else "any types"
        # The published heads were fitted to torchvision's weights; those that Keras reads are others.
        about = [backbone.name, Path(options.heads).name if options.heads else "none", "no"]
        rows.append([name, *about, of, *within, *across])
    write_tsv(args.out, COLUMNS, rows)


def pairs(
    types: np.ndarray, others: np.ndarray, rng: np.random.Generator, *, count: int, same: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Random pairs of cells of the same type, or of any types where a type is unknown (below 0).

    Parameters
    ----------
    types, others : ndarray of int, shapes (n,) and (m,)
        Category ids of the cells on both sides.
    count : int
        Cells of the first side that are drawn, at most; each once.
    same : bool
        Whether both sides are the same cells: no cell is paired with itself then.

    Returns
    -------
    ndarray of int, ndarray of int
        Indices of both sides; cells without a partner are left out.
    """
    any_type = (types < 0).any() or (others < 0).any()
    first, second = [], []
    for i in rng.permutation(len(types))[:count]:
        possible = np.arange(len(others)) if any_type else np.flatnonzero(others == types[i])
        possible = possible[possible != i] if same else possible
        if len(possible):
            first.append(i)
            second.append(rng.choice(possible))
    return np.array(first, int), np.array(second, int)
