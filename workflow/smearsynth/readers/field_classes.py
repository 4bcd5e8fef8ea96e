"""What a field reader tells apart: kinds of cells, or types."""

from dataclasses import asdict, dataclass

from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.taxonomy import CellType, Taxonomy

KIND_COLOURS = {"red": (214, 57, 52), "white": (66, 104, 222), "platelet": (236, 172, 36)}
"""Of kinds that stand for several types, RGB."""


@dataclass(frozen=True)
class Classes:
    """The classes of a reader, in the order of its outputs; output 0 is none of them.

    Parameters
    ----------
    by : str
        ``kinds`` or ``types``.
    types : tuple of CellType
        As its results name them.
    """

    by: str
    types: tuple[CellType, ...]

    def numbers(self, categories: list[dict], *, where: str, taxonomy: Taxonomy) -> dict[int, int]:
        """Each category id of a file to its output: 1 is the first class, -1 what is taught in no class.

        Parameters
        ----------
        categories : list of dict
            Of a COCO file (``supercategory``) or of field maps (``kind``).
        where : str
            The file, for messages.
        taxonomy : Taxonomy
            Knows the names.

        Raises
        ------
        UserError
            With every category that the taxonomy does not know.
        """
        found = {}
        problems = []
        for category in categories:
            cell_type = taxonomy.find(category["name"])
            kind = category.get("kind", category.get("supercategory"))
            kind = kind if kind or cell_type is None else cell_type.kind
            if self.by == "types" and cell_type is None:
                fix = "add it to the taxonomy, as a type or as an alias, or set readers.field.classes: kinds"
                problems.append(Problem(where, f"unknown type {category['name']!r}", fix))
                continue
            same = [
                number
                for number, one in enumerate(self.types, start=1)
                if (one.kind == kind if self.by == "kinds" else cell_type is not None and one.id == cell_type.id)
            ]
            found[category["id"]] = same[0] if same else -1
        raise_all(problems)
        return found

    def known(self) -> Taxonomy:
        """The classes as a taxonomy."""
        return Taxonomy(self.types)

    def only(self, names: list[str]) -> set[int]:
        """The ids of the classes that are asked for; a `UserError` with all that it was not trained on."""
        known = self.known()
        trained = ", ".join(t.name for t in self.types)
        raise_all(
            Problem(f"--only {name}", "this reader was not trained on it", f"one of {trained}; or train a reader on it")
            for name in names
            if known.find(name) is None
        )
        return {known[name].id for name in names}


def all_classes(taxonomy: Taxonomy, *, by: str) -> Classes:
    """Every class that a reader of this taxonomy could have.

    A kind with a single type is named as that type is. One with several gets its own name, with the lowest id that is free.
    """
    types = [t for t in taxonomy.types if t.kind in KIND_COLOURS]
    if by == "types":
        return Classes(by, tuple(types))
    free = iter(sorted(set(range(1, len(taxonomy.types) + 4)) - {t.id for t in taxonomy.types}))
    result = []
    for kind, colour in KIND_COLOURS.items():
        members = taxonomy.of_kind(kind)
        if len(members) == 1:
            result.append(members[0])
        elif members:
            name = kind if taxonomy.find(kind) is None else f"any_{kind}"
            result.append(CellType(next(free), name, kind, colour))
    return Classes(by, tuple(result))


def trained(classes: Classes, numbers: set[int]) -> Classes:
    """Those classes of which training has a cell."""
    kept = tuple(one for number, one in enumerate(classes.types, start=1) if number in numbers)
    if not kept:
        raise UserError.of("readers.field", "no cell of any class in the training fields", "check the sources and the taxonomy")
    return Classes(classes.by, kept)


def to_json(classes: Classes) -> dict:
    """As `model.json` keeps them."""
    return {"by": classes.by, "types": [asdict(t) for t in classes.types]}


def from_json(about: dict) -> Classes:
    """The inverse of `to_json`."""
    return Classes(about["by"], Taxonomy.from_config(about["types"]).types)
