"""Objectives of the class-conditional family, in Keras operations. Scores are what a critic says of each picture.

The hinge loss and the cross-entropy against a constant are those of `smearsynth.gans.losses`.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from smearsynth.gans import engine, losses


def wasserstein_critic(real: Any, fake: Any) -> Any:
    """Mean score of generated minus that of real pictures (Arjovsky et al. 2017, eq. 2; Hazra et al. 2022, eq. 3).

    The latter prints the terms the other way round, which would have the critic prefer generated pictures.
    """
    return ops.mean(fake) - ops.mean(real)


def critic(objective: str, real: Any, fake: Any) -> Any:
    """The critic's loss of an objective: ``wasserstein``, ``hinge`` or ``cross_entropy`` (minus eq. 5 of Hazra et al. 2022)."""
    if objective == "wasserstein":
        return wasserstein_critic(real, fake)
    if objective == "hinge":
        return losses.hinge_discriminator(real, fake)
    return losses.thesis_discriminator(real, fake)


def generator(objective: str, fake: Any) -> Any:
    """The generator's loss of an objective; with ``cross_entropy`` the non-saturating one (Goodfellow et al. 2014, section 3)."""
    # The hinge loss and the Wasserstein distance have the same side of the generator: minus the mean score of its pictures.
    return losses.cross_entropy(fake, 1.0) if objective == "cross_entropy" else losses.hinge_generator(fake)


def interpolated(real: Any, fake: Any, mix: Any) -> Any:
    """Points on the lines between real and generated pictures.

    Parameters
    ----------
    real, fake : tensor, shape (batch, height, width, 3)
        Pictures.
    mix : tensor, shape (batch, 1, 1, 1)
        Uniform in [0, 1), one for each picture: 0 gives the real one.
    """
    return real + mix * (fake - real)


def squared_norms(score: Callable[[Any], Any], at: Any) -> Any:
    """Squared norm of the gradient of each picture's own score: shape (batch,).

    `score` may not let pictures of a batch see each other, or these would not be the gradients of single pictures.
    """
    gradient = ops.cast(engine.input_gradient(score, at), "float32")
    return ops.sum(ops.square(gradient), axis=(1, 2, 3))


def gradient_penalty(score: Callable[[Any], Any], at: Any) -> Any:
    """Mean of (norm of the gradient − 1)² (Gulrajani et al. 2017, eq. 3; Hazra et al. 2022, eq. 4), without its weight.

    Parameters
    ----------
    score : callable
        From pictures to one score each.
    at : tensor, shape (batch, height, width, 3)
        See `interpolated`.
    """
    # The root has no derivative at 0, where a critic of dead units stands.
    return ops.mean(ops.square(ops.sqrt(squared_norms(score, at) + 1e-12) - 1.0))


def zero_penalty(score: Callable[[Any], Any], at: Any) -> Any:
    """Half the mean squared norm of the gradient at real pictures, R1 (Mescheder et al. 2018, eq. 9), without its weight."""
    return 0.5 * ops.mean(squared_norms(score, at))


def type_loss(logits: Any, kinds: Any) -> Any:
    """Minus the mean log-likelihood of the right types: one term of eq. 6 of Hazra et al. 2022.

    Parameters
    ----------
    logits : tensor, shape (batch, types)
        Of the critic's second head.
    kinds : tensor of int, shape (batch,)
        Types from 0.
    """
    logits = ops.cast(logits, "float32")
    right = ops.one_hot(kinds, logits.shape[-1])
    return ops.mean(ops.logsumexp(logits, axis=-1) - ops.sum(logits * right, axis=-1))


def code_loss(read: Any, kinds: Any, codes: Any) -> Any:
    """Minus the lower bound of the mutual information of codes and pictures (Chen et al. 2016, eq. 5), but for constants.

    Parameters
    ----------
    read : tensor, shape (batch, values + continuous codes)
        What the second head reads: logits of the categorical code, then means of the continuous ones (variance 1).
    kinds : tensor of int, shape (batch,)
        The categorical code.
    codes : tensor, shape (batch, continuous codes)
        In [-1, 1].
    """
    count = codes.shape[-1]
    read = ops.cast(read, "float32")
    categorical, means = read[:, :-count], read[:, -count:]
    return type_loss(categorical, kinds) + 0.5 * ops.mean(ops.sum(ops.square(means - codes), axis=-1))
