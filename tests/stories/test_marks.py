"""What is said to be new of a story, what may be wrong with it, and what lies next to it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from conftest import make_embeddings
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.stories.doubts import doubts, next_stories, round_ups
from newsclust.stories.evidence import Evidence
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


def test_next_stories_are_those_whose_means_are_nearest_and_two_halves_of_one_are_doubted():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(6, 12))
    centres[5] = centres[4] + 0.02
    labels = np.append(np.repeat(np.arange(6), 8), -1)
    vectors = np.vstack([centres[labels[:-1]] + rng.normal(scale=0.1, size=(48, 12)), rng.normal(size=(1, 12))])
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    directions, neighbors = Evidence(embeddings.vectors), find_neighbors(embeddings, 40)
    means = np.array([directions.vectors[labels == story].mean(axis=0) for story in range(6)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    cosines = means @ means.T - 2 * np.eye(6)
    found = next_stories(directions, labels, neighbors)
    for story in (4, 5):
        number, cosine = found[story][0]
        assert number == cosines[story].argmax() and np.isclose(cosine, cosines[story].max(), atol=1e-5)
    table = doubts(directions, labels, neighbors)
    assert table["kind"][[4, 5]].tolist() == ["twice", "twice"] and table["rival"][[4, 5]].tolist() == [5, 4]
    assert (table["separation"][:4] > 0.5).all() and (table["separation"][4:] < 0.2).all()
    assert (
        not doubts(directions, np.full(49, -1), neighbors).size
        and next_stories(directions, labels * 0 - 1, neighbors) == {}
    )


def test_a_headline_between_three_stories_is_named_and_one_near_two_or_none_is_not():
    rng, axes = np.random.default_rng(0), np.eye(40)
    stories = np.repeat(axes[:15], 8, axis=0) + rng.normal(scale=0.05, size=(120, 40))
    alone = np.array([axes[:3].sum(axis=0), axes[3:5].sum(axis=0), axes[5] + axes[30] + 0.1 * axes[0], axes[20]])
    vectors = np.vstack([stories, alone])
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    labels = np.append(np.repeat(np.arange(15), 8), [-1] * 4)
    evidence, neighbors = Evidence(embeddings.vectors), find_neighbors(embeddings, 120)
    usual = doubts(evidence, labels, neighbors)["own"].median()
    [(row, near, alike)] = round_ups(evidence, labels, neighbors, usual)
    assert row == 120 and sorted(near) == [0, 1, 2] and alike >= 0.45 * usual
    assert not round_ups(evidence, labels, neighbors, 4 * usual)
    assert not round_ups(evidence, labels * 0 - 1, neighbors, usual)
