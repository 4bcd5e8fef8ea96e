"""The page of a reading kit: one HTML file that asks for nothing from elsewhere."""

import base64
import json
from pathlib import Path

NONE = "none_of_these"
"""The answer for a cell of no type that is offered, or one that cannot be named."""
KEYS = "123456789acdeghijklmnopqstvwxyz"
"""Keys of the types, in order: without r and f (real, fake), b and u (back). Further types have none."""


def page(kit: dict) -> str:
    """The HTML of a kit.

    Parameters
    ----------
    kit : dict
        ``kit``: its id; ``show``: cells or fields; ``break_every``: items or None; ``types``: list of name and title; ``items``:
        list of ``item`` (opaque id) with ``picture`` (PNG, bytes) or ``again`` (id of the item that it repeats).

    Returns
    -------
    str
    """
    types = [{**entry, "key": KEYS[place : place + 1]} for place, entry in enumerate(kit["types"])]
    if types:
        types.append({"name": NONE, "title": "none of these", "key": "0"})
    data = json.dumps({**kit, "types": types, "items": [_shown(item) for item in kit["items"]]}, ensure_ascii=False)
    parts = {name: (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")}
    # "<" could end the element that holds the data.
    inserted = {"/*STYLE*/": parts["page.css"], "/*SCRIPT*/": parts["page.js"], "/*KIT*/": data.replace("<", "\\u003c")}
    found = parts["page.html"]
    for mark, text in inserted.items():
        found = found.replace(mark, text)
    return found


def _shown(item: dict) -> dict:
    if "picture" not in item:
        return item
    return {**item, "picture": "data:image/png;base64," + base64.b64encode(item["picture"]).decode("ascii")}
