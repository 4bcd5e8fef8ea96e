"""Entries of cells.sources and cells.catalogue that contradict themselves."""

import pytest

from smearsynth.cells.options import CatalogueOptions, SourceOptions
from smearsynth.errors import UserError
from smearsynth.options import build

COCO = {"name": "pbc", "reader": "coco", "images": "i", "annotations": "a.json"}


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"name": "My cells"}, "lower-case letters"),
        ({"annotations": None}, "annotations: missing"),
        ({"counts": {"basophil": 3}}, "counts: not a key of reader coco"),
        ({"cell_levels": [1]}, "cell_levels: not a key of reader coco"),
        ({"reader": "phantoms", "images": None, "annotations": None, "counts": {"basophil": 3}}, "um_per_px: missing"),
        ({"reader": "folders", "annotations": None, "pattern": "^x_"}, "exactly one group"),
        ({"reader": "folders", "annotations": None, "pattern": "^(x_"}, "exactly one group"),
        ({"group": "(a)(b)"}, "exactly one group"),
        ({"group": "(a)", "group_column": "b"}, "keep one of the two"),
        ({"scale": 0.0}, "between 0.05 and 20"),
        ({"limit_per_type": 0}, "1 or more"),
        ({"max_set_aside": 1.5}, "between 0 and 1"),
        ({"images": "/data/pbc"}, "relative to the data folder"),
        ({"reader": "dicom"}, "coco, folders, masks, phantoms"),
        ({"limitpertype": 3}, "did you mean 'limit_per_type'"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(changes, said):
    values = {key: value for key, value in (COCO | changes).items() if value is not None}
    with pytest.raises(UserError, match=said.replace("(", r"\(")):
        build(SourceOptions, values, where="cells.sources")


def test_all_faults_of_a_source_are_told_at_once():
    with pytest.raises(UserError) as error:
        build(SourceOptions, COCO | {"name": "A", "scale": -1.0, "um_per_px": 0.0}, where="cells.sources")
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"test_share": 1.0},
        {"min_per_type": 0},
        {"near_duplicates": 0.2},
        {"max_set_aside": -0.1},
        {"hold_out": ["/txl"]},
        {"corrections": "C:/c.tsv"},
    ],
)
def test_catalogue_options_have_bounds(changes):
    with pytest.raises(UserError, match=next(iter(changes))):
        build(CatalogueOptions, changes, where="cells.catalogue")
