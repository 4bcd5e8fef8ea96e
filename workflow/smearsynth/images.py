"""The only reader and writer of image files; RGB, uint8, axes (row, column, channel)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from smearsynth.errors import UserError
from smearsynth.files import write_bytes

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
ORIENTATION = 274
"""The tag of EXIF and TIFF that tells how a picture is to be turned before it is shown; 1 is not at all."""
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
"""What is told from a file's content; Pillow's other formats, some of which call programs, are not tried."""
MAX_PIXELS = 2**28
"""Larger pictures are refused before they are decoded: 16384² or 20000 × 13421; the largest slide has a quarter of that."""
MAX_BYTES = 4 * MAX_PIXELS
"""Of a picture's file."""
MAX_SCANS = 16 * MAX_PIXELS
"""Pixels of all scans of a JPEG: each is decoded, however few bytes it has."""


def refuse(path: Path, what: str, fix: str) -> UserError:
    """The error for a picture that cannot be used."""
    return UserError.of(str(path), what, fix)


def read(path: str | Path) -> np.ndarray:
    """Read a colour picture.

    Parameters
    ----------
    path : path
        PNG, JPEG, TIFF or BMP with 8 bits a channel; grey is repeated to three channels, alpha is dropped.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, turned and mirrored as the file's orientation tag (EXIF 274) tells: as viewers and annotation tools show it.

    Raises
    ------
    UserError
        If the file is missing, empty, truncated, no picture, larger than `MAX_PIXELS`, of 16 bits, of CMYK, or holds
        more than one picture.
    """
    from PIL import ImageOps

    path = Path(path)
    with _opened(path) as picture:
        mode = picture.mode
        if mode.startswith(("I", "F")):
            raise refuse(path, f"more than 8 bits a channel (mode {mode})", "convert it to 8 bits a channel, RGB")
        if mode == "CMYK":
            raise refuse(path, "CMYK colours", "convert it to RGB with the colour profile of its scanner")
        tags = getattr(picture, "tag_v2", {})
        if max(np.atleast_1d(tags.get(258, 8))) > 8:
            raise refuse(path, "more than 8 bits a channel", "convert it to 8 bits a channel, RGB")
        if picture.format == "PNG" and _png_depth(path) > 8:
            raise refuse(path, "16 bits a channel", "convert it to 8 bits a channel, RGB")
        _one_page(path, picture)
        ImageOps.exif_transpose(picture, in_place=True)
        return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A picture of Pillow whose header alone was read; whatever goes wrong in the block is the file's fault, a `UserError`."""
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise refuse(path, "no such file", "check the file name in the annotations and the folder in the configuration")
    size = path.stat().st_size
    if size == 0:
        raise refuse(path, "the file is empty (0 bytes)", "copy it again from its source, or remove it and its annotation")
    if size > MAX_BYTES:
        raise refuse(path, f"a file of {size:,} bytes, more than {MAX_BYTES:,}", "cut it into smaller pictures")
    # Pillow's own limit lies below ours.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        # Pillow reads the header (mode, size) without decoding and, unlike OpenCV, refuses truncated files.
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise refuse(path, f"{width} × {height} pixels, more than {MAX_PIXELS:,}", "cut it into smaller pictures")
            if picture.format in ("JPEG", "MPO") and path.read_bytes().count(b"\xff\xda") * width * height > MAX_SCANS:
                raise refuse(path, "more scans than a picture has", "save it anew as a JPEG that is not progressive")
            yield picture
    except UserError:
        raise
    except UnidentifiedImageError:
        raise refuse(path, "not a picture that can be read", "give a PNG, JPEG, TIFF or BMP file") from None
    except Image.DecompressionBombError:
        raise refuse(path, f"more than {MAX_PIXELS:,} pixels", "cut it into smaller pictures") from None
    # Decoders raise anything on a file that was damaged on purpose.
    except Exception as error:
        what = f"damaged or truncated ({str(error) or type(error).__name__})"
        raise refuse(path, what, "copy it again from its source, or remove it") from None


def _one_page(path: Path, picture: Any) -> None:
    """Refuse stacks, pyramids and animations: nothing tells which of their pictures is meant.

    The further pictures of a camera's JPEG (MPO) are not pages: by its standard they are previews of the first.
    """
    pages = getattr(picture, "n_frames", 1)
    if pages > 1 and picture.format != "MPO":
        fix = "save the page that is meant (of a focus stack the sharpest, of a pyramid the largest) as a file of its own"
        raise refuse(path, f"holds {pages} pictures (pages, a focus stack, a pyramid or an animation), not one", fix)


def _png_depth(path: Path) -> int:
    """Bits a channel, from the header of a PNG file."""
    with open(path, "rb") as handle:
        header = handle.read(25)
    return header[24] if len(header) == 25 else 8


def read_grey(path: str | Path) -> np.ndarray:
    """Read a single-channel picture (a mask, a label image) without changing its values.

    Returns
    -------
    ndarray of uint8 or uint16, shape (height, width)

    Raises
    ------
    UserError
        If the file is missing, no whole picture, larger than `MAX_PIXELS`, holds more than one picture, or is to be turned
        before it is shown: whether a mask was drawn before or after its picture was turned is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise refuse(path, "no such file", "every picture needs its mask under the same name")
    with _opened(path) as header:
        _one_page(path, header)
        turned = header.getexif().get(ORIENTATION, 1)
        if turned != 1:
            fix = "save the mask as a PNG without an orientation tag, lying as its picture is shown"
            raise refuse(path, f"a mask with an orientation tag (EXIF {ORIENTATION} is {turned})", fix)
        # OpenCV gives what it could read of a truncated file, as if the rest were empty.
        header.load()
        size = header.size
    # OpenCV keeps 16 bits in more kinds of files than Pillow.
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype not in (np.uint8, np.uint16) or image.shape[1::-1] != size:
        raise refuse(path, "not a picture that can be read", "write the mask again as a PNG")
    return image if image.ndim == 2 else cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2GRAY)


def encode_png(image: np.ndarray) -> bytes:
    """PNG bytes of an RGB (height, width, 3) or single-channel (height, width) array of uint8 or uint16."""
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    # Run lengths alone: grain repeats nothing that a search would find, and masks little more. A third faster, and smaller.
    how = [cv2.IMWRITE_PNG_COMPRESSION, 4, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    done, content = cv2.imencode(".png", image, how)
    if not done:
        raise ValueError(f"cannot write an array of {image.dtype} and shape {image.shape} as PNG")
    return content.tobytes()


def write(path: str | Path, image: np.ndarray) -> None:
    """Write an array as PNG, atomically; see `encode_png`."""
    write_bytes(path, encode_png(image))


def to_network(image: np.ndarray) -> np.ndarray:
    """uint8 in [0, 255] to float32 in [-1, 1] (thesis 3.4, `normalize`)."""
    return image.astype(np.float32) / 127.5 - 1.0


def from_network(image: np.ndarray) -> np.ndarray:
    """float in [-1, 1] to uint8 in [0, 255], rounded; values outside are clipped."""
    return np.clip(np.rint((np.asarray(image, np.float32) + 1.0) * 127.5), 0, 255).astype(np.uint8)
