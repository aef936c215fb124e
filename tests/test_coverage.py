"""Who reported what, against counts in plain loops; two groups of publishers; no publishers, and many."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, false_discovery_control

import newsclust as nc
from newsclust.stories.coverage import compare_groups, cover


def made(n_publishers: int = 6, n: int = 400, n_stories: int = 12) -> SimpleNamespace:
    rng = np.random.default_rng(1)
    labels = rng.integers(-1, n_stories, n)
    names = [f"Paper {i}" for i in range(n_publishers)] + [""]
    times = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 10_000, n), unit="min")
    documents = pd.DataFrame({"publisher": rng.choice(names, n), "time": times.where(rng.random(n) > 0.1)})
    sizes = np.bincount(labels[labels >= 0], minlength=n_stories)
    table = pd.DataFrame({"title": [f"Story {i}" for i in range(n_stories)], "size": sizes})
    return SimpleNamespace(documents=documents, labels=labels, table=table, repeats=np.arange(n) // 2 * 2)


def test_the_first_the_publishers_and_the_reports_of_a_story_are_counted_right():
    stories = made()
    found = cover(stories)
    for story in stories.table.index:
        rows = np.flatnonzero(stories.labels == story)
        told = found.stories.loc[story]
        inside = stories.documents.iloc[rows]
        named = inside[(inside["publisher"] != "") & inside["time"].notna()]
        assert named.loc[named["time"].idxmin(), "publisher"] == told["first_publisher"]
        assert told["first"] == inside["time"].min() and told["headlines"] == len(rows)
        assert told["reports"] == len({stories.repeats[row] for row in rows})
        assert told["publishers"] == len(set(inside["publisher"]) - {""})
        entries = found.entries[found.entries["story"] == story]
        for entry in entries.dropna().itertuples():
            theirs = inside[inside["publisher"] == entry.publisher]
            assert entry.first == theirs["time"].min() and entry.headlines == len(theirs)
            assert entry.hours == pytest.approx((entry.first - told["first"]).total_seconds() / 3600)
    for publisher, told in found.publishers.iterrows():
        theirs = set(stories.labels[stories.documents["publisher"] == publisher]) - {-1}
        assert told["stories"] == len(theirs) and told["left_out"] == len(stories.table) - len(theirs)
        assert told["first_with"] == (found.stories["first_publisher"] == publisher).sum()


def test_two_groups_are_compared_story_by_story_and_corrected_for_so_many_tests():
    stories = made()
    one, two = ["Paper 0", "Paper 1"], ["Paper 2"]
    only = np.flatnonzero(stories.labels == 3)
    stories.documents.loc[only, "publisher"] = "Paper 2"
    found = compare_groups(stories, one, two)
    inside, names = stories.labels >= 0, stories.documents["publisher"]
    usual = (inside & names.isin(one)).sum() / (inside & names.isin(one + two)).sum()
    for story, told in found.iterrows():
        a, b = (int(((stories.labels == story) & names.isin(group)).sum()) for group in (one, two))
        test = binomtest(a, a + b, usual)
        span = test.proportion_ci(method="wilson")
        assert (told["one"], told["two"], told["share"]) == (a, b, a / (a + b))
        assert (told["low"], told["high"], told["p"]) == pytest.approx((span.low, span.high, test.pvalue))
        assert told["effect"] == pytest.approx(2 * (np.arcsin((a / (a + b)) ** 0.5) - np.arcsin(usual**0.5)))
    np.testing.assert_allclose(found.sort_index()["q"], false_discovery_control(found.sort_index()["p"]))
    assert found.index[0] == 3 and found.loc[3, "only"] == "two" and found.loc[3, "q"] < 0.001
    shown = nc.show.coverage(stories, {"left": one, "right": two})
    assert shown.frame["only"][0] == "right" and "unusual (q < 0.05)" in repr(shown)


def test_without_publishers_it_says_so_and_of_three_hundred_it_shows_the_largest():
    stories = made()
    stories.documents["publisher"] = ""
    assert repr(nc.show.coverage(stories)) == "No headline in a story names its publisher."
    assert "No story has a headline" in repr(nc.show.coverage(stories, {"left": ["A"], "right": ["B"]}))
    many = nc.show.coverage(made(300, 20_000))
    assert len(many.frame) == 12 and "300 publishers reported 12 stories" in repr(many) and "The 12 with" in repr(many)
