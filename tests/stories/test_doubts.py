"""Which story may be wrong, and which stories are next to it."""

from __future__ import annotations

import numpy as np

from conftest import make_embeddings
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.stories.doubts import doubts, next_stories, round_ups
from newsclust.stories.evidence import Evidence


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
