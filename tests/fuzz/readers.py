"""Every reader of files from outside: small valid files, the changes that suit them, and what reads them."""

import base64
import io
import json
import random
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml
from mutations import of_bytes, of_data, of_json, of_png, of_zip
from PIL import Image

from smearsynth import coco, images
from smearsynth.errors import UserError
from smearsynth.files import write_json
from smearsynth.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
TAXONOMY = Taxonomy.from_config(CONFIG["taxonomy"])
EXPORTED = Taxonomy.from_config(
    [{"id": i, "name": name, "kind": "white", "colour": [9 * i, 50, 90]} for i, name in enumerate("abc", 1)]
)
SIDE = 24
KINDS = {"RBC": "red", "WBC": "white", "smudge": "ignore"}
Change = Callable[[random.Random, bytes, bytes], bytes]


@dataclass(frozen=True)
class Reader:
    """What is read, and how.

    Parameters
    ----------
    name, suffix : str
    modules : tuple of str
        Files below ``workflow/smearsynth`` whose lines guide the changes.
    seeds : callable
        From the folder of the world to valid files.
    read : callable
        Of a file; returns where it is accepted, raises `UserError` where it is refused.
    change : callable
        See `mutations`.
    heavy : bool
        Whether it needs TensorFlow, or a tenth of a second for each file.
    """

    name: str
    suffix: str
    modules: tuple[str, ...]
    seeds: Callable[[Path], Sequence[bytes]]
    read: Callable[[Path, Path], object]
    change: Change = of_bytes
    heavy: bool = field(default=False)


def packed(content: object) -> bytes:
    return json.dumps(content).encode()


def saved(image: np.ndarray, kind: str, **how) -> bytes:
    made = io.BytesIO()
    Image.fromarray(image).save(made, kind, **how)
    return made.getvalue()


def mask() -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (rows - 11) ** 2 + (columns - 12) ** 2 < 64


def colours() -> np.ndarray:
    return np.stack([np.full((SIDE, SIDE), 210), 200 - 90 * mask(), np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 256], -1).astype(
        np.uint8
    )


def world(folder: Path) -> Path:
    """Pictures and masks that the files of the campaign name."""
    for name in ("a.png", "b.png"):
        for part in ("images", "pictures", "."):
            images.write(folder / part / name, colours())
        images.write(folder / "masks" / name, mask().astype(np.uint8) * 128)
        images.write(folder / "owners" / name, mask().astype(np.uint16))
        images.write(folder / "dense" / name, mask().astype(np.uint8) * 255)
    return folder


# --- pictures ---


def pictures(kind: str, *hows: dict) -> Callable[[Path], list[bytes]]:
    def seeds(folder: Path) -> list[bytes]:
        grey = colours()[..., 2]
        made = [saved(colours(), kind, **how) for how in hows] + [saved(grey, kind)]
        if kind == "PNG":
            made += [saved(np.dstack([colours(), grey]), kind), saved(grey.astype(np.uint16) * 200, kind)]
        if kind == "TIFF":
            made += [saved(grey.astype(np.uint16) * 200, kind), saved(colours(), kind, compression="tiff_lzw", tiffinfo={274: 6})]
        return made

    return seeds


def masks(folder: Path) -> list[bytes]:
    grey = mask().astype(np.uint8) * 128
    return [saved(grey, "PNG"), saved(grey, "TIFF", compression="tiff_lzw"), saved(grey.astype(np.uint16) * 256, "PNG")]


def read_masks(path: Path, folder: Path) -> object:
    from smearsynth.cells.options import SourceOptions
    from smearsynth.cells.sources import masks as reader
    from smearsynth.cells.sources.records import GivenCell, GivenPicture

    entry = SourceOptions("s", "masks", images="images", masks="masks", table="t.csv", cell_levels=(128,), nucleus_level=None)
    given = GivenPicture("a.png", (GivenCell("1", "RBC"),), folder / "a.png", path)
    return reader.load(given, entry, 0)


# --- COCO and indexes ---


