"""Guides: the dense region of a cell, kept in coordinates of its outline and bent into others."""

import cv2
import numpy as np
import pytest

from smearsynth.gans import guides
from smearsynth.seeds import rng


def ellipse(side: int, axes: tuple[float, float], turn: float = 0.0) -> np.ndarray:
    canvas = np.zeros((side, side), np.uint8)
    cv2.ellipse(canvas, (side // 2, side // 2), (int(axes[0]), int(axes[1])), turn, 0, 360, 1, -1)
    return canvas.astype(bool)


def cell(mask: np.ndarray, nucleus: np.ndarray, seed: int = 0) -> np.ndarray:
    picture = np.where(nucleus[..., None], (80, 40, 130), (215, 180, 205)) + np.random.default_rng(seed).normal(
        0, 6, (*mask.shape, 3)
    )
    return np.where(mask[..., None], np.clip(picture, 0, 255), 0).astype(np.uint8)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def test_a_nucleus_is_found_and_an_even_cell_has_none():
    mask = ellipse(120, (50, 40))
    nucleus = np.roll(ellipse(120, (22, 15), 30), 9, axis=1)
    assert iou(guides.dense(cell(mask, nucleus), mask), nucleus) > 0.9
    assert not guides.dense(cell(mask, np.zeros_like(mask)), mask).any()


def test_two_lobes_stay_two():
    mask = ellipse(120, (50, 45))
    lobes = np.roll(ellipse(120, (12, 12)), 24, axis=1) | np.roll(ellipse(120, (12, 12)), -24, axis=1)
    bank, regions = guides.measure([cell(mask, lobes)], [mask], [7])
    assert cv2.connectedComponents(regions[0].astype(np.uint8))[0] == 3
    fitted, _ = bank.fit(ellipse(140, (60, 50), 70), 7, rng(1))
    assert cv2.connectedComponents(fitted.astype(np.uint8))[0] == 3


@pytest.mark.parametrize("axes", [(50, 40), (45, 45), (52, 28)])
def test_unrolling_and_rolling_give_the_region_back(axes):
    mask = ellipse(120, axes, 20)
    nucleus = np.roll(ellipse(120, (18, 12), 40), 6, axis=0) & mask
    circle = guides.radius(mask)
    assert iou(guides.roll(guides.unroll(nucleus, *circle), mask, *circle), nucleus) > 0.85


def test_a_fitted_region_lies_in_the_new_outline_with_the_old_share():
    mask = ellipse(120, (50, 40))
    nucleus = ellipse(120, (25, 20))
    bank, _ = guides.measure([cell(mask, nucleus)], [mask], [7])
    for side, axes, turn in ((200, (90, 60), 45), (64, (25, 22), 0)):
        new = ellipse(side, axes, turn)
        fitted, style = bank.fit(new, 7, rng(2, side))
        assert not fitted[~new].any()
        share = np.count_nonzero(fitted) / np.count_nonzero(new)
        assert abs(share - np.count_nonzero(nucleus) / np.count_nonzero(mask)) < 0.05
        np.testing.assert_array_equal(style, bank.styles[0])


def test_the_turn_follows_the_outline():
    """A long cell with a nucleus at its end: in a turned outline the nucleus lies at an end again."""
    mask = ellipse(140, (60, 25))
    nucleus = np.roll(ellipse(140, (14, 14)), 38, axis=1) & mask
    bank, _ = guides.measure([cell(mask, nucleus)], [mask], [7])
    fitted, _ = bank.fit(ellipse(140, (60, 25), 90), 7, rng(3))
    rows, columns = np.nonzero(fitted)
    assert abs(rows.mean() - 70) > 25 and abs(columns.mean() - 70) < 6


def test_keys_choose_among_the_guides_of_the_type_only():
    mask = ellipse(100, (40, 40))
    cells = [cell(mask, ellipse(100, (6 + 3 * i, 6 + 3 * i)), i) for i in range(6)]
    bank, _ = guides.measure(cells, [mask] * 6, [1, 1, 1, 1, 2, 2])
    styles = {tuple(bank.fit(mask, 1, rng(i), tries=1)[1]) for i in range(20)}
    assert 2 <= len(styles) <= 4
    assert styles <= {tuple(style) for style in bank.styles[:4]}
    assert bank.known == {1, 2}


def test_the_style_measures_colour_and_grain():
    mask, nucleus = ellipse(120, (50, 50)), ellipse(120, (20, 20))
    plain = guides.style(cell(mask, nucleus), mask, nucleus)
    np.testing.assert_allclose((plain[:6] + 1) * 127.5, [80, 40, 130, 215, 180, 205], atol=2)
    blurred = cv2.GaussianBlur(cell(mask, nucleus), (0, 0), 2)
    assert guides.style(blurred, mask, nucleus)[8] < 0.5 * plain[8]
    assert plain[9] == pytest.approx(np.count_nonzero(nucleus) / np.count_nonzero(mask))


def test_the_file_of_a_bank_gives_it_back_and_is_the_same_twice(tmp_path):
    mask = ellipse(80, (30, 25))
    bank, _ = guides.measure([cell(mask, ellipse(80, (10, 9)))], [mask], [3])
    for name in ("a", "b"):
        bank.save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = guides.Bank.load(tmp_path / "a.npz")
    for name, value in vars(bank).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)


def test_guides_unlike_their_type_are_not_drawn_with():
    mask, nucleus = ellipse(80, (30, 28)), ellipse(80, (12, 12))
    cells = [cell(mask, nucleus, i) for i in range(9)]
    odd = np.where(mask[..., None] & ~nucleus[..., None], 250, cells[0]).astype(np.uint8)
    bank, _ = guides.measure([*cells, odd], [mask] * 10, [1] * 10)
    typical = bank.typical()
    assert len(typical.category_ids) == 9
    np.testing.assert_array_equal(typical.styles, bank.styles[:9])
