"""Phantoms: drawn cells whose masks are exact and whose types look as haematology describes them."""

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smearsynth.cells.phantoms import KINDS, Phantom, draw
from smearsynth.cells.phantoms.forms import RedCell
from smearsynth.cells.phantoms.morphology import CELLS
from smearsynth.errors import UserError
from smearsynth.seeds import rng

WHITE = [name for name, form in CELLS.items() if not isinstance(form, RedCell) and form.nucleus is not None]
UM = 0.19
SIZE = 180


@cache
def sample(kind: str, count: int = 8) -> tuple[Phantom, ...]:
    return tuple(draw(kind, rng(0, "test", kind, i), size=SIZE, um_per_px=UM) for i in range(count))


def grow(mask: np.ndarray, pixels: int) -> np.ndarray:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return cv2.dilate(mask.astype(np.uint8), shape).astype(bool)


def shrink(mask: np.ndarray, pixels: int) -> np.ndarray:
    return ~grow(~mask, pixels)


def pieces(mask: np.ndarray, *, least: int) -> int:
    """Connected parts of at least `least` pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return int(np.count_nonzero(stats[1:, cv2.CC_STAT_AREA] >= least))


def lobes(nucleus: np.ndarray) -> int:
    """Parts after erosion by 0.45 of the greatest inscribed radius: filaments are thinner than a third of a lobe."""
    inner = cv2.distanceTransform(nucleus.astype(np.uint8), cv2.DIST_L2, 5)
    return pieces(inner > 0.45 * inner.max(), least=3)


def diameter(mask: np.ndarray) -> float:
    return float(2 * np.sqrt(mask.sum() / np.pi)) * UM


def smear_colour(phantom: Phantom) -> np.ndarray:
    return np.median(phantom.picture[~grow(np.any([i.mask for i in phantom.instances], axis=0), 4)], axis=0)


def test_every_white_type_of_the_thesis_is_known():
    thesis = """basophil eosinophil erythroblast lymphocyte monoblast monocyte myelocyte myeloblast neutrophil_band
        neutrophil_segmented promyelocyte promyelocyte_bilobed"""
    assert set(thesis.split()) <= set(KINDS)
    assert {"metamyelocyte", "red_blood_cell", "platelet", "background"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(kind):
    first, again, other = (draw(kind, rng(seed, kind), size=128, um_per_px=0.267) for seed in (1, 1, 2))
    assert first.picture.tobytes() == again.picture.tobytes()
    assert [i.mask.tobytes() for i in first.instances] == [i.mask.tobytes() for i in again.instances]
    assert first.picture.tobytes() != other.picture.tobytes()


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(KINDS), size=st.integers(96, 512), width=st.floats(27.0, 48.0), seed=st.integers(0, 10**6))
def test_any_size_gives_a_whole_cell_in_the_middle(kind, size, width, seed):
    phantom = draw(kind, rng(seed), size=size, um_per_px=width / size)
    assert phantom.picture.shape == (size, size, 3) and phantom.picture.dtype == np.uint8
    first = phantom.instances[0]
    assert first.kind == kind and first.mask.dtype == bool
    assert pieces(first.mask, least=1) == 1
    rows, columns = np.nonzero(first.mask)
    assert rows.min() > 0 and columns.min() > 0 and rows.max() < size - 1 and columns.max() < size - 1
    assert abs(rows.mean() - size / 2) < 0.1 * size and abs(columns.mean() - size / 2) < 0.1 * size
    for instance in phantom.instances:
        assert instance.mask.shape == (size, size) and instance.mask.any()
    # Visible masks share no pixel.
    assert np.sum([i.mask for i in phantom.instances], axis=0).max() == 1


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "background"])
def test_the_mask_is_where_the_cell_is(kind):
    for phantom in sample(kind):
        mask = phantom.instances[0].mask
        others = grow(np.any([np.zeros_like(mask), *(i.mask for i in phantom.instances[1:])], axis=0), 3)
        smear = smear_colour(phantom)
        away = np.abs(phantom.picture.astype(float) - smear).sum(2)
        band = shrink(mask, 1) & ~shrink(mask, 4)
        ring = grow(mask, 5) & ~grow(mask, 2) & ~others
        assert away[band].mean() > 3 * away[ring].mean(), kind
        # At the outline the picture changes: pixels just inside are stained, those just outside are smear.
        assert np.mean(away[band] > 40) > 0.85, kind
        assert np.mean(away[ring] < 40) > 0.95, kind


@pytest.mark.parametrize("kind", ["red_blood_cell", "platelet"])
def test_neighbours_have_masks_too(kind):
    found = [(phantom, i) for name in WHITE[:8] for phantom in sample(name) for i in phantom.instances[1:] if i.kind == kind]
    assert len(found) > 10
    for phantom, neighbour in found:
        core = shrink(neighbour.mask, 2)
        if core.sum() > 20:
            away = np.abs(phantom.picture.astype(float) - smear_colour(phantom)).sum(2)
            assert away[core].mean() > 15, kind


def test_what_no_mask_covers_is_smear():
    for kind in KINDS:
        for phantom in sample(kind)[:4]:
            masks = [i.mask for i in phantom.instances if i.kind != "background"]
            free = ~grow(np.any([np.zeros((SIZE, SIZE), bool), *masks], axis=0), 4)
            away = np.abs(phantom.picture.astype(float) - smear_colour(phantom)).sum(2)
            assert np.mean(away[free] < 40) > 0.995, kind


def test_background_is_a_square_without_cells():
    for phantom in sample("background"):
        square, *around = phantom.instances
        height, width = (np.count_nonzero(square.mask.any(axis)) for axis in (1, 0))
        assert square.mask.sum() == height * width == height**2 and height >= SIZE // 3
        assert not any((square.mask & i.mask).any() for i in around)
        assert phantom.picture[square.mask].std(axis=0).max() < 6


@pytest.mark.parametrize("kind", WHITE)
def test_the_nucleus_lies_in_the_cell_and_is_darker_than_the_cytoplasm(kind):
    for phantom in sample(kind):
        cell = phantom.instances[0]
        assert cell.nucleus.any() and not (cell.nucleus & ~cell.mask).any()
        green = phantom.picture[..., 1].astype(float)
        cytoplasm = cell.mask & ~grow(cell.nucleus, 1)
        if cytoplasm.sum() > 30:
            assert green[cell.nucleus].mean() < green[cytoplasm].mean() - (5 if kind == "basophil" else 12)


def test_cells_without_nucleus_have_none():
    for kind in ("red_blood_cell", "platelet", "background"):
        assert all(phantom.instances[0].nucleus is None for phantom in sample(kind))


def test_segmented_neutrophils_have_lobes_and_bands_have_none():
    segmented = [lobes(p.instances[0].nucleus) for p in sample("neutrophil_segmented", 40)]
    assert min(segmented) >= 2 and max(segmented) >= 4
    assert {lobes(p.instances[0].nucleus) for p in sample("neutrophil_band", 40)} == {1}


def solidity(mask: np.ndarray) -> float:
    """Area over that of the convex hull: 1 for an oval, low for a U."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.vstack(contours))
    return float(mask.sum() / cv2.contourArea(hull))