def coco_content() -> dict:
    box = [4.0, 3.0, 15.0, 15.0]
    outline = [[6, 5, 18, 5, 19, 12, 17, 18, 7, 18, 5, 11]]
    shared = {"iscrowd": 0, "bbox": box, "area": 190.0}
    return {
        "images": [{"id": i, "file_name": f"{name}.png", "height": SIDE, "width": SIDE} for i, name in ((1, "a"), (2, "b"))],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": outline, **shared, "score": 0.5},
            {"id": 2, "image_id": 2, "category_id": 2, "segmentation": coco.encode(mask()), **shared, "score": 0.75},
            {
                "id": 3,
                "image_id": 2,
                "category_id": 1,
                "segmentation": {"size": [SIDE, SIDE], "counts": listed()},
                **shared,
                "score": 0.9,
            },
            {"id": 4, "image_id": 1, "category_id": 3, "segmentation": [], **shared, "score": 0.1},
        ],
        "categories": [{"id": i, "name": name} for i, name in enumerate(KINDS, 1)],
    }


def listed() -> list[int]:
    flat = mask().T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    return np.diff([0, *edges, flat.size]).tolist()


def cocos(folder: Path) -> list[bytes]:
    one = coco_content()
    one["images"], one["annotations"] = one["images"][:1], one["annotations"][:1]
    return [packed(coco_content()), packed(one)]


def read_coco(path: Path, folder: Path) -> object:
    from smearsynth.cells import source
    from smearsynth.cells.options import SourceOptions
    from smearsynth.cells.sources import coco as reader

    # The reader looks for annotations below the data folder.
    entry = SourceOptions("s", "coco", images="images", annotations=path.relative_to(folder).as_posix())
    planned, rows = reader.plan(entry, folder, TAXONOMY)
    types = {"RBC": "red_blood_cell", "WBC": "neutrophil", "smudge": "platelet"}
    entry = SourceOptions("s", "coco", images="images", annotations="x", types=types)
    chosen, faults = source.choose(planned, entry, TAXONOMY, 1)
    names = source.safe_names([one.original for one in chosen])
    (folder / "out").mkdir(exist_ok=True)
    made = []
    for one in chosen:
        done, more = source._prepare((one, names[one.original]), entry=entry, taxonomy=TAXONOMY, seed=1, folder=folder / "out")
        faults += more
        made += [done] if done else []
    write_json(folder / "out.json", source._as_coco(made, entry, TAXONOMY, "out"))
    if not made:
        said = [*rows, *faults]
        assert all(row.what and row.fix for row in said)
        raise UserError.of("source", "nothing that can be used", "see what was set aside")
    return made


def run_lengths(folder: Path) -> list[bytes]:
    return [packed(coco.encode(mask())), packed({"size": [SIDE, SIDE], "counts": listed()}), packed(coco.encode(~mask()))]


