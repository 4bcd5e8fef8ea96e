"""Pictures lie as viewers show them, and a file with several pictures is never read as its first one in silence."""

import cv2
import numpy as np
import pytest
from PIL import Image

from smearsynth import images
from smearsynth.errors import UserError

# What the eight values of the tag do to a picture before it is shown (EXIF 2.32, table 6).
SHOWN = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


def picture(height: int = 24, width: int = 40) -> np.ndarray:
    """No two of its mirrored and turned forms are alike."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 6, columns * 6, (rows > 5) * 200], axis=-1).astype(np.uint8)


def save(path, array, orientation: int, **how) -> None:
    exif = Image.Exif()
    exif[images.ORIENTATION] = orientation
    Image.fromarray(array).save(path, exif=exif, **how)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
@pytest.mark.parametrize("orientation", SHOWN)
def test_a_picture_is_turned_as_its_tag_tells(tmp_path, suffix, orientation):
    path = tmp_path / f"turned.{suffix}"
    save(path, picture(), orientation, **({"quality": 95, "subsampling": 0} if suffix == "jpg" else {}))
    read, shown = images.read(path), SHOWN[orientation](picture())
    assert read.shape == shown.shape and read.dtype == np.uint8
    assert np.abs(read.astype(int) - shown).mean() <= (2 if suffix == "jpg" else 0)


def test_a_tag_that_makes_no_sense_turns_nothing(tmp_path):
    for name, orientation in (("zero.png", 0), ("nine.png", 9)):
        save(tmp_path / name, picture(), orientation)
        assert np.array_equal(images.read(tmp_path / name), picture())
    Image.fromarray(picture()).save(tmp_path / "damaged.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12")
    assert np.array_equal(images.read(tmp_path / "damaged.png"), picture())


@pytest.mark.parametrize("name, pages", [("stack.tif", 3), ("stack.tiff", 2), ("moving.png", 4)])
def test_several_pictures_in_one_file_are_refused(tmp_path, name, pages):
    path = tmp_path / name
    first, *rest = [Image.fromarray(np.roll(picture(), 3 * i, axis=0)) for i in range(pages)]
    first.save(path, save_all=True, append_images=rest)
    for read in (images.read, images.read_grey):
        with pytest.raises(UserError) as caught:
            read(path)
        message = str(caught.value)
        assert str(path) in message and f"holds {pages} pictures" in message and "fix: save the page" in message


def test_a_cameras_preview_is_no_page(tmp_path):
    main, preview = Image.fromarray(picture()), Image.fromarray(picture(12, 20))
    main.save(tmp_path / "camera.jpg", format="MPO", save_all=True, append_images=[preview], quality=95)
    assert images.read(tmp_path / "camera.jpg").shape == (24, 40, 3)


def test_masks_keep_their_values_and_are_not_turned_unseen(tmp_path):
    levels = picture()[..., 0].astype(np.uint16) * 257
    for suffix in ("png", "tif"):
        cv2.imwrite(str(tmp_path / f"plain.{suffix}"), levels)
        assert np.array_equal(images.read_grey(tmp_path / f"plain.{suffix}"), levels)
        path = tmp_path / f"turned.{suffix}"
        save(path, picture()[..., 0], 6)
        with pytest.raises(UserError, match="orientation tag") as caught:
            images.read_grey(path)
        assert str(path) in str(caught.value) and "fix: save the mask" in str(caught.value)
        save(path, picture()[..., 0], 1)
        assert np.array_equal(images.read_grey(path), picture()[..., 0])
