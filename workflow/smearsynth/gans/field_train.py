"""Train a generator of whole fields on field maps; a killed training goes on where it was."""

import dataclasses
from pathlib import Path

from smearsynth.files import atomic_folder, copy_files, sha256, write_json
from smearsynth.gans import checkpoint, field_data, field_grids, loop
from smearsynth.gans.field_options import FieldOptions
from smearsynth.options import loads


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans.field of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fields", type=Path, required=True, help="index.json of the field maps")
    parser.add_argument("--state", type=Path, required=True, help="folder that a killed training is resumed from")
    help_ = "folder; gets generator.weights.h5, model.json, styles.npz, losses.tsv, samples/, events/"
    parser.add_argument("--out", type=Path, required=True, help=help_)


def run(args) -> None:
    """Run the command."""
    options = loads(FieldOptions, args.options, where="gans.field")
    from smearsynth.gans import engine

    device = engine.configure(device=options.device, threads=options.threads)
    fields = field_data.Fields(args.fields, crop=options.crop, restain=options.restain, seed=args.seed)
    print(f"{len(fields.maps)} training fields of {len(fields.categories)} types, on {device}", flush=True)
    from smearsynth.gans.field_training import FieldTraining

    training = FieldTraining(options, fields, seed=args.seed)
    samples = field_grids.choose(args.fields, fields.categories, seed=args.seed)
    told = {"fields": fields.digest, "seed": args.seed, "engine": engine.version()}
    journal = loop.train(
        training,
        state=args.state,
        fingerprint=checkpoint.fingerprint("smearsynth.gans.field_train", options, told),
        grid=lambda: field_grids.draw(training.drawing, samples, fields.categories),
        log_every=options.log_every,
        grid_every=options.grid_every,
        checkpoint_every=options.checkpoint_every,
    )
    with atomic_folder(args.out) as folder:
        weights = folder / "generator.weights.h5"
        training.drawn.save_weights(weights)
        fields.styles.save(folder / "styles.npz")
        model = {
            "generator": "field",
            "options": dataclasses.asdict(options),
            "categories": list(fields.categories),
            "scale": fields.scale,
            "um_per_px": fields.um_per_px,
            "seed": args.seed,
            "fields": fields.styles.image_ids.tolist(),
            "weights": sha256(weights),
        }
        write_json(folder / "model.json", model)
        journal.write(folder)
        copy_files(args.state / "samples", folder / "samples")
