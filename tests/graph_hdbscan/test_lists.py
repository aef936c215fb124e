"""Is it HDBSCAN? Lists compared with hdbscan itself, and odd lists."""

from __future__ import annotations

import hdbscan
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from sklearn.neighbors import kneighbors_graph

from graph_hdbscan.checks import BadArgument
from graph_hdbscan.hierarchy import condense, linkage, select
from graph_hdbscan.lists import Clusters, cluster_lists, lists_of
from graph_hdbscan.spanning_tree import spanning_tree
from points import (
    SELECTIONS,
    assert_same_partition,
    blobs,
    distance_matrix,
    grids,
    lists_of_edges,
    nearest,
    quickly,
    seeds,
)

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


def assert_same(first: Clusters, second: Clusters) -> None:
    for name in ("labels", "probabilities", "persistence", "spanning_tree", "linkage", "tree"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def test_k_of_the_tutorial_is_enough_and_far_less_than_n():
    matrix = distance_matrix(blobs(3, n=400))
    whole = cluster_lists(*nearest(matrix))
    assert np.isfinite(whole.spanning_tree).all()
    assert_same_partition(cluster_lists(*nearest(matrix, 50)).labels, whole.labels)


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_clusters_are_those_of_hdbscan_where_nothing_ties(selection, distance):
    # With min_samples = 1 the mutual reachability is the distance, and those differ; with more, cores tie.
    for seed in range(5):
        matrix = distance_matrix(blobs(seed))
        found = cluster_lists(*nearest(matrix), min_samples=1, min_cluster_size=4, distance=distance, **selection)
        full = np.square(matrix) if distance == "squared" else matrix
        reference = hdbscan.HDBSCAN(metric="precomputed", min_samples=1, min_cluster_size=4, **selection)
        reference.fit(full.astype(float))
        assert_same_partition(found.labels, reference.labels_)
        np.testing.assert_array_equal(found.probabilities, reference.probabilities_.astype(np.float32))
        if not selection.get("cluster_selection_epsilon"):  # hdbscan's is that of the clusters epsilon merged
            # Sums over the same documents, in another order.
            np.testing.assert_allclose(np.sort(found.persistence), np.sort(reference.cluster_persistence_), rtol=1e-6)


def test_squared_distances_are_what_squared_means():
    lists = nearest(distance_matrix(blobs(1)), 30)
    squares = cluster_lists(lists.indices, np.square(lists.distances))
    assert_same(cluster_lists(*lists, distance="squared"), squares)


def test_largest_cluster_comes_first_and_of_equal_ones_that_with_the_smallest_row():
    sizes = [4, 7, 4, 9]
    vectors = np.concatenate([[[100.0 * i + j**1.5] for j in range(size)] for i, size in enumerate(sizes)])
    found = cluster_lists(*nearest(distance_matrix(vectors), 3), min_samples=1)
    assert np.bincount(found.labels).tolist() == [9, 7, 4, 4]
    assert found.labels.tolist() == [2] * 4 + [1] * 7 + [3] * 4 + [0] * 9
    assert found.labels.dtype == np.int32
    assert found.probabilities.dtype == np.float32


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_min_cluster_size_above_the_number_of_documents_leaves_noise(selection):
    for vectors in (blobs(0, n=20), np.zeros((20, 2))):
        selection = selection | {"max_cluster_size": 0}
        found = cluster_lists(*nearest(distance_matrix(vectors)), min_cluster_size=21, **selection)
        assert (found.labels == -1).all() and found.n_clusters == 0


def test_duplicates_stay_together_at_distance_zero():
    vectors = blobs(2, n=60)
    vectors[[11, 12, 13, 14]] = vectors[10]
    found = cluster_lists(*nearest(distance_matrix(vectors), 20))
    assert (found.spanning_tree[:4, 2] == 0).all()
    assert set(found.spanning_tree[:4, :2].ravel()) == {10, 11, 12, 13, 14}
    assert found.labels[10] >= 0
    assert len(set(found.labels[10:15])) == 1
    assert (found.probabilities[10:15] == 1).all()
    assert np.isfinite(found.probabilities).all() and np.isfinite(found.persistence).all()


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_a_corpus_of_one_repeated_vector_is_one_cluster_or_none(method):
    lists = nearest(np.zeros((50, 50), dtype=np.float32), 10)
    assert (cluster_lists(*lists, cluster_selection_method=method).labels == -1).all()
    found = cluster_lists(*lists, cluster_selection_method=method, allow_single_cluster=True)
    assert (found.labels == 0).all() and (found.probabilities == 1).all() and found.persistence.tolist() == [1]


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_duplicates_that_do_not_all_list_each_other_are_one_cluster(method):
    # Both halves of the duplicates, {0, 1, 2, 6} and {3, 4, 5}, are as large as a cluster when (5, 6) joins them.
    zeros = dict.fromkeys([(0, 1), (0, 2), (0, 6), (3, 4), (3, 5), (5, 6)], 0.0)
    ring = {(7, 8): 1.0, (8, 9): 1.1, (9, 10): 1.2, (7, 10): 1.3, (6, 7): 5.0}
    found = cluster_lists(
        *lists_of_edges(11, zeros | ring, 4), min_samples=1, cluster_selection_method=method, min_cluster_size=3
    )
    assert found.labels.tolist() == [0] * 7 + [1] * 4
    assert not np.isnan(found.persistence).any()


def test_far_islands_are_joined_at_infinity_and_stay_two_clusters():
    rng = np.random.default_rng(0)
    vectors = np.concatenate((rng.normal(size=(30, 2)), 1e6 + rng.normal(size=(40, 2))))
    found = cluster_lists(*nearest(distance_matrix(vectors), 12), min_cluster_size=15)
    assert np.isinf(found.spanning_tree[:, 2]).sum() == 1
    assert found.spanning_tree[-1].tolist() == [0, 30, np.inf]
    assert set(found.labels[:30]) <= {-1, 1} and set(found.labels[30:]) <= {-1, 0}
    assert found.n_clusters == 2


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_many_components_are_chained_and_clustered_each_for_itself(selection):
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(25), 8))
    vectors = 1e4 * group[:, None] + rng.normal(size=(200, 2))
    found = cluster_lists(*nearest(distance_matrix(vectors), 5), min_cluster_size=8, **selection)
    joints = found.spanning_tree[np.isinf(found.spanning_tree[:, 2])]
    heads = sorted(np.unique(group, return_index=True)[1])
    assert joints[:, :2].tolist() == [list(pair) for pair in zip(heads, heads[1:], strict=False)]
    assert_same_partition(found.labels, group)


