"""Rows of small pictures with their captions, as one picture."""

from collections.abc import Sequence

import cv2
import numpy as np

TILE = 64
"""Side of a picture in the gallery, px."""
LEFT, TOP = 72, 18
"""Room for the captions, px."""


def strip(title: str, lines: Sequence[np.ndarray], captions: Sequence[str], *, columns: int) -> np.ndarray:
    """Lines of pictures below a title.

    Parameters
    ----------
    title : str
    lines : sequence of ndarray of uint8, shapes (n, size, size, 3)
        n is at most `columns`.
    captions : sequence of str
        Of the lines.
    columns : int
        Room for so many pictures, so that strips of one width can be put below each other.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB on white.
    """
    canvas = np.full((TOP + TILE * len(lines), LEFT + TILE * columns, 3), 255, np.uint8)
    write(canvas, title, 4, 13)
    for row, (pictures, caption) in enumerate(zip(lines, captions, strict=True)):
        top = TOP + TILE * row
        write(canvas, caption, 4, top + TILE // 2)
        for column, picture in enumerate(pictures):
            how = cv2.INTER_AREA if picture.shape[0] > TILE else cv2.INTER_NEAREST
            left = LEFT + TILE * column
            canvas[top : top + TILE, left : left + TILE] = cv2.resize(picture, (TILE, TILE), interpolation=how)
    return canvas


def write(canvas: np.ndarray, text: str, x: int, y: int) -> None:
    """Write black text with its lower left corner at (x, y)."""
    cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
