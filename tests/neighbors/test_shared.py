"""Near neighbours in common: still Euclidean, the clusters of the full matrix, strangers no nearer, no change at 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.clusters.clustering import cluster
from newsclust.errors import ParameterError
from newsclust.neighbors.neighbors import Neighbors
from newsclust.neighbors.shared import NEIGHBOURHOOD, POWER, share_neighbors
from points import assert_hdbscan_agrees, distance_matrix, examples, neighbor_lists

QUICK = settings(deadline=None, derandomize=True, max_examples=examples(25))


def unit_vectors(n: int, seed: int = 0, dim: int = 8, strangers: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    story = np.where(rng.random(n) < strangers, np.arange(n), rng.integers(max(2, n // 6), size=n))
    vectors = rng.normal(size=(n + 1, dim))[story] + rng.normal(scale=0.4, size=(n, dim))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def full_similarity(vectors: np.ndarray, weight: float) -> np.ndarray:
    """By its definition, all pairs at once."""
    lists = neighbor_lists(distance_matrix(vectors))
    n, m = len(vectors), min(NEIGHBOURHOOD, lists.k)
    company = np.eye(n)
    near = 1 - lists.distances[:, :m].astype(float) ** 2 / 2
    np.put_along_axis(company, lists.indices[:, :m].astype(int), np.maximum(near, 0) ** POWER, axis=1)
    company /= np.linalg.norm(company, axis=1, keepdims=True)
    return (vectors @ vectors.T) * (1 - weight + weight * company @ company.T)


def as_matrix(lists: Neighbors) -> np.ndarray:
    matrix = np.full((len(lists.ids),) * 2, np.nan, dtype=np.float32)
    row, column = np.nonzero(lists.indices >= 0)
    matrix[row, lists.indices[row, column]] = lists.distances[row, column]
    return matrix


@QUICK
@given(st.integers(0, 10_000), st.integers(2, 60), st.sampled_from([0.1, 0.3, 1.0]))
def test_distances_are_those_of_the_full_matrix_and_euclidean(seed, n, weight):
    vectors = unit_vectors(n, seed)
    similarity = full_similarity(vectors, weight)
    np.testing.assert_allclose(np.diag(similarity), 1)
    assert np.linalg.eigvalsh(similarity).min() > -1e-9
    lists = share_neighbors(neighbor_lists(distance_matrix(vectors)), weight)
    matrix = np.sqrt(np.maximum(2 - 2 * similarity, 0))
    np.testing.assert_allclose(lists.distances, np.take_along_axis(matrix, lists.indices, axis=1), atol=1e-6)
    assert (np.diff(lists.distances, axis=1) >= 0).all()
    assert all(sorted([*row, i]) == list(range(n)) for i, row in enumerate(lists.indices.tolist()))


@QUICK
@given(st.integers(0, 10_000), st.integers(8, 60), st.sampled_from([0.3, 0.7]), st.integers(1, 4), st.integers(2, 4))
def test_clusters_are_hdbscan_s_on_the_full_matrix(seed, n, weight, min_samples, min_cluster_size):
    vectors = unit_vectors(n, seed)
    lists = neighbor_lists(distance_matrix(vectors))
    ours = cluster(lists, None, min_samples, min_cluster_size, shared_neighbors=weight)
    full = np.sqrt(np.maximum(2 - 2 * full_similarity(vectors, weight), 0))
    np.fill_diagonal(full, 0)
    assert_hdbscan_agrees(ours, full, min_samples, min_cluster_size, 1e-6)


def test_a_weight_of_0_leaves_lists_and_clusters_as_they_are():
    lists = neighbor_lists(distance_matrix(unit_vectors(60)), 15)
    assert share_neighbors(lists, 0) is lists
    np.testing.assert_array_equal(cluster(lists, shared_neighbors=0.0).spanning_tree, cluster(lists).spanning_tree)


def test_two_events_of_one_kind_part_and_strangers_stay_strangers():
    """What a pair loses of its similarity: little within a story, more across, all that can be lost among strangers."""
    rng = np.random.default_rng(3)
    kinds = np.repeat(np.eye(50)[:2] + 1.2 * np.eye(50)[2], 10, axis=0)
    vectors = np.concatenate([kinds + rng.normal(scale=0.1, size=(20, 50)), np.eye(50)[10:] + 0.05])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = neighbor_lists(distance_matrix(vectors))
    before, after = (1 - as_matrix(each) ** 2 / 2 for each in (lists, share_neighbors(lists, 0.3)))
    lost = 1 - after / before
    within = np.append(lost[:10, :10][~np.eye(10, dtype=bool)], lost[10:20, 10:20][~np.eye(10, dtype=bool)])
    across, strangers = lost[:10, 10:20], lost[20:, 20:][~np.eye(len(vectors) - 20, dtype=bool)]
    assert within.mean() < across.mean() / 2
    assert strangers.min() > 0.2 and lost[lost == lost].max() < 0.3 + 1e-3


def test_distances_are_the_same_in_both_directions_and_stay_0_for_equal_documents():
    vectors = unit_vectors(50, strangers=0.5)
    vectors = np.concatenate([vectors, np.repeat(vectors[:3], 12, axis=0)])  # more equal ones than a company holds
    matrix = distance_matrix(vectors)
    matrix[matrix < 1e-3] = 0
    after = as_matrix(share_neighbors(neighbor_lists(matrix), 0.3))
    np.testing.assert_array_equal(after, after.T)
    off = ~np.eye(len(vectors), dtype=bool)
    np.testing.assert_array_equal(after[off] == 0, matrix[off] == 0)


def test_size_of_blocks_order_of_rows_and_length_of_lists_change_nothing(monkeypatch):
    vectors = unit_vectors(200)
    lists = share_neighbors(neighbor_lists(distance_matrix(vectors), 30), 0.3)
    monkeypatch.setattr("newsclust.neighbors.blend.PAIRS", 7)
    again = share_neighbors(neighbor_lists(distance_matrix(vectors), 30), 0.3)
    np.testing.assert_array_equal(again.indices, lists.indices)
    np.testing.assert_array_equal(again.distances, lists.distances)
    shuffled = np.random.default_rng(1).permutation(200)
    other = share_neighbors(neighbor_lists(distance_matrix(vectors[shuffled]), 30), 0.3)
    np.testing.assert_allclose(other.distances, lists.distances[shuffled], atol=1e-6)
    short = as_matrix(share_neighbors(neighbor_lists(distance_matrix(vectors), NEIGHBOURHOOD), 0.3))
    listed = ~np.isnan(short)
    np.testing.assert_array_equal(short[listed], as_matrix(lists)[listed])


def test_padding_stays_at_the_end():
    lists = neighbor_lists(distance_matrix(unit_vectors(20)), 6)
    indices, distances = lists.indices.copy(), lists.distances.copy()
    indices[:, 4:], distances[:, 4:] = -1, np.inf
    padded = share_neighbors(replace(lists, indices=indices, distances=distances), 0.3)
    assert (padded.indices[:, 4:] == -1).all() and np.isinf(padded.distances[:, 4:]).all()
    assert (padded.indices[:, :4] >= 0).all() and np.isfinite(padded.distances[:, :4]).all()


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_documents_have_lists_as_short_as_they_are(n):
    lists = neighbor_lists(distance_matrix(unit_vectors(n)))
    assert share_neighbors(lists, 0.3).indices.shape == (n, n - 1)


@pytest.mark.parametrize("weight", [-0.1, 1.5, float("nan")])
def test_weights_that_make_no_sense_are_refused_with_a_sentence(weight):
    lists = neighbor_lists(distance_matrix(unit_vectors(12)))
    with pytest.raises(ParameterError, match=f"shared_neighbors is {weight}; it must be a weight, 0 to 1"):
        cluster(lists, shared_neighbors=weight)
