"""Command line of the stage: ``python -m smearsynth.evaluation COMMAND …``."""

import sys

from smearsynth.cli import dispatch

PAIRED = ("verdict", "paired", "artefacts")
"""Of generated held-out cells against the real ones of the same outlines."""
SETS = ("features", "distances", "perceptual", "nearest", "memorisation", "two_sample")
"""Of sets of synthetic cells against sets of real ones."""
USEFULNESS = ("tstr",)
"""Of training sets with and without synthetic cells, by what a classifier makes of them."""

sys.exit(dispatch("smearsynth.evaluation", PAIRED + SETS + USEFULNESS))
