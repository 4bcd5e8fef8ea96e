"""How the look of a cell is written down: outline, nucleus, granules, cytoplasm.

Lengths are in µm, colours RGB in [0, 255] as seen on the empty smear `stain.LIGHT`; a pair of numbers is a range that
is drawn from uniformly.
"""

from dataclasses import dataclass

Colour = tuple[float, float, float]
Range = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """The edge of a cell.

    Parameters
    ----------
    elongation : (float, float)
        Ratio of the axes less 1.
    waves : (float, float)
        Height of smooth waves over the radius.
    pressed : (int, int)
        Number of sides that neighbours press flat.
    roundness : float
        How far corners are rounded, degrees.
    spikes : (int, int)
        Number of bumps, pseudopods or spikes.
    spike_height, spike_width : (float, float)
        Their height over the radius and their width, radians.
    fringe : (float, float)
        Fine unevenness of the edge, µm.
    """

    elongation: Range = (0.0, 0.15)
    waves: Range = (0.01, 0.03)
    pressed: tuple[int, int] = (0, 0)
    roundness: float = 2.0
    spikes: tuple[int, int] = (0, 0)
    spike_height: Range = (0.05, 0.15)
    spike_width: Range = (0.08, 0.25)
    fringe: Range = (0.02, 0.05)


@dataclass(frozen=True)
class Nucleus:
    """Shape and chromatin of a nucleus.

    Parameters
    ----------
    area : (float, float)
        Share of the cell's area.
    lobes : tuple of float
        Frequency of 1, 2, 3, … lobes.
    turn : (float, float)
        How far the spine bends from end to end, degrees.
    slender : (float, float)
        Length of the spine over its thickness; of each lobe where there are several.
    neck : (float, float)
        Thickness of the filament between lobes over that of a lobe.
    swell, wander, warp : float
        Irregularity: of the thickness, of the bend, of the outline (µm).
    offset : (float, float)
        Distance from the cell's middle over the cell's radius.
    bend : float
        Least radius of the spine's bend, in half thicknesses: above 1 the bend stays open.
    gap : float
        Least space between lobes, in radii of a lobe; below 0 they overlap.
    margin : float
        Least cytoplasm between nucleus and membrane, µm.
    dark, light : Colour
        Of condensed chromatin and of the gaps in it.
    fleck : float
        Size of the gaps, µm.
    gaps : (float, float)
        Share of the nucleus that is gaps.
    sharpness : float
        Of their edges; high is coarse, clumped chromatin.
    nucleoli : (int, int)
        Number of nucleoli: pale blue-violet discs.
    """

    area: Range
    lobes: tuple[float, ...] = (1.0,)
    turn: Range = (0.0, 60.0)
    slender: Range = (0.1, 0.4)
    neck: Range = (0.2, 0.3)
    swell: float = 0.05
    wander: float = 0.3
    warp: float = 0.25
    offset: Range = (0.0, 0.2)
    bend: float = 0.8
    gap: float = 0.1
    margin: float = 0.15
    dark: Colour = (72, 28, 126)
    light: Colour = (158, 104, 156)
    fleck: float = 0.2
    gaps: Range = (0.15, 0.3)
    sharpness: float = 4.0
    nucleoli: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Granules:
    """Granules of one kind.

    Parameters
    ----------
    colour : Colour
    radius : (float, float)
        µm.
    density : (float, float)
        Granules per µm² of cytoplasm.
    over_nucleus : float
        Density over the nucleus relative to that over cytoplasm.
    strength : float
        Opacity in [0, 1].
    patchy : float
        Unevenness of the density, relative.
    margin : float
        Their distance from the cell's edge, µm.
    """

    colour: Colour
    radius: Range
    density: Range
    over_nucleus: float = 0.0
    strength: float = 0.9
    patchy: float = 0.3
    margin: float = 0.15


@dataclass(frozen=True)
class Cytoplasm:
    """Cytoplasm between two colours; `rim` darkens the edge, `hof` pales a zone beside the nucleus, `mottle` is unevenness."""

    first: Colour
    second: Colour
    mottle: float = 0.12
    rim: float = 0.25
    hof: Range = (0.0, 0.0)
    vacuoles: tuple[int, int] = (0, 0)
    vacuole_radius: Range = (0.3, 0.7)


@dataclass(frozen=True)
class Morphology:
    """A cell with or without a nucleus: `diameter` is mean and standard deviation in µm of a disc of the same area."""

    diameter: tuple[float, float]
    outline: Outline
    cytoplasm: Cytoplasm
    nucleus: Nucleus | None = None
    granules: tuple[Granules, ...] = ()
    blur: float = 0.08


@dataclass(frozen=True)
class RedCell:
    """A disc without nucleus: `pallor` radius over the cell's, its `depth` 0 none to 1 empty."""

    diameter: tuple[float, float]
    outline: Outline
    first: Colour
    second: Colour
    pallor: Range
    depth: Range
