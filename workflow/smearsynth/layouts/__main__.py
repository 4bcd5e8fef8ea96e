"""``python -m smearsynth.layouts``"""

import sys

from smearsynth.cli import dispatch

sys.exit(dispatch("smearsynth.layouts", ("asked", "draw", "measure", "picture")))