def test_the_nucleus_is_indented_further_as_the_neutrophil_ripens():
    line = ("myelocyte", "metamyelocyte", "neutrophil_band")
    shapes = [np.mean([solidity(p.instances[0].nucleus) for p in sample(kind, 24)]) for kind in line]
    assert shapes[0] > shapes[1] + 0.02 > shapes[2] + 0.04
    assert np.mean([solidity(p.instances[0].nucleus) for p in sample("monocyte", 24)]) < shapes[0]


def test_sizes_are_ordered_as_in_haematology():
    order = ("platelet", "red_blood_cell", "lymphocyte", "neutrophil_segmented", "monocyte")
    mean = [np.mean([diameter(p.instances[0].mask) for p in sample(kind, 24)]) for kind in order]
    assert mean == sorted(mean)
    assert mean[1] == pytest.approx(7.5, abs=0.4)


def test_blasts_and_lymphocytes_have_the_least_cytoplasm():
    share = {k: np.mean([p.instances[0].nucleus.sum() / p.instances[0].mask.sum() for p in sample(k)]) for k in WHITE}
    assert min(share["lymphocyte"], share["myeloblast"]) > 0.65
    assert max(share["neutrophil_band"], share["neutrophil_segmented"], share["eosinophil"]) < 0.5


def redness(kind: str) -> float:
    """Mean of red less green in the cytoplasm."""
    values = []
    for phantom in sample(kind):
        cell = phantom.instances[0]
        picture = phantom.picture[cell.mask & ~grow(cell.nucleus, 1)].astype(float)
        values.append(np.mean(picture[:, 0] - picture[:, 1]))
    return float(np.mean(values))


