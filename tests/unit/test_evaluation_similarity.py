"""L1, L2, PSNR and SSIM have the values that they have by hand."""

import numpy as np
import pytest

from smearsynth.evaluation.similarity import compare


@pytest.fixture
def cell():
    picture = np.random.default_rng(0).integers(40, 200, (48, 40, 3)).astype(np.uint8)
    mask = np.zeros((48, 40), bool)
    mask[10:40, 8:33] = True
    return picture, mask


def test_equal_pictures(cell):
    picture, mask = cell
    found = compare(picture, picture, mask)
    assert (found.l1, found.l2, found.psnr) == (0, 0, float("inf"))
    assert found.ssim == pytest.approx(1)


def test_a_constant_difference_of_51_is_a_fifth_of_the_range(cell):
    picture, mask = cell
    found = compare(picture, picture + 51, mask)
    assert found.l1 == pytest.approx(0.2)
    assert found.l2 == pytest.approx(0.04)
    assert found.psnr == pytest.approx(-20 * np.log10(0.2))


def test_l2_weighs_large_differences_more(cell):
    picture, mask = cell
    other = picture.copy()
    rows, columns = np.nonzero(mask)
    half = len(rows) // 2
    other[rows[:half], columns[:half]] += 51
    found = compare(picture, other, mask)
    assert found.l1 == pytest.approx(0.1)
    assert found.l2 == pytest.approx(0.02)


def test_outside_the_mask_nothing_counts_for_l1_l2_psnr(cell):
    picture, mask = cell
    other = picture.copy()
    other[~mask] = 255
    found = compare(picture, other, mask)
    assert (found.l1, found.l2) == (0, 0)


def test_order_does_not_matter_and_noise_lowers_ssim(cell):
    picture, mask = cell
    noise = np.random.default_rng(1).normal(0, 1, picture.shape)
    weak, strong = (np.clip(picture + amount * noise, 0, 255).astype(np.uint8) for amount in (5, 40))
    assert compare(picture, weak, mask).ssim > compare(picture, strong, mask).ssim
    assert compare(picture, weak, mask).ssim == pytest.approx(compare(weak, picture, mask).ssim)


def test_whole_pictures_have_the_ssim_of_scikit_image(cell):
    from skimage.metrics import structural_similarity

    picture, _ = cell
    other = np.clip(picture + np.random.default_rng(1).normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    other[:4] = 0  # The border, which scikit-image leaves out of the mean.
    how = {"channel_axis": 2, "data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    whole = np.ones(picture.shape[:2], bool)
    assert compare(picture, other, whole).ssim == pytest.approx(structural_similarity(picture, other, **how), abs=1e-9)


def test_a_mask_at_the_border_alone_still_has_an_ssim(cell):
    picture, _ = cell
    mask = np.zeros(picture.shape[:2], bool)
    mask[:3] = True
    assert compare(picture, picture, mask).ssim == pytest.approx(1)


def test_black_around_the_cell_changes_nothing(cell):
    picture, mask = cell
    other = np.clip(picture + np.random.default_rng(1).normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    inner = np.where(mask[..., None], picture, 0), np.where(mask[..., None], other, 0)
    wide = [np.pad(image, ((50, 30), (10, 90), (0, 0))) for image in inner]
    assert compare(*inner, mask) == compare(*wide, np.pad(mask, ((50, 30), (10, 90))))


def test_an_empty_mask_and_other_shapes_are_refused(cell):
    picture, mask = cell
    with pytest.raises(ValueError, match="empty"):
        compare(picture, picture, np.zeros_like(mask))
    with pytest.raises(ValueError, match="differ"):
        compare(picture, picture[:-1], mask)
