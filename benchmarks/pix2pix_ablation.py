"""What each choice of the default pix2pix is worth: short trainings that differ in one thing, several seeds each.

Nothing here sees a test cell. Of the training cells, those of fold 1 train the generators and the classifier that judges them;
those of fold 0 (groups never straddle folds) are the validation cells, in whose outlines cells are drawn. Guides are of
cells that were trained on. Every row is appended when it is done, and a second call goes on where the first one ended.

    python benchmarks/pix2pix_ablation.py --pairs results/pbc/pairs/index.json --out results/benchmarks/pix2pix_ablation

Measures, per variant and seed:

- ``kernel_distance``: KID (Bińkowski et al. 2018) between drawn and real cells of the same outlines, on the classifier's last
  features; the row ``real`` has two halves of the real cells, the floor.
- ``texture``: mean absolute difference of the logarithms of the mean power spectra of the fine structure, mean of types.
- ``texture_deviation``: standard deviation of the fine structure, drawn over real.
- ``two_keys``: mean absolute difference of two drawings of one outline, grey levels.
- ``cast``: Euclidean distance of the mean colours, grey levels, mean of types.
- ``named``: share that the classifier names rightly, over its share on the real cells.
- ``grid_2``, ``grid_4``: power at a period of so many pixels over its surroundings, mean of types.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

WINDOW, SIZE = 224, 64
BASE = {"batch": 8, "crop": 64, "filters": 16, "critic_filters": 32}
# The claims that need it most come first: whatever is done when time is up can be used.
VARIANTS = {
    "default": {},
    "no guide": {"guide": "none"},
    "nearest-neighbour enlarging": {"upsample": "resize"},
    "no augmentation": {"augment": ()},
    "no noise": {"noise": False},
    "the thesis's loss": {"adversarial": "cross_entropy", "l1": 100.0, "tone": 0.0, "features": 0.0},
    "last weights": {"ema": 0.0},
    "discriminator per pixel": {"critic_normalisation": "pixel"},
    "no feature matching": {"features": 0.0},
    "cross-entropy": {"adversarial": "cross_entropy"},
    "10 L1 instead of tone": {"l1": 10.0, "tone": 0.0},
    "normalised per picture": {"normalisation": "instance"},
    "normalised per batch": {"normalisation": "batch"},
    "transposed convolution": {"upsample": "transposed"},
    "discriminator not normalised": {"critic_normalisation": "none"},
    "float32": {"precision": "float32"},
}
COLUMNS = ["variant", "seed", "processor_seconds", "kernel_distance", "texture", "texture_deviation", "two_keys", "cast", "named"]
COLUMNS += ["grid_2", "grid_4"]


def classifier(pairs, steps: int):
    """A small classifier of the cells that the generators train on."""
    from smearsynth.readers import reader, training
    from smearsynth.readers.options import Augmentation, ReaderOptions

    varied = Augmentation(rotate=True, mirror=True, scale=0.1, brightness=0.1, colour=0.05)
    options = ReaderOptions("cnn", WINDOW, SIZE, steps, 32, 2e-3, 0.05, True, "cpu", 1, varied)
    types = tuple(category["id"] for category in pairs.categories)
    labels = np.array([types.index(category_id) for category_id in pairs.category_ids])
    pixels = seen([pairs.window(i)[0] for i in range(len(labels))])
    one = training.learning(pixels, labels, options, seed=1, classes=len(types))
    for step in range(one.steps):
        one.update(one.batch(step))
    return reader.Reader(one.model, options, types)


def seen(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures as the classifier sees them."""
    from smearsynth.readers.pictures import fit

    return np.stack([fit(picture, window=WINDOW, size=SIZE) for picture in pictures])


