"""States to resume from: whole or not there at all, and only ever of the same training."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from smearsynth.files import atomic, sha256, write_text
from smearsynth.provenance import source_digest

KEPT = 2


def save(folder: Path, step: int, arrays: list[np.ndarray], meta: dict[str, Any]) -> Path:
    """Write the state after `step` steps and remove all but the last `KEPT`.

    The file's name carries its digest, so that a damaged one is known; it gets the name last of all.
    """
    with atomic(folder / "writing.npz") as temporary:
        with open(temporary, "wb") as handle:
            named: dict[str, Any] = {f"v{i:05d}": value for i, value in enumerate(arrays)}
            np.savez(handle, meta=np.array(json.dumps(meta)), **named)
        name = folder / f"step-{step:09d}-{sha256(temporary)[:32]}.npz"
    (folder / "writing.npz").replace(name)
    for old in sorted(folder.glob("step-*.npz"))[:-KEPT]:
        old.unlink()
    return name


def load(folder: Path) -> tuple[int, list[np.ndarray], dict[str, Any]] | None:
    """The latest whole state: step, arrays and what was saved beside them; None without one. Damaged ones are removed."""
    for path in sorted(folder.glob("step-*.npz"), reverse=True):
        _, step, digest = path.stem.split("-")
        if sha256(path)[:32] != digest:
            print(f"{path.name} is damaged and is not used", flush=True)
            path.unlink()
            continue
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            arrays = [file[name] for name in sorted(name for name in file.files if name != "meta")]
        return int(step), arrays, meta
    return None


def fingerprint(module: str, options: Any, told: dict[str, Any]) -> str:
    """A digest of all that decides a training; how often states are saved does not.

    Parameters
    ----------
    module : str
        The command's, such as ``"smearsynth.gans.train"``: its code and what it imports count.
    options : dataclass
        Of the training.
    told : dict
        What else decides: cells, seed, engine.
    """
    decisive = {key: value for key, value in dataclasses.asdict(options).items() if key != "checkpoint_every"}
    whole = {"options": decisive, "code": source_digest(module), "numpy": np.__version__, **told}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def claim(folder: Path, fingerprint: str) -> bool:
    """Make `folder` the state of the training that `fingerprint` names; True if what lies in it belongs to that training.

    A state of other settings, pairs or code is cleared, and what a killed process left half-written is too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "fingerprint"
    same = mark.is_file() and mark.read_text() == fingerprint
    for path in sorted(folder.iterdir()):
        half_written = path.name.startswith(".") or path.name == "writing.npz"
        if path.is_file() and path.name != "lock" and (half_written or not same):
            path.unlink()
    if not same:
        for path in sorted(folder.glob("*/*")):
            path.unlink()
        write_text(mark, fingerprint)
    return same
