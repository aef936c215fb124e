"""Execute the notebook that assigns new headlines, and render its report."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..paths import find_output, short
from ..run.stored import read_run
from .execute import execute, find_notebook
from .pages import render_page
from .run_plan import alone

#: Under ``reports/``.
FOLDER = "assigned"


def assign_file(data: str, run: str, say: Callable[[str], None] = print) -> tuple[Path, dict[str, Any]]:
    """Assign the headlines of `data` to the stories of `run`, into a folder under ``reports/assigned``.

    Parameters
    ----------
    data : str
        As in `newsclust.corpus.documents.read_corpus`.
    run : str
        A run's folder, or its name under ``reports/``.
    say : callable
        Called with each line for the user.

    Returns
    -------
    page : Path
        The report.
    metrics : dict
        The numbers, as `newsclust.arrivals.newcomers.Newcomers.counts`.

    Raises
    ------
    NewsclustError
        If the run can't be used, which is checked before anything is read, or the notebook fails.
    """
    stored = read_run(run)
    folder = find_output(f"reports/{FOLDER}") / f"{stored.folder.name}-{_stem(data)}"
    with alone(folder):
        for name in ("assigned.csv", "emerging.csv", "page.json", "metrics.json", "provenance.json", "report.html"):
            (folder / name).unlink(missing_ok=True)
        executed = folder / "assign.ipynb"
        where = find_output(".")
        parameters = {
            "data": data,
            "run": os.path.relpath(stored.folder, where),
            "output": os.path.relpath(folder, where),
        }
        say(f"Assigning {data} to the stories of {stored.name} ...")
        message = execute(find_notebook("assign"), executed, parameters, show_bars=True)
    if message:
        raise RunError(f"{message} See {short(executed)}.")
    return render_page(folder), json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


def _stem(data: str) -> str:
    """A folder's name, made from that of a file or an address."""
    stem = re.sub(r"(\.\w{1,8})+$", "", data.rstrip("/\\").replace("\\", "/").rpartition("/")[2])
    return re.sub(r"\W+", "-", stem).strip("-")[:60] or "headlines"
