"""Notebooks that look at finished runs are tested on those whose parameters come with newsclust."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parent


#: What makes the runs that a notebook looks at.
NEEDED = {
    "compare.ipynb": ["params/grid.yaml", "--jobs", "2"],
    "assign.ipynb": ["params/quickstart.yaml"],
}


def pytest_runtest_setup(item):
    """Before the first cell of such a notebook, run what is not finished."""
    if item.path.name in NEEDED and item.path not in _ready:
        command = [sys.executable, "-m", "newsclust", "run", *NEEDED[item.path.name]]
        subprocess.run(command, cwd=TOP, check=True)
        _ready.add(item.path)


_ready: set[Path] = set()
