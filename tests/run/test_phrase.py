"""The headlines of a run that are nearest to a phrase."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from newsclust.errors import ParameterError
from newsclust.run.phrase import search

POINTS = pd.DataFrame(
    {
        "url": ["https://a.example/0", "", "https://a.example/2"],
        "publisher": ["Coast Post", "", "<b>Isle</b>"],
        "published_at": ["2024-05-17T10:00:00Z", "", "2024-05-18T00:00:00Z"],
        "cluster": [4, -1, 4],
    }
)


def run_of(answers) -> SimpleNamespace:
    """A run whose store answers so, and keeps what it was asked."""
    asked = []
    store = SimpleNamespace(nearest_to=lambda *asks: asked.append(asks) or answers)
    table = pd.DataFrame({"title": ["Storm nears"]}, index=[4])
    return SimpleNamespace(store=store, ids=np.arange(3), points=POINTS, table=table, name="monday", asked=asked)


def test_the_nearest_come_first_with_their_story_day_and_paper(monkeypatch):
    monkeypatch.setattr("newsclust.run.phrase.finished", lambda run: run)  # it is in no folder
    texts = ["Ferry\x1b[31m waits\nIt may sail.", "Storm nears", "Coast braces"]
    run = run_of((np.array([1, 0, 2]), texts, np.array([0.5, 0.9, 0.7])))
    found = search(run, " the\n storm ", 3)
    assert run.asked[0][1:] == ("the storm", 3)
    assert found.frame["similarity"].tolist() == [0.9, 0.7, 0.5] and found.frame["story"].tolist() == [4, 4, -1]
    lines = str(found).splitlines()
    assert lines[:2] == ["0.90  Storm nears (Coast Post, 2024-05-17)", "      story 4: Storm nears"]
    assert lines[-1] == "      in no story" and "\x1b" not in str(found)
    assert 'href="https://a.example/0"' in found._repr_html_() and "<b>Isle" not in found._repr_html_()


@pytest.mark.parametrize("phrase", ["", " ", "?!", "\n"])
def test_a_phrase_without_a_word_is_refused(phrase):
    with pytest.raises(ParameterError, match="has no word to search for"):
        search(run_of(None), phrase)
