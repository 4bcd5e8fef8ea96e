"""Drawing smears of any size with a trained field generator, in tiles whose seams nobody can find."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smearsynth import images
from smearsynth.errors import UserError
from smearsynth.files import read_json
from smearsynth.gans import engine, field_planes, field_style, trained
from smearsynth.gans.field_options import FieldOptions
from smearsynth.options import build
from smearsynth.seeds import rng
from smearsynth.structure import Maybe

BLOCK = 128
"""Side of the blocks of noise that have a stream of their own, in pixels of their grid."""
TILE = 1024
"""Side of a tile in pixels unless another is asked for: some 1.5 GiB."""


def load(folder: str | Path, device: str = "auto", *, threads: int | None = None, precision: str = "float32") -> "FieldGenerator":
    """The generator of ``results/<run>/gans/field/``.

    Parameters
    ----------
    folder : path
        With model.json, generator.weights.h5 and styles.npz.
    device : str
        ``auto``, ``cpu`` or ``gpu``.
    threads : int, optional
        Threads of an operation; those of the training unless given.
    precision : str
        ``float32``; ``bfloat16``, faster on machines that compute in it and up to 3 grey levels away; ``auto``, the faster one.

    Raises
    ------
    UserError
        If a file is missing, or the weights are not of the model that model.json describes.
    """
    folder = Path(folder)
    model = read_json(folder / "model.json")
    if not isinstance(model, dict) or model.get("generator") != "field":
        fix = "give the folder of a model that gans field_train has written"
        raise UserError.of(str(folder / "model.json"), "not the model of a field generator", fix)
    model = trained.about(folder, {"weights": str, "um_per_px": Maybe(float)})
    options = build(FieldOptions, model["options"], where=str(folder / "model.json"))
    device = engine.configure(device=device, threads=threads or options.threads)
    if precision == "auto":
        precision = "bfloat16" if engine.computes_in_bfloat16(device) else "float32"
    network = build_network(options, len(model["categories"]), precision=precision, seed=0)
    trained.load_weights(network, folder / "generator.weights.h5", model["weights"])
    styles = field_style.Styles.load(folder / "styles.npz")
    return FieldGenerator(
        network, categories=tuple(model["categories"]), styles=styles, options=options, um_per_px=model.get("um_per_px")
    )


def build_network(options: FieldOptions, types: int, *, precision: str, seed: int) -> Any:
    """The network that `options` describe, for some types, at a precision of its own."""
    from smearsynth.gans.networks import field

    return field.generator(
        seed,
        types=types,
        style=field_style.CODE,
        channels=options.channels,
        conditioning=options.conditioning,
        noise=options.noise,
        precision=precision,
    )


class FieldGenerator:
    """Draws smears.

    Parameters
    ----------
    network : keras.Model
        See `smearsynth.gans.networks.field.generator`.
    categories : sequence of dict
        ``id, name, kind, colour`` of the types, in the order of training.
    styles : Styles
        Of the fields that it was trained on.
    options : FieldOptions
        Of its training.
    um_per_px : float, optional
        Size of its pixels, where known.
    """

    def __init__(
        self,
        network: Any,
        *,
        categories: Sequence[dict],
        styles: field_style.Styles,
        options: FieldOptions,
        um_per_px: float | None = None,
    ):
        from smearsynth.gans.networks import field

        self.categories, self.styles, self.um_per_px = categories, styles, um_per_px
        self.levels, self.stride = len(options.channels), options.stride
        self.reach = field.reach(self.levels)
        """Pixels away from which a label changes nothing, beside those of `field_planes.DEPTH`."""
        self._places = {category["id"]: i for i, category in enumerate(categories, start=1)}
        types = len(categories)

        def draw(label, light, style, *grains):
            return network([field.planes(label, light, types), style, *grains], training=False)

        # One graph for tiles of all sizes: the same pixel is rounded in the same way in each.
        plane = ((1, None, None, 1), "float32")
        label = ((1, None, None, 1 + field.MAPS), "uint8")
        self._draw = engine.compiled(draw, signature=[label, plane, ((1, field_style.CODE), "float32"), *[plane] * self.levels])

    def paint(
        self,
        owners: np.ndarray,
        category_ids: np.ndarray,
        dense: np.ndarray,
        *,
        style: int | np.ndarray,
        key: int,
        tile: int | None = TILE,
    ) -> np.ndarray:
        """Draw a smear.

        Parameters
        ----------
        owners : ndarray of int, shape (height, width)
            Which cell is seen at each pixel: 0 for the empty smear, k for the k-th cell.
        category_ids : ndarray of int, shape (cells,)
            The type of each cell.
        dense : ndarray of bool, shape (height, width)
            Nuclei of white cells.
        style : int or ndarray of float32, shape (len(NAMES),)
            A field of training whose style it takes, or a style as measured; NaN takes what is common.
        key : int
            Of the noise; see `smearsynth.seeds.entropy`.
        tile : int or None
            Side of the tiles in pixels; None draws all at once. No pixel depends on it by more than a grey level.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            RGB.

        Raises
        ------
        UserError
            For a type that it was not trained on, an owner without a type, maps of different sizes or an unknown style.
        """
        height, width = check(owners, category_ids, dense)
        trained.check_types(list(category_ids), self.categories)
        chosen = self.style(style)
        label = field_planes.label(owners, np.array([self._places[int(c)] for c in category_ids], np.uint8), dense)
        # The coarsest grid must end with the picture: the smear goes on as its own mirror image to there.
        label = np.pad(label, (*((0, -side % self.stride) for side in (height, width)), (0, 0)), mode="symmetric")
        code = self.styles.standardised(chosen)[None]
        picture = np.zeros((*label.shape[:2], 3), np.uint8)
        for inner, outer in tiles(picture.shape[:2], tile, margin=self.reach, stride=self.stride):
            light = field_style.plane(chosen, (height, width), *outer)
            grids = [[slice(s.start >> level, s.stop >> level) for s in outer] for level in range(self.levels)]
            grains = [noise(key, level, *grid)[None] for level, grid in enumerate(grids)]
            values = engine.to_numpy(self._draw(label[outer][None], light[None], code, *grains))[0]
            within = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
            picture[inner] = images.from_network(values[within])
        return picture[:height, :width].copy()

    def style(self, chosen: int | np.ndarray) -> np.ndarray:
        """A style without gaps, from its place among those of training or as measured."""
        if isinstance(chosen, int | np.integer) and not 0 <= chosen < len(self.styles.values):
            raise UserError.of("style", f"{chosen}", f"from 0 to {len(self.styles.values) - 1}")
        values = self.styles.values[chosen] if isinstance(chosen, int | np.integer) else np.asarray(chosen)
        if values.shape != (len(field_style.NAMES),):
            raise UserError.of("style", f"of shape {values.shape}", f"the {len(field_style.NAMES)} numbers of a style")
        return self.styles.filled(values)


def check(owners: np.ndarray, category_ids: np.ndarray, dense: np.ndarray) -> tuple[int, int]:
    """The shape of a smear's maps; a `UserError` where they do not fit each other."""
    if owners.ndim != 2 or owners.size == 0 or dense.shape != owners.shape:
        raise UserError.of("label map", f"owners {owners.shape}, dense {dense.shape}", "two maps of the same height and width")
    if owners.min() < 0 or owners.max() > len(category_ids):
        what = f"owners from {owners.min()} to {owners.max()} for {len(category_ids)} cells"
        raise UserError.of("label map", what, "0 for the empty smear and k for the k-th cell, each with a type")
    return owners.shape[0], owners.shape[1]


