"""A disk of its own for a trial, which can be full or fail: ext4 in a file; and folders that are mounted read-only."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trial import Impossible, Trial


@contextmanager
def write_protected(folder: Path) -> Iterator[None]:
    """Nothing can be written to a folder within the block; `Impossible` without root."""
    try:
        for told in (["--bind", folder, folder], ["-o", "remount,bind,ro", folder]):
            subprocess.run(["mount", *told], check=True, capture_output=True)
        yield
    except subprocess.CalledProcessError as error:
        raise Impossible("mounting a folder read-only needs root") from error
    finally:
        subprocess.run(["umount", folder], capture_output=True)


class Disk:
    """A small disk that a trial's results and Snakemake's own notes lie on, within the block.

    Parameters
    ----------
    trial : Trial
        Not started yet. Its results are copied from the disk when the block ends well.
    megabytes : int
        Of the disk.

    Raises
    ------
    Impossible
        Where the disk cannot be mounted: that needs root, loop devices and ext4.
    """

    def __init__(self, trial: Trial, *, megabytes: int = 64):
        self.trial, self.folder, self.image = trial, trial.results, trial.checkout.folder / "disk.img"
        self.megabytes = megabytes
        self.others = self.folder / "others"

    def __enter__(self) -> "Disk":
        with open(self.image, "wb") as handle:
            handle.truncate(self.megabytes * 2**20)
        self.folder.mkdir(exist_ok=True)
        try:
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.image], check=True, capture_output=True)
            self._mount()
        except (OSError, subprocess.CalledProcessError) as error:
            raise Impossible("a disk of its own needs root, loop devices and mkfs.ext4") from error
        (self.folder / ".snakemake").mkdir()
        (self.trial.checkout.folder / ".snakemake").symlink_to(self.folder / ".snakemake")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                kept = self.trial.checkout.folder / "kept"
                shutil.copytree(self.trial.run, kept)
                self.trial.run = kept
        finally:
            subprocess.run(["umount", "-l", self.folder], check=True)

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", self.image, self.folder], check=True, capture_output=True)

    def fill(self, *, leave: int = 0) -> None:
        """Others write to the disk until `leave` bytes are free."""
        with open(self.others, "wb") as handle:
            for step in (2**20, 2**12):
                with suppress(OSError):  # The last piece does not fit.
                    while (free := os.statvfs(self.folder)).f_bavail * free.f_frsize - leave >= step:
                        os.posix_fallocate(handle.fileno(), os.fstat(handle.fileno()).st_size, step)

    def free(self) -> None:
        """Others take their files away."""
        self.others.unlink()

    def fail(self) -> None:
        """An error of the disk, after which Linux lets nothing be written to it."""
        source = subprocess.run(["findmnt", "-n", "-o", "SOURCE", self.folder], check=True, capture_output=True, text=True)
        trigger = Path("/sys/fs/ext4") / Path(source.stdout.strip()).name / "trigger_fs_error"
        try:
            trigger.write_text("1")
        except OSError as error:
            raise Impossible("this Linux lets no error of ext4 be made") from error

    def mend(self) -> None:
        """What an administrator does then: unmount, check, mount again."""
        end = time.monotonic() + 60
        while subprocess.run(["umount", self.folder], capture_output=True).returncode:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.folder} is in use")
            time.sleep(0.1)
        if subprocess.run(["e2fsck", "-p", self.image], capture_output=True).returncode > 1:
            raise RuntimeError(f"{self.image} cannot be mended")
        self._mount()
