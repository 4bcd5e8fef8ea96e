"""Backgrounds: in the style of real patches, without seams or repetition; the thesis's blocks."""

import json

import cv2
import numpy as np
import pytest
from slide_world import LIGHTS, SIDE, TAXONOMY_JSON, TYPES, Painter, make_catalogue, read

from smearsynth import images
from smearsynth.backgrounds import blocks, light, stored, whole
from smearsynth.backgrounds.options import BackgroundOptions
from smearsynth.backgrounds.patches import choose, crop
from smearsynth.cli import dispatch
from smearsynth.errors import UserError
from smearsynth.seeds import rng


@pytest.fixture(scope="module")
def patch():
    """Grain of a known kind: blurred noise whose channels go together, on a sloping light."""
    noise = np.random.default_rng(1)
    shared = blurred(noise.normal(size=(96, 96)))
    grain = np.stack([3 * shared, 2 * shared + blurred(noise.normal(size=(96, 96))), 2 * shared], axis=-1)
    slope = np.linspace(0, 6, 96)[None, :, None]
    return np.clip(np.rint(200 + slope + 2 * grain), 0, 255).astype(np.uint8)


def blurred(field: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(field, (0, 0), 1.2)
    return smooth / smooth.std()


def flat_style(patch: np.ndarray) -> whole.Style:
    return whole.Style(patch, np.array([200.0, 201.0, 199.0]), np.zeros((2, 3)))


def autocorrelation(field: np.ndarray) -> np.ndarray:
    field = field - field.mean()
    power = np.abs(np.fft.rfft2(field)) ** 2
    result = np.fft.irfft2(power, s=field.shape)
    return result / result[0, 0]


def test_grain_has_the_variance_and_neighbour_correlation_of_the_patch(patch):
    made = whole.grain(patch, (400, 400), np.random.default_rng(2))
    y, x = np.mgrid[:96, :96]
    design = np.column_stack([np.ones(x.size), y.ravel(), x.ravel()])
    flat = patch.reshape(-1, 3).astype(float)
    rest = (flat - design @ np.linalg.lstsq(design, flat, rcond=None)[0]).reshape(96, 96, 3)
    assert made.std((0, 1)) == pytest.approx(rest.std((0, 1)), rel=0.12)
    for lag in (1, 2, 4):
        real = [np.mean(rest[:, lag:, c] * rest[:, :-lag, c]) / rest[..., c].var() for c in range(3)]
        ours = [np.mean(made[:, lag:, c] * made[:, :-lag, c]) / made[..., c].var() for c in range(3)]
        assert ours == pytest.approx(real, abs=0.12)
    assert np.corrcoef(made.reshape(-1, 3).T) == pytest.approx(np.corrcoef(rest.reshape(-1, 3).T), abs=0.1)


def test_nothing_repeats_and_no_seam_shows(patch):
    made = whole.draw(flat_style(patch), (512, 512), rng(1, "test"))
    seen = autocorrelation(made[..., 1].astype(float))
    far = np.hypot(*np.meshgrid(np.fft.fftfreq(512) * 512, np.fft.fftfreq(512) * 512))
    # A tile repeated would give a peak near 1.
    assert seen[far > 24].max() < 0.15
    step = np.abs(np.diff(made.astype(float), axis=1)).mean((0, 2))
    for period in (64, 96, 128, 256):
        at_border = step[period - 1 :: period].mean()
        assert abs(at_border - step.mean()) < 4 * step.std() / np.sqrt(len(step[period - 1 :: period]))


def test_the_tests_would_see_a_tile(patch):
    tiled = np.tile(patch, (6, 6, 1))[:512, :512]
    far = np.hypot(*np.meshgrid(np.fft.fftfreq(512) * 512, np.fft.fftfreq(512) * 512))
    assert autocorrelation(tiled[..., 1].astype(float))[far > 24].max() > 0.5


def test_the_colour_is_that_of_the_style_and_the_light_varies_as_asked(patch):
    style = whole.Style(patch, np.array([210.0, 190.0, 230.0]), np.full((2, 3), 1e-4))
    even = whole.draw(style, (700, 700), rng(1, "a"), unevenness=0.0)
    assert even.mean((0, 1)) == pytest.approx(style.colour, abs=0.5)
    varied = whole.draw(style, (700, 700), rng(1, "a"), unevenness=3.0)
    coarse = varied.reshape(7, 100, 7, 100, 3).mean((1, 3))
    assert np.ptp(coarse, axis=(0, 1)).min() > 4 * np.ptp(even.reshape(7, 100, 7, 100, 3).mean((1, 3)), axis=(0, 1)).max()


@pytest.mark.parametrize("shape", [(256, 256), (257, 900), (1300, 300)])
def test_any_size_and_the_same_bytes_from_the_same_seed(patch, shape):
    style = whole.Style(patch, np.array([210.0, 190.0, 230.0]), np.full((2, 3), 1e-4))
    first = whole.draw(style, shape, rng(3, "slides", 5))
    assert first.shape == (*shape, 3) and first.dtype == np.uint8
    assert (first == whole.draw(style, shape, rng(3, "slides", 5))).all()
    assert (first != whole.draw(style, shape, rng(3, "slides", 6))).any()


def test_light_is_found_beside_cells_that_cover_most_of_a_picture():
    picture = np.full((80, 80, 3), (90, 40, 130), np.uint8)
    picture[:, 40:] = (200, 160, 165)
    picture[:, 74:] = (240, 230, 210)
    assert light.colour(picture) == pytest.approx([240, 230, 210], abs=1)


def test_patches_come_from_training_pictures_one_each(tmp_path):
    file = make_catalogue(tmp_path, each=3)
    chosen = choose(read(file), TYPES, BackgroundOptions("whole", smallest=12), seed=1)
    assert len(chosen) == 12
    assert {cell.split for cell in chosen} == {"train"}
    assert len({cell.image["id"] for cell in chosen}) == 12
    assert crop(chosen[0], chosen[0].picture()).shape == (19, 19, 3)
    assert len(choose(read(file), TYPES, BackgroundOptions("whole", smallest=12, styles=5), seed=1)) == 5
    with pytest.raises(UserError, match="at least 60 px"):
        choose(read(file), TYPES, BackgroundOptions("whole", smallest=60), seed=1)


def test_the_command_writes_styles_that_read_back(tmp_path):
    file = make_catalogue(tmp_path, each=3)
    arguments = ["--options", '{"kind": "whole", "smallest": 12}', "--taxonomy", TAXONOMY_JSON, "--seed", "1"]
    for name in ("a", "b"):
        out = ["--catalogue", str(file), "--out", str(tmp_path / name)]
        assert dispatch("smearsynth.backgrounds", ("patches", "blocks"), ["patches", *arguments, *out]) == 0
    styles = stored.read_styles(tmp_path / "a")
    assert len(styles.styles) == 12
    for style in styles.styles:
        assert min(np.abs(style.colour - np.array(known)).max() for known in LIGHTS) < 2
    assert [f.read_bytes() for f in sorted((tmp_path / "a").rglob("*.*"))] == [
        f.read_bytes() for f in sorted((tmp_path / "b").rglob("*.*"))
    ]
    with pytest.raises(UserError, match=r"kind 'whole'.*needs 'blocks'"):
        stored.read_blocks(tmp_path / "a", (SIDE, SIDE))


def test_blocks_are_the_middle_of_the_left_half_16_by_8():
    """Thesis 3.6: 16 × 8 blocks of 64 × 128 for 1024², each from a square whose left half is background."""
    assert blocks.count((1024, 1024)) == 128
    mask = blocks.half()
    assert mask.shape == (256, 256)
    assert mask[:, :128].all() and not mask[:, 128:].any()
    marked = np.arange(256 * 256 * 3, dtype=np.int64).reshape(256, 256, 3)
    assert (blocks.middle(marked) == marked[64:192, 32:96]).all()


def test_a_block_picture_holds_every_block_once_in_its_place():
    generator = Painter()
    keys = list(range(128))
    picture = blocks.draw(generator, (1024, 1024), category_id=11, keys=keys, batch=50)
    assert picture.shape == (1024, 1024, 3)
    assert generator.calls == [50, 50, 28]
    for number in (0, 15, 16, 127):
        row, column = divmod(number, 16)
        expected = blocks.middle(Painter().one(blocks.half(), 11, number))
        assert (picture[128 * row : 128 * (row + 1), 64 * column : 64 * (column + 1)] == expected).all()


@pytest.mark.parametrize("size", [(256, 256), (300, 500)])
def test_blocks_are_cut_to_the_slide(size):
    assert blocks.draw(Painter(), size, category_id=11, keys=list(range(blocks.count(size)))).shape == (*size, 3)


def test_the_stored_picture_must_be_large_enough(tmp_path):
    images.write(tmp_path / "blocks.png", np.zeros((256, 256, 3), np.uint8))
    (tmp_path / "background.json").write_text(json.dumps({"kind": "blocks", "file": "blocks.png"}))
    assert stored.read_blocks(tmp_path, (256, 256)).shape == (256, 256, 3)
    with pytest.raises(UserError, match="slides have"):
        stored.read_blocks(tmp_path, (512, 512))
