"""A small run that something happens to: started, waited for, hit, and continued."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from checkout import CALM, Checkout, snakemake_command

TARGET = "slides"


class Impossible(Exception):
    """The fault cannot be made on this machine."""


FAILED = (RuntimeError, OSError, subprocess.SubprocessError, pytest.fail.Exception)
"""What a trial raises that did not go as it should: of its own, of the system's calls, of its checkout's."""


class Trial:
    """A run of the small configuration in a folder of its own.

    Parameters
    ----------
    folder : Path
        New; gets a checkout.
    cores : int
        Of Snakemake.
    target : str
        What is made.
    """

    def __init__(self, folder: Path, *, cores: int = 2, target: str = TARGET):
        self.checkout = Checkout(folder)
        self.results = folder / "results"
        self.run = self.results / "small"
        self.cores, self.target = cores, target
        self.said = folder / "said.txt"
        self._started: list[subprocess.Popen] = []

    def start(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen:
        """Snakemake in a process group of its own; what it says is appended to `said`."""
        command = snakemake_command(self.target, *arguments, cores=self.cores)
        told = {**os.environ, **CALM, **(environment or {})}
        with open(self.said, "ab") as handle:
            process = subprocess.Popen(
                command,
                cwd=self.checkout.folder,
                stdout=handle,
                stderr=subprocess.STDOUT,
                env=told,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def exit_code(self, *arguments: str, environment: dict[str, str] | None = None) -> int:
        """Run until it ends, well or not; the exit code."""
        return self.start(*arguments, environment=environment).wait()

    def whole(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        """Run to the end; a RuntimeError with the end of what was said if it does not end well."""
        if self.exit_code(*arguments, environment=environment):
            raise RuntimeError(self.said.read_text(errors="replace")[-3000:])

    def go_on(self) -> None:
        """What a user does after Snakemake itself was killed: take its lock away, and run again, to the end."""
        self.checkout.snakemake(self.target, "--unlock")
        self.whole()

    def wait(self, reached, *, seconds: float = 300) -> None:
        """Wait until `reached()`; a RuntimeError with the end of what was said if that takes too long."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                raise RuntimeError(self.said.read_text(errors="replace")[-3000:])
            time.sleep(0.05)

    def jobs(self, command: str) -> list[int]:
        """Processes of this run with `command` (such as ``smearsynth.gans train``) in their command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    here = Path(os.readlink(entry / "cwd")) == self.checkout.folder
                except OSError:  # It has ended meanwhile.
                    continue
                if here and f"-m {command}" in words and "snakemake" not in words.split(" -m ")[0]:
                    found.append(int(entry.name))
        return found

    def made(self) -> dict[str, str]:
        """SHA-256 of every result."""
        return self.checkout.made(self.run)

    def line(self, pattern: str) -> str:
        """The last line of what was said that matches, without the checkout's own path."""
        lines = [line for line in self.said.read_text(errors="replace").splitlines() if re.search(pattern, line)]
        if not lines:
            raise RuntimeError(f"nothing said matches {pattern!r}:\n{self.said.read_text(errors='replace')[-3000:]}")
        return lines[-1].strip().replace(f"{self.checkout.folder}/", "")

    def remove(self) -> None:
        """End what still runs, and take the checkout away."""
        for process in self._started:
            if process.poll() is None:
                kill_group(process)
        shutil.rmtree(self.checkout.folder, ignore_errors=True)


def compared(made: dict[str, str], expected: dict[str, str]) -> tuple[int, int]:
    """How many of the expected files differ, and how many are lacking; both by name, with their digests."""
    differ = sum(made[name] != digest for name, digest in expected.items() if name in made)
    return differ, len(expected.keys() - made.keys())


def kill_group(process: subprocess.Popen) -> None:
    """SIGKILL to Snakemake and all of its jobs at once, as when a machine loses power."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
