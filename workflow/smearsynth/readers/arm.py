"""Train a classifier on one training set, several times, and test it on real held-out cells and on the set itself."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from smearsynth import seeds
from smearsynth.errors import Problem, raise_all, unknown
from smearsynth.files import atomic_folder, read_json, write_json, write_tsv
from smearsynth.options import loads
from smearsynth.pairs import crops
from smearsynth.readers import arms, arms_options, pictures, training

NAMES = ["seed", "cell_id", "category_id", "named"]
"""Of the table of real held-out cells; types by the taxonomy's ids."""

OWN = ["seed", "part", "source", "category_id", "named"]
"""Of the table of the paper's protocol: ``validation`` or ``test``; the source is a cell's place in its stock."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section readers.arms of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--architecture", required=True, help="one of readers.arms.networks")
    parser.add_argument("--arm", required=True, help=", ".join(arms_options.ARMS))
    parser.add_argument("--cells", type=Path, required=True, help="windows/index.json: real cells, training and held-out")
    parser.add_argument("--share", type=float, default=1.0, help="share of the real training cells")
    parser.add_argument("--synthetic", type=Path, help="index.json of synthetic cells; for the arms that have them")
    parser.add_argument("--out", type=Path, required=True, help="folder")


def run(args) -> None:
    """Run the command."""
    options = loads(arms_options.ArmsOptions, args.options, where="readers.arms")
    if args.arm not in arms_options.ARMS:
        raise_all([unknown("--arm", args.arm, arms_options.ARMS, word="arm")])
    needs = args.arm in arms_options.NEED_SYNTHETIC
    if needs and args.synthetic is None:
        raise_all([Problem(args.arm, "no synthetic cells", "give the index of a class-conditional model with --synthetic")])
    train = crops.read(args.cells, split="train", share=args.share)
    test = crops.read(args.cells, split="test")
    types = sorted(set(train.category_ids.tolist()))
    synthetic = crops.read(args.synthetic, split="synthetic") if needs else None
    _check(args, train, test, synthetic, types)
    reader = options.reader(args.architecture, window=train.size)

    def stock(cells: crops.Crops) -> arms.Stock:
        known = np.isin(cells.category_ids, types)
        pixels = np.stack([pictures.fit(one, window=train.size, size=reader.size) for one in cells.pixels[known]])
        return arms.Stock(pixels, np.searchsorted(types, cells.category_ids[known]))

    ours, theirs, held = stock(train), stock(synthetic) if synthetic is not None else None, stock(test)
    names: list[list] = []
    own: list[list] = []
    made: list[dict] = []
    for seed in range(options.seeds):
        # What does not depend on the arm is drawn alike in each: initial weights and batches by number.
        path = (args.architecture, seed)
        arm_set = arms.compose(
            args.arm,
            ours,
            theirs,
            classes=len(types),
            pictures=options.pictures,
            rng=seeds.rng(args.seed, "readers", "arms", args.arm, seed),
            ranges=options.ranges,
            share=options.synthetic,
            counts=options.counts,
            target=options.target,
        )
        training_seed = seeds.entropy(args.seed, "readers", "arms", *path)

        def trained(keep: np.ndarray, *, word: str, arm_set=arm_set, training_seed=training_seed):
            def progress(steps):
                title = f"{args.arm} {word}"
                return tqdm(steps, total=reader.steps, desc=title, unit="step", mininterval=5)

            return training.fit(
                arm_set.pixels[keep], arm_set.labels[keep], reader, seed=training_seed, classes=len(types), progress=progress
            )

        model = trained(np.ones(len(arm_set.labels), bool), word=f"{seed + 1}/{options.seeds}")
        found = training.probabilities(model, held.pixels).argmax(1)
        rows = zip(test.cell_ids.tolist(), test.category_ids.tolist(), found, strict=True)
        names += [[seed, cell_id, category_id, types[at]] for cell_id, category_id, at in rows]
        if seed < options.own.seeds:
            cut = seeds.rng(args.seed, "readers", "arms", "own", args.arm, seed)
            parts = arms.divided(arm_set.sources, arm_set.labels, cut, test=options.own.test, validation=options.own.validation)
            model = trained(parts == "train", word="on itself")
            # One picture of each cell: copies would count a cell twice.
            first = np.zeros(len(parts), bool)
            first[np.unique(arm_set.sources, return_index=True)[1]] = True
            asked = np.flatnonzero(first & (parts != "train"))
            found = training.probabilities(model, arm_set.pixels[asked]).argmax(1) if len(asked) else []
            own += [
                [seed, str(parts[i]), int(arm_set.sources[i]), types[arm_set.labels[i]], types[at]]
                for i, at in zip(asked, found, strict=True)
            ]
        made.append(_counted(arm_set, types))
    with atomic_folder(args.out) as folder:
        write_tsv(folder / "names.tsv", NAMES, names)
        write_tsv(folder / "own.tsv", OWN, own)
        about = {
            "arm": args.arm,
            "architecture": args.architecture,
            "share": args.share,
            "synthetic": _model(args.synthetic) if needs else None,
            "seeds": options.seeds,
            "pictures": options.pictures,
            "steps": reader.steps,
            "real_cells": len(ours.labels),
            "synthetic_cells": len(theirs.labels) if theirs is not None else 0,
            "options": asdict(reader),
            "types": types,
            "categories": [one for one in train.categories if one["id"] in types],
            "sets": made,
        }
        write_json(folder / "model.json", about, indent=1)


def _counted(arm_set: arms.ArmSet, types: list[int]) -> dict:
    """How many pictures of a set are of each type, and how many different cells they show."""
    different = np.unique(arm_set.sources)
    return {
        "pictures": {str(types[at]): int((arm_set.labels == at).sum()) for at in range(len(types))},
        "synthetic_pictures": int((arm_set.sources < 0).sum()),
        "different_real": int((different >= 0).sum()),
        "different_synthetic": int((different < 0).sum()),
    }


def _model(index: Path) -> dict:
    """Which generator drew the cells of an index, and what share of the real cells it has seen."""
    data = read_json(index)
    return {"model": data.get("model"), "share": data.get("share")}


def _check(args, train: crops.Crops, test: crops.Crops, synthetic: crops.Crops | None, types: list[int]) -> None:
    """Refuse cells from which the comparison would not be fair or not possible."""
    names = {one["id"]: one["name"] for one in train.categories}
    problems = [
        Problem(str(args.cells), f"{names[missing]} has test cells and no training cell", "set another seed or split share")
        for missing in sorted(set(test.category_ids.tolist()) - set(types))
    ]
    if len(types) < 2:
        problems.append(Problem(str(args.cells), f"{len(types)} type(s)", "a classifier needs at least two types"))
    if synthetic is not None:
        where = str(args.synthetic)
        drawn = set(synthetic.category_ids.tolist())
        if drawn == {-1}:
            problems.append(Problem(where, "cells without types", "take a class-conditional model, such as wgan_gp_ac"))
        else:
            problems += [Problem(where, f"no {names[at]}", "draw cells of every type") for at in types if at not in drawn]
        if synthetic.size != train.size:
            what = f"cells of {synthetic.size} px, real ones of {train.size} px"
            problems.append(Problem(where, what, "train the generator on these windows"))
        share = _model(args.synthetic)["share"]
        if share is not None and share > args.share + 1e-9:
            what = f"drawn by a generator that saw {share:.0%} of the real cells, for an arm that stands for {args.share:.0%}"
            problems.append(Problem(where, what, "train the generator on the same share"))
    raise_all(problems)
