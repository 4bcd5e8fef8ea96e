"""``python -m smearsynth.gans``."""

import sys

from smearsynth.cli import dispatch

COMMANDS = ("train", "sample", "redraw", "family_train", "family_sample", "field_train", "field_match")

if __name__ == "__main__":
    sys.exit(dispatch("smearsynth.gans", COMMANDS))
