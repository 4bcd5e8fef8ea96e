"""Trained classifiers of a run, found in their folders and called by the paper's names."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from smearsynth.files import read_json, read_tsv
from smearsynth.studies import one_against_rest
from smearsynth.studies.hazra_reported import CLASSIFIERS
from smearsynth.taxonomy import key


@dataclass(frozen=True)
class Arm:
    """One classifier trained on one set of pictures, with one or more seeds."""

    classifier: str
    name: str
    folder: Path
    model: dict

    @cached_property
    def held_out(self) -> list[one_against_rest.Answers]:
        """What it names real held-out cells."""
        return one_against_rest.read(read_tsv(self.folder / "names.tsv"), cell="cell_id")

    @cached_property
    def own(self) -> list[one_against_rest.Answers]:
        """What it names the held 30 % of its own set: the paper's protocol."""
        rows = [row for row in read_tsv(self.folder / "own.tsv") if row["part"] == "test"]
        return one_against_rest.read(rows, cell="source")


def read(folders: list[Path]) -> dict[tuple[str, str], Arm]:
    """The arms of some folders, by classifier (a key of `CLASSIFIERS`, or its own name) and arm."""
    found = {}
    for folder in folders:
        model = read_json(folder / "model.json")
        arm = Arm(classifier(model["architecture"]), model["arm"], folder, model)
        found[arm.classifier, arm.name] = arm
    return found


def classifier(architecture: str) -> str:
    """The paper's classifier that an architecture is: ``resnet50`` is its ResNet."""
    plain = key(architecture)
    return next((name for name in CLASSIFIERS if plain == name or (name == "resnet" and plain.startswith(name))), architecture)
