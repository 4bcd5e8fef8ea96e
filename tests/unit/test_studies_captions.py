"""Every caption of the report can be rendered with the demo's configuration and tells the values that are in it."""

import copy
from pathlib import Path

import jinja2
import pytest
import yaml
from docutils.core import publish_parts
from snakemake.utils import update_config

PROJECT = Path(__file__).parents[2]
CAPTIONS = sorted((PROJECT / "workflow" / "report").glob("*.rst"))
CONFIG = yaml.safe_load((PROJECT / "config.yaml").read_text())


def render(path: Path, config: dict) -> str:
    """A caption as Snakemake renders it, but strict: a value that the configuration lacks is an error."""

    class Snakemake:
        pass

    Snakemake.config = config
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string(path.read_text()).render(snakemake=Snakemake)
    publish_parts(text, writer_name="html", settings_overrides={"report_level": 2, "halt_level": 2})
    return text


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_render_in_both_presets_of_the_generator(path):
    for preset in ("default", "thesis"):
        config = copy.deepcopy(CONFIG)
        config["gans"]["training"]["preset"] = preset
        assert len(render(path, config).split()) > 15


def caption(name: str, config: dict) -> str:
    return render(PROJECT / "workflow" / "report" / f"{name}.rst", config)


def test_captions_tell_the_values_of_the_run():
    config = copy.deepcopy(CONFIG)
    config["studies"]["thesis"]["graph"]["iterations"] = 123
    assert "123 iterations" in caption("figure_3_1", config)
    config["slides"]["count"] = 3
    assert "first\n3 of the run's 3" in caption("figure_4_17", config)
    config["studies"]["thesis"]["amounts"] = [5, 44]
    assert "at most 5, 44 cells" in caption("amount", config)


def preset(name: str) -> dict:
    """The configuration of a preset."""
    config = copy.deepcopy(CONFIG)
    update_config(config, yaml.safe_load((PROJECT / "workflow" / "presets" / f"{name}.yaml").read_text()))
    return config


def test_a_preview_says_how_cells_were_arranged_and_what_drew_them():
    reference = caption("preview", preset("fields"))
    assert "coverage of one of them" in reference and "None" not in reference
    assert "the generator trained on the run's own fields" in reference
    assert "the generator that comes with smearsynth" in caption("preview", preset("realistic"))
    assert "70 cells asked for" in caption("preview", CONFIG)
    config = copy.deepcopy(CONFIG)
    config["layouts"]["packed"] |= {"count": None, "coverage": 0.3}
    assert "coverage of 0.3 asked for" in caption("preview", config)


def test_the_front_page_names_the_sources_that_are_used():
    config = preset("hazra2022")
    names = [source["name"] for source in config["cells"]["sources"]]
    assert len(names) > 1
    for use in (None, names[:1]):
        config["cells"]["use"] = use
        line = next(line for line in caption("workflow", config).splitlines() if line.startswith("- **Cells**"))
        assert [name for name in names if f"``{name}``" in line] == (use or names)


def test_the_front_page_says_which_generator_drew_the_slides():
    fields, shipped, cells = (caption("workflow", config) for config in (preset("fields"), preset("realistic"), CONFIG))
    assert "trained on the run's own\n  fields: 4500 steps at batch 8" in fields
    assert "comes with smearsynth" in shipped and "the run's own" not in shipped
    for text in (fields, shipped):
        assert "none of the slides): preset ``default``" in text
    assert "Generator of slides" not in cells and "**Generator of cells**: preset" in cells


def test_the_losses_caption_follows_the_objective():
    config = copy.deepcopy(CONFIG)
    config["gans"]["training"]["preset"] = "default"
    for adversarial, words in (("hinge", "2 for the discriminator's sum"), ("cross_entropy", "2 · log 2 = 1.386")):
        config["gans"]["training"]["default"]["adversarial"] = adversarial
        assert words in caption("figure_4_1", config)


def test_every_caption_is_used_by_a_rule_and_every_rule_has_its_caption():
    rules = "".join(path.read_text() for path in (PROJECT / "workflow" / "rules").glob("*.smk"))
    rules += (PROJECT / "Snakefile").read_text()
    for path in CAPTIONS:
        assert f'"{path.stem}"' in rules or f"report/{path.stem}.rst" in rules, path.name
