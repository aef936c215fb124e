"""How the tests are shared among processes, and what the notebooks that look at finished runs find there."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

from nbval.plugin import IPyNbCell
from tools.notebooks import TOP, WIDGET, run_needed
from xdist.scheduler import LoadScopeScheduling

#: They share a Milvus server, which takes twenty seconds to start and a twentieth of a core while it waits.
WITH_SERVER = ["test_server.py", "test_own_collection.py", "test_ingest.py", "test_by_ray.py"]
#: They load models, each with libraries that take five seconds; the last compiles, too.
WITH_MODELS = ["test_embedding.py", "test_models.py", "test_bert.py", "test_model_languages.py", "test_newcomers.py"]
#: These take longest, the rest a few seconds each: what is begun last would keep one process busy and the others idle.
#: The first compiles for all; the two after it do without what numba compiles.
BEGUN_FIRST = [
    "notebooks",
    "with models",
    "test_chunks.py",
    "test_readme.py",
    "test_notebooks.py",
    "test_grid.py",
    "test_execute.py",
    "test_run_plan.py",
    "with a server",
    "test_situations.py",
    "test_smallest.py",
    "test_store.py",
    "test_run_page.py",
]

# Each process started would compile newsclust's modules anew where nothing may be kept: a seventh of a small run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# OpenMP's threads spin while they wait, which is time lost to the tests beside them: twice the processor time in all.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Python looks for garbage each time 700 objects more are there, among the million of a process that has imported all.
gc.set_threshold(20_000)


def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores: a fifth of the time is waited for kernels, browsers and servers."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items):
    rank = {name: place for place, name in enumerate(BEGUN_FIRST)}
    within = {name: place for place, name in enumerate(WITH_MODELS)}
    items.sort(key=lambda item: (rank.get(_part(item.nodeid), len(rank)), within.get(item.path.name, 0)))


def pytest_runtest_teardown(item, nextitem):
    """Stop the Milvus server once no test needs it."""
    server = sys.modules.get("milvus_server")
    if server and (nextitem is None or _part(nextitem.nodeid) != "with a server"):
        server.running.close()


def pytest_xdist_make_scheduler(config, log):
    """Give each process whole modules, whose tests share what was made for them, and all notebooks to one of them.

    The notebooks share a database and the runs that two of them look at.
    """

    class ByPart(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _part(nodeid)

    return ByPart(config, log)


def _part(nodeid: str) -> str:
    """What one process runs as a whole: the notebooks, what needs a server or models, or a test module, by its name."""
    path = Path(nodeid.partition("::")[0])
    if path.suffix == ".ipynb":
        return "notebooks"
    if path.name in WITH_MODELS:
        return "with models"
    return "with a server" if path.name in WITH_SERVER else path.name


def pytest_collectstart(collector):
    """Of a figure nbval compares the sentence; what plotly draws differs in last digits between processors.

    A progress bar is not compared either: it appears where a step takes two seconds.
    """
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("application/vnd.plotly.v1+json", "image/png")


def without_bars(compare):
    """A comparison of a cell's outputs that leaves out progress bars: they appear where a step takes two seconds."""

    def compare_results(cell, outputs, *stored):
        return compare(cell, [output for output in outputs if WIDGET not in output.get("data", {})], *stored)

    return compare_results


IPyNbCell.compare_outputs = without_bars(IPyNbCell.compare_outputs)


def pytest_runtest_setup(item):
    """Before the first cell of a notebook, make what it looks at and is not finished."""
    if item.path.suffix == ".ipynb" and item.path not in _ready:
        if item.path.stem == "compare":  # twelve runs: the tests of grids and of the readme run some by the command
            subprocess.run([sys.executable, "tests/runs_alone.py", "params/grid.yaml"], cwd=TOP, check=True)
        else:
            run_needed(item.path.stem)
        _ready.add(item.path)


_ready: set[Path] = set()
