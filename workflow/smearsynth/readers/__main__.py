"""Command line of the stage: ``python -m smearsynth.readers COMMAND …``."""

import sys

from smearsynth.cli import dispatch

sys.exit(dispatch("smearsynth.readers", ("train", "name", "arm", "field_train", "match", "read")))
