"""What `cluster` adds to the core: documents with ids, k, newsclust's errors, and what made a clustering."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclust.clusters.clustering import Clustering, cluster
from newsclust.errors import InputError, ParameterError
from newsclust.neighbors.comparison import exact_neighbors
from newsclust.neighbors.neighbors import Neighbors
from points import (
    SELECTIONS,
    assert_same_partition,
    blobs,
    distance_matrix,
    neighbor_lists,
    quickly,
    seeds,
)

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


def assert_same(first: Clustering, second: Clustering) -> None:
    for name in ("labels", "probabilities", "persistence", "spanning_tree", "linkage", "tree"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


@quickly
@given(seeds, st.integers(1, 64), st.integers(1, 64), st.integers(1, 5))
def test_row_order_batch_size_and_a_larger_k_change_nothing(seed, query_rows, block_rows, min_samples):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 60))
    vectors = np.round(blobs(seed, n=n), int(rng.integers(0, 3))).astype(np.float32)  # with duplicates and ties
    ids = rng.permutation(10 * n)[:n]

    def run(file_order: np.ndarray, k: int) -> Clustering:
        by_id = file_order[np.argsort(ids[file_order])]
        indices, distances = exact_neighbors(np.ascontiguousarray(vectors[by_id]), n - 1)
        return cluster(Neighbors(ids[by_id], indices, distances), k, min_samples)

    whole = run(np.arange(n), n - 1)
    place = exact_neighbors(vectors[np.argsort(ids)], n - 1)[0].argsort(axis=1)  # of each other document in a list
    enough = max(
        [min_samples]
        + [1 + min(place[i, j - (j > i)], place[j, i - (i > j)]) for i, j in whole.spanning_tree[:, :2].astype(int)]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newsclust.neighbors.comparison.QUERY_ROWS", query_rows)
        patch.setattr("graph_hdbscan.graph.BLOCK_ROWS", block_rows)
        assert_same(run(rng.permutation(n), int(rng.integers(enough, n))), whole)


def test_where_nothing_ties_other_ids_only_rename():
    vectors, ids = blobs(5), np.random.default_rng(0).permutation(120)
    order = np.argsort(ids)
    unsorted = cluster(neighbor_lists(distance_matrix(vectors), 20), min_samples=1)
    by_id = cluster(neighbor_lists(distance_matrix(vectors[order]), 20), min_samples=1)
    assert_same_partition(unsorted.labels[order], by_id.labels)
    np.testing.assert_array_equal(unsorted.probabilities[order], by_id.probabilities)


# Corpora at the edge


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_handful_of_documents_is_noise_not_a_crash(n, selection):
    vectors = np.arange(n, dtype=float)[:, None] ** 2
    found = cluster(neighbor_lists(distance_matrix(vectors), max(n - 1, 0)), min_cluster_size=4, **selection)
    assert found.labels.tolist() == [-1] * n
    assert found.n_clusters == 0
    assert found.noise_fraction == (1.0 if n else 0.0)
    assert found.spanning_tree.shape == (max(n - 1, 0), 3)
    assert found.linkage.shape == (max(n - 1, 0), 4)
    assert found.tree.dtype.names == ("parent", "child", "lambda_val", "child_size")


# What a user reads


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_samples": 0}, "min_samples is 0; it must be at least 1"),
        ({"min_samples": 11}, "lists hold 10 neighbours.*search with k = 11 or more"),
        ({"min_cluster_size": 1}, "min_cluster_size is 1; it must be at least 2"),
        ({"distance": "cosine"}, "'cosine'; it can be 'euclidean' or 'squared'"),
        ({"cluster_selection_method": "EOM"}, "'EOM'; it can be 'eom' or 'leaf'"),
        ({"cluster_selection_epsilon": -0.5}, "cluster_selection_epsilon is -0.5"),
        ({"cluster_selection_epsilon": np.nan}, "cluster_selection_epsilon is nan"),
        ({"max_cluster_size": -1}, "max_cluster_size is -1"),
        (
            {"max_cluster_size": 3, "min_cluster_size": 4},
            "no cluster is possible; raise max_cluster_size to at least 4",
        ),
        ({"k": -1}, "k is -1; it must be at least"),
        ({"k": 2}, "min_samples is 3, but the lists hold 2 neighbours.*search with k = 3 or more"),
        ({"k": 10.0}, "k is 10.0; it must be a whole number"),
        ({"k": "10"}, "k is '10'; it must be a whole number"),
        ({"min_samples": 2.5}, "min_samples is 2.5; it must be a whole number"),
        ({"min_cluster_size": True}, "min_cluster_size is True; it must be a whole number"),
        ({"max_cluster_size": None}, "max_cluster_size is None; it must be a whole number"),
        ({"cluster_selection_epsilon": "0.5"}, "cluster_selection_epsilon is '0.5'; it must be a distance"),
        ({"cluster_selection_epsilon": np.inf}, "cluster_selection_epsilon is inf"),
        ({"allow_single_cluster": "no"}, "allow_single_cluster is 'no'; it can be True or False"),
        ({"distance": ["euclidean"]}, "it can be 'euclidean' or 'squared'"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(wrong, message):
    with pytest.raises(ParameterError, match=message):
        cluster(neighbor_lists(distance_matrix(blobs(0)), 10), **wrong)


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_a_broken_distance_is_named(value):
    lists = neighbor_lists(distance_matrix(blobs(0)), 10)
    lists.distances[7, 4] = value
    with pytest.raises(InputError, match=f"row 7, column 4 of the neighbour lists is {value}"):
        cluster(lists)


def test_a_clustering_says_what_made_it_and_can_be_made_again_from_that():
    lists = neighbor_lists(distance_matrix(blobs(0)), 20)
    assert cluster(lists).parameters == {
        "k": 20,
        "min_samples": 3,
        "min_cluster_size": 3,
        "distance": "euclidean",
        "cluster_selection_method": "eom",
        "cluster_selection_epsilon": 0.0,
        "max_cluster_size": 0,
        "allow_single_cluster": False,
        "shared_neighbors": 0.0,
        "distance_floor": 0.0,
    }
    for selection in SELECTIONS:
        found = cluster(lists, 12, 5, 4, "squared", **selection)
        assert found.parameters.items() >= {"k": 12, "min_samples": 5, "distance": "squared", **selection}.items()
        assert_same(found, cluster(lists, **found.parameters))


def test_k_takes_the_nearest_of_the_lists():
    lists = neighbor_lists(distance_matrix(blobs(0)), 30)
    assert_same(cluster(lists, 7), cluster(lists.head(7)))


def test_a_clustering_introduces_itself():
    found = cluster(neighbor_lists(distance_matrix(blobs(0)), 20))
    assert repr(found) == f"{found.n_clusters} clusters of 120 documents; {found.noise_fraction:.1%} are noise."