def test_a_document_in_nobodys_list_is_clustered_not_a_crash():
    # hdbscan 0.8.44 crashes the interpreter on this matrix (see the tutorial).
    vectors = np.concatenate((np.random.default_rng(0).normal(size=(50, 3)), [[1e3, 0, 0], [0, 2e3, 0]]))
    lists = nearest(distance_matrix(vectors), 5)
    assert 50 not in lists.indices and 51 not in lists.indices
    found = cluster_lists(*lists)
    assert found.labels[50] == found.labels[51] == -1
    assert {50, 51} <= set(found.spanning_tree[:, :2].ravel())
    assert np.isfinite(found.spanning_tree).all()


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_padded_lists_cost_only_the_documents_that_have_too_few_neighbours(selection):
    lists = nearest(distance_matrix(blobs(6)), 12)
    short = np.random.default_rng(0).choice(120, size=20, replace=False)
    lists.indices[short, 2:], lists.distances[short, 2:] = -1, np.inf
    found = cluster_lists(*lists, **selection)
    assert (found.labels[short] == -1).all()
    assert np.isinf(found.spanning_tree[:, 2]).sum() >= 20
    assert found.n_clusters


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_documents_that_meet_at_infinity_alone_are_noise(selection):
    lists = nearest(distance_matrix(blobs(6)), 12)
    lists.indices[:, 2:], lists.distances[:, 2:] = -1, np.inf
    found = cluster_lists(*lists, **selection)
    assert (found.labels == -1).all()
    assert found.n_clusters == 0 and found.probabilities.sum() == 0
    lists.indices[:], lists.distances[:] = -1, np.inf
    assert cluster_lists(*lists, **selection).n_clusters == 0


def test_the_lists_handed_in_are_left_alone():
    lists = nearest(distance_matrix(blobs(0)), 10)
    indices, distances = lists.indices.copy(), lists.distances.copy()
    lists.indices.flags.writeable = lists.distances.flags.writeable = False
    cluster_lists(*lists)
    np.testing.assert_array_equal(lists.indices, indices)
    np.testing.assert_array_equal(lists.distances, distances)


