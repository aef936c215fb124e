"""New headlines assigned by the command."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsclust.errors import RunError
from newsclust.grid import assign


@pytest.fixture
def executed(monkeypatch):
    """What the notebook was asked; it says what `message` says."""
    asked = SimpleNamespace(message="")

    def execute(notebook, path, parameters, **_):
        asked.notebook, asked.parameters, asked.found = (
            notebook.name,
            parameters,
            sorted(p.name for p in path.parent.iterdir()),
        )
        (path.parent / "metrics.json").write_text(json.dumps({"n_joined": 3}))
        return asked.message

    monday = Path("reports/monday").resolve()
    monkeypatch.setattr(assign, "read_run", lambda name: SimpleNamespace(name=name, folder=monday))
    monkeypatch.setattr(assign, "execute", execute)
    monkeypatch.setattr(assign, "render_page", lambda folder: folder / "report.html")
    return asked


def test_each_file_has_a_folder_of_its_own_from_which_older_results_are_gone(executed):
    old = Path("reports/assigned/monday-today-s-news/page.json")
    old.parent.mkdir(parents=True)
    old.write_text("old")
    page, metrics = assign.assign_file("piles/today's news.csv.gz", "monday", lambda line: None)
    assert page.parent.resolve() == old.parent.resolve() and metrics == {"n_joined": 3} and not old.exists()
    assert executed.notebook == "assign.ipynb" and "page.json" not in executed.found
    assert executed.parameters == {
        "data": "piles/today's news.csv.gz",
        "run": "reports/monday",
        "output": "reports/assigned/monday-today-s-news",
    }


def test_what_stopped_the_notebook_is_reported_with_its_place(executed):
    executed.message = "There is no column x."
    with pytest.raises(RunError, match="There is no column x. See reports/assigned/monday-headlines/assign.ipynb"):
        assign.assign_file("???", "monday", lambda line: None)
