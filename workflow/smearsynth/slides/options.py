"""What the section `slides.render` may say."""

from dataclasses import dataclass
from typing import Literal

from smearsynth.errors import Problem, raise_all


@dataclass(frozen=True)
class RenderOptions:
    """How slides are painted.

    Parameters
    ----------
    renderer : str
        ``cutout``: cells pasted with a soft edge on a seamless background; ``thesis``: blocks and stencilled cells (3.6);
        ``field``: the whole slide drawn at once by a field generator.
    cells : str
        ``real``: cut out of the catalogue's pictures; ``generated``: drawn by the trained generator. Only ``cutout``.
    feather : float
        Width in pixels of the soft edge, half of it inside the mask; masks do not depend on it. Only ``cutout``.
    blend : str
        Where cells overlap: ``translucent``, light passes through both (optical densities add), or ``opaque``. Only ``cutout``.
    evenness : float
        How far the red cells of a slide are brought to the stain of one of them, from 0 (each as in its own picture) to 1.
        Only ``cutout``.
    blocks : str
        ``stored``: every slide has the background of the stage backgrounds; ``drawn``: each slide's 128 blocks are
        drawn anew, as in the thesis. Only ``thesis``.
    style : int or None
        The field whose style every slide takes, by its place among those of the model (or of ``--styles``); None gives each slide
        one of its own. Only ``field``.
    tile : int or None
        Side in pixels of the tiles that a slide is drawn in, for memory's sake: no pixel depends on it by more than a grey level;
        None draws it at once. Only ``field``.
    precision : str
        What the network computes in: ``float32``; ``bfloat16``, which differs from it by up to 3 grey levels; ``auto``, bfloat16
        where the machine computes in it and float32 elsewhere. Only ``field``.
    """

    renderer: Literal["cutout", "thesis", "field"]
    cells: Literal["real", "generated"] = "generated"
    feather: float = 3.0
    blend: Literal["translucent", "opaque"] = "translucent"
    evenness: float = 0.8
    blocks: Literal["stored", "drawn"] = "stored"
    style: int | None = None
    tile: int | None = 1024
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.feather <= 64:
            problems.append(Problem("feather", f"got {self.feather}", "from 0 to 64 px"))
        if not 0 <= self.evenness <= 1:
            problems.append(Problem("evenness", f"got {self.evenness}", "from 0 to 1"))
        if self.renderer != "cutout" and self.cells == "real":
            problems.append(Problem("cells", f"real cut-outs with renderer {self.renderer}", "generated, or renderer: cutout"))
        if self.style is not None and self.style < 0:
            problems.append(Problem("style", f"got {self.style}", "0 or more, or null"))
        if self.tile is not None and self.tile < 64:
            problems.append(Problem("tile", f"got {self.tile}", "64 px or more, or null"))
        raise_all(problems)
