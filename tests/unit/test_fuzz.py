"""A fixed part of the campaign of tests/fuzz: no reader of files from outside ends in anything but a result or a clear error."""

import os
import subprocess
import sys
from pathlib import Path

from smearsynth.files import read_tsv

ROOT = Path(__file__).parents[2]
FAULTY = """
import os, signal, sys
import campaign, readers
from pathlib import Path

def read(path, folder):
    first = path.read_bytes()[:1]
    if first == b"k":
        os.kill(os.getpid(), signal.SIGSEGV)
    if first == b"t":
        raise TypeError("not seen to")
    if first == b"m":
        bytearray(2**40)
    if first != b"a":
        raise campaign.UserError.of("file", "no a", "begin with a")

def change(rng, content, other):
    return rng.choice("aktmx").encode()

one = readers.Reader("faulty", "bin", ("files.py",), lambda _: [b"a"], read, change)
print(*campaign.attack(one, inputs=200, seed=1, crashes=Path(sys.argv[1])), sep="\\t")
"""


def run(*arguments) -> subprocess.CompletedProcess:
    paths = os.pathsep.join(map(str, (ROOT / "workflow", ROOT / "tests/fuzz")))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)


def test_every_reader_bears_damaged_files(tmp_path):
    done = run(ROOT / "tests/fuzz/campaign.py", "--inputs", 150, "--seed", 20, "--light", "--out", tmp_path / "table.tsv")
    told = "\n".join(path.read_text() for path in sorted(tmp_path.glob("crashes/*.txt"))[:3])
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{told}"
    rows = read_tsv(tmp_path / "table.tsv")
    assert len(rows) == 27
    for row in rows:
        assert int(row["inputs"]) == 150 == int(row["accepted"]) + int(row["refused"]) and row["crashes"] == "0"
        # The changes reach beyond a file's first bytes.
        assert int(row["kept"]) >= 2 and int(row["lines"]) >= 10, row


def test_the_campaign_sees_what_goes_wrong(tmp_path):
    done = run("-c", FAULTY, tmp_path / "crashes")
    assert done.returncode == 0, done.stderr
    _, inputs, accepted, refused, crashes, *_ = done.stdout.split("\t")
    kept = list(tmp_path.glob("crashes/*.txt"))
    assert int(accepted) > 0 and int(refused) > 0 and int(crashes) == len(kept) > 0
    assert int(inputs) == int(accepted) + int(refused) + int(crashes) == 200
    told = " ".join(path.read_text() for path in kept)
    assert all(word in told for word in ("the process ended with -11", "TypeError", "MemoryError"))
