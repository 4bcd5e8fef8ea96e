"""The label map of a whole real field: annotated cells as they are, red cells and platelets found around them.

Unlike `smearsynth.cells.finder`, which takes only what stands alone and is certain, nothing may be left over here: what a
generator is to paint must be labelled where cells touch, overlap or are cut by the frame. What is bluer than the field's red
cells is a platelet, or a white cell that nobody annotated; the rest of what absorbs green light is parted into red cells.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from smearsynth.cells import finder
from smearsynth.pairs import field_parting

BLUER, BLUE = 11.0, 8.0
"""How much bluer the azure dye is than the field's red cells, and than the empty smear, in the finder's unit of `purple`."""
MARGIN = 0.3
"""The pale margin of a platelet is bluer than its surroundings by this share of `BLUER` and `BLUE`."""
COMPACT, LONG = 0.8, 2.0
"""Least solidity and greatest aspect of platelets: the blue fringes of a lens lie around red cells as crescents."""
WANDER = 15.0
"""How far the colour of a field's red cells may lie from that of its source's."""
SPECK, LARGEST_PLATELET = 0.06, 0.5
"""Areas of platelets, in those of a red cell."""
STRAY = 0.25
"""Area, in that of a red cell, from which what is azure and cut by the frame may be a white cell's edge as well as a platelet."""
LEAST_RED, LEAST_CUT = 0.3, 0.03
"""Least area of a red cell, and of one that the frame cuts, in that of a common one; what is smaller is debris."""
RIM = 0.1
"""How far matter around an annotated cell's outline may still be its own, in radii of a red cell."""


@dataclass(frozen=True)
class Reds:
    """What the red cells of a source are like.

    Parameters
    ----------
    area : float
        The common one, in square pixels.
    purple : float
        Their median colour, as `smearsynth.cells.finder.Candidate` has it.
    """

    area: float
    purple: float

    @property
    def radius(self) -> float:
        """Of a disc of that area, in pixels."""
        return float(np.sqrt(self.area / np.pi))


@dataclass(frozen=True)
class FieldLabels:
    """The label map of a field.

    Parameters
    ----------
    owners : ndarray of uint16, shape (height, width)
        0 is empty smear; the annotated cells come first, in their order; every owner has a pixel.
    kinds : tuple of str
        Of the owners after the annotated ones: ``red`` or ``platelet``.
    light : tuple of int
        RGB of the empty smear.
    """

    owners: np.ndarray
    kinds: tuple[str, ...]
    light: tuple[int, int, int]


@dataclass(frozen=True)
class Unlabelled:
    """Why a field has no label map."""

    reason: str


def common(candidates: list[finder.Candidate]) -> Reds | None:
    """What the red cells of a source are like, by what stands alone and is round in all of its fields; None with fewer than five.

    Most of the matter of round pieces is red cells', however many platelets there are: the size around which that matter
    gathers is theirs.
    """
    lone = [c for c in candidates if not c.faint and c.dark < 0.1 and c.solidity > 0.95 and c.aspect < 1.35]
    if len(lone) < 5:
        return None
    areas = np.array([c.area for c in lone])
    amounts, edges = np.histogram(np.log(areas), bins=40, weights=areas)
    mode = ndimage.gaussian_filter1d(amounts, 2).argmax()
    near = np.abs(np.log(areas) - (edges[mode] + edges[mode + 1]) / 2) < 0.4
    if np.count_nonzero(near) < 5:
        return None
    return Reds(float(np.median(areas[near])), float(np.median(np.array([c.purple for c in lone])[near])))


