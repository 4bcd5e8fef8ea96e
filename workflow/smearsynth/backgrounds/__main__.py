"""``python -m smearsynth.backgrounds``"""

import sys

from smearsynth.cli import dispatch

sys.exit(dispatch("smearsynth.backgrounds", ("patches", "blocks")))
