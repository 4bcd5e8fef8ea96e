"""What does SLURM cost? The same run local and through a real SLURM of two nodes on this machine, one after the other.

Both have the processors of this machine and no more (SLURM is told of eight), so that the difference is what submitting, starting
and looking for jobs takes. The default is the small configuration of the tests with all its studies; `demo` is `make run`'s.

    python benchmarks/slurm_overhead.py --out results/benchmarks/slurm_overhead [--configuration small|demo] [--targets all ...]
        [--cores 2] [--look 5]

The folder gets slurm_overhead_<configuration>.tsv: for each way its rules, jobs and seconds, the seconds that SLURM took more
for each job and for each rule, and how many results differ from those of the local run. The exit code is 1 where any does.
It needs SLURM and munge (`apt-get install slurm-wlm munge`).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "slurm"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import cluster

from checkout import Checkout
from smearsynth.files import write_tsv

CONFIGURATIONS = {"small": ("small.yaml",), "demo": ()}
COLUMNS = [
    "configuration",
    "way",
    "rules",
    "slurm_jobs",
    "seconds",
    "more_seconds_a_job",
    "more_seconds_a_rule",
    "results",
    "differ",
    "load_of_the_machine",
]


def measured(checkout: Checkout, *arguments: str, cores: int | None, configs: tuple[str, ...], environment) -> tuple[int, float]:
    """Rules that were run, and seconds; the process ends with the last lines where the run fails."""
    start = time.monotonic()
    done: subprocess.CompletedProcess = checkout.snakemake(
        *arguments, cores=cores, check=False, configs=configs, environment=environment
    )
    seconds = time.monotonic() - start
    said = done.stdout + done.stderr
    steps = re.findall(r"^(\d+) of \1 steps \(100%\) done", said, re.M)
    if done.returncode or not steps:
        sys.exit(said[-6000:])
    return int(steps[-1]), seconds


def main() -> int:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--configuration", choices=CONFIGURATIONS, default="small")
    parser.add_argument("--targets", nargs="*", default=["all"])
    parser.add_argument("--cores", type=int, default=2, help="of the local run")
    parser.add_argument("--look", type=int, default=5, help="seconds between looks at jobs; the executor's default is 40")
    args = parser.parse_args()
    if cluster.missing():
        sys.exit(f"no {', '.join(cluster.missing())} here: apt-get install slurm-wlm munge")
    configs = CONFIGURATIONS[args.configuration]
    flags = [*cluster.PROFILE, "--slurm-init-seconds-before-status-checks", str(args.look)]
    with tempfile.TemporaryDirectory() as folder:
        local, there = Checkout(Path(folder) / "local"), Checkout(Path(folder) / "there")
        rules, seconds = measured(local, *args.targets, cores=args.cores, configs=configs, environment=os.environ)
        with cluster.started() as nodes:
            rules_there, seconds_there = measured(
                there, *args.targets, *flags, cores=None, configs=configs, environment=nodes.environment
            )
            jobs = len(nodes.jobs())
        expected, made = (each.made(each.folder / "results" / args.configuration) for each in (local, there))
    differ = sum(expected.get(name) != made.get(name) for name in expected.keys() | made.keys())
    load = os.getloadavg()[2]
    rows = [
        [args.configuration, "local", rules, None, round(seconds), None, None, len(expected), None, load],
        [
            args.configuration,
            "slurm",
            rules_there,
            jobs,
            round(seconds_there),
            round((seconds_there - seconds) / jobs, 1),
            round((seconds_there - seconds) / rules, 1),
            len(made),
            differ,
            load,
        ],
    ]
    for row in rows:
        print(*row, sep="\t")
    write_tsv(args.out / f"slurm_overhead_{args.configuration}.tsv", COLUMNS, rows)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
