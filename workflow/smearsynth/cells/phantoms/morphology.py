"""What each cell type looks like, as data: sizes in µm, colours as RGB in [0, 255] on the empty smear `stain.LIGHT`.

Descriptions follow the usual morphological criteria for May-Grünwald-Giemsa or Wright stained films (Bain, Blood Cells;
ICSH recommendations for the grading of peripheral blood cell features, Palmer et al. 2015; thesis Fig. 2.3). Sizes and
colours were set beside real films of the PBC set (Acevedo et al. 2020, about 0.095 µm per pixel). A pair of numbers is
a range that is drawn from uniformly.
"""

from dataclasses import dataclass, replace

Colour = tuple[float, float, float]
Range = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """The edge of a cell: `elongation` (ratio of axes - 1), `waves` (relative height), `spikes` (number) and their size."""

    elongation: Range = (0.0, 0.15)
    waves: Range = (0.01, 0.03)
    spikes: tuple[int, int] = (0, 0)
    spike_height: Range = (0.05, 0.15)
    spike_width: Range = (0.08, 0.25)


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
    margin: float = 0.15
    dark: Colour = (72, 28, 126)
    light: Colour = (156, 104, 160)
    fleck: float = 0.2
    gaps: Range = (0.15, 0.3)
    sharpness: float = 4.0
    nucleoli: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Granules:
    """Granules of one kind: `radius` in µm, `density` per µm², `over_nucleus` the relative density over the nucleus."""

    colour: Colour
    radius: Range
    density: Range
    over_nucleus: float = 0.0
    strength: float = 0.9
    patchy: float = 0.3


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
    blur: float = 0.06


@dataclass(frozen=True)
class RedCell:
    """A disc without nucleus: `pallor` radius over the cell's, its `depth` 0 none to 1 empty."""

    diameter: tuple[float, float]
    outline: Outline
    first: Colour
    second: Colour
    pallor: Range
    depth: Range


AZUROPHILIC = (112, 28, 120)
ROUND = Outline()
SOFT = Outline(elongation=(0.0, 0.3), waves=(0.02, 0.06))

