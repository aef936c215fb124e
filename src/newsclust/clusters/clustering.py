"""HDBSCAN (Campello, Moulavi & Sander 2013) on the graph of nearest neighbours.

The graph is all it needs: of n documents and k neighbours it makes at most n·k edges, where the full matrix has n².
SciPy finds the spanning tree; hdbscan condenses the hierarchy and selects the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from tqdm.auto import tqdm

from ..errors import NewsclustError
from ..stages import stage

if TYPE_CHECKING:
    from hdbscan.plots import CondensedTree, SingleLinkageTree

    from .neighbors import Neighbors

# abs also turns -0.0, whose sign bit would upset `_edges`, into 0.0.
DISTANCES = {"euclidean": np.abs, "squared": np.square}
# The smallest normal double, as bits: added to a key, it keeps the key 0 apart from "no edge".
OFFSET = np.int64(1) << 52
BLOCK_ROWS = 2**14  # rows of the graph whose edges are made at a time


@dataclass(frozen=True, eq=False)
class Clustering:
    """The clusters of a corpus and the hierarchy they were selected from.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids; row i is document ``ids[i]`` everywhere below.
    labels : ndarray of int32, shape (n,)
        -1 is noise, 0 the largest cluster, and so on by falling size; of equally large ones the one with the smallest
        id comes first.
    probabilities : ndarray of float32, shape (n,)
        How firmly each document belongs to its cluster, 0 to 1; 0 for noise.
    persistence : ndarray of float64, shape (n_clusters,)
        hdbscan's stability score of each cluster, 0 to 1.
    spanning_tree : ndarray of float64, shape (n - 1, 3)
        From, to (row numbers, from < to) and mutual reachability distance, in canonical order; infinite where the
        graph's components are joined.
    linkage : ndarray of float64, shape (n - 1, 4)
        The single-linkage hierarchy in SciPy's layout.
    tree : structured ndarray
        hdbscan's condensed tree: ``parent, child, lambda_val, child_size``.
    """

    ids: np.ndarray
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

    def __repr__(self) -> str:
        return f"{self.n_clusters:,} clusters of {len(self.ids):,} documents; {self.noise_fraction:.1%} are noise."


@stage("cluster")
def cluster(
    neighbors: Neighbors,
    min_samples: int = 3,
    min_cluster_size: int = 3,
    distance: str = "euclidean",
    cluster_selection_method: str = "eom",
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int = 0,
    allow_single_cluster: bool = False,
) -> Clustering:
    """Cluster documents by density, from their neighbour lists alone.

    A document's core distance is the distance to its `min_samples`-th nearest *other* document; the mutual
    reachability distance of two listed neighbours is the largest of their core distances and their distance
    (Campello et al. 2013, definitions 1 and 2). Ties are decided by one canonical order of the edges: (mutual
    reachability, distance, smaller row, larger row). So the clusters depend on the documents alone, whatever the
    order they came in, and do not change with k once the lists hold all edges of the spanning tree.

    Parameters
    ----------
    neighbors : Neighbors
        Lists of at least `min_samples` neighbours, the same distance in both directions of a pair.
    min_samples : int
        The number of neighbours that make a place dense. Among n documents at most n - 1, and lowered to that.
    min_cluster_size : int
        Smaller groups are no clusters; at least 2.
    distance : {"euclidean", "squared"}
        ``"squared"`` clusters on squared distances, as Milvus returns them for its metric L2.
    cluster_selection_method : {"eom", "leaf"}
        The most stable clusters of the hierarchy ("excess of mass"), or its finest.
    cluster_selection_epsilon : float
        Clusters do not split below this distance (Malzer & Baum 2020), in units of `distance`; 0 is no limit.
    max_cluster_size : int
        ``"eom"`` selects no larger clusters; 0 is no limit.
    allow_single_cluster : bool
        Whether the whole corpus may be selected as one cluster; hdbscan then keeps the documents that are denser
        than `cluster_selection_epsilon` asks for or, where that is 0, the densest alone.

    Returns
    -------
    Clustering

    Raises
    ------
    NewsclustError
        If a parameter is out of range, the lists are shorter than `min_samples`, or a distance is negative or NaN.
    """
    n, k = neighbors.indices.shape
    selection = {
        "cluster_selection_method": cluster_selection_method,
        "cluster_selection_epsilon": cluster_selection_epsilon,
        "max_cluster_size": max_cluster_size,
        "allow_single_cluster": allow_single_cluster and n >= min_cluster_size,
    }
    _check(n, k, min_samples, min_cluster_size, distance, selection)
    _check_distances(neighbors.distances)
    with tqdm(total=5, desc="clustering", unit="step", delay=2, leave=False) as bar:
        edges = _edges(neighbors.indices, neighbors.distances, distance, min(min_samples, n - 1))
        bar.update()
        spanning_tree = _spanning_tree(edges)
        del edges
        bar.update()
        linkage = _linkage(spanning_tree)
        bar.update()
        tree = _condensed(linkage, min_cluster_size)
        bar.update()
        labels, probabilities, persistence = _by_size(*_clusters(tree, n, selection))
        bar.update()
    return Clustering(neighbors.ids, labels, probabilities, persistence, spanning_tree, linkage, tree)


def _check(n: int, k: int, min_samples: int, min_cluster_size: int, distance: str, selection: dict[str, Any]) -> None:
    method, epsilon = selection["cluster_selection_method"], selection["cluster_selection_epsilon"]
    wrong = {
        f"min_samples is {min_samples}; it must be at least 1.": min_samples < 1,
        f"min_samples is {min_samples}, but the lists hold {k} neighbours per document; search with "
        f"k = {min_samples} or more, or lower min_samples.": min(min_samples, n - 1) > k,
        f"min_cluster_size is {min_cluster_size}; it must be at least 2.": min_cluster_size < 2,
        f"distance is {distance!r}; it can be 'euclidean' or 'squared'.": distance not in DISTANCES,
        f"cluster_selection_method is {method!r}; it can be 'eom' or 'leaf'.": method not in ("eom", "leaf"),
        f"cluster_selection_epsilon is {epsilon}; it must be a distance, 0 or larger.": not 0 <= epsilon < np.inf,
        f"max_cluster_size is {selection['max_cluster_size']}; it must be 0 (no limit) or larger.": (
            selection["max_cluster_size"] < 0
        ),
    }
    for message, is_so in wrong.items():
        if is_so:
            raise NewsclustError(message)


def _check_distances(distances: np.ndarray) -> None:
    if distances.size and not distances.min() >= 0:  # of numbers with a NaN among them the minimum is NaN
        row, column = np.argwhere(~(distances >= 0))[0]
        raise NewsclustError(
            f"The distance in row {row}, column {column} of the neighbour lists is {distances[row, column]}; "
            "distances must be numbers that are not negative."
        )


def _edges(indices: np.ndarray, distances: np.ndarray, distance: str, min_samples: int) -> csr_array:
    """The undirected union of the lists, above the diagonal, as float64 keys that sort as the edges should.

    A key holds the bits of two non-negative float32, mutual reachability above distance. Read as one float64 they
    sort by the first, then by the second: IEEE 754 numbers that are not negative order like their bits.
    """
    n = len(indices)
    if n < 2:
        return csr_array((n, n))
    core = _measured(distances[:, min_samples - 1], distance)
    own = np.arange(n, dtype=np.int32)[:, None]
    from_larger = _lists(indices, distances, distance, (indices >= 0) & (indices < own), n).T.tocsr()
    # Block by block: what that takes stays in the processor's cache, and the system need not find memory for it.
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


def _measured(distances: np.ndarray, distance: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        return DISTANCES[distance](distances, dtype=np.float32)


def _lists(indices: np.ndarray, distances: np.ndarray, distance: str, where: np.ndarray, n: int) -> csr_array:
    # Distances travel as bits + 1, because a sparse matrix takes 0, the distance of duplicates, for "no edge".
    bits = _measured(distances[where], distance).view(np.int32)
    bits += 1
    ends = np.append(np.int32(0), where.sum(axis=1).cumsum(dtype=np.int32))
    return csr_array((bits, indices[where], ends), shape=(len(indices), n))


def _spanning_tree(edges: csr_array) -> np.ndarray:
    """The one minimum spanning tree that the canonical order allows; `edges` is used up."""
    n = edges.shape[0]
    # Kruskal's algorithm after a stable sort (SciPy >= 1.11): equal keys keep their order in the matrix, which is
    # by smaller row, then larger row. tests/test_clustering.py holds SciPy to it.
    forest = minimum_spanning_tree(edges, overwrite=True).tocoo()
    order = np.argsort(forest.data, kind="stable")
    start, end = forest.row[order], forest.col[order]
    weights = ((forest.data[order].view(np.int64) - OFFSET) >> 32).astype(np.int32).view(np.float32)

    # Which duplicates know each other depends on the search. Hung on the first of them one by one they can't form
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
    first[component[::-1]] = np.arange(n)[::-1]  # of many assignments to one place the last counts
    return first[component]


def _clusters(tree: np.ndarray, n: int, selection: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities and persistence as hdbscan's `get_clusters` gives them, in a fraction of the time.

    One thing differs: a document that meets others at infinity alone is noise.
    """
    if not len(tree):
        return np.full(n, -1), np.zeros(n), np.empty(0)
    parent, density = tree["parent"] - n, tree["lambda_val"]  # the nodes are numbered from the root, 0
    is_document = tree["child"] < n
    branches = tree[~is_document]
    birth, death = np.zeros((2, parent.max() + 1))
    birth[branches["child"] - n] = branches["lambda_val"]
    np.maximum.at(death, parent, density)
    stability = np.bincount(parent, (density - birth[parent]) * tree["child_size"])
    node_labels, stability = _node_labels(branches, stability, n, selection)

    documents, density = tree["child"][is_document], density[is_document]
    labels = np.full(n, -1)
    labels[documents] = node_labels[parent[is_document]]
    threshold = np.nextafter(0, 1)
    if node_labels[0] == 0:  # the root is the only cluster: hdbscan cuts it at epsilon or at its densest documents
        epsilon = selection["cluster_selection_epsilon"]
        threshold = max(threshold, 1 / epsilon if epsilon else death[0])
    labels[documents[density < threshold]] = -1

    found, top = np.unique(node_labels, return_index=True)  # a node is numbered lower than those below it
    top = top[found >= 0]
    inside = labels[documents] >= 0
    documents, density = documents[inside], density[inside]
    peak = death[top][labels[documents]]
    partial = np.isfinite(density) & (peak > 0)
    probabilities = np.zeros(n)
    probabilities[documents] = 1.0
    probabilities[documents[partial]] = np.minimum(density, peak)[partial] / peak[partial]

    sizes = np.bincount(labels[documents], minlength=len(top))
    persistence = np.ones(len(top))
    if 0 < death.max() < np.inf:
        np.divide(stability[top], sizes * death.max(), out=persistence, where=sizes > 0)
    return labels, probabilities, persistence


