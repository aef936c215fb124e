"""HDBSCAN (Campello, Moulavi & Sander 2013) on the graph of nearest neighbours.

The graph is all it needs: of n documents and k neighbours it makes at most n·k edges, where the full matrix has n².
The steps can be taken one by one, and each result used again: one spanning tree per `min_samples`, one condensed tree
per `min_cluster_size`, one selection per kind of cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from graph_hdbscan.hierarchy import condense, linkage, select
from graph_hdbscan.spanning_tree import spanning_tree

from ..errors import ParameterError
from ..neighbors.shared import share_neighbors
from ..stages import stage

if TYPE_CHECKING:
    from hdbscan.plots import CondensedTree, SingleLinkageTree

    from ..neighbors.neighbors import Neighbors


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
        How long each cluster's documents stay in it, as a share of the largest density, 0 to 1: hdbscan's stability
        score, but for the cases that `graph_hdbscan.hierarchy.select` names.
    spanning_tree : ndarray of float64, shape (n - 1, 3)
        From, to (row numbers, from < to) and mutual reachability distance, in canonical order; infinite where the
        graph's components are joined.
    linkage : ndarray of float64, shape (n - 1, 4)
        The single-linkage hierarchy in SciPy's layout.
    tree : structured ndarray
        hdbscan's condensed tree: ``parent, child, lambda_val, child_size``.
    parameters : dict
        What made it: the arguments of `cluster`, and `k` as the lists allowed it.
    """

    ids: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    persistence: np.ndarray
    spanning_tree: np.ndarray
    linkage: np.ndarray
    tree: np.ndarray
    parameters: dict[str, Any] = field(default_factory=dict)

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
    k: int | None = None,
    min_samples: int = 3,
    min_cluster_size: int = 3,
    distance: str = "euclidean",
    cluster_selection_method: str = "eom",
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int = 0,
    allow_single_cluster: bool = False,
    shared_neighbors: float = 0.0,
) -> Clustering:
    """Cluster documents by density, from their neighbour lists alone.

    Ties are decided by one canonical order of the edges: see `graph_hdbscan.spanning_tree.spanning_tree`. So the
    clusters depend on the documents alone, whatever the order they came in, and do not change with k once the lists
    hold all edges of the spanning tree. They are hdbscan's clusters, but for the cases that
    `graph_hdbscan.hierarchy.select` names, in which hdbscan does not keep what its parameters promise.

    Parameters
    ----------
    neighbors : Neighbors
        Lists of at least `min_samples` neighbours, the same distance in both directions of a pair.
    k : int, optional
        How many neighbours of each document make the graph, the nearest first; by default all that the lists hold.
    min_samples : int
        The number of neighbours that make a place dense. Among n documents at most n - 1, and lowered to that.
    min_cluster_size : int
        Smaller groups are no clusters; at least 2.
    distance : {"euclidean", "squared"}
        ``"squared"`` clusters on squared distances, as Milvus returns them for its metric L2.
    cluster_selection_method : {"eom", "leaf"}
        The most stable clusters of the hierarchy ("excess of mass"), or its finest.
    cluster_selection_epsilon : float
        Clusters do not split below this distance (Malzer & Baum 2020), in units of `distance`, unless
        `max_cluster_size` asks for it; 0 is no limit.
    max_cluster_size : int
        No cluster is larger, whatever the method and the epsilon (hdbscan's can be); 0 is no limit.
    allow_single_cluster : bool
        Whether the whole corpus may be selected as one cluster, of which, as in hdbscan, the documents remain that
        are as dense as `cluster_selection_epsilon` asks for or, where that is 0, the densest alone.
    shared_neighbors : float
        How much it counts that two documents have near neighbours in common, 0 to 1: their distance is measured anew by
        `newsclust.neighbors.shared.share_neighbors`, for the clusters alone. 0 leaves it as it is.

    Returns
    -------
    Clustering

    Raises
    ------
    ParameterError
        If a parameter is out of range, or the lists are shorter than `min_samples`.
    InputError
        If a distance is negative or NaN.
    """
    parameters = {
        "k": neighbors.k if k is None else k,
        "min_samples": min_samples,
        "min_cluster_size": min_cluster_size,
        "distance": distance,
        "cluster_selection_method": cluster_selection_method,
        "cluster_selection_epsilon": cluster_selection_epsilon,
        "max_cluster_size": max_cluster_size,
        "allow_single_cluster": allow_single_cluster,
        "shared_neighbors": shared_neighbors,
    }
    _check(**parameters)
    parameters["k"] = neighbors.usable(parameters["k"])
    if k is not None:
        neighbors = neighbors.head(k)
    with tqdm(total=4, desc="clustering", unit="step", delay=2, leave=False) as bar:
        tree = spanning_tree(share_neighbors(neighbors, shared_neighbors), min_samples, distance)
        bar.update()
        merges = linkage(tree)
        bar.update()
        condensed = condense(merges, min_cluster_size)
        bar.update()
        labels, probabilities, persistence = select(
            condensed,
            len(neighbors.ids),
            min_cluster_size,
            cluster_selection_method,
            cluster_selection_epsilon,
            max_cluster_size,
            allow_single_cluster,
        )
        bar.update()
    return Clustering(neighbors.ids, labels, probabilities, persistence, tree, merges, condensed, parameters)


def _check(
    k: int,
    min_samples: int,
    min_cluster_size: int,
    distance: str,
    cluster_selection_method: str,
    cluster_selection_epsilon: float,
    max_cluster_size: int,
    allow_single_cluster: bool,
    shared_neighbors: float,
) -> None:
    """What `spanning_tree` and `share_neighbors` do not check themselves."""
    counts = {
        "k": (k, 0),
        "min_samples": (min_samples, 1),
        "min_cluster_size": (min_cluster_size, 2),
        "max_cluster_size": (max_cluster_size, 0),
    }
    for name, (value, least) in counts.items():
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise ParameterError(f"{name} is {value!r}; it must be a whole number, {least} or larger.")
        if value < least:
            raise ParameterError(f"{name} is {value}; it must be at least {least}.")
    if 0 < max_cluster_size < min_cluster_size:
        raise ParameterError(
            f"max_cluster_size is {max_cluster_size} and min_cluster_size is {min_cluster_size}, so no cluster is "
            f"possible; raise max_cluster_size to at least {min_cluster_size}, or set it to 0 (no limit)."
        )
    method, epsilon = cluster_selection_method, cluster_selection_epsilon
    if method not in ("eom", "leaf"):
        raise ParameterError(f"cluster_selection_method is {method!r}; it can be 'eom' or 'leaf'.")
    if not isinstance(epsilon, Real) or not 0 <= epsilon < np.inf:
        raise ParameterError(f"cluster_selection_epsilon is {epsilon!r}; it must be a distance, 0 or larger.")
    if not isinstance(allow_single_cluster, (bool, np.bool_)):
        raise ParameterError(f"allow_single_cluster is {allow_single_cluster!r}; it can be True or False.")
