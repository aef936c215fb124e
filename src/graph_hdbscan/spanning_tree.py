"""The minimum spanning tree of mutual reachability distances, made unique by a canonical order of the edges."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from .checks import check_tree
from .graph import keyed_edges, reachability


def spanning_tree(
    indices: np.ndarray, distances: np.ndarray, min_samples: int = 3, distance: str = "euclidean"
) -> np.ndarray:
    """The spanning tree for HDBSCAN, from neighbour lists alone.

    A document's core distance is the distance to its `min_samples`-th nearest *other* document; the mutual reachability
    distance of two listed neighbours is the largest of their core distances and their distance (Campello, Moulavi &
    Sander 2013, definitions 1 and 2). Ties are decided by one canonical order of the edges: (mutual reachability,
    distance, smaller row, larger row). Duplicates are each joined to the first of them, and the components of the graph
    are joined, one to the next, at infinity.

    Parameters
    ----------
    indices : ndarray of int32, shape (n, k)
        Row numbers of the k nearest *other* documents, nearest first; -1 pads the end.
    distances : ndarray of float32, shape (n, k)
        The same in both directions of a pair; infinite where padded.
    min_samples : int
        Lowered to n - 1 among n documents; otherwise the lists must be at least as long.
    distance : {"euclidean", "squared"}

    Returns
    -------
    ndarray of float64, shape (n - 1, 3)
        From, to (row numbers, from < to) and mutual reachability distance, in canonical order.

    Raises
    ------
    BadArgument
        If the lists are shorter than `min_samples`, or an argument is out of range.
    BadDistance
        If a distance is negative or NaN.
    """
    check_tree(indices, distances, min_samples, distance)
    n = len(indices)
    edges = keyed_edges(indices, distances, min(min_samples, n - 1), distance)
    # Kruskal's algorithm after a stable sort (SciPy >= 1.11): equal keys keep their order in the matrix, which is by
    # smaller row, then larger row. tests/graph_hdbscan/test_spanning_tree.py checks this.
    forest = minimum_spanning_tree(edges, overwrite=True).tocoo()
    del edges
    order = np.argsort(forest.data, kind="stable")
    return joined(forest.row[order], forest.col[order], reachability(forest.data[order]), n)


def joined(start: np.ndarray, end: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """Join a forest of edges in canonical order to one tree, with duplicates as stars."""
    # Which duplicates list each other depends on the search. If each is joined to the first of them, they can't form
    # subclusters at distance 0, whose stability would be NaN.
    n_zeros = np.searchsorted(weights, 0, side="right")
    head = _head(start[:n_zeros], end[:n_zeros], n)
    others = np.flatnonzero(head != np.arange(n))
    others = others[np.argsort(head[others], kind="stable")]
    start[:n_zeros], end[:n_zeros] = head[others], others

    heads = np.flatnonzero(_head(start, end, n) == np.arange(n))
    joints = np.full(max(len(heads) - 1, 0), np.inf)
    return np.column_stack(
        (np.append(start, heads[:-1]), np.append(end, heads[1:]), np.append(weights, joints))
    ).astype(np.float64)


def _head(start: np.ndarray, end: np.ndarray, n: int) -> np.ndarray:
    """The smallest row of each row's component."""
    if not len(start):
        return np.arange(n)
    if len(start) == n - 1:  # a whole spanning tree
        return np.zeros(n, dtype=np.intp)
    graph = csr_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(n, n))
    n_components, component = connected_components(graph, directed=False)
    first = np.empty(n_components, dtype=np.intp)
    first[component[::-1]] = np.arange(n)[::-1]  # of several assignments to one position the last counts
    return first[component]
