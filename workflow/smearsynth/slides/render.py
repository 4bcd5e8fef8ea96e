"""Render a shard of slides: a picture and exact annotations for each layout."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from smearsynth import coco, images
from smearsynth.backgrounds import blocks, stored
from smearsynth.cells import catalogue
from smearsynth.errors import Problem, raise_all
from smearsynth.files import atomic_folder, read_json, sha256, write_json
from smearsynth.layouts.raster import own, window
from smearsynth.options import loads
from smearsynth.slides import field, match, paint, pieces
from smearsynth.slides.annotations import annotate
from smearsynth.slides.options import RenderOptions
from smearsynth.slides.paint import Painter
from smearsynth.slides.sources import Sources
from smearsynth.taxonomy import Taxonomy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--options", required=True, help="the section slides.render, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--layouts", type=Path, required=True, help="one shard of layouts")
    parser.add_argument("--backgrounds", type=Path, help="folder of the stage backgrounds; needed unless the renderer is field")
    parser.add_argument("--model", type=Path, help="folder of the trained generator; needed unless cells are real")
    parser.add_argument("--styles", type=Path, help="for the renderer field: styles.npz of other fields than the model's own")
    parser.add_argument("--match", type=Path, help="what slides match wrote: slides get the light and stain of these fields")
    parser.add_argument("--device", default="auto", help="auto, cpu or gpu")
    parser.add_argument("--out-images", type=Path, required=True, help="folder of the shard's pictures, named like the shard")
    parser.add_argument("--out", type=Path, required=True, help="COCO file of the shard")


def run(args: argparse.Namespace) -> None:
    """Write the pictures, then the COCO file that names them."""
    options = loads(RenderOptions, args.options, where="slides.render")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    shard = read_json(args.layouts)
    check(shard["layouts"], taxonomy)
    generated = options.renderer != "cutout" or options.cells == "generated"
    problems = []
    if generated and args.model is None:
        problems.append(Problem("slides.render", "generated cells need a trained generator", "pass --model"))
    if options.renderer != "field" and args.backgrounds is None:
        problems.append(Problem("slides.render", f"renderer {options.renderer} needs backgrounds", "pass --backgrounds"))
    raise_all(problems)
    if options.renderer == "field":
        painter = whole(options, taxonomy, shard["layouts"], args)
    else:
        generator = None
        if generated:
            from smearsynth.gans import sampling

            generator = sampling.load(args.model, device=args.device)
        painter = choose(
            options,
            taxonomy,
            shard["layouts"],
            args.catalogue,
            args.backgrounds,
            generator,
            size=tuple(shard["size"]),
            seed=args.seed,
        )
    if args.match:
        painter = match.matched(painter, match.read(args.match), seed=args.seed)
    with atomic_folder(args.out_images) as folder:
        data = render(shard, painter, taxonomy, folder, shard_name=args.out_images.name)
    write_json(args.out, data)


def check(layouts: list[dict], taxonomy: Taxonomy) -> None:
    """Raise a `UserError` for cell types that the taxonomy lacks."""
    known = {t.id for t in taxonomy.types}
    missing = sorted({cell["category_id"] for layout in layouts for cell in layout["cells"]} - known)
    raise_all(Problem("layouts", f"category {i} is not in the taxonomy", "draw the layouts anew") for i in missing)


def same_types(layouts: list[dict], categories: Sequence[dict], taxonomy: Taxonomy) -> None:
    """Raise a `UserError` for types of the layouts whose ids mean something else to the generator."""
    used = {cell["category_id"] for layout in layouts for cell in layout["cells"]}
    problems = []
    for category in categories:
        own = taxonomy.find(category["name"])
        if category["id"] in used and (own is None or own.id != category["id"]):
            what = f"has the id {category['id']}, which the generator knows as {category['name']}"
            fix = f"give it another id, or {category['name']} as an alias; or train a generator with this taxonomy"
            problems.append(Problem(f"taxonomy: {taxonomy[category['id']].name}", what, fix))
    raise_all(problems)


def whole(options: RenderOptions, taxonomy: Taxonomy, layouts: list[dict], args: argparse.Namespace) -> Painter:
    """The painter that draws slides with the field generator of ``--model``, in its own styles or those of ``--styles``."""
    from smearsynth.gans import field_sampling, field_style

    sources = Sources(catalogue.read(args.catalogue))
    sources.known(layouts)
    generator = field_sampling.load(args.model, device=args.device, precision=options.precision)
    same_types(layouts, generator.categories, taxonomy)
    field.check_scale(layouts, sources, generator.um_per_px)
    styles = field_style.Styles.load(args.styles) if args.styles else generator.styles
    white = frozenset(t.id for t in taxonomy.of_kind("white"))
    nucleus = field.measured(sources)
    return field.painted(generator, styles.values, nucleus, white=white, seed=args.seed, style=options.style, tile=options.tile)


def choose(
    options: RenderOptions,
    taxonomy: Taxonomy,
    layouts: list[dict],
    catalogue_file: Path,
    backgrounds: Path,
    generator: blocks.Generator | None,
    *,
    size: tuple[int, int],
    seed: int,
) -> Painter:
    """The painter that the options ask for."""
    if generator is not None and options.renderer == "thesis":
        background = stored.read_blocks(backgrounds, size) if options.blocks == "stored" else None
        return paint.stencilled(background, generator, seed=seed, category_id=blocks.category(taxonomy))
    styles = stored.read_styles(backgrounds)
    if generator is not None and options.cells == "generated":
        found = pieces.drawn(generator, light=styles.reference, feather=options.feather, seed=seed)
    else:
        sources = Sources(catalogue.read(catalogue_file))
        sources.check(layouts)
        found = pieces.cut(sources, feather=options.feather)
    red = frozenset(t.id for t in taxonomy.of_kind("red"))
    return paint.pasted(styles, found, paint.Look(options.blend, options.evenness, red), seed=seed)


def render(shard: dict, painter: Painter, taxonomy: Taxonomy, folder: Path, *, shard_name: str) -> dict:
    """Paint a shard's slides one by one and annotate them.

    Parameters
    ----------
    shard : dict
        A layout file's content.
    painter : callable
    taxonomy : Taxonomy
    folder : Path
        Where the pictures go, as ``<index>.png``.
    shard_name : str
        The folder's name below ``slides/images``, for ``file_name``.

    Returns
    -------
    dict
        COCO; each image has ``index``, ``sha256`` of its file and ``hidden``, the number of cells left out because
        nothing of them is seen; ``um_per_px`` where the layouts have it.
    """
    shape = (shard["size"][0], shard["size"][1])
    resolution = {"um_per_px": shard["um_per_px"]} if "um_per_px" in shard else {}
    pictures: list[dict] = []
    annotations: list[dict] = []
    for layout in shard["layouts"]:
        windows = [window(coco.from_flat(cell["polygon"]), shape) for cell in layout["cells"]]
        file = folder / f"{layout['index']:06d}.png"
        images.write(file, painter(layout, windows, shape))
        image_id = len(pictures) + 1
        found = annotate(layout["cells"], windows, own(windows, shape), image_id=image_id, first_id=len(annotations) + 1)
        pictures.append(
            {
                "id": image_id,
                "file_name": f"{shard_name}/{file.name}",
                "height": shape[0],
                "width": shape[1],
                **resolution,
                "index": layout["index"],
                "sha256": sha256(file),
                "hidden": len(layout["cells"]) - len(found),
            }
        )
        annotations.extend(found)
    return {
        "info": {"description": "smearsynth slides"},
        "licenses": [],
        "images": pictures,
        "annotations": annotations,
        "categories": taxonomy.categories(),
    }
