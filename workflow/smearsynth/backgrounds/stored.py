"""Read what the stage `backgrounds` has written."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth import images
from smearsynth.backgrounds.whole import Style
from smearsynth.errors import UserError
from smearsynth.files import inside, read_json

INDEX = "background.json"


@dataclass(frozen=True)
class Styles:
    """The styles of seamless backgrounds.

    Parameters
    ----------
    styles : tuple of Style
    unevenness : float
        Factor on how much the light varies.
    """

    styles: tuple[Style, ...]
    unevenness: float

    @property
    def reference(self) -> np.ndarray:
        """The middle colour of the light, RGB in [0, 255], shape (3,)."""
        return np.median([style.colour for style in self.styles], axis=0)


def read_styles(folder: Path) -> Styles:
    """What ``patches`` has written; a `UserError` where the folder holds another kind."""
    data = _read(folder, "whole")
    patches = [images.read(inside(folder, style["patch"], where=folder / INDEX)) for style in data["styles"]]
    styles = tuple(
        Style(patch, np.array(style["colour"], float), np.array(style["slope"], float))
        for patch, style in zip(patches, data["styles"], strict=True)
    )
    return Styles(styles, data["unevenness"])


def read_blocks(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """The picture that ``blocks`` has written, RGB uint8; a `UserError` where it is of another kind or smaller than `size`."""
    data = _read(folder, "blocks")
    picture = images.read(inside(folder, data["file"], where=folder / INDEX))
    if picture.shape[0] < size[0] or picture.shape[1] < size[1]:
        raise UserError.of(
            str(folder), f"holds {picture.shape[:2]} px, slides have {tuple(size)}", "draw it anew for layouts.size"
        )
    return picture


def _read(folder: Path, kind: str) -> dict:
    data = read_json(folder / INDEX)
    if data.get("kind") != kind:
        raise UserError.of(
            str(folder),
            f"holds a background of kind {data.get('kind')!r}, the renderer needs {kind!r}",
            f"set backgrounds.kind: {kind}",
        )
    return data
