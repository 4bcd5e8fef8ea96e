"""Does a classifier that has seen nothing but phantoms name real cells?

A small convolutional network is trained on phantoms of the types that the PBC set has, and names the cells of PBC
pictures. Both are cut out by their masks, at the same µm per pixel. With about equal numbers of each type accuracy
is near the mean recall, and chance is one in the number of types. No real picture trains or stops a network. The
phantoms' sizes and colours were set by a first look at, and averages over, pictures of the whole set; shapes and
textures were then improved against one half of it (`development`, by a hash of the file's name). Reported is the other
half (`held_out`), which is therefore new to the networks but not wholly new to who drew the phantoms.

    python benchmarks/phantoms_on_real.py --data DATA --out results/benchmarks/phantoms_on_real
"""

import argparse
import hashlib
import os
import sys
from pathlib import Path

import cv2
import numpy as np

from smearsynth import coco, images
from smearsynth.cells.phantoms import draw
from smearsynth.errors import UserError
from smearsynth.files import read_json, write_tsv
from smearsynth.seeds import entropy, rng

TYPES = {
    "basophil": "basophil",
    "eosinophil": "eosinophil",
    "erythroblast": "erythroblast",
    "lymphocyte": "lymphocyte",
    "metamyelocyte": "metamyelocyte",
    "monocyte": "monocyte",
    "myelocyte": "myelocyte",
    "neutrophil_band": "band_neutrophil",
    "neutrophil_segmented": "segmented_neutrophil",
    "platelet": "platelet",
    "promyelocyte": "promyelocyte",
}
"""Our name of each type and the one in the PBC file."""
NAMES = tuple(TYPES)
PBC_UM = 0.095
"""µm per pixel of PBC: its red cells measure 79 pixels, red cells 7.5 µm."""
SCALE = 2
SIDE = 112
"""Cells are seen at `SCALE` × `PBC_UM` µm per pixel in a window of `SIDE` pixels: 21 µm."""


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark, print the table and write it; 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with pbc/instances_weak.json and pbc/images")
    parser.add_argument("--out", type=Path, required=True, help="folder for recall.tsv and confusion.tsv")
    parser.add_argument("--part", choices=("held_out", "development"), default="held_out")
    parser.add_argument("--cells", type=int, default=300, help="phantoms of each type")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3, help="networks trained, each from its own phantoms and start")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        real, wanted = read_pbc(args.data / "pbc", part=args.part)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    confusions = []
    for seed in range(args.seeds):
        network = train(*phantoms(args.cells, seed=seed), epochs=args.epochs, seed=seed)
        named = network.predict(normalise(real), batch_size=64, verbose=0).argmax(1)
        confusion = np.zeros((len(NAMES), len(NAMES)), int)
        np.add.at(confusion, (wanted, named), 1)
        confusions.append(confusion)
        print(f"seed {seed}: accuracy {np.trace(confusion) / confusion.sum():.3f}", flush=True)
    report(np.stack(confusions), args.out)
    return 0


