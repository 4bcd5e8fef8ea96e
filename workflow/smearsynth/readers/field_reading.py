"""Reading a field: candidates of cells with outline, class and score."""

from dataclasses import dataclass

import numpy as np

from smearsynth import images
from smearsynth.layouts import raster
from smearsynth.layouts.raster import Window
from smearsynth.readers.field_look import stained
from smearsynth.readers.field_reader import FieldReader
from smearsynth.readers.field_sources import resized, white_balanced

FAINTEST = 0.05
"""Candidates of a lower score are not looked at."""
SMALLEST = 1.5
"""Nor are those of a smaller mean radius, in the reader's pixels: a network that has learnt little sees them everywhere."""


@dataclass(frozen=True)
class Found:
    """Candidates in a picture, best first.

    Parameters
    ----------
    outlines : ndarray of float, shape (n, rays, 2)
        Vertices as (x, y) in pixels of the picture; integer coordinates are pixel centres.
    classes : ndarray of int, shape (n,)
        1 is the first class.
    scores : ndarray of float, shape (n,)
        Probability of a cell, times that of its class.
    """

    outlines: np.ndarray
    classes: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, kept: list[int]) -> "Found":
        """The candidates at these places."""
        return Found(self.outlines[kept], self.classes[kept], self.scores[kept])


@dataclass(frozen=True)
class Looked:
    """What the network says of a picture, at the grid points that may lie in a cell.

    Parameters
    ----------
    points : ndarray of int, shape (n, 2)
        (row, column) in pixels.
    scores : ndarray of float32, shape (n,)
        Probability of a cell.
    distances : ndarray of float32, shape (n, rays)
        To the cell's edge, in pixels.
    belief : ndarray of float32, shape (n, classes)
        Probability of each class.
    """

    points: np.ndarray
    scores: np.ndarray
    distances: np.ndarray
    belief: np.ndarray


def look(reader: FieldReader, picture: np.ndarray, *, least: float = FAINTEST) -> Looked:
    """Run the network over a picture at the reader's resolution.

    A picture goes on mirrored beyond its borders, as in training, so that a cell that is cut looks the same at each of them.
    Large pictures are read in overlapping tiles; the overlap is that of the network's reach, so that tiles change no result.

    Parameters
    ----------
    reader : FieldReader
    picture : ndarray of uint8, shape (height, width, 3)
        RGB, light balanced if the reader was trained so.
    least : float
        Least probability of a cell.
    """
    margin = reader.options.margin
    wide = np.pad(picture, [(margin, margin), (margin, margin), (0, 0)], mode="symmetric")
    tiles = tuple(-(-side // reader.options.tile) for side in wide.shape[:2])
    scores, distances, belief, points = reader.model.predict_sparse(
        images.to_network(wide), prob_thresh=least, n_tiles=(*tiles, 1), show_tile_progress=False
    )
    points = points.reshape(-1, 2) - margin
    inside = ((points >= 0) & (points < picture.shape[:2])).all(1)
    kept = inside & (distances.mean(1) >= SMALLEST) if len(distances) else inside
    return Looked(points[kept], scores[kept], distances[kept], belief[kept, 1:])


def candidates(looked: Looked, *, nms: float) -> Found:
    """One candidate for each cell: of two that overlap by more than `nms`, in shares of the smaller one, the better one."""
    from stardist.geometry import dist_to_coord
    from stardist.nms import non_maximum_suppression_sparse

    if not len(looked.scores):
        return Found(np.zeros((0, looked.distances.shape[1], 2)), np.zeros(0, int), np.zeros(0))
    points, scores, distances, kept = non_maximum_suppression_sparse(
        looked.distances, looked.scores, looked.points, nms_thresh=nms
    )
    belief = looked.belief[kept]
    scores = scores.astype(float) * belief.max(1)
    order = np.argsort(-scores, kind="stable")
    # StarDist's vertices are (2, rays) as (row, column).
    outlines = np.moveaxis(dist_to_coord(distances, points), 1, 2)[..., ::-1].astype(float)
    return Found(outlines, belief.argmax(1) + 1, scores).where(order.tolist())


def at_scale(picture: np.ndarray, factor: float) -> np.ndarray:
    """A picture `factor` times as large, and at least one pixel."""
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    return resized(picture, (height, width))


def prepare(reader: FieldReader, picture: np.ndarray, *, factor: float, stain: np.ndarray | None = None) -> np.ndarray:
    """A picture as the reader sees it.

    Parameters
    ----------
    reader : FieldReader
        Balances the light if it was trained so.
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    factor : float
        Reader's pixels in one of the picture's.
    stain : ndarray of float, shape (3, 3), optional
        Map of absorbances to the stain that it was trained on, see `field_look.between`.
    """
    small = at_scale(picture, factor)
    light = white_balanced(small) if reader.options.white_balance else small
    return light if stain is None else stained(light, stain)


def read(
    reader: FieldReader, picture: np.ndarray, *, factor: float, least: float, stain: np.ndarray | None = None
) -> tuple[Found, list[Window]]:
    """The cells of a picture.

    Parameters
    ----------
    reader : FieldReader
    picture : ndarray of uint8, shape (height, width, 3)
        RGB, of any size.
    factor : float
        Reader's pixels in one of the picture's.
    least : float
        Least score, as `even` gives it.
    stain : ndarray of float, shape (3, 3), optional
        See `prepare`.

    Returns
    -------
    Found
        With outlines in the picture's pixels, and even scores.
    list of Window
        Masks within the picture; none is empty.
    """
    small = prepare(reader, picture, factor=factor, stain=stain)
    found = candidates(look(reader, small), nms=reader.thresholds.nms)
    scores = even(found, reader.thresholds.scores)
    ratio = np.array([picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0]])
    outlines = (found.outlines + 0.5) * ratio - 0.5
    masks = [raster.window(outline, picture.shape[:2]) for outline in outlines]
    kept = [at for at in np.argsort(-scores, kind="stable") if scores[at] >= least and masks[at].area]
    return Found(outlines, found.classes, scores).where(kept), [masks[at] for at in kept]


def even(found: Found, thresholds: tuple[float, ...]) -> np.ndarray:
    """Scores in which 0.5 is the threshold of every class: linear below and above it, so that the order within a class stays."""
    cut = np.asarray(thresholds)[found.classes - 1]
    return np.where(found.scores < cut, 0.5 * found.scores / cut, 0.5 + 0.5 * (found.scores - cut) / (1 - cut))
