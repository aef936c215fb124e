"""HDBSCAN (Campello, Moulavi & Sander 2013) of documents, from the lists of their nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from graph_hdbscan.checks import BadArgument, BadDistance, check_selection, check_whole
from graph_hdbscan.hierarchy import select
from graph_hdbscan.lists import Clusters, cluster_tree
from graph_hdbscan.spanning_tree import spanning_tree

from ..errors import InputError, ParameterError
from ..neighbors.shared import share_neighbors
from ..stages import stage

if TYPE_CHECKING:
    from ..neighbors.neighbors import Neighbors


@dataclass(frozen=True, eq=False)
class Clustering(Clusters):
    """The clusters of a corpus and the hierarchy they were selected from.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids; row i of the arrays of `graph_hdbscan.lists.Clusters` is document ``ids[i]``.
    parameters : dict
        What made it: the arguments of `cluster`, and `k` as the lists allowed it.
    n_of_copies : int
        The number of clusters, counted from the last, that consist of near-copies alone; the tree does not hold them.
    """

    ids: np.ndarray
    parameters: dict[str, Any] = field(default_factory=dict)
    n_of_copies: int = 0

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
    distance_floor: float = 0.0,
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
    distance_floor : float
        No edge of the spanning tree is shorter than this, in units of `distance`. So almost identical texts are no
        denser than different texts about one event.

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
    parameters = {**locals()}
    del parameters["neighbors"]
    selection = {name: parameters[name] for name in SELECTION}
    with in_our_words(), tqdm(total=4, desc="clustering", unit="step", delay=2, leave=False) as bar:
        check_selection(min_cluster_size, **selection)
        if k is not None:
            check_whole("k", k, 0)
        parameters["k"] = neighbors.usable(neighbors.k if k is None else k)
        lists = share_neighbors(neighbors if k is None else neighbors.head(k), shared_neighbors)
        edges = tree_of(lists, min_samples, distance, distance_floor)
        bar.update()
        found = cluster_tree(edges, len(neighbors.documents), min_cluster_size, bar.update, **selection)
    return Clustering(**vars(found), ids=neighbors.documents, parameters=parameters)


def tree_of(lists: Neighbors, min_samples: int, distance: str, distance_floor: float) -> np.ndarray:
    """The spanning tree of all documents, no edge of which is shorter than `distance_floor`."""
    edges = spanning_tree(lists.indices, lists.distances, min_samples, distance)
    np.maximum(edges[:, 2], distance_floor, out=edges[:, 2])
    return lists.whole_tree(edges)


#: The arguments of `cluster` that make a clustering, and those of them that select clusters from a hierarchy.
CLUSTERING = tuple(signature(cluster).parameters)[1:]
SELECTION = tuple(signature(select).parameters)[3:]


@contextmanager
def in_our_words() -> Iterator[None]:
    """Tell what the core refuses as one of newsclust's own errors."""
    try:
        yield
    except BadArgument as error:
        raise ParameterError(str(error)) from None
    except BadDistance as error:
        raise InputError(str(error)) from None
