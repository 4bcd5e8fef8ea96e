"""Say how many of the boxes that experts drew the label maps of whole fields recover, and how much else they label.

A label counts if its box and an expert's of the same kind, each taken once, have an intersection over union of at least 0.5.
Fields that have no label map are counted, their boxes are not.
"""

import hashlib
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from smearsynth import coco
from smearsynth.errors import UserError, raise_all
from smearsynth.evaluation import bootstrap, field_annotations
from smearsynth.evaluation.field_options import FIELD_KINDS, FieldsOptions
from smearsynth.files import read_json, write_tsv
from smearsynth.options import loads
from smearsynth.seeds import rng

OVERLAP = 0.5
HALVES = ("tuning", "held_out")
MEASURES = ("recall", "precision")
COLUMNS = ["kind", "half", "fields", "left_out", "boxes", "labels", "recovered"]
COLUMNS += [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section evaluation.fields of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fields", type=Path, required=True, help="pairs/fields/index.json")
    parser.add_argument("--boxes", type=Path, required=True, help="COCO file with the boxes; images are told by their file names")
    what = "of two halves of the images by the hash of their names, the one that constants were chosen on, or the other"
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both", help=what)
    parser.add_argument("--out", type=Path, required=True, help="table")


def run(args) -> None:
    """Run the command."""
    options = loads(FieldsOptions, args.options, where="evaluation.fields")
    boxes, problems = field_annotations.read(args.boxes, options.kinds, scored=False)
    raise_all(problems)
    assert boxes is not None
    content = read_json(args.fields)
    kinds = {category["id"]: category["kind"] for category in content["categories"]}

    def chosen(entries: list[dict]) -> list[dict]:
        known = [entry for entry in entries if entry["original"] in boxes.images]
        return [entry for entry in known if args.half in ("both", half(entry["original"]))]

    fields, left_out = chosen(content["fields"]), chosen(content["left_out"])
    if not fields:
        what = f"none of its fields has boxes in {args.boxes.name}"
        raise UserError.of(str(args.fields), what, "make fields of the images that the boxes were drawn on")
    draws = bootstrap.weights(len(fields), rng(args.seed, "evaluation", "field_labels"), resamples=options.resamples)
    rows = []
    for kind in FIELD_KINDS:
        counts = np.array([counted(entry, boxes.cells[entry["original"]], kind, kinds, content["scale"]) for entry in fields])
        true, labelled, right = counts.sum(0).tolist()
        rows.append([kind, args.half, len(fields), len(left_out), true, labelled, right])
        drawn = (draws @ counts).astype(float)
        for at, total in enumerate((true, labelled)):
            with np.errstate(invalid="ignore", divide="ignore"):
                ends = bootstrap.percentiles(drawn[:, 2] / drawn[:, at], level=options.level) if len(fields) > 1 else None
            rows[-1] += [right / total if total else None, *(ends or (None, None))]
    write_tsv(args.out, COLUMNS, rows)
    print(args.out.read_text(encoding="utf-8"), end="")


def counted(entry: dict, boxes: list[dict], kind: str, kinds: dict[int, str], scale: float) -> tuple[int, int, int]:
    """How many boxes of a kind a field has, how many labels, and how many of these are right.

    Parameters
    ----------
    entry : dict
        Of the field, in its index.
    boxes : list of dict
        Annotations of the picture, with their kind.
    kind : str
        One of `FIELD_KINDS`.
    kinds : dict of int to str
        Kinds of the index's categories.
    scale : float
        Pixels of the field to one of the picture.
    """
    found = [cell["bbox"] for cell in entry["cells"] if kinds[cell["category_id"]] == kind]
    true = [[value * scale for value in box["bbox"]] for box in boxes if box["kind"] == kind]
    return len(true), len(found), recovered(found, true)


def recovered(found: list[list[float]], true: list[list[float]]) -> int:
    """How many of the true boxes have a found one of their own: the most that can be, whatever the sum of their overlaps."""
    near = coco.overlaps(found, true) >= OVERLAP
    rows, columns = linear_sum_assignment(near, maximize=True)
    return int(near[rows, columns].sum())


def half(name: str) -> str:
    """To which half an image belongs, by the SHA-256 of its file name."""
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2]