def of_runs(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Pixels moved from a run to another, which leaves run lengths that can be decoded; or any change of JSON."""
    try:
        data = json.loads(content)
        counts = data["counts"]
        if rng.random() < 0.5:
            for _ in range(rng.choice((1, 2, 8))):
                one, two = rng.randrange(len(counts)), rng.randrange(len(counts))
                moved = rng.randrange(counts[one] + 1)
                counts[one] -= moved
                counts[two] += moved
            return packed(data)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        pass
    return of_json(rng, content, other)


def read_run_lengths(path: Path, folder: Path) -> object:
    from smearsynth import run_lengths as checked
    from smearsynth.cells.polygons import from_run_lengths
    from smearsynth.files import read_json
    from smearsynth.slides import runs

    told = read_json(path)
    found = checked.packed(told, (SIDE, SIDE))
    assert (runs.decode(told).area == coco.decode(told).sum()) and found["size"] == [SIDE, SIDE]
    return from_run_lengths(told, (SIDE, SIDE))


def read_truth(path: Path, folder: Path) -> object:
    from smearsynth.errors import raise_all
    from smearsynth.evaluation import field_annotations, field_matches

    truth, wrong = field_annotations.read(path, KINDS, scored=False)
    found, more = field_annotations.read(path, KINDS, scored=True)
    raise_all(wrong + more)
    assert truth and found
    return field_matches.match(truth, found, on="bbox")


def slides(folder: Path) -> list[bytes]:
    content = coco_content()
    for entry in content["annotations"]:
        entry["segmentation"] = entry["amodal_segmentation"] = coco.encode(mask())
        entry |= {"occluded_rate": 0.0, "z": 1.0}
    return [packed(content), packed({"shards": [{"file": "seed_slides.json"}], "categories": content["categories"]})]


def read_slides(path: Path, folder: Path) -> object:
    from smearsynth.readers.field_sources import Slides

    (folder / "seed_slides.json").write_bytes(slides(folder)[0])
    found = Slides(path, folder / "images", um_per_px=None, least_visible=0.2, whole=True)
    numbers = dict.fromkeys((cell for at in range(len(found)) for cell in found.cells(at)), 1)
    return [found.field(at, numbers) for at in range(len(found))]


def read_exported(path: Path, folder: Path) -> object:
    from smearsynth.slides import export, preview
    from smearsynth.slides.listing import slides as listed

    (folder / "seed_slides.json").write_bytes(slides(folder)[0])
    for name in ("yolo", "qupath", "labelstudio", "labels", "imagefolder"):
        shutil.rmtree(folder / "exported", ignore_errors=True)
        export.FORMATS[name](listed(path, taxonomy=EXPORTED), folder / "images", EXPORTED, folder / "exported")
    return [preview.draw(colours(), cells, EXPORTED) for _, cells in listed(path, taxonomy=EXPORTED)]


def stains(folder: Path) -> list[bytes]:
    one = {
        "file": "a.png",
        "sha256": "0" * 64,
        "light": [250.0, 228.5, 203.0],
        "red": [0.24, 0.35, 0.2],
        "dense": [1.1, 1.8, 0.4],
    }
    return [packed({"fields": [one, one | {"red": None, "dense": None}]})]


def read_stains(path: Path, folder: Path) -> object:
    from smearsynth.slides import match, stain

    own = stain.Stain(np.full(3, 220.0), np.full(3, 0.3), np.full(3, 1.2))
    return [stain.restained(colours(), own, target) for target in match.read(path)]


def fields(folder: Path) -> list[bytes]:
    cells = [{"owner": 1, "category_id": 2, "cell_id": 1, "bbox": [4, 3, 15, 15], "area": 190, "whole": True}]
    about = {"height": SIDE, "width": SIDE, "split": "test", "um_per_px": 0.1, "light": [250, 251, 252], "cells": cells}
    entries = [
        {part: f"{part}/{name}.png" for part in ("owners", "dense")} | about | {"file": f"pictures/{name}.png"} for name in "ab"
    ]
    categories = [{"id": 2, "name": "red_blood_cell", "kind": "red", "colour": [230, 60, 50]}]
    return [packed({"scale": 1.0, "categories": categories, "fields": entries, "left_out": []})]


def read_fields(path: Path, folder: Path) -> object:
    from smearsynth.pairs import field_maps

    found = field_maps.read(path)
    return [(one.picture(), one.owners(), one.dense(), one.category_ids, one.um_per_px, one.light, one.split) for one in found]


def read_field_truth(path: Path, folder: Path) -> object:
    from smearsynth.errors import raise_all
    from smearsynth.evaluation import field_truth

    found, wrong, _ = field_truth.read(path, KINDS)
    raise_all(wrong)
    return found


def read_crops(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import field_crops

    return field_crops.pictures(path, around=("red",))


def kit_fields(folder: Path) -> list[bytes]:
    return [*fields(folder), *slides(folder)[:1]]


def read_kit_fields(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import kit_sources

    found = kit_sources.fields(path, real=False, around=("red",))
    cut = kit_sources.crops(found, count=2, side=8, anywhere=False, rng=np.random.default_rng(0))
    return [one.pixels(8) for one in cut]


def windows(folder: Path) -> list[bytes]:
    cells = [{"file": f"{n}.png", "split": "test", "category_id": 2, "cell_id": i, "part": None} for i, n in enumerate("ab")]
    return [packed({"size": SIDE, "cells": cells, "categories": [{"id": 2, "name": "red_blood_cell", "kind": "red"}]})]


def read_windows(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import kit_sources
    from smearsynth.pairs import crops
    from smearsynth.readers import pictures

    shown, *_ = kit_sources.cells(path, real=True)
    return crops.read(path), pictures.read(path, window=16, size=16), [one.pixels(None) for one in shown]


def catalogues(folder: Path) -> list[bytes]:
    content = coco_content()
    for entry in content["annotations"]:
        entry |= {"segmentation": [[6, 5, 18, 5, 19, 12, 17, 18]], "origin": "given", "label": "1"}
    for image in content["images"]:
        image |= {"split": "train", "fold": 0, "source": "s"}
    return [packed(content)]


def read_catalogue(path: Path, folder: Path) -> object:
    from smearsynth.cells import catalogue

    found = catalogue.read(path)
    return [(cell.picture(), cell.split, cell.category_id) for cell in found.cells]


# --- tables and lists ---


def tables(folder: Path) -> list[bytes]:
    return [
        b"file,type,patient\na.png,RBC,p1\nb.png,WBC,\n",
        b"file\ttype\nx/a.png\tRBC\n",
        '\ufefffile,type\n"é.png","W B"\n'.encode(),
    ]


def read_table(path: Path, folder: Path) -> object:
    from smearsynth.cells.options import SourceOptions
    from smearsynth.cells.sources.masks import read_types

    entry = SourceOptions("s", "masks", images="i", masks="m", table=path.name, cell_levels=(128,), group_column="patient")
    return read_types(path, entry)


def types(folder: Path) -> list[bytes]:
    return cocos(folder)


def corrections(folder: Path) -> list[bytes]:
    head = "source\tfile\taction\ttype\treason\tcell\n"
    return [(head + "s\ta.png\trelabel\tplatelet\tblurred\t1\ns\tb.png\tremove\tn/a\tn/a\tn/a\n").encode()]


def corrections_yaml(folder: Path) -> list[bytes]:
    return [b"- source: s\n  file: a.png\n  action: remove\n- {source: s, file: b, action: relabel, type: platelet, cell: 3}\n"]


def read_corrections(path: Path, folder: Path) -> object:
    from smearsynth.cells import corrections as reader

    return reader.read(path, TAXONOMY)


def names(folder: Path) -> list[bytes]:
    return [b"a.png\nb.png\n\n c.png \n"]


def read_names(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import field_names

    return field_names.read(path)


def key() -> dict:
    items = [{"item": f"i{n}", "set": "real" if n % 2 else "one", "type": "a", "beside": "one", "again": None} for n in range(3)]
    return {"kit": "k1", "types": ["a", "b"], "sets": ["one"], "items": [*items, {**items[0], "item": "i9", "again": "i0"}]}


def answers() -> bytes:
    rows = [f"k1,r1,{item},{at},fake,a,{900 + at}" for at, item in enumerate(("i0", "i1", "i2", "i9"), 1)]
    return "\n".join(["kit,reader,item,shown,judgement,type,milliseconds", *rows, ""]).encode()


def read_answers(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import kit_answers

    (folder / "key.json").write_bytes(packed(key()))
    return kit_answers.read(folder / "key.json", [path])


def read_key(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import kit_answers

    (folder / "answers.csv").write_bytes(answers())
    return kit_answers.read(path, [folder / "answers.csv"])


def of_config(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Values of a configuration made wrong as data, or its text changed."""
    if rng.random() < 0.2:
        return of_bytes(rng, content, other)
    try:
        data = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except Exception:
        return of_bytes(rng, content, other)
    return json.dumps(of_data(rng, data, data)).encode("utf-8", "surrogatepass")


def read_config(path: Path, folder: Path) -> object:
    from smearsynth import configuration

    try:
        config = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except Exception as error:
        # Snakemake's own reader says so.
        raise UserError.of(str(path), f"no YAML ({error})", "correct it") from None
    configuration.check_by(config, SCHEMA)
    return config


# --- weights and arrays ---


def features(folder: Path) -> list[bytes]:
    from smearsynth.evaluation import feature_files

    counts, floats = np.arange(5), np.ones((5, 3), np.float32)
    made = feature_files.Features("cells", floats, floats[:, :2], counts[:2], counts, counts, np.full(5, np.nan))
    feature_files.write(folder / "features.npz", made)
    return [(folder / "features.npz").read_bytes()]


def read_features(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import feature_files

    return feature_files.read(path)


STATE = (
    "eNpdUctu00AUHXucPoYUQsurPKQu3Y1lV0kKG5pIqBuLR8NmNsgK9igeZDy59jhVkSp5VQHfwIIln8GnsOUTkFhwJ1MEzUj3+s71uecc3Wndz6z4/eX41967"
    "b692g9Z9"
    "/pNiPgfi8x4hZF4prVJVJAtR1VKV4CCAb+GfQmpdiESUmZyW4H7kDJv6bC6SWn4QNdBz8HzewWadq0pDJ3Y5xZssNazFHvcMhypnsB57TYOaKcoUItWoUrOX"
    "VSYqkT2T"
    "qWZA9ifg+HxnqVqGwXuViSKIglMhZ7kGN9WqSvMgabQsapZU4m0jiyzRoqxVlSwOGFDf5+vGCiKnMwGeHWHHhZrq17bJoMM3EPP4ST8ahmEIa0u/6bxBi/SF"
    "ho2TmPix"
    "E1MMR8OmbytTs0+5MXlNQ3cCW3+dRqtOr+doJPfyDt9ERDQID/vRwbAPN3JcAir0LhU8y3rTt5Wpt63CjoZbE7i93N5CilO4s0IZHQ4H/cEQ7iJlFynvneC8"
    "G9ML2DXE"
    "F3DfEj3Q8HACj8zi35jHvmrIWWFzr26GisAYsKcdYRoT8hW/vXGX/H/aI0zYH40szmC+Y/y4nOlh7GGEY/pvCGfap4g7+gPNKKFA"
)


def states(folder: Path) -> list[bytes]:
    return [zlib.decompress(base64.b64decode(STATE))]


def read_state(path: Path, folder: Path) -> object:
    from smearsynth.evaluation import torch_file

    return torch_file.read(path)


def weights(folder: Path) -> list[bytes]:
    """As Keras lays them out: groups of layers, each with its variables, and attributes; texts of a fixed length, as Keras 1
    wrote them: those of any length are read in a process of their own, ten a second at most."""
    import h5py

    with h5py.File(folder / "w.weights.h5", "w") as file:
        for layer, sizes in (("dense", ((3, 4), (4,))), ("dense_1", ((4, 2), (2,)))):
            file.create_group(f"layers/{layer}").attrs["name"] = np.bytes_(layer)
            for at, shape in enumerate(sizes):
                file[f"layers/{layer}/vars/{at}"] = np.ones(shape, np.float32)
    with h5py.File(folder / "chunked.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"conv1"])
        file.create_dataset("conv1/kernel:0", data=np.ones((8, 8), np.float32), chunks=(4, 4), compression="gzip")
    return [(folder / name).read_bytes() for name in ("w.weights.h5", "chunked.h5")]


def read_weights(path: Path, folder: Path) -> object:
    from smearsynth import weights as checked
    from smearsynth.evaluation import squeezenet

    checked.check(path, fix="give weights", texts=True)
    return squeezenet.recognises(path)


def read_loaded(path: Path, folder: Path) -> object:
    import keras

    from smearsynth import weights as checked

    global NETWORK
    if NETWORK is None:
        NETWORK = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    checked.load(NETWORK, path, what="the weights of this model", fix="train it again")
    return NETWORK


NETWORK = None


def models(folder: Path) -> list[bytes]:
    import keras

    layers = keras.layers
    flat = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(2)])
    return [flat.to_json().encode()]


def read_model(path: Path, folder: Path) -> object:
    from smearsynth import weights as checked
    from smearsynth.files import read_json

    return checked.architecture(read_json(path), where=path, fix="give another")


ALL = (
    Reader(
        "coco",
        "json",
        ("cells/sources/coco.py", "cells/source.py", "cells/polygons.py", "run_lengths.py"),
        cocos,
        read_coco,
        of_json,
    ),
    Reader(
        "run lengths", "json", ("run_lengths.py", "slides/runs.py", "cells/polygons.py"), run_lengths, read_run_lengths, of_runs
    ),
    Reader("png", "png", ("images.py",), pictures("PNG", {}), lambda path, _: images.read(path), of_png),
    Reader("jpeg", "jpg", ("images.py",), pictures("JPEG", {}, {"progressive": True}), lambda path, _: images.read(path)),
    Reader("tiff", "tif", ("images.py",), pictures("TIFF", {}, {"compression": "jpeg"}), lambda path, _: images.read(path)),
    Reader("bmp", "bmp", ("images.py",), pictures("BMP", {}), lambda path, _: images.read(path)),
    Reader("masks", "png", ("images.py", "cells/sources/masks.py"), masks, read_masks, of_png),
    Reader("table of types", "csv", ("cells/sources/masks.py", "files.py"), tables, read_table),
    Reader("types from coco", "json", ("cells/sources/masks.py", "files.py"), types, read_table, of_json),
    Reader(
        "truth of fields", "json", ("coco.py", "evaluation/field_annotations.py", "run_lengths.py"), cocos, read_truth, of_json
    ),
    Reader("slides", "json", ("slides/listing.py", "structure.py", "readers/field_sources.py"), slides, read_slides, of_json),
    Reader(
        "slides for tools",
        "json",
        ("slides/listing.py", "slides/export.py", "slides/preview.py", "structure.py", "run_lengths.py"),
        slides,
        read_exported,
        of_json,
    ),
    Reader("stains of fields", "json", ("slides/match.py", "slides/stain.py", "structure.py"), stains, read_stains, of_json),
    Reader("field index", "json", ("pairs/field_maps.py", "structure.py", "files.py"), fields, read_fields, of_json),
    Reader(
        "field index as truth",
        "json",
        ("evaluation/field_truth.py", "structure.py", "coco.py"),
        fields,
        read_field_truth,
        of_json,
    ),
    Reader("crops of fields", "json", ("evaluation/field_crops.py", "structure.py"), kit_fields, read_crops, of_json),
    Reader("kit's fields", "json", ("evaluation/kit_sources.py", "structure.py"), kit_fields, read_kit_fields, of_json),
    Reader("index of windows", "json", ("pairs/crops.py", "readers/pictures.py", "structure.py"), windows, read_windows, of_json),
    Reader("catalogue", "json", ("cells/catalogue.py", "structure.py"), catalogues, read_catalogue, of_json),
    Reader("kit's answers", "csv", ("evaluation/kit_answers.py",), lambda _: [answers()], read_answers),
    Reader("kit's key", "json", ("evaluation/kit_answers.py",), lambda _: [packed(key())], read_key, of_json),
    Reader("corrections tsv", "tsv", ("cells/corrections.py", "files.py"), corrections, read_corrections),
    Reader("corrections yaml", "yaml", ("cells/corrections.py",), corrections_yaml, read_corrections),
    Reader("lists of names", "txt", ("evaluation/field_names.py", "files.py"), names, read_names),
    Reader("features npz", "npz", ("arrays.py",), features, read_features, of_zip),
    Reader("pytorch weights", "pth", ("evaluation/torch_file.py",), states, read_state),
    Reader("hdf5 weights", "h5", ("weights.py", "evaluation/squeezenet.py"), weights, read_weights),
    Reader("hdf5 into keras", "weights.h5", ("weights.py",), weights, read_loaded, heavy=True),
    Reader("keras layers", "json", ("weights.py",), models, read_model, of_json, heavy=True),
    Reader(
        "configuration",
        "yaml",
        ("configuration.py", "options.py"),
        lambda _: [json.dumps(CONFIG).encode()],
        read_config,
        of_config,
        heavy=True,
    ),
)