def read_pbc(folder: Path, *, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Cut-outs (n, `SIDE`, `SIDE`, 3) uint8 of one half of PBC's cells, and their types (n,) as indices of `NAMES`."""
    data = read_json(folder / "instances_weak.json")
    pictures = {image["id"]: image["file_name"] for image in data["images"]}
    titles = {category["id"]: category["name"] for category in data["categories"]}
    index = {theirs: NAMES.index(ours) for ours, theirs in TYPES.items()}
    cells, types = [], []
    for entry in data["annotations"]:
        name = pictures[entry["image_id"]]
        if (hashlib.sha256(name.encode()).digest()[0] % 2 == 0) != (part == "held_out"):
            continue
        picture = images.read(folder / "images" / name)
        mask = coco.fill([coco.from_flat(flat) for flat in entry["segmentation"]], picture.shape[:2])
        small = tuple(side // SCALE for side in picture.shape[1::-1])
        picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask.astype(np.float32), small, interpolation=cv2.INTER_AREA) >= 0.5
        cells.append(cut(picture, mask))
        types.append(index[titles[entry["category_id"]]])
    return np.stack(cells), np.array(types)


def phantoms(count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` cut-outs of each type, as `read_pbc` gives them."""
    cells, types = [], []
    for index, name in enumerate(NAMES):
        for number in range(count):
            phantom = draw(name, rng(seed, "phantoms", name, number), size=160, um_per_px=PBC_UM * SCALE)
            cells.append(cut(phantom.picture, phantom.instances[0].mask))
            types.append(index)
    return np.stack(cells), np.array(types)


def cut(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The cell (`SIDE`, `SIDE`, 3) around the middle of its mask, black elsewhere; what reaches out is cut off."""
    mask = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(mask)
    top = (rows.min() + rows.max()) // 2 - SIDE // 2
    left = (columns.min() + columns.max()) // 2 - SIDE // 2
    cell = cv2.copyMakeBorder(picture * mask[..., None], SIDE, SIDE, SIDE, SIDE, cv2.BORDER_CONSTANT)
    return cell[top + SIDE : top + 2 * SIDE, left + SIDE : left + 2 * SIDE]


def normalise(cells: np.ndarray) -> np.ndarray:
    """float32 in [0, 1]."""
    return cells.astype(np.float32) / 255


def augment(cells: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Turned, mirrored, scaled, blurred, recoloured and grainy copies, float32 (n, side, side, 3) in [0, 1]."""
    result = np.empty(cells.shape, np.float32)
    middle = (SIDE / 2 - 0.5, SIDE / 2 - 0.5)
    for i, cell in enumerate(cells):
        turn = cv2.getRotationMatrix2D(middle, generator.uniform(0, 360), generator.uniform(0.9, 1.12))
        turn[0] *= generator.uniform(0.93, 1.07)
        turn[:, 2] += generator.uniform(-3, 3, 2)
        seen = cv2.warpAffine(cell, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        if generator.random() < 0.5:
            seen = seen[:, ::-1]
        there = seen.max(2, keepdims=True) > 0
        # Stain and lamp differ: powers of the light are multiples of optical density.
        light = (np.maximum(seen, 1) / 255.0) ** generator.normal(1, 0.08, 3)
        light = light * generator.normal(1, 0.03, 3) + generator.normal(0, 0.02)
        if generator.random() < 0.5:
            light = cv2.GaussianBlur(light, (0, 0), generator.uniform(0.3, 1.0))
        light += generator.uniform(0, 0.03) * generator.standard_normal(light.shape)
        result[i] = np.clip(light, 0, 1) * there
    return result


def train(cells: np.ndarray, types: np.ndarray, *, epochs: int, seed: int):
    """A small network trained on augmented phantoms; one thread, so that its figures repeat."""
    import tensorflow as tf

    if seed == 0:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    keras.utils.set_random_seed(entropy(seed, "network") % 2**31)
    layers = [keras.layers.Input((SIDE, SIDE, 3))]
    for filters, stride in ((24, 2), (48, 2), (64, 1), (96, 2), (128, 1)):
        layers.append(keras.layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False))
        layers += [keras.layers.BatchNormalization(momentum=0.9), keras.layers.ReLU()]
        if stride == 1:
            layers.append(keras.layers.MaxPooling2D())
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.3), keras.layers.Dense(len(NAMES))]
    network = keras.Sequential(layers)
    batch = 32
    steps = epochs * (len(cells) // batch)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss)
    generator = rng(seed, "augmentation")
    for epoch in range(epochs):
        order = generator.permutation(len(cells))
        losses = []
        for start in range(0, len(order) - batch + 1, batch):
            pick = order[start : start + batch]
            losses.append(float(network.train_on_batch(augment(cells[pick], generator), types[pick])))
        print(f"  epoch {epoch + 1}: loss {losses[-1]:.3f}", file=sys.stderr, flush=True)
    return network


def report(confusions: np.ndarray, out: Path) -> None:
    """Print recall per type, mean and range over the networks; write it and the summed confusion matrix."""
    recall = np.stack([np.diag(c) / c.sum(1) for c in confusions])
    accuracy = np.trace(confusions, axis1=1, axis2=2) / confusions.sum((1, 2))
    rows = [
        [name, int(confusions[0][i].sum()), float(recall[:, i].mean()), float(recall[:, i].min()), float(recall[:, i].max())]
        for i, name in enumerate(NAMES)
    ]
    total = int(confusions[0].sum())
    rows.append(["all (accuracy)", total, float(accuracy.mean()), float(accuracy.min()), float(accuracy.max())])
    rows.append(["chance", total, 1 / len(NAMES), None, None])
    columns = ["type", "real cells", "recall", "least", "greatest"]
    write_tsv(out / "recall.tsv", columns, rows)
    summed = confusions.sum(0)
    write_tsv(out / "confusion.tsv", ["real \\ named", *NAMES], [[n, *map(int, row)] for n, row in zip(NAMES, summed)])
    print(f"{'type':22} {'cells':>6} {'recall':>7}  (least to greatest of {len(confusions)} networks)")
    for name, cells, mean, least, greatest in rows:
        spread = "" if least is None else f"  ({least:.2f} to {greatest:.2f})"
        print(f"{name:22} {cells:6d} {mean:7.3f}{spread}")
    print(f"accuracy is {accuracy.mean() * len(NAMES):.1f} times chance")


if __name__ == "__main__":
    sys.exit(main())