def label(picture: np.ndarray, annotated: list[np.ndarray], reds: Reds) -> FieldLabels | Unlabelled:
    """Label a field.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    annotated : list of ndarray of bool, shape (height, width)
        The annotated cells; where two overlap the pixel is the earlier one's.
    reds : Reds
        Of the field's source, at the picture's scale.
    """
    taken = np.logical_or.reduce(annotated) if annotated else np.zeros(picture.shape[:2], bool)
    ground = smear(picture, taken, reds)
    if ground is None:
        return Unlabelled("no contrast between empty smear and cells")
    solid, faint, light = ground
    owners = np.zeros(taken.shape, np.uint16)
    for number, mask in enumerate(annotated, 1):
        owners[mask & (owners == 0)] = number
    platelets = stained(picture, solid, faint, light, reds)
    for platelet in platelets:
        area = np.count_nonzero(platelet)
        if area > LARGEST_PLATELET * reds.area or (_cut(platelet) and area > STRAY * reds.area):
            return Unlabelled("a white cell, or a heap of platelets, that nobody annotated")
    platelets = [platelet for platelet in platelets if _compact(platelet)]
    found = [("platelet", mask) for mask in platelets]
    rest = solid & ~np.logical_or.reduce(platelets) if platelets else solid
    for mask in field_parting.part(rest, reds.radius):
        if np.count_nonzero(mask) >= (LEAST_CUT if _cut(mask) else LEAST_RED) * reds.area:
            found.append(("red", mask))
    kinds = []
    for kind, mask in found:
        free = mask & (owners == 0)
        if free.any():
            kinds.append(kind)
            owners[free] = len(annotated) + len(kinds)
    red, green, blue = (round(float(value)) for value in light)
    return FieldLabels(owners, tuple(kinds), (red, green, blue))


def smear(picture: np.ndarray, taken: np.ndarray, reds: Reds) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Matter with a solid and with a faint border (bool, outside of `taken`), and the light of the empty smear (RGB).

    Annotated cells are painted over first: their nuclei are so dark that Otsu's threshold would part them from the rest.
    """
    first = finder.matter(picture, finder.FAINT)
    if first is None or not (~first & ~taken).any():
        return None
    light = np.median(picture[~first & ~taken], axis=0)
    hidden = _wider(taken, RIM * reds.radius)
    cleared = np.where(hidden[..., None], light, picture).astype(np.uint8)
    solid, faint = finder.matter(cleared, finder.SOLID), finder.matter(cleared, finder.FAINT)
    if solid is None or faint is None:
        return None
    light = np.median(picture[~faint & ~hidden], axis=0) if (~faint & ~hidden).any() else light
    return solid & ~taken, faint & ~taken, light


def stained(picture: np.ndarray, solid: np.ndarray, faint: np.ndarray, light: np.ndarray, reds: Reds) -> list[np.ndarray]:
    """The pieces that have taken the azure dye of nuclei and platelets, each bool (height, width), disjoint.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    solid, faint : ndarray of bool, shape (height, width)
        Matter that the field's red cells are measured on, and matter that may be stained.
    light : ndarray, shape (3,)
        RGB of the empty smear.
    reds : Reds
        Of the source; the field's own may differ by `WANDER`.
    """
    smooth = cv2.GaussianBlur(picture, (0, 0), max(0.8, 0.05 * reds.radius)).astype(np.float32) / np.maximum(light, 1)
    purple = 128 * (smooth[..., 2] - smooth[..., 0])
    own = float(np.median(purple[solid])) if solid.any() else reds.purple
    own = float(np.clip(own, reds.purple - WANDER, reds.purple + WANDER))
    core = field_parting.opened(faint & (purple > max(own + BLUER, BLUE)), 0.12 * reds.radius)
    margin = faint & (purple > max(own + MARGIN * BLUER, MARGIN * BLUE))
    seeds, count = ndimage.label(core, np.ones((3, 3)))
    # A margin is thinner than its core is wide; farther on lies something else.
    near = _wider(core, 0.2 * reds.radius)
    pieces = watershed(np.zeros(seeds.shape), seeds, mask=core | (margin & near))
    whole = [ndimage.binary_fill_holes(pieces == number) for number in range(1, count + 1)]
    return [piece for piece in whole if np.count_nonzero(piece) >= SPECK * reds.area]


def _wider(mask: np.ndarray, radius: float) -> np.ndarray:
    """A mask with all that is within `radius` pixels of it, at least one."""
    reach = max(1, round(radius))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def _compact(mask: np.ndarray) -> bool:
    """Whether a piece is of a platelet's shape."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    sides = sorted(cv2.minAreaRect(np.concatenate(contours))[1])
    return field_parting.solidity(mask) >= COMPACT and sides[1] + 1 <= LONG * (sides[0] + 1)


def _cut(mask: np.ndarray) -> bool:
    """Whether a mask touches the frame."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())
