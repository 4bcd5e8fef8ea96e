"""Say how well readers find, outline and count the cells of fields that nothing was trained on."""

import re
from pathlib import Path

from smearsynth import seeds
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.evaluation import (
    field_annotations,
    field_answer,
    field_compare,
    field_held_out,
    field_names,
    field_selection,
    field_truth,
)
from smearsynth.evaluation.feature_files import named_path
from smearsynth.evaluation.field_annotations import FieldCells
from smearsynth.evaluation.field_compare import ALL, MEASURES, Difference, Estimate
from smearsynth.evaluation.field_matches import Matches, match
from smearsynth.evaluation.field_options import FIELD_KINDS, FieldsOptions
from smearsynth.files import inside, write_text, write_tsv
from smearsynth.options import loads

COLUMNS = ["reader", "kind", "on", "images", "cells", "repetitions"]
COLUMNS += [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]
DIFFERENCES = ["one", "other", "kind", "on", "measure", "difference", "low", "high", "better", "ratio", "ratio_low", "ratio_high"]
PLACES = {"bbox": "box", "segm": "mask"}


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.fields of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    what = "COCO file of fields that no reader was trained on, or pairs/fields/index.json, of which the test split counts"
    parser.add_argument("--truth", type=Path, required=True, help=what)
    parser.add_argument("--images", type=Path, help="text file: only these images of the truth count, one file name a line")
    what = "file names that do not count: pictures that told a reader something, such as those of readers match"
    parser.add_argument("--leave-out", nargs="+", default=[], metavar="NAME", help=what)
    parser.add_argument("--pictures", type=Path, help="folder of the truth's pictures; images beside it without this")
    field_held_out.add_flag(parser)
    what = "kinds whose found boxes are drawn wider by so many pixels on each side: so far the truth's boxes stand off the cells"
    parser.add_argument("--margin", nargs="+", default=[], metavar="KIND=PIXELS", help=what)
    what = "instances.json of each reader; the same name again is another repetition of its training"
    parser.add_argument("--found", nargs="+", required=True, metavar="NAME=INSTANCES", help=what)
    parser.add_argument("--out", type=Path, required=True, help="folder; gets fields.tsv, differences.tsv and answer.md")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldsOptions, args.options, where="evaluation.fields")
    margins = _margins(args.margin)
    truth, readers = _read(args, options)
    rows, differences = [], []
    notes = cut_short(readers, options.count_from)
    if margins:
        pixels = ", ".join(f"{kind} {margin:g}" for kind, margin in margins.items())
        notes.append(f"Found boxes were drawn wider on each side before they were compared, by pixels: {pixels}.")
    if any(len(found) > 1 for found in readers.values()):
        each = ", ".join(f"{name} {len(found)}" for name, found in readers.items())
        notes.append(f"Trainings of each: {each}. Numbers are means over them, and the intervals hold how they spread.")
    for on, place in PLACES.items():
        true, compared, told = (truth, readers, []) if on == "bbox" else field_selection.outlined(truth, readers)
        notes += told
        if not compared:
            continue
        matches = {name: [match(true, one, on=on, margins=margins) for one in found] for name, found in compared.items()}
        rng = seeds.rng(args.seed, "evaluation", "fields")
        drawn = field_compare.resampled(matches, rng, count_from=options.count_from, resamples=options.resamples)
        rows += [row for name in drawn for row in _rows(name, place, drawn[name], matches[name], options)]
        found = field_compare.differences(drawn, level=options.level)
        differences += [_difference(one, place) for one in found if on == "bbox" or not one.measure.startswith("count")]
        if on == "bbox":
            lines = field_answer.answer(found, images=len(truth.images), level=options.level)
            counts = {kind: one.truth for kind, one in next(iter(matches.values()))[0].items()}
            lines += ["", *field_answer.tendencies(drawn, counts, level=options.level)]
            lines += ["", *field_answer.table(drawn, counts)]
    write_tsv(args.out / "fields.tsv", COLUMNS, rows)
    write_tsv(args.out / "differences.tsv", DIFFERENCES, differences)
    text = [*lines, *([""] if notes else []), *notes]
    write_text(args.out / "answer.md", "\n".join(text) + "\n")


