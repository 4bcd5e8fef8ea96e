"""Train the arm that failed: a generator of whole pictures, on grids of cells; a killed training goes on where it was."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from smearsynth.files import atomic_folder, write_json
from smearsynth.options import loads
from smearsynth.provenance import source_digest
from smearsynth.studies.options import GridOptions


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.thesis.grid of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets generator.weights.h5, model.json, losses.tsv")


def run(args) -> None:
    """Run the command."""
    options = loads(GridOptions, args.options, where="studies.thesis.grid")
    from smearsynth.gans import data, engine, loop
    from smearsynth.studies.grid_training import GridTraining

    engine.configure(device=options.device, threads=options.threads)
    cells = data.read(args.pairs, lambda entry: entry["split"] == "train")
    training = GridTraining(options, cells, seed=args.seed)
    told = {
        "options": dataclasses.asdict(options),
        "pairs": cells.digest,
        "seed": args.seed,
        "code": source_digest("smearsynth.studies.thesis_grid"),
        "engine": engine.version(),
    }
    journal = loop.train(
        training,
        state=args.state,
        fingerprint=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
        grid=lambda: np.concatenate(training.grid(0), axis=1),
        log_every=max(1, options.steps // 100),
        grid_every=options.steps,
        checkpoint_every=max(50, options.steps // 10),
    )
    with atomic_folder(args.out) as folder:
        training.generator.save_weights(folder / "generator.weights.h5")
        model = {"options": told["options"], "window": cells.size, "steps": training.steps, "cells": len(cells.entries)}
        write_json(folder / "model.json", {**model, "seed": args.seed})
        journal.write(folder)
