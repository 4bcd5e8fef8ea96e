"""Train a field reader on slides, on real fields with label maps, or on a mixture; a killed training goes on where it was."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, write_json, write_tsv
from smearsynth.options import loads
from smearsynth.readers import field_classes, field_data, field_look
from smearsynth.readers.field_options import FieldReaderOptions
from smearsynth.readers.field_sources import Maps, Slides, Source
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section readers.field of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument(
        "--slides",
        type=Path,
        nargs=2,
        action="append",
        default=[],
        metavar=("INSTANCES", "IMAGES"),
        help="slides: COCO file and folder that file_name is relative to; may be given several times",
    )
    parser.add_argument("--fields", type=Path, action="append", default=[], help="index.json of field maps; several times")
    parser.add_argument(
        "--shares", type=float, nargs="+", help="how often each source is drawn, slides first; by their numbers without it"
    )
    parser.add_argument("--um-per-px", type=float, help="resolution of slides whose COCO file does not tell")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the reader")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldReaderOptions, args.options, where="readers.field")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    sources: list[Source] = [
        Slides(
            instances,
            pictures,
            um_per_px=args.um_per_px,
            least_visible=options.least_visible,
            whole=options.outline == "whole",
        )
        for instances, pictures in args.slides
    ]
    sources += [Maps(index) for index in args.fields]
    if not sources:
        raise UserError.of("--slides, --fields", "nothing to learn from", "give slides or field maps")
    shares = field_data.shares_of(sources, args.shares)
    classes, numbers = _classes(sources, taxonomy, by=options.classes)
    fields = field_data.Fields(sources, numbers, options, shares=shares, seed=args.seed)

    from smearsynth.readers import field_reader, field_thresholds, field_training, learning

    count = len(classes.types)
    model, one = field_training.learning(fields, options, seed=args.seed, classes=count)
    told = {
        "seed": args.seed,
        "taxonomy": json.loads(args.taxonomy),
        "sources": [source.digest() for source in sources],
        "shares": shares,
        "um_per_px": args.um_per_px,
        "stardist": version("stardist"),
    }
    journal = learning.train(one, options, module="smearsynth.readers.field_train", told=told, state=args.state)
    untuned = field_reader.Thresholds(0.4, (0.5,) * count)
    reader = field_reader.FieldReader(model, options, classes, untuned)
    held = [fields.field(source, index) for source, indices in enumerate(fields.held) for index in indices]
    thresholds, on_held = field_thresholds.choose(reader, held)
    reader = field_reader.FieldReader(model, options, classes, thresholds)
    about = {
        "seed": args.seed,
        "held": {"fields": len(held), "classes": dict(zip((t.name for t in classes.types), on_held, strict=True))},
        "trained_on": [
            {
                "source": source.name,
                "share": round(share, 6),
                "fields": len(taught),
                "cells": _counted(source, taught, own, classes),
            }
            for source, share, taught, own in zip(sources, shares, fields.taught, numbers, strict=True)
        ],
        "taxonomy": json.loads(args.taxonomy),
    }
    with atomic_folder(args.out) as folder:
        field_reader.save(folder, reader, about=about)
        if look := field_data.look(fields, classes):
            write_json(folder / "look.json", field_look.to_json(look))
        write_tsv(folder / "losses.tsv", ["step", *journal.columns], [[step, *losses] for step, losses in journal.rows])


def _classes(sources: list[Source], taxonomy: Taxonomy, *, by: str) -> tuple[field_classes.Classes, list[dict[int, int]]]:
    """The classes of which there are cells, and for each source its category ids to them."""

    def numbered(classes: field_classes.Classes) -> list[dict[int, int]]:
        result = []
        for source in sources:
            used = {category for index in range(len(source)) for category in source.cells(index)}
            categories = [category for category in source.categories if category["id"] in used]
            result.append(classes.numbers(categories, where=source.name, taxonomy=taxonomy))
        return result

    every = field_classes.all_classes(taxonomy, by=by)
    seen = {number for numbers in numbered(every) for number in numbers.values()}
    classes = field_classes.trained(every, seen)
    return classes, numbered(classes)


def _counted(source: Source, indices: list[int], numbers: dict[int, int], classes: field_classes.Classes) -> dict[str, int]:
    """How many cells of each class a source teaches."""
    found = [numbers[category] for index in indices for category in source.cells(index)]
    counts = np.bincount([number for number in found if number > 0], minlength=len(classes.types) + 1)[1:]
    return {t.name: int(count) for t, count in zip(classes.types, counts, strict=True)}
