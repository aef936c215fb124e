"""The tutorial's settings and those of stories.yaml on the same vectors, in numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from newsclust.grid import settings_compared
from newsclust.grid.settings_compared import Comparison, compare_settings
from newsclust.stories.evaluation import agreement

BEFORE, AFTER = np.array([0, 0, -1, -1, -1, 1]), np.array([0, 0, 0, 0, -1, -1])
KNOWN = ["fire", "fire", "fire", "One-Off", "", "vote"]


def named(labels: np.ndarray, known: list[str] | None) -> SimpleNamespace:
    known = None if known is None else pd.Series(known, dtype=object)
    corpus = SimpleNamespace(known=known)
    stories = SimpleNamespace(
        table=pd.DataFrame({"title": ["Fire", "Vote"]})[: labels.max() + 1],
        documents=pd.DataFrame({"title": [f"headline {i}" for i in range(6)], "text": "t"}),
        vote=SimpleNamespace(support=np.array([0, 0, 0.5, 0.9, 0, 0])),
    )
    clusters = SimpleNamespace(links=SimpleNamespace(vectors=SimpleNamespace(corpus=corpus)))
    return SimpleNamespace(labels=labels, stories=stories, clusters=clusters, made_with={})


def test_who_joined_and_whether_rightly_is_counted():
    found = Comparison(named(BEFORE, KNOWN), named(AFTER, KNOWN))
    assert found.joined.tolist() == [3, 2]
    assert found.sentence == (
        "2 headlines joined a story, 1 left one; 1 of the 2 are with the story most of which is their own."
    )
    table = found.table.frame.set_index("")
    assert table["the tutorial's"].tolist()[:4] == ["2", "3 (50%)", "1", "0"]
    assert table["stories.yaml"].tolist()[:4] == ["1", "2 (33%)", "1", "1"]
    assert table["stories.yaml"].tolist()[4] == f"{agreement(AFTER, found.known)['ami']:.2f}"
    assert found.examples.frame.to_numpy().tolist() == [["headline 3", "Fire"], ["headline 2", "Fire"]]


def test_without_known_stories_no_headline_is_called_right():
    found = Comparison(named(BEFORE, None), named(AFTER, None))
    assert found.sentence == "2 headlines joined a story, 1 left one." and found.table.frame.shape == (2, 3)


def test_too_many_documents_are_not_clustered_again(monkeypatch):
    monkeypatch.setattr(settings_compared, "COMPARED", 5)
    monkeypatch.setattr(settings_compared, "check_now", lambda *_: None)
    assert repr(compare_settings(named(BEFORE, None))).startswith("Not compared: 6 documents take too long")
