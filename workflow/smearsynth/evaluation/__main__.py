"""Command line of the stage: ``python -m smearsynth.evaluation COMMAND …``."""

import sys

from smearsynth.cli import dispatch

PAIRED = ("verdict", "paired", "artefacts")
"""Of generated held-out cells against the real ones of the same outlines."""
SETS = ("features", "distances", "perceptual", "nearest", "memorisation", "two_sample")
"""Of sets of synthetic cells against sets of real ones."""
USEFULNESS = ("tstr",)
"""Of training sets with and without synthetic cells, by what a classifier makes of them."""
FIELDS = ("fields", "field_labels", "field_features", "field_distance", "field_two_sample")
"""Of readers of whole fields, of the fields' own label maps, and of slides against real fields."""
READING = ("kit", "kit_score")
"""Of synthetic pictures by people who do not know which are real."""

sys.exit(dispatch("smearsynth.evaluation", PAIRED + SETS + USEFULNESS + FIELDS + READING))
