"""The inner loops of the searches, against sorted distances."""

from __future__ import annotations

import numpy as np
import pytest

from newsclust.neighbors.nearest import NOBODY, keep_smallest, measure


@pytest.mark.parametrize("block", [1, 7, 200])
def test_those_that_are_kept_are_the_smallest_however_many_come_at_a_time(block):
    rng = np.random.default_rng(0)
    products, halves = rng.normal(size=(5, 200)).astype(np.float32), rng.uniform(0, 2, 200).astype(np.float32)
    kept, limits = np.full((8, 10), NOBODY), np.full(8, np.finfo(np.float32).max)
    rows = np.array([6, 0, 3, 2, 7])
    for start in range(0, 200, block):
        columns = np.arange(start, min(start + block, 200), dtype=np.int32)
        keep_smallest(np.ascontiguousarray(products[:, columns]), halves[columns], rows, columns, kept, limits)
    difference = halves - products
    found = np.sort(kept.astype(np.int32)[rows], axis=1)
    assert np.array_equal(found, np.sort(np.argsort(difference, axis=1)[:, :10], axis=1))
    assert np.array_equal(limits[rows], np.sort(difference, axis=1)[:, 9])
    assert (kept[[1, 4, 5]] == NOBODY).all() and (kept.astype(np.int32)[1] == -1).all()


def test_the_nearest_candidates_come_first_and_of_equal_ones_the_smaller_row():
    vectors = np.array([[0, 0], [0, 2], [2, 0], [0, 2], [3, 4]], dtype=np.float32)
    candidates = np.array([[4, 3, -1, 2, 0, 1], [0, -1, -1, -1, 3, -1]], dtype=np.int32)
    indices, distances = np.zeros((2, 3), dtype=np.int32), np.zeros((2, 3), dtype=np.float32)
    measure(vectors, np.array([0, 1]), candidates, indices, distances)
    assert indices.tolist() == [[1, 2, 3], [3, 0, -1]]
    assert distances.tolist() == [[2, 2, 2], [0, 2, np.inf]]
