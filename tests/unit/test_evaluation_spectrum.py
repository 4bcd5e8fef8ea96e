"""A checkerboard shows as a peak at its own period; shading, outline and noise do not."""

import cv2
import numpy as np
import pytest

from smearsynth.evaluation.spectrum import mean_power, peak, power, texture

SIZE = 64


@pytest.fixture
def cells():
    """Twelve noisy discs with shading."""
    y, x = np.mgrid[:SIZE, :SIZE]
    pictures, masks = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        mask = (y - 32) ** 2 + (x - 32) ** 2 < rng.uniform(22, 28) ** 2
        picture = 120 + 0.8 * x[..., None] + rng.normal(0, 8, (SIZE, SIZE, 3))
        pictures.append(np.where(mask[..., None], np.clip(picture, 0, 255), 0).astype(np.uint8))
        masks.append(mask)
    return pictures, masks


def test_noise_has_no_peak(cells):
    spectrum = mean_power(*cells)
    assert peak(spectrum, 2) < 3
    assert peak(spectrum, 4) < 3


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("ways", ["rows", "columns", "both"])
def test_a_pattern_peaks_at_its_period(cells, period, ways):
    pictures, masks = cells
    wave = np.cos(2 * np.pi * np.arange(SIZE) / period)
    rows, columns = wave[:, None, None], wave[None, :, None]
    pattern = 6 * {"rows": rows, "columns": columns, "both": rows * columns}[ways]
    marked = [np.clip(p.astype(float) + pattern, 0, 255).astype(np.uint8) for p in pictures]
    assert peak(mean_power(marked, masks), period) > 10 * peak(mean_power(pictures, masks), period)


def test_power_is_scaled_to_the_cell_and_0_for_a_flat_one(cells):
    pictures, masks = cells
    assert power(pictures[0], masks[0]).sum() == pytest.approx(SIZE * SIZE)
    flat = np.repeat(np.where(masks[0][..., None], 130, 0), 3, axis=2).astype(np.uint8)
    assert power(flat, masks[0]).sum() == 0
    assert peak(np.zeros((SIZE, SIZE)), 2) is None


def test_a_size_that_is_no_multiple_is_refused():
    with pytest.raises(ValueError, match="no multiple"):
        peak(np.ones((SIZE, SIZE)), 3)


def test_texture_is_the_deviation_of_the_grain(cells):
    pictures, masks = cells
    # Noise of 8 in each of three channels is 8/√3 in grey; a blur of 3 pixels takes little of it away.
    assert texture(pictures[0], masks[0]) == pytest.approx(8 / np.sqrt(3), rel=0.1)
    everywhere = np.random.default_rng(0).normal(130, 20, (SIZE, SIZE, 3)).astype(np.uint8)
    blurred = cv2.GaussianBlur(everywhere, (0, 0), 2)
    assert texture(blurred, masks[0]) < 0.2 * texture(everywhere, masks[0])
    assert texture(pictures[0], np.zeros_like(masks[0])) is None
