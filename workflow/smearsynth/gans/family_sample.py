"""Draw synthetic cells with a trained model of the class-conditional family."""

from pathlib import Path

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, read_json, write_json
from smearsynth.gans import family_sampling
from smearsynth.gans.family_options import FamilyOptions
from smearsynth.options import loads
from smearsynth.seeds import entropy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans.family, as JSON; its device counts here")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder of a trained model")
    parser.add_argument("--per-type", type=int, required=True, help="cells of each type; as many times the types without labels")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets images/*.png and index.json")


def run(args) -> None:
    """Run the command."""
    options = loads(FamilyOptions, args.options, where="gans.family")
    if args.per_type < 1:
        raise UserError.of("--per-type", f"{args.per_type}", "1 or more")
    generator = family_sampling.load(args.model, options.device)
    model = read_json(args.model / "model.json")
    entries: list[dict] = []
    with atomic_folder(args.out) as folder:
        (folder / "images").mkdir()
        for category in generator.categories:
            category_id = category["id"] if generator.recipe.labelled else None
            for which in range(args.per_type):
                # Numbered by type, so that more of a type leave the others as they are.
                key = entropy(args.seed, "synthetic", category["id"], which)
                number = len(entries) + 1
                name = f"images/{number:06d}.png"
                (folder / name).write_bytes(images.encode_png(generator.draw([category_id], keys=[key])[0]))
                entry = {"file": name, "cell_id": number, "category_id": category_id, "split": "synthetic"}
                entries.append({**entry, "fold": None, "part": None})
        head = {"size": model["size"], "model": model["model"], "share": model["share"], "steps": model["steps"]}
        head["trained_on"] = model["cells"]  # Without those that the training kept for validation.
        write_json(folder / "index.json", {**head, "categories": list(generator.categories), "cells": entries})
    print(f"{len(entries)} synthetic cells of {model['model']}")
