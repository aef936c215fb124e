"""The lists by comparing all pairs are those of exact arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from newsclust.neighbors import comparison
from newsclust.neighbors.comparison import exact_neighbors
from points import examples

QUICK = settings(deadline=None, derandomize=True, max_examples=examples(60))


def full_matrix(vectors: np.ndarray) -> np.ndarray:
    """All distances, by the formula."""
    vectors = vectors.astype(np.float64)
    return np.sqrt(((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)).astype(np.float32)


def from_full_matrix(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    distances = full_matrix(vectors)
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(distances, indices, axis=1)


def scattered(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    """Unit vectors around some centres, as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, n // 12), dim))
    vectors = centres[rng.integers(len(centres), size=n)] + rng.normal(scale=0.3, size=(n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def hard_vectors(draw) -> np.ndarray:
    """Points on a coarse grid, so that many distances tie and some are 0, or near one another far from the origin."""
    shape = draw(st.tuples(st.integers(2, 40), st.integers(1, 5)))
    grid = draw(hnp.arrays(np.float32, shape, elements=st.integers(-2, 2)))
    scale, shift = draw(st.sampled_from([(1, 0), (1, 1000), (2**-7, 30), (1e-3, 1)]))
    return (grid * np.float32(scale) + np.float32(shift)).astype(np.float32)


@QUICK
@given(hard_vectors(), st.data())
def test_lists_are_those_of_the_full_matrix(vectors, data):
    k = data.draw(st.integers(1, len(vectors) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "SPARE", data.draw(st.sampled_from([0, 1, 16])))
        patch.setattr(comparison, "QUERY_ROWS", data.draw(st.sampled_from([1, 3, 4096])))
        patch.setattr(comparison, "COLUMNS", data.draw(st.sampled_from([1, 64, 4096])))
        indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(distances, expected_distances)
    assert np.array_equal(indices, expected_indices)
    assert (indices.dtype, distances.dtype) == (np.int32, np.float32)


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (2**-7, 30), (1e-3, 1)])
def test_lists_are_exact_where_the_rounding_of_the_search_is_not(monkeypatch, scale, shift, k):
    monkeypatch.setattr(comparison, "SPARE", 0)
    grid = np.random.default_rng(k).integers(-2, 3, size=(200, 4)).astype(np.float32)
    vectors = (grid * np.float32(scale) + np.float32(shift)).astype(np.float32)
    indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(distances, expected_distances)
    assert np.array_equal(indices, expected_indices)


@pytest.mark.parametrize("k", [1, 50, 299])
def test_lists_of_embeddings_are_those_of_the_full_matrix(k):
    vectors = scattered(300, dim=64)
    indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(indices, expected_indices)
    assert np.array_equal(distances, expected_distances)


def test_all_identical_documents_are_each_others_neighbours_at_distance_zero():
    indices, distances = exact_neighbors(np.ones((30, 4), dtype=np.float32), 5)
    assert (distances == 0).all()
    assert indices[0].tolist() == [1, 2, 3, 4, 5]
    assert indices[29].tolist() == [0, 1, 2, 3, 4]


def test_a_document_is_not_its_own_neighbour_among_many_duplicates():
    vectors = np.repeat(scattered(4), 60, axis=0)
    indices, distances = exact_neighbors(vectors, 20)
    assert (indices != np.arange(240)[:, None]).all()
    assert (distances == 0).all()


@pytest.mark.parametrize(("query_rows", "columns"), [(1, 1), (7, 100), (64, 5000), (10_000, 32)])
def test_block_sizes_change_nothing(monkeypatch, query_rows, columns):
    vectors = scattered(150, dim=33)
    expected = exact_neighbors(vectors, 20)
    monkeypatch.setattr(comparison, "QUERY_ROWS", query_rows)
    monkeypatch.setattr(comparison, "COLUMNS", columns)
    found = exact_neighbors(vectors, 20)
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


def test_near_duplicates_keep_their_distance():
    # 2 - 2 cos in float32 would give 0 or 3e-4 here
    vectors = np.zeros((3, 100), dtype=np.float32)
    vectors[:, 0] = 1
    vectors[1, 1], vectors[2, 2] = 1e-5, 2e-5
    _, distances = exact_neighbors(vectors, 2)
    np.testing.assert_allclose(distances[0], [1e-5, 2e-5], rtol=1e-6)
