"""newsclust beside other tools: time, memory and agreement, into results.json and results.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import inputs
from rows import COMPARE, COMPARISONS, NAMES, Comparison, Target
from table import as_markdown

HERE = Path(__file__).parent
RESULTS, TABLE = HERE / "results.json", HERE / "results.md"

Row = dict[str, Any]


def main() -> int:
    """Run the requested comparisons; 1 if any of them broke."""
    start = time.perf_counter()
    wanted, n_broken = _wanted(), 0
    for number, comparison in enumerate(wanted, 1):
        print(f"[{number}/{len(wanted)}] {comparison.input}: {comparison.task}", flush=True)
        source = inputs.INPUTS[comparison.input].source
        if source and not source.exists():
            print(f"    skipped: {source.name} is not in {os.path.relpath(source.parent)}")
            continue
        try:
            rows = measure(comparison)
        except subprocess.CalledProcessError as error:
            print(f"    failed: {' '.join(error.cmd[1:])}\n{error.stderr}", flush=True)
            n_broken += 1
            continue
        for row in _keep(rows):
            print("    {baseline}: {newsclust_s} s against {baseline_s} s, {ratio} x".format(**row), flush=True)
    print(f"The table is in benchmarks/{TABLE.name}; this took {(time.perf_counter() - start) / 60:.1f} minutes.")
    return min(n_broken, 1)


def measure(comparison: Comparison) -> list[Row]:
    """One row for each baseline.

    Raises
    ------
    CalledProcessError
        If a run breaks; its `stderr` says why.
    """
    name, ours, theirs = comparison.input, comparison.pipeline, list(comparison.baselines)
    _child("make", name)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # running side by side costs them time, not memory
        peaks = dict(zip([ours, *theirs], pool.map(lambda side: _peak_mib(name, side), [ours, *theirs]), strict=True))
    measured = _child("time", name, str(comparison.repeats), ours, *theirs)
    n, dim = inputs.shape(name)
    growth = {}
    if comparison.grows_from:
        _child("make", comparison.grows_from)
        growth = _child("growth", comparison.grows_from, name, ours)
    rows = []
    for baseline in theirs:
        row: Row = {"name": comparison.row_name(baseline), "n": n, "dim": dim, "baseline": NAMES[baseline]}
        for who, side in (("newsclust", ours), ("baseline", baseline)):
            facts = dict(measured[side])
            row[f"{who}_runs_s"] = facts.pop("seconds")
            row[f"{who}_s"] = median(row[f"{who}_runs_s"])
            row[f"{who}_mib"] = peaks[side]
            row |= {f"{who}_{fact}": round(value, 4) for fact, value in facts.items()}
        row["ratio"] = round(row["baseline_s"] / row["newsclust_s"], 2)
        row["repeats"] = comparison.repeats
        row |= growth
        row |= {"input": name, "stamp": inputs.INPUTS[name].stamp}
        row["measured"] = f"{date.today()} on {os.cpu_count()} cores"
        rows.append(row)
    return rows


def _wanted() -> list[Comparison]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the sample and 10,000 vectors only, in three minutes")
    parser.add_argument("--only", metavar="SUBSTRING", default="", help="rows whose name contains this")
    arguments = parser.parse_args()
    wanted = []
    for comparison in COMPARISONS:
        kept = {b: t for b, t in comparison.baselines.items() if arguments.only in comparison.row_name(b)}
        if kept and (comparison.quick or not arguments.quick):
            wanted.append(comparison.with_baselines(kept))
    if not wanted:
        parser.error(f"no row has {arguments.only!r} in its name; the names are in results.json and rows.py")
    return wanted


def _keep(rows: list[Row]) -> list[Row]:
    """Replace the rows of the same name, compare all with their targets, and return the stored rows."""
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    # What was measured on another version of the data is no longer comparable.
    same = [row for row in before if row["input"] != rows[0]["input"] or row["stamp"] == rows[0]["stamp"]]
    kept = {row["name"]: row for row in [*same, *rows]}
    targets = {c.row_name(baseline): targets for c in COMPARISONS for baseline, targets in c.baselines.items()}
    kept = {name: kept[name] for name in targets if name in kept}
    for name, row in kept.items():
        if targets[name]:
            row["target"] = ", ".join(f"{what} {sign} {number:g}" for what, sign, number in targets[name])
            row["met"] = all(_is_met(row, target) for target in targets[name])
    RESULTS.write_text(json.dumps(list(kept.values()), indent=1) + "\n")
    TABLE.write_text(as_markdown(list(kept.values())))
    return [kept[row["name"]] for row in rows]


def _is_met(row: Row, target: Target) -> bool:
    what, sign, number = target
    return what in row and COMPARE[sign](row[what], number)


@cache
def _peak_mib(name: str, side: str) -> int:
    return _child("memory", name, side)["mib"]


def _child(*arguments: str) -> Any:
    """The answer of `measure`, run in a process of its own."""
    quiet = {"PYTHONWARNINGS": "ignore", "TQDM_DISABLE": "1"}
    command = [sys.executable, str(HERE / "measure.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | quiet)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
