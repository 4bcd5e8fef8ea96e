"""Look for a colour cast, blur and a checkerboard in generated held-out cells, against the real ones of the same outlines."""

import json
from pathlib import Path

import numpy as np

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation import matched
from smearsynth.evaluation.options import EvaluationOptions
from smearsynth.evaluation.spectrum import mean_power, peak, texture
from smearsynth.files import write_tsv
from smearsynth.options import loads
from smearsynth.taxonomy import Taxonomy


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation of the configuration, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy of the configuration, as JSON")
    parser.add_argument("--pairs", type=Path, required=True, help="pairs/index.json")
    parser.add_argument("--generated", type=Path, required=True, help="index.json of the generated cells")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV)")


def run(args) -> None:
    """Run the command."""
    options = loads(EvaluationOptions, args.options, where="evaluation")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    matches = matched.read(args.pairs, args.generated)
    size = matches[0].real.shape[0]
    raise_all(
        Problem("evaluation.periods", f"cells of {size} pixels are no multiple of {period}", "give divisors of the cells' size")
        for period in options.periods
        if size % period
    )
    columns = ["type", "cells"]
    columns += [f"{kind}_{channel}" for kind in ("real", "generated") for channel in ("red", "green", "blue")]
    columns += ["cast", "real_spread", "real_texture", "generated_texture"]
    columns += [f"{kind}_peak_{period}" for period in options.periods for kind in ("real", "generated")]
    groups = [(t.name, [match for match in matches if match.category_id == t.id]) for t in taxonomy.types]
    rows = [[name, *measures(group, options.periods)] for name, group in [*groups, ("all cells", matches)] if group]
    write_tsv(args.out, columns, rows)


def mean_colours(pictures: list[np.ndarray], masks: list[np.ndarray]) -> np.ndarray:
    """Mean RGB inside each mask, float (n, 3) in [0, 255]."""
    return np.array([picture[mask].mean(0) for picture, mask in zip(pictures, masks, strict=True)])


def measures(matches: list[matched.Match], periods: tuple[int, ...]) -> list:
    """The numbers of one row of the table.

    ``cast`` is the distance in RGB of the mean generated from the mean real colour; ``real_spread`` the mean distance of a real
    cell's colour from the mean of all, against which a cast is to be seen. ``texture`` is the mean of `spectrum.texture`.
    """
    masks = [match.mask for match in matches]
    real = mean_colours([match.real for match in matches], masks)
    generated = mean_colours([match.generated for match in matches], masks)
    cast = float(np.linalg.norm(generated.mean(0) - real.mean(0)))
    spread = float(np.linalg.norm(real - real.mean(0), axis=1).mean()) if len(real) > 1 else None
    spectra = [mean_power([getattr(match, kind) for match in matches], masks) for kind in ("real", "generated")]
    peaks = [peak(spectrum, period) for period in periods for spectrum in spectra]
    textures = []
    for kind in ("real", "generated"):
        found = [texture(getattr(match, kind), match.mask) for match in matches]
        known = [value for value in found if value is not None]
        textures.append(float(np.mean(known)) if known else None)
    return [len(matches), *real.mean(0).tolist(), *generated.mean(0).tolist(), cast, spread, *textures, *peaks]
