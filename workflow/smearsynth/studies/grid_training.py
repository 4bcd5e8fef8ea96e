"""The thesis's networks trained on grids of cells instead of single ones (thesis 3.6)."""

import numpy as np

from smearsynth import images
from smearsynth.gans import augment, data
from smearsynth.gans.networks.thesis import SIZE
from smearsynth.gans.options import DefaultOptions, GanOptions
from smearsynth.gans.options import ThesisOptions as ThesisPreset
from smearsynth.gans.thesis import ThesisTraining
from smearsynth.seeds import rng
from smearsynth.studies.grids import grid
from smearsynth.studies.options import GridOptions


class GridTraining(ThesisTraining):
    """What `smearsynth.gans.loop.train` needs: losses, optimisers and networks of the thesis, and grids for pairs.

    Parameters
    ----------
    options : GridOptions
    cells : data.Pairs
        Training cells.
    seed : int
        Of weights, grids, order, jitter and dropout.
    """

    def __init__(self, options: GridOptions, cells: data.Pairs, *, seed: int):
        preset = GanOptions("thesis", DefaultOptions(steps=1), ThesisPreset(epochs=1))
        super().__init__(preset, cells, seed=seed, filters=options.filters)
        self.options, self.steps = options, options.steps

    def saves(self, step: int) -> bool:
        """No states but those that the command asks for."""
        return False

    def grid(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Label and real picture, uint8 (256, 256, 3), of a grid of cells drawn from all."""
        count = self.options.side**2
        drawn = rng(self.seed, "studies", "grid", number).integers(len(self.pairs.entries), size=count)
        windows = [self.pairs.window(i) for i in drawn]
        colours = [data.colour_of(self.pairs.categories, self.pairs.category_ids[i]) for i in drawn]
        pictures, masks = [w[0] for w in windows], [w[1] for w in windows]
        return grid(pictures, masks, colours, side=self.options.side, size=SIZE)

    def batch(self, step: int) -> dict[str, np.ndarray]:
        """The jittered grid of a step, from 0; grids come in a new order each time all have been seen."""
        lap, place = divmod(step, self.options.pictures)
        order = rng(self.seed, "studies", "grid order", lap).permutation(self.options.pictures)
        generator = rng(self.seed, "studies", "grid step", step)
        label, real = augment.jitter(*self.grid(int(order[place])), generator)
        return {
            "label": images.to_network(label)[None],
            "real": images.to_network(real)[None],
            "dropout": data.dropout_seeds(generator),
        }
