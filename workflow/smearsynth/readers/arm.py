"""Train a classifier on one training set, several times, and test it on real held-out cells and on the set itself.

A killed command goes on with the training that was under way.
"""

import sys
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.errors import Problem, raise_all, unknown
from smearsynth.files import atomic_folder, read_json, write_json, write_tsv
from smearsynth.gans import checkpoint, engine, loop
from smearsynth.options import loads
from smearsynth.pairs import crops
from smearsynth.readers import arms, arms_options, pictures, training
from smearsynth.readers.arm_answers import Answers
from smearsynth.readers.options import ReaderOptions
from smearsynth.readers.reader import told

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
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
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

    decides = {
        "seed": args.seed,
        "architecture": args.architecture,
        "arm": args.arm,
        "share": args.share,
        "cells": [cells.digest for cells in (train, test, *([synthetic] if synthetic is not None else []))],
        "device": engine.configure(device=options.device, threads=options.threads),
        "engine": engine.version(),
    }
    ours, theirs, held = stock(train), stock(synthetic) if synthetic is not None else None, stock(test)
    names: list[list] = []
    own: list[list] = []
    made: list[dict] = []
    with loop.locked(args.state):
        answers = Answers(args.state, checkpoint.fingerprint("smearsynth.readers.arm", options, decides))
        for repetition in range(options.seeds):
            arm_set = arms.compose(
                args.arm,
                ours,
                theirs,
                classes=len(types),
                pictures=options.pictures,
                rng=seeds.rng(args.seed, "readers", "arms", args.arm, repetition),
                ranges=options.ranges,
                share=options.synthetic,
                counts=options.counts,
                target=options.target,
            )
            made.append(_counted(arm_set, types))
            # By architecture and number alone: the arms start from the same weights and draw the same places.
            seed = seeds.entropy(args.seed, "readers", "arms", args.architecture, repetition)
            named = _train(answers, arm_set, arm_set.labels >= 0, held.pixels, reader, len(types), seed)
            rows = zip(test.cell_ids.tolist(), test.category_ids.tolist(), named, strict=True)
            names += [[repetition, cell_id, category_id, types[at]] for cell_id, category_id, at in rows]
            if repetition < options.own.seeds:
                rng = seeds.rng(args.seed, "readers", "arms", "own", args.arm, repetition)
                parts = arms.divided(
                    arm_set.sources, arm_set.labels, rng, test=options.own.test, validation=options.own.validation
                )
                asked = arms.singled(arm_set.sources, parts)
                named = _train(answers, arm_set, parts == "train", arm_set.pixels[asked], reader, len(types), seed)
                columns = parts[asked].tolist(), arm_set.sources[asked].tolist(), arm_set.labels[asked], named
                own += [
                    [repetition, part, source, types[label], types[at]] for part, source, label, at in zip(*columns, strict=True)
                ]
        answers.close()
    left_out = len(ours.labels) - min(one["different_real"] for one in made)
    if args.arm != "synthetic" and args.arm != "class_balanced" and left_out:
        what = f"{left_out} of {len(ours.labels)} real cells are not in a set of {options.pictures} pictures"
        print(f"{args.arm}: {what}; raise readers.arms.pictures", file=sys.stderr)
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
            "options": told(reader),
            "types": types,
            "categories": [one for one in train.categories if one["id"] in types],
            "sets": made,
        }
        write_json(folder / "model.json", about, indent=1)


def _train(
    answers: Answers, arm_set: arms.ArmSet, keep: np.ndarray, asked: np.ndarray, reader: ReaderOptions, classes: int, seed: int
) -> list[int]:
    """Train on a part of a set and name other pictures: their classes."""

    def named(state: Path) -> np.ndarray:
        pixels, labels = arm_set.pixels[keep], arm_set.labels[keep]
        model = training.fit(pixels, labels, reader, seed=seed, classes=classes, module="smearsynth.readers.arm", state=state)
        return training.probabilities(model, asked).argmax(1) if len(asked) else np.zeros(0, int)

    return answers.next(named).tolist()


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
    problems = training.untrainable(str(args.cells), types, test.category_ids.tolist(), names.__getitem__)
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