def test_the_steps_taken_one_by_one_give_what_all_four_give():
    lists = nearest(distance_matrix(np.round(blobs(3), 1)), 20)
    for min_samples in (1, 4):
        merges = linkage(spanning_tree(*lists, min_samples))
        for min_cluster_size in (2, 5, 15):
            tree = condense(merges, min_cluster_size)
            for selection in SELECTIONS:
                whole = cluster_lists(*lists, min_samples, min_cluster_size, **selection)
                labels, probabilities, persistence = select(tree, len(lists.indices), min_cluster_size, **selection)
                np.testing.assert_array_equal(labels, whole.labels)
                np.testing.assert_array_equal(probabilities, whole.probabilities)
                np.testing.assert_array_equal(persistence, whole.persistence)


def test_hdbscans_trees_can_be_tabulated_and_drawn():
    found = cluster_lists(*nearest(distance_matrix(blobs(0)), 20), min_cluster_size=6)
    table = found.condensed_tree.to_pandas()
    assert list(table.columns) == ["parent", "child", "lambda_val", "child_size"]
    assert (table["child_size"] == 1).sum() == 120
    assert len(found.single_linkage_tree.to_pandas()) == 119
    assert found.single_linkage_tree.get_clusters(1.0, min_cluster_size=6).shape == (120,)
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    found.condensed_tree.plot(select_clusters=True)
    found.single_linkage_tree.plot()


@quickly
@given(seeds, st.integers(1, 5), st.integers(2, 6), st.sampled_from(SELECTIONS))
def test_the_order_of_the_points_changes_nothing_where_no_distances_are_equal(seed, min_samples, size, selection):
    vectors, order = blobs(seed, n=60), np.random.default_rng(seed).permutation(60)
    known = cluster_lists(*nearest(distance_matrix(vectors), 15), min_samples, size, **selection)
    shuffled = cluster_lists(*nearest(distance_matrix(vectors[order]), 15), min_samples, size, **selection)
    assert_same_partition(known.labels[order], shuffled.labels)
    np.testing.assert_array_equal(known.probabilities[order], shuffled.probabilities)


def test_each_of_the_four_steps_is_reported_as_it_is_done():
    steps = []
    cluster_lists(*nearest(distance_matrix(blobs(0)), 10), step_done=lambda: steps.append(1))
    assert len(steps) == 4


# From a sparse graph


@pytest.mark.parametrize("include_self", [False, True])
def test_a_graph_of_scikit_learn_is_the_lists_it_was_made_of(include_self):
    vectors = blobs(1)
    graph = kneighbors_graph(vectors, 13, mode="distance", include_self=include_self)
    expected = nearest(distance_matrix(vectors), 13 - include_self)
    indices, distances = lists_of(graph)
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_allclose(distances, expected.distances, rtol=1e-6)
    assert indices.dtype == np.int32 and distances.dtype == np.float32


@quickly
@given(grids, st.integers(1, 6), seeds)
def test_zeros_are_edges_and_the_order_of_what_is_stored_does_not_matter(vectors, k, seed):
    lists = nearest(distance_matrix(vectors), min(k, len(vectors) - 1))
    n, k = lists.indices.shape
    # With each point as its own neighbour, as other libraries have it.
    rows = np.concatenate((np.repeat(np.arange(n), k), np.arange(n)))
    columns = np.concatenate((lists.indices.ravel(), np.arange(n)))
    lengths = np.concatenate((lists.distances.ravel(), np.zeros(n)))
    order = np.random.default_rng(seed).permutation(len(rows))
    graph = coo_array((lengths[order], (rows[order], columns[order])), shape=(n, n))
    for form in (graph, graph.tocsr(), graph.tocsc()):
        indices, distances = lists_of(form)
        np.testing.assert_array_equal(indices, lists.indices)
        np.testing.assert_array_equal(distances, lists.distances)


def test_rows_of_different_length_are_padded_and_may_be_one_sided():
    graph = csr_array((np.array([2.0, 1.0, 5.0]), ([0, 0, 2], [1, 2, 3])), shape=(4, 4))
    indices, distances = lists_of(graph)
    assert indices.tolist() == [[2, 1], [-1, -1], [3, -1], [-1, -1]]
    assert distances.tolist() == [[1, 2], [np.inf] * 2, [5, np.inf], [np.inf] * 2]
    found = cluster_lists(indices, distances, min_samples=1, min_cluster_size=2)
    assert found.spanning_tree.tolist() == [[0, 2, 5], [0, 1, np.inf], [2, 3, np.inf]]


def test_a_graph_without_an_edge_has_empty_lists():
    assert [values.shape for values in lists_of(csr_array((3, 3)))] == [(3, 0), (3, 0)]


def test_a_matrix_of_features_is_no_graph():
    with pytest.raises(BadArgument, match="has 5 rows and 3 columns.*Give features as a dense array"):
        lists_of(csr_array((5, 3)))
