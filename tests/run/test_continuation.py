"""Yesterday's headlines are known today, also where their texts are cleaned otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from newsclust.run.continuation import ids_of_today


def rows(*given: tuple[int, str, str], day: str = "") -> pd.DataFrame:
    return pd.DataFrame(given, columns=["id", "title", "url"]).assign(published_at=day)


def run(points: pd.DataFrame) -> SimpleNamespace:
    return SimpleNamespace(points=points, ids=points["id"].to_numpy(), name="reports/monday")


def test_a_headline_whose_text_was_cleaned_is_known_by_its_address_or_its_title():
    earlier = rows((1, "Storm", "x/1"), (2, "Vote https://x", "x/2"), (3, "Fire", ""), (4, "Gone", "x/4"))
    today = rows((1, "Storm", "x/1"), (20, "Vote", "x/2"), (30, "Fire", ""), (50, "New", "x/5"))
    with pytest.warns(UserWarning, match="2 headlines of reports/monday are recognised by address or title"):
        assert ids_of_today(run(earlier), today).tolist() == [1, 20, 30, 4]


def test_an_address_or_a_title_that_several_have_says_nothing():
    earlier = rows((1, "Live", "x/"), (2, "Live", "x/"), (3, "Vote", "x/3"))
    today = rows((10, "Live", "x/"), (30, "Vote", "x/9"), (31, "Vote", "x/8"))
    assert ids_of_today(run(earlier), today).tolist() == [1, 2, 3]


def test_where_nothing_changed_every_id_stays():
    earlier = rows((1, "Storm", "x/1"), (2, "Storm", "x/1"))
    assert ids_of_today(run(earlier), earlier).tolist() == [1, 2]


def test_a_title_of_every_day_is_not_yesterdays_headline():
    earlier, today = (
        rows((1, "Morning briefing", ""), day="2024-03-04"),
        rows((2, "Morning briefing", ""), day="2024-03-05"),
    )
    assert ids_of_today(run(earlier), today).tolist() == [1]
