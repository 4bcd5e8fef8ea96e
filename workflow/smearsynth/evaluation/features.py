"""Compute the features of a set of cells with a named network."""

from pathlib import Path

import numpy as np

from smearsynth.errors import UserError, unknown
from smearsynth.evaluation import feature_files
from smearsynth.evaluation.ceilings import CEILINGS, spoil
from smearsynth.evaluation.metrics_options import FeaturesOptions
from smearsynth.options import loads
from smearsynth.pairs import crops


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.features of the configuration, as JSON")
    parser.add_argument("--extractor", required=True, help="a name of evaluation.features.extractors")
    parser.add_argument("--reader", type=Path, help="folder of the run's reader, for the extractor cells")
    parser.add_argument("--cells", type=Path, required=True, help="index.json of windows or of synthetic cells")
    parser.add_argument("--split", choices=("train", "test", "synthetic"), required=True)
    parser.add_argument("--spoil", choices=CEILINGS, help="make the cells deliberately bad first")
    parser.add_argument("--seed", type=int, default=0, help="of the noise, with --spoil")
    parser.add_argument("--out", type=Path, required=True, help="features (npz)")


def run(args) -> None:
    """Run the command."""
    options = loads(FeaturesOptions, args.options, where="evaluation.features")
    if args.extractor not in options.extractors:
        raise UserError([unknown("--extractor", args.extractor, options.extractors, word="extractor")])
    cells = crops.read(args.cells, split=args.split)
    pixels = spoil(cells.pixels, args.spoil, seed=args.seed) if args.spoil else cells.pixels

    from smearsynth.evaluation import extractors
    from smearsynth.gans import engine

    engine.configure(device=options.device, threads=options.threads)
    extractor = extractors.load(options.extractors[args.extractor], reader=args.reader)
    values, probabilities = extractors.extract(extractor, pixels)
    types = np.array(extractor.types, int)
    found = feature_files.Features(extractor.name, values, probabilities, types, cells.category_ids, cells.cell_ids, cells.parts)
    feature_files.write(args.out, found)
