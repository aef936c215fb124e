"""The stories in time: bins that suit the corpus, what is new, what came back, and what they look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.show.over_time import stories_over_time, what_is_new
from newsclust.stories.naming import describe_clusters
from newsclust.stories.stories import Stories
from newsclust.stories.timeline import follow_stories
from points import examples

few = settings(deadline=None, derandomize=True, max_examples=examples(20))
DAY = pd.Timedelta("1D")
START = pd.Timestamp("2024-03-01")


def stories_of(times: list[list[pd.Timestamp | None]], noise: list[pd.Timestamp | None] = ()) -> Stories:
    """Stories whose documents appeared at these times; only what is read of them is there."""
    labels = np.array([number for number, of in enumerate(times) for _ in of] + [-1] * len(noise), dtype=int)
    said = ["" if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ") for of in [*times, list(noise)] for time in of]
    documents = pd.DataFrame({"published_at": pd.Series(said, dtype=object), "publisher": "Wire", "language": "en"})
    documents["title"] = [f"Headline {i} of story {label}" for i, label in enumerate(labels)]
    documents["text"], documents["url"] = documents["title"], "https://a.example/" + documents.index.astype(str)
    documents["id"] = np.arange(len(documents))
    table = describe_clusters(documents, labels, np.ones(len(labels)))
    return Stories(documents, None, labels, None, table, {}, None)


def spread(days: float, n: int = 60, start: pd.Timestamp = START, minutes: bool = True) -> list[pd.Timestamp]:
    """`n` times over this many days, with a time of day or without one."""
    times = [start + i * days * DAY / max(n - 1, 1) for i in range(n)]
    return times if minutes else [time.floor("D") for time in times]


@pytest.mark.parametrize(
    "days, unit",
    [(1, "hour"), (2, "hour"), (4, "3 hours"), (9, "6 hours"), (40, "day"), (200, "week"), (1000, "month"),
     (3500, "quarter"), (12_000, "year")],
)  # fmt: skip
def test_the_longer_the_corpus_the_longer_the_bins(days, unit):
    timeline = follow_stories(stories_of([spread(days)]))
    assert timeline.unit == unit and 15 <= len(timeline.starts) <= 85
    assert timeline.counts.to_numpy().sum() == 60


def test_dates_without_a_time_of_day_are_not_cut_into_hours():
    timeline = follow_stories(stories_of([spread(3, minutes=False)]))
    assert timeline.unit == "day" and len(timeline.starts) == 4


def test_weeks_begin_on_monday_and_quarters_in_january():
    weeks = follow_stories(stories_of([spread(200)])).starts
    assert {pd.Timestamp(start).day_name() for start in weeks} == {"Monday"}
    quarters = follow_stories(stories_of([spread(3500)])).starts
    assert {pd.Timestamp(start).month for start in quarters} == {1, 4, 7, 10}


@pytest.mark.parametrize("odd, told", [("1970-01-01", "long before"), ("2099-12-31", "long after")])
def test_one_wrong_date_does_not_stretch_the_bins_and_is_counted(odd, told):
    timeline = follow_stories(stories_of([spread(30), [pd.Timestamp(odd), *spread(30, 5)]]))
    assert timeline.unit == "day"
    assert f"1 document {told} all others" in repr(timeline)
    assert timeline.counts.to_numpy().sum() == 65


times_of_stories = st.lists(
    st.lists(st.one_of(st.none(), st.integers(-60_000_000, 60_000_000)), min_size=1, max_size=25),
    min_size=1,
    max_size=6,
)


@few
@given(times_of_stories, st.lists(st.integers(-60_000_000, 60_000_000), max_size=5))
def test_every_document_is_counted_once(seconds, noise):
    stories = stories_of(
        [[None if s is None else START + pd.Timedelta(seconds=s) for s in of] for of in seconds],
        [START + pd.Timedelta(seconds=s) for s in noise],
    )
    timeline = follow_stories(stories)
    n_dated = sum(s is not None for of in seconds for s in of)
    assert timeline.n_undated == len(stories.documents) - n_dated - len(noise)
    assert n_dated - timeline.n_earlier - timeline.n_later <= timeline.counts.to_numpy().sum() <= n_dated
    if timeline.unit:
        assert (np.diff(timeline.starts) > np.timedelta64(0)).all()
        times = pd.to_datetime(stories.documents["published_at"].replace("", None)).dt.tz_localize(None)
        for story, counts in timeline.counts.iterrows():
            # counted the slow way
            mine = times[stories.labels == story].dropna()
            begun = [sum(start <= time for start in timeline.starts) - 1 for time in mine]
            slow = [begun.count(i) for i in range(len(counts))]
            assert counts.to_list()[:-1] == slow[:-1]
            assert counts.to_list()[-1] <= slow[-1]  # which has those that are later than any bin
    shuffled = stories.documents.sample(frac=1, random_state=1)
    again = follow_stories(
        Stories(shuffled.reset_index(drop=True), None, stories.labels[shuffled.index], None, stories.table, {}, None)
    )
    pd.testing.assert_frame_equal(again.counts, timeline.counts)
    pd.testing.assert_frame_equal(again.table, timeline.table)


def test_new_stories_are_those_that_begin_in_the_last_period():
    old, new = spread(40), [START + 40 * DAY] * 9
    timeline = follow_stories(stories_of([old, new, [START + 10 * DAY] * 3, [None] * 3]))
    assert timeline.unit == "day" and timeline.n_last == 1
    assert timeline.table["is_new"].tolist() == [False, True, False, False]
    assert timeline.table["now"].tolist() == [1, 9, 0, 0]
    assert repr(timeline).endswith("In the last day (from 2024-04-10): 1 new story, 0 came back after a silence.")


def test_a_story_of_long_ago_is_not_new_because_its_first_headline_has_no_bin():
    timeline = follow_stories(stories_of([spread(40), [pd.Timestamp("1999-01-01")] + [START + 40 * DAY] * 9]))
    assert timeline.n_earlier == 1 and not timeline.table["is_new"].any()


@pytest.mark.parametrize(
    "days, came_back",
    [
        ([0, 1, 2, 3, 39, 40], True),
        ([0, 8, 16, 24, 32, 40], False),  # it never runs more often
        ([0, 1, 2, 3, 4, 40], False),  # one headline alone may be a slip
        ([0, 39, 40, 40, 40, 40], False),
        ([36, 36, 38, 38], False),  # two days are no silence where a bin is one
        ([39, 40], False),
        ([], False),
    ],
)
def test_a_story_came_back_after_a_gap_of_several_times_its_usual_one(days, came_back):
    timeline = follow_stories(stories_of([spread(40, 200), [START + day * DAY for day in days] or [None]]))
    assert timeline.unit == "day"
    assert timeline.table["back"].notna().tolist() == [False, came_back]
    if came_back:
        assert timeline.table.loc[1, "silence"] == 36 and timeline.table.loc[1, "back"] == START + 39 * DAY


def test_without_dates_a_sentence_says_what_to_do_and_nothing_is_drawn():
    stories = stories_of([[None] * 4, [None] * 3])
    timeline = follow_stories(stories)
    assert 'columns = {"published_at": "when"}' in repr(timeline) and "\n" not in repr(timeline)
    assert stories_over_time(stories, timeline) is None and what_is_new(stories, timeline) is None
    assert timeline.n_undated == 7 and not timeline.table["is_new"].any()


def test_times_of_four_centuries_ago_are_read_like_others():
    timeline = follow_stories(stories_of([spread(30, 30, pd.Timestamp("1650-01-01"), minutes=False)]))
    assert timeline.unit == "day" and str(timeline.starts[0]).startswith("1650-01-01")
