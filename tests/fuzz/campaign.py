"""Damaged and hostile files for every reader of files from outside: each is read, or refused with one clear error.

``python tests/fuzz/campaign.py --inputs 10000 --seed 1 --out table.tsv`` writes a line for each reader; what crashed one lies in
``crashes`` beside the table. Inputs are changes of small valid files; those that reach new lines of the reader are changed again.
"""

import argparse
import contextlib
import gc
import linecache
import mmap
import multiprocessing
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import readers

from smearsynth.errors import UserError
from smearsynth.files import write_tsv

CODE = readers.ROOT / "workflow/smearsynth"
MEMORY = 2 * 2**30
"""Bytes that a reader may take beyond what its process has at the start."""
SECONDS = 20.0
"""Of processor time for one input; and, times six, of the clock before the process is ended."""
COLUMNS = ["reader", "inputs", "accepted", "refused", "crashes", "slowest_s", "kept", "lines", "of_lines"]
STATE = struct.Struct("qqqqqd")
"""What the process that reads shares: inputs done, accepted, refused, crashes, kept, slowest."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--light", action="store_true", help="leave out readers that need TensorFlow, and slow ones")
    parser.add_argument("--only", nargs="*", help="names of readers; all by default")
    parser.add_argument("--out", type=Path, required=True, help="table")
    args = parser.parse_args()
    rows = []
    for one in readers.ALL:
        if (not args.only or one.name in args.only) and not (args.light and one.heavy):
            rows.append(attack(one, inputs=args.inputs, seed=args.seed, crashes=args.out.parent / "crashes"))
            print(*rows[-1], sep="\t", flush=True)
            write_tsv(args.out, COLUMNS, rows)
    sys.exit(1 if any(row[4] for row in rows) else 0)


def attack(one: readers.Reader, *, inputs: int, seed: int, crashes: Path) -> list[Any]:
    """Give a reader its inputs, in a process of its own that is started again where an input ends it; a row of the table."""
    with tempfile.TemporaryDirectory() as place, mmap.mmap(-1, STATE.size) as shared:
        folder = readers.world(Path(place))
        STATE.pack_into(shared, 0, 0, 0, 0, 0, 0, 0.0)
        if not one.heavy:
            # Once, not in each process; TensorFlow does not live through a fork.
            _warm(one, folder)
        done = 0
        while done < inputs:
            process = multiprocessing.get_context("fork").Process(
                target=_guarded, args=(one, inputs, seed, folder, shared, crashes)
            )
            process.start()
            _wait(process, shared)
            done, accepted, refused, crashed, kept, slowest = STATE.unpack_from(shared)
            if process.exitcode == 1:
                raise RuntimeError(f"{one.name}: the campaign itself failed\n{(folder / 'fault').read_text()}")
            if process.exitcode != 0:
                # Not Python: the process itself was ended, by a signal or by us.
                _keep(crashes, one, done, _input(folder, one).read_bytes(), f"the process ended with {process.exitcode}")
                STATE.pack_into(shared, 0, done + 1, accepted, refused, crashed + 1, kept, slowest)
                done += 1
        _, accepted, refused, crashed, kept, slowest = STATE.unpack_from(shared)
        reached = {tuple(line.rsplit(":", 1)) for line in (folder / "lines").read_text().splitlines()}
        return [one.name, inputs, accepted, refused, crashed, slowest, kept, len(reached), sum(map(_lines, one.modules))]


def _wait(process: Any, shared: mmap.mmap) -> None:
    """Until a process ends; one that hangs on an input, where no signal of Python comes through, is ended."""
    last, since = -1, time.monotonic()
    while process.is_alive():
        process.join(0.5)
        if (now := STATE.unpack_from(shared)[0]) != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 6 * SECONDS:
            process.kill()
            process.join()


def _warm(one: readers.Reader, folder: Path) -> None:
    """Load modules and take memory before limits stand; a seed may be a sound file of a kind that is refused."""
    for valid in one.seeds(folder):
        _input(folder, one).write_bytes(valid)
        with contextlib.suppress(UserError):
            one.read(_input(folder, one), folder)


def _input(folder: Path, one: readers.Reader) -> Path:
    return folder / f"input.{one.suffix}"


def _guarded(one: readers.Reader, inputs: int, seed: int, folder: Path, *rest: Any) -> None:
    """`_work`; what goes wrong in it besides reading is left for the process that started it."""
    try:
        _work(one, inputs, seed, folder, *rest)
    except BaseException:
        (folder / "fault").write_text(traceback.format_exc(), errors="replace")
        raise


def _work(one: readers.Reader, inputs: int, seed: int, folder: Path, shared: mmap.mmap, crashes: Path) -> None:
    """Read one input after the other."""
    # Decoders' own warnings are no part of the result.
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        os.dup2(nowhere.fileno(), 1)
    seeds = [*one.seeds(folder), *(path.read_bytes() for path in sorted(folder.glob("kept-*")))]
    _warm(one, folder)
    signal.signal(signal.SIGVTALRM, _too_slow)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
    seen: set[tuple[str, int, int]] = set()
    reached: set[str] = set((folder / "lines").read_text().splitlines()) if (folder / "lines").exists() else set()
    trace = _tracer({str(CODE / module) for module in one.modules}, seen)
    done, accepted, refused, crashed, kept, slowest = STATE.unpack_from(shared)
    gc.disable()
    for number in range(done, inputs):
        rng = random.Random(f"{seed} {one.name} {number}")
        # Of what reached something new the latest is the least explored.
        first = seeds[-1 - min(int(rng.expovariate(0.1)), len(seeds) - 1)] if rng.random() < 0.5 else rng.choice(seeds)
        content = one.change(rng, first, rng.choice(seeds))[: 2**20]
        _input(folder, one).write_bytes(content)
        before, start = len(seen), time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        fault = None
        sys.settrace(trace)
        try:
            one.read(_input(folder, one), folder)
            accepted += 1
        except UserError as error:
            refused += 1
            if not all(problem.what and problem.fix for problem in error.problems):
                fault = "an error without what is wrong, or without a fix"
        except BaseException:
            fault = traceback.format_exc()
        finally:
            sys.settrace(None)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, time.process_time() - start)
        if fault:
            crashed += 1
            _keep(crashes, one, number, content, fault)
        elif len(seen) > before and len(content) < 2**16:
            kept += 1
            seeds.append(content)
            (folder / f"kept-{number:09d}").write_bytes(content)
        if len(seen) > before or number == inputs - 1:
            reached |= {f"{file}:{line}" for file, _, line in seen}
            (folder / "lines").write_text("\n".join(sorted(reached)))
        STATE.pack_into(shared, 0, number + 1, accepted, refused, crashed, kept, slowest)
        if number % 200 == 0:
            gc.collect()


def _too_slow(*_: Any) -> None:
    raise TimeoutError(f"more than {SECONDS} s of processor time")


def _tracer(files: set[str], seen: set[tuple[str, int, int]]) -> Any:
    """A trace function that notes each step from a line to a line of these files."""

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in files:
            return None
        last = 0

        def step(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                seen.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    return enter


def _lines(module: str) -> int:
    """Lines of a module that stand in functions."""
    file = str(CODE / module)
    whole = compile("".join(linecache.getlines(file)), file, "exec")
    found: set[int] = set()
    waiting = [const for const in whole.co_consts if isinstance(const, CodeType)]
    while waiting:
        code = waiting.pop()
        found |= {line for _, _, line in code.co_lines() if line and line > code.co_firstlineno}
        waiting += [const for const in code.co_consts if isinstance(const, CodeType)]
    return len(found)


def _keep(crashes: Path, one: readers.Reader, number: int, content: bytes, fault: str) -> None:
    """Write an input that crashed its reader, and what happened."""
    crashes.mkdir(parents=True, exist_ok=True)
    name = f"{one.name.replace(' ', '_')}-{number}".replace("'", "")
    (crashes / f"{name}.{one.suffix}").write_bytes(content)
    (crashes / f"{name}.txt").write_text(fault, errors="replace")


if __name__ == "__main__":
    main()
