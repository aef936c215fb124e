"""New headlines as tables. `test_newcomers` draws them on the map of a run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from newsclust.show.arrivals import emerging_stories, joined_stories, least_sure


@pytest.fixture
def newcomers() -> SimpleNamespace:
    """Seven headlines: one known, three join stories 4 and 2, two are an emerging story, one is alone."""
    labels = np.array([4, 4, 2, 4, 9, 9, -1])
    table = pd.DataFrame({"title": ["Ferry", "Storm", "<i>Map</i>"], "size": [3, 8, 2]}, index=[2, 4, 9])
    emerging = {"title": "t5", "size": 2, "keywords": "map", "first": "2024-05-17", "last": "2024-05-17"}
    return SimpleNamespace(
        documents=pd.DataFrame({"title": [f"t{i}" for i in range(7)], "text": "", "url": ["https://a.example/x"] * 7}),
        labels=labels,
        nearest=np.array([4, 4, 2, 4, 2, 2, 4]),
        probability=np.array([1, 0.6, 0.9, 0.8, 0.7, 0.65, 0.5]),
        is_known=np.arange(7) == 0,
        has_joined=np.isin(np.arange(7), [1, 2, 3]),
        is_emerging=labels == 9,
        emerging=pd.DataFrame([emerging], index=[9]),
        table=table,
        run=SimpleNamespace(table=table.loc[[2, 4]]),
    )


def test_the_story_that_most_join_comes_first_with_its_most_certain_headlines(newcomers):
    rows = joined_stories(newcomers).frame.to_numpy().tolist()
    assert rows == [[4, "Storm", 8, 2, ["0.80  t3", "0.60  t1"]], [2, "Ferry", 3, 1, ["0.90  t2"]]]


def test_an_emerging_story_begins_with_the_headline_that_names_it(newcomers):
    table = emerging_stories(newcomers)
    assert table.frame.to_numpy().tolist() == [[9, 2, ["t5", "t4"], "map", "2024-05-17"]]
    assert "<strong><a " in table._repr_html_()


def test_the_least_certain_come_first_without_what_the_run_has_already(newcomers):
    table = least_sure(newcomers, 3)
    assert table.frame["headline"].tolist() == ["t6", "t1", "t5"]
    assert table.frame["said"].tolist() == ["new and alone", "joins: Storm", "emerging: <i>Map</i>"]
    assert table.frame["nearest story"].tolist() == ["Storm", "Storm", "Ferry"] and "<i>" not in table._repr_html_()
