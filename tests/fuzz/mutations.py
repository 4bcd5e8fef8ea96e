"""Changes of valid files that keep most of their structure, so that a reader does not stop at the first byte."""

import copy
import io
import json
import random
import struct
import zipfile
import zlib

NUMBERS = (
    0,
    -1,
    1,
    2,
    7,
    255,
    256,
    65535,
    65536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53 + 1,
    2**63,
    10**30,
    10**400,
    0.5,
    -1e-9,
    1e308,
)
TEXTS = (
    "",
    ".",
    "..",
    "../a.png",
    "/etc/passwd",
    "a\0b",
    "\ud800",
    "é",
    "a" * 300,
    "nan",
    "1e999",
    "-0",
    "[",
    "C:\\a",
    "²",
    "=1+1",
)
VALUES = (None, True, False, [], {}, [[]], [None], {"": None}, float("nan"), float("inf"), *NUMBERS, *TEXTS)
TOKENS = (
    b"\0",
    b"\xff",
    b"\r",
    b"\n",
    b'"',
    b",",
    b";",
    b"\t",
    b"-",
    b"{",
    b"[",
    b"&a ",
    b"*a ",
    b"!!python/object:os.system ",
    b"1e999",
)
TOKENS += (b"NaN", b"null", b": ", b"- ", b"../", b"9" * 5000, b"\xef\xbb\xbf", b"2024-13-45", b"a" * 70_000)


def of_bytes(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Bits flipped, numbers made extreme, parts cut, doubled, moved, or taken from another file."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        at, length = rng.randrange(len(made) + 1), min(len(made), 1 << rng.randrange(10))
        kind = rng.randrange(8)
        if kind == 0 and made:
            made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
        elif kind == 1 and made:
            made[rng.randrange(len(made))] = rng.choice((0, 1, 127, 128, 255))
        elif kind == 2:
            number = rng.choice([n for n in NUMBERS if isinstance(n, int) and -1 <= n < 2**32]) & 0xFFFFFFFF
            made[at : at + 4] = struct.pack(rng.choice("<>") + "I", number)
        elif kind == 3:
            del made[at : at + length]
        elif kind == 4:
            del made[at:]
        elif kind == 5:
            start = rng.randrange(len(made) + 1)
            made[at:at] = made[start : start + length]
        elif kind == 6 and other:
            start = rng.randrange(len(other))
            made[at : at + length] = other[start : start + length]
        else:
            made[at:at] = rng.choice(TOKENS)
    return bytes(made)


def of_json(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Values, keys and whole branches of a JSON file exchanged, left out, doubled or made extreme."""
    if rng.random() < 0.1:
        return of_bytes(rng, content, other)
    try:
        data, donor = json.loads(content), json.loads(other)
    except (ValueError, RecursionError):
        return of_bytes(rng, content, other)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        data = of_data(rng, data, donor)
    try:
        made = json.dumps(data)
    except (ValueError, RecursionError):
        return content
    if rng.random() < 0.03:
        made = made.replace('":', '":' + rng.choice(("[" * 2000, '{"a":' * 2000, "9" * 5000, '1,"id":')), 1)
    return made.encode("utf-8", "surrogatepass")


def of_data(rng: random.Random, data: object, donor: object) -> object:
    """One change of lists, dicts and scalars; `donor` gives branches."""
    places = _places(data)
    if not places:
        return copy.deepcopy(rng.choice(VALUES))
    parent, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif kind == 2:
        taken = rng.choice(_places(donor) or [([0], 0)])
        parent[key] = copy.deepcopy(taken[0][taken[1]])
    elif kind == 3 and isinstance(parent[key], int | float):
        parent[key] = rng.choice((parent[key] + 1, -parent[key], parent[key] * 1000, [parent[key]], str(parent[key]), *NUMBERS))
    elif kind == 4 and isinstance(parent[key], str) and parent[key]:
        at = rng.randrange(len(parent[key]))
        parent[key] = parent[key][:at] + rng.choice((*TEXTS, chr(rng.randrange(40, 120)))) + parent[key][at + rng.randrange(2) :]
    else:
        parent[key] = copy.deepcopy(rng.choice(VALUES))
    return data


def _places(data: object) -> list[tuple]:
    """Every list or dict of a tree with each of its keys."""
    found, waiting = [], [data]
    while waiting and len(found) < 5000:
        one = waiting.pop()
        keys = one.keys() if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
    return found


def of_png(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Chunks of a PNG changed, their check sums made right again; or its pixels, packed again."""
    if rng.random() < 0.2 or content[:4] != b"\x89PNG":
        return of_bytes(rng, content, other)
    chunks, at = [], 8
    while at + 8 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        chunks.append([content[at + 4 : at + 8], content[at + 8 : at + 8 + length]])
        at += 12 + length
    if not chunks:
        return of_bytes(rng, content, other)
    one = rng.choice(chunks)
    if one[0] == b"IDAT" and rng.random() < 0.5:
        try:
            one[1] = zlib.compress(of_bytes(rng, zlib.decompress(one[1]), other))
        except zlib.error:
            one[1] = of_bytes(rng, one[1], other)
    elif rng.random() < 0.15:
        chunks.insert(
            rng.randrange(len(chunks)), [rng.choice((b"tEXt", b"zTXt", b"iCCP", b"eXIf", b"tRNS", b"PLTE", b"acTL")), one[1]]
        )
    else:
        one[1] = of_bytes(rng, one[1], other)
    parts = [struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks]
    return content[:8] + b"".join(parts)


def of_zip(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """One file of an archive changed, and its check sum made right again."""
    if rng.random() < 0.2:
        return of_bytes(rng, content, other)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [[name, archive.read(name)] for name in archive.namelist()]
    except Exception:
        return of_bytes(rng, content, other)
    if not entries:
        return of_bytes(rng, content, other)
    at = rng.randrange(len(entries))
    kind = rng.randrange(5)
    if kind == 0:
        del entries[at]
    elif kind == 1:
        entries[at][1] = rng.choice(entries)[1]
    elif kind == 2:
        # The header of an array is Python's text of a dict.
        head, tail = entries[at][1][:128], entries[at][1][128:]
        old, new = rng.choice(
            ((b"<f4", b"|O8"), (b"(", b"(9"), (b",)", b"9,"), (b"False", b"True "), (b"<i8", b"<U9"), (b"1", b"-"))
        )
        entries[at][1] = head.replace(old, new, 1) + tail
    else:
        entries[at][1] = of_bytes(rng, entries[at][1], other)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return made.getvalue()
