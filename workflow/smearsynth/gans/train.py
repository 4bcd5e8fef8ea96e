"""Train a generator of cells on pairs; a killed training goes on where it was."""

import dataclasses
from pathlib import Path
from typing import Any, Protocol

from smearsynth.files import atomic_folder, copy_files, read_json, write_json
from smearsynth.gans import checkpoint, data, grids, guides, loop, sampling
from smearsynth.gans.options import GanOptions
from smearsynth.options import loads
from smearsynth.pairs import crops


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="index.json of the pairs")
    parser.add_argument("--select", choices=data.SELECTIONS, default="all", help="foldK leaves fold K of the training cells out")
    parser.add_argument("--windows", type=Path, help="index.json of the windows, whose shares --share refers to")
    parser.add_argument("--share", type=float, default=1.0, help="with --windows: share of each type's training cells")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets the weights, model.json, losses.tsv, samples/, events/"
    )


def run(args) -> None:
    """Run the command."""
    options = loads(GanOptions, args.options, where="gans")
    from smearsynth.gans import engine

    device = engine.configure(device=options.device, threads=options.threads)
    within = shares(args.windows, args.share) if args.windows else None
    pairs = data.read(args.pairs, lambda e: data.chosen(e, args.select) and (within is None or e["cell_id"] in within))
    print(f"{len(pairs.entries)} training pairs of {len(pairs.categories)} types, on {device}", flush=True)
    training = build(options, pairs, seed=args.seed)
    cells = grids.choose(args.pairs, {entry["cell_id"] for entry in pairs.entries}, seed=args.seed)
    told = {"pairs": pairs.digest, "seed": args.seed, "select": args.select, "engine": engine.version()}
    journal = loop.train(
        training,
        state=args.state,
        fingerprint=checkpoint.fingerprint("smearsynth.gans.train", options, told),
        grid=lambda: grids.draw(training.drawing, cells),
        log_every=options.log_every,
        grid_every=options.grid_every,
        checkpoint_every=options.checkpoint_every,
    )
    with atomic_folder(args.out) as folder:
        training.drawn.save_weights(folder / "generator.weights.h5")
        bank = training.bank()
        if bank is not None:
            bank.save(folder / "guides.npz")
        model = {
            "options": dataclasses.asdict(options),
            "size": pairs.size,
            "categories": list(pairs.categories),
            "select": args.select,
            "share": args.share,
            "seed": args.seed,
            "cells": [entry["cell_id"] for entry in pairs.entries],
            "steps": training.steps,
        }
        write_json(folder / "model.json", model)
        journal.write(folder)
        copy_files(args.state / "samples", folder / "samples")


def shares(windows: Path, share: float) -> set[int]:
    """Ids of the cells within a share of the training cells of each type; types without windows are left out."""
    return {entry["cell_id"] for entry in read_json(windows)["cells"] if crops.within(entry, share)}


class CellTraining(loop.Training, Protocol):
    """A training whose generator draws cells."""

    @property
    def drawn(self) -> Any:
        """The network that draws after training."""

    @property
    def drawing(self) -> sampling.CellGenerator:
        """What draws cells with the weights as they are when it is asked."""

    def bank(self) -> guides.Bank | None:
        """The guides that are kept beside the model, if any."""


def build(options: GanOptions, pairs: data.Pairs, *, seed: int) -> CellTraining:
    """The training that the options ask for."""
    if options.preset == "thesis":
        from smearsynth.gans.thesis import ThesisTraining

        return ThesisTraining(options, pairs, seed=seed)
    from smearsynth.gans.default import DefaultTraining

    return DefaultTraining(options, pairs, seed=seed)