class Judge:
    """Judges cells drawn in the outlines of validation cells."""

    def __init__(self, judging, pairs):
        self.judging = judging
        windows = [pairs.window(i) for i in range(len(pairs.entries))]
        self.real, self.masks = [w[0] for w in windows], [w[1] for w in windows]
        self.types = np.array(pairs.category_ids)
        self.features = self._features(self.real)
        self.right = self._right(self.real)

    def _features(self, pictures):
        import keras

        from smearsynth.images import to_network

        model = self.judging.model
        inner = keras.Model(model.inputs, model.layers[-1].input)
        return inner.predict(to_network(seen(pictures)), verbose=0)

    def _right(self, pictures) -> float:
        return float(np.mean(np.array(self.judging.name(seen(pictures))[0]) == self.types))

    def floor(self) -> float:
        """Mean kernel distance of two random halves of the real cells."""
        from smearsynth.evaluation.kernel import unbiased

        chance, found = np.random.default_rng(1), []
        for _ in range(20):
            order = chance.permutation(len(self.features))
            found.append(unbiased(self.features[order[::2]], self.features[order[1::2]]))
        return float(np.mean(found))

    def __call__(self, drawn: list[np.ndarray], again: list[np.ndarray]) -> list[float]:
        from smearsynth.evaluation import spectrum
        from smearsynth.evaluation.kernel import unbiased

        def per_type(function):
            return float(np.mean([function(np.flatnonzero(self.types == kind)) for kind in sorted(set(self.types))]))

        def of(pictures, at):
            return [pictures[i] for i in at]

        def texture(at):
            one, other = (spectrum.mean_power(of(p, at), of(self.masks, at)) for p in (drawn, self.real))
            side = one.shape[0]
            near = np.minimum(np.arange(side), side - np.arange(side)) / side
            band = np.hypot(near[:, None], near[None]) >= 0.03  # the shading below has been taken off
            return np.mean(np.abs(np.log(one[band] + 1e-9) - np.log(other[band] + 1e-9)))

        def cast(at):
            one, other = (np.mean([p[i][self.masks[i]].mean(0) for i in at], 0) for p in (drawn, self.real))
            return np.linalg.norm(one - other)

        def deviation(pictures):
            found = [spectrum.texture(p, m) for p, m in zip(pictures, self.masks, strict=True)]
            return np.mean([f for f in found if f is not None])

        def grid(period):
            return per_type(lambda at: spectrum.peak(spectrum.mean_power(of(drawn, at), of(self.masks, at)), period) or 0.0)

        differ = np.mean([np.abs(a[m].astype(int) - b[m]).mean() for a, b, m in zip(drawn, again, self.masks, strict=True)])
        return [
            unbiased(self._features(drawn), self.features),
            per_type(texture),
            float(deviation(drawn) / deviation(self.real)),
            float(differ),
            per_type(cast),
            self._right(drawn) / self.right,
            grid(2),
            grid(4),
        ]


def validation(index: Path, per_type: int):
    """Some cells of each type of fold 0, the first by a random order."""
    from smearsynth.files import read_json
    from smearsynth.gans import data
    from smearsynth.seeds import rng

    entries = [e for e in read_json(index)["pairs"] if e["split"] == "train" and e["fold"] == 0]
    wanted: set[int] = set()
    for kind in sorted({e["category_id"] for e in entries}):
        ids = sorted(e["cell_id"] for e in entries if e["category_id"] == kind)
        wanted |= set(rng(1, "ablation", kind).permutation(ids)[:per_type].tolist())
    return data.read(index, lambda e: e["cell_id"] in wanted)


def main() -> None:
    """Train, judge, append."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--per-type", type=int, default=12, help="validation cells of each type")
    parser.add_argument("--steps", type=int, default=600, help="of each training")
    parser.add_argument("--only", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    from smearsynth.gans import data, engine
    from smearsynth.gans.default import DefaultTraining
    from smearsynth.gans.options import DefaultOptions, GanOptions
    from smearsynth.seeds import entropy

    engine.configure(device="cpu", threads=1)
    train = data.read(args.pairs, lambda entry: data.chosen(entry, "fold0"))
    held = validation(args.pairs, args.per_type)
    args.out.mkdir(parents=True, exist_ok=True)
    table = args.out / "runs.tsv"
    done = {tuple(line.split("\t")[:2]) for line in table.read_text().splitlines()[1:]} if table.is_file() else set()
    judge = Judge(classifier(train, steps=args.steps), held)
    if not table.is_file():
        table.write_text("\t".join(COLUMNS) + "\n")
    if ("real", "") not in done:
        row = ["real", "", "", judge.floor(), *judge(judge.real, judge.real)[1:]]
        append(table, row)
        print(
            f"{len(train.entries)} training cells, {len(held.entries)} validation cells, {judge.right:.3f} of them named rightly"
        )
    for name in args.only:
        for seed in range(1, args.seeds + 1):
            if (name, str(seed)) in done:
                continue
            start = time.process_time()
            options = DefaultOptions(steps=args.steps, **BASE | VARIANTS[name])
            training = DefaultTraining(GanOptions("default", options), train, seed=seed)
            for step in range(args.steps):
                training.update(training.batch(step))
            seconds = time.process_time() - start
            keys = [[entropy(seed, part, entry["cell_id"]) for entry in held.entries] for part in ("first", "second")]
            drawn, again = (training.drawing.draw(judge.masks, held.category_ids, keys=some) for some in keys)
            append(table, [name, seed, seconds, *judge(drawn, again)])


def append(table: Path, row: list) -> None:
    """Add a row, and show it."""
    line = "\t".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row)
    with open(table, "a") as handle:
        handle.write(line + "\n")
    print(line, flush=True)


if __name__ == "__main__":
    main()
