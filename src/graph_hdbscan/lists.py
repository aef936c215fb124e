"""From neighbour lists to clusters, in four steps that can be called one by one, so that results can be reused.

One spanning tree serves for every `min_cluster_size`, one condensed tree for every way to select clusters from it. With
n documents and k neighbours the graph has at most n·k edges; the full matrix has n².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .checks import BadArgument, check_selection
from .graph import measured
from .hierarchy import condense, linkage, select
from .spanning_tree import spanning_tree

if TYPE_CHECKING:
    from hdbscan.plots import CondensedTree, SingleLinkageTree
    from scipy.sparse import sparray, spmatrix


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters, and the hierarchy they were selected from.

    Attributes
    ----------
    labels : ndarray of int32, shape (n,)
        -1 is noise, 0 the largest cluster, and so on by decreasing size; in a tie the one with the smallest row comes
        first.
    probabilities : ndarray of float32, shape (n,)
        How firmly each document belongs to its cluster, 0 to 1; 0 for noise.
    persistence : ndarray of float64, shape (n_clusters,)
        How long each cluster's documents stay in it, as a share of the largest density, 0 to 1: hdbscan's stability
        score, except in the cases listed in `graph_hdbscan.hierarchy.select`.
    spanning_tree : ndarray of float64, shape (n - 1, 3)
        From, to (row numbers, from < to) and mutual reachability distance, in canonical order; infinite between the
        graph's components.
    linkage : ndarray of float64, shape (n - 1, 4)
        The single-linkage hierarchy in SciPy's layout.
    tree : structured ndarray
        hdbscan's condensed tree: ``parent, child, lambda_val, child_size``.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    persistence: np.ndarray
    spanning_tree: np.ndarray
    linkage: np.ndarray
    tree: np.ndarray

    @property
    def n_clusters(self) -> int:
        return len(self.persistence)

    @property
    def noise_fraction(self) -> float:
        return float((self.labels < 0).mean()) if len(self.labels) else 0.0

    @property
    def condensed_tree(self) -> CondensedTree:
        """The condensed tree as hdbscan's object, with ``plot()`` and ``to_pandas()``."""
        from hdbscan.plots import CondensedTree

        return CondensedTree(self.tree, self.labels)

    @property
    def single_linkage_tree(self) -> SingleLinkageTree:
        """The hierarchy as hdbscan's object, with ``plot()``, ``to_pandas()`` and ``get_clusters()``."""
        from hdbscan.plots import SingleLinkageTree

        return SingleLinkageTree(self.linkage)


def cluster_lists(
    indices: np.ndarray,
    distances: np.ndarray,
    min_samples: int = 3,
    min_cluster_size: int = 3,
    distance: str = "euclidean",
    step_done: Callable[[], Any] = lambda: None,
    **selection: Any,
) -> Clusters:
    """Cluster documents by density, from their neighbour lists alone.

    Ties are decided by one canonical order of the edges: see `graph_hdbscan.spanning_tree.spanning_tree`. The clusters
    are hdbscan's, except in the cases listed in `graph_hdbscan.hierarchy.select`.

    Parameters
    ----------
    indices : ndarray of int32, shape (n, k)
        Row numbers of the k nearest *other* documents, nearest first; -1 pads the end.
    distances : ndarray of float32, shape (n, k)
        The same in both directions of a pair; infinite where padded.
    min_samples : int
        The number of neighbours that define a dense region. Lowered to n - 1 among n documents.
    min_cluster_size : int
        Smaller groups are no clusters; at least 2.
    distance : {"euclidean", "squared"}
        ``"squared"`` clusters on the squares of the distances.
    step_done : callable
        Called after each of the four steps.
    **selection
        `cluster_selection_method`, `cluster_selection_epsilon`, `max_cluster_size` and `allow_single_cluster`, as in
        `graph_hdbscan.hierarchy.select`.

    Raises
    ------
    BadArgument
        If an argument is out of range, or the lists are shorter than `min_samples`.
    BadDistance
        If a distance is negative or NaN.
    """
    check_selection(min_cluster_size, **selection)
    edges = spanning_tree(indices, distances, min_samples, distance)
    step_done()
    return cluster_tree(edges, len(indices), min_cluster_size, step_done, **selection)


def cluster_tree(
    edges: np.ndarray, n: int, min_cluster_size: int = 3, step_done: Callable[[], Any] = lambda: None, **selection: Any
) -> Clusters:
    """The clusters of `n` documents from a spanning tree whose edges ascend: the last three of the four steps."""
    merges = linkage(edges)
    step_done()
    tree = condense(merges, min_cluster_size)
    step_done()
    labels, probabilities, persistence = select(tree, n, min_cluster_size, **selection)
    step_done()
    return Clusters(labels, probabilities, persistence, edges, merges, tree)


def lists_of(graph: sparray | spmatrix) -> tuple[np.ndarray, np.ndarray]:
    """The neighbour lists in a sparse graph such as scikit-learn's `kneighbors_graph` with ``mode="distance"`` gives.

    Parameters
    ----------
    graph : sparse array or matrix, shape (n, n)
        In row i the distances from document i to its neighbours; an entry of i itself is left out. A stored zero is the
        distance of duplicates, an entry that is not stored is no edge. Rows may differ in length, and need not be
        symmetric. All are padded to the longest.

    Returns
    -------
    indices : ndarray of int32, shape (n, k)
        Nearest first, equal distances by smaller row; -1 pads the end.
    distances : ndarray of float32, shape (n, k)
        Infinite where padded.

    Raises
    ------
    BadArgument
        If the graph is not square.
    """
    graph, n = graph.tocoo(), graph.shape[0]
    if graph.shape != (n, n):
        raise BadArgument(
            f"The sparse graph has {n:,} rows and {graph.shape[1]:,} columns; a graph of neighbours has one of each "
            "per document. Give features as a dense array."
        )
    others = graph.row != graph.col
    rows, columns, lengths = graph.row[others], graph.col[others], measured(graph.data[others], "euclidean")
    order = np.lexsort((columns, lengths, rows))
    sizes = np.bincount(rows, minlength=n)
    at = rows[order], np.arange(len(rows)) - np.repeat(sizes.cumsum() - sizes, sizes)
    indices = np.full((n, sizes.max(initial=0)), -1, dtype=np.int32)
    distances = np.full(indices.shape, np.inf, dtype=np.float32)
    indices[at], distances[at] = columns[order], lengths[order]
    return indices, distances
