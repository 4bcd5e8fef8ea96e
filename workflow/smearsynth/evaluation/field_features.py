"""Cut crops out of real fields or slides and compute their features, at several depths of a network."""

from dataclasses import replace
from pathlib import Path

from smearsynth.errors import UserError, raise_all, unknown
from smearsynth.evaluation import field_crops, field_feature_files, field_held_out, field_names
from smearsynth.evaluation.ceilings import CEILINGS, spoil
from smearsynth.evaluation.field_feature_files import CropFeatures
from smearsynth.evaluation.field_options import FieldFeaturesOptions
from smearsynth.evaluation.metrics_options import FeaturesOptions
from smearsynth.options import loads


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.field_features of the configuration, as JSON")
    parser.add_argument("--networks", required=True, help="the section evaluation.features, as JSON")
    parser.add_argument("--extractor", required=True, help="a name of evaluation.features.extractors")
    parser.add_argument("--reader", type=Path, help="folder of the run's reader, for the extractor cells")
    parser.add_argument("--seed", type=int, required=True)
    what = "pairs/fields/index.json (its test split), a COCO file with its pictures in images/ beside it, or a folder"
    parser.add_argument("--pictures", type=Path, required=True, help=what)
    parser.add_argument("--images", type=Path, help="text file: only these pictures, one file name a line")
    parser.add_argument("--um-per-px", type=float, help="resolution of pictures that do not tell it themselves")
    field_held_out.add_flag(parser)
    parser.add_argument("--spoil", choices=CEILINGS, help="make the crops deliberately bad first")
    parser.add_argument("--out", type=Path, required=True, help="features (npz)")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldFeaturesOptions, args.options, where="evaluation.field_features")
    networks = loads(FeaturesOptions, args.networks, where="evaluation.features")
    for name in (args.extractor, *options.layers):
        if name not in networks.extractors:
            raise UserError([unknown(name, name, networks.extractors, word="extractor")])
    names = field_names.read(args.images) if args.images else None
    chosen = field_crops.pictures(args.pictures, um_per_px=args.um_per_px, names=names, around=options.around)
    raise_all(field_held_out.problems([(one.name, one.path) for one in chosen], args.seen))
    pixels, of_picture = field_crops.cut(
        chosen, side=options.side, count=options.crops, um_per_px=options.um_per_px, seed=args.seed
    )
    if args.spoil:
        pixels = spoil(pixels, args.spoil, seed=args.seed)

    from smearsynth.evaluation import extractors, squeezenet
    from smearsynth.gans import engine

    engine.configure(device=networks.device, threads=networks.threads)
    extractor = extractors.load(networks.extractors[args.extractor], reader=args.reader)
    where = f"evaluation.field_features.layers.{args.extractor}"
    early = [squeezenet.check_layer(extractor.model, layer, where) for layer in options.layers.get(args.extractor, ())]
    layers = {
        layer: extractors.extract(replace(extractor, layer=layer, types=()), pixels)[0]
        for layer in [*(layer for layer in early if layer != extractor.layer), extractor.layer]
    }
    um_per_px = field_crops.resolution(chosen, options.um_per_px)
    crops = f"{options.side} px at {'unknown resolution' if um_per_px is None else f'{um_per_px:g} µm a pixel'}"
    if options.around:
        crops += f", around {' or '.join(options.around)} cells"
    field_feature_files.write(args.out, CropFeatures(extractor.name, crops, of_picture, layers))
