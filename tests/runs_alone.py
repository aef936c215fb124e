"""The runs of a plan for a notebook that compares them, in one process: no notebook is executed, no report rendered.

Those take three quarters of the time of `newsclust run`, which finds no run of these finished, because they have no
notebook, and repeats them.
"""

from __future__ import annotations

import json
import sys
import time

import newsclust as nc
from newsclust.grid.freshness import fingerprints
from newsclust.grid.plan import read_plan
from newsclust.paths import read_json
from newsclust.run.record import RESULTS


def make_runs(file: str) -> None:
    """Make those runs of a parameter file that are not there or were made of something else."""
    plan = read_plan(file)
    current = fingerprints(plan)
    for run in plan.runs:
        stamp, values, start = run.folder / "run.json", run.parameters.model_dump(), time.perf_counter()
        whole = all((run.folder / name).exists() for name in RESULTS)
        if whole and read_json(stamp).get("fingerprint") == current[run.name]:
            continue
        for name in ("run.json", "run.ipynb", "report.html"):  # of a run that is replaced here
            (run.folder / name).unlink(missing_ok=True)
        nc.find(**values)
        made = {"seconds": round(time.perf_counter() - start, 2), "fingerprint": current[run.name]}
        made |= {"name": run.name, "status": "ok", "message": "", "parameters": values}
        stamp.write_text(json.dumps(made), encoding="utf-8")
    grid = {"name": plan.name, "varied": plan.varied, "runs": [run.name for run in plan.runs]}
    if {name: read_json(plan.folder / "grid.json").get(name) for name in grid} != grid:
        (plan.folder / "grid.json").write_text(json.dumps(grid), encoding="utf-8")


if __name__ == "__main__":
    make_runs(sys.argv[1])
