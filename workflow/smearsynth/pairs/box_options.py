"""What the label maps of fields with experts' boxes may be told."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.options import unfit
from smearsynth.pairs.field_options import FieldOptions


@dataclass(frozen=True)
class BoxOptions:
    """The section ``pairs.boxes``.

    Parameters
    ----------
    images, boxes : str or None
        Folder of the pictures and COCO file with the boxes, relative to the configuration's ``data``; None where there are none.
    kinds : dict of str to str
        The boxes' categories to ``red``, ``white``, ``platelet``, or ``ignore``: such boxes are left out.
    um_per_px : float or None
        Resolution of the pictures, None where nobody told.
    scale : float
        Pixels of a field to one of its picture.
    red_diameter : float or None
        Of a common red cell, in pixels of the pictures; None measures it, on cells that stand alone.
    test_share : float
        Share of the pictures that teach nothing; which ones, the SHA-256 of their files says.
    """

    images: str | None
    boxes: str | None
    kinds: dict[str, Literal["red", "white", "platelet", "ignore"]]
    um_per_px: float | None
    scale: float
    red_diameter: float | None
    test_share: float

    def __post_init__(self) -> None:
        problems = []
        if (self.images is None) != (self.boxes is None):
            problems.append(Problem("images, boxes", f"got {self.images} and {self.boxes}", "give both, or null for both"))
        fits = self.um_per_px is None or 0.005 <= self.um_per_px <= 5
        problems += unfit(
            self,
            ("um_per_px", fits, "null, or 0.005 to 5 micrometres a pixel"),
            ("test_share", 0 < self.test_share < 1, "above 0, below 1; 0.5 is usual"),
        )
        raise_all(problems)
        FieldOptions(self.scale, self.red_diameter)
