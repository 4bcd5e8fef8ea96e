"""What answers to a reading kit say: are the pictures told apart, do they show their type, do readers agree?"""

from dataclasses import dataclass

import numpy as np

from smearsynth import seeds
from smearsynth.evaluation.kit_agreement import cohen, fleiss, krippendorff
from smearsynth.evaluation.kit_answers import MISSING, Answers
from smearsynth.evaluation.kit_intervals import drawn_readers, ends, resampled_share, wilson
from smearsynth.evaluation.kit_options import KitScoreOptions
from smearsynth.evaluation.verdict import reaches

ALL = "all"
"""All sets, all readers or all types."""
CHANCE = 0.5
LEAST = 10
"""Fewer real or synthetic cells than these, resampled, would look surer than they are: no interval of their ratio is given."""
APART, NOT_APART, REVERSED = "told apart", "not told apart from chance", "taken for the other"


@dataclass(frozen=True)
class Score:
    """One number; the fields are the columns of ``kit_scores.tsv``.

    Parameters
    ----------
    measure : str
        ``accuracy`` of real or fake, ``sensitivity`` (fakes called fake), ``specificity`` (real ones called real),
        ``type_real`` and ``type_synthetic`` (named as their type), ``type_ratio`` (the second over the first),
        ``between …`` and ``within …`` (agreement), ``milliseconds`` (median).
    set, type, reader : str
        What it is of; `ALL` for all together.
    answers : int
        Behind it.
    value, low, high : float or None
        None where it is undefined.
    verdict : str
    """

    measure: str
    set: str
    type: str
    reader: str
    answers: int
    value: float | None
    low: float | None = None
    high: float | None = None
    verdict: str = ""


def scores(answers: Answers, options: KitScoreOptions, *, seed: int) -> list[Score]:
    """All scores; repeats count for the agreement within readers alone."""
    found = []
    for name in (ALL, *answers.sets) if len(answers.sets) > 1 else (ALL,):
        inside = answers.first & ((answers.beside == name) | (name == ALL))
        found += _judgements(answers, inside, name, options, seed=seed)
        if answers.types:
            found += _types(answers, inside, name, options, seed=seed)
    found += _between(answers, options, seed=seed) + _within(answers)
    for place, reader in enumerate(answers.readers):
        times = answers.milliseconds[place, answers.first]
        found.append(Score("milliseconds", ALL, ALL, reader, int(np.isfinite(times).sum()), _median(times)))
    return found


def _judgements(answers: Answers, inside: np.ndarray, name: str, options: KitScoreOptions, *, seed: int) -> list[Score]:
    right = np.where(answers.says_fake == MISSING, np.nan, answers.says_fake == answers.fake)
    found = []
    for measure, items in (("accuracy", inside), ("sensitivity", inside & answers.fake), ("specificity", inside & ~answers.fake)):
        for score in shares(measure, right[:, items], answers.readers, options, set=name, seed=seed):
            word = told_apart(score) if measure == "accuracy" else ""
            found.append(Score(**{**vars(score), "verdict": word}))
    return found


def told_apart(score: Score) -> str:
    """What an accuracy says: its interval lies above chance, holds it, or lies below."""
    if score.low is None or score.high is None:
        return "n/a"
    return APART if score.low > CHANCE else REVERSED if score.high < CHANCE else NOT_APART


def shares(
    measure: str, right: np.ndarray, readers: tuple[str, ...], options: KitScoreOptions, *, set: str, type: str = ALL, seed: int
) -> list[Score]:
    """Share of right answers of each reader (Wilson's interval), and of all (with several, a bootstrap over readers and items).

    Parameters
    ----------
    right : ndarray of float, shape (readers, n)
        1 right, 0 wrong, nan no answer.
    """
    found = []
    for reader, answered in [*zip(readers, right), (ALL, right)]:
        known = answered[np.isfinite(answered)]
        value = float(known.mean()) if len(known) else None
        low_high = wilson(int(known.sum()), len(known), level=options.level)
        if reader == ALL and len(readers) > 1 and value is not None:
            if value in (0.0, 1.0):
                # Nothing varies that could be resampled; readers of the same items are then counted as one.
                items = int(np.isfinite(right).any(0).sum())
                low_high = wilson(round(value * items), items, level=options.level)
            else:
                rng = seeds.rng(seed, "evaluation", "kit_score", measure, set, type)
                drawn = drawn_readers(len(readers), rng, resamples=options.resamples)
                low_high = ends(resampled_share(right, drawn, rng), level=options.level)
        found.append(Score(measure, set, type, reader, len(known), value, *(low_high or (None, None))))
    return found


