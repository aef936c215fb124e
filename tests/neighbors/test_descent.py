"""The descent has UMAP's forces, and gives the same on any number of cores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from newsclust.neighbors.placing import umap_learn


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 1.0])
def test_neighbours_pull_and_others_push_as_umap_has_it(min_dist):
    from newsclust.neighbors.descent import _force, _forces

    a, b = umap_learn().umap_.find_ab_params(spread=1.0, min_dist=min_dist)
    pull, push = _forces(a, b)
    squared = np.float32(np.geomspace(2.0**-29, 2.0**29, 5003))
    exact = squared.astype(np.float64)
    for table, formula in (
        (pull, -2 * a * b * exact ** (b - 1) / (1 + a * exact**b)),
        (push, 2 * b / ((0.001 + exact) * (1 + a * exact**b))),
    ):
        found = np.array([_force(table, one) for one in squared])
        assert np.allclose(found, formula, rtol=1 / 2500, atol=0)
        at_ends = np.array([_force(table, np.float32(one)) for one in (0.0, 2.0**-40, 2.0**60, np.inf)])
        assert np.isfinite(at_ends).all()
        assert at_ends[0] == at_ends[1] and at_ends[2] == at_ends[3]


def test_a_machine_with_more_cores_draws_the_same_map(monkeypatch):
    from newsclust.neighbors import descent

    rng = np.random.default_rng(0)
    start = rng.uniform(0, 10, size=(300, 2)).astype(np.float32)
    graph = random_array((300, 300), density=0.05, rng=rng, dtype=np.float32)
    graph = csr_array(graph.maximum(graph.T))
    monkeypatch.setattr(descent, "FEWEST_ROWS", 8)
    maps = []
    for cores in (1, 3, 3):
        monkeypatch.setattr(descent.os, "cpu_count", lambda cores=cores: cores)
        maps.append(descent.descend(start, graph, 100, 1.58, 0.9, 42))
    assert not np.allclose(maps[0], start)
    assert np.array_equal(maps[0], maps[1])
    assert np.array_equal(maps[1], maps[2])
