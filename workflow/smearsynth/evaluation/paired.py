"""Compare generated held-out cells with the real ones of the same outline: L1, L2, PSNR, SSIM inside the mask."""

import json
from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation import matched
from smearsynth.evaluation.similarity import Similarity, compare
from smearsynth.files import write_tsv
from smearsynth.taxonomy import Taxonomy

MEASURES = ("l1", "l2", "psnr", "ssim")


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--generated", type=Path, required=True, help="index.json of the generated cells")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV)")


def run(args) -> None:
    """Run the command."""
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    matches = matched.read(args.pairs, args.generated)
    drawn = [compare(match.generated, match.real, match.mask) for match in matches]
    floor = [reference(match, matches, args.seed) for match in matches]
    columns = ["type", "cells", *MEASURES, "reference_cells", *(f"reference_{name}" for name in MEASURES)]
    groups = [(t.name, [i for i, match in enumerate(matches) if match.category_id == t.id]) for t in taxonomy.types]
    rows = []
    for name, members in [*groups, ("all cells", list(range(len(matches))))]:
        if members:
            known = [found for i in members if (found := floor[i]) is not None]
            rows.append([name, len(members), *means([drawn[i] for i in members]), len(known), *means(known)])
    write_tsv(args.out, columns, rows)


def reference(match: matched.Match, matches: list[matched.Match], seed: int) -> Similarity | None:
    """How alike a real cell and another real one of its type are, where both outlines lie; None if there is no other.

    What a generator that drew "some cell of this type" would reach: its cells should be nearer to the real one, since
    they have its outline, and cannot be expected to be equal.
    """
    others = [other for other in matches if other.category_id == match.category_id and other.cell_id != match.cell_id]
    if not others:
        return None
    other = others[seeds.rng(seed, "evaluation", "paired", match.cell_id).integers(len(others))]
    both = match.mask & other.mask
    return compare(other.real, match.real, both) if both.any() else None


def means(found: list[Similarity]) -> list[float | None]:
    """The means of the measures in the order of `MEASURES`; None where there is nothing, and for the PSNR of equal pictures."""
    values = [float(np.mean([getattr(one, name) for one in found])) if found else None for name in MEASURES]
    return [value if value is not None and np.isfinite(value) else None for value in values]
