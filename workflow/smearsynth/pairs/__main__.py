"""``python -m smearsynth.pairs``."""

import sys

from smearsynth.cli import dispatch

if __name__ == "__main__":
    sys.exit(dispatch("smearsynth.pairs", ("draw", "windows", "fields", "boxes")))
