"""Trained classifiers of a run, found in their folders and called by the paper's names."""

from pathlib import Path

from smearsynth.evaluation import tstr_arms
from smearsynth.evaluation.tstr_arms import Arm
from smearsynth.studies.hazra_reported import CLASSIFIERS
from smearsynth.taxonomy import key


def read(folders: list[Path]) -> dict[tuple[str, str], Arm]:
    """The arms of some folders, by classifier (a key of `CLASSIFIERS`, or its own name) and arm."""
    return {(classifier(arm.architecture), arm.arm): arm for arm in map(tstr_arms.read, folders)}


def classifier(architecture: str) -> str:
    """The paper's classifier that an architecture is: ``resnet50`` is its ResNet."""
    plain = key(architecture)
    return next((name for name in CLASSIFIERS if plain == name or (name == "resnet" and plain.startswith(name))), architecture)
