from pathlib import Path

import pytest
import yaml

from smearsynth.errors import UserError
from smearsynth.taxonomy import CellType, Taxonomy

CONFIG = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture
def taxonomy():
    return Taxonomy.from_config(yaml.safe_load(CONFIG.read_text())["taxonomy"])


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Lymphocyte (typical)", 18),
        ("Promyelocyte (bilobled)", 26),
        ("neutrófilo en banda", 24),
        ("Red Blood Cell", 2),
        ("segmented_neutrophil", 25),
        ("EOS", 15),
    ],
)
def test_names_of_the_sources_find_the_thesis_ids(taxonomy, name, expected):
    assert taxonomy.find(name).id == expected == taxonomy[expected].id


def test_unknown_type_names_the_known_ones(taxonomy):
    assert taxonomy.find("martian") is None
    with pytest.raises(UserError, match="basophil"):
        taxonomy["martian"]


def test_label_colours_stay_apart(taxonomy):
    colours = [t.colour for t in taxonomy.types]
    nearest = min(sum(abs(a - b) for a, b in zip(p, q)) for i, p in enumerate(colours) for q in colours[:i])
    assert nearest >= 40


def test_contradictions_are_told_at_once():
    with pytest.raises(UserError) as caught:
        Taxonomy(
            (
                CellType(1, "a", "white", (1, 2, 3), ("x",)),
                CellType(1, "b", "blue", (1, 2, 3), ("X",)),
                CellType(3, "c", "red", (0, 0, 0)),
            )
        )
    told = str(caught.value)
    assert all(
        t in told for t in ("id 1 stands more than once", "colour (1, 2, 3)", "kind 'blue'", "'x' names both", "black or white")
    )
