"""A kernel of the engine that Keras's operations do not reach; with `smearsynth.gans.engine` all that depends on TensorFlow."""

from typing import Any


def moments_of_one(x: Any) -> tuple[Any, Any]:
    """Mean and variance of the features of one picture (1, height, width, features), each (1, 1, 1, features).

    ``keras.ops.moments`` in half the time: the kernel of batch normalisation, of which only these are kept.
    """
    import tensorflow as tf

    pixels, features = x.shape[1] * x.shape[2], x.shape[3]
    ones, zeros = tf.ones(features), tf.zeros(features)
    _, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, ones, zeros, is_training=True)
    # The kernel's variance is that of a sample.
    return tf.reshape(mean, (1, 1, 1, -1)), tf.reshape(variance * ((pixels - 1) / pixels), (1, 1, 1, -1))
