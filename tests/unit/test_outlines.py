"""Outlines of cells: analytic pictures, phantoms, symmetry, refusals, and experts' masks."""

import hashlib

import cv2
import numpy as np
import pytest

from smearsynth import coco, images
from smearsynth.cells import outlines
from smearsynth.cells.outlines import NotFound, Outline
from smearsynth.cells.phantoms import draw
from smearsynth.cells.stain import Palette, lab, nuclei
from smearsynth.cells.star_contour import contour
from smearsynth.seeds import rng

SIDE = 200
SMEAR, CYTOPLASM, NUCLEUS, RED = (243, 226, 205), (206, 186, 214), (95, 55, 140), (222, 160, 150)
TINTS = {"pink": SMEAR, "yellow": (250, 245, 150), "white": (250, 250, 250), "dim": (190, 178, 165)}


def disc(x: float, y: float, a: float, b: float, angle: float = 0.0, side: int = SIDE) -> np.ndarray:
    """An ellipse, as a mask."""
    rows, columns = np.mgrid[:side, :side]
    u, v = columns - x, rows - y
    c, s = np.cos(angle), np.sin(angle)
    return ((c * u + s * v) / a) ** 2 + ((c * v - s * u) / b) ** 2 <= 1


def paint(layers, *, tint=SMEAR, key=0, noise=2.5) -> np.ndarray:
    """Masks painted one over the other on a tinted smear, slightly out of focus and noisy."""
    picture = np.zeros((*layers[0][0].shape, 3)) + tint
    for mask, colour in layers:
        picture[mask] = np.array(colour) * np.array(tint) / SMEAR
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0) + rng(7, "outlines", key).normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def one_cell(angle=0.6, x=100.0, y=96.0):
    cell = disc(x, y, 52, 40, angle)
    return cell, [(cell, CYTOPLASM), (disc(x - 9, y + 4, 26, 22, angle), NUCLEUS)]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def found(picture, prompt=None) -> Outline:
    result = outlines.find(picture, prompt=prompt)
    assert isinstance(result, Outline), result
    return result


@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("boxed", [True, False])
def test_an_ellipse_with_a_nucleus_is_found_on_any_tint(tint, boxed):
    cell, layers = one_cell()
    outline = found(paint(layers, tint=TINTS[tint]), coco.box(cell) if boxed else None)
    assert overlap(outline.cell, cell) > 0.94
    assert overlap(outline.nucleus, layers[1][0]) > 0.85


@pytest.mark.parametrize("boxed", [True, False])
def test_red_cells_that_touch_are_left_out(boxed):
    cell, layers = one_cell()
    around = [disc(100 + 78 * np.cos(t), 96 + 70 * np.sin(t), 27, 27) for t in (0.1, 1.4, 2.9, 4.4)]
    alone = [disc(170, 175, 24, 24), disc(25, 180, 24, 24)]
    red = [(mask & ~cell, RED) for mask in around + alone]
    outline = found(paint(red + layers), coco.box(cell) if boxed else None)
    assert overlap(outline.cell, cell) > 0.9
    assert sum((outline.cell & mask).sum() for mask, _ in red) < 0.06 * cell.sum()


def test_the_box_chooses_among_cells():
    left, right = disc(55, 100, 34, 34), disc(145, 100, 34, 34)
    layers = [(left, CYTOPLASM), (right, CYTOPLASM), (disc(55, 96, 18, 18), NUCLEUS), (disc(145, 96, 18, 18), NUCLEUS)]
    picture = paint(layers)
    for cell in (left, right):
        assert overlap(found(picture, coco.box(cell)).cell, cell) > 0.93


def test_a_small_dark_cell_in_a_large_picture_is_found_without_a_box():
    platelet = disc(180, 178, 21, 17, 0.4, side=360)
    red = [(disc(x, y, 38, 38, side=360), RED) for x, y in ((70, 80), (290, 100), (90, 290), (280, 300))]
    outline = found(paint([*red, (platelet, (130, 90, 165))]))
    assert overlap(outline.cell, platelet) > 0.85


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_has_the_turned_outline(turns):
    cell, layers = one_cell()
    picture = paint([(disc(175, 150, 26, 26) & ~cell, RED), *layers])
    straight = found(picture).cell
    turned = found(np.ascontiguousarray(np.rot90(picture, turns))).cell
    assert overlap(np.rot90(turned, -turns), straight) > 0.97


def test_outlines_are_one_piece_without_holes_and_hold_their_nucleus():
    cell, layers = one_cell()
    hollow = [*layers, (disc(124, 90, 6, 6), SMEAR)]  # a vacuole
    outline = found(paint(hollow))
    parts, _ = cv2.connectedComponents(outline.cell.astype(np.uint8))
    outside, _ = cv2.connectedComponents(np.pad(~outline.cell, 1, constant_values=True).astype(np.uint8), connectivity=4)
    assert (parts, outside) == (2, 2)
    assert not (outline.nucleus & ~outline.cell).any()
    assert overlap(outline.cell, cell) > 0.93


