"""Real fields with experts' boxes, on which a run's readers of fields are compared."""

import re
from dataclasses import dataclass, field

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation.field_options import FIELD_KINDS
from smearsynth.options import unfit


@dataclass(frozen=True)
class FieldTruth:
    """Pictures of one microscope with the boxes that experts drew.

    Parameters
    ----------
    name : str
        Of its folder in the results.
    images : str
        Folder of the pictures, relative to the configuration's ``data``.
    boxes : str
        COCO file with the boxes, relative to ``data``.
    um_per_px : float or None
        Resolution of the pictures; None is that of the reader, or what ``match`` measures.
    match : int
        So many pictures, chosen by the hash of their names, tell each reader size, light and stain, and are not judged; 0: none.
    margins : dict of str to float
        By kind how far the experts' boxes stand off the cells on each side, in pixels of the pictures: found boxes are drawn
        wider by so much before they are compared. ``pairs boxes`` measures it on the part of the pictures that is not judged.
    """

    name: str
    images: str
    boxes: str
    um_per_px: float | None = None
    match: int = 0
    margins: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fits = self.um_per_px is None or 0.005 <= self.um_per_px <= 5
        raise_all(
            unfit(
                self,
                ("name", re.fullmatch(r"[A-Za-z0-9_-]+", self.name) is not None, "letters, digits, - and _"),
                ("um_per_px", fits, "null, or 0.005 to 5 micrometres a pixel"),
                ("match", self.match >= 0, "0 (off) or more; 5 is usual"),
                ("margins", self.margins.keys() <= set(FIELD_KINDS), f"a number for any of {', '.join(FIELD_KINDS)}"),
                ("margins", all(0 <= margin <= 50 for margin in self.margins.values()), "0 to 50 pixels each"),
            )
        )


@dataclass(frozen=True)
class FieldTruthsOptions:
    """The section ``evaluation.field_truths``.

    Parameters
    ----------
    arms : tuple of str
        Training sets of the readers that are compared.
    sets : tuple of FieldTruth
        What they are compared on, each for itself.
    """

    arms: tuple[str, ...]
    sets: tuple[FieldTruth, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.sets]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise_all(Problem("sets", f"two sets are called {name}", "give every set its own name") for name in twice)
        raise_all(unfit(self, ("arms", bool(self.arms), "at least one arm")))
