"""Clusters get names and, on request, noise is assigned to the stories of its neighbours."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.neighbors.neighbors import Neighbors
from newsclust.stories.stories import find_stories
from points import distance_matrix, neighbor_lists

WORDS = ["storm coast", "ferry strike", "museum map"]


@pytest.fixture
def given():
    """Three stories of six headlines; the last headline is near the first story, the one before it near none."""
    rng = np.random.default_rng(0)
    centres = np.eye(8)[[0, 1, 2] + [5, 0]]
    vectors = centres[np.append(np.repeat([0, 1, 2], 6), [3, 4])] + rng.normal(scale=0.02, size=(20, 8))
    vectors[19] += 0.35 * np.eye(8)[6]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists: Neighbors = neighbor_lists(distance_matrix(vectors))
    titles = [f"{WORDS[i // 6]} report {i}" if i < 18 else f"alone {i}" for i in range(20)]
    documents = pd.DataFrame({"id": lists.ids, "title": titles, "text": titles, "publisher": "Wire", "language": "en"})
    documents = documents.assign(published_at="", url="")
    found = cluster(lists, 6, 2, 4)
    labels = np.append(found.labels[:18], [-1, -1])
    return SimpleNamespace(documents=documents), make_embeddings(vectors), lists, replace(found, labels=labels)


def test_each_cluster_is_a_story_named_by_one_of_its_headlines_and_its_words(given):
    stories = find_stories(*given)
    assert np.array_equal(stories.labels, given[-1].labels) and not stories.assigned.any()
    assert stories.table["size"].tolist() == [6, 6, 6]
    for story, row in stories.table.iterrows():
        words = WORDS[np.flatnonzero(stories.labels == story)[0] // 6]
        assert row["title"].startswith(words) and set(words.split()) <= set(row["keywords"].replace(",", "").split())


def test_noise_with_enough_support_joins_and_is_marked_and_other_noise_does_not(given):
    stories = find_stories(*given, assign_noise=True, least_support=0.5)
    assert stories.labels[19] == stories.labels[0] and stories.labels[18] == -1
    assert np.flatnonzero(stories.assigned).tolist() == [19]
    assert stories.table.loc[stories.labels[0], "size"] == 7
    assert stories.parameters["least_support"] == 0.5
