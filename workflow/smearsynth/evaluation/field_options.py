"""What the commands on fields may be told: a dataclass for each, so that a change reruns only what it concerns."""

from dataclasses import dataclass

from smearsynth.errors import Problem, raise_all
from smearsynth.evaluation.interval_options import interval
from smearsynth.options import at_least, unfit

FIELD_KINDS = ("red", "white", "platelet")
"""What is looked for in a field, in the order of the tables."""
IGNORE = "ignore"
"""In the place of a kind: what is found there counts neither for nor against a reader."""


@dataclass(frozen=True)
class FieldsOptions:
    """The section ``evaluation.fields``.

    Parameters
    ----------
    kinds : dict of str to str
        Names of categories, of truth and readers, to one of `FIELD_KINDS` or to ``ignore``. A category that is named as a kind,
        or whose supercategory is a kind, needs no entry.
    count_from : float
        Score from which a found cell is counted in the counting error, from 0 to 1; AP takes all.
    resamples : int
        Bootstrap resamples of the images.
    level : float
        Coverage of the intervals.
    """

    kinds: dict[str, str]
    count_from: float
    resamples: int
    level: float

    def __post_init__(self) -> None:
        problems = interval(self)
        problems += unfit(self, ("count_from", 0 <= self.count_from <= 1, "from 0 to 1; 0 counts all that is found"))
        known = (*FIELD_KINDS, IGNORE)
        problems += [
            Problem(f"kinds.{name}", f"got {kind!r}", f"one of {', '.join(known)}")
            for name, kind in self.kinds.items()
            if kind not in known
        ]
        raise_all(problems)


@dataclass(frozen=True)
class FieldFeaturesOptions:
    """The section ``evaluation.field_features``: what is cut out of fields and slides, fixed before anything is looked at.

    Parameters
    ----------
    side : int
        Side of a crop in pixels.
    crops : int
        Crops of each set, spread evenly over its pictures.
    um_per_px : float or None
        Resolution that all pictures are brought to before they are cut; None takes them as they are, and all have to be equal.
    layers : dict of str to tuple of str
        Of an extractor's network, the layers of the test by depth, early to late; the extractor's own layer follows them.
    around : tuple of str
        Kinds of which every crop shows a cell near its middle, as pictures taken around a cell do; none: crops lie anywhere.
    """

    side: int
    crops: int
    um_per_px: float | None
    layers: dict[str, tuple[str, ...]]
    around: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen = self.um_per_px is None or 0.01 <= self.um_per_px <= 10
        resolution = ("um_per_px", seen, "null, or 0.01 to 10 micrometres a pixel")
        kinds = ("around", set(self.around) <= set(FIELD_KINDS), f"of {', '.join(FIELD_KINDS)}, or none")
        raise_all(at_least(self, {"side": 32, "crops": 8}) + unfit(self, resolution, kinds))


@dataclass(frozen=True)
class FieldDistanceOptions:
    """The section ``evaluation.field_distance``.

    Parameters
    ----------
    resamples : int
        Bootstrap resamples of the pictures.
    level : float
        Coverage of the intervals; their lower ends are what counts.
    """

    resamples: int
    level: float

    def __post_init__(self) -> None:
        raise_all(interval(self))


@dataclass(frozen=True)
class FieldTwoSampleOptions:
    """The section ``evaluation.field_two_sample``.

    Parameters
    ----------
    features : int
        Principal components that the weak judge sees.
    ridge : float
        Penalty of its logistic regression, on components of variance 1.
    folds : int
        Parts of the pictures, each judged by what was learnt from the others.
    resamples : int
        Bootstrap resamples of the pictures.
    level : float
        Coverage of the intervals.
    """

    features: int
    ridge: float
    folds: int
    resamples: int
    level: float

    def __post_init__(self) -> None:
        ridge = ("ridge", self.ridge > 0, "above 0; 1.0 is usual")
        raise_all(at_least(self, {"features": 1, "folds": 2}) + interval(self) + unfit(self, ridge))
