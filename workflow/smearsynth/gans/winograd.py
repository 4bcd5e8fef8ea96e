"""The thesis's convolutions, 4 × 4 with stride 2, both ways, with half the multiplications (Winograd 1980; Lavin and Gray 2016).

Both are 2 × 2 convolutions in disguise. Halving, a square of 2 × 2 pixels is one place with four times the channels; in
enlarging, a place brings a square of 2 × 2 pixels, and each of the four has a 2 × 2 kernel of its own. Three neighbouring
results of a kernel of two need four products instead of six, and nine in the plane 16 instead of 36. Sums and
differences of inputs, kernel and products do the rest; with the halves they have exact factors, so that the error stays that
of float32's rounding.
"""

from typing import Any

from keras import ops

TILE = 3
"""Results of a tile in each direction; it needs `TILE` + 1 inputs and as many products."""


def halving_weights(kernel: Any) -> Any:
    """The kernel of a convolution for `halve`.

    Parameters
    ----------
    kernel : tensor, shape (4, 4, inputs, outputs)

    Returns
    -------
    tensor, shape (16, 4 · inputs, outputs)
    """
    inputs, outputs = kernel.shape[2:]
    pairs = ops.reshape(kernel, (2, 2, 2, 2, inputs, outputs))  # tap, place in the square; rows, then columns
    return _products(ops.reshape(ops.transpose(pairs, (0, 2, 1, 3, 4, 5)), (2, 2, 4 * inputs, outputs)))


def enlarging_weights(kernel: Any) -> Any:
    """The kernel of a transposed convolution for `enlarge`.

    Parameters
    ----------
    kernel : tensor, shape (4, 4, outputs, inputs)

    Returns
    -------
    tensor, shape (16, inputs, 4 · outputs)
    """
    outputs, inputs = kernel.shape[2:]
    # A place and the one before it bring the odd pixel before the place (taps 2, 0) and the even one at it (3, 1).
    pairs = ops.reshape(ops.take(ops.take(kernel, [2, 3, 0, 1], axis=0), [2, 3, 0, 1], axis=1), (2, 2, 2, 2, outputs, inputs))
    return _products(ops.reshape(ops.transpose(pairs, (0, 2, 5, 1, 3, 4)), (2, 2, inputs, 4 * outputs)))


def halve(x: Any, weights: Any) -> Any:
    """Convolution, 4 × 4, stride 2, "same", of (batch, height, width, inputs) with even sides."""
    batch, height, width, inputs = x.shape
    rows, columns = _tiles(height // 2), _tiles(width // 2)
    # One pixel of zeros before, and the squares that fill the last tile after.
    after = [2 * TILE * (count + 1) - side - 1 for count, side in ((rows, height), (columns, width))]
    x = ops.pad(x, ((0, 0), (1, after[0]), (1, after[1]), (0, 0)))
    x = ops.reshape(x, (batch, x.shape[1] // 2, 2, x.shape[2] // 2, 2, inputs))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (batch, x.shape[1], x.shape[3], 4 * inputs))
    nine = _results(ops.matmul(_sums(x), weights), batch, rows, columns)
    y = ops.stack([ops.stack(line, axis=3) for line in nine], axis=2)
    return ops.reshape(y, (batch, TILE * rows, TILE * columns, y.shape[-1]))[:, : height // 2, : width // 2]


def enlarge(x: Any, weights: Any) -> Any:
    """Transposed convolution, 4 × 4, stride 2, "same", of (batch, height, width, inputs)."""
    batch, height, width, _ = x.shape
    rows, columns = _tiles(height + 1), _tiles(width + 1)
    after = [TILE * (count + 1) - side - 1 for count, side in ((rows, height), (columns, width))]
    x = ops.pad(x, ((0, 0), (1, after[0]), (1, after[1]), (0, 0)))
    nine = _results(ops.matmul(_sums(x), weights), batch, rows, columns)
    outputs = weights.shape[2] // 4
    squares = [[ops.reshape(y, (batch, rows, columns, 2, 2, outputs)) for y in line] for line in nine]
    # (batch, rows, of the tile, of the square, columns, of the tile, of the square, outputs)
    y = ops.stack([ops.stack([ops.transpose(y, (0, 1, 3, 2, 4, 5)) for y in line], axis=4) for line in squares], axis=2)
    y = ops.reshape(y, (batch, 2 * TILE * rows, 2 * TILE * columns, outputs))
    return y[:, 1 : 2 * height + 1, 1 : 2 * width + 1]


def _tiles(results: int) -> int:
    return -(-results // TILE)


def _products(kernel: Any) -> Any:
    """(2, 2, inputs, outputs) to what the 16 sums of inputs are multiplied with."""

    def four(pair):
        return [pair[0], (pair[0] + pair[1]) / 2, (pair[0] - pair[1]) / 2, pair[1]]

    return ops.stack([weight for line in four(kernel) for weight in four(line)])


def _sums(x: Any) -> Any:
    """(batch, rows, columns, inputs), `TILE` a tile and one tile more than are wanted, to (16, tiles, inputs)."""
    batch, height, width, inputs = x.shape
    rows, columns = height // TILE - 1, width // TILE - 1

    def four(parts, count):
        first, second, third, fourth = parts[:, :count, 0], parts[:, :count, 1], parts[:, :count, 2], parts[:, 1:, 0]
        return ops.stack([first - third, second + third, third - second, fourth - second])

    x = four(ops.reshape(x, (batch, rows + 1, TILE, width * inputs)), rows)
    x = four(ops.reshape(x, (4 * batch * rows, columns + 1, TILE, inputs)), columns)
    return ops.reshape(ops.transpose(ops.reshape(x, (4, 4, batch * rows * columns * inputs)), (1, 0, 2)), (16, -1, inputs))


def _results(products: Any, batch: int, rows: int, columns: int) -> list[list[Any]]:
    """(16, tiles, outputs) to the nine results of a tile, each (batch, rows, columns, outputs)."""

    def three(four):
        both = four[1] + four[2]
        return four[0] + both, four[1] - four[2], both + four[3]

    products = ops.reshape(products, (4, 4, batch, rows, columns, products.shape[-1]))
    return [list(three(line)) for line in three(products)]
