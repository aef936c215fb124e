"""A run that commit e11d763 made can be continued: its stories keep their numbers, and new headlines join them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclust as nc

TOP = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Its folder, and the database that its vectors are in."""
    folder = tmp_path_factory.mktemp("older")
    with zipfile.ZipFile(TOP / "tests/run_of_e11d763.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return nc.read_run("reports/old")


def test_an_older_run_says_what_it_found(run):
    assert len(run.points) == 34 and len(run.table) == 8 and set(run.labels) == {-1, *range(8)}


def test_a_phrase_finds_headlines_of_an_older_run(run):
    found = str(nc.search(run, "an earthquake", 3))
    assert sum(title in found for title in run.points["title"]) >= 3


def test_stories_of_an_older_run_keep_their_numbers_and_nothing_is_embedded_again(run):
    given = {name: value for name, value in run.record.changed.items() if name not in ("data", "output")}
    again = nc.find(run.record.parameters["data"], **given, previous="reports/old")
    assert again.links.vectors.embeddings.n_embedded == 0
    assert np.array_equal(again.labels, run.labels)


def test_new_headlines_join_the_stories_of_an_older_run(run, tmp_path):
    members = run.points[run.points["cluster"] == 0].head(2)
    texts = [f"{title}, again" for title in members["title"]]
    pd.DataFrame({"title": texts, "published_at": members["published_at"]}).to_csv(tmp_path / "new.csv", index=False)
    corpus = nc.read(str(tmp_path / "new.csv"))
    found = nc.assign_newcomers(run, corpus, run.store.embed(corpus.documents))
    assert found.labels.tolist() == [0, 0]
