"""One process of the benchmarks: makes a data set, times runs side by side, or measures growth or memory.

    measure.py make INPUT
    measure.py time INPUT REPEATS PIPELINE BASELINE ...
    measure.py growth INPUT LARGER_INPUT PIPELINE
    measure.py memory INPUT SIDE

The answer is the last line of its output, as JSON.
"""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import inputs
import numpy as np

#: The larger input does not fit into the processor's cache, so times vary more: more runs than elsewhere.
GROWTH_REPEATS = 7


def make(name: str) -> None:
    """Make a data set if it is missing."""
    inputs.make(name)


def time_sides(name: str, repeats: str, *sides: str) -> dict[str, dict[str, Any]]:
    """Run the sides in turn, `repeats` times; the first is newsclust.

    Each has run once on a small data set before, so that imports and compilation are left out.

    Returns
    -------
    dict
        For each side its seconds (a list), the agreement of its labels with the known stories (`ami`, the median) and
        with the first side's (`ari`), and other facts that it returns.
    """
    small = "synthetic-500"
    if name.startswith("graph"):
        small = "graph-1k-texts" if name.endswith("texts") else "graph-1k"
    inputs.make(small)
    for side in sides:
        _timed(_prepare(side, small), small)
    runs = {side: _prepare(side, name) for side in sides}
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    results: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(int(repeats)):
        for side in sides:
            elapsed, result = _timed(runs[side], name)
            seconds[side].append(round(elapsed, 3))
            results[side].append(result)
            print(f"{name} {side} {elapsed:.2f} s", file=sys.stderr, flush=True)
    facts = {side: _facts(name, results[side], results[sides[0]]) for side in sides}
    return {side: {"seconds": seconds[side], **facts[side]} for side in sides}


def growth(small: str, large: str, pipeline: str) -> dict[str, Any]:
    """The exponent with which a pipeline's time grows, from `GROWTH_REPEATS` runs on both inputs in turn."""
    inputs.make("graph-1k")
    _timed(_prepare(pipeline, "graph-1k"), "graph-1k")
    runs = {name: _prepare(pipeline, name) for name in (small, large)}
    seconds: dict[str, list[float]] = {small: [], large: []}
    for _ in range(GROWTH_REPEATS):
        for name, run in runs.items():
            seconds[name].append(round(_timed(run, name)[0], 3))
    times, sizes = (median(seconds[large]) / median(seconds[small]), inputs.shape(large)[0] / inputs.shape(small)[0])
    return {"growth_exponent": round(math.log(times) / math.log(sizes), 3), "growth_runs_s": seconds}


def memory(name: str, side: str) -> dict[str, float]:
    """The highest resident memory of this process, which only runs `side` once, in MiB."""
    _timed(_prepare(side, name), name)
    status = Path("/proc/self/status").read_text()
    return {"mib": round(int(status.split("VmHWM:")[1].split()[0]) / 1024)}


def _prepare(side: str, name: str) -> Any:
    import baselines
    import pipelines

    return (getattr(pipelines, side, None) or getattr(baselines, side))(name)


def _timed(run: Any, name: str) -> tuple[float, dict[str, Any]]:
    """Seconds and result of a run in its own working folder."""
    here, stored = Path.cwd(), inputs.WORK / name / inputs.STORED
    with tempfile.TemporaryDirectory(dir=inputs.WORK) as folder:
        if stored.exists():
            shutil.copytree(stored, Path(folder) / inputs.STORED)
        os.chdir(folder)
        gc.collect()
        start = time.perf_counter()
        try:
            result = run(Path(folder))
            return time.perf_counter() - start, result
        finally:
            os.chdir(here)


def _facts(name: str, results: list[dict[str, Any]], reference: list[dict[str, Any]]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if "recall" in results[0]:
        facts["recall"] = results[0]["recall"]
    if "labels" not in results[0]:
        return facts
    from sklearn.metrics import adjusted_rand_score

    from newsclust.stories.evaluation import agreement

    labels = results[0]["labels"]
    facts["clusters"], facts["noise"] = len(np.unique(labels[labels >= 0])), float(np.mean(labels < 0))
    if len(labels) == len(reference[0].get("labels", ())):
        facts["ari"] = float(adjusted_rand_score(reference[0]["labels"], labels))
    if not name.startswith("graph") and (truth := inputs.load_documents(name).table["truth"]).ne("").any():
        facts["ami"] = median(agreement(result["labels"], truth)["ami"] for result in results)
    return facts


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    answer = {"make": make, "time": time_sides, "growth": growth, "memory": memory}[command](*arguments)
    print(json.dumps(answer), flush=True)
    # Milvus Lite's threads and numba's may take seconds to end, or crash while doing so.
    sys.stderr.flush()
    os._exit(0)
