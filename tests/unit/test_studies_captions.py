"""Every caption of the report can be rendered with the demo's configuration and tells the values that are in it."""

import copy
from pathlib import Path

import jinja2
import pytest
import yaml
from docutils.core import publish_parts

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
