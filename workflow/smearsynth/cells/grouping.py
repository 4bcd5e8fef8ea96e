"""Which pictures belong together: duplicates, neighbours of one place, patients. A group never straddles a split."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from smearsynth import files, images
from smearsynth.cells.corrections import labelled
from smearsynth.cells.duplicates import alike, clusters, fingerprint, overlapping, thumbnail
from smearsynth.cells.options import CatalogueOptions
from smearsynth.cells.set_aside import SetAside

ORIGINS = ("expert", "given", "phantom", "found")
"""From the most to the least trusted outline: of equal pictures the one with the better is kept."""


@dataclass(frozen=True)
class Look:
    """What is kept of a picture to compare it with all others.

    Parameters
    ----------
    pixels : str
        Digest of its shape and pixels.
    content : str
        Digest of its file.
    shape : tuple of int
        Height and width.
    print, small : ndarray
        From `duplicates.fingerprint` and `duplicates.thumbnail`.
    """

    pixels: str
    content: str
    shape: tuple[int, int]
    print: np.ndarray
    small: np.ndarray


def look(path: Path) -> Look:
    """Read a picture and keep what compares it."""
    picture = images.read(path)
    height, width = picture.shape[:2]
    digest = sha256(f"{height} {width} ".encode() + picture.tobytes()).hexdigest()
    return Look(digest, files.sha256(path), (height, width), fingerprint(picture), thumbnail(picture))


def drop_exact(data: dict, looks: list[Look]) -> list[SetAside]:
    """Keep one of pictures with equal pixels and labels, and none of those whose labels contradict each other.

    Parameters
    ----------
    data : dict
        COCO content of all sources; its annotations are changed in place.
    looks : list of Look
        One per picture.

    Returns
    -------
    list of SetAside
    """
    cells: dict[int, list[dict]] = {image["id"]: [] for image in data["images"]}
    for annotation in data["annotations"]:
        cells[annotation["image_id"]].append(annotation)
    same: dict[str, list[dict]] = {}
    for image, seen in zip(data["images"], looks, strict=True):
        if any(map(labelled, cells[image["id"]])):
            same.setdefault(seen.pixels, []).append(image)
    rows, gone = [], set()
    names = {category["id"]: category["name"] for category in data["categories"]}
    for twins in same.values():
        if len(twins) == 1:
            continue
        labels = {}
        for image in twins:
            own = Counter(names[a["category_id"]] for a in cells[image["id"]] if labelled(a))
            labels[image["id"]] = ", ".join(f"{name} × {n}" if n > 1 else name for name, n in sorted(own.items()))
        if len(set(labels.values())) > 1:
            told = "; ".join(f"{image['source']}/{image['original']}: {labels[image['id']]}" for image in twins)
            fix = "decide which is right and correct the others in the corrections file; until then none is used"
            for image in twins:
                number = sum(map(labelled, cells[image["id"]]))
                what = f"the same picture with contradicting labels ({told})"
                rows.append(SetAside(image["source"], image["original"], "", "bad", what, fix, number))
                gone.add(image["id"])
            continue

        def trust(image: dict) -> tuple[int, str, str]:
            return min(ORIGINS.index(a["origin"]) for a in cells[image["id"]]), image["source"], image["original"]

        first, *others = sorted(twins, key=trust)
        for image in others:
            what = f"the same pixels and labels as {first['source']}/{first['original']}, which is kept"
            rows.append(SetAside(image["source"], image["original"], "", "duplicate", what, "none needed"))
            gone.add(image["id"])
    data["annotations"] = [a for a in data["annotations"] if a["image_id"] not in gone]
    return rows


def group(
    data: dict, looks: list[Look], held: list[Look], options: CatalogueOptions, jobs: int
) -> tuple[list[str], set[str], list[SetAside]]:
    """The group of every picture, and the groups that are held out.

    Pictures belong together if they are alike, overlap, or come from one patient or slide of one source; so do pictures and
    held-out pictures. A group is named by a digest that pictures of other groups have no influence on.

    Parameters
    ----------
    data : dict
        COCO content; only its images are read.
    looks, held : list of Look
        Of its pictures, in their order, and of the held-out pictures.
    options : CatalogueOptions
        ``near_duplicates`` and ``overlaps``.
    jobs : int
        Threads.

    Returns
    -------
    groups : list of str
        One per picture.
    always_test : set of str
        Groups with a held-out picture.
    rows : list of SetAside
        What was grouped, and why.
    """
    own = data["images"]
    everything = [*looks, *held]
    names = [f"{image['source']}/{image['original']}" for image in own] + ["a held-out picture"] * len(held)
    digests = [{image["sha256"], seen.pixels} for image, seen in zip(own, looks)] + [{h.content, h.pixels} for h in held]
    links: list[tuple[int, int, str]] = []
    first: dict[str, int] = {}
    for i, keys in enumerate(digests):
        links += [(first[key], i, "the same picture") for key in sorted(keys) if first.setdefault(key, i) != i]
    for i, image in enumerate(own):
        if image.get("patient") is not None:
            key = f"{image['source']}\0{image['patient']}"
            if first.setdefault(key, i) != i:
                links.append((first[key], i, ""))
    if options.near_duplicates < 1 and everything:
        found = alike(np.stack([seen.print for seen in everything]), options.near_duplicates)
        links += [(i, j, f"nearly the same picture (correlation {value:.3f})") for i, j, value in found]
    if options.near_duplicates < 1 and options.overlaps:
        drawn = {a["image_id"] for a in data["annotations"] if a["origin"] == "phantom"}
        by_shape: dict[tuple[int, int], list[int]] = {}
        for i, seen in enumerate(everything):
            # Drawn pictures are windows of nothing larger.
            if i >= len(own) or own[i]["id"] not in drawn:
                by_shape.setdefault(seen.shape, []).append(i)
        for members in by_shape.values():
            pairs = overlapping(np.stack([everything[i].small for i in members]), options.near_duplicates, jobs=jobs)
            links += [(members[i], members[j], f"a window of the same place (correlation {v:.3f})") for i, j, v in pairs]
    roots = clusters(len(everything), [(i, j) for i, j, _ in links])
    digest: dict[int, str] = {}
    for i, image in enumerate(own):
        known = image.get("patient")
        key = image["sha256"] if known is None else sha256(f"{image['source']}\0{known}".encode()).hexdigest()
        digest[roots[i]] = min(digest.get(roots[i], key), key)
    groups = [digest[root][:16] for root in roots[: len(own)]]
    always_test = {digest[root][:16] for root in roots[len(own) :] if root in digest}
    rows = []
    told: set[tuple[int, int]] = set()
    for i, j, why in links:
        if why and i < len(own) and (i, j) not in told:
            told.add((i, j))
            # Of two pictures of the catalogue the later one is told; a held-out picture has no row of its own.
            one, other = (own[i], names[j]) if j >= len(own) else (own[j], names[i])
            fix = "none needed: both go to the same split"
            rows.append(SetAside(one["source"], one["original"], "", "grouped", f"{why} as {other}", fix))
    return groups, always_test, rows
