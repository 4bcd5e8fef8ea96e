"""Cell types: names, merging, ids, label colours."""

from dataclasses import dataclass
from functools import cached_property

from smearsynth.errors import Problem, UserError, raise_all

KINDS = ("white", "red", "platelet", "background")


@dataclass(frozen=True)
class CellType:
    """One cell type of a run.

    Parameters
    ----------
    id : int
        Category id in every COCO file of the run.
    name : str
        Lower case with underscores; used in file names and tables.
    kind : str
        One of `KINDS`; decides where layouts and finders use it.
    colour : tuple of int
        Label colour, RGB in [0, 255].
    aliases : tuple of str
        Names under which sources know it; compared without case, spaces and punctuation.
    """

    id: int
    name: str
    kind: str
    colour: tuple[int, int, int]
    aliases: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name for figures."""
        return self.name.replace("_", " ")


def key(name: str) -> str:
    """A name without case, spaces and punctuation."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@dataclass(frozen=True)
class Taxonomy:
    """The cell types of a run, in the order of the configuration."""

    types: tuple[CellType, ...]

    def __post_init__(self) -> None:
        problems = []
        seen: dict[str, str] = {}
        for field in ("id", "name", "colour"):
            values = [getattr(cell_type, field) for cell_type in self.types]
            for value in {v for v in values if values.count(v) > 1}:
                problems.append(Problem("taxonomy", f"{field} {value} stands more than once", f"give every type its own {field}"))
        for cell_type in self.types:
            if cell_type.kind not in KINDS:
                problems.append(Problem(f"taxonomy: {cell_type.name}", f"kind {cell_type.kind!r}", f"one of {', '.join(KINDS)}"))
            for alias in dict.fromkeys(map(key, (cell_type.name, *cell_type.aliases))):
                if seen.setdefault(alias, cell_type.name) != cell_type.name:
                    problems.append(
                        Problem("taxonomy", f"{alias!r} names both {seen[alias]} and {cell_type.name}", "keep it at one type")
                    )
            if sum(cell_type.colour) == 0 or min(cell_type.colour) == 255:
                problems.append(
                    Problem(f"taxonomy: {cell_type.name}", "colour is black or white", "both mean 'no cell' in label images")
                )
        raise_all(problems)

    @classmethod
    def from_config(cls, entries: list[dict]) -> "Taxonomy":
        """Build it from the `taxonomy` section of the configuration (a list of mappings)."""
        return cls(
            tuple(CellType(e["id"], e["name"], e["kind"], tuple(e["colour"]), tuple(e.get("aliases", ()))) for e in entries)
        )

    @cached_property
    def _by_key(self) -> dict[str, CellType]:
        return {key(name): t for t in self.types for name in (t.name, *t.aliases)}

    @cached_property
    def _by_id(self) -> dict[int, CellType]:
        return {t.id: t for t in self.types}

    def find(self, name: str) -> CellType | None:
        """The type that a source's `name` belongs to, or None."""
        return self._by_key.get(key(name))

    def __getitem__(self, which: str | int) -> CellType:
        """The type of a name or id; a `UserError` names the known ones."""
        found = self._by_id.get(which) if isinstance(which, int) else self.find(which)
        if found is None:
            known = ", ".join(t.name for t in self.types)
            raise UserError.of("taxonomy", f"no cell type {which!r}", f"use one of {known}, or add it to the taxonomy")
        return found

    def of_kind(self, *kinds: str) -> list[CellType]:
        """All types of the given kinds, in order."""
        return [t for t in self.types if t.kind in kinds]

    def categories(self) -> list[dict]:
        """The `categories` of a COCO file."""
        return [{"id": t.id, "name": t.name, "supercategory": t.kind} for t in self.types]
