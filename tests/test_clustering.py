"""Is `cluster` HDBSCAN? Held against hdbscan itself, and looked at where corpora are odd."""

from __future__ import annotations

import hdbscan
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_hdbscan.hierarchy import condense, linkage, select
from graph_hdbscan.spanning_tree import spanning_tree
from newsclust.clusters.clustering import Clustering, cluster
from newsclust.errors import ParameterError
from newsclust.neighbors.comparison import exact_neighbors
from newsclust.neighbors.neighbors import Neighbors
from points import (
    SELECTIONS,
    assert_same_partition,
    blobs,
    distance_matrix,
    lists_of_edges,
    neighbor_lists,
    quickly,
    seeds,
)

pytestmark = pytest.mark.filterwarnings("error")


def assert_same(first: Clustering, second: Clustering) -> None:
    for name in ("labels", "probabilities", "persistence", "spanning_tree", "linkage", "tree"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


# The spanning tree


def test_k_of_the_tutorial_is_enough_and_far_less_than_n():
    matrix = distance_matrix(blobs(3, n=400))
    whole = cluster(neighbor_lists(matrix))
    assert np.isfinite(whole.spanning_tree).all()
    assert_same_partition(cluster(neighbor_lists(matrix, 50)).labels, whole.labels)


# Labels


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_clusters_are_those_of_hdbscan_where_nothing_ties(selection, distance):
    # With min_samples = 1 the mutual reachability is the distance, and those differ; with more, cores tie.
    for seed in range(5):
        matrix = distance_matrix(blobs(seed))
        found = cluster(neighbor_lists(matrix), min_samples=1, min_cluster_size=4, distance=distance, **selection)
        full = np.square(matrix) if distance == "squared" else matrix
        reference = hdbscan.HDBSCAN(metric="precomputed", min_samples=1, min_cluster_size=4, **selection)
        reference.fit(full.astype(float))
        assert_same_partition(found.labels, reference.labels_)
        np.testing.assert_array_equal(found.probabilities, reference.probabilities_.astype(np.float32))
        if not selection.get("cluster_selection_epsilon"):  # hdbscan's is that of the clusters epsilon merged
            # Sums over the same documents, in another order.
            np.testing.assert_allclose(np.sort(found.persistence), np.sort(reference.cluster_persistence_), rtol=1e-6)


def test_squared_distances_are_what_squared_means():
    lists = neighbor_lists(distance_matrix(blobs(1)), 30)
    squares = Neighbors(ids=lists.ids, indices=lists.indices, distances=np.square(lists.distances))
    assert_same(cluster(lists, distance="squared"), cluster(squares))


def test_largest_cluster_comes_first_and_of_equal_ones_the_smallest_id():
    sizes = [4, 7, 4, 9]
    vectors = np.concatenate([[[100.0 * i + j**1.5] for j in range(size)] for i, size in enumerate(sizes)])
    found = cluster(neighbor_lists(distance_matrix(vectors), 3), min_samples=1)
    assert np.bincount(found.labels).tolist() == [9, 7, 4, 4]
    assert found.labels.tolist() == [2] * 4 + [1] * 7 + [3] * 4 + [0] * 9
    assert found.labels.dtype == np.int32
    assert found.probabilities.dtype == np.float32


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


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_min_cluster_size_above_the_number_of_documents_leaves_noise(selection):
    for vectors in (blobs(0, n=20), np.zeros((20, 2))):
        selection = selection | {"max_cluster_size": 0}
        found = cluster(neighbor_lists(distance_matrix(vectors)), min_cluster_size=21, **selection)
        assert (found.labels == -1).all() and found.n_clusters == 0


def test_duplicates_stay_together_at_distance_zero():
    vectors = blobs(2, n=60)
    vectors[[11, 12, 13, 14]] = vectors[10]
    found = cluster(neighbor_lists(distance_matrix(vectors), 20))
    assert (found.spanning_tree[:4, 2] == 0).all()
    assert set(found.spanning_tree[:4, :2].ravel()) == {10, 11, 12, 13, 14}
    assert found.labels[10] >= 0
    assert len(set(found.labels[10:15])) == 1
    assert (found.probabilities[10:15] == 1).all()
    assert np.isfinite(found.probabilities).all() and np.isfinite(found.persistence).all()


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_a_corpus_of_one_repeated_vector_is_one_cluster_or_none(method):
    lists = neighbor_lists(np.zeros((50, 50), dtype=np.float32), 10)
    assert (cluster(lists, cluster_selection_method=method).labels == -1).all()
    found = cluster(lists, cluster_selection_method=method, allow_single_cluster=True)
    assert (found.labels == 0).all() and (found.probabilities == 1).all() and found.persistence.tolist() == [1]


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_duplicates_that_do_not_all_list_each_other_are_one_cluster(method):
    # Both halves of the duplicates, {0, 1, 2, 6} and {3, 4, 5}, are as large as a cluster when (5, 6) joins them.
    zeros = dict.fromkeys([(0, 1), (0, 2), (0, 6), (3, 4), (3, 5), (5, 6)], 0.0)
    ring = {(7, 8): 1.0, (8, 9): 1.1, (9, 10): 1.2, (7, 10): 1.3, (6, 7): 5.0}
    found = cluster(
        lists_of_edges(11, zeros | ring, 4), min_samples=1, cluster_selection_method=method, min_cluster_size=3
    )
    assert found.labels.tolist() == [0] * 7 + [1] * 4
    assert not np.isnan(found.persistence).any()


def test_far_islands_are_joined_at_infinity_and_stay_two_clusters():
    rng = np.random.default_rng(0)
    vectors = np.concatenate((rng.normal(size=(30, 2)), 1e6 + rng.normal(size=(40, 2))))
    found = cluster(neighbor_lists(distance_matrix(vectors), 12), min_cluster_size=15)
    assert np.isinf(found.spanning_tree[:, 2]).sum() == 1
    assert found.spanning_tree[-1].tolist() == [0, 30, np.inf]
    assert set(found.labels[:30]) <= {-1, 1} and set(found.labels[30:]) <= {-1, 0}
    assert found.n_clusters == 2


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_many_components_are_chained_and_clustered_each_for_itself(selection):
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(25), 8))
    vectors = 1e4 * group[:, None] + rng.normal(size=(200, 2))
    found = cluster(neighbor_lists(distance_matrix(vectors), 5), min_cluster_size=8, **selection)
    joints = found.spanning_tree[np.isinf(found.spanning_tree[:, 2])]
    heads = sorted(np.unique(group, return_index=True)[1])
    assert joints[:, :2].tolist() == [list(pair) for pair in zip(heads, heads[1:], strict=False)]
    assert_same_partition(found.labels, group)


