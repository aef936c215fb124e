"""What repeats a run, and what does not."""

# ruff: noqa: F811  the fixture runs
from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from browser import open_page, settle  # noqa: F401  a fixture
from newsclust.corpus.documents import kept_downloads
from newsclust.grid import freshness, run_plan
from newsclust.grid.plan import read_plan
from newsclust.paths import short
from test_grid import write_plan
from test_run_plan import BOTH, finished, go, runs  # noqa: F401  fixtures


def test_a_changed_parameter_repeats_the_runs_it_affects(runs):
    write_plan("fixed: {data: mine.csv}\ngrid: {min_samples: [3, 4]}\n")
    assert go(runs) == ["min_samples=4", "index"]
    write_plan("fixed: {data: mine.csv, k: 20}\ngrid: {min_samples: [3, 4]}\n")
    assert go(runs) == ["min_samples=3", "min_samples=4", "index"]


def test_other_rows_in_a_file_of_the_same_name_repeat_its_runs(runs):
    pd.DataFrame({"title": ["a", "c"]}).to_csv("mine.csv", index=False)
    assert go(runs) == BOTH


def test_other_rows_in_a_folder_or_a_list_of_files_repeat_its_runs(runs):
    Path("pile").mkdir()
    for name in ("a", "b", "c"):
        pd.DataFrame({"title": [name]}).to_csv(f"pile/{name}.csv", index=False)
    for data in ("pile", "pile/*.csv", "[pile/a.csv, pile/b.csv]"):
        write_plan(f"fixed: {{data: {data}}}\ngrid: {{min_samples: [2, 3]}}\n")
        assert go(runs) == BOTH and go(runs) == []
        pd.DataFrame({"title": [data]}).to_csv("pile/b.csv", index=False)
        assert go(runs) == BOTH


@pytest.mark.parametrize("data", ["http://a.invalid/a.csv", "[http://a.invalid/a.csv]", "kaggle"])
def test_an_address_repeats_its_runs_once_it_is_fetched_again(runs, monkeypatch, data):
    write_plan(f"fixed: {{data: {data}}}\ngrid: {{min_samples: [2, 3]}}\n")
    assert go(runs) == BOTH and go(runs) == BOTH  # nothing is kept
    (kept,) = kept_downloads(read_plan("mine.yaml").runs[0].parameters.data)
    monkeypatch.setattr(run_plan, "execute", lambda *given: kept.write_text("title\na\n") and runs(*given))
    assert go(runs) == BOTH and go(runs) == []
    said: list[str] = []
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    run_plan.run_plan(read_plan("mine.yaml"), say=said.append)
    assert f"It read what was fetched on 2023-11-14: delete {short(kept)} to fetch it again." in said
    kept.write_text("title\nb\n")
    assert go(runs) == BOTH and go(runs) == []
    kept.unlink()
    assert go(runs) == BOTH and go(runs) == []


def test_a_changed_step_of_the_notebook_repeats_all_and_what_it_printed_does_not(runs):
    path = Path("notebooks/cluster.ipynb")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], 7
    nbformat.write(notebook, path)
    assert go(runs) == []
    notebook.cells[-1].source += "\n1 + 1"
    nbformat.write(notebook, path)
    assert go(runs) == BOTH


def test_a_changed_comparison_repeats_the_comparison_alone(runs):
    path = Path("notebooks/compare.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += "\n1 + 1"
    nbformat.write(notebook, path)
    assert go(runs) == ["index"]


def test_another_version_of_a_package_repeats_all(runs, monkeypatch):
    monkeypatch.setattr(freshness, "version", lambda name: "99" if name == "hdbscan" else "1")
    assert go(runs) == BOTH


def test_changed_code_repeats_all(runs, monkeypatch):
    monkeypatch.setattr(freshness, "_code", lambda: "changed")
    assert go(runs) == BOTH


@pytest.mark.parametrize("lost", ["run.json", "clusters.csv", "run.ipynb"])
def test_a_run_that_lost_a_file_is_repeated(runs, lost):
    Path("reports/mine/min_samples=3", lost).unlink()
    assert go(runs) == ["min_samples=3", "index"]


def test_a_damaged_stamp_counts_as_unfinished(runs):
    Path("reports/mine/min_samples=3/run.json").write_text('{"status": "o')
    assert go(runs) == ["min_samples=3", "index"]
