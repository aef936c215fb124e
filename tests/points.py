"""Points, distances and neighbour lists for the tests of HDBSCAN."""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from graph_hdbscan.checks import check_tree
from graph_hdbscan.graph import measured
from graph_hdbscan.spanning_tree import joined

if TYPE_CHECKING:
    from newsclust.neighbors.neighbors import Neighbors

#: How many times as many examples of a property are tried: `make soak` sets ten.
SHARE = float(os.environ.get("NEWSCLUST_SOAK", "0.4"))


def examples(n: int) -> int:
    """How many of a property's examples are tried."""
    return max(5, round(n * SHARE))


quickly = settings(deadline=None, derandomize=True, max_examples=examples(40))

seeds = st.integers(0, 10_000)
# Points of a small integer grid: duplicates and equal distances abound.
grids = (
    st.integers(3, 40)
    .flatmap(lambda n: st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=n, max_size=n))
    .map(lambda points: np.array(points, dtype=float))
)


def blobs(seed: int, n: int = 120, dim: int = 3) -> np.ndarray:
    """Points without equal distances, some in groups of different density and some on their own."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-10, 10, size=(6, dim))
    group = rng.integers(6, size=n)
    spread = rng.uniform(0.3, 2, size=6)[group]
    return centers[group] + spread[:, None] * rng.normal(size=(n, dim))


def distance_matrix(vectors: np.ndarray) -> np.ndarray:
    pairs = vectors[:, None, :] - vectors[None, :, :]
    return np.sqrt((pairs**2).sum(axis=-1)).astype(np.float32)


class Lists(NamedTuple):
    """Neighbour lists as `graph_hdbscan` takes them: indices of int32, -1 is padding, and distances of float32."""

    indices: np.ndarray
    distances: np.ndarray

    def head(self, k: int) -> Lists:
        return Lists(self.indices[:, :k], self.distances[:, :k])


def nearest(matrix: np.ndarray, k: int | None = None) -> Lists:
    """Exact lists; equal distances by smaller row."""
    n = len(matrix)
    others = matrix.astype(float)
    np.fill_diagonal(others, np.inf)
    order = np.argsort(others, axis=1, kind="stable")[:, : n - 1 if k is None else k].astype(np.int32)
    return Lists(order, np.take_along_axis(matrix, order, axis=1))


def neighbor_lists(matrix: np.ndarray, k: int | None = None) -> Neighbors:
    """The same as newsclust has them."""
    from newsclust.neighbors.neighbors import Neighbors

    return Neighbors(np.arange(len(matrix)) * 10, *nearest(matrix, k))


def lists_of_edges(n: int, edges: dict[tuple[int, int], float], k: int) -> Lists:
    """The lists in which both ends of each edge know each other and nobody else; padded."""
    indices = np.full((n, k), -1, dtype=np.int32)
    distances = np.full((n, k), np.inf, dtype=np.float32)
    for row in range(n):
        known = sorted((d, a + b - row) for (a, b), d in edges.items() if row in (a, b))
        for column, (d, other) in enumerate(known):
            indices[row, column], distances[row, column] = other, d
    return Lists(indices, distances)


def kruskal(matrix: np.ndarray, min_samples: int) -> np.ndarray:
    """The spanning tree of the full matrix in canonical order, in so many words."""
    n = len(matrix)
    core = [sorted(np.delete(matrix[i], i))[min(min_samples, n - 1) - 1] for i in range(n)]
    edges = sorted((max(core[i], core[j], matrix[i, j]), matrix[i, j], i, j) for i, j in combinations(range(n), 2))
    component, tree = list(range(n)), []
    for weight, _, i, j in edges:
        if component[i] != component[j]:
            tree.append((i, j, weight))
            component = [component[i] if c == component[j] else c for c in component]
    return np.array(tree, dtype=float)


def assert_same_partition(first: np.ndarray, second: np.ndarray) -> None:
    """The same clusters, whatever their numbers; noise is noise."""
    assert len(first) == len(second)
    assert ((first < 0) == (second < 0)).all()
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    assert len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


def assert_hdbscan_agrees(ours, full: np.ndarray, min_samples: int, min_cluster_size: int, atol: float) -> None:
    """hdbscan on the full matrix of distances has the same merges and, without ties, the same clusters."""
    import hdbscan

    theirs = hdbscan.HDBSCAN(metric="precomputed", min_samples=min_samples, min_cluster_size=min_cluster_size)
    theirs.fit(full)
    merges = np.sort(theirs.single_linkage_tree_.to_numpy()[:, 2])
    np.testing.assert_allclose(np.sort(ours.spanning_tree[:, 2]), merges, atol=atol)
    if (np.diff(merges) > 1e-5).all():  # hdbscan decides ties otherwise
        assert_same_partition(ours.labels, theirs.labels_)


SELECTIONS = [
    {},
    {"cluster_selection_method": "leaf"},
    {"cluster_selection_epsilon": 1.5},
    {"cluster_selection_method": "leaf", "cluster_selection_epsilon": 1.5},
    {"max_cluster_size": 15},
    {"allow_single_cluster": True},
    {"allow_single_cluster": True, "cluster_selection_epsilon": 2.5},
    {"allow_single_cluster": True, "cluster_selection_method": "leaf", "cluster_selection_epsilon": 9.0},
]


def spanning_tree_by_ranks(
    indices: np.ndarray, distances: np.ndarray, min_samples: int = 3, distance: str = "euclidean"
) -> np.ndarray:
    """The tree in plain words: the edges' ranks in canonical order are their weights.

    No two edges have one rank, so there is but one minimum spanning tree.
    """
    check_tree(indices, distances, min_samples, distance)
    n = len(indices)
    lengths = measured(distances, distance)
    listed = indices >= 0
    pairs = np.sort(np.column_stack((np.nonzero(listed)[0], indices[listed])), axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    (start, end), length = pairs.T, lengths[listed][first]
    core = lengths[:, min(min_samples, n - 1) - 1] if n > 1 else np.empty(n)
    weight = np.maximum(length, np.maximum(core[start], core[end]))
    order = np.lexsort((end, start, length, weight))
    ranks = csr_array((np.arange(1.0, len(order) + 1), (start[order], end[order])), shape=(n, n))
    chosen = order[np.sort(minimum_spanning_tree(ranks).data).astype(np.intp) - 1]
    return joined(start[chosen], end[chosen], weight[chosen], n)
