"""``python -m smearsynth.cells COMMAND …``"""

import sys

from smearsynth.cli import dispatch

if __name__ == "__main__":
    sys.exit(dispatch("smearsynth.cells", ("source", "outline", "merge", "stain_normalise")))
