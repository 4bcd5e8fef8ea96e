"""What Hazra et al. 2022 report (Biology 11, 276), to stand beside what a run measures. Numbers as printed."""

from dataclasses import dataclass

from smearsynth.taxonomy import key

DATASETS = ("EONE", "PBC", "AML")
"""Dataset-1 to dataset-3 of Table 1: EONE Laboratories, Mendeley data, The Cancer Imaging Archive."""


@dataclass(frozen=True)
class ReportedType:
    """A row of Table 1.

    Parameters
    ----------
    title : str
        Name in the table, spelt as usual.
    family : str
        The row of Table 2 that it is merged into (3.1).
    images : tuple of int or None
        Of dataset-1 to dataset-3; None where the table says N/A.
    aliases : tuple of str
        Codes and folders of the sources for it.
    """

    title: str
    family: str
    images: tuple[int | None, int | None, int | None]
    aliases: tuple[str, ...]

    @property
    def total(self) -> int:
        """Images of all three."""
        return sum(filter(None, self.images))


TABLE_1 = (
    ReportedType("basophil", "basophil", (570, 420, 234), ("BAS", "BA")),
    ReportedType("eosinophil", "eosinophil", (1061, 1356, 1121), ("EOS", "EO")),
    ReportedType("erythroblast", "erythroblast", (540, 500, 507), ("EBO", "ERB", "normoblast")),
    ReportedType("immature granulocyte", "immature granulocyte", (1266, 1615, None), ("IG", "immature granulocytes")),
    ReportedType("lymphocyte", "lymphocyte", (None, 1213, None), ("LY",)),
    ReportedType("lymphocyte atypical", "lymphocyte", (4, None, 3), ("LYA", "atypical lymphocyte")),
    ReportedType("lymphocyte typical", "lymphocyte", (1790, None, 2028), ("LYT", "typical lymphocyte")),
    ReportedType("metamyelocyte", "immature granulocyte", (8, None, 5), ("MMZ", "MMY")),
    ReportedType("monoblast", "monoblast", (14, None, 12), ("MOB",)),
    ReportedType("monocyte", "monocyte", (912, 1013, 658), ("MON", "MO")),
    ReportedType("myeloblast", "myeloblast", (1246, None, 1858), ("MYO",)),
    ReportedType("myelocyte", "immature granulocyte", (22, None, 17), ("MYB", "MY")),
    ReportedType("neutrophil", "neutrophil", (None, 3316, None), ("NEU",)),
    ReportedType("neutrophil band", "neutrophil", (42, None, 40), ("NGB", "BNE", "band neutrophil")),
    ReportedType("neutrophil segmented", "neutrophil", (3588, None, 3758), ("NGS", "SNE", "segmented neutrophil")),
    ReportedType("platelet", "platelet", (1650, 689, None), ("PLT", "platelets", "thrombocyte")),
    ReportedType("promyelocyte", "promyelocyte", (26, None, 43), ("PMO", "PMY")),
    ReportedType("promyelocyte bilobed", "promyelocyte", (10, None, 8), ("PMB", "promyelocyte bilobled")),
    ReportedType("smudge cell", "smudge cell", (7, None, 8), ("KSC", "smudge cells")),
)
"""Table 1: images before preprocessing. Its 19 types are called 18 in section 3."""

TABLE_2 = {
    "basophil": 1224,
    "eosinophil": 3538,
    "erythroblast": 1547,
    "immature granulocyte": 2933,
    "lymphocyte": 5038,
    "monoblast": 26,
    "monocyte": 2583,
    "myeloblast": 3104,
    "neutrophil": 10743,
    "platelet": 2339,
    "promyelocyte": 87,
    "smudge cell": 15,
}
"""Table 2: images of each family after preprocessing."""

_BY_KEY = {key(name): row for row in TABLE_1 for name in (row.title, *row.aliases)}


def find(name: str) -> ReportedType | None:
    """The row of Table 1 that a source's or a taxonomy's name means, or None."""
    return _BY_KEY.get(key(name))


@dataclass(frozen=True)
class ReportedModel:
    """A row of Tables 3 and 4, as printed; errors, precision, recall and F1 in per cent."""

    title: str
    inception: str
    fid: float
    lpips: float
    precision: float
    recall: float
    f1: float
    l1: float
    l2: float
    psnr: float
    ssim: float


