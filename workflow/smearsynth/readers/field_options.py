"""What the field reader may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class FieldAugmentation:
    """How training patches are varied, each anew in every step.

    Parameters
    ----------
    turn : bool
        Turn by quarters and mirror: a smear has no upright position.
    scale : float
        Largest change of size, as a share: 0.2 draws a factor from 1/1.2 to 1.2.
    light : float
        Largest change of the light's brightness, as a share, and of each colour channel by half of it.
    stain : float
        Largest change of the stain: how much more or less light it absorbs, and how far its colours run into each other.
    noise : float
        Largest standard deviation of the camera's noise, in grey levels.
    blur : float
        Largest standard deviation of the blur, in pixels; every second patch stays as sharp as it is.
    """

    turn: bool
    scale: float
    light: float
    stain: float
    noise: float
    blur: float

    def __post_init__(self) -> None:
        largest = {"scale": 1.0, "light": 0.5, "stain": 0.9, "noise": 50.0, "blur": 5.0}
        raise_all(
            Problem(name, f"got {getattr(self, name)}", f"from 0 (off) to {limit:g}")
            for name, limit in largest.items()
            if not 0 <= getattr(self, name) <= limit
        )


@dataclass(frozen=True)
class FieldReaderOptions:
    """StarDist with classes (Schmidt et al. 2018; Weigert and Schmidt 2022), its training and its reading.

    Parameters
    ----------
    classes : str
        ``kinds`` tells red cells, white cells and platelets; ``types`` tells every type of the taxonomy that it is trained on.
    um_per_px : float or None
        Resolution at which it reads, in micrometres a pixel; pictures are brought to it. None takes all pictures as they are.
    rays : int
        Directions in which the distance to a cell's edge is measured.
    grid : int
        Every how many pixels it looks for a cell: 1, 2 or 4.
    depth, filters, features : int
        Levels of the U-Net, filters of its first level, filters of the layer after it.
    patch : int
        Side of a training patch in pixels; a multiple of ``grid * 2 ** depth``.
    margin : int
        Pixels by which pictures go on mirrored beyond their borders, in training and in reading; at most a quarter of the patch.
    batch, steps : int
        Patches a step; optimiser steps.
    learning_rate : float
        Peak rate of Adam; it rises over the first twentieth of the steps and falls to 0 along a cosine.
    balance : float
        Share of the patches that are laid around a cell of a class that is drawn evenly; the others lie anywhere.
    least_visible : float
        Cells of which a smaller share is seen, because others lie on them, are neither taught nor counted against it.
    outline : str
        ``seen`` teaches what is seen of a cell; ``whole`` also the part under another one, where a source knows it: slides do.
    held : float
        Share of the training fields that teach nothing: the thresholds are found on them.
    white_balance : bool
        Divide pictures by the colour of the light between the cells, in training and in reading.
    tile : int
        Side of the tiles in which large pictures are read, in pixels; bounds memory, changes no result.
    device : str
        Where it computes: ``auto`` (a GPU if one is visible), ``cpu``, ``gpu`` (an error if none is visible).
    threads : int
        Threads of the network's arithmetic. Part of the result: another count gives other rounding.
    augmentation : FieldAugmentation
        Variation of the training patches.
    """

    classes: Literal["kinds", "types"]
    um_per_px: float | None
    rays: int
    grid: int
    depth: int
    filters: int
    features: int
    patch: int
    margin: int
    batch: int
    steps: int
    learning_rate: float
    balance: float
    least_visible: float
    outline: Literal["seen", "whole"]
    held: float
    white_balance: bool
    tile: int
    device: Literal["auto", "cpu", "gpu"]
    threads: int
    augmentation: FieldAugmentation

    def __post_init__(self) -> None:
        problems = []

        def wrong(name: str, fix: str) -> None:
            problems.append(Problem(name, f"got {getattr(self, name)}", fix))

        if self.um_per_px is not None and not 0.01 <= self.um_per_px <= 2:
            wrong("um_per_px", "null, or 0.01 to 2 micrometres a pixel")
        if self.grid not in (1, 2, 4):
            wrong("grid", "1, 2 or 4")
        for name, least, most in (("rays", 8, 128), ("depth", 1, 5), ("filters", 4, 128), ("features", 4, 512)):
            if not least <= getattr(self, name) <= most:
                wrong(name, f"{least} to {most}")
        for name in ("batch", "steps", "threads"):
            if getattr(self, name) < 1:
                wrong(name, "a whole number above 0")
        if not problems and (self.patch < 32 or self.patch % self.multiple):
            wrong("patch", f"a multiple of {self.multiple} pixels (grid · 2^depth), at least 32")
        if not 0 <= self.margin <= self.patch / 4:
            wrong("margin", f"0 to {self.patch // 4} pixels, a quarter of the patch")
        if self.tile < 256:
            wrong("tile", "at least 256 pixels")
        if not 0 < self.learning_rate <= 1:
            wrong("learning_rate", "above 0, at most 1; 3.0e-4 is usual")
        for name in ("balance", "least_visible"):
            if not 0 <= getattr(self, name) <= 1:
                wrong(name, "a share from 0 to 1")
        if not 0 < self.held <= 0.5:
            wrong("held", "a share above 0, at most 0.5")
        raise_all(problems)

    @property
    def multiple(self) -> int:
        """Sides of what the network sees are multiples of this, in pixels."""
        return self.grid * 2**self.depth


@dataclass(frozen=True)
class ReadOptions:
    """What a run reads with.

    Parameters
    ----------
    arm : str
        What the field reader was trained on, a name of ``readers.field_arms.arms``.
    um_per_px : float or None
        Resolution of the pictures, in micrometres a pixel; None is that of the reader, or what ``match`` measures.
    match : str or None
        Folder of some fields of the same microscope, that the reader is matched to; None reads pictures as they are.
    retype : str or None
        Classifier of single cells that names the white ones: ``cells`` or ``windows``; None keeps the reader's types.
    retype_scale : float
        The classifier's pixels in one of the pictures', 0.01 to 50.
    """

    arm: str
    um_per_px: float | None
    match: str | None
    retype: Literal["cells", "windows"] | None = None
    retype_scale: float = 1.0

    def __post_init__(self) -> None:
        problems = []
        if self.um_per_px is not None and not 0.005 <= self.um_per_px <= 5:
            problems.append(Problem("um_per_px", f"got {self.um_per_px}", "null, or 0.005 to 5 micrometres a pixel"))
        if not 0.01 <= self.retype_scale <= 50:
            problems.append(Problem("retype_scale", f"got {self.retype_scale}", "0.01 to 50"))
        raise_all(problems)
