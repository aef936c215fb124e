"""A story is split where headlines of it are known to belong apart."""

from __future__ import annotations

import numpy as np

from newsclust.stories.parting import Parts

#: A chain of six headlines, the shortest edges in the middle of each half.
EDGES = [[0, 1], [3, 4], [1, 2], [4, 5], [2, 3]]


def parts_of(labels: list[int], edges: list[list[int]], *apart: tuple[int, int]) -> dict[int, list[list[int]]]:
    labels = np.array(labels)
    parts = Parts(labels, np.flatnonzero(labels >= 0))
    for one, other in apart:
        parts.forbid(one, other)
    parts.walk(edges, len(labels), set())
    return {story: sorted(sorted(part) for part in parts.of(story)) for story in set(labels.tolist()) - {-1}}


def test_a_story_without_forbidden_pairs_stays_whole_even_without_edges():
    assert parts_of([7] * 6, EDGES) == {7: [[0, 1, 2, 3, 4, 5]]}
    assert parts_of([7] * 6, []) == {7: [[0, 1, 2, 3, 4, 5]]}


def test_two_headlines_that_are_apart_part_the_story_at_its_longest_edge():
    assert parts_of([7] * 6, EDGES, (0, 5)) == {7: [[0, 1, 2], [3, 4, 5]]}
    assert parts_of([7] * 6, EDGES, (0, 1)) == {7: [[0], [1, 2, 3, 4, 5]]}


def test_three_headlines_that_are_apart_make_three_parts():
    found = parts_of([7] * 6, EDGES, (0, 3), (0, 5), (3, 5))[7]
    assert len(found) == 3 and sorted(sum(found, [])) == list(range(6))
    assert not any({0, 3} <= set(part) or {0, 5} <= set(part) or {3, 5} <= set(part) for part in found)


def test_other_stories_and_noise_between_the_parts_stay_as_they_are():
    assert parts_of([7, 7, -1, 8, 8, 7], EDGES, (0, 5)) == {7: [[0, 1], [5]], 8: [[3, 4]]}
