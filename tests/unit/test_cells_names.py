"""Three small sources in the layouts of Hazra et al. 2022: their own names survive, 19 names become 12 types, Table 1 adds up."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from cell_world import picture
from smearsynth import images
from smearsynth.cells import names
from smearsynth.cells.names import Named
from smearsynth.cells.options import SourceOptions
from smearsynth.cli import dispatch
from smearsynth.files import read_json, read_tsv
from smearsynth.options import build
from smearsynth.studies.hazra_reported import TABLE_1, find
from smearsynth.taxonomy import Taxonomy

# Table 2's types, with those of Table 1's names that fall under them.
FAMILIES = {
    "basophil": [],
    "eosinophil": [],
    "erythroblast": [],
    "immature_granulocyte": ["immature granulocytes", "metamyelocyte", "myelocyte"],
    "lymphocyte": ["lymphocyte atypical", "lymphocyte typical"],
    "monoblast": [],
    "monocyte": [],
    "myeloblast": [],
    "neutrophil": ["neutrophil band", "neutrophil segmented"],
    "platelet": [],
    "promyelocyte": ["promyelocyte bilobed"],
    "smudge_cell": ["smudge cells"],
}
TAXONOMY = [
    {"id": i, "name": name, "kind": "platelet" if name == "platelet" else "white", "colour": [10 * i, 100, 50], "aliases": more}
    for i, (name, more) in enumerate(FAMILIES.items(), 1)
]
LMU = {
    "BAS": "basophil",
    "EBO": "erythroblast",
    "EOS": "eosinophil",
    "KSC": "smudge cell",
    "LYA": "lymphocyte atypical",
    "LYT": "lymphocyte typical",
    "MMZ": "metamyelocyte",
    "MOB": "monoblast",
    "MON": "monocyte",
    "MYB": "myelocyte",
    "MYO": "myeloblast",
    "NGB": "neutrophil band",
    "NGS": "neutrophil segmented",
    "PMB": "promyelocyte bilobed",
    "PMO": "promyelocyte",
}
PBC = {"basophil": "BA", "eosinophil": "EO", "erythroblast": "ERB", "ig": "MMY", "lymphocyte": "LY", "monocyte": "MO"}
PBC |= {"neutrophil": "BNE", "platelet": "PLATELET"}
EONE = ["Basophil", "Neutrophil band", "Lymphocyte typical", "Smudge cells", "Promyelocyte bilobed", "Immature granulocytes"]


@pytest.fixture
def sources(tmp_path):
    """The three sources: folders of TIFF with alpha, folders of JPEG, one COCO file; two pictures of every name."""
    number = 0
    for folder, suffix, kinds in (("lmu", "tiff", LMU), ("pbc", "jpg", PBC)):
        for kind in kinds:
            for _ in range(2):
                number += 1
                path = tmp_path / folder / kind / f"{PBC.get(kind, kind)}_{number:06d}.{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = picture(number)
                if suffix == "tiff":
                    pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
                Image.fromarray(pixels).save(path)
    (tmp_path / "pbc/basophil/.DS_1.jpg").write_bytes(b"")
    content = {"images": [], "annotations": [], "categories": [{"id": i, "name": n} for i, n in enumerate(EONE, 1)]}
    for i in range(2 * len(EONE)):
        name = f"{i:03d}.png"
        images.write(tmp_path / "eone/images" / name, picture(900 + i))
        content["images"].append({"id": i + 1, "file_name": name, "width": 64, "height": 64})
        outline = [20, 18, 44, 18, 44, 42, 20, 42]
        cell = {"id": i + 1, "image_id": i + 1, "category_id": i // 2 + 1, "iscrowd": 0, "segmentation": [outline]}
        content["annotations"].append(cell | {"bbox": [20, 18, 24, 24], "area": 576})
    (tmp_path / "eone/instances.json").write_text(json.dumps(content))
    folders = {"reader": "folders", "pattern": "folder"}
    return tmp_path, [
        {"name": "eone", "reader": "coco", "images": "eone/images", "annotations": "eone/instances.json"},
        {"name": "pbc", **folders, "images": "pbc", "names": {"ig": "immature granulocyte"}},
        {"name": "lmu", **folders, "images": "lmu", "names": LMU},
    ]


def command(*words):
    return dispatch("smearsynth.cells", ("source", "outline", "merge"), list(map(str, words)))


def read_source(folder, entry):
    out = folder / "out/sources" / entry["name"]
    flags = ["--options", json.dumps(entry), "--taxonomy", json.dumps(TAXONOMY), "--seed", 1, "--data", folder]
    flags += ["--out-images", out / "images", "--out", out / "raw.json", "--set-aside", out / "set_aside.tsv"]
    assert command("source", *flags, "--names", out / "names.tsv") == 0
    return out


def outline(out):
    flags = ["--options", json.dumps({"find": "never"}), "--taxonomy", json.dumps(TAXONOMY), "--seed", 1]
    flags += ["--raw", out / "raw.json"]
    assert command("outline", *flags, "--out", out / "outlined.json", "--set-aside", out / "set_aside_outlines.tsv") == 0


def merge(folder, **options):
    out = folder / "out"
    flags = ["--options", json.dumps({"test_share": 0.0, "min_per_type": 1, "near_duplicates": 1.0, **options})]
    flags += ["--taxonomy", json.dumps(TAXONOMY), "--seed", 1, "--data", folder]
    flags += ["--outlined", *out.glob("sources/*/outlined.json"), "--found", *out.glob("sources/*/names.tsv")]
    flags += ["--out", out / "catalogue.json", "--names", out / "names.tsv", "--report", out / "report.tsv"]
    assert command("merge", *flags, "--manifest", out / "manifest.tsv") == 0
    return read_json(out / "catalogue.json"), names.read(out / "names.tsv")


def test_the_three_layouts_keep_their_own_names_through_to_the_catalogue(sources):
    folder, entries = sources
    for entry in entries:
        outline(read_source(folder, entry))
    catalogue, rows = merge(folder)
    place = {image["id"]: image for image in catalogue["images"]}
    for cell in catalogue["annotations"]:
        image = place[cell["image_id"]]
        if image["source"] == "eone":
            assert cell["named"] == EONE[int(image["original"][:3]) // 2]
        else:
            assert cell["named"] == image["original"].split("/")[0]
    assert {(row.source, row.named) for row in rows} == (
        {("eone", name) for name in EONE} | {("pbc", name) for name in PBC} | {("lmu", code) for code in LMU}
    )
    assert all(row.found == 2 and row.kept + row.set_aside == 2 and row.relabelled == 0 for row in rows)
    assert sum(row.kept for row in rows) == len(catalogue["annotations"]) > 0


def test_nineteen_names_of_three_sources_fall_under_twelve_types(sources):
    folder, entries = sources
    taxonomy = Taxonomy.from_config(TAXONOMY)
    rows = []
    for entry in entries:
        rows += names.read(read_source(folder, entry) / "names.tsv")
    # As Table 1 of the study groups them.
    found = {}
    for row in rows:
        found.setdefault(find(row.name).title, {})[row.source] = row.found
    assert found.keys() == {row.title for row in TABLE_1} and len(found) == 19
    assert set(found["lymphocyte typical"]) == {"eone", "lmu"} and set(found["neutrophil"]) == {"pbc"}
    assert found["immature granulocyte"] == {"eone": 2, "pbc": 2} and found["smudge cell"] == {"eone": 2, "lmu": 2}
    assert {row.type for row in rows} == {t.name for t in taxonomy.types}
    told = {row.named: row.type for row in rows if row.source == "lmu"}
    assert (told["MMZ"], told["LYA"], told["NGB"], told["PMB"]) == (
        "immature_granulocyte",
        "lymphocyte",
        "neutrophil",
        "promyelocyte",
    )


def test_file_prefixes_know_more_than_folders(sources):
    folder, entries = sources
    entry = {**entries[1], "pattern": "^([A-Za-z]+)_", "names": {"MMY": "metamyelocyte", "BNE": "neutrophil band"}}
    entry["types"] = {"BA": "basophil", "EO": "eosinophil", "ERB": "erythroblast", "LY": "lymphocyte", "MO": "monocyte"}
    rows = {row.named: row for row in names.read(read_source(folder, entry) / "names.tsv")}
    assert (rows["MMY"].name, rows["MMY"].type) == ("metamyelocyte", "immature_granulocyte")
    assert (rows["BNE"].name, rows["BNE"].type) == ("neutrophil band", "neutrophil")
    assert (rows["BA"].name, rows["BA"].type) == ("BA", "basophil")


def test_what_is_dropped_unknown_doubled_damaged_or_relabelled_is_counted_as_such(sources):
    folder, entries = sources
    first, second = sorted((folder / "lmu/MYO").iterdir())
    second.write_bytes(first.read_bytes())
    damaged = min((folder / "lmu/LYT").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:500])
    cv2.imwrite(str(folder / "lmu/BAS/BAS_9.png"), picture(9))
    (folder / "lmu/XYZ").mkdir()
    images.write(folder / "lmu/XYZ/XYZ_1.png", picture(5000))
    relabelled = min((folder / "lmu/MYB").iterdir()).name
    table = f"source\tfile\taction\ttype\treason\nlmu\tMYB/{relabelled}\trelabel\tmonocyte\tseen again\n"
    (folder / "corrections.tsv").write_text(table)
    outline(read_source(folder, {**entries[2], "drop": ["KSC"]}))
    _, rows = merge(folder, corrections="corrections.tsv")
    told = {row.named: row for row in rows}
    assert told["MYO"] == Named("lmu", "MYO", "myeloblast", "myeloblast", 2, 1, 1, 0)
    assert told["LYT"] == Named("lmu", "LYT", "lymphocyte typical", "lymphocyte", 2, 1, 1, 0)
    assert told["KSC"] == Named("lmu", "KSC", "smudge cell", None, 2, 2, 0, 0)
    assert told["XYZ"] == Named("lmu", "XYZ", "XYZ", None, 1, 1, 0, 0)
    assert told["MYB"] == Named("lmu", "MYB", "myelocyte", "immature_granulocyte", 2, 0, 2, 1)
    assert told["BAS"].found == 3
    report = read_tsv(folder / "out/sources/lmu/set_aside.tsv")
    assert {row["file"].split("/")[0] for row in report if row["status"] in ("bad", "chosen")} >= {"LYT", "KSC", "XYZ"}


def test_whole_neighbours_of_a_drawn_cell_are_counted_too(tmp_path):
    from cell_world import TAXONOMY as thesis

    entry = {"name": "drawn", "reader": "phantoms", "counts": {"basophil": 3}, "size": 256, "um_per_px": 0.21, "neighbours": 2}
    out = tmp_path / "out"
    flags = ["--options", json.dumps(entry), "--taxonomy", json.dumps(thesis), "--seed", 1, "--data", tmp_path]
    flags += ["--out-images", out / "images", "--out", out / "raw.json", "--set-aside", out / "set_aside.tsv"]
    assert command("source", *flags, "--names", out / "names.tsv") == 0
    cells = read_json(out / "raw.json")["annotations"]
    rows = {row.named: row.found for row in names.read(out / "names.tsv")}
    assert rows["basophil"] == 3 and sum(rows.values()) == len(cells) > 3


def test_a_name_that_means_two_things_follows_the_source():
    taxonomy = Taxonomy.from_config(TAXONOMY)
    one = build(SourceOptions, {"name": "a", "reader": "folders", "images": "a", "names": {"MY": "myelocyte"}}, where="")
    two = build(SourceOptions, {"name": "b", "reader": "folders", "images": "b", "names": {"my": "myeloblast"}}, where="")
    kinds = [names.type_of(entry, taxonomy, "MY").name for entry in (one, two)]
    assert kinds == ["immature_granulocyte", "myeloblast"]
