"""The spanning tree, compared with its simple version by ranks, and that with Kruskal's algorithm spelt out."""

from __future__ import annotations

import hdbscan
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_hdbscan import graph
from graph_hdbscan.hierarchy import linkage
from graph_hdbscan.spanning_tree import spanning_tree
from points import (
    Lists,
    blobs,
    distance_matrix,
    examples,
    grids,
    kruskal,
    lists_of_edges,
    nearest,
    quickly,
    seeds,
    spanning_tree_by_ranks,
)

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


def random_lists(seed: int) -> Lists:
    """Lists of any kind that a search may give: one-sided, padded, with duplicates, ties, and far components."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    points = rng.normal(size=(n, 2)) if rng.random() < 0.5 else rng.integers(0, 4, size=(n, 2)).astype(float)
    matrix = distance_matrix(points * rng.choice([1e-20, 1.0, 1e15]))
    lists = nearest(matrix, int(rng.integers(1, n)) if n > 1 else 0)
    keep = rng.random(lists.indices.shape) < rng.choice([0.5, 1.0])
    order = np.argsort(~keep, axis=1, kind="stable")  # gaps close up and padding is last
    keep = np.take_along_axis(keep, order, axis=1)
    indices, distances = (np.take_along_axis(x, order, axis=1) for x in (lists.indices, lists.distances))
    return Lists(np.where(keep, indices, -1), np.where(keep, distances, np.float32(np.inf)))


@quickly
@given(grids, st.integers(1, 6))
def test_ties_are_decided_by_the_canonical_order_alone(vectors, min_samples):
    matrix = distance_matrix(vectors)
    expected = kruskal(matrix, min_samples)
    np.testing.assert_array_equal(spanning_tree(*nearest(matrix), min_samples), expected)
    np.testing.assert_array_equal(spanning_tree_by_ranks(*nearest(matrix), min_samples), expected)


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("rows", [1, 7, graph.BLOCK_ROWS])
def test_on_any_lists_it_is_the_tree_of_the_plain_version(distance, rows, monkeypatch):
    monkeypatch.setattr(graph, "BLOCK_ROWS", rows)
    for seed in range(examples(40)):
        lists = random_lists(seed)
        min_samples = 1 + seed % max(lists.indices.shape[1], 1)
        found = spanning_tree(*lists, min_samples, distance)
        np.testing.assert_array_equal(found, spanning_tree_by_ranks(*lists, min_samples, distance), err_msg=f"{seed}")
        assert len(found) == len(lists.indices) - 1 and (np.diff(found[:, 2][np.isfinite(found[:, 2])]) >= 0).all()


def test_on_a_large_graph_it_is_the_tree_of_the_plain_version():
    lists = nearest(distance_matrix(np.round(blobs(1, n=1500), 1)), 12)  # rounded: with duplicates and ties
    for min_samples in (1, 3, 12):
        found = spanning_tree(*lists, min_samples)
        np.testing.assert_array_equal(found, spanning_tree_by_ranks(*lists, min_samples))


@quickly
@given(grids, seeds)
def test_order_of_equally_near_neighbours_in_a_list_does_not_matter(vectors, seed):
    lists = nearest(distance_matrix(vectors))
    shuffle = np.random.default_rng(seed).random(lists.indices.shape)
    order = np.lexsort((shuffle, lists.distances), axis=1)
    shuffled = (np.take_along_axis(values, order, axis=1) for values in lists)
    np.testing.assert_array_equal(spanning_tree(*lists), spanning_tree(*shuffled))


@quickly
@given(st.one_of(grids, seeds.map(lambda seed: blobs(seed, n=40))), st.integers(1, 5))
def test_a_larger_k_changes_nothing_once_the_lists_hold_the_spanning_tree(vectors, min_samples):
    whole = nearest(distance_matrix(vectors))
    expected = spanning_tree(*whole, min_samples)
    needed = [
        1 + min(np.flatnonzero(whole.indices[i] == j)[0], np.flatnonzero(whole.indices[j] == i)[0])
        for i, j in expected[:, :2].astype(int)
    ]
    for k in range(max(*needed, min(min_samples, whole.indices.shape[1])), whole.indices.shape[1] + 1):
        np.testing.assert_array_equal(spanning_tree(*whole.head(k), min_samples), expected)


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@quickly
@given(st.one_of(grids, seeds.map(lambda seed: blobs(seed, n=40))), st.integers(1, 6))
def test_full_lists_give_the_merge_heights_of_hdbscan(distance, vectors, min_samples):
    matrix = distance_matrix(vectors)
    found = spanning_tree(*nearest(matrix), min_samples, distance)
    if distance == "squared":
        matrix = np.square(matrix)
    with np.errstate(divide="ignore", invalid="ignore"):
        reference = hdbscan.HDBSCAN(metric="precomputed", min_samples=min_samples, min_cluster_size=3)
        reference.fit(matrix.astype(float))
    heights = reference.single_linkage_tree_.to_numpy()[:, 2]
    np.testing.assert_array_equal(found[:, 2], heights)
    np.testing.assert_array_equal(linkage(found)[:, 2], heights)


def test_duplicates_hang_on_the_first_of_them_whoever_lists_whom():
    zeros = dict.fromkeys([(0, 1), (1, 2), (2, 6), (3, 4), (4, 5), (5, 6)], 0.0)
    found = spanning_tree(*lists_of_edges(8, zeros | {(6, 7): 1.0}, 4), min_samples=1)
    assert found.tolist() == [*([0.0, other, 0.0] for other in range(1, 7)), [6.0, 7.0, 1.0]]


def test_min_samples_is_lowered_in_a_tiny_corpus():
    lists = nearest(distance_matrix(np.arange(5.0)[:, None] ** 2))
    np.testing.assert_array_equal(spanning_tree(*lists, 50), spanning_tree(*lists, 4))


@pytest.mark.parametrize("plain", [spanning_tree, spanning_tree_by_ranks])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_corpus_of_one_document_has_no_edge(n, plain):
    assert plain(*nearest(distance_matrix(np.arange(n, dtype=float)[:, None]), max(n - 1, 0))).shape == (
        max(n - 1, 0),
        3,
    )
