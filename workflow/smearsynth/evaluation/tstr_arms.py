"""What the trainings of the arms left: which set, on how many cells, and what it named the held-out ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smearsynth.errors import Problem, raise_all
from smearsynth.files import read_json, read_tsv


@dataclass(frozen=True)
class Arm:
    """One arm's trainings.

    Parameters
    ----------
    share : float
        Of the real training cells.
    architecture, arm : str
    model : str or None
        Generator of the synthetic cells, None for arms without.
    about : dict
        ``model.json``: numbers of pictures, steps and cells.
    cell_ids, true : ndarray of int, shape (n,)
        Real held-out cells and their classes: places in `types`.
    named : ndarray of int, shape (seeds, n)
        Classes that each repetition gave them.
    own : dict of str to list of (true, named)
        The paper's protocol, for ``validation`` and ``test``: classes of the set's own cells and what they were named, once for
        each repetition that was run in this way.
    types : tuple of int
        Category ids.
    """

    share: float
    architecture: str
    arm: str
    model: str | None
    about: dict
    cell_ids: np.ndarray
    true: np.ndarray
    named: np.ndarray
    own: dict[str, list[tuple[np.ndarray, np.ndarray]]]
    types: tuple[int, ...]

    @property
    def key(self) -> tuple:
        """What tells it from others."""
        return self.share, self.architecture, self.arm, self.model


def read(folder: Path) -> Arm:
    """Read the folder that ``readers arm`` wrote."""
    about = read_json(folder / "model.json")
    types = tuple(about["types"])
    rows = read_tsv(folder / "names.tsv")
    columns = {name: np.array([int(row[name]) for row in rows]) for name in ("seed", "cell_id", "category_id", "named")}
    seeds = about["seeds"]
    by_seed = [columns["seed"] == seed for seed in range(seeds)]
    place = {category_id: at for at, category_id in enumerate(types)}

    def classes(ids: np.ndarray) -> np.ndarray:
        return np.array([place[one] for one in ids.tolist()], int)

    order = [np.argsort(columns["cell_id"][chosen], kind="stable") for chosen in by_seed]
    named = np.stack([classes(columns["named"][chosen])[at] for chosen, at in zip(by_seed, order, strict=True)])
    by_part: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in read_tsv(folder / "own.tsv"):
        by_part.setdefault((row["part"], row["seed"]), []).append(row)
    own: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for (part, _), members in by_part.items():
        true, found = (classes(np.array([int(row[name]) for row in members])) for name in ("category_id", "named"))
        own.setdefault(part, []).append((true, found))
    model = (about["synthetic"]["model"] or "synthetic") if about["synthetic"] else None
    first = by_seed[0]
    return Arm(
        share=about["share"],
        architecture=about["architecture"],
        arm=about["arm"],
        model=model,
        about=about,
        cell_ids=columns["cell_id"][first][order[0]],
        true=classes(columns["category_id"][first])[order[0]],
        named=named,
        own=own,
        types=types,
    )


def groups(arms: list[Arm], folders: list[Path]) -> dict[tuple[float, str], list[Arm]]:
    """Arms that may be compared: those of one share and one architecture, the largest share first.

    Raises
    ------
    UserError
        If two folders hold the same arm, or arms of a group were not trained on equally many pictures for equally many steps,
        or not tested on the same cells.
    """
    problems = []
    found: dict[tuple[float, str], list[Arm]] = {}
    seen: dict[tuple, Path] = {}
    for arm, folder in zip(arms, folders, strict=True):
        if arm.key in seen:
            problems.append(Problem(str(folder), f"the same arm as {seen[arm.key]}", "give each arm once"))
            continue
        seen[arm.key] = folder
        members = found.setdefault((arm.share, arm.architecture), [])
        if members:
            first = members[0]
            fix = f"train it again as {seen[first.key]} was"
            for name in ("pictures", "steps"):
                if arm.about[name] != first.about[name]:
                    problems.append(Problem(str(folder), f"{arm.about[name]} {name} against {first.about[name]}", fix))
            if arm.types != first.types or not np.array_equal(arm.cell_ids, first.cell_ids):
                problems.append(Problem(str(folder), "tested on other cells or types", fix))
        members.append(arm)
    raise_all(problems)
    return dict(sorted(found.items(), key=lambda item: (-item[0][0], item[0][1])))