def test_the_same_picture_has_the_same_outline():
    _, layers = one_cell()
    picture = paint(layers)
    before = picture.copy()
    assert np.array_equal(found(picture).cell, found(picture).cell)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("neutrophil_segmented", 0.93),
        ("eosinophil", 0.94),
        ("monocyte", 0.92),
        ("myelocyte", 0.93),
        ("lymphocyte", 0.86),
        ("platelet", 0.8),
    ],
)
@pytest.mark.parametrize("boxed", [True, False])
def test_phantoms_are_found(kind, least, boxed):
    for number in range(2):
        phantom = draw(kind, rng(11, "outlines", kind, number))
        cell = phantom.instances[0].mask
        assert overlap(found(phantom.picture, coco.box(cell) if boxed else None).cell, cell) > least


@pytest.mark.parametrize("size", [5, 60, 200])
@pytest.mark.parametrize("noise", [0.0, 3.0, 20.0])
def test_an_empty_smear_has_no_cell_and_says_why(size, noise):
    picture = paint([(np.zeros((size, size), bool), RED)], noise=noise)
    result = outlines.find(picture)
    assert isinstance(result, NotFound)
    assert len(result.reason) > 10


@pytest.mark.parametrize("size", [60, 120, 300])
def test_pure_noise_has_no_cell(size):
    for number in range(4):
        picture = rng(3, "noise", size, number).integers(0, 256, (size, size, 3)).astype(np.uint8)
        assert isinstance(outlines.find(picture), NotFound)


def test_red_cells_alone_are_no_stained_cell():
    picture = paint([(disc(x, y, 26, 26), RED) for x, y in ((50, 60), (110, 100), (150, 40), (60, 150))])
    assert not nuclei(picture).any()
    assert isinstance(outlines.find(picture), NotFound)


@pytest.mark.parametrize(
    "prompt", [(-60, -60, 20, 20), (500, 20, 40, 40), (20, 500, 40, 40), (100, 100, 0, 0), (100, 100, -9, 30)]
)
def test_a_box_outside_the_picture_or_without_area_finds_nothing(prompt):
    _, layers = one_cell()
    result = outlines.find(paint(layers), prompt=prompt)
    assert isinstance(result, NotFound)
    assert "box" in result.reason


def test_a_box_beside_every_cell_finds_nothing():
    layers = [(disc(60, 60, 30, 30), CYTOPLASM), (disc(60, 60, 16, 16), NUCLEUS)]
    result = outlines.find(paint(layers), prompt=(140, 140, 36, 36))
    assert isinstance(result, NotFound)


def test_a_box_may_pass_the_border_of_the_picture():
    cell = disc(12, 100, 44, 40)
    outline = found(paint([(cell, CYTOPLASM), (disc(16, 98, 20, 20), NUCLEUS)]), (-32, 60, 88, 80))
    assert overlap(outline.cell, cell) > 0.9


def test_the_contour_is_the_region_of_positive_odds_where_that_is_smooth():
    region = disc(90, 110, 50, 36, 0.3)
    odds = np.where(region, 1.0, -1.0)
    flat = np.zeros((*region.shape, 3), np.float32)
    drawn = contour(odds, flat, disc(90, 110, 12, 12), (110.0, 90.0), edges=0.0, stiffness=0.1)
    assert overlap(drawn, region) > 0.95


def test_the_contour_follows_an_edge_where_odds_say_nothing():
    region = disc(100, 100, 45, 45)
    colours = np.where(region[..., None], 40.0, 80.0).astype(np.float32) * np.ones(3, np.float32)
    nothing = np.zeros(region.shape)
    drawn = contour(nothing, colours, disc(100, 100, 20, 20), (96.0, 103.0), edges=12.0)
    assert overlap(drawn, region) > 0.93


def test_densities_sum_to_one_over_the_colours_and_follow_weights():
    picture = np.zeros((40, 40, 3), np.uint8) + np.array(SMEAR, np.uint8)
    picture[:, 20:] = NUCLEUS
    palette = Palette(lab(picture, blur=0.3))
    left = np.zeros((40, 40))
    left[:, :15] = 1
    density = palette.density(left)
    assert density[20, 5] > 1000 * max(density[20, 35], 1e-12)
    assert np.allclose(palette.density(3 * left), density)
    assert palette.density(np.zeros((40, 40))).max() == 0


@pytest.mark.real_data
@pytest.mark.parametrize("boxed", [True, False])
def test_outlines_agree_with_those_of_experts(smearsynth_data, boxed):
    for name, least in (("seg_wbc_d1", 0.92), ("seg_wbc_d2", 0.88)):
        files = sorted((smearsynth_data / name / "images").iterdir())
        tuning = [path for path in files if int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % 2 == 0]
        shares = []
        for path in tuning[:: max(1, len(tuning) // 16)]:
            cell = images.read_grey(smearsynth_data / name / "masks" / path.name) > 0
            result = outlines.find(images.read(path), prompt=coco.box(cell) if boxed else None)
            shares.append(overlap(result.cell, cell) if isinstance(result, Outline) else 0.0)
        assert np.mean(shares) > least