def _types(answers: Answers, inside: np.ndarray, name: str, options: KitScoreOptions, *, seed: int) -> list[Score]:
    """Types named rightly on real and on synthetic cells, and their ratio: could a cell be of this type (thesis 3.4)?"""
    right = np.where(answers.named == MISSING, np.nan, answers.named == answers.true_type)
    found = []
    for place, type_name in [(None, ALL), *enumerate(answers.types)]:
        of_type = inside if place is None else inside & (answers.true_type == place)
        real, synthetic = right[:, of_type & ~answers.fake], right[:, of_type & answers.fake]
        for measure, part in (("type_real", real), ("type_synthetic", synthetic)):
            of = shares(measure, part, answers.readers, options, set=name, type=type_name, seed=seed)
            # Of single types a reader sees a handful: only all readers together are told.
            found += of if place is None else of[-1:]
        found.append(_ratio(real, synthetic, name, type_name, options, seed=seed))
    return found


def _ratio(real: np.ndarray, synthetic: np.ndarray, name: str, type_name: str, options: KitScoreOptions, *, seed: int) -> Score:
    count = int(np.isfinite(synthetic).sum())
    nothing = Score("type_ratio", name, type_name, ALL, count, None, verdict="n/a")
    if not count or not np.nansum(real):
        return nothing
    rng = seeds.rng(seed, "evaluation", "kit_score", "type_ratio", name, type_name)
    drawn = drawn_readers(len(real), rng, resamples=options.resamples)
    above, below = resampled_share(synthetic, drawn, rng), resampled_share(real, drawn, rng)
    ratios = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    value = float(np.nanmean(synthetic) / np.nanmean(real))
    # All right or all wrong on both sides: nothing varies, and no interval can be told either.
    enough = min(np.isfinite(side).any(0).sum() for side in (real, synthetic)) >= LEAST
    low_high = ends(ratios, level=options.level) if enough and np.ptp(ratios[np.isfinite(ratios)]) > 0 else None
    word = reaches(value, low_high, options.share)
    low, high = low_high or (None, None)
    return Score("type_ratio", name, type_name, ALL, count, value, low, high, verdict=word)


def agreement(answered: np.ndarray) -> tuple[str, float]:
    """Name and value of the agreement of at least two readers, (readers, n): a kappa, or alpha where answers are missing."""
    if (answered == MISSING).any():
        return "Krippendorff's alpha", krippendorff(answered, missing=MISSING)
    return ("Cohen's kappa", cohen(*answered)) if len(answered) == 2 else ("Fleiss' kappa", fleiss(answered))


def _between(answers: Answers, options: KitScoreOptions, *, seed: int) -> list[Score]:
    if len(answers.readers) < 2:
        return []
    found = []
    for word, table in _asked(answers):
        seen = table[:, answers.first]
        name, value = agreement(seen)
        rng = seeds.rng(seed, "evaluation", "kit_score", "between", word)
        count = seen.shape[1]
        drawn = np.array([agreement(seen[:, rng.integers(count, size=count)])[1] for _ in range(options.resamples)])
        low_high = ends(drawn, level=options.level) or (None, None)
        known = int((seen != MISSING).sum())
        found.append(Score(f"between {word}: {name}", ALL, ALL, ALL, known, _number(value), *low_high))
    return found


def _within(answers: Answers) -> list[Score]:
    found = []
    for place, reader in enumerate(answers.readers):
        for word, table in _asked(answers):
            pairs = table[place, answers.repeats]
            both = pairs[(pairs != MISSING).all(1)]
            if len(both):
                same = float((both[:, 0] == both[:, 1]).mean())
                found.append(Score(f"within {word}: same answer", ALL, ALL, reader, len(both), same))
                kappa = _number(cohen(both[:, 0], both[:, 1]))
                found.append(Score(f"within {word}: Cohen's kappa", ALL, ALL, reader, len(both), kappa))
    return found


def _asked(answers: Answers) -> list[tuple[str, np.ndarray]]:
    tables = [("judgement", answers.says_fake)]
    return [*tables, ("type", answers.named)] if answers.types else tables


def _median(times: np.ndarray) -> float | None:
    return float(np.nanmedian(times)) if np.isfinite(times).any() else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
