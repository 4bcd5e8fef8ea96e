"""What the thesis reports, to stand beside what a run measures."""

import math

IMAGES = {
    "background": 15,
    "red_blood_cell": 14,
    "basophil": 8,
    "erythroblast": 15,
    "eosinophil": 25,
    "lymphocyte": 44,
    "monoblast": 5,
    "monocyte": 25,
    "myelocyte": 10,
    "myeloblast": 38,
    "neutrophil_band": 22,
    "neutrophil_segmented": 29,
    "promyelocyte_bilobed": 5,
    "promyelocyte": 9,
}
"""Table 4.1: annotated images of each type. The text drops types with fewer than 5."""

CELL_FIGURES = {
    "4.5": "basophil",
    "4.6": "eosinophil",
    "4.7": "erythroblast",
    "4.8": "lymphocyte",
    "4.9": "monoblast",
    "4.10": "monocyte",
    "4.11": "myeloblast",
    "4.12": "myelocyte",
    "4.13": "neutrophil_band",
    "4.14": "neutrophil_segmented",
    "4.15": "promyelocyte",
    "4.16": "promyelocyte_bilobed",
}
"""Figures 4.5 to 4.16: the type that each shows."""

SLIDE_FIGURES = tuple(f"4.{number}" for number in range(17, 27))
"""Figures 4.17 to 4.26: ten slides."""

JUMP = 100
"""Section 5.3: images per type at which the text expects better cells."""

EQUAL_GENERATOR = math.log(2)
"""Loss of a generator whose cells are thought real with probability 1/2."""

EQUAL_DISCRIMINATOR = 2 * math.log(2)
"""Loss of a discriminator that gives 1/2 to everything: the sum of a real and a generated term, each ``log 2``. The text
holds the sum against ``log 2`` alone (4.2)."""

DISCRIMINATOR = 1.15
GENERATOR = 1.0
"""Section 4.2: where the smoothed losses stay."""


def file_name(figure: str) -> str:
    """``figure_4_17`` for Figure 4.17."""
    return f"figure_{figure.replace('.', '_')}"
