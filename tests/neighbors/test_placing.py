"""Documents that are placed on the map of others."""

from __future__ import annotations

import tracemalloc

import numpy as np

from newsclust.neighbors import placing
from newsclust.neighbors.neighbors import Neighbors


def test_whom_no_list_leads_to_the_map_is_placed_at_the_nearest_document_there():
    rng = np.random.default_rng(0)
    vectors, rows = rng.normal(size=(60, 8)).astype(np.float32), np.arange(0, 60, 3)
    where = rng.normal(size=(len(rows), 2)).astype(np.float32)
    nobody = Neighbors(np.arange(60), np.full((60, 5), -1, np.int32), np.full((60, 5), np.inf, np.float32))
    found = placing.place_others(vectors, nobody, rows, where, 0.1, 42)
    apart = np.linalg.norm(vectors[:, None] - vectors[rows][None], axis=2)
    assert np.array_equal(found, where[apart.argmin(axis=1)])


def test_a_document_that_is_placed_takes_a_tenth_of_the_memory_that_umap_takes_for_one(monkeypatch):
    monkeypatch.setattr(placing, "EPOCHS", 3)
    rng = np.random.default_rng(0)
    for n in (300, 20_000):  # the first time it is compiled
        rows, vectors = np.arange(0, n, 10), rng.normal(size=(n, 8)).astype(np.float32)
        where = rng.normal(size=(len(rows), 2)).astype(np.float32)
        lists = Neighbors(np.arange(n), rng.integers(n, size=(n, 10), dtype=np.int32), np.ones((n, 10), np.float32))
        tracemalloc.start()
        found = placing.place_others(vectors, lists, rows, where, 0.1, 42)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert np.array_equal(found[rows], where)
    assert peak < 1000 * n
