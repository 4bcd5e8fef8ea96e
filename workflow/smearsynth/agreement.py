"""What sections of a configuration say of each other: found before any job starts, not by the stage that trips over it."""

from smearsynth.errors import Problem, UserError, unknown
from smearsynth.layouts.options import MOST_COVERED
from smearsynth.taxonomy import KINDS, Taxonomy


def problems(config: dict) -> list[Problem]:
    """All of a configuration whose sections are good each for itself."""
    return [*sources(config), *renderer(config), *differential(config), *arms(config)]


def sources(config: dict) -> list[Problem]:
    """Sources of cells that share a name, and names of sources that nobody describes."""
    cells = config["cells"]
    names = [entry["name"] for entry in cells["sources"]]
    found = [
        Problem("cells.sources", f"{names.count(name)} sources are called {name}", "give every source its own name")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    used = cells.get("use")
    found += [unknown("cells.use", name, names, word="source") for name in used or [] if name not in names]
    reference = cells["stain"]["reference"]
    if reference is not None and reference not in (used or names):
        found.append(unknown("cells.stain.reference", reference, used or names, word="source"))
    return found


def renderer(config: dict) -> list[Problem]:
    """Backgrounds and outlines that the renderer of slides cannot use."""
    render, kind, found = config["slides"]["render"], config["backgrounds"]["kind"], []
    name = render["renderer"]
    if name == "thesis" and render["blocks"] == "stored" and kind != "blocks":
        found.append(Problem("backgrounds.kind", f"{kind} with renderer thesis", "blocks, or slides.render.blocks: drawn"))
    if name == "cutout" and kind != "whole":
        found.append(Problem("backgrounds.kind", f"{kind} with renderer cutout", "whole, or slides.render.renderer: thesis"))
    shapes = config["layouts"]["shapes"]
    if name == "cutout" and render["cells"] == "real" and shapes != "train":
        what = f"{shapes} with slides.render.cells: real, which would carry test cells into slides"
        found.append(Problem("layouts.shapes", what, "train, or slides.render.cells: generated"))
    return found


def differential(config: dict) -> list[Problem]:
    """Types of cells in the differential of layouts that the taxonomy lacks, and a coverage that its cells cannot reach."""
    if config["layouts"]["kind"] != "packed":
        return []
    try:
        taxonomy = Taxonomy.from_config(config["taxonomy"])
    except UserError:  # Told where the section itself is checked.
        return []
    known = [*KINDS, *(cell_type.name for cell_type in taxonomy.types)]
    asked = [entry["type"] for entry in config["layouts"]["packed"]["differential"]]
    missing = [name for name in asked if name not in KINDS and taxonomy.find(name) is None]
    found = [unknown("layouts.packed.differential", name, known, word="type") for name in missing]
    drawn = [entry["type"] for entry in config["layouts"]["packed"]["differential"] if entry["share"] > 0]
    coverage = config["layouts"]["packed"]["coverage"]
    kinds = {name if name in KINDS else taxonomy[name].kind for name in drawn if name not in missing}
    if coverage is not None and coverage > MOST_COVERED and kinds == {"white"}:
        what = f"{coverage} cannot be reached by white cells alone, which never overlap"
        found.append(Problem("layouts.packed.coverage", what, f"at most {MOST_COVERED}, or other cells between them"))
    return found


def arms(config: dict) -> list[Problem]:
    """Training sets of field readers that other sections name and nobody describes, and sources that the run lacks."""
    told = config["readers"]["field_arms"]["arms"]
    names = [arm["name"] for arm in told]
    used = {"readers.read.arm": [config["readers"]["read"]["arm"]]}
    used["evaluation.field_truths.arms"] = config["evaluation"]["field_truths"]["arms"]
    found = [unknown(where, name, names, word="arm") for where, some in used.items() for name in some if name not in names]
    if config["pairs"]["boxes"]["boxes"] is None:
        fix = "set pairs.boxes.images and pairs.boxes.boxes, or leave the source out"
        found += [
            Problem(f"readers.field_arms: {arm['name']}", "no pictures with boxes", fix)
            for arm in told
            if "boxes" in arm["sources"]
        ]
    return found