def _margins(given: list[str]) -> dict[str, float]:
    """Pixels by kind, of KIND=PIXELS each; all that is wrong is told at once."""
    found, problems = {}, []
    for one in given:
        kind, _, pixels = one.partition("=")
        if kind not in FIELD_KINDS or not re.fullmatch(r"\d+(\.\d+)?", pixels):
            problems.append(
                Problem("--margin", f"got {one!r}", f"KIND=PIXELS, KIND one of {', '.join(FIELD_KINDS)}, such as platelet=2")
            )
            continue
        found[kind] = float(pixels)
    raise_all(problems)
    return found


def _read(args, options: FieldsOptions) -> tuple[FieldCells, dict[str, list[FieldCells]]]:
    """Truth and readers on the same images; all that is wrong with any of the files is told at once."""
    truth, problems, test = field_truth.read(args.truth, options.kinds)
    readers: dict[str, list[FieldCells]] = {}
    for name, path in map(named_path, args.found):
        found, wrong = field_annotations.read(path, options.kinds, scored=True)
        problems += wrong
        if found:
            readers.setdefault(name, []).append(found)
    raise_all(problems)
    assert truth is not None
    chosen = field_names.read(args.images) if args.images else test
    if args.leave_out:
        chosen = field_selection.without(args.leave_out, list(truth.images) if chosen is None else chosen)
    if chosen is not None:
        if test is not None and (trained := sorted(set(chosen) & truth.images.keys() - set(test))):
            what = f"{len(trained)} images are not of the split test: {', '.join(trained)}"
            raise UserError.of(str(args.images), what, "leave them out: generators and readers were trained on them")
        truth, readers = field_selection.only(chosen, truth, readers)
    folder = args.pictures or args.truth.parent / ("images" if test is None else "")
    pictures = [(name, inside(folder, name, where=args.truth)) for name in truth.images] if args.seen else []
    raise_all(field_held_out.problems(pictures, args.seen))
    readers = field_selection.match_up(truth, readers)
    if not any(cell["kind"] in FIELD_KINDS for cells in truth.cells.values() for cell in cells):
        raise UserError.of(str(args.truth), "no cells in it", "give fields with annotated cells")
    return truth, readers


def cut_short(readers: dict[str, list[FieldCells]], count_from: float) -> list[str]:
    """A line for each reader that left out what it did not believe in: its average precision is too low by these."""
    lines = []
    for name, found in readers.items():
        scores = [cell["score"] for one in found for cells in one.cells.values() for cell in cells]
        if scores and min(scores) >= count_from > 0:
            line = f"{name} has no candidates with scores below {count_from:g}: its average precision is a lower bound."
            lines.append(f"{line} Let it write them all, as `readers read --least-score 0.05` does.")
    return lines


def _rows(name: str, place: str, drawn: dict, repetitions: list[dict[str, Matches]], options: FieldsOptions) -> list[list]:
    truth = {kind: one.truth for kind, one in repetitions[0].items()}
    rows = []
    for kind, values in drawn.items():
        cells = sum(int(one.sum()) for one in truth.values()) if kind == ALL else int(truth[kind].sum())
        estimates = [field_compare.estimate(values[:, at], level=options.level) for at in range(len(MEASURES))]
        if place == "mask":  # The cells counted are the same.
            estimates[2:] = [Estimate(None)] * 3
        numbers = [number for one in estimates for number in (one.value, one.low, one.high)]
        rows.append([name, kind, place, len(truth[FIELD_KINDS[0]]), cells, len(repetitions), *numbers])
    return rows


def _difference(one: Difference, place: str) -> list:
    gap, ratio = one.gap, one.ratio
    head = [one.one, one.other, one.kind, place, one.measure]
    return [*head, gap.value, gap.low, gap.high, one.better or "neither", ratio.value, ratio.low, ratio.high]
