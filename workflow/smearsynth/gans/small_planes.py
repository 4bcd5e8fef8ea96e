"""The thesis's convolutions, 4 × 4 with stride 2, both ways, of planes of a few pixels, as one product of matrices each.

There the kernel, 17 MB at 512 features, is far larger than what it is applied to. A library's convolution brings it into an order
of its own at every call, which takes several times as long as the sums; a product of matrices reads it once as it lies. On planes
of one pixel the outer taps meet nothing but the border, and are left out.
"""

from typing import Any

from keras import ops


def halving_weights(kernel: Any, side: int) -> Any:
    """The kernel of a convolution for `halve`.

    Parameters
    ----------
    kernel : tensor, shape (4, 4, inputs, outputs)
    side : int
        Of the planes, even.

    Returns
    -------
    tensor, shape (taps · inputs, outputs)
        All 16 taps, or the 4 inner ones where the side is 2.
    """
    inputs, outputs = kernel.shape[2:]
    if side == 2:
        return ops.reshape(kernel[1:3, 1:3], (4 * inputs, outputs))
    pairs = ops.reshape(kernel, (2, 2, 2, 2, inputs, outputs))  # square, place in the square; rows, then columns
    return ops.reshape(ops.transpose(pairs, (0, 2, 1, 3, 4, 5)), (16 * inputs, outputs))


def enlarging_weights(kernel: Any, side: int) -> Any:
    """The kernel of a transposed convolution for `enlarge`.

    Parameters
    ----------
    kernel : tensor, shape (4, 4, outputs, inputs)
    side : int
        Of the planes.

    Returns
    -------
    tensor, shape (inputs, taps · outputs)
        All 16 taps, or the 4 inner ones where the side is 1.
    """
    inputs = kernel.shape[3]
    taps = kernel[1:3, 1:3] if side == 1 else kernel
    return ops.transpose(ops.reshape(taps, (-1, inputs)))


def halve(x: Any, weights: Any) -> Any:
    """Convolution, 4 × 4, stride 2, "same", of (batch, side, side, inputs) with an even side."""
    batch, side, _, inputs = x.shape
    if side == 2:
        return ops.reshape(ops.matmul(ops.reshape(x, (batch, 4 * inputs)), weights), (batch, 1, 1, -1))
    half = side // 2
    # Squares of 2 × 2 pixels as one place; a result sees two by two of them.
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    x = ops.reshape(x, (batch, half + 1, 2, half + 1, 2, inputs))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, half + 1, half + 1, 4 * inputs))
    seen = ops.concatenate([x[:, a : a + half, b : b + half] for a in (0, 1) for b in (0, 1)], axis=-1)
    return ops.reshape(ops.matmul(ops.reshape(seen, (-1, 16 * inputs)), weights), (batch, half, half, -1))


def enlarge(x: Any, weights: Any) -> Any:
    """Transposed convolution, 4 × 4, stride 2, "same", of (batch, side, side, inputs)."""
    batch, side, _, inputs = x.shape
    y = ops.matmul(ops.reshape(x, (-1, inputs)), weights)
    if side == 1:
        return ops.reshape(y, (batch, 2, 2, -1))
    y = ops.reshape(y, (batch, side, side, 4, 4, -1))
    # A place brings taps 0 and 1 to the odd pixel before it and to its own even one, the place before brings taps 2 and 3.
    none = (0, 0)
    y = ops.pad(y[:, :, :, :2], (none, (0, 1), none, none, none, none)) + ops.pad(
        y[:, :, :, 2:], (none, (1, 0), none, none, none, none)
    )
    y = ops.pad(y[..., :2, :], (none, none, (0, 1), none, none, none)) + ops.pad(
        y[..., 2:, :], (none, none, (1, 0), none, none, none)
    )
    y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (batch, 2 * side + 2, 2 * side + 2, -1))
    return y[:, 1:-1, 1:-1]