def _node_labels(
    branches: np.ndarray, stability: np.ndarray, n: int, selection: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """The label of the documents on each node of the tree, and the nodes' stability after hdbscan's selection.

    hdbscan sees the branches alone, with one stand-in on each node for its documents.
    """
    n_nodes = len(stability)
    small = np.empty(len(branches) + n_nodes, dtype=branches.dtype)
    small[: len(branches)] = branches
    small["parent"][len(branches) :] = np.arange(n, n + n_nodes)
    small["child"][len(branches) :] = np.arange(n, n + n_nodes) - n_nodes
    small["lambda_val"][len(branches) :] = np.inf
    small["child_size"][len(branches) :] = 1
    small["parent"] += n_nodes - n
    small["child"] += n_nodes - n
    # hdbscan divides by these, and components joined at infinity have 0.
    small["lambda_val"] = np.maximum(small["lambda_val"], np.finfo(float).tiny)
    scores = dict(enumerate(stability.tolist(), start=n_nodes))
    limit = selection["max_cluster_size"] or n + 1  # hdbscan's own "no limit" would count the stand-ins
    labels = _select(small, scores, **selection | {"max_cluster_size": limit})
    return labels, np.array([scores[node] for node in range(n_nodes, 2 * n_nodes)])


def _by_size(
    labels: np.ndarray, probabilities: np.ndarray, persistence: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    found, first, sizes = (values[found >= 0] for values in (found, first, sizes))
    order = found[np.lexsort((first, -sizes))]
    renumbered = np.full(len(persistence) + 1, -1, dtype=np.int32)  # the last, which -1 points to, stays -1
    renumbered[order] = np.arange(len(order))
    return renumbered[labels], probabilities.astype(np.float32), persistence[order]


# What follows is borrowed from private modules; nothing else here is. tests/test_clustering.py watches it.


def _linkage(spanning_tree: np.ndarray) -> np.ndarray:
    """scikit-learn's copy of hdbscan's `label`: the same result, typed throughout, tens of times faster."""
    from sklearn.cluster._hierarchical_fast import single_linkage_label

    return single_linkage_label(spanning_tree) if len(spanning_tree) else np.empty((0, 4))


def _condensed(linkage: np.ndarray, min_cluster_size: int) -> np.ndarray:
    from hdbscan._hdbscan_tree import condense_tree

    return condense_tree(linkage, min_cluster_size)


def _select(tree: np.ndarray, stability: dict[int, float], **selection: Any) -> np.ndarray:
    from hdbscan._hdbscan_tree import get_clusters

    return get_clusters(tree, stability, **selection)[0]
