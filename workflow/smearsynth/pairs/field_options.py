"""What the label maps of whole fields may be told."""

from dataclasses import dataclass

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class FieldOptions:
    """The section ``pairs.fields`` of the configuration.

    Parameters
    ----------
    scale : float
        Pixels of a field to one of its picture.
    red_diameter : float or None
        Of a common red cell, in pixels of the pictures; None measures it in each source, on cells that stand alone.
    """

    scale: float = 0.5
    red_diameter: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not 0.1 <= self.scale <= 1:
            problems.append(Problem("scale", f"got {self.scale}", "between 0.1 and 1; 1 keeps the resolution"))
        if self.red_diameter is not None and not self.red_diameter * self.scale >= 12:
            what = f"got {self.red_diameter} px, {self.red_diameter * self.scale:g} px in a field"
            problems.append(Problem("red_diameter", what, "a red cell needs at least 12 px in a field: a larger scale"))
        raise_all(problems)
