"""What the family of class-conditional GANs may be told."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all
from smearsynth.gans.family import RECIPES, Recipe
from smearsynth.options import at_least, unfit

NAMES = tuple(RECIPES)
AUGMENTATIONS = ("colour", "shift", "cutout")
COUNTS = ("steps", "filters", "critic_filters", "threads", "log_every", "grid_every", "checkpoint_every", "validate_every")


@dataclass(frozen=True)
class Change:
    """What one model does otherwise than its recipe says; see `smearsynth.gans.family.Recipe` for each.

    Parameters
    ----------
    model : str
        Its name.
    """

    model: str
    generator_rate: float | None = None
    critic_rate: float | None = None
    critic_steps: int | None = None
    noise: int | None = None
    objective: Literal["wasserstein", "cross_entropy", "hinge"] | None = None
    constraint: Literal["none", "clip", "interpolated", "real"] | None = None
    penalty: float | None = None
    penalty_every: int | None = None
    critic_norm: Literal["none", "batch", "spectral"] | None = None
    critic_labels: Literal["none", "planes", "project"] | None = None
    auxiliary_weight: float | None = None
    generator_auxiliary_weight: float | None = None
    augment: tuple[str, ...] | None = None
    ema: float | None = None
    spread: bool | None = None

    def __post_init__(self) -> None:
        limits = {"critic_steps": 1, "noise": 1, "penalty_every": 1}
        limits |= {"penalty": 0, "auxiliary_weight": 0, "generator_auxiliary_weight": 0}
        problems = at_least(self, {name: limit for name, limit in limits.items() if getattr(self, name) is not None})
        problems += unfit(
            self,
            ("model", self.model in NAMES, f"one of {', '.join(NAMES)}"),
            ("generator_rate", self.generator_rate is None or self.generator_rate > 0, "above 0, such as 1.0e-4"),
            ("critic_rate", self.critic_rate is None or self.critic_rate > 0, "above 0, such as 1.0e-4"),
            ("ema", self.ema is None or 0 <= self.ema < 1, "from 0 (off) to below 1, such as 0.998"),
            ("augment", set(self.augment or ()) <= set(AUGMENTATIONS), f"a list of {', '.join(AUGMENTATIONS)}; [] for none"),
        )
        raise_all(problems)


@dataclass(frozen=True)
class FamilyOptions:
    """The section ``gans.family`` of the configuration.

    Parameters
    ----------
    models : tuple of str
        Which models a run trains; may be empty.
    steps : int
        Updates of the critic, each on one batch: equal for all models, and so is the number of real pictures that they see.
    batch : int
        Pictures a step.
    filters, critic_filters : int
        Channels at full resolution; up to eight times as many further in.
    validation : float
        Share of the training cells of each type, by hash, that no model trains on; their types tell how well a second head
        names cells. Types with fewer than five cells keep all of them.
    sampling : str
        ``types``: every type equally often; ``cells``: every cell equally often.
    ema : float
        Decay of the averaged weights that draw, for models whose recipe has none of its own: what a short training did last to
        its
        weights is noise. 0 draws with the last weights, as the papers do. The training itself is the same.
    turns : bool
        Real pictures are turned by quarters and mirrored at random: a smear has no upper side.
    precision : str
        ``bfloat16`` or ``float32`` for the convolutions; weights stay float32.
    device : str
        ``auto``, ``cpu`` or ``gpu``.
    threads : int
        Threads of an operation. Part of the result: other thread counts give other bits.
    log_every, grid_every, checkpoint_every : int
        Steps between rows of ``losses.tsv``, grids of samples, and states to resume from.
    validate_every : int
        Steps between rows of ``validation.tsv``.
    changes : tuple of Change
        What single models do otherwise than their recipes.
    """

    models: tuple[str, ...]
    steps: int
    batch: int = 32
    filters: int = 16
    critic_filters: int = 16
    validation: float = 0.2
    sampling: Literal["types", "cells"] = "types"
    ema: float = 0.99
    turns: bool = True
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    threads: int = 1
    log_every: int = 50
    grid_every: int = 1000
    checkpoint_every: int = 500
    validate_every: int = 200
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        problems = at_least(self, {**dict.fromkeys(COUNTS, 1), "batch": 2})
        problems += unfit(
            self,
            ("validation", 0 <= self.validation <= 0.5, "from 0 to 0.5"),
            ("ema", 0 <= self.ema < 1, "from 0 (off) to below 1, such as 0.99"),
        )
        for name in sorted(set(self.models) - set(NAMES)):
            problems.append(Problem("models", f"{name!r}", f"a list of {', '.join(NAMES)}"))
        told = [change.model for change in self.changes]
        for name in sorted({name for name in told if told.count(name) > 1}):
            problems.append(Problem("changes", f"{name} stands there twice", "one entry for a model"))
        raise_all(problems)
        for name in told:
            problems += [Problem(f"changes: {name}", *wrong) for wrong in contradictions(recipe(self, name))]
        raise_all(problems)


def recipe(options: FamilyOptions, model: str) -> Recipe:
    """A model's recipe, with what the options change in it."""
    found = RECIPES[model]
    if found.ema is None:
        found = dataclasses.replace(found, ema=options.ema)
    for change in options.changes:
        if change.model == model:
            told = {name: value for name, value in dataclasses.asdict(change).items() if name != "model" and value is not None}
            found = dataclasses.replace(found, **told)
    return found


def contradictions(recipe: Recipe) -> list[tuple[str, str]]:
    """What cannot stand together in a recipe, each with its fix."""
    wrong = []
    if recipe.constraint in ("interpolated", "real"):
        how = "a penalty on the gradient of single pictures"
        if recipe.critic_norm == "batch":
            wrong.append((f"{how} with batch normalisation in the critic", "critic_norm: none or spectral"))
        if recipe.spread:
            wrong.append((f"{how} with a critic that compares pictures (spread)", "spread: false"))
    if recipe.joint and recipe.critic_steps > 1:
        wrong.append((f"critic_steps {recipe.critic_steps}, but both networks learn from one pass", "critic_steps: 1"))
    if recipe.joint and recipe.critic_norm == "batch":
        wrong.append(("batch normalisation in a critic that sees real and generated pictures together", "spectral or none"))
    if recipe.critic_labels != "none" and not recipe.labelled:
        wrong.append(("types for the critic, but none for the generator", "critic_labels: none"))
    return wrong


def restricted(options: FamilyOptions, model: str) -> FamilyOptions:
    """The options as far as they concern one model, so that a change to another one trains nothing anew."""
    return dataclasses.replace(
        options, models=(model,), changes=tuple(change for change in options.changes if change.model == model)
    )
