"""The edges' keys: what they hold, and that they sort as the canonical order does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_hdbscan import graph
from points import distance_matrix, grids, nearest, quickly


@pytest.mark.parametrize("rows", [1, 7, graph.BLOCK_ROWS])
@quickly
@given(grids, st.integers(1, 3), st.sampled_from(["euclidean", "squared"]))
def test_a_key_sorts_by_reachability_and_then_by_distance(rows, vectors, min_samples, distance):
    matrix = distance_matrix(vectors * 1e-3)
    min_samples = min(min_samples, len(matrix) - 1)
    lists = nearest(matrix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "BLOCK_ROWS", rows)
        edges = graph.keyed_edges(*lists, min_samples, distance).tocoo()
    n = len(matrix)
    assert edges.nnz == n * (n - 1) // 2 and (edges.row < edges.col).all()
    lengths = graph.measured(matrix, distance)
    core = graph.measured(lists.distances[:, min_samples - 1], distance)
    length = lengths[edges.row, edges.col]
    reachable = np.maximum(length, np.maximum(core[edges.row], core[edges.col]))
    np.testing.assert_array_equal(graph.reachability(edges.data), reachable)
    order = np.lexsort((length, reachable))
    assert (np.diff(edges.data[order]) >= 0).all()
    same = (np.diff(reachable[order]) == 0) & (np.diff(length[order]) == 0)
    np.testing.assert_array_equal(np.diff(edges.data[order]) == 0, same)


def test_a_square_beyond_float32_is_infinite_without_a_warning(recwarn):
    assert graph.measured(np.array([1e30, 2.0], dtype=np.float32), "squared").tolist() == [np.inf, 4]
    assert not recwarn.list


def test_one_document_has_no_edge():
    assert graph.keyed_edges(np.empty((1, 0), np.int32), np.empty((1, 0), np.float32), 1, "euclidean").nnz == 0
