# The library on the path, a checked configuration, the folder of the run.
import functools
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

LIBRARY = Path(workflow.basedir) / "workflow"
sys.path.insert(0, str(LIBRARY))
# Jobs, also on a cluster's nodes, find the library and this interpreter without being told.
PATHS = {"PYTHONPATH": LIBRARY, "PATH": Path(sys.executable).parent}
os.environ.update(
    {
        name: f"{first}{os.pathsep}{os.environ.get(name, '')}".rstrip(os.pathsep)
        for name, first in PATHS.items()
    }
)

from smearsynth import configuration
from smearsynth.errors import UserError
from smearsynth.provenance import source_digest

try:
    config.update(
        configuration.check(config, LIBRARY / "schemas" / "config.schema.yaml")
    )
except UserError as error:
    raise WorkflowError(
        f"{len(error.problems)} problem(s) in the configuration\n{error}"
    )

RUN = f"results/{config['run']}"
STATE = f"{RUN}/state"
TAXONOMY = json.dumps(config["taxonomy"], ensure_ascii=False)


def section(path, *, without=None):
    """One section of the configuration as JSON, for --options; `without` the alternative that this run does not choose."""
    told = configuration.section(config, path)
    told.pop(without, None)
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


digest = functools.cache(source_digest)


def code(command):
    """The digest of the code behind ``python -m smearsynth.<stage> <command>``: of rules that have jobs, for a node's Snakemake has one."""
    return lambda wildcards: digest(f"smearsynth.{command}")
