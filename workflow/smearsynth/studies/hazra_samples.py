"""Draw Figures 1 and 11: real cells of every type, and generated ones beside them."""

import json
from pathlib import Path

import numpy as np

from smearsynth import images, seeds
from smearsynth.files import inside, read_json, write_tsv
from smearsynth.options import loads
from smearsynth.studies.hazra_options import HazraOptions
from smearsynth.studies.hazra_reported import TABLE_2, find
from smearsynth.taxonomy import Taxonomy

COLUMNS = ["type", "in the run", "kind", "split", "cell_id", "file"]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.hazra2022 of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cells", type=Path, required=True, help="pairs/windows/index.json")
    parser.add_argument("--generated", type=Path, help="index.json of WGAN-GP-AC's cells; none where the run has none")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_1 and figure_11 (.png, .tsv)")


def run(args) -> None:
    """Run the command."""
    options = loads(HazraOptions, args.options, where="studies.hazra2022")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    nothing: dict = {"cells": []}
    indices = {"real": read_json(args.cells), "generated": read_json(args.generated) if args.generated else nothing}
    chosen = {
        kind: choose(index["cells"], taxonomy, count=options.cells, seed=args.seed, kind=kind) for kind, index in indices.items()
    }
    folders = {"real": args.cells.parent, "generated": (args.generated or args.cells).parent}
    types = listed(taxonomy, {category["id"] for category in indices["real"]["categories"]})
    for figure, kinds in (("figure_1", ("real",)), ("figure_11", ("real", "generated"))):
        rows = []
        for name in types:
            for kind in kinds:
                found = chosen[kind].get(name, [])
                rows += [[name, "yes", kind, cell["split"], cell.get("cell_id"), cell["file"]] for cell in found]
                rows += [[name, "absent", kind, None, None, None]] if not found else []
        write_tsv(args.out / f"{figure}.tsv", COLUMNS, rows)
        draw(args.out / f"{figure}.png", types, {kind: chosen[kind] for kind in kinds}, folders, options.cells)


def listed(taxonomy: Taxonomy, cut: set[int]) -> list[str]:
    """The types of the run that have windows (`cut`) or that the paper has, then the paper's families (Table 2) that it lacks."""
    names = [cell_type.name for cell_type in taxonomy.types if cell_type.id in cut or find(cell_type.name)]
    families = {reported.family for name in names if (reported := find(name))}
    return names + [family.replace(" ", "_") for family in TABLE_2 if family not in families]


def choose(cells: list[dict], taxonomy: Taxonomy, *, count: int, seed: int, kind: str) -> dict[str, list[dict]]:
    """At most `count` cells of every type, drawn at random with the seed and not picked; types without any are left out."""
    chosen = {}
    for cell_type in taxonomy.types:
        found = [cell for cell in cells if cell["category_id"] == cell_type.id]
        order = seeds.rng(seed, "studies", "samples", kind, cell_type.name).permutation(len(found))
        if found:
            chosen[cell_type.name] = [found[at] for at in order[:count]]
    return chosen


def draw(path: Path, types: list[str], chosen: dict[str, dict], folders: dict[str, Path], count: int) -> None:
    """A row for each type in two columns of types; real cells on the left of generated ones; an absent type is named absent."""
    from smearsynth.studies import style

    lines, kinds = -(-len(types) // 2), len(chosen)
    # Of each half: the name, then a strip of cells of each kind.
    figure, axes = style.figure(2 * (1.0 + 0.95 * count * kinds), 0.99 * lines + 0.35, rows=lines, columns=2 * (1 + kinds))
    axes[0, 0].get_gridspec().set_width_ratios(([1.05] + [float(count)] * kinds) * 2)
    figure.get_layout_engine().set(h_pad=0.02, w_pad=0.05, hspace=0, wspace=0)
    for axis in axes.flat:
        axis.set_axis_off()
    for number, name in enumerate(types):
        row, first = number % lines, (number // lines) * (1 + kinds)
        axes[row, first].text(1, 0.5, name.replace("_", "\n"), ha="right", va="center", fontsize=8.5)
        for at, (kind, found) in enumerate(chosen.items(), start=first + 1):
            cells = [images.read(inside(folders[kind], cell["file"], where=folders[kind])) for cell in found.get(name, [])]
            axis = axes[row, at]
            axis.imshow(strip(cells, count), interpolation="antialiased")
            if not cells:
                axis.text(0.5 / count, 0.5, "absent", ha="center", va="center", color="#5b6270", transform=axis.transAxes)
            if row == 0 and kinds > 1:
                axis.set_title(kind, loc="left", fontweight="normal", fontsize=8.5, pad=4)
    style.save(figure, path)


def strip(cells: list[np.ndarray], count: int) -> np.ndarray:
    """Pictures of one size side by side, a little white between them, uint8; as wide as `count` of them; grey where none is."""
    size = len(cells[0]) if cells else 64
    gap = max(1, size // 24)
    whole = np.full((size, count * (size + gap) - gap, 3), 255, np.uint8)
    whole[:, :size] = 243
    for at, cell in enumerate(cells):
        whole[:, at * (size + gap) : at * (size + gap) + size] = cell
    return whole
