"""Phantoms: procedurally drawn blood and bone-marrow cells with exact masks, for runs and tests without real cells.

`draw` gives one picture with a named cell in its middle and neighbours around it, as a stained smear under the
microscope shows it. What each type looks like stands as data in `morphology`; the other modules draw from it.
"""

from smearsynth.cells.phantoms.compose import Instance, Phantom, draw
from smearsynth.cells.phantoms.morphology import KINDS

__all__ = ["KINDS", "Instance", "Phantom", "draw"]
