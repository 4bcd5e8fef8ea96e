"""Train a classifier of single cells on the real training cells and test it on the held-out ones; a killed training goes on."""

import json
from pathlib import Path

import numpy as np

from smearsynth.errors import raise_all
from smearsynth.files import atomic_folder, write_tsv
from smearsynth.options import loads
from smearsynth.readers import pictures, reader, scores, training
from smearsynth.readers.options import ReaderOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section readers of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    cells = parser.add_mutually_exclusive_group(required=True)
    cells.add_argument("--pairs", dest="cells", type=Path, help="pairs/index.json: the real cells on black")
    cells.add_argument("--cells", dest="cells", type=Path, help="windows/index.json: cells with their surroundings")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the reader")


def run(args) -> None:
    """Run the command."""
    options = loads(ReaderOptions, args.options, where="readers")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    cells = pictures.read(args.cells, window=options.window, size=options.size)
    train = cells.where([split == "train" for split in cells.splits])
    test = cells.where([split == "test" for split in cells.splits])
    present = set(train.category_ids)
    types = tuple(t.id for t in taxonomy.types if t.id in present)
    raise_all(training.untrainable(str(args.cells), types, cells.category_ids, lambda at: taxonomy[at].name))
    labels = np.array([types.index(category_id) for category_id in train.category_ids])
    model = training.fit(
        train.pixels,
        labels,
        options,
        seed=args.seed,
        classes=len(types),
        module="smearsynth.readers.train",
        state=args.state,
    )
    trained = reader.Reader(model, options, types)
    counts = scores.confusion(test.category_ids, trained.name(test.pixels)[0] if len(test) else [], types)
    names = [taxonomy[category_id].name for category_id in types]
    rows = [[name, *row] for name, row in zip(names, scores.per_type(counts), strict=True)]
    total, right = int(counts.sum()), int(counts.trace())
    rows.append(["all cells", total, right, right / total if total else None])
    rows.append(["mean of types", total, None, scores.mean_of_types(counts)])
    with atomic_folder(args.out) as folder:
        trained_on = {name: int((labels == at).sum()) for at, name in enumerate(names)}
        reader.save(folder, trained, seed=args.seed, trained_on=trained_on)
        write_tsv(folder / "test.tsv", ["type", "cells", "right", "accuracy"], rows)
        table = [[name, *map(int, row)] for name, row in zip(names, counts, strict=True)]
        write_tsv(folder / "confusion.tsv", ["true \\ named", *names], table)
