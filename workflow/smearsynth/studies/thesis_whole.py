"""Show the arm that failed: a whole picture drawn at once by the model of the grids, beside the slide drawn cell by cell."""

import json
from pathlib import Path

import cv2
import numpy as np

from smearsynth import images, seeds
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_tsv
from smearsynth.studies import grids
from smearsynth.studies.options import GridOptions
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder that thesis_grid made")
    parser.add_argument("--layouts", type=Path, required=True, help="layouts/<shard>.json; its first layout is drawn")
    parser.add_argument("--slide", type=Path, required=True, help="the slide of that layout (PNG)")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets whole.png and whole.tsv")


def run(args) -> None:
    """Run the command."""
    from smearsynth.gans.networks.thesis import SIZE

    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    model = read_json(args.model / "model.json")
    options = GridOptions(**model["options"])
    shard = read_json(args.layouts)
    if not shard["layouts"]:
        raise UserError.of(str(args.layouts), "no layouts", "ask for at least one slide")
    cells = shard["layouts"][0]["cells"]
    height, width, scale = grids.region(tuple(shard["size"]), window=model["window"], side=options.side, size=SIZE)
    label = grids.label_picture(cells, taxonomy, scale=scale, size=SIZE)
    drawn = draw(args.model / "generator.weights.h5", label, options, key=seeds.entropy(args.seed, "studies", "whole"))
    slide = images.read(args.slide)[:height, :width]
    seen = (slice(0, round(height * scale)), slice(0, round(width * scale)))
    shown = cv2.resize(slide, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    show(args.out / "whole.png", label[seen], drawn[seen], slide, model)
    inside = label[seen].max(2) > 0
    rows = [[name, *measures(picture, inside)] for name, picture in (("at once", drawn[seen]), ("cell by cell", shown))]
    write_tsv(args.out / "whole.tsv", ["drawn", "pixels", "red", "green", "blue", "detail"], rows)


def draw(weights: Path, label: np.ndarray, options: GridOptions, *, key: int) -> np.ndarray:
    """What the network of the grids makes of a label picture, uint8 (256, 256, 3); as in the thesis, ``training=True``."""
    from smearsynth.gans import data, engine
    from smearsynth.gans.networks import thesis

    engine.configure(device=options.device, threads=options.threads)
    network = thesis.generator(0, filters=options.filters)
    network.load_weights(weights)
    for state, value in zip(thesis.dropout_states(network), data.dropout_seeds(seeds.rng(key, "dropout")), strict=True):
        state.assign(value)
    picture = engine.compiled(lambda x: network(x, training=True))(images.to_network(label)[None])
    return images.from_network(engine.to_numpy(picture)[0])


def measures(picture: np.ndarray, inside: np.ndarray) -> list:
    """Pixels of cells, their mean colour, and their detail: the mean absolute Laplacian of the grey picture inside cells."""
    if not inside.any():
        return [0, None, None, None, None]
    detail = np.abs(cv2.Laplacian(picture.astype(np.float32).mean(2), cv2.CV_32F))
    return [int(inside.sum()), *picture[inside].mean(0).tolist(), float(detail[inside].mean())]


def show(path: Path, label: np.ndarray, drawn: np.ndarray, slide: np.ndarray, model: dict) -> None:
    """Label, the whole picture at once, and the slide, side by side."""
    from smearsynth.studies import style

    options = model["options"]
    figure, axes = style.figure(10.8, 4.3, columns=3)
    style.picture(axes[0, 0], label, title=f"label, {label.shape[1]} × {label.shape[0]} px")
    title = (
        f"at once, trained on {options['pictures']} grids of {options['side']} × {options['side']} cells,\n{model['steps']} steps"
    )
    style.picture(axes[0, 1], drawn, title=title)
    style.picture(axes[0, 2], slide, title=f"cell by cell, {slide.shape[1]} × {slide.shape[0]} px")
    style.save(figure, path)
