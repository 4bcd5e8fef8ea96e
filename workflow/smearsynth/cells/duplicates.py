"""Pictures that are the same, nearly the same, or cut from the same place of a smear.

Three searches, from certain to approximate: equal pixels; `alike`, the same picture after compression, a small shift or
crop, another colour balance, a mirror or a quarter turn; `overlapping`, two windows of one larger picture, as in sets that
were cut out around each cell, where the neighbour of one picture is the cell in the middle of another.
"""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from scipy import fft

PRINT = 32
"""Side of the reduced picture that `alike` compares: coarse enough to forgive a shift by 1 % of the picture's width."""
COARSE, FINE = 20, 64
"""Sides at which `overlapping` searches all pairs and looks again at what it found."""
COARSE_CORRELATION = 0.85
MIN_OVERLAP = 0.3
"""Least share of a picture that two windows have in common. Below it pictures of other cells correlate by chance."""
MIN_SPREAD = 1.0
"""Grey levels. What varies less is an empty field and is like nothing."""


def fingerprint(picture: np.ndarray) -> np.ndarray:
    """A reduced, band-passed picture (PRINT, PRINT), float32, of mean 0 and norm 1 (below 1 for empty fields)."""
    small = cv2.resize(picture, (PRINT, PRINT), interpolation=cv2.INTER_AREA).astype(np.float32).mean(2)
    small = _band(small, 0.7, 2.0)
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), MIN_SPREAD * PRINT)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """The green channel, where stained cells have most contrast, reduced to (FINE, FINE), uint8."""
    return cv2.resize(picture[..., 1], (FINE, FINE), interpolation=cv2.INTER_AREA)


def _band(picture: np.ndarray, fine: float, coarse: float) -> np.ndarray:
    """What lies between two scales: without it, any dark round cell on a light field is like any other."""
    return cv2.GaussianBlur(picture, (0, 0), fine) - cv2.GaussianBlur(picture, (0, 0), coarse)


def alike(prints: np.ndarray, threshold: float, *, block: int = 2048) -> list[tuple[int, int, float]]:
    """Pairs of pictures that correlate in any of the eight orientations.

    Parameters
    ----------
    prints : ndarray of float32, shape (n, PRINT, PRINT)
        From `fingerprint`.
    threshold : float
        Least correlation.

    Returns
    -------
    list of (i, j, correlation)
        With i < j, sorted.
    """
    flat = prints.reshape(len(prints), -1)
    found: dict[tuple[int, int], float] = {}
    for turns in range(8):
        turned = np.rot90(prints, turns % 4, axes=(1, 2))
        turned = (turned[:, :, ::-1] if turns >= 4 else turned).reshape(len(prints), -1)
        for start in range(0, len(prints), block):
            correlation = flat[start : start + block] @ turned.T
            for row, column in zip(*np.nonzero(correlation >= threshold)):
                i, j = sorted((int(row) + start, int(column)))
                if i < j:
                    found[i, j] = max(found.get((i, j), 0.0), float(correlation[row, column]))
    return [(i, j, value) for (i, j), value in sorted(found.items())]


def overlapping(thumbnails: np.ndarray, threshold: float, *, jobs: int = 1) -> list[tuple[int, int, float]]:
    """Pairs of pictures of one size that are shifted windows of the same place.

    The correlation of the part that two windows share, at every shift that leaves `MIN_OVERLAP` of a picture, comes from
    Fourier transforms; pairs above `COARSE_CORRELATION` at COARSE pixels are looked at again at FINE pixels.

    Parameters
    ----------
    thumbnails : ndarray of uint8, shape (n, FINE, FINE)
        From `thumbnail`.
    threshold : float
        Least correlation at FINE pixels.
    jobs : int
        Threads; the result does not depend on it.

    Returns
    -------
    list of (i, j, correlation)
        With i < j, sorted.
    """
    if len(thumbnails) < 2:
        return []
    coarse = np.stack([cv2.resize(t, (COARSE, COARSE), interpolation=cv2.INTER_AREA) for t in thumbnails])
    search = _Shifted(coarse)

    def later(i: int) -> list[tuple[int, int]]:
        others = np.arange(i + 1, len(coarse))
        return [(i, int(j)) for j in others[search.best(i, others) >= COARSE_CORRELATION]]

    with ThreadPoolExecutor(jobs) as pool:
        candidates = [pair for pairs in pool.map(later, range(len(coarse) - 1)) for pair in pairs]
    result = []
    for i, j in candidates:
        both = np.stack([_band(thumbnails[k].astype(np.float32), 1.0, 4.0) for k in (i, j)])
        value = float(_Shifted(both).best(0, np.array([1]))[0])
        if value >= threshold:
            result.append((i, j, value))
    return result


class _Shifted:
    """Normalised correlation of pictures (n, side, side) over all shifts that leave `MIN_OVERLAP` of them in common."""

    def __init__(self, pictures: np.ndarray):
        side = pictures.shape[1]
        # Shifts wrap around; beyond this side, those that wrap share too little to count.
        self.side = fft.next_fast_len(int(np.ceil(side * (2 - MIN_OVERLAP))), real=True)
        centred = pictures.astype(np.float32)
        centred -= centred.mean((1, 2), keepdims=True)
        padding = ((0, 0), (0, self.side - side), (0, self.side - side))
        padded, ones = np.pad(centred, padding), np.pad(np.ones((1, side, side), np.float32), padding)
        self.spectra = fft.rfft2(padded)
        squares, window = fft.rfft2(padded**2), fft.rfft2(ones)
        common = np.rint(self._correlate(window, window))
        self.allowed = np.flatnonzero(common[0] >= MIN_OVERLAP * side * side)
        common = common[:, self.allowed]

        def spread(sums: np.ndarray, sums_of_squares: np.ndarray) -> np.ndarray:
            return np.sqrt(np.maximum(sums_of_squares - sums**2 / common, MIN_SPREAD**2 * common))

        # Sums over the common part, as the first and as the second of a pair.
        first = self._correlate(self.spectra, window)[:, self.allowed]
        self.second = self._correlate(window, self.spectra)[:, self.allowed]
        self.mean = first / common
        self.first_weight = 1 / spread(first, self._correlate(squares, window)[:, self.allowed])
        self.second_weight = 1 / spread(self.second, self._correlate(window, squares)[:, self.allowed])

    def _correlate(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = fft.irfft2(a * np.conj(b), s=(self.side, self.side))
        return product.reshape(len(product), -1)

    def best(self, i: int, others: np.ndarray) -> np.ndarray:
        """The largest correlation of picture `i` with each of `others`, shape (len(others),)."""
        parts = [np.empty(0, np.float32)]
        # Blocks that stay in the processor's cache.
        for start in range(0, len(others), 64):
            j = others[start : start + 64]
            product = self._correlate(self.spectra[i : i + 1], self.spectra[j])[:, self.allowed]
            correlation = (product - self.mean[i] * self.second[j]) * (self.first_weight[i] * self.second_weight[j])
            parts.append(correlation.max(1))
        return np.concatenate(parts)


def clusters(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    """The smallest member of everything's connected cluster, by union-find."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in pairs:
        a, b = sorted((root(i), root(j)))
        parent[b] = a
    return [root(i) for i in range(count)]
