"""smearsynth: annotated synthetic blood and bone-marrow smears from annotated cells.

Data flows one way through the stages, each a package with a command line of its own:
``cells → pairs → gans → backgrounds → layouts → slides → readers → evaluation → studies``.
"""

__version__ = "0.1.0"
