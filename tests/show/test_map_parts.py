"""What every map of stories needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.show import map_parts
from newsclust.show.drawing import N_MARKS
from newsclust.show.map_parts import complete, drawn, look_alikes, map_sentence, stories_on, titles

POINTS = pd.DataFrame(
    {
        "x": [0, 1, 2, 3, 90, 50, 51, 70.0],
        "y": [0, 0, 0, 0, 90, 50, 50, 70.0],
        "cluster": [7, 7, 7, 7, 7, 2, 2, -1],
        "title": list("abcdefgh"),
        "story": ["Storm", "Storm", "Storm", "Storm", "Storm", None, None, None],
        "assigned": [False, False, False, False, True, False, False, False],
    }
)


def test_a_story_stands_at_a_headline_of_its_own_near_its_middle():
    sizes, names, places = stories_on(POINTS)
    assert sizes.to_dict() == {7: 5, 2: 2} and names == {7: "Storm", 2: "Story 2"}
    assert places.index.tolist() == [7, 2] and places.loc[7, ["x", "y"]].tolist() in ([1, 0], [2, 0])
    assert places.loc[7, "reach_y"] == 0  # without the one that was assigned far away


def test_of_two_near_stories_of_one_mark_the_smaller_is_outlined():
    places = pd.DataFrame({"x": [0, 1, 100.0], "y": 0.0}, index=[0, N_MARKS, 2 * N_MARKS])
    assert look_alikes(places) == {N_MARKS}
    assert look_alikes(places.iloc[[0, 2]]) == set() == look_alikes(places.iloc[:0])


def test_of_too_many_headlines_an_even_sample_is_drawn_with_a_notice(monkeypatch):
    assert drawn(POINTS) is POINTS
    monkeypatch.setattr(map_parts, "DRAWN_POINTS", 3)
    with pytest.warns(NewsclustWarning, match="The map draws 3 of the 8 headlines"):
        assert drawn(POINTS)["title"].tolist() == ["a", "d", "h"]


def test_a_table_that_cannot_be_drawn_is_refused_with_its_columns():
    with pytest.raises(NewsclustError, match="needs a column 'cluster', and the table has only 'x', 'y'"):
        complete(POINTS[["x", "y"]])
    assert not complete(POINTS.drop(columns="assigned"))["assigned"].any()


def test_titles_stand_at_their_stories_as_text():
    sizes, names, places = stories_on(POINTS.assign(story="<b>Storm</b>"))
    shown = titles(POINTS, names, places, (700, 500))
    assert len(shown) == 2 and all("<b>" not in one["text"] for one in shown)
    assert np.hypot(shown[1]["x"] - 50, shown[1]["y"] - 50) < 15
    assert map_sentence(POINTS, sizes, names) == (
        "Map of 8 headlines in 2 stories, headlines of similar meaning close together; 1 in no story; 1, drawn hollow, "
        "are HDBSCAN's noise, assigned to their neighbours' stories; the largest story, '<b>Storm</b>', has 5."
    )
