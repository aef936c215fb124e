"""Marks of what is new about a story."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from newsclust.stories.marks import mark_stories

NOW = np.datetime64("2024-03-10", "s")


def timeline(**columns) -> SimpleNamespace:
    given = {"now": 0, "before": 0, "is_new": False, "silence": np.nan, "back": np.datetime64("NaT", "s"), **columns}
    return SimpleNamespace(unit="day", last_from=NOW, table=pd.DataFrame(given, index=range(4)))


def told(marks: pd.DataFrame) -> dict:
    return {story: tuple(row) for story, row in zip(marks.index, marks[["kind", "n"]].to_numpy().tolist(), strict=True)}


def test_without_an_earlier_run_the_last_period_says_what_is_new():
    back = np.array(["NaT", "2024-03-11", "2024-03-02", "NaT"], "datetime64[s]")
    found = mark_stories(
        timeline(now=[5, 3, 0, 4], before=[0, 0, 0, 3], is_new=[True, False, False, False], silence=30.4, back=back)
    )
    assert told(found) == {0: ("new", 5), 1: ("back", 30)}


def test_an_earlier_run_says_what_is_new_split_off_merged_and_grown():
    changes = pd.DataFrame(
        [
            (0, "new", [], 0, 6, 0),
            (1, "split off", [2], 0, 4, 3),
            (2, "continues", [9], 5, 12, 5),
            (3, "continues", [], 5, 9, 5),
            (9, "merged", [2], 5, 0, 5),
        ],
        columns=["story", "what", "others", "before", "now", "shared"],
    )
    found = mark_stories(timeline(is_new=True), changes)
    assert told(found) == {0: ("new", 6), 1: ("split", 2), 2: ("merged", 9), 3: ("grew", 4)}
