"""Stories over time, drawn, and the table of what is new."""

from __future__ import annotations

from newsclust.show.over_time import ROWS, stories_over_time, what_is_new
from newsclust.stories.timeline import follow_stories
from test_timeline import DAY, START, spread, stories_of


def test_stories_without_dates_are_not_drawn_where_only_the_noise_has_some():
    stories = stories_of([[None] * 4], spread(40))
    assert stories_over_time(stories, follow_stories(stories)) is None


def test_a_bar_a_hundred_thousand_times_lower_than_another_is_still_there():
    stories = stories_of([spread(40, 41)])
    timeline = follow_stories(stories)
    timeline.counts.iloc[0, 0] = 1_000_000
    assert len(bars_of(stories_over_time(stories, timeline))) == 41


def bars_of(fig) -> list:
    return [bar for bar in fig.drawing.axes[0].patches if bar.get_height() > 0]


def test_without_stories_there_is_no_figure_and_the_table_says_so():
    stories = stories_of([], spread(40))
    timeline = follow_stories(stories)
    assert timeline.unit == "day" and stories_over_time(stories, timeline) is None
    assert repr(what_is_new(stories, timeline)).startswith("Nothing is new in the last ")


def test_what_is_new_names_new_stories_then_grown_ones_then_those_that_came_back():
    last = START + 40 * DAY
    stories = stories_of(
        [
            spread(40, 100),
            [last] * 12,
            spread(36, 10) + [last] * 8,
            [START + day * DAY for day in (0, 1, 2, 3)] + [last] * 2,
            [START] * 4,
        ]
    )
    timeline = follow_stories(stories)
    found = what_is_new(stories, timeline)
    assert found.frame.index.tolist() == [1, 2, 3]
    assert found.frame["what"].tolist() == ["new", "grew", "back after 37 days"]
    assert found.frame["last day"].tolist() == [12, 8, 2] and found.frame["before"].tolist() == [0, 0, 0]
    title = stories.table["title"][1]
    row = stories.documents.index[stories.documents["title"] == title][0]
    assert f'href="https://a.example/{row}"' in found._repr_html_()


def test_the_largest_stories_have_rows_and_all_others_share_one():
    times = [spread(40, n) for n in range(40, 20, -1)]
    stories = stories_of(times)
    timeline = follow_stories(stories)
    fig = stories_over_time(stories, timeline)
    (axes,) = fig.drawing.axes
    said = [note.get_text() for note in axes.texts]
    sizes = [*range(40, 28, -1), sum(range(28, 20, -1))]
    assert len(said) == ROWS + 1 and [int(text.rpartition("(")[2][:-1]) for text in reversed(said)] == sizes
    assert said[0].startswith("8 smaller stories") and "8 smaller stories" in fig.sentence
    assert len(bars_of(fig)) == (timeline.counts.iloc[:ROWS] > 0).sum().sum() + timeline.counts[ROWS:].any().sum()


def test_a_headline_with_markup_and_dollars_is_drawn_as_text_over_time():
    stories = stories_of([spread(40, 40)])
    stories.table["title"] = "<b onmouseover=alert(1)>$5</b> $\\frac$ <script>alert(1)</script>"
    fig = stories_over_time(stories, follow_stories(stories))
    assert [note.get_text() for note in fig.drawing.axes[0].texts] == [f"{stories.table['title'][0]} (40)"]
    assert fig.png
