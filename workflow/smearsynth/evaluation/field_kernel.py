"""Kernel distance (KID) of crops that come several from a picture, with its interval over pictures.

Crops of one picture share stain, light and cells: they are no independent samples. The unbiased estimate (Gretton et al. 2012,
eq. 3) leaves out pairs of a crop with itself; here all pairs within a picture are left out, which would else make every set
look narrower than it is, and the distance larger. For the same reason pictures are resampled, not crops, and a picture that
a resample holds twice is not compared with its copy.
"""

from dataclasses import dataclass

import numpy as np

from smearsynth.evaluation import kernel


@dataclass(frozen=True)
class PictureSums:
    """Sums of the kernel over all pairs of crops of two pictures, for two sets.

    Parameters
    ----------
    one, other : ndarray of float64, shapes (n, n) and (m, m)
        Within each set.
    between : ndarray of float64, shape (n, m)
    crops_one, crops_other : ndarray of float64, shapes (n,) and (m,)
        Crops of each picture.
    """

    one: np.ndarray
    other: np.ndarray
    between: np.ndarray
    crops_one: np.ndarray
    crops_other: np.ndarray

    def distances(self, weights_one: np.ndarray, weights_other: np.ndarray) -> np.ndarray:
        """The squared discrepancy on resamples.

        Parameters
        ----------
        weights_one, weights_other : ndarray of int, shapes (r, n) and (r, m)
            How often each picture stands in each resample.

        Returns
        -------
        ndarray of float64, shape (r,)
            NaN where a resample has fewer than two different pictures of a set.
        """
        first = _within(self.one, self.crops_one, weights_one)
        second = _within(self.other, self.crops_other, weights_other)
        pairs = (weights_one @ self.crops_one) * (weights_other @ self.crops_other)
        return first + second - 2 * ((weights_one @ self.between) * weights_other).sum(1) / pairs

    def distance(self) -> float:
        """The squared discrepancy of the two sets as they are."""
        return float(self.distances(*(np.ones((1, len(crops)), int) for crops in (self.crops_one, self.crops_other)))[0])


def _within(sums: np.ndarray, crops: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean kernel over pairs of crops of different pictures, for each resample."""
    squares = weights**2
    total = ((weights @ sums) * weights).sum(1) - squares @ np.diag(sums)
    pairs = (weights @ crops) ** 2 - squares @ crops**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pairs > 0, total / pairs, np.nan)


def picture_sums(one: np.ndarray, of_one: np.ndarray, other: np.ndarray, of_other: np.ndarray) -> PictureSums:
    """Sum the kernel over pictures, once; every resample comes from the sums.

    Parameters
    ----------
    one, other : ndarray, shapes (c, d) and (k, d)
        Features of crops.
    of_one, of_other : ndarray of int, shapes (c,) and (k,)
        Picture of each crop.
    """
    members = [(np.unique(of)[None] == of[:, None]).astype(float) for of in (of_one, of_other)]
    sums = [
        _summed(left, right, of_left, of_right)
        for left, of_left, right, of_right in (
            (one, members[0], one, members[0]),
            (other, members[1], other, members[1]),
            (one, members[0], other, members[1]),
        )
    ]
    return PictureSums(*sums, *(of.sum(0) for of in members))


def _summed(left: np.ndarray, right: np.ndarray, of_left: np.ndarray, of_right: np.ndarray) -> np.ndarray:
    """Kernel matrix summed over the pictures of rows and columns, block by block."""
    total = np.zeros((of_left.shape[1], of_right.shape[1]))
    for start in range(0, len(left), kernel.BLOCK):
        rows = slice(start, start + kernel.BLOCK)
        total += of_left[rows].T @ (kernel.cubic(left[rows], right) @ of_right)
    return total
