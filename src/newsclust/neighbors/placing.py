"""Place documents beside their neighbours on a map of which UMAP laid out only a sample."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..paths import give_numba_a_folder
from .comparison import exact_neighbors
from .neighbors import Neighbors

#: How many of its nearest neighbours place a document; with more, or with means alone, fewer documents are beside their
#: story: see benchmarks/README.md.
PLACED_BY = 8
#: UMAP's number of epochs and first step for documents that are added to a map (`umap.UMAP.transform`).
EPOCHS, FIRST_STEP = 100, 0.25
#: Documents whose neighbours are weighted at a time.
BLOCK = 2**14


def place_others(
    vectors: np.ndarray, lists: Neighbors, rows: np.ndarray, where: np.ndarray, min_dist: float, seed: int
) -> np.ndarray:
    """Place all documents on the map of some of them, whose places are fixed.

    A document starts at the mean of its neighbours that have a place, weighted as in UMAP, round by round; a document
    that no list connects to the map starts at the nearest document there. Then UMAP's forces move these documents,
    towards their neighbours and away from others.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    lists : Neighbors
        The lists of all n documents.
    rows : ndarray of int, shape (m,)
        Which documents have a place.
    where : ndarray of float32, shape (m, n_components)
        Their places.
    min_dist, seed
        As in `newsclust.neighbors.layout.lay_out`.

    Returns
    -------
    ndarray of float32, shape (n, n_components)
    """
    n = len(vectors)
    placed, has_place = np.zeros((n, where.shape[1]), dtype=np.float32), np.zeros(n, dtype=bool)
    placed[rows], has_place[rows] = where, True
    graph = _strengths(lists, np.flatnonzero(~has_place))
    while (new := (weights := graph @ has_place.astype(np.float32)) * ~has_place > 0).any():
        placed[new] = (graph @ placed)[new] / weights[new, None]  # documents without a place are at 0
        has_place |= new
    lost = np.flatnonzero(~has_place)
    nearest, _ = exact_neighbors(vectors, 1, lost, rows, "Comparing with the sample")
    placed[lost] = where[np.searchsorted(rows, nearest[:, 0])]
    a, b = umap_learn().umap_.find_ab_params(spread=1.0, min_dist=min_dist)
    from .descent import descend

    return descend(placed, graph, EPOCHS, a, b, seed, FIRST_STEP)


def as_umap_has_them(lists: Neighbors, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """The lists' distances, float32, all finite: UMAP reads -1 as "none" but can't read an infinite distance."""
    indices, distances = lists.indices[rows], lists.distances[rows]
    found = np.where(np.isfinite(distances), distances, 0)
    return np.where(indices < 0, found.max(axis=1, keepdims=True), found)


def _strengths(lists: Neighbors, rows: np.ndarray) -> csr_array:
    """UMAP's membership strengths of the neighbours in the lists of `rows`; all other rows are empty.

    float32, shape (n, n).
    """
    umap = umap_learn().umap_
    n, lists = len(lists.ids), lists.head(min(PLACED_BY, lists.k))
    strengths = np.zeros((len(rows), lists.k), dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        distances = as_umap_has_them(lists, some)
        scales = umap.smooth_knn_dist(distances, float(lists.k), local_connectivity=1.0)  # types as in UMAP.fit
        found = umap.compute_membership_strengths(lists.indices[some], distances, *scales, bipartite=True)[2]
        strengths[start : start + BLOCK] = found.reshape(len(some), lists.k)
    ends = np.zeros(n + 1, dtype=np.int64)
    ends[rows + 1] = lists.k
    graph = csr_array((strengths.ravel(), np.maximum(lists.indices[rows], 0).ravel(), ends.cumsum()), shape=(n, n))
    graph.eliminate_zeros()
    return graph


@cache
def umap_learn() -> Any:
    """The package umap, imported so that numba keeps on disk what it compiles: umap-learn 0.5.12 asks for 1 of 123.

    Without it every process compiles again, and a layout of the sample takes 12 seconds of processor time, not 3. It
    also ignores declared types, so that nothing is compiled, or read from disk, before it is called; and `parallel`,
    which takes six more seconds to compile, saves a tenth of one for 200,000 documents, and makes the mean of all
    distances, and so the map, depend on the number of cores.
    tests/neighbors/test_layout.py fails when umap-learn caches by itself, and this can be removed.
    """
    give_numba_a_folder()
    import numba

    njit: Any = numba.njit

    def kept(*given: Any, **options: Any) -> Any:
        return njit(*filter(callable, given), **{**options, "cache": True, "parallel": False})

    numba.njit = kept
    try:
        import umap.umap_
    finally:
        numba.njit = njit
    return umap
