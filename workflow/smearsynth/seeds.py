"""The only source of randomness: a generator is named by the run's seed and a path, and owes nothing to any other."""

import hashlib

import numpy as np


def entropy(seed: int, *path: str | int) -> int:
    """128 bits that belong to ``(seed, *path)`` alone.

    Every part is hashed with its type and length, so that ``("a", 1)``, ``("a", "1")`` and ``("a1",)`` differ.
    """
    digest = hashlib.sha256()
    for part in (seed, *path):
        if isinstance(part, bool) or not isinstance(part, int | str | np.integer):
            raise TypeError(f"a seed path holds strings and integers, got {part!r}")
        text = str(part).encode()
        kind = b"s" if isinstance(part, str) else b"i"
        digest.update(kind + len(text).to_bytes(8, "big") + text)
    return int.from_bytes(digest.digest()[:16], "big")


def rng(seed: int, *path: str | int) -> np.random.Generator:
    """A generator for one thing, such as ``rng(seed, "slides", 17)``.

    The same arguments give the same stream on every machine, in any order of calls and in any process.
    """
    return np.random.Generator(np.random.Philox(key=entropy(seed, *path)))
