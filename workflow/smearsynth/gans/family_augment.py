"""What a critic sees of whole pictures: differentiable augmentation, each picture in its own way."""

from keras import ops


def pictures(pictures, numbers, kinds: tuple[str, ...]):
    """Change real and generated pictures alike before a critic sees them (DiffAugment, Zhao et al. 2020).

    Parameters
    ----------
    pictures : tensor of float32, shape (batch, size, size, 3)
        In [-1, 1].
    numbers : tensor, shape (batch, 8)
        Uniform in [0, 1), drawn by the caller: one row for each picture.
    kinds : tuple of str
        ``colour`` (brightness, contrast, saturation), ``shift`` (up to an eighth of the side, mirrored at the border),
        ``cutout`` (a grey square of half the side).

    Returns
    -------
    tensor of float32, shape (batch, size, size, 3)
    """
    size = pictures.shape[1]
    column = ops.reshape(numbers, (-1, 1, 1, 8))
    if "colour" in kinds:
        grey = ops.mean(pictures, axis=3, keepdims=True)
        pictures = (pictures - grey) * (2.0 * column[..., 6:7]) + grey
        mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
        pictures = (pictures - mean) * (0.5 + column[..., 1:2]) + mean + 0.5 * (column[..., 0:1] - 0.5)
    if "shift" in kinds:
        # A product with a matrix of zeros and ones for each side: a gather for each picture costs far more.
        for place, rule in ((2, "bij,bjwc->biwc"), (3, "bij,bhjc->bhic")):
            by = ops.floor(numbers[:, place] * (2 * (size // 8) + 1)) - size // 8
            from_ = ops.abs(ops.arange(size, dtype="float32")[None] + by[:, None])
            from_ = ops.where(from_ > size - 1, 2.0 * (size - 1) - from_, from_)
            pictures = ops.einsum(rule, ops.one_hot(ops.cast(from_, "int32"), size), pictures)
    if "cutout" in kinds:
        line = ops.arange(size, dtype="float32")
        far_y = ops.abs(ops.reshape(line, (1, -1, 1, 1)) - ops.floor(column[..., 4:5] * size)) > size // 4
        far_x = ops.abs(ops.reshape(line, (1, 1, -1, 1)) - ops.floor(column[..., 5:6] * size)) > size // 4
        pictures = pictures * ops.cast(ops.logical_or(far_y, far_x), pictures.dtype)
    return pictures
