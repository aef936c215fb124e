"""A finished grid is read as it was written, or refused in a sentence."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from finished_grid import FAILED, NASTY, write_grid
from newsclust.errors import NewsclustError
from newsclust.grid import runs as finished
from newsclust.grid.runs import levels, read_grid


def rewritten(folder: Path, target: Path, change) -> Path:
    """A copy of the grid with other records: `change(name, record)` alters a run's record in place."""
    shutil.copytree(folder, target)
    for path in target.glob("*/run.json"):
        record = json.loads(path.read_text())
        change(path.parent.name, record)
        path.write_text(json.dumps(record))
    return target


def test_the_grid_that_the_notebook_looks_at_is_run_where_it_is_missing(monkeypatch):
    asked = []
    monkeypatch.setattr(finished, "run_plan", lambda plan: asked.append(plan.name) or write_grid(plan.folder))
    assert len(read_grid("reports/grid").runs) == 12 and asked == ["grid"]
    read_grid("reports/grid")
    for name in ("reports/quickstart", "elsewhere/grid", "reports/mine"):
        with pytest.raises(NewsclustError, match="There is no finished grid"):
            read_grid(name)
    assert asked == ["grid"]


def test_every_run_is_there_in_the_order_of_the_grid_with_its_parameters_and_metrics(grid, grid_folder):
    assert grid.runs["name"].tolist() == json.loads((grid_folder / "grid.json").read_text())["runs"]
    assert grid.runs["status"].tolist() == ["ok"] * 11 + ["failed"]
    assert grid.varied == ["min_samples", "min_cluster_size", "method"], "k is the same everywhere"
    first = grid.runs.iloc[0]
    assert (first["min_samples"], first["method"], first["ami"]) == (2, "eom", 0.86)
    assert first["seconds"] == 5.5 and type(first["min_samples"]) is int
    assert NASTY in grid.runs["message"].iloc[-1] and np.isnan(grid.runs["n_clusters"].iloc[-1])


def test_documents_are_aligned_on_exact_ids_and_counted_once(grid, grid_folder):
    table = pd.read_csv(grid_folder / grid.labels.columns[3] / "clusters.csv", dtype=str, keep_default_na=False)
    table = table[table["id"] != ""].drop_duplicates("id")
    expected = pd.Series(table["cluster"].astype(int).to_numpy(), index=[int(i[1:]) for i in table["id"]])
    assert len(grid.labels) == 200 and grid.labels.index.is_monotonic_increasing
    assert grid.labels.iloc[:, 3].to_dict() == expected.to_dict()
    assert grid.titles.to_dict() == dict(zip(expected.index, table["Title"].str.strip(), strict=True))
    assert "12 runs, 1 of them failed, compared on 200 documents" in repr(grid)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: (f / "grid.json").unlink(), "There is no finished grid in"),
        (lambda f: (f / "grid.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "grid.json").write_text('{"name": "g", "runs": []}'), "does not say varied"),
        (lambda f: (f / FAILED / "run.json").unlink(), "1 of the 12 runs of"),
        (lambda f: (next(f.glob("*leaf")) / "metrics.json").unlink(), "metrics.json cannot be read"),
        (
            lambda f: (next(f.glob("*leaf")) / "clusters.csv").write_text("a,b\n1,2\n"),
            "clusters.csv cannot be read",
        ),
    ],
    ids=["no grid", "half-written", "incomplete record", "unfinished", "no metrics", "no clusters"],
)
def test_an_unusable_grid_is_one_sentence_that_says_what_to_do(grid_folder, tmp_path, spoil, sentence):
    copy = rewritten(grid_folder, tmp_path / "mine", lambda name, record: None)
    spoil(copy)
    with pytest.raises(NewsclustError, match=re.escape(sentence)) as caught:
        read_grid(copy)
    assert "run `newsclust run params/mine.yaml` first" in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(NewsclustError, match="newsclust run params/grid.yaml"):
        read_grid(tmp_path / "grid")


def test_numbers_are_in_order_names_as_they_come_and_null_is_a_value(grid_folder, tmp_path):
    def change(name, record):
        record["parameters"]["min_samples"] = {2: 10.5, 5: 9, 10: 2}[record["parameters"]["min_samples"]]
        record["parameters"]["k"] = None if "eom" in name else {"ef": 128}

    grid = read_grid(rewritten(grid_folder, tmp_path / "grid", change))
    assert levels(grid, "min_samples")[1:] == (["2", "9", "10.5"], True)
    assert levels(grid, "method")[1:] == (["eom", "leaf"], False)
    assert levels(grid, "k")[1] == ["none", "{'ef': 128}"] and "k" in grid.varied
