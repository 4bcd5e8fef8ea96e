"""How far a command is: a bar with the time left on a terminal, a line a minute in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def shown(items: Iterable[Item], *, total: int, told: str, unit: str) -> Iterator[Item]:
    """The items, one by one, while a person is told on standard error how many are done.

    Parameters
    ----------
    items : iterable
    total : int
        How many there are.
    told : str
        What is being done.
    unit : str
        What one item is called.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, desc=told, unit=unit, smoothing=0.05)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= 60:
            last = now
            left = (now - start) / done * (total - done) / 60
            print(f"{told}: {unit} {done} of {total}, {left:.0f} min left", file=sys.stderr, flush=True)
