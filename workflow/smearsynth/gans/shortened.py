"""A plane whose equal rows and columns are left out: what the thesis's contracting path makes of a small cell on black.

Away from the cell every level of that path is constant, but for the outermost rows and columns, which see the padding. A
level is therefore known from the middle, one constant row on each side and the two outermost rows; the same holds for
columns. Each kept row stands for as many as were left out beside it, so that means over the plane stay exact.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from keras import ops


@dataclass(frozen=True)
class Shortened:
    """An axis, and the same for rows and columns, from which the same stretch is left out on both sides.

    Parameters
    ----------
    side : int
        Rows of the whole plane.
    start, count : int
        Rows start to start + count are left out, and their mirror image at the other end.
    period : int
        They repeat the `period` rows before them: 1, or 2 after a transposed convolution, which treats odd and even rows
        differently.
    """

    side: int
    start: int = 0
    count: int = 0
    period: int = 1

    @cached_property
    def kept(self) -> np.ndarray:
        """The rows that are left, int32."""
        rows = np.arange(self.side, dtype=np.int32)
        near = np.minimum(rows, self.side - 1 - rows)
        return rows[(near < self.start) | (near >= self.start + self.count)]

    @cached_property
    def place(self) -> np.ndarray:
        """For each row of the whole plane its place among the kept ones, int32 (side,)."""
        rows = np.arange(self.side // 2)
        repeated = self.start - self.period + (rows - self.start) % self.period
        near = np.where(rows < self.start, rows, np.where(rows < self.start + self.count, repeated, rows - self.count))
        return np.concatenate([near, len(self.kept) - 1 - near[::-1]]).astype(np.int32)

    @cached_property
    def shares(self) -> np.ndarray:
        """The share of the plane's pixels that each kept pixel stands for, float32 (kept, kept, 1)."""
        rows = np.bincount(self.place) / self.side
        return np.outer(rows, rows).astype(np.float32)[..., None]

    def doubled(self) -> "Shortened":
        """The same stretch after a transposed convolution of stride 2."""
        return Shortened(2 * self.side, 2 * self.start, 2 * self.count, 2)

    def take(self, x: Any, other: "Shortened") -> Any:
        """`x`, kept as `other` says, (batch, rows, columns, features), with the rows and columns of this one."""
        if self == other:
            return x
        rows = other.place[self.kept]
        return ops.take(ops.take(x, rows, axis=1), rows, axis=2)

    def moments(self, x: Any) -> tuple[Any, Any]:
        """Mean and variance over the whole plane of one picture, each (1, 1, 1, features)."""
        if self.count == 0:
            return ops.moments(x, axes=(1, 2), keepdims=True)
        shares = ops.convert_to_tensor(self.shares, x.dtype)
        mean = ops.sum(x * shares, axis=(1, 2), keepdims=True)
        return mean, ops.sum(ops.square(x - mean) * shares, axis=(1, 2), keepdims=True)


@dataclass(frozen=True)
class Reach:
    """How far from the middle of a 256 px picture something lies, and what may be left out of each level for it.

    Parameters
    ----------
    eighths : int
        All of it lies within 8 · `eighths` pixels of the middle, in rows and columns.
    """

    eighths: int

    @classmethod
    def of(cls, label: np.ndarray) -> "Reach":
        """The reach of what is not black (-1) in a label picture (256, 256, 3)."""
        rows, columns = np.nonzero((label != -1).any(-1))
        places = np.concatenate([rows, columns]) if len(rows) else np.array([128])
        farthest = max(128 - int(places.min()), int(places.max()) + 1 - 128)
        eighths = max(4, -(-farthest // 8))
        return cls(eighths if eighths <= LARGEST else 16)

    @property
    def half(self) -> int:
        """Half the side of the square in the middle that holds it, in pixels."""
        return 8 * self.eighths

    def level(self, side: int) -> Shortened:
        """The contracting path's plane of `side` rows: 256 (the label), 128, 64 or 32."""
        if self.eighths > LARGEST:
            return Shortened(side)
        # On the plane of 32, the first row that sees the cell is 15 - eighths; the outermost and one constant row stay.
        scale = side // 32
        return Shortened(side, 2 * scale, (13 - self.eighths) * scale)

    def skip(self, side: int) -> Shortened:
        """What the transposed convolution of a skip connection needs of the plane of 64 or 32.

        Its odd and even results differ and each sees two rows: two constant rows and one beyond them are kept.
        """
        if self.eighths > LARGEST:
            return Shortened(side)
        return Shortened(side, 3, max(0, 11 - self.eighths if side == 32 else 27 - 2 * self.eighths))


@dataclass(frozen=True)
class Frame:
    """The part of a 256 px picture that is wanted, in pixels: even numbers, the ends not included."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def holding(cls, rows: slice, columns: slice) -> "Frame":
        """The smallest frame that holds these rows and columns."""
        return cls(*(side for part in (rows, columns) for side in (part.start // 2 * 2, -(-part.stop // 2) * 2)))

    @classmethod
    def around(cls, reach: Reach) -> "Frame":
        """The square in the middle that holds all within a reach."""
        return cls(*(2 * (128 - reach.half, 128 + reach.half)))

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns in the picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def cut(self, x: Any, level: Shortened) -> Any:
        """What the frame's pixels depend on in the plane of 128 before the last layer: one pixel more on each side."""
        for axis, (start, stop) in ((1, (self.top, self.bottom)), (2, (self.left, self.right))):
            places = level.place[max(0, start // 2 - 1) : min(128, stop // 2 + 1)]
            if len(places) < 128 or level.count:
                x = ops.take(x, places, axis=axis)
        return x

    def edged(self, x: Any) -> Any:
        """What was `cut`, with zeros where the plane ended."""
        lacks = ((int(start == 0), int(stop == 256)) for start, stop in ((self.top, self.bottom), (self.left, self.right)))
        return ops.pad(x, ((0, 0), *lacks, (0, 0)))


LARGEST = 12
"""Beyond 96 pixels from the middle nothing is left to leave out."""
WHOLE = Reach(16)
"""The reach of what may lie anywhere."""
