"""Three renderers on the same layouts against real held-out fields: kernel distances, ratios, weak two-sample test, a figure.

    python benchmarks/field_renderers.py --run results/<run> --fields results/<run>/pairs/fields/index.json --model FIELD_MODEL \
        --layouts LAYOUTS.json --squeezenet FILE.h5 --reader results/<run>/readers/all --out FOLDER [--slides 100 --crops 500]

`--run` has the catalogue, the generator of single cells (gans/<--cells>) and seamless backgrounds. Layouts are at the resolution
of the field generator. The other two renderers work at the pictures' own, finer one, so that their slides are drawn on the same
layouts enlarged, and shrunk before they are compared. The thesis's renderer is blocks and stencils (3.6); its cells come
from the run's generator, whose size is the run's and not the thesis's. What is done is not done again: delete --out for that.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import yaml

from smearsynth import images, seeds
from smearsynth.evaluation import field_crops
from smearsynth.evaluation.field_crops import FieldPicture
from smearsynth.files import read_json, write_json

RENDERERS = ("thesis", "cutout", "field")
LAYERS = {
    "cells": ["level0a_relu", "level1b_relu", "level2b_relu"],
    "squeezenet": ["relu_conv1", "fire3_concat", "fire5_concat", "fire7_concat"],
}
RENDER = {"feather": 3.0, "blend": "translucent", "evenness": 0.8, "blocks": "stored", "style": None, "tile": 1024}


def command(*arguments: object) -> None:
    """One command of a stage, in a process of its own."""
    subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True)


def enlarged(layout: dict, factor: float) -> dict:
    """The same layout in pixels that are `factor` times as small."""
    cells = [
        {
            **cell,
            "polygon": [round(factor * value, 2) for value in cell["polygon"]],
            "affine": [[factor * value for value in row] for row in cell["affine"]],
        }
        for cell in layout["cells"]
    ]
    return {**layout, "cells": cells}


def slides(renderer: str, args) -> Path:
    """Slides of a renderer on the chosen layouts, as a COCO file with its pictures beside it."""
    folder = args.out / renderer
    if (folder / "instances.json").is_file():
        return folder / "instances.json"
    shard = read_json(args.layouts)
    factor = 1.0 if renderer == "field" else shard["um_per_px"] / args.cells_um_per_px
    size = [round(factor * side) for side in shard["size"]]
    layouts = [enlarged(layout, factor) for layout in shard["layouts"][: args.slides]]
    write_json(folder / "layouts.json", {"size": size, "um_per_px": shard["um_per_px"] / factor, "layouts": layouts})
    catalogue = args.run / "cells" / "catalogue.json"
    taxonomy = json.dumps(args.taxonomy)
    backgrounds, model = args.run / "backgrounds" / "whole", args.run / "gans" / args.cells
    if renderer == "thesis":
        backgrounds = folder / "blocks"
        blocks = ("--options", '{"kind": "blocks"}', "--taxonomy", taxonomy, "--seed", args.seed, "--size", json.dumps(size))
        command("smearsynth.backgrounds", "blocks", *blocks, "--model", model, "--out", backgrounds)
    if renderer == "field":
        model = args.model
    options = RENDER | {"renderer": renderer, "cells": "real" if renderer == "cutout" else "generated"}
    told: list[object] = ["--options", json.dumps(options), "--taxonomy", taxonomy, "--seed", args.seed, "--catalogue", catalogue]
    told += ["--layouts", folder / "layouts.json"]
    told += [] if renderer == "field" else ["--backgrounds", backgrounds]
    told += [] if renderer == "cutout" else ["--model", model]
    shards = folder / "shards" / "0000.json"
    command("smearsynth.slides", "render", *told, "--out-images", folder / "images" / "0000", "--out", shards)
    shutil.copyfile(shards, folder / "instances.json")
    return folder / "instances.json"


def features(name: str, source: Path, args) -> list[Path]:
    """Files of the features of a set's crops, by each extractor."""
    networks = {
        "cells": {"network": "cells", "size": None, "weights": None, "sha256": None},
        "squeezenet": {"network": f"file:{args.squeezenet}:fire9_concat", "size": args.side, "weights": None, "sha256": None},
    }
    options = {"side": args.side, "crops": args.crops, "um_per_px": args.um_per_px, "layers": LAYERS, "around": ["white"]}
    files = []
    for extractor in networks:
        file = args.out / "features" / f"{extractor}_{name}.npz"
        if not file.is_file():
            networks_told = json.dumps({"extractors": networks, "device": "auto", "threads": 1})
            told: list[object] = ["--options", json.dumps(options), "--networks", networks_told, "--extractor", extractor]
            told += ["--seed", args.seed, "--reader", args.reader, "--pictures", source, "--out", file]
            command("smearsynth.evaluation", "field_features", *told)
        files.append(file)
    return files


