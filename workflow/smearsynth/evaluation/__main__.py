"""Command line of the stage: ``python -m smearsynth.evaluation COMMAND …``."""

import sys

from smearsynth.cli import dispatch

sys.exit(dispatch("smearsynth.evaluation", ("verdict", "paired", "artefacts")))
