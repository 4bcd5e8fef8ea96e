"""Train one model of the class-conditional family on windows of cells; a killed training goes on where it was."""

import dataclasses
from pathlib import Path

from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, copy_files, sha256, write_json, write_tsv
from smearsynth.gans import checkpoint, loop
from smearsynth.gans.family import RECIPES, levels
from smearsynth.gans.family_options import FamilyOptions, recipe, restricted
from smearsynth.options import loads
from smearsynth.pairs import crops

VALIDATION = ["step", "training_accuracy", "training_cross_entropy", "validation_accuracy", "validation_cross_entropy"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans.family of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", choices=tuple(RECIPES), required=True)
    parser.add_argument("--cells", type=Path, required=True, help="index.json of the windows")
    parser.add_argument("--share", type=float, default=1.0, help="of the training cells of each type, above 0, at most 1")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets weights, model.json, losses.tsv, validation.tsv, samples/, events/"
    )


def run(args) -> None:
    """Run the command."""
    options = restricted(loads(FamilyOptions, args.options, where="gans.family"), args.model)
    if not 0 < args.share <= 1:
        raise UserError.of("--share", f"{args.share}", "above 0, at most 1")
    cells = crops.read(args.cells, split="train", share=args.share)
    _check(args.cells, cells)
    from smearsynth.gans import engine, family_training

    device = engine.configure(device=options.device, threads=options.threads)
    training = family_training.FamilyTraining(options, args.model, cells, seed=args.seed)
    print(
        f"{args.model}: {len(training.cells)} cells of {training.types} types to train on, "
        f"{len(training.held)} to validate with, {cells.size} px, on {device}",
        flush=True,
    )
    told = {"cells": cells.digest, "seed": args.seed, "model": args.model, "share": args.share}
    told |= {"device": device, "engine": engine.version()}
    journal = loop.train(
        training,
        state=args.state,
        fingerprint=checkpoint.fingerprint("smearsynth.gans.family_train", options, told),
        grid=lambda: training.drawing.grid(args.seed),
        log_every=options.log_every,
        grid_every=options.grid_every,
        checkpoint_every=options.checkpoint_every,
    )
    with atomic_folder(args.out) as folder:
        weights = folder / "generator.weights.h5"
        training.drawn.save_weights(weights)
        model = {
            "model": args.model,
            "share": args.share,
            "options": dataclasses.asdict(options),
            "recipe": dataclasses.asdict(recipe(options, args.model)),
            "size": cells.size,
            "categories": list(cells.categories),
            "seed": args.seed,
            "steps": training.steps,
            "batch": options.batch,
            "cells": [int(cell_id) for cell_id in training.cells.cell_ids],
            "validation": [int(cell_id) for cell_id in training.held.cell_ids],
            "parameters": {"generator": training.generator.count_params(), "critic": training.critic.count_params()},
            "weights_sha256": sha256(weights),
        }
        write_json(folder / "model.json", model)
        write_tsv(folder / "validation.tsv", VALIDATION, training.validation())
        journal.write(folder)
        copy_files(args.state / "samples", folder / "samples")


def _check(index: Path, cells: crops.Crops) -> None:
    """Refuse windows that the family cannot be trained on."""
    present = set(map(int, cells.category_ids))
    problems = [
        Problem(str(index), f"no training cell of type {category['name']}", "take it out of the taxonomy or raise the share")
        for category in cells.categories
        if category["id"] not in present
    ]
    if len(cells.categories) < 2:
        problems.append(Problem(str(index), f"{len(cells.categories)} type", "a class-conditional model needs two or more"))
    if not 4 <= levels(cells.size)[0] <= 7 or cells.size < 32:
        problems.append(
            Problem(str(index), f"pictures of {cells.size} px", "set pairs.windows.size to 32, 48, 64, 80, 96, 128, 192 or 256")
        )
    raise_all(problems)