def test_a_document_in_nobodys_list_is_clustered_not_a_crash():
    # hdbscan 0.8.44 crashes the interpreter on this matrix (see the tutorial).
    vectors = np.concatenate((np.random.default_rng(0).normal(size=(50, 3)), [[1e3, 0, 0], [0, 2e3, 0]]))
    lists = neighbor_lists(distance_matrix(vectors), 5)
    assert 50 not in lists.indices and 51 not in lists.indices
    found = cluster(lists)
    assert found.labels[50] == found.labels[51] == -1
    assert {50, 51} <= set(found.spanning_tree[:, :2].ravel())
    assert np.isfinite(found.spanning_tree).all()


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_padded_lists_cost_only_the_documents_that_have_too_few_neighbours(selection):
    lists = neighbor_lists(distance_matrix(blobs(6)), 12)
    short = np.random.default_rng(0).choice(120, size=20, replace=False)
    lists.indices[short, 2:], lists.distances[short, 2:] = -1, np.inf
    found = cluster(lists, **selection)
    assert (found.labels[short] == -1).all()
    assert np.isinf(found.spanning_tree[:, 2]).sum() >= 20
    assert found.n_clusters


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_documents_that_meet_at_infinity_alone_are_noise(selection):
    lists = neighbor_lists(distance_matrix(blobs(6)), 12)
    lists.indices[:, 2:], lists.distances[:, 2:] = -1, np.inf
    found = cluster(lists, **selection)
    assert (found.labels == -1).all()
    assert found.n_clusters == 0 and found.probabilities.sum() == 0
    lists.indices[:], lists.distances[:] = -1, np.inf
    assert cluster(lists, **selection).n_clusters == 0


def test_the_lists_handed_in_are_left_alone():
    lists = neighbor_lists(distance_matrix(blobs(0)), 10)
    indices, distances = lists.indices.copy(), lists.distances.copy()
    lists.indices.flags.writeable = lists.distances.flags.writeable = False
    cluster(lists)
    np.testing.assert_array_equal(lists.indices, indices)
    np.testing.assert_array_equal(lists.distances, distances)


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
    }
    for selection in SELECTIONS:
        found = cluster(lists, 12, 5, 4, "squared", **selection)
        assert found.parameters.items() >= {"k": 12, "min_samples": 5, "distance": "squared", **selection}.items()
        assert_same(found, cluster(lists, **found.parameters))


def test_k_takes_the_nearest_of_the_lists():
    lists = neighbor_lists(distance_matrix(blobs(0)), 30)
    assert_same(cluster(lists, 7), cluster(lists.head(7)))


def test_the_steps_taken_one_by_one_give_what_cluster_gives():
    lists = neighbor_lists(distance_matrix(np.round(blobs(3), 1)), 20)
    for min_samples in (1, 4):
        merges = linkage(spanning_tree(lists, min_samples))
        for min_cluster_size in (2, 5, 15):
            tree = condense(merges, min_cluster_size)
            for selection in SELECTIONS:
                whole = cluster(lists, None, min_samples, min_cluster_size, **selection)
                labels, probabilities, persistence = select(tree, len(lists.ids), min_cluster_size, **selection)
                np.testing.assert_array_equal(labels, whole.labels)
                np.testing.assert_array_equal(probabilities, whole.probabilities)
                np.testing.assert_array_equal(persistence, whole.persistence)


def test_hdbscans_trees_can_be_tabulated_and_drawn():
    found = cluster(neighbor_lists(distance_matrix(blobs(0)), 20), min_cluster_size=6)
    table = found.condensed_tree.to_pandas()
    assert list(table.columns) == ["parent", "child", "lambda_val", "child_size"]
    assert (table["child_size"] == 1).sum() == 120
    assert len(found.single_linkage_tree.to_pandas()) == 119
    assert found.single_linkage_tree.get_clusters(1.0, min_cluster_size=6).shape == (120,)
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    found.condensed_tree.plot(select_clusters=True)
    found.single_linkage_tree.plot()


def test_a_clustering_introduces_itself():
    found = cluster(neighbor_lists(distance_matrix(blobs(0)), 20))
    assert repr(found) == f"{found.n_clusters} clusters of 120 documents; {found.noise_fraction:.1%} are noise."