def tables(real: list[Path], synthetic: dict[str, list[Path]], out: Path, *, seed: int) -> None:
    """Distances, ratios and the weak two-sample test of all sets, as TSV."""
    sets = ["--real", *real, "--synthetic", *(f"{name}={file}" for name, files in synthetic.items() for file in files)]
    told = ["--options", json.dumps({"resamples": 2000, "level": 0.95}), "--seed", seed, *sets]
    command("smearsynth.evaluation", "field_distance", *told, "--out", out / "distance.tsv", "--ratios-out", out / "ratios.tsv")
    judge = {"features": 4, "ridge": 1.0, "folds": 5, "resamples": 500, "level": 0.95}
    told = ["--options", json.dumps(judge), "--seed", seed, *sets, "--out", out / "two_sample.tsv"]
    command("smearsynth.evaluation", "field_two_sample", *told)


def titled(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture below a line of text."""
    line = np.full((22, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(line, text, (2, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([line, picture])


def figure(sources: dict[str, Path], fields: Path, args) -> np.ndarray:
    """One layout in all renderers beside real held-out fields at the same scale; below, a crop of each enlarged threefold."""
    chosen = {name: field_crops.pictures(source, around=["white"]) for name, source in sources.items()}
    real = field_crops.pictures(fields, around=["white"])
    found = {name: field_crops.at_resolution(ones[args.shown], args.um_per_px) for name, ones in chosen.items()}
    side = min(next(iter(found.values())).shape[:2])
    tall = np.full((side, side, 3), 255, np.uint8)
    # As many real fields as the size of a slide holds, drawn by chance.
    order = seeds.rng(args.seed, "renderers", "figure").permutation(len(real))
    pictures = [field_crops.at_resolution(real[at], args.um_per_px) for at in order[:4]]
    height, width = (side - 4) // 2, (side - 4) // 2
    for at, picture in enumerate(pictures):
        top, left = at // 2 * (height + 4), at % 2 * (width + 4)
        part = picture[:height, :width]
        tall[top : top + part.shape[0], left : left + part.shape[1]] = part
    first = [titled(picture, f"{name}, the same layout") for name, picture in found.items()] + [
        titled(tall, "real held-out fields")
    ]
    middle = next(iter(chosen.values()))[args.shown].middles
    sets: list[tuple[str, FieldPicture]] = [(name, ones[args.shown]) for name, ones in chosen.items()]
    crops = []
    for name, one in [*sets, ("real", real[order[0]])]:
        picture = field_crops.at_resolution(one, args.um_per_px)
        centre = (middle if name != "real" else one.middles)[:, ::-1] * picture.shape[:2]
        inner = centre[np.abs(centre - np.array(picture.shape[:2]) / 2).max(1).argmin()]
        low = np.clip(np.round(inner - args.side / 2).astype(int), 0, np.array(picture.shape[:2]) - args.side)
        crop = picture[low[0] : low[0] + args.side, low[1] : low[1] + args.side]
        crops.append(titled(cv2.resize(crop, (side, side), interpolation=cv2.INTER_NEAREST), f"{name}, enlarged"))
    gap = np.full((first[0].shape[0], 6, 3), 255, np.uint8)
    return np.concatenate([np.concatenate([p for one in row for p in (one, gap)], axis=1) for row in (first, crops)])


def main() -> None:
    """Draw, judge, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder with cells, gans and backgrounds of a run")
    parser.add_argument("--configuration", type=Path, default=Path("config.yaml"), help="whose section taxonomy the run has")
    parser.add_argument("--cells", default="all", help="name of its generator of cells")
    parser.add_argument("--cells-um-per-px", type=float, default=0.095, help="resolution of the pictures it learnt from")
    parser.add_argument(
        "--fields", type=Path, required=True, help="index.json of the field maps; their test split is the real side"
    )
    parser.add_argument("--model", type=Path, required=True, help="field generator")
    parser.add_argument("--layouts", type=Path, required=True, help="shard of layouts at the field generator's resolution")
    parser.add_argument("--squeezenet", type=Path, required=True, help="weights of SqueezeNet 1.1")
    parser.add_argument("--reader", type=Path, required=True, help="reader of real cells, for the features cells")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--slides", type=int, default=100)
    parser.add_argument("--crops", type=int, default=500, help="of each set, all around a white cell")
    parser.add_argument("--side", type=int, default=128, help="of a crop, px at --um-per-px")
    parser.add_argument("--um-per-px", type=float, default=0.19)
    parser.add_argument("--shown", type=int, default=0, help="which slide the figure shows")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.taxonomy = yaml.safe_load(args.configuration.read_text(encoding="utf-8"))["taxonomy"]
    sources = {renderer: slides(renderer, args) for renderer in RENDERERS}
    real = features("real", args.fields, args)
    tables(real, {name: features(name, source, args) for name, source in sources.items()}, args.out, seed=args.seed)
    picture = figure(sources, args.fields, args)
    _, coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    (args.out / "renderers.jpg").write_bytes(coded.tobytes())
    images.write(args.out / "renderers.png", picture)


if __name__ == "__main__":
    main()