def test_eosinophils_are_the_reddest_and_basophilic_cytoplasm_is_blue():
    red = {kind: redness(kind) for kind in WHITE}
    assert max(red, key=red.get) == "eosinophil"
    assert red["eosinophil"] > max(value for kind, value in red.items() if kind != "eosinophil") + 15
    assert max(red["myeloblast"], red["monoblast"], red["lymphocyte"]) < red["neutrophil_segmented"] - 10


def test_basophil_granules_cover_the_nucleus():
    """Dark spots on the nucleus: the darkest tenth lies far below its mean, unlike in a lymphocyte."""

    def spread(kind: str) -> float:
        dark = []
        for phantom in sample(kind):
            red = phantom.picture[..., 0][phantom.instances[0].nucleus].astype(float)
            dark.append(np.mean(red < 70))
        return float(np.mean(dark))

    assert spread("basophil") > 0.4


def test_red_cells_are_pale_in_the_middle():
    def dip(phantom: Phantom) -> float:
        mask = phantom.instances[0].mask
        green = phantom.picture[..., 1].astype(float)
        distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
        relative = distance / distance.max()
        return green[relative > 0.85].mean() - green[(relative > 0.2) & (relative < 0.45)].mean()

    dips = [dip(p) for p in sample("red_blood_cell", 24)]
    assert np.mean(dips) > 8 and np.mean(np.array(dips) > 0) > 0.8


def test_pictures_differ_in_stain():
    colours = np.array([smear_colour(p) for p in sample("lymphocyte", 24)])
    assert 0.3 < colours.std(axis=0).max() < 8


def test_the_picture_owes_nothing_to_the_resolution_but_detail():
    """The same cell type is as large in µm at two resolutions."""
    fine = [draw("monocyte", rng(i), size=360, um_per_px=0.095).instances[0].mask.sum() * 0.095**2 for i in range(12)]
    coarse = [draw("monocyte", rng(i), size=128, um_per_px=0.267).instances[0].mask.sum() * 0.267**2 for i in range(12)]
    assert np.mean(fine) == pytest.approx(np.mean(coarse), rel=0.03)


def test_an_unknown_kind_is_told_with_the_known_ones():
    with pytest.raises(UserError) as caught:
        draw("neutrophile", rng(0))
    assert "neutrophile" in str(caught.value)
    assert all(kind in str(caught.value) for kind in KINDS)


@pytest.mark.parametrize(("size", "um_per_px"), [(96, 0.1), (128, 0.0), (128, -1.0), (64, 0.9)])
def test_a_size_at_which_cells_do_not_fit_is_told_with_the_fix(size, um_per_px):
    with pytest.raises(UserError, match=r"um_per_px|size"):
        draw("monocyte", rng(0), size=size, um_per_px=um_per_px)
