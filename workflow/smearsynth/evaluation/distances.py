"""Hold synthetic cells against real ones in the feature space of a network: one row a model, with floor and ceiling."""

import json
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import classified, feature_files, frechet, inception_score, kernel, manifold
from smearsynth.evaluation.cell_sets import composed, halves
from smearsynth.evaluation.feature_files import Features
from smearsynth.evaluation.metrics_options import DistancesOptions
from smearsynth.files import read_tsv, write_tsv
from smearsynth.options import loads
from smearsynth.taxonomy import Taxonomy

FLOOR = "real against real"
"""Row of one half of the held-out cells against the other."""
TRAINING = "real training"
"""Row of real training cells, as many of each type as the models drew: what a perfect model would measure."""
COLUMNS = (
    *("model", "extractor", "cells", "training_cells", "held_out_cells"),
    *("fid_train", "fid_test", "fid_warning"),
    *("kid_train", "kid_train_spread", "kid_test", "kid_test_spread", "kid_subset"),
    *("precision", "recall", "f1", "density", "coverage"),
    *("inception_score", "inception_score_spread"),
    *("class_accuracy", "class_precision", "class_recall", "class_f1"),
    *("lpips", "lpips_spread"),
)
TYPE_COLUMNS = (
    *("model", "type", "cells", "held_out_cells", "kid_test", "kid_test_spread", "kid_subset"),
    *("precision", "recall", "density", "coverage", "class_recall"),
)


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.distances of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", type=Path, required=True, help="features of the real training cells")
    parser.add_argument("--test", type=Path, required=True, help="features of the real held-out cells")
    parser.add_argument("--share", type=float, default=1.0, help="share of the training cells that the models saw")
    parser.add_argument("--synthetic", nargs="*", default=[], metavar="MODEL=NPZ", help="features of each model's cells")
    parser.add_argument("--ceiling", nargs="+", required=True, metavar="NAME=NPZ", help="features of deliberately bad cells")
    parser.add_argument("--lpips", type=Path, help="table of the command perceptual, whose numbers are added")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV), one row a model")
    parser.add_argument("--types-out", type=Path, required=True, help="table (TSV), one row a model and type")


def run(args) -> None:
    """Run the command."""
    options = loads(DistancesOptions, args.options, where="evaluation.distances")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    train, test = feature_files.read(args.train), feature_files.read(args.test)
    models = {name: feature_files.read(path) for name, path in map(feature_files.named_path, args.synthetic)}
    ceilings = {f"ceiling: {n}": feature_files.read(p) for n, p in map(feature_files.named_path, args.ceiling)}
    feature_files.same_extractor({"--test": test, "--train": train, **models, **ceilings})
    lpips = {row["model"]: row for row in read_tsv(args.lpips)} if args.lpips else {}

    half, other_half = halves(test, seed=args.seed)
    seen = train.share(args.share)
    wanted = next((found.category_ids for found in models.values() if (found.category_ids >= 0).all()), train.category_ids)
    compared: list[tuple[str, Features, Features | None, Features]] = [
        (FLOOR, half, seen, other_half),
        (TRAINING, train.at(composed(train.category_ids, wanted, seed=args.seed)), None, test),
    ]
    compared += [(name, found, seen, test) for name, found in models.items()]
    compared += [
        (name, found.at(composed(found.category_ids, wanted, seed=args.seed)), seen, test) for name, found in ceilings.items()
    ]
    rows, type_rows = [], []
    for name, found, of_model, held_out in compared:
        row = {"model": name, **measure(found, of_model, held_out, options, seed=args.seed)}
        row |= {column: lpips.get(name, {}).get(column) for column in ("lpips", "lpips_spread")}
        rows.append([row.get(column) for column in COLUMNS])
        for cell_type in taxonomy.types:
            drawn, real = (one.at(one.category_ids == cell_type.id) for one in (found, held_out))
            if len(drawn) and len(real):
                row = {"model": name, "type": cell_type.name, **measure_type(drawn, real, options, seed=args.seed)}
                type_rows.append([row.get(column) for column in TYPE_COLUMNS])
    write_tsv(args.out, list(COLUMNS), rows)
    write_tsv(args.types_out, list(TYPE_COLUMNS), type_rows)


def measure(found: Features, seen: Features | None, held_out: Features, options: DistancesOptions, *, seed: int) -> dict:
    """The numbers of one row, by column; see `COLUMNS`.

    Parameters
    ----------
    found : Features
        Cells that are judged.
    seen : Features or None
        Real training cells of their model's share, with those that it kept for validation; None where the judged cells are
        among them.
    held_out : Features
        Real cells that nothing was trained on.
    """
    row: dict = {"extractor": found.extractor, "cells": len(found), "held_out_cells": len(held_out)}
    for name, real in (("train", seen), ("test", held_out)):
        if real is None or min(len(real), len(found)) < 2:
            continue
        row[f"fid_{name}"] = frechet.between(found.values, real.values)
        row |= _kernel(found.values, real.values, name, options, seed=seed)
    row["training_cells"] = None if seen is None else len(seen)
    row["fid_warning"] = frechet.warning(min(len(one) for one in (found, seen, held_out) if one is not None))
    row |= _manifold(found.values, held_out.values, options)
    if len(found.types):
        rng = seeds.rng(seed, "evaluation", "inception")
        if score := inception_score.split_scores(found.probabilities, rng, splits=options.splits):
            row["inception_score"], row["inception_score_spread"] = score
        if (named := found.named) is not None and (right := classified.compare(found.category_ids, named)):
            row |= {f"class_{name}": float(getattr(right, name)) for name in ("accuracy", "precision", "recall", "f1")}
    return row


def measure_type(drawn: Features, real: Features, options: DistancesOptions, *, seed: int) -> dict:
    """The numbers of one type, by column; see `TYPE_COLUMNS`. No Fréchet distance: a type has far too few cells for it."""
    row = {"cells": len(drawn), "held_out_cells": len(real), **_manifold(drawn.values, real.values, options)}
    row |= _kernel(drawn.values, real.values, "test", options, seed=seed)
    named = drawn.named
    row["class_recall"] = None if named is None else float((named == drawn.category_ids).mean())
    return row


def _kernel(drawn: np.ndarray, real: np.ndarray, name: str, options: DistancesOptions, *, seed: int) -> dict:
    rng = seeds.rng(seed, "evaluation", "kernel", name)
    found = kernel.between(drawn, real, rng, subsets=options.subsets, size=options.subset_size)
    if found is None:
        return {}
    return {f"kid_{name}": found.mean, f"kid_{name}_spread": found.spread, "kid_subset": found.size}


def _manifold(drawn: np.ndarray, real: np.ndarray, options: DistancesOptions) -> dict:
    found = manifold.between(real, drawn, k=options.neighbours)
    if found is None:
        return {}
    both = found.precision + found.recall
    f1 = 2 * found.precision * found.recall / both if both else 0.0
    return {"precision": found.precision, "recall": found.recall, "f1": f1, "density": found.density, "coverage": found.coverage}
