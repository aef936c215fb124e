"""The neighbour lists as one undirected graph, whose edges sort as single numbers.

An edge's key has the bits of two non-negative float32, mutual reachability above distance. Read as one float64 it sorts
by the first, then by the second, because non-negative IEEE 754 numbers sort like their bits. So one float64 per edge
replaces a sort of all edges.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

# abs also turns -0.0, whose sign bit would spoil the keys, into 0.0.
DISTANCES = {"euclidean": np.abs, "squared": np.square}
# The smallest normal double, as bits: added to a key, it distinguishes the key 0 from "no edge".
OFFSET = np.int64(1) << 52
BLOCK_ROWS = 2**14  # rows of the graph whose edges are computed at a time


def keyed_edges(indices: np.ndarray, distances: np.ndarray, min_samples: int, distance: str) -> csr_array:
    """The undirected union of the lists, above the diagonal.

    Parameters
    ----------
    indices : ndarray of int32, shape (n, k)
        -1 is padding.
    distances : ndarray of float32, shape (n, k)
    min_samples : int
        At most k.
    distance : {"euclidean", "squared"}

    Returns
    -------
    csr_array of float64, shape (n, n)
        Keys: see `reachability`.
    """
    n = len(indices)
    if n < 2:
        return csr_array((n, n))
    core = measured(distances[:, min_samples - 1], distance)
    own = np.arange(n, dtype=np.int32)[:, None]
    from_larger = _lists(indices, distances, distance, (indices >= 0) & (indices < own), n).T.tocsr()
    # Block by block, so that each block stays in the processor's cache and needs no new memory from the system.
    most = indices.size
    keys, columns, ends = np.empty(most), np.empty(most, dtype=np.int32), np.zeros(n + 1, dtype=np.int32)
    for start in range(0, n, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        from_smaller = _lists(indices[rows], distances[rows], distance, indices[rows] > own[rows], n)
        from_smaller.sort_indices()
        edges = from_smaller.maximum(from_larger[rows])
        raw = edges.data - 1  # see _lists
        weights = np.repeat(core[rows], np.diff(edges.indptr))
        np.maximum(weights, core[edges.indices], out=weights)
        np.maximum(weights, raw.view(np.float32), out=weights)
        places = slice(ends[start], ends[start] + edges.nnz)
        key = keys[places].view(np.int64)
        key[:] = weights.view(np.int32)
        key <<= 32
        key |= raw
        key += OFFSET
        columns[places] = edges.indices
        ends[start + 1 : start + len(edges.indptr)] = ends[start] + edges.indptr[1:]
    return csr_array((keys[: ends[-1]], columns[: ends[-1]], ends), shape=(n, n))


def reachability(keys: np.ndarray) -> np.ndarray:
    """The mutual reachability distances, float32, in the keys of `keyed_edges`."""
    return ((keys.view(np.int64) - OFFSET) >> 32).astype(np.int32).view(np.float32)


def measured(distances: np.ndarray, distance: str) -> np.ndarray:
    """The lists' distances for clustering: unchanged, or squared; float32."""
    with np.errstate(over="ignore"):
        return DISTANCES[distance](distances, dtype=np.float32)


def _lists(indices: np.ndarray, distances: np.ndarray, distance: str, where: np.ndarray, n: int) -> csr_array:
    # Distances are stored as bits + 1, because in a sparse matrix 0, the distance of duplicates, means "no edge".
    bits = measured(distances[where], distance).view(np.int32)
    bits += 1
    ends = np.append(np.int32(0), where.sum(axis=1).cumsum(dtype=np.int32))
    return csr_array((bits, indices[where], ends), shape=(len(indices), n))
