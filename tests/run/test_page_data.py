"""The data of a run's page. `test_run_page` has pages of whole runs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from newsclust.corpus.facts import times
from newsclust.errors import RunError
from newsclust.run import page_data
from newsclust.run.page_data import certainty, minutes_of, on_map, read_page_data, write_page_data


def test_what_is_written_is_read_and_no_number_that_browsers_refuse_is_written():
    data = {"title": "Storm in 東京", "n": [1, None, 0.5]}
    write_page_data(Path("."), data)
    assert read_page_data(Path(".")) == data and Path("page.json").read_text(encoding="utf-8").count("\n") == 1
    with pytest.raises(ValueError):
        write_page_data(Path("."), {"n": float("nan")})
    assert read_page_data(Path(".")) == data


def test_a_missing_or_damaged_file_says_to_run_it_again():
    with pytest.raises(RunError, match="holds no page.json, which its page is made of: run it again"):
        read_page_data(Path("."))
    Path("page.json").write_text(json.dumps([1])[:-1])
    with pytest.raises(RunError, match="page.json of .* is damaged: run it again"):
        read_page_data(Path("."))


def test_times_are_minutes_since_1970_and_unknown_ones_none():
    documents = pd.DataFrame({"published_at": ["1970-01-01T01:30:59Z", "", "1969-12-31T23:59:00Z"]}, dtype=object)
    assert minutes_of(times(documents).astype("datetime64[m]")) == [90, None, -1]


def test_places_keep_the_maps_shape_whoever_is_placed():
    everyone = np.array([[10, 5, 9], [20, 5, 0], [15, 10, 0.0]])
    assert on_map(everyone, everyone).tolist() == [[0, 0], [9999, 0], [5000, 5000]]
    assert on_map(everyone[1:], everyone).tolist() == [[9999, 0], [5000, 5000]]


def test_the_certainty_of_a_headline_that_was_assigned_is_its_share_of_the_vote():
    stories = SimpleNamespace(
        assigned=np.array([False, True, True]),
        vote=SimpleNamespace(share=np.array([np.nan, 0.7, np.nan])),
        clustering=SimpleNamespace(probabilities=np.array([0.9, 0, 0])),
        corrected=None,
    )
    assert certainty(stories).tolist() == [0.9, 0.7, 0]
    stories.corrected = SimpleNamespace(is_placed=np.array([True, False, False]))
    assert certainty(stories).tolist() == [1, 0.7, 0]


def test_of_very_many_headlines_the_earliest_and_most_certain_of_each_story_are_kept(monkeypatch):
    monkeypatch.setattr(page_data, "PART_FROM", 10)
    monkeypatch.setattr(page_data, "BEST", 2)
    monkeypatch.setattr(page_data, "ALONE", 3)
    place = np.array([0] * 6 + [1] * 6 + [-1] * 6)
    probabilities = np.tile([0.1, 0.2, 0.9, 0.8, 0.3, 0.7], 3)
    stories = SimpleNamespace(
        assigned=np.zeros(18, bool),
        vote=SimpleNamespace(share=np.full(18, np.nan)),
        clustering=SimpleNamespace(probabilities=probabilities),
        corrected=None,
        documents=pd.DataFrame({"title": ["t"] * 18, "description": "", "url": "", "text": "t"}),
        table=pd.DataFrame(index=[0, 1]),
    )
    rows = page_data._held(stories, place, np.array([0, 7]), 2)
    assert {0, 2} <= set(rows.tolist()) and {7, 8} <= set(rows.tolist())
    assert (place[rows] < 0).sum() <= 3
