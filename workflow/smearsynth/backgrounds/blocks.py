"""Draw the thesis's background block by block with a cell generator and store it as one picture (3.6)."""

import argparse
import json
from pathlib import Path
from typing import Protocol

import numpy as np

from smearsynth import images
from smearsynth.backgrounds.options import BackgroundOptions
from smearsynth.errors import UserError
from smearsynth.files import atomic_folder, write_json
from smearsynth.options import loads
from smearsynth.seeds import entropy
from smearsynth.taxonomy import Taxonomy

WINDOW = 256
BLOCK = (128, 64)
"""Height and width of a block. The thesis calls it 64 × 128 and lays 16 × 8 of them over 1024²; as the painted left
half is 128 wide and 256 high, its middle is 64 wide and 128 high, 16 side by side and 8 one above the other."""
MIDDLE = (slice(WINDOW // 4, 3 * WINDOW // 4), slice(WINDOW // 8, 3 * WINDOW // 8))
"""Rows and columns of the block in the picture it is cut from."""


class Generator(Protocol):
    """What draws: see ``smearsynth.gans.sampling.CellGenerator``."""

    def draw(
        self,
        masks: list[np.ndarray],
        category_ids: list[int],
        *,
        keys: list[int],
        only: tuple[slice, slice] | None = None,
    ) -> list[np.ndarray]:
        """Pictures (uint8 RGB) of the masks' sizes; outside the rows and columns `only` they may be black."""
        ...


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("--options", required=True, help="the section backgrounds, as JSON")
    parser.add_argument("--taxonomy", required=True, help="the section taxonomy, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--size", required=True, help="height and width of a slide as JSON, such as [1024,1024]")
    parser.add_argument("--model", type=Path, required=True, help="folder of the trained generator")
    parser.add_argument("--device", default="auto", help="auto, cpu or gpu")
    parser.add_argument("--out", type=Path, required=True, help="folder for background.json and its picture")


def run(args: argparse.Namespace) -> None:
    """Write ``background.json`` and ``blocks.png``."""
    from smearsynth.gans import sampling

    loads(BackgroundOptions, args.options, where="backgrounds")
    taxonomy = Taxonomy.from_config(json.loads(args.taxonomy))
    generator = sampling.load(args.model, device=args.device)
    keys = [entropy(args.seed, "backgrounds", "block", i) for i in range(count(tuple(json.loads(args.size))))]
    picture = draw(generator, tuple(json.loads(args.size)), category_id=category(taxonomy), keys=keys)
    with atomic_folder(args.out) as folder:
        images.write(folder / "blocks.png", picture)
        write_json(
            folder / "background.json", {"kind": "blocks", "file": "blocks.png", "size": list(picture.shape[:2])}, indent=1
        )


def category(taxonomy: Taxonomy) -> int:
    """The id of the background type, which the generator was trained on like any other."""
    found = taxonomy.of_kind("background")
    if not found:
        raise UserError.of("taxonomy", "has no type of kind background", "add one, such as {id: 11, name: background, …}")
    return found[0].id


def grid(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of blocks that cover a slide; 8 and 16 for 1024²."""
    return -(-size[0] // BLOCK[0]), -(-size[1] // BLOCK[1])


def count(size: tuple[int, int]) -> int:
    """How many blocks cover a slide: 128 for 1024²."""
    rows, columns = grid(size)
    return rows * columns


def half() -> np.ndarray:
    """The mask that a block is drawn from: the left half of a square of 256, as a whole one comes out blank."""
    mask = np.zeros((WINDOW, WINDOW), bool)
    mask[:, : WINDOW // 2] = True
    return mask


def middle(picture: np.ndarray) -> np.ndarray:
    """The middle of the left half, which is drawn well; shape (128, 64, 3)."""
    return picture[MIDDLE]


def assemble(blocks: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Blocks (128, 64, 3) side by side, row by row, cut to (height, width, 3)."""
    rows, columns = grid(size)
    lines = [np.concatenate(blocks[r * columns : (r + 1) * columns], axis=1) for r in range(rows)]
    return np.concatenate(lines)[: size[0], : size[1]]


def draw(generator: Generator, size: tuple[int, int], *, category_id: int, keys: list[int], batch: int = 128) -> np.ndarray:
    """A background of blocks, each from a half-filled square (thesis 3.6).

    Parameters
    ----------
    generator : CellGenerator
    size : (height, width)
    category_id : int
        The background's.
    keys : list of int
        One a block, see `count`.
    batch : int
        Blocks asked for at a time; they differ in nothing but their keys, so that a generator can share work among them.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    blocks: list[np.ndarray] = []
    for start in range(0, len(keys), batch):
        part = keys[start : start + batch]
        pictures = generator.draw([half()] * len(part), [category_id] * len(part), keys=part, only=MIDDLE)
        blocks.extend(middle(picture) for picture in pictures)
    return assemble(blocks, size)
