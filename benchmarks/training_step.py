"""Time our training step against the thesis's own (section 3.4): same architecture, batch, threads and dtype, in one run.

    python benchmarks/training_step.py --steps 10 --threads 2

Ours is `smearsynth.gans.thesis.ThesisTraining.update`, with the losses fetched as the training loop does; the peer is the
listing's step, compiled by ``tf.function`` with two gradient tapes, without its TensorBoard writer. Both take the same pairs,
in turns, so that whatever else the machine does falls on both; reading and jitter are not timed.
"""

import argparse
import statistics
import time

import numpy as np


def listing(generator, discriminator):
    """The step of the thesis's listing for two networks."""
    import keras
    import tensorflow as tf

    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    for_generator, for_discriminator = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    for_generator.build(generator.trainable_variables)
    for_discriminator.build(discriminator.trainable_variables)

    @tf.function
    def step(label, target):
        with tf.GradientTape() as first, tf.GradientTape() as second:
            output = generator(label, training=True)
            real = discriminator([label, target], training=True)
            fake = discriminator([label, output], training=True)
            gan = entropy(tf.ones_like(fake), fake)
            l1 = tf.reduce_mean(tf.abs(target - output))
            total = gan + 100 * l1
            disc = entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)
        up = first.gradient(total, generator.trainable_variables)
        down = second.gradient(disc, discriminator.trainable_variables)
        for_generator.apply_gradients(zip(up, generator.trainable_variables, strict=True))
        for_discriminator.apply_gradients(zip(down, discriminator.trainable_variables, strict=True))
        return total, gan, l1, disc

    return step


def main() -> None:
    """Run it and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10, help="steps of each that are timed, after two that are not")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--filters", type=int, default=64, help="of both; 64 in the thesis")
    args = parser.parse_args()
    from smearsynth.gans import data, engine
    from smearsynth.gans.networks import thesis
    from smearsynth.gans.options import DefaultOptions, GanOptions
    from smearsynth.gans.thesis import ThesisTraining

    device = engine.configure(device="auto", threads=args.threads)
    rng = np.random.default_rng(0)
    mask = np.ones((200, 200), bool)
    pictures = tuple(rng.integers(0, 255, (200, 200, 3), dtype=np.uint8) for _ in range(4))
    categories = ({"id": 1, "name": "cell", "kind": "white", "colour": [90, 40, 160]},)
    entries = tuple({"cell_id": i, "category_id": 1, "split": "train", "fold": 0} for i in range(4))
    pairs = data.Pairs(256, categories, entries, pictures, (mask,) * 4, ((28, 28),) * 4, "")
    ours = ThesisTraining(GanOptions("thesis", DefaultOptions(steps=1)), pairs, seed=1, filters=args.filters)
    peer = listing(thesis.generator(1, filters=args.filters), thesis.discriminator(1, filters=args.filters))
    times: dict[str, list[float]] = {"ours": [], "listing": []}
    for step in range(args.steps + 2):
        batch = ours.batch(step)
        start = time.perf_counter()
        ours.update(batch)
        between = time.perf_counter()
        [float(value) for value in peer(batch["label"], batch["real"])]
        end = time.perf_counter()
        if step >= 2:
            times["ours"].append(between - start)
            times["listing"].append(end - between)
    ratios = [b / a for a, b in zip(times["ours"], times["listing"], strict=True)]
    print(f"{args.filters} base filters, 256 px, batch 1, float32, {args.threads} threads, {device}, {args.steps} steps of each")
    for name, seconds in times.items():
        print(f"{name:8} median {1000 * statistics.median(seconds):.0f} ms, best {1000 * min(seconds):.0f} ms")
    print(f"listing / ours: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