# Neutrophils: pale pink-lilac cytoplasm with fine lilac granules, coarsely clumped chromatin.
_neutrophil_cytoplasm = Cytoplasm((226, 186, 186), (188, 148, 172), mottle=0.16, rim=0.3)
_neutrophil_granules = (
    Granules((158, 96, 152), (0.09, 0.16), (1.5, 5.0), strength=0.6),
    Granules((120, 50, 130), (0.12, 0.18), (0.0, 0.9), strength=0.8),
)
SEGMENTED = Morphology(
    # 2 to 5 lobes joined by thin filaments.
    (13.4, 1.0),
    ROUND,
    _neutrophil_cytoplasm,
    Nucleus(
        (0.28, 0.38), lobes=(0, 0.25, 0.4, 0.28, 0.07), turn=(120, 300), slender=(1.15, 1.5), neck=(0.1, 0.25), wander=1.6,
        warp=0.3, fleck=0.24, gaps=(0.08, 0.2), sharpness=6, offset=(0.0, 0.12), margin=0.3, dark=(68, 27, 124),
    ),
    _neutrophil_granules,
)  # fmt: skip
BAND = Morphology(
    # One U- or C-shaped nucleus of even thickness; nowhere a filament.
    (13.0, 1.0),
    ROUND,
    _neutrophil_cytoplasm,
    Nucleus(
        (0.29, 0.39), turn=(120, 290), slender=(2.0, 3.1), swell=0.16, wander=0.5, warp=0.3, fleck=0.24, gaps=(0.1, 0.24),
        sharpness=6, offset=(0.0, 0.15), margin=0.3, dark=(70, 28, 125),
    ),
    _neutrophil_granules,
)  # fmt: skip
METAMYELOCYTE = Morphology(
    # Kidney- or bean-shaped nucleus indented by less than half, clumped chromatin.
    (13.3, 1.2),
    Outline(elongation=(0.0, 0.25), waves=(0.015, 0.04)),
    Cytoplasm((202, 164, 182), (168, 134, 172), mottle=0.2, rim=0.3),
    Nucleus(
        (0.42, 0.54), turn=(150, 230), slender=(0.9, 1.3), swell=0.12, wander=0.4, warp=0.35, fleck=0.22, gaps=(0.16, 0.28),
        sharpness=5, offset=(0.15, 0.4), margin=0.25, dark=(76, 32, 128),
    ),
    (Granules((118, 56, 138), (0.1, 0.18), (2.0, 6.0), strength=0.7),),
)  # fmt: skip
MYELOCYTE = Morphology(
    # Round or oval eccentric nucleus flattened on one side, no nucleolus; bluish-pink granular cytoplasm.
    (13.4, 1.3),
    Outline(elongation=(0.0, 0.3), waves=(0.015, 0.05)),
    Cytoplasm((192, 156, 182), (152, 124, 170), mottle=0.22, rim=0.35, hof=(0.0, 0.3)),
    Nucleus(
        (0.42, 0.58), turn=(0, 40), slender=(0.2, 0.5), swell=0.08, warp=0.4, fleck=0.22, gaps=(0.2, 0.32), sharpness=4.5,
        offset=(0.2, 0.45), margin=0.25, dark=(76, 32, 128),
    ),
    (Granules((112, 46, 132), (0.1, 0.2), (2.0, 6.0), over_nucleus=0.1, strength=0.75),),
)  # fmt: skip
PROMYELOCYTE = Morphology(
    # Large; big eccentric nucleus with fine chromatin and nucleoli; blue cytoplasm, a pale Golgi zone, azurophilic granules.
    (15.3, 1.6),
    SOFT,
    Cytoplasm((168, 142, 182), (122, 108, 170), mottle=0.3, rim=0.4, hof=(0.1, 0.5), vacuoles=(0, 1)),
    Nucleus(
        (0.55, 0.7), turn=(0, 40), slender=(0.1, 0.45), warp=0.4, fleck=0.17, gaps=(0.28, 0.42), sharpness=3, offset=(0.15, 0.4),
        margin=0.15, dark=(78, 34, 130), light=(150, 98, 164), nucleoli=(0, 2),
    ),
    (Granules(AZUROPHILIC, (0.14, 0.27), (1.5, 4.5), over_nucleus=0.25),),
)  # fmt: skip
BILOBED = replace(
    # Microgranular (variant) promyelocyte: butterfly nucleus of two broad lobes, dusty granules.
    PROMYELOCYTE,
    diameter=(15.0, 1.3),
    nucleus=replace(
        PROMYELOCYTE.nucleus, area=(0.5, 0.64), lobes=(0, 1), turn=(20, 120), slender=(0.85, 1.05), neck=(0.4, 0.6), offset=(0, 0.15),
        margin=0.3,
    ),
    granules=(Granules(AZUROPHILIC, (0.1, 0.18), (3.0, 7.0), over_nucleus=0.1, strength=0.8),),
)  # fmt: skip
MYELOBLAST = Morphology(
    # Scant deep-blue cytoplasm without granules, very fine chromatin, two to five nucleoli.
    (13.8, 1.3),
    Outline(elongation=(0.0, 0.25), waves=(0.01, 0.04)),
    Cytoplasm((150, 140, 196), (108, 102, 176), mottle=0.18, rim=0.4),
    Nucleus(
        (0.68, 0.82), turn=(0, 60), slender=(0.1, 0.3), warp=0.3, fleck=0.13, gaps=(0.42, 0.55), sharpness=1.8, offset=(0.05, 0.3),
        margin=0.15, dark=(92, 42, 138), light=(152, 98, 172), nucleoli=(2, 5),
    ),
)  # fmt: skip
MONOBLAST = Morphology(
    # Large; round or slightly folded nucleus, lacy chromatin, one large nucleolus; plenty of blue-grey cytoplasm, pseudopods.
    (16.2, 1.4),
    Outline(elongation=(0.0, 0.3), waves=(0.03, 0.08), spikes=(0, 3), spike_height=(0.05, 0.16), spike_width=(0.2, 0.45)),
    Cytoplasm((166, 152, 196), (128, 122, 182), mottle=0.22, rim=0.3, vacuoles=(0, 2)),
    Nucleus(
        (0.52, 0.66), turn=(0, 120), slender=(0.2, 0.5), warp=0.5, fleck=0.2, gaps=(0.45, 0.58), sharpness=2.2, offset=(0.05, 0.3),
        margin=0.4, dark=(94, 44, 138), light=(160, 108, 172), nucleoli=(1, 2),
    ),
)  # fmt: skip
MONOCYTE = Morphology(
    # The largest cell of blood; kidney-shaped, folded nucleus with lacy chromatin; grey-blue dusty cytoplasm with vacuoles.
    (16.2, 1.9),
    Outline(elongation=(0.0, 0.45), waves=(0.03, 0.1), spikes=(0, 3), spike_height=(0.05, 0.15), spike_width=(0.2, 0.5)),
    Cytoplasm((194, 174, 194), (146, 130, 178), mottle=0.3, rim=0.15, vacuoles=(0, 9), vacuole_radius=(0.25, 0.7)),
    Nucleus(
        (0.42, 0.56), turn=(110, 260), slender=(0.8, 1.6), swell=0.2, wander=0.8, warp=0.7, fleck=0.2, gaps=(0.3, 0.48), sharpness=3.5,
        offset=(0.0, 0.25), margin=0.3, dark=(84, 36, 130), light=(164, 114, 168),
    ),
    (Granules((138, 84, 150), (0.08, 0.14), (1.0, 4.0), strength=0.55),),
)  # fmt: skip
LYMPHOCYTE = Morphology(
    # Small; round dense nucleus, smudged clumps of chromatin, a thin rim of blue cytoplasm without granules.
    (9.9, 1.0),
    Outline(elongation=(0.0, 0.25), waves=(0.01, 0.05), spikes=(0, 4), spike_height=(0.02, 0.1), spike_width=(0.08, 0.2)),
    Cytoplasm((166, 150, 194), (100, 88, 160), mottle=0.25, rim=0.45),
    Nucleus(
        (0.7, 0.86), turn=(0, 90), slender=(0.1, 0.35), warp=0.3, fleck=0.26, gaps=(0.15, 0.35), sharpness=2.2, offset=(0.05, 0.3),
        margin=0.12, dark=(68, 27, 122), light=(122, 66, 148),
    ),
)  # fmt: skip
ERYTHROBLAST = Morphology(
    # Small; very dense round nucleus with few bright gaps; smooth blue to grey cytoplasm, pale beside the nucleus, no granules.
    (10.0, 1.1),
    Outline(elongation=(0.0, 0.25), waves=(0.01, 0.05)),
    Cytoplasm((182, 158, 176), (100, 90, 156), mottle=0.1, rim=0.3, hof=(0.0, 0.35)),
    Nucleus(
        (0.32, 0.55), turn=(0, 20), slender=(0.05, 0.2), warp=0.15, swell=0.02, fleck=0.26, gaps=(0.03, 0.14), sharpness=9,
        offset=(0.0, 0.3), margin=0.4, dark=(58, 24, 118), light=(166, 134, 178),
    ),
)  # fmt: skip
EOSINOPHIL = Morphology(
    # Two lobes, seldom three; cytoplasm packed with coarse round orange-pink granules.
    (13.4, 1.0),
    Outline(elongation=(0.0, 0.2), waves=(0.01, 0.03)),
    Cytoplasm((180, 138, 168), (158, 120, 160), mottle=0.15, rim=0.4, vacuoles=(0, 2), vacuole_radius=(0.15, 0.35)),
    Nucleus(
        (0.32, 0.44), lobes=(0.08, 0.62, 0.25, 0.05), turn=(60, 240), slender=(0.8, 1.15), neck=(0.2, 0.5), wander=0.6, warp=0.3, fleck=0.22,
        gaps=(0.14, 0.26), sharpness=5, offset=(0.1, 0.35), margin=0.3, dark=(76, 30, 128),
    ),
    (
        Granules((150, 62, 84), (0.2, 0.32), (4.0, 7.0), strength=0.6, patchy=0.3),
        Granules((224, 118, 104), (0.17, 0.29), (6.0, 11.0), strength=0.95, patchy=0.3),
    ),
)  # fmt: skip
BASOPHIL = Morphology(
    # Coarse blue-black granules that hide a bilobed nucleus; pale lilac cytoplasm between them.
    (12.2, 1.0),
    Outline(elongation=(0.0, 0.35), waves=(0.01, 0.05), spikes=(0, 6), spike_height=(0.01, 0.06), spike_width=(0.06, 0.12)),
    Cytoplasm((206, 168, 190), (166, 122, 168), mottle=0.2, rim=0.3),
    Nucleus(
        (0.45, 0.65), lobes=(0.3, 0.5, 0.2), turn=(40, 160), slender=(0.6, 0.9), neck=(0.5, 0.7), warp=0.4, fleck=0.26, gaps=(0.3, 0.45),
        sharpness=2, offset=(0.0, 0.2), margin=0.2, dark=(86, 38, 134), light=(134, 76, 152),
    ),
    (Granules((54, 20, 108), (0.22, 0.4), (2.0, 4.5), over_nucleus=0.75, strength=0.97, patchy=0.2),),
)  # fmt: skip
PLATELET = Morphology(
    # Fragment without nucleus, pale blue-lilac with purple granules gathered in the middle, fringed edge.
    (4.9, 0.7),
    Outline(elongation=(0.0, 0.6), waves=(0.03, 0.09), spikes=(0, 9), spike_height=(0.03, 0.3), spike_width=(0.06, 0.2)),
    Cytoplasm((196, 168, 196), (140, 112, 172), mottle=0.3, rim=0.1),
    None,
    (Granules((98, 34, 124), (0.1, 0.2), (5.0, 14.0), strength=0.9, patchy=0.6),),
    blur=0.09,
)
RED = RedCell(
    # Disc without nucleus, central pallor of about a third of its diameter.
    (7.5, 0.45),
    Outline(elongation=(0.0, 0.3), waves=(0.01, 0.04)),
    (212, 172, 168),
    (188, 148, 156),
    (0.3, 0.55),
    (0.1, 0.85),
)

CELLS: dict[str, Morphology | RedCell] = {
    "red_blood_cell": RED,
    "basophil": BASOPHIL,
    "erythroblast": ERYTHROBLAST,
    "eosinophil": EOSINOPHIL,
    "lymphocyte": LYMPHOCYTE,
    "metamyelocyte": METAMYELOCYTE,
    "monoblast": MONOBLAST,
    "monocyte": MONOCYTE,
    "myelocyte": MYELOCYTE,
    "myeloblast": MYELOBLAST,
    "neutrophil_band": BAND,
    "neutrophil_segmented": SEGMENTED,
    "promyelocyte_bilobed": BILOBED,
    "promyelocyte": PROMYELOCYTE,
    "platelet": PLATELET,
}
KINDS = (*CELLS, "background")
"""Every kind that `draw` knows, by the taxonomy's names."""
