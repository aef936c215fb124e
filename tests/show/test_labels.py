"""Titles on a map."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from newsclust.show.labels import LABEL_WIDTH, free_places, label_lines, text_size


def test_a_title_has_two_short_lines_and_is_cut_between_words():
    lines = label_lines("Storm nears the coast and the ferries of all islands wait in harbour until noon")
    assert len(lines) == 2 and max(map(len, lines)) <= LABEL_WIDTH and lines[1].endswith("…")
    assert label_lines(" Storm\n nears ") == ["Storm nears"] and label_lines("") == []


def test_a_chinese_letter_is_as_wide_as_two():
    assert (
        text_size(["日食"], 10) == text_size(["abcd"], 10)
        and text_size(["a", "bcd"], 10)[1] == 2 * text_size(["a"], 10)[1]
    )


def test_no_title_covers_another_or_leaves_the_map_and_few_headlines_are_covered():
    rng = np.random.default_rng(0)
    centres, points = rng.uniform(0, 400, (40, 2)), rng.uniform(0, 400, (500, 2))
    sizes = rng.uniform(20, 90, (40, 2)) * [1, 0.3]
    placed = free_places(centres, np.full((40, 2), 5.0), sizes, points, (400, 400))
    boxes = {i: np.array([np.array(at) - sizes[i] / 2, np.array(at) + sizes[i] / 2]) for i, *at in placed}
    assert len(placed) > 10 and [i for i, *_ in placed] == sorted(boxes)
    for one, other in combinations(boxes.values(), 2):
        assert (one[1] <= other[0]).any() or (other[1] <= one[0]).any()
    assert all((box >= 0).all() and (box <= 400).all() for box in boxes.values())
    for i in [i for i, *_ in placed][10:]:
        assert ((points >= boxes[i][0]) & (points <= boxes[i][1])).all(axis=1).sum() <= 3


def test_a_title_stands_where_it_covers_the_fewest_headlines():
    points = np.array([[50.0, y] for y in range(0, 50, 2)])
    [(index, x, y)] = free_places(np.array([[50.0, 50.0]]), np.zeros((1, 2)), [(20, 10)], points, (100, 100))
    assert index == 0 and (x, y) == (50, 59)