MODELS = {
    "acgan": ReportedModel("AC-GAN", "8.34 ± 0.89", 76.3, 0.34, 94.37, 94.01, 94.13, 13.9, 6.3, 30.73, 0.8762),
    "wgan": ReportedModel("WGAN", "9.67 ± 0.25", 72.3, 0.31, 94.58, 94.57, 93.06, 12.8, 5.1, 32.61, 0.9135),
    "wgan_gp": ReportedModel("WGAN-GP", "10.06 ± 0.03", 71.1, 0.29, 96.72, 95.38, 95.11, 12.6, 5.4, 31.42, 0.9172),
    "infogan": ReportedModel("InfoGAN", "9.12 ± 0.37", 73.9, 0.32, 94.01, 94.83, 94.92, 11.9, 5.7, 31.67, 0.9288),
    "wgan_gp_info": ReportedModel("WGAN-GP-Info", "9.94 ± 0.71", 73.1, 0.33, 94.49, 95.03, 94.02, 12.3, 5.2, 31.89, 0.9061),
    "dcgan": ReportedModel("DCGAN", "9.89 ± 0.28", 73.4, 0.31, 95.66, 94.91, 95.50, 12.7, 6.1, 32.77, 0.9258),
    "cgan": ReportedModel("CGAN", "9.01 ± 0.77", 75.2, 0.34, 93.01, 93.48, 92.99, 14.3, 6.7, 32.33, 0.9378),
    "wgan_gp_ac": ReportedModel("WGAN-GP-AC", "12.36 ± 0.41", 67.2, 0.25, 96.83, 96.09, 96.32, 9.8, 4.2, 36.71, 0.9616),
}
"""Tables 3 and 4, by the name of the recipe, in the order of the tables."""

EPOCHS = 50
ITERATIONS = 265
BATCH = 64
"""Section 4: epochs, iterations of an epoch, cells an iteration."""

ACCURACY = {"training": 0.9754, "validation": 0.9732}
LOSS = {"training": 0.0692, "validation": 0.0917}
"""Of WGAN-GP-AC after training (section 4, Figures 7 and 8)."""

CLASSIFIERS = {
    "inceptionv3": "InceptionV3",
    "resnet": "ResNet",
    "vgg16": "VGG16",
    "cnn": "CNN",
    "xception": "Xception",
    "vgg19": "VGG19",
}
"""Rows of Tables 5 and 6."""

ARMS = {
    "original": {
        "inceptionv3": (0.93, 0.92),
        "resnet": (0.87, 0.89),
        "vgg16": (0.93, 0.90),
        "cnn": (0.86, 0.88),
        "xception": (0.88, 0.89),
        "vgg19": (0.91, 0.91),
    },
    "synthetic": {
        "inceptionv3": (0.95, 0.96),
        "resnet": (0.90, 0.91),
        "vgg16": (0.94, 0.93),
        "cnn": (0.89, 0.91),
        "xception": (0.92, 0.92),
        "vgg19": (0.94, 0.96),
    },
    "augmentation_1": {
        "inceptionv3": (0.94, 0.93),
        "resnet": (0.88, 0.87),
        "vgg16": (0.91, 0.92),
        "cnn": (0.87, 0.88),
        "xception": (0.89, 0.87),
        "vgg19": (0.90, 0.88),
    },
    "augmentation_2": {
        "inceptionv3": (0.93, 0.92),
        "resnet": (0.89, 0.88),
        "vgg16": (0.90, 0.89),
        "cnn": (0.86, 0.85),
        "xception": (0.87, 0.86),
        "vgg19": (0.89, 0.88),
    },
    "augmentation_3": {
        "inceptionv3": (0.94, 0.94),
        "resnet": (0.86, 0.85),
        "vgg16": (0.90, 0.90),
        "cnn": (0.85, 0.84),
        "xception": (0.90, 0.89),
        "vgg19": (0.90, 0.91),
    },
    "original_synthetic": {
        "inceptionv3": (0.93, 0.94),
        "resnet": (0.89, 0.90),
        "vgg16": (0.92, 0.90),
        "cnn": (0.87, 0.89),
        "xception": (0.89, 0.90),
        "vgg19": (0.92, 0.93),
    },
}
"""Tables 5 (original, synthetic) and 6: precision and recall, each set tested on itself."""
