"""What each cell type looks like, as data: sizes in µm, colours as RGB in [0, 255] on the empty smear `stain.LIGHT`.

Descriptions follow the usual morphological criteria for May-Grünwald-Giemsa or Wright stained films (Bain, Blood Cells;
ICSH recommendations for the grading of peripheral blood cell features, Palmer et al. 2015; thesis Fig. 2.3). Sizes and
colours were set beside real films of the PBC set (Acevedo et al. 2020, about 0.095 µm per pixel). A pair of numbers is
a range that is drawn from uniformly.
"""

from dataclasses import replace

from smearsynth.cells.phantoms.forms import Cytoplasm, Granules, Morphology, Nucleus, Outline, RedCell

AZUROPHILIC = (92, 28, 116)
ROUND = Outline(elongation=(0.0, 0.2), pressed=(0, 1), roundness=6.0)
SOFT = Outline(elongation=(0.0, 0.3), waves=(0.015, 0.07), pressed=(0, 3), roundness=6.0)

# Neutrophils: pale pink-lilac cytoplasm with fine lilac granules, coarsely clumped chromatin.
_neutrophil_cytoplasm = Cytoplasm((228, 190, 184), (192, 152, 170), mottle=0.16, rim=0.3)
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
        area=(0.34, 0.43), lobes=(0, 0.28, 0.42, 0.25, 0.05), turn=(130, 300), slender=(1.25, 1.6), neck=(0.13, 0.28),
        wander=0.8, warp=0.25, fleck=0.125, gaps=(0.16, 0.27), sharpness=4.5, offset=(0.0, 0.12), margin=0.3,
        dark=(64, 26, 126), gap=0.12,
    ),
    _neutrophil_granules,
)  # fmt: skip
BAND = Morphology(
    # One U- or C-shaped nucleus of even thickness; nowhere a filament.
    (13.0, 1.0),
    ROUND,
    _neutrophil_cytoplasm,
    Nucleus(
        area=(0.3, 0.4), turn=(110, 260), slender=(2.3, 3.5), swell=0.11, wander=0.35, bend=1.4, warp=0.35, fleck=0.125,
        gaps=(0.17, 0.29), sharpness=4.5, offset=(0.0, 0.12), margin=0.3, dark=(66, 27, 127),
    ),
    _neutrophil_granules,
)  # fmt: skip
METAMYELOCYTE = Morphology(
    # Kidney- or bean-shaped nucleus indented by less than half, clumped chromatin.
    (13.3, 1.2),
    SOFT,
    Cytoplasm((204, 168, 184), (168, 134, 172), mottle=0.2, rim=0.3),
    Nucleus(
        area=(0.44, 0.56), turn=(130, 240), slender=(1.4, 2.1), swell=0.12, wander=0.3, bend=0.95, warp=0.3, fleck=0.125,
        gaps=(0.22, 0.36), sharpness=4, offset=(0.15, 0.4), margin=0.25, dark=(69, 28, 129),
    ),
    (Granules((118, 56, 138), (0.1, 0.18), (2.0, 6.0), strength=0.7),),
)  # fmt: skip
MYELOCYTE = Morphology(
    # Round or oval eccentric nucleus flattened on one side, no nucleolus; bluish-pink granular cytoplasm.
    (13.4, 1.3),
    SOFT,
    Cytoplasm((196, 160, 184), (152, 124, 170), mottle=0.22, rim=0.35, hof=(0.0, 0.3)),
    Nucleus(
        area=(0.46, 0.62), turn=(0, 40), slender=(0.2, 0.5), swell=0.08, warp=0.3, fleck=0.125, gaps=(0.24, 0.38),
        sharpness=3.6, offset=(0.2, 0.45), margin=0.25, dark=(70, 29, 129),
    ),
    (Granules((112, 46, 132), (0.1, 0.18), (2.0, 6.0), over_nucleus=0.1, strength=0.75),),
)  # fmt: skip
_promyelocyte_nucleus = Nucleus(
    area=(0.55, 0.7), turn=(0, 40), slender=(0.1, 0.45), warp=0.35, fleck=0.115, gaps=(0.3, 0.44), sharpness=2.8,
    offset=(0.15, 0.4), margin=0.15, dark=(76, 33, 134), light=(150, 98, 164), nucleoli=(0, 2),
)  # fmt: skip
PROMYELOCYTE = Morphology(
    # Large; big eccentric nucleus with fine chromatin and nucleoli; blue cytoplasm, a pale Golgi zone, azurophilic granules.
    (15.3, 1.6),
    SOFT,
    Cytoplasm((172, 144, 174), (122, 104, 158), mottle=0.3, rim=0.4, hof=(0.1, 0.5), vacuoles=(0, 1)),
    _promyelocyte_nucleus,
    (Granules(AZUROPHILIC, (0.1, 0.19), (2.5, 8.0), over_nucleus=0.35),),
)  # fmt: skip
BILOBED = replace(
    # Microgranular (variant) promyelocyte: butterfly nucleus of two broad lobes, dusty granules.
    PROMYELOCYTE,
    diameter=(15.0, 1.3),
    nucleus=replace(
        _promyelocyte_nucleus, area=(0.48, 0.6), lobes=(0, 1), turn=(20, 140), slender=(1.0, 1.3), gap=-0.4, neck=(0.35, 0.6),
        offset=(0, 0.15), margin=0.3,
    ),
    granules=(Granules(AZUROPHILIC, (0.09, 0.16), (3.0, 8.0), over_nucleus=0.1, strength=0.8),),
)  # fmt: skip
MYELOBLAST = Morphology(
    # Scant deep-blue cytoplasm without granules, very fine chromatin, two to five nucleoli.
    (13.8, 1.3),
    Outline(elongation=(0.0, 0.25), waves=(0.01, 0.04)),
    Cytoplasm((152, 138, 190), (108, 100, 168), mottle=0.18, rim=0.4),
    Nucleus(
        area=(0.7, 0.84), turn=(0, 60), slender=(0.1, 0.3), warp=0.25, fleck=0.11, gaps=(0.42, 0.55), sharpness=1.8,
        offset=(0.05, 0.3), margin=0.15, dark=(88, 40, 138), light=(152, 98, 172), nucleoli=(2, 5),
    ),
)  # fmt: skip
MONOBLAST = Morphology(
    # Large; round or slightly folded nucleus, lacy chromatin, a large nucleolus; plenty of blue-grey cytoplasm, pseudopods.
    (16.2, 1.4),
    Outline((0.0, 0.3), (0.03, 0.08), (0, 2), 5.0, (0, 3), (0.05, 0.16), (0.2, 0.45), (0.02, 0.05)),
    Cytoplasm((170, 152, 188), (128, 118, 172), mottle=0.22, rim=0.3, vacuoles=(0, 2)),
    Nucleus(
        area=(0.52, 0.66), turn=(0, 120), slender=(0.2, 0.5), warp=0.4, fleck=0.15, gaps=(0.42, 0.54), sharpness=2.4,
        offset=(0.05, 0.3), margin=0.4, dark=(90, 42, 138), light=(160, 108, 172), nucleoli=(1, 2),
    ),
)  # fmt: skip
MONOCYTE = Morphology(
    # The largest cell of blood; kidney-shaped, folded nucleus, lacy chromatin; grey-blue dusty cytoplasm with vacuoles.
    (16.2, 1.9),
    Outline((0.0, 0.45), (0.03, 0.1), (0, 3), 5.0, (0, 3), (0.05, 0.3), (0.2, 0.5), (0.02, 0.05)),
    Cytoplasm((194, 168, 182), (140, 120, 164), mottle=0.28, rim=0.15, vacuoles=(0, 9), vacuole_radius=(0.25, 0.9)),
    Nucleus(
        area=(0.46, 0.6), turn=(150, 230), slender=(1.3, 2.1), swell=0.2, wander=0.4, bend=0.95, warp=0.45, fleck=0.125,
        gaps=(0.3, 0.45), sharpness=2.6, offset=(0.0, 0.2), margin=0.3, dark=(84, 37, 134), light=(164, 114, 168),
    ),
    (Granules((138, 84, 150), (0.08, 0.14), (1.0, 4.0), strength=0.55),),
    blur=0.12,
)  # fmt: skip
LYMPHOCYTE = Morphology(
    # Small; round dense nucleus, smudged clumps of chromatin, a thin rim of blue cytoplasm without granules.
    (9.9, 1.0),
    Outline((0.0, 0.25), (0.01, 0.05), (0, 1), 3.0, (0, 5), (0.02, 0.12), (0.06, 0.2), (0.02, 0.06)),
    Cytoplasm((170, 150, 184), (100, 86, 148), mottle=0.25, rim=0.45),
    Nucleus(
        area=(0.7, 0.88), turn=(0, 90), slender=(0.1, 0.35), warp=0.2, fleck=0.12, gaps=(0.2, 0.45), sharpness=2.2,
        offset=(0.05, 0.3), margin=0.12, dark=(66, 26, 122), light=(122, 66, 148),
    ),
)  # fmt: skip
ERYTHROBLAST = Morphology(
    # Small; very dense round nucleus with few bright gaps; smooth blue to grey cytoplasm, pale beside the nucleus, no granules.
    (10.0, 1.1),
    Outline((0.0, 0.25), (0.01, 0.05), (0, 2), 5.0, (0, 2), (0.02, 0.12), (0.1, 0.3), (0.02, 0.05)),
    Cytoplasm((186, 160, 172), (104, 88, 148), mottle=0.1, rim=0.3, hof=(0.0, 0.45)),
    Nucleus(
        area=(0.36, 0.62), turn=(0, 20), slender=(0.05, 0.2), warp=0.12, swell=0.02, fleck=0.12, gaps=(0.05, 0.16),
        sharpness=6, offset=(0.0, 0.3), margin=0.35, dark=(60, 26, 120), light=(172, 140, 182),
    ),
)  # fmt: skip
EOSINOPHIL = Morphology(
    # Two lobes, seldom three; cytoplasm packed with coarse round orange-pink granules.
    (13.4, 1.0),
    Outline(elongation=(0.0, 0.2), waves=(0.01, 0.03)),
    Cytoplasm((186, 146, 172), (160, 124, 164), mottle=0.15, rim=0.4, vacuoles=(0, 2), vacuole_radius=(0.15, 0.35)),
    Nucleus(
        area=(0.34, 0.45), lobes=(0.05, 0.65, 0.25, 0.05), turn=(60, 240), slender=(1.2, 1.6), neck=(0.15, 0.4),
        wander=0.5, warp=0.25, fleck=0.125, gaps=(0.2, 0.34), sharpness=4, offset=(0.1, 0.35), margin=0.3,
        dark=(72, 29, 130), gap=0.05,
    ),
    (
        Granules((138, 64, 106), (0.2, 0.32), (3.0, 6.0), strength=0.65),
        Granules((212, 112, 124), (0.2, 0.32), (4.0, 9.0), strength=0.95),
    ),
)  # fmt: skip
BASOPHIL = Morphology(
    # Coarse blue-black granules that hide a bilobed nucleus; pale lilac cytoplasm between them.
    (12.2, 1.0),
    Outline((0.0, 0.35), (0.01, 0.05), (0, 2), 2.0, (6, 22), (0.01, 0.05), (0.04, 0.09), (0.05, 0.1)),
    Cytoplasm((206, 168, 190), (150, 104, 160), mottle=0.2, rim=0.3),
    Nucleus(
        area=(0.5, 0.7), lobes=(0.3, 0.5, 0.2), turn=(40, 160), slender=(0.7, 1.0), neck=(0.5, 0.7), warp=0.3, fleck=0.12,
        gaps=(0.3, 0.45), sharpness=2, offset=(0.0, 0.2), margin=0.2, dark=(84, 36, 134), light=(128, 70, 150), gap=-0.6,
    ),
    (Granules((52, 20, 108), (0.17, 0.33), (3.0, 7.0), over_nucleus=0.75, strength=0.97, patchy=0.2, margin=0.0),),
)  # fmt: skip
PLATELET = Morphology(
    # Fragment without nucleus, pale blue-lilac with purple granules gathered in the middle, fringed edge.
    (4.9, 0.7),
    Outline((0.0, 0.45), (0.02, 0.07), (0, 0), 2.0, (0, 10), (0.03, 0.25), (0.06, 0.18), (0.06, 0.13)),
    Cytoplasm((190, 160, 194), (120, 92, 164), mottle=0.35, rim=0.1),
    None,
    (Granules((92, 32, 124), (0.09, 0.17), (6.0, 18.0), strength=0.85, patchy=0.4, margin=0.5),),
    blur=0.13,
)
RED = RedCell(
    # Disc without nucleus, central pallor of about a third of its diameter.
    (7.5, 0.45),
    Outline((0.0, 0.3), (0.01, 0.04), (0, 1), 5.0),
    (214, 174, 168),
    (190, 150, 158),
    (0.3, 0.6),
    (0.1, 0.9),
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
