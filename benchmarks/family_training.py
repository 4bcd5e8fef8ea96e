"""Training speed of WGAN-GP-AC: ours beside a plain single-file TensorFlow implementation of the same model, in the same run.

    python benchmarks/family_training.py [--size 64 --batch 32 --filters 12 --precision bfloat16 --rounds 5 --steps 10]

The plain one is what somebody would write who needs this model only: Keras layers, two compiled steps, a shuffled `tf.data`
pipeline with the same turns of the pictures. Both have the same layers (their numbers of weights are compared), optimiser, batch,
types of numbers and threads; rounds of the two alternate, so that other work on the machine meets both. Prints a table and writes
it with ``--out``. Pictures are noise: speed does not depend on what they show.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from smearsynth.files import write_tsv
from smearsynth.gans import engine
from smearsynth.gans.family_options import Change, FamilyOptions
from smearsynth.pairs.crops import Crops

TYPES, CRITIC_STEPS, NOISE, RATE = 11, 5, 128, 1e-4


def cells(size: int, count: int = 512) -> Crops:
    """Pictures of noise in memory."""
    random = np.random.default_rng(1)
    categories = tuple({"id": i, "name": f"t{i}", "kind": "white", "colour": [0, 0, 0]} for i in range(TYPES))
    numbers = np.arange(count)
    pixels = random.integers(0, 256, (count, size, size, 3), np.uint8)
    return Crops(pixels, numbers % TYPES, numbers, numbers / count, tuple(map(str, numbers)), categories)


def ours(pictures: Crops, args) -> tuple[Callable[[int], None], int]:
    """A function that trains some steps, and the number of trainable weights."""
    from smearsynth.gans.family_training import FamilyTraining

    options = FamilyOptions(
        models=("wgan_gp_ac",),
        steps=10**6,
        validate_every=10**6,
        batch=args.batch,
        filters=args.filters,
        critic_filters=args.filters,
        validation=0.0,
        precision=args.precision,
        changes=(Change("wgan_gp_ac", critic_steps=CRITIC_STEPS, noise=NOISE, critic_rate=RATE, generator_rate=RATE),),
    )
    training = FamilyTraining(options, "wgan_gp_ac", pictures, seed=1)
    done = [0]

    def run(steps: int) -> None:
        for _ in range(steps):
            training.update(training.batch(done[0]))
            done[0] += 1

    return run, sum(int(np.prod(v.shape)) for group in training.groups for v in group)


def plain(pictures: Crops, args) -> tuple[Callable[[int], None], int]:
    """The same for the plain implementation."""
    import keras
    import tensorflow as tf
    from keras import layers

    keras.config.set_dtype_policy("mixed_bfloat16" if args.precision == "bfloat16" else "float32")
    tf.random.set_seed(1)
    side, width = 4, args.filters
    doublings = (args.size // side).bit_length() - 1

    def channels(at: int) -> int:
        return width * min(8, args.size // at)

    def build_generator() -> keras.Model:
        noise, label = layers.Input((NOISE,)), layers.Input((TYPES,))
        x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(side * side * channels(side))(noise)))
        y = layers.ReLU()(layers.BatchNormalization()(layers.Dense(side * side * 8)(label)))
        x = layers.Concatenate()([layers.Reshape((side, side, -1))(x), layers.Reshape((side, side, -1))(y)])
        for level in range(1, doublings + 1):
            count = channels(side * 2**level)
            h = layers.UpSampling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
            h = layers.Conv2D(count, 3, padding="same")(h)
            h = layers.Conv2D(count, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(h)))
            x = layers.Add()([h, layers.UpSampling2D()(layers.Conv2D(count, 1)(x))])
        x = layers.Conv2D(3, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(x)))
        return keras.Model([noise, label], layers.Activation("tanh", dtype="float32")(x))

    def build_critic() -> keras.Model:
        picture = layers.Input((args.size, args.size, 3))
        x = layers.Conv2D(width, 3, padding="same")(picture)
        for level in range(doublings):
            count = width * min(8, 2 ** (level + 1))
            h = layers.Conv2D(x.shape[-1], 3, padding="same")(layers.LeakyReLU(0.2)(x))
            h = layers.Conv2D(count, 4, strides=2, padding="same")(layers.LeakyReLU(0.2)(h))
            x = layers.Add()([h, layers.Conv2D(count, 1)(layers.AveragePooling2D(2)(x))])
        x = layers.GlobalAveragePooling2D(dtype="float32")(layers.LeakyReLU(0.2)(x))
        return keras.Model(picture, [layers.Dense(1, dtype="float32")(x), layers.Dense(TYPES, dtype="float32")(x)])

    generator, critic = build_generator(), build_critic()
    keras.config.set_dtype_policy("float32")
    adam = [keras.optimizers.Adam(RATE, beta_1=0.0, beta_2=0.9) for _ in range(2)]
    adam[0].build(generator.trainable_variables)
    adam[1].build(critic.trainable_variables)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def noise_and_label(labels):
        return [tf.random.normal((args.batch, NOISE)), tf.one_hot(labels, TYPES)]

    @tf.function
    def critic_step(real, labels):
        fake = generator(noise_and_label(labels), training=True)
        with tf.GradientTape() as tape:
            scores, named = critic(tf.concat([real, fake], 0), training=True)
            on_real, on_fake = tf.split(scores, 2)
            mixed = real + tf.random.uniform((args.batch, 1, 1, 1)) * (fake - real)
            with tf.GradientTape() as inner:
                inner.watch(mixed)
                score = critic(mixed, training=True)[0]
            gradient = inner.gradient(score, mixed)
            norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]) + 1e-12)
            loss = tf.reduce_mean(on_fake) - tf.reduce_mean(on_real) + 10.0 * tf.reduce_mean(tf.square(norm - 1.0))
            loss += 2.0 * entropy(tf.concat([labels, labels], 0), named)
        adam[1].apply_gradients(zip(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables, strict=True))
        return loss

    @tf.function
    def generator_step(labels):
        with tf.GradientTape() as tape:
            score, named = critic(generator(noise_and_label(labels), training=True), training=True)
            loss = entropy(labels, named) - tf.reduce_mean(score)
        gradients = tape.gradient(loss, generator.trainable_variables)
        adam[0].apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
        return loss

    def turned(picture, label):
        picture = tf.image.rot90(picture, tf.random.uniform((), 0, 4, tf.int32))
        return tf.cast(tf.image.random_flip_left_right(picture), tf.float32) / 127.5 - 1.0, label

    labels = pictures.category_ids.astype(np.int32)
    pipeline = tf.data.Dataset.from_tensor_slices((pictures.pixels, labels)).shuffle(len(labels)).repeat()
    batches: Iterator = iter(pipeline.map(turned).batch(args.batch, drop_remainder=True).prefetch(1))
    done = [0]

    def run(steps: int) -> None:
        for _ in range(steps):
            real, label = next(batches)
            loss = critic_step(real, label)
            done[0] += 1
            if done[0] % CRITIC_STEPS == 0:
                loss = generator_step(label)
            float(loss)

    weights = [*generator.trainable_variables, *critic.trainable_variables]
    return run, sum(int(np.prod(v.shape)) for v in weights)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--filters", type=int, default=12)
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="steps a round, a multiple of the critic's steps")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    device = engine.configure(device=args.device, threads=args.threads)
    pictures = cells(args.size)
    runs = {"smearsynth": ours(pictures, args), "plain TensorFlow": plain(pictures, args)}
    counts = {count for _, count in runs.values()}
    if len(counts) > 1:
        raise SystemExit(f"not the same model: {counts} weights")
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for run, _ in runs.values():
        run(CRITIC_STEPS)
    for _ in range(args.rounds):
        for name, (run, _) in runs.items():
            start = time.perf_counter()
            run(args.steps)
            spent[name].append((time.perf_counter() - start) / args.steps)
    rows: list[list] = []
    base = statistics.median(spent["plain TensorFlow"])
    for name, values in spent.items():
        middle = statistics.median(values)
        rows.append([name, 1000 * middle, 1000 * min(values), 1000 * max(values), args.batch / middle, base / middle])
    print(
        f"{device}, {args.size} px, batch {args.batch}, {args.filters} filters, {args.precision}, {args.threads} threads, "
        f"{counts.pop():,} weights, {CRITIC_STEPS} updates of the critic for one of the generator"
    )
    header = ["implementation", "ms a step (median)", "least", "most", "images/s", "speed against plain"]
    for line in [header, *rows]:
        print("\t".join(f"{value:.3g}" if isinstance(value, float) else value for value in line))
    if args.out:
        write_tsv(args.out / "family_training.tsv", header, rows)


if __name__ == "__main__":
    main()
