"""One training for the whole family: what a recipe says is done, for every recipe by the same code."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from smearsynth.gans import engine, family_augment, family_data, objectives
from smearsynth.gans.family import CODES
from smearsynth.gans.family_options import FamilyOptions, recipe
from smearsynth.gans.family_sampling import FamilyGenerator
from smearsynth.gans.networks import family as networks
from smearsynth.pairs.crops import Crops
from smearsynth.seeds import entropy, rng

JUDGED = 64
"""Pictures that are judged at once for the validation."""


class FamilyTraining:
    """What `smearsynth.gans.loop.train` needs to train a model of the family.

    Parameters
    ----------
    options : FamilyOptions
        Lengths, widths, and what is changed in the recipe.
    model : str
        Name of the recipe.
    cells : Crops
        Training cells; some are held for validation.
    seed : int
        Of weights, order, noise and augmentation.
    """

    columns = ("critic_loss", "source_loss", "penalty", "critic_head_loss", "generator_loss", "generator_head_loss")

    def __init__(self, options: FamilyOptions, model: str, cells: Crops, *, seed: int):
        self.options, self.recipe, self.seed, self.steps = options, recipe(options, model), seed, options.steps
        self.size, self.categories = cells.size, cells.categories
        known = {category["id"]: place for place, category in enumerate(self.categories)}
        self.types = len(known)
        held = family_data.held(cells, options.validation)
        self.cells, self.held = cells.at(np.flatnonzero(~held)), cells.at(np.flatnonzero(held))
        self._kinds = np.array([known[category_id] for category_id in self.cells.category_ids], np.int32)
        self._held_kinds = np.array([known[category_id] for category_id in self.held.category_ids], np.int32)
        self._draws = family_data.Draws(self._kinds, options.sampling, entropy(seed, "draws"))
        self.generator = self._network(networks.generator, options.filters, "generator")
        self.averaged = self._network(networks.generator, options.filters, "generator") if self.recipe.ema else None
        self.critic = self._network(networks.critic, options.critic_filters, "critic")
        self.groups = [self.generator.trainable_variables, self.critic.trainable_variables]
        self.optimisers = [self._optimiser(rate) for rate in (self.recipe.generator_rate, self.recipe.critic_rate)]
        for optimiser, group in zip(self.optimisers, self.groups, strict=True):
            optimiser.build(group)
        # The generator's last losses stand in the journal between its updates; rows of the validation: both survive a kill.
        self._last = keras.Variable(np.zeros(2, np.float32), trainable=False, name="last")
        rows = self.steps // options.validate_every if self.recipe.auxiliary == "types" else 0
        self._validation = keras.Variable(np.full((max(rows, 1), 4), np.nan, np.float32), trainable=False, name="validation")
        self._rows = rows
        self._update = engine.compiled(self._step)
        self._judge = engine.compiled(self._head)

    def _network(self, build: Callable[..., keras.Model], filters: int, name: str) -> keras.Model:
        start, precision = entropy(self.seed, name) % 2**31, self.options.precision
        return build(self.recipe, size=self.size, types=self.types, filters=filters, precision=precision, seed=start)

    def _optimiser(self, rate: float) -> keras.optimizers.Optimizer:
        if self.recipe.optimiser == "rmsprop":
            return keras.optimizers.RMSprop(rate)
        first, second = self.recipe.betas
        return keras.optimizers.Adam(rate, beta_1=first, beta_2=second)

    @property
    def variables(self) -> list[keras.Variable]:
        """All that a later step depends on."""
        nets = [net for net in (self.generator, self.critic, self.averaged) if net is not None]
        parts: list[Sequence[Any]] = [*(net.weights for net in nets), *(o.variables for o in self.optimisers)]
        return [*(variable for part in parts for variable in part), self._last, self._validation]

    def saves(self, step: int) -> bool:
        """No states beyond those of ``checkpoint_every``."""
        return False

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The batch of a step, from 0; with ``generator_…`` where the generator learns too, ``mix`` where a penalty is due."""
        count, made = self.options.batch, self.recipe
        places = self._draws.at(step * count, count)
        real = self.cells.pixels[places]
        random = rng(self.seed, "step", step)
        batch = {"real": family_data.turned(real, random) if self.options.turns else real}
        batch |= {"kinds": self._kinds[places], **self._wishes(random, "")}
        if made.constraint in ("interpolated", "real") and step % made.penalty_every == 0:
            batch["mix"] = random.random((count, 1, 1, 1), np.float32)
        if made.augment:
            batch["augment"] = random.random((2 * count, 8), np.float32)
        if (step + 1) % made.critic_steps == 0 and not made.joint:
            batch |= self._wishes(random, "generator_")
            if made.augment:
                batch["generator_augment"] = random.random((count, 8), np.float32)
        return batch

    def _wishes(self, random: np.random.Generator, prefix: str) -> dict[str, np.ndarray]:
        """Noise and, with hidden codes, codes for a batch of generated pictures."""
        count = self.options.batch
        wishes = {f"{prefix}noise": random.standard_normal((count, self.recipe.noise), np.float32)}
        if self.recipe.auxiliary == "codes":
            wishes[f"{prefix}code"] = random.integers(self.types, size=count).astype(np.int32)
            wishes[f"{prefix}codes"] = random.uniform(-1, 1, (count, CODES)).astype(np.float32)
        return wishes

    def update(self, batch: dict[str, np.ndarray]) -> list[float]:
        """One step; the losses in the order of `columns`, before the update."""
        values = [float(value) for value in engine.to_numpy(self._update(batch))]
        step = int(self.optimisers[1].iterations)
        if self._rows and step % self.options.validate_every == 0:
            self._validate(step)
        return values

    def _step(self, batch: dict[str, Any]) -> Any:
        if self.recipe.joint:
            found, (values, generated) = engine.gradients(lambda: self._both(batch), self.groups)
            self._learn(0, found[0])
            self._learn(1, found[1])
        else:
            (gradient,), values = engine.gradients(lambda: self._critic_losses(batch), self.groups[1:])
            self._learn(1, gradient)
            generated = self._last.value
            if "generator_noise" in batch:
                (gradient,), generated = engine.gradients(lambda: self._generator_losses(batch), self.groups[:1])
                self._learn(0, gradient)
        self._last.assign(generated)
        return ops.concatenate([values, generated])

    def _learn(self, which: int, gradient: list[Any]) -> None:
        """Update the generator (0) or the critic (1), and what follows from it."""
        self.optimisers[which].apply(gradient, self.groups[which])
        if which == 1 and self.recipe.constraint == "clip":
            for weight in self.groups[1]:
                weight.assign(ops.clip(weight, -self.recipe.clip, self.recipe.clip))
        if which == 0 and self.averaged is not None:
            # Early averages would hold the random start for long: the decay grows to its value.
            step = ops.cast(self.optimisers[0].iterations, "float32")
            decay = ops.minimum(self.recipe.ema, step / (10.0 + step))
            for average, weight in zip(self.averaged.weights, self.generator.weights, strict=True):
                average.assign(average + (1.0 - decay) * (weight - average))

    def _drawn(self, batch: dict[str, Any], prefix: str) -> Any:
        """Generated pictures of a batch."""
        kinds = batch.get(f"{prefix}code", batch["kinds"])
        told = networks.told(self.recipe, kinds, batch.get(f"{prefix}codes"), self.types)
        return self.generator([batch[f"{prefix}noise"], *told], training=True)

    def _seen(self, pictures: Any, numbers: Any) -> Any:
        """Pictures as the critic sees them."""
        return family_augment.pictures(pictures, numbers, self.recipe.augment) if self.recipe.augment else pictures

    def _asked(self, pictures: Any, kinds: Any, *, training: bool = True) -> list[Any]:
        """What the critic says: scores and, with a second head, its logits."""
        labels = [ops.one_hot(kinds, self.types)] if self.recipe.critic_labels != "none" else []
        said = self.critic([pictures, *labels], training=training)
        return list(said) if isinstance(said, list | tuple) else [said]

    def _scored(self, batch: dict[str, Any], fake: Any) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """Real pictures as seen, generated ones as seen, and what the critic says of each."""
        real = ops.cast(batch["real"], "float32") / 127.5 - 1.0
        if self.recipe.augment:
            seen = self._seen(ops.concatenate([real, fake]), batch["augment"])
            real, fake = ops.split(seen, 2, axis=0)
        kinds = batch["kinds"]
        if self.recipe.critic_norm == "batch":
            # Each kind has statistics of its own (Radford et al. 2016).
            return real, fake, self._asked(real, kinds), self._asked(fake, kinds)
        halves = [
            ops.split(said, 2, axis=0) for said in self._asked(ops.concatenate([real, fake]), ops.concatenate([kinds, kinds]))
        ]
        return real, fake, [half[0] for half in halves], [half[1] for half in halves]

    def _critic_terms(self, batch: dict[str, Any], real: Any, fake: Any, on_real: list[Any], on_fake: list[Any]) -> Any:
        """The critic's loss, and it with its parts: source, penalty, second head."""
        made, kinds = self.recipe, batch["kinds"]
        source = objectives.critic(made.objective, on_real[0], on_fake[0])
        penalty, head = ops.zeros(()), ops.zeros(())
        if "mix" in batch:
            ask = lambda pictures: self._asked(pictures, kinds)[0]  # noqa: E731
            if made.constraint == "interpolated":
                penalty = objectives.gradient_penalty(ask, objectives.interpolated(real, ops.stop_gradient(fake), batch["mix"]))
            else:
                penalty = objectives.zero_penalty(ask, real)
        if made.auxiliary == "types":
            head = objectives.type_loss(on_real[1], kinds)
            if not made.auxiliary_real_only:
                head = head + objectives.type_loss(on_fake[1], kinds)
        elif made.auxiliary == "codes":
            head = objectives.code_loss(on_fake[1], batch["code"], batch["codes"])
        total = source + made.penalty * made.penalty_every * penalty + made.auxiliary_weight * head
        return total, ops.stack([total, source, penalty, head])

    def _generator_terms(self, batch: dict[str, Any], on_fake: list[Any], prefix: str) -> Any:
        """The generator's loss, and it with the part of the second head."""
        made, head = self.recipe, ops.zeros(())
        source = objectives.generator(made.objective, on_fake[0])
        if made.auxiliary == "types":
            head = objectives.type_loss(on_fake[1], batch["kinds"])
        elif made.auxiliary == "codes":
            head = objectives.code_loss(on_fake[1], batch[f"{prefix}code"], batch[f"{prefix}codes"])
        total = source + made.generator_auxiliary_weight * head
        return total, ops.stack([total, head])

    def _critic_losses(self, batch: dict[str, Any]) -> Any:
        seen = self._scored(batch, ops.stop_gradient(self._drawn(batch, "")))
        total, values = self._critic_terms(batch, *seen)
        return (total,), values

    def _generator_losses(self, batch: dict[str, Any]) -> Any:
        fake = self._seen(self._drawn(batch, "generator_"), batch.get("generator_augment"))
        total, values = self._generator_terms(batch, self._asked(fake, batch["kinds"]), "generator_")
        return (total,), values

    def _both(self, batch: dict[str, Any]) -> Any:
        seen = self._scored(batch, self._drawn(batch, ""))
        critic, critic_values = self._critic_terms(batch, *seen)
        generator, generator_values = self._generator_terms(batch, seen[3], "")
        return (generator, critic), (critic_values, generator_values)

    def _head(self, pictures: Any, kinds: Any) -> Any:
        """Logits of the second head for uint8 pictures."""
        return self._asked(ops.cast(pictures, "float32") / 127.5 - 1.0, kinds, training=False)[1]

    def _validate(self, step: int) -> None:
        """Keep accuracy and cross-entropy of the second head on cells trained on and held out, equally many."""
        row = []
        count = max(len(self.held), JUDGED)
        shown = rng(self.seed, "shown").permutation(len(self.cells))[:count]
        for pixels, kinds in (
            (self.cells.pixels[shown], self._kinds[shown]),
            (self.held.pixels, self._held_kinds),
        ):
            logits = self._logits(pixels, kinds)
            row += [float("nan")] * 2 if logits is None else list(named(logits, kinds))
        values = engine.to_numpy(self._validation.value).copy()
        values[step // self.options.validate_every - 1] = row
        self._validation.assign(values)

    def _logits(self, pixels: np.ndarray, kinds: np.ndarray) -> np.ndarray | None:
        """Logits of the second head, in padded batches of one size."""
        parts = []
        for first in range(0, len(pixels), JUDGED):
            part, kind = pixels[first : first + JUDGED], kinds[first : first + JUDGED]
            missing = JUDGED - len(part)
            padded = np.pad(part, ((0, missing), (0, 0), (0, 0), (0, 0))), np.pad(kind, (0, missing))
            parts.append(engine.to_numpy(self._judge(*padded))[: len(part)])
        return np.concatenate(parts) if parts else None

    def validation(self) -> list[list[int | float | None]]:
        """Rows of step, accuracy and cross-entropy on training cells, the same on held-out cells; None where there are none."""
        values = engine.to_numpy(self._validation.value)[: self._rows]
        return [
            [(place + 1) * self.options.validate_every, *(None if np.isnan(v) else float(v) for v in row)]
            for place, row in enumerate(values)
        ]

    @property
    def drawn(self) -> keras.Model:
        """The network that draws after training: the averaged one, if there is one."""
        return self.generator if self.averaged is None else self.averaged

    @cached_property
    def drawing(self) -> FamilyGenerator:
        """What draws cells with the weights as they are when it is asked."""
        return FamilyGenerator(self.drawn, self.recipe, categories=self.categories)


def named(logits: np.ndarray, kinds: np.ndarray) -> tuple[float, float]:
    """Accuracy and mean cross-entropy of logits (n, types) for types (n,)."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    right = logits[np.arange(len(kinds)), kinds]
    return float((logits.argmax(axis=1) == kinds).mean()), float((log_sum - right).mean())
