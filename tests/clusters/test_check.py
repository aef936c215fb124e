"""The check against hdbscan fails where something is wrong, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from graph_hdbscan import hierarchy
from graph_hdbscan import lists as core
from newsclust.clusters import check, clustering
from newsclust.clusters.check import check_against_hdbscan
from newsclust.clusters.clustering import cluster
from newsclust.neighbors.blend import blend
from newsclust.neighbors.neighbors import find_neighbors


@pytest.fixture(scope="module")
def lists(small_corpus):
    return find_neighbors(small_corpus.embeddings, 60)


@pytest.fixture(scope="module")
def found(lists):
    return cluster(lists, 60, 3, 3)


def checked(clustering, neighbors, corpus):
    return check_against_hdbscan(clustering, neighbors, corpus.embeddings, corpus.documents)


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("words", [0.0, 0.2])
def test_labels_are_found_right_where_they_are(lists, small_corpus, distance, words):
    blended = blend(lists, small_corpus.embeddings, small_corpus.documents, words, words)
    assert checked(cluster(blended, 60, 2, 4, distance), blended, small_corpus).startswith("Right: all")


@pytest.mark.parametrize("k", [60, 5])
def test_labels_with_neighbours_in_common_are_checked_too(lists, small_corpus, k):
    blended = blend(lists, small_corpus.embeddings, small_corpus.documents, 0.2)
    told = checked(cluster(blended, k, 2, 4, shared_neighbors=0.3), blended, small_corpus)
    assert told.startswith("Right: all" if k == 60 else "With 5 neighbours the ")


def test_a_wrong_label_a_wrong_distance_or_a_wrong_tree_fails_loudly(lists, found, small_corpus, monkeypatch):
    labels = found.labels.copy()
    labels[0] = (labels[0] + 1) % found.n_clusters
    with pytest.raises(AssertionError, match="selects other clusters"):
        checked(replace(found, labels=labels), lists, small_corpus)
    distances = lists.distances.copy()
    distances[5, 3] *= 1.01
    with pytest.raises(AssertionError, match="listed distance"):
        checked(found, replace(lists, distances=distances), small_corpus)

    right = clustering.spanning_tree

    def wrong(indices, distances, min_samples, distance):
        return right(indices, distances, min_samples + 1, distance)

    monkeypatch.setattr(clustering, "spanning_tree", wrong)
    with pytest.raises(AssertionError, match="not as long as hdbscan's"):
        checked(cluster(lists, 60, 3, 3), lists, small_corpus)
    monkeypatch.undo()
    monkeypatch.setattr(core, "condense", lambda merges, size: hierarchy.condense(merges, size + 3))
    with pytest.raises(AssertionError):
        checked(cluster(lists, 60, 3, 3), lists, small_corpus)


def test_a_k_that_is_too_small_is_reported_and_is_no_failure(lists, small_corpus):
    told = checked(cluster(lists, 3, 3, 3), lists, small_corpus)
    assert told.startswith("With 3 neighbours the graph lacks edges") and "A larger k" in told


def test_limits_that_hdbscan_does_not_keep_are_no_failure(lists, small_corpus):
    assert "Right" in checked(cluster(lists, 60, 2, 3, max_cluster_size=8), lists, small_corpus)


def test_large_and_tiny_piles_are_not_compared(lists, found, small_corpus, monkeypatch):
    monkeypatch.setattr(check, "ALL_PAIRS", 10)
    assert "too many" in checked(found, lists, small_corpus)
    tiny = make_embeddings(np.eye(3))
    two = find_neighbors(tiny, 2)
    few = cluster(two, 2, 1, 3)
    assert "too few" in check_against_hdbscan(few, two, tiny, pd.DataFrame({"text": ["a", "b", "c"]}))
