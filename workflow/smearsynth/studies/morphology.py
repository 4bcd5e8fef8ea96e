"""What to look for in a cell of each type, as a haematologist tells them apart."""

MORPHOLOGY = {
    "basophil": (
        "Coarse dark violet granules, many lying over the nucleus and hiding its two or three lobes; no larger than a neutrophil."
    ),
    "eosinophil": (
        "Coarse granules of equal size, orange to pink, that fill the cytoplasm; nucleus of two lobes joined by a strand."
    ),
    "erythroblast": (
        "Small cell with a round, dense nucleus in or near the middle; cytoplasm from blue to grey-pink as haemoglobin is made."
    ),
    "lymphocyte": (
        "Small cell; round, dense, dark nucleus that leaves a narrow rim of clear light-blue cytoplasm without granules."
    ),
    "monoblast": (
        "Large cell; round or folded nucleus with fine lace-like chromatin and one or more pale nucleoli; ample blue- "
        "grey cytoplasm."
    ),
    "monocyte": (
        "The largest cell of normal blood; kidney- or horseshoe-shaped folded nucleus, loose chromatin; grey-blue "
        "cytoplasm, vacuoles."
    ),
    "myeloblast": (
        "Large round nucleus with fine, even chromatin and two to five nucleoli; a thin rim of blue cytoplasm, few or "
        "no granules."
    ),
    "myelocyte": (
        "Round to oval nucleus beside the middle, often flat on one side, without nucleoli; pinkish cytoplasm with fine granules."
    ),
    "metamyelocyte": "Nucleus indented like a kidney or bean, by less than half of its width; pink cytoplasm with fine granules.",
    "neutrophil_band": (
        "Nucleus bent as a band in the form of a U, C or S, of nearly equal width and without threads; pale pink, fine granules."
    ),
    "neutrophil_segmented": "Three to five dense lobes joined by thin threads; pale pink, hardly visible granules.",
    "promyelocyte": "Larger than a myeloblast; round nucleus beside the middle; many red-violet granules, also over the nucleus.",
    "promyelocyte_bilobed": "As a promyelocyte, but with a nucleus cleft into two lobes, like a dumb-bell.",
    "red_blood_cell": "Pink disc without a nucleus, paler in its middle third.",
    "platelet": "Fragment of a quarter of a red cell or less; violet granules in a pale, ragged body.",
    "background": "Even plasma without any cell: a faint tint and the grain of the camera.",
}
"""Name of the type in the taxonomy to the signs of the type."""


def signs(name: str) -> str:
    """What to look for in a type; a plain statement for types that are not described here."""
    return MORPHOLOGY.get(name, "No description of this type here: compare it with the real cell beside it.")
