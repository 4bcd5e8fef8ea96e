"""The configuration of a run: checked against the schema, then section by section, before any job starts."""

import importlib
import re
from pathlib import Path
from typing import Any

import yaml

from smearsynth import agreement
from smearsynth.cells.options import SourceOptions
from smearsynth.errors import Problem, UserError, raise_all, unknown
from smearsynth.options import build
from smearsynth.taxonomy import Taxonomy

SECTIONS: dict[str, tuple[str, str]] = {
    "cells.outline": ("smearsynth.cells.outline_options", "OutlineOptions"),
    "cells.stain": ("smearsynth.cells.stain_options", "StainOptions"),
    "cells.catalogue": ("smearsynth.cells.options", "CatalogueOptions"),
    "pairs": ("smearsynth.pairs.options", "PairsOptions"),
    "pairs.windows": ("smearsynth.pairs.window_options", "WindowOptions"),
    "pairs.boxes": ("smearsynth.pairs.box_options", "BoxOptions"),
    "pairs.fields": ("smearsynth.pairs.field_options", "FieldOptions"),
    "gans.training": ("smearsynth.gans.options", "GanOptions"),
    "gans.family": ("smearsynth.gans.family_options", "FamilyOptions"),
    "gans.field": ("smearsynth.gans.field_options", "FieldOptions"),
    "backgrounds": ("smearsynth.backgrounds.options", "BackgroundOptions"),
    "layouts": ("smearsynth.layouts.options", "LayoutOptions"),
    "slides.render": ("smearsynth.slides.options", "RenderOptions"),
    "readers": ("smearsynth.readers.options", "ReaderOptions"),
    "readers.arms": ("smearsynth.readers.arms_options", "ArmsOptions"),
    "readers.field": ("smearsynth.readers.field_options", "FieldReaderOptions"),
    "readers.field_arms": ("smearsynth.readers.field_arms_options", "FieldArmsOptions"),
    "readers.read": ("smearsynth.readers.field_options", "ReadOptions"),
    "evaluation": ("smearsynth.evaluation.options", "EvaluationOptions"),
    "evaluation.features": ("smearsynth.evaluation.metrics_options", "FeaturesOptions"),
    "evaluation.distances": ("smearsynth.evaluation.metrics_options", "DistancesOptions"),
    "evaluation.perceptual": ("smearsynth.evaluation.metrics_options", "PerceptualOptions"),
    "evaluation.two_sample": ("smearsynth.evaluation.metrics_options", "TwoSampleOptions"),
    "evaluation.memorisation": ("smearsynth.evaluation.metrics_options", "MemorisationOptions"),
    "evaluation.fields": ("smearsynth.evaluation.field_options", "FieldsOptions"),
    "evaluation.field_truths": ("smearsynth.evaluation.truth_options", "FieldTruthsOptions"),
    "evaluation.field_features": ("smearsynth.evaluation.field_options", "FieldFeaturesOptions"),
    "evaluation.field_distance": ("smearsynth.evaluation.field_options", "FieldDistanceOptions"),
    "evaluation.field_two_sample": ("smearsynth.evaluation.field_options", "FieldTwoSampleOptions"),
    "evaluation.kit": ("smearsynth.evaluation.kit_options", "KitOptions"),
    "studies.hazra2022": ("smearsynth.studies.hazra_options", "HazraOptions"),
    "studies.thesis": ("smearsynth.studies.options", "ThesisOptions"),
}
"""Configuration path → (module, dataclass) that the stage builds from it."""


def check(config: dict, schema: Path) -> dict:
    """Check a whole configuration.

    Parameters
    ----------
    config : dict
        What Snakemake merged from config.yaml, ``--configfile`` and ``--config``.
    schema : Path
        The JSON schema, as YAML.

    Returns
    -------
    dict
        The configuration, its values `typed`.

    Raises
    ------
    UserError
        With everything that the schema finds or, where it finds nothing, everything that the stages' own options find.
    """
    told = yaml.safe_load(schema.read_text(encoding="utf-8"))
    config = typed(config, told)
    check_by(config, told)
    return config


def typed(value: Any, schema: dict) -> Any:
    """A value with text read as the numbers, booleans and nulls that a schema wants there.

    Snakemake reads all that stands within braces after ``--config`` as text, and YAML 1.1 so reads 2e-4.
    """
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        of_others = others if isinstance(others, dict) else {}
        return {key: typed(inner, known.get(key, of_others)) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner, schema.get("items", {})) for inner in value]
    wanted = schema.get("type", [])
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if isinstance(value, str) and (read := _as(value, name)) is not value:
            return read
    return value


def _as(text: str, name: str) -> Any:
    """Text as a JSON type, or itself where it is none of that."""
    if name in ("integer", "number") and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    if name == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?", text):
        return float(text)
    words: dict[tuple[str, str], Any] = {("boolean", "true"): True, ("boolean", "false"): False, ("null", "null"): None}
    return words.get((name, text), text)


def check_by(config: dict, schema: dict) -> None:
    """`check` by a schema that is at hand."""
    raise_all(against_schema(config, schema))
    problems: list[Problem] = []
    for path, (module, name) in SECTIONS.items():
        try:
            build(getattr(importlib.import_module(module), name), section(config, path), where=path)
        except UserError as error:
            problems.extend(error.problems)
    for number, entry in enumerate(config["cells"]["sources"]):
        try:
            build(SourceOptions, entry, where=f"cells.sources[{number}]")
        except UserError as error:
            problems.extend(error.problems)
    try:
        Taxonomy.from_config(config["taxonomy"])
    except UserError as error:
        problems.extend(error.problems)
    problems += agreement.problems(config)
    raise_all(problems)


def section(config: dict, path: str) -> dict:
    """A section of a configuration, without the sections within it that other commands are told (see `SECTIONS`)."""
    values: Any = config
    for key in path.split("."):
        values = values[key]
    return {key: value for key, value in values.items() if f"{path}.{key}" not in SECTIONS}


def whole(schema: dict) -> dict:
    """A schema that wants every key of every section: config.yaml has them, and what a user gives is merged into it.

    Entries of lists, and of mappings whose keys a user chooses, may leave out what their own schema does not require.
    """
    sections = {key: whole(told) for key, told in schema.get("properties", {}).items()}
    return {**schema, "properties": sections, "required": list(sections)} if sections else schema


def against_schema(config: dict, schema: dict) -> list[Problem]:
    """Every place where a configuration breaks the `whole` schema, each with what the schema says of that key."""
    import jsonschema

    problems = []
    for error in jsonschema.Draft202012Validator(whole(schema)).iter_errors(config):
        where = "config: " + (".".join(map(str, error.absolute_path)) or "top level")
        if error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            # YAML has keys that are no text, such as numbers.
            for name in sorted(map(str, set(error.instance) - set(known))):
                problems.append(unknown(f"{where}.{name}".replace("top level.", ""), name, known, word="key"))
            continue
        fix = error.schema.get("description", "see config.yaml")
        problems.append(Problem(where, error.message, fix))
    return problems
