"""``python -m smearsynth.slides``"""

import sys

from smearsynth.cli import dispatch

sys.exit(dispatch("smearsynth.slides", ("match", "render", "merge", "preview", "export", "pack", "index", "verify")))
