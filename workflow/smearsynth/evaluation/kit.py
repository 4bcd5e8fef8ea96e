"""Make a blinded reading kit: a page that shows real and synthetic pictures, and its key for the organiser."""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from smearsynth import images
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.evaluation import kit_items, kit_sources
from smearsynth.evaluation.feature_files import named_path
from smearsynth.evaluation.kit_items import REAL, Item
from smearsynth.evaluation.kit_options import KitOptions
from smearsynth.evaluation.kit_page import page
from smearsynth.files import atomic_folder, write_json, write_text
from smearsynth.options import loads
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.kit of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--real", type=Path, required=True, help="index.json of windows, pairs or fields, or a catalogue")
    parser.add_argument(
        "--synthetic", nargs="+", required=True, metavar="NAME=INDEX", help="index.json of cells, or COCO of slides"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder; gets kit.html for readers, key.json for the organiser")


def run(args) -> None:
    """Run the command."""
    options = loads(KitOptions, args.options, where="evaluation.kit")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    synthetic = named_sets(args.synthetic)
    if options.show == "cells":
        items, left_out = cells(args.real, synthetic, taxonomy, options, seed=args.seed)
    else:
        items, left_out = fields(args.real, synthetic, options, seed=args.seed), []
    again = kit_items.repeated(items, options.repeats, seed=args.seed)
    if len(again) < options.repeats:
        print(f"{len(again)} items are shown again instead of {options.repeats}: at most half of {len(items)}", file=sys.stderr)
    shown = contents(kit_items.order([*items, *again]), taxonomy, options)
    with atomic_folder(args.out) as folder:
        write_text(folder / "kit.html", page(shown))
        write_json(folder / "key.json", key(shown, [*items, *again], taxonomy, left_out), indent=1)


def named_sets(texts: list[str]) -> dict[str, Path]:
    """The synthetic sets of the command line; names stand once and none is `REAL`."""
    pairs = [named_path(text) for text in texts]
    names = [name for name, _ in pairs]
    problems = [
        Problem("--synthetic", f"{name} stands more than once", "name each set once")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if REAL in names:
        problems.append(Problem("--synthetic", f"a set is called {REAL}", "give it another name"))
    raise_all(problems)
    return dict(pairs)


def cells(
    real: Path, synthetic: Mapping[str, Path], taxonomy: Taxonomy, options: KitOptions, *, seed: int
) -> tuple[list[Item], list[str]]:
    """Items of single cells, and the names of types that had to be left out; says on the error stream what is missing."""
    found = {REAL: kit_sources.cells(real, real=True)}
    found |= {name: kit_sources.cells(index, real=False) for name, index in synthetic.items()}
    sizes = {name: size for name, (_, size, _) in found.items()}
    if options.size is None and len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise UserError.of("evaluation.kit.size", f"null, but sides differ: {told} px", "set it below the smallest side")
    # One set resized and another not could be told apart by their sharpness alone.
    if options.size is not None and options.size >= min(sizes.values()) and len({options.size, *sizes.values()}) > 1:
        fix = f"at most {min(sizes.values()) - 1}, so that all are resized alike, or null if all have one side"
        raise UserError.of(
            "evaluation.kit.size", f"{options.size} px, but {min(sizes, key=sizes.__getitem__)} is not larger", fix
        )
    pools = {name: candidates for name, (candidates, _, _) in found.items()}
    items, counts = kit_items.chosen_cells(pools.pop(REAL), pools, each=options.each, seed=seed)
    if not items:
        raise UserError.of("--synthetic", "no type is in the held-out cells and in every set", "check the models' types")
    for category_id, count in counts.items():
        if count < options.each:
            name = taxonomy[category_id].name
            print(f"{name}: {count} cells of each set instead of {options.each}, for want of cells", file=sys.stderr)
    return items, [taxonomy[category_id].name for category_id, count in counts.items() if count == 0]


def fields(real: Path, synthetic: Mapping[str, Path], options: KitOptions, *, seed: int) -> list[Item]:
    """Items of crops of fields."""
    found = {REAL: kit_sources.fields(real, real=True, around=options.around)}
    found |= {name: kit_sources.fields(index, real=False, around=options.around) for name, index in synthetic.items()}
    scales = {field.um_per_px for pool in found.values() for field in pool if field.um_per_px}
    if scales and max(scales) > 1.05 * min(scales):
        what = f"resolutions from {min(scales):g} to {max(scales):g} um/px"
        raise UserError.of("--real", what, "give fields and slides of one resolution: cells of two sizes tell which is which")
    for name in [name for name, pool in found.items() if scales and not all(field.um_per_px for field in pool)]:
        print(f"{name}: no resolution is told; see to it that it is {min(scales):g} um/px", file=sys.stderr)
    pool = found.pop(REAL)
    anywhere = not options.around
    items = kit_items.chosen_fields(pool, found, each=options.each, side=options.crop, anywhere=anywhere, seed=seed)
    if len(items) < 2 * options.each * len(found):
        print(f"{len(items)} crops instead of {2 * options.each * len(found)}, for want of pictures", file=sys.stderr)
    return items


def contents(items: list[Item], taxonomy: Taxonomy, options: KitOptions) -> dict:
    """What the page may know: pictures under opaque ids, which of them repeat which, and the types to choose from.

    Every picture is encoded anew by one encoder, so that no file tells by its size class, metadata or name where it comes from.
    The kit's id is a digest of it all: another kit has another id.
    """
    size = options.size if options.show == "cells" else None
    entries: list[dict] = []
    shapes: dict[tuple[int, ...], str] = {}
    for item in items:
        if item.again:
            entries.append({"item": item.item, "again": item.again})
        else:
            pixels = item.candidate.pixels(size)
            shapes.setdefault(pixels.shape, f"{pixels.shape[1]} × {pixels.shape[0]} px of {item.candidate.path}")
            entries.append({"item": item.item, "picture": images.encode_png(pixels)})
    if len(shapes) > 1:
        told = ", ".join(shapes.values())
        raise UserError.of("pictures", f"of several sizes: {told}", "make them anew: their index tells other sizes")
    shown = {item.candidate.category_id for item in items}
    asked = options.show == "cells" and options.ask_type
    types = [{"name": t.name, "title": t.title} for t in taxonomy.types if t.id in shown] if asked else []
    kit = {"show": options.show, "break_every": options.break_every, "types": types, "items": entries}
    digest = hashlib.sha256(repr(kit).encode()).hexdigest()
    return {"kit": digest[:8], **kit}


def key(shown: dict, items: list[Item], taxonomy: Taxonomy, left_out: list[str]) -> dict:
    """The truth about every item, for the organiser."""
    return {
        "kit": shown["kit"],
        "show": shown["show"],
        "types": [entry["name"] for entry in shown["types"]],
        "types_left_out": left_out,
        "sets": list(dict.fromkeys(item.beside for item in items)),
        "items": [
            {
                "item": item.item,
                "set": item.set,
                "beside": item.beside,
                "type": taxonomy[item.candidate.category_id].name if item.candidate.category_id is not None else None,
                "source": item.candidate.name,
                "again": item.again,
            }
            for item in items
        ],
    }
