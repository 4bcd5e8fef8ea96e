"""Losses of generators and discriminators, in Keras operations; real = 1, fake = 0."""

from collections.abc import Sequence
from typing import Any

from keras import ops


def cross_entropy(logits: Any, target: float) -> Any:
    """Mean sigmoid cross-entropy of logits against a constant 0 or 1 (thesis 3.4, `loss_object`)."""
    logits = ops.cast(logits, "float32")
    # log(1 + exp(-|x|)) + max(x, 0) - x·t: safe for large logits.
    return ops.mean(ops.maximum(logits, 0.0) - logits * target + ops.log1p(ops.exp(-ops.abs(logits))))


def thesis_discriminator(real: Any, fake: Any) -> Any:
    """Sum, not mean, of the losses on real and on generated pairs (thesis 3.4): 2 · log 2 when it is undecided."""
    return cross_entropy(real, 1.0) + cross_entropy(fake, 0.0)


def hinge_discriminator(real: Any, fake: Any) -> Any:
    """Hinge loss (Lim and Ye 2017; Miyato et al. 2018, eq. 16)."""
    real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
    return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))


def hinge_generator(fake: Any) -> Any:
    """The generator's side of the hinge loss (Miyato et al. 2018, eq. 17)."""
    return -ops.mean(ops.cast(fake, "float32"))


def l1(target: Any, output: Any) -> Any:
    """Mean absolute error over all pixels and channels (thesis 3.4)."""
    return ops.mean(ops.abs(target - output))


def masked_l1(target: Any, output: Any, mask: Any) -> Any:
    """Mean absolute error over the pixels of `mask` (batch, height, width, 1)."""
    difference = ops.sum(ops.abs(target - output) * mask)
    return difference / (3.0 * ops.maximum(ops.sum(mask), 1.0))


def tone(target: Any, output: Any, mask: Any, *, side: int = 8) -> Any:
    """Mean absolute error of the means over squares of `side` pixels, weighted by the part of each that lies in `mask`.

    It holds colour and layout in place and leaves the texture within a square free, which an error per pixel smooths away.
    """
    area = ops.average_pool(mask, side, side)
    means = ops.average_pool((target - output) * mask, side, side)
    return ops.sum(ops.abs(means)) / (3.0 * ops.maximum(ops.sum(area), 1e-6))


def feature_matching(real: Sequence[Any], fake: Sequence[Any]) -> Any:
    """Mean over layers of the mean absolute difference of the discriminator's features (Wang et al. 2018, eq. 3)."""
    terms = [
        ops.mean(ops.abs(ops.stop_gradient(ops.cast(r, "float32")) - ops.cast(f, "float32")))
        for r, f in zip(real, fake, strict=True)
    ]
    return sum(terms[1:], terms[0]) / len(terms)