def tiles(
    shape: tuple[int, int], side: int | None, *, margin: int, stride: int
) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """The tiles of a picture: what each gives, and what it has to see for that.

    Parameters
    ----------
    shape : (height, width)
        Multiples of `stride`.
    side : int or None
        Of a tile, rounded up to a multiple of `stride`; None is all at once.
    margin : int
        Pixels to see around a tile, rounded up likewise; the picture's border ends it.
    stride : int
        Tiles begin and end on the coarsest grid.

    Yields
    ------
    inner, outer : tuple of slice
        Rows and columns.
    """
    side = max(shape) if side is None else max(1, -(-side // stride)) * stride
    margin = -(-margin // stride) * stride
    for top in range(0, shape[0], side):
        for left in range(0, shape[1], side):
            inner = (slice(top, min(top + side, shape[0])), slice(left, min(left + side, shape[1])))
            spans = zip(inner, shape, strict=True)
            rows, columns = (slice(max(s.start - margin, 0), min(s.stop + margin, end)) for s, end in spans)
            yield inner, (rows, columns)


def noise(key: int, level: int, rows: slice, columns: slice) -> np.ndarray:
    """Noise by absolute position: each block of a grid has a stream of its own.

    Parameters
    ----------
    key : int
        Of the picture.
    level : int
        Which grid.
    rows, columns : slice
        Of the grid.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 1)
        Standard normal.
    """
    first, last = ([s // BLOCK for s in ends] for ends in ((rows.start, columns.start), (rows.stop - 1, columns.stop - 1)))
    blocks = [
        [rng(key, "noise", level, i, j).standard_normal((BLOCK, BLOCK), dtype=np.float32) for j in range(first[1], last[1] + 1)]
        for i in range(first[0], last[0] + 1)
    ]
    top, left = first[0] * BLOCK, first[1] * BLOCK
    return np.block(blocks)[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, None]
