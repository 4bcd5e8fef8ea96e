"""Command line of the stage: ``python -m smearsynth.studies COMMAND …``."""

import sys

from smearsynth.cli import dispatch

COMMANDS = (
    "thesis_graph",
    "thesis_pair",
    "thesis_jitter",
    "thesis_layout",
    "thesis_counts",
    "thesis_losses",
    "thesis_cells",
    "thesis_drawn",
    "thesis_slides",
    "thesis_verdict",
    "thesis_amount",
    "thesis_subset",
    "thesis_grid",
    "thesis_whole",
    "hazra_counts",
    "hazra_workflow",
    "hazra_networks",
    "hazra_samples",
    "hazra_models",
    "hazra_training",
    "hazra_classifiers",
    "hazra_types",
    "match",
    "slides_match",
)

sys.exit(dispatch("smearsynth.studies", COMMANDS))
