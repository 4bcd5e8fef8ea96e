"""A copy of the project in which Snakemake is run on a very small configuration."""

import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Self

import pytest
import yaml

from smearsynth import images
from smearsynth.cells import phantoms
from smearsynth.seeds import rng

PROJECT = Path(__file__).parents[1]
SMALL = PROJECT / "tests/workflow/small.yaml"
TARGETS = ("all", "hazra2022")
NO_RESULTS = ("logs/", "benchmarks/", "state/")
"""Folders of a run whose files tell of times, or serve to go on with."""
CALM = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
"""Environment of runs: TensorFlow says little, and sees no GPU."""


def snakemake_command(*arguments: str, cores: int | None, configs=("small.yaml",)) -> list[str]:
    """Snakemake as it is called here; a profile tells the cores where they are None."""
    command = [sys.executable, "-m", "snakemake", "--nocolor", *arguments]
    if cores:
        command += ["--cores", str(cores)]
    return [*command, "--configfile", *configs] if configs else command


def enlarged(path: Path) -> None:
    """Give a PNG a chunk that nobody reads: it is then above the size up to which Snakemake compares contents by itself."""
    content = path.read_bytes()
    chunk = b"teSt" + bytes(1_200_000)
    extra = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(content[:-12] + extra + content[-12:])


class Checkout:
    """A copy of the project's code in a folder of its own, where Snakemake can be run and code can be edited."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("Snakefile", "config.yaml"):
            shutil.copy2(PROJECT / name, folder / name)
        shutil.copytree(PROJECT / "workflow", folder / "workflow", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        for name in ("profiles", "envs"):
            shutil.copytree(PROJECT / name, folder / name)
        shutil.copy2(SMALL, folder / "small.yaml")
        for kind in ("lymphocyte", "monocyte"):
            for number in range(6):
                drawn = phantoms.draw(kind, rng(0, "tests", kind, number), size=96, um_per_px=0.28)
                images.write(folder / "data" / "given" / kind / f"{number}.png", drawn.picture)
        enlarged(folder / "data" / "given" / "monocyte" / "0.png")

    @classmethod
    def of(cls, other: Path, folder: Path) -> Self:
        """A copy of another checkout, with what was run in it."""
        shutil.copytree(other, folder, symlinks=True)
        copy = cls.__new__(cls)
        copy.folder = folder
        return copy

    def snakemake(
        self, *arguments: str, cores: int | None = 2, check: bool = True, configs=("small.yaml",), environment=os.environ
    ) -> subprocess.CompletedProcess:
        command = snakemake_command(*arguments, cores=cores, configs=configs)
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env={**environment, **CALM})
        if check and done.returncode:
            pytest.fail(
                f"snakemake {' '.join(arguments)} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
            )
        return done

    def planned(self, *arguments: str) -> set[str]:
        """The rules that a dry run of everything would run, without targets."""
        return set(self.jobs_planned(*arguments))

    def jobs_planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run of everything would run, without targets."""
        done = self.snakemake(*TARGETS, "-n", "--quiet", "rules", *arguments, check=False)
        text = done.stdout + done.stderr
        if done.returncode:
            pytest.fail(text[-6000:])
        table = re.search(r"^job +count\n-+ +-+\n(.*?)\n\n?", text + "\n\n", re.S | re.M)
        rows = re.findall(r"^(\w+) +(\d+)$", text, re.M)
        assert table or "Nothing to be done" in text, text
        targets = {"all", "total", "slides", "evaluation", "thesis", "hazra2022"}
        return {rule: int(count) for rule, count in rows if rule not in targets}

    def made(self, run: Path | None = None) -> dict[str, str]:
        """SHA-256 of every result of the run, or of one that was moved to another folder."""
        run = run or self.folder / "results/small"
        files = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
        kept = {name: path for name, path in files.items() if not name.startswith(NO_RESULTS)}
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kept.items()}

    def settings(self, change) -> None:
        """Edit small.yaml in place with a function of its content."""
        path = self.folder / "small.yaml"
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
