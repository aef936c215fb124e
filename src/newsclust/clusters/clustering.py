"""HDBSCAN (Campello, Moulavi & Sander 2013) of documents, from the lists of their nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from graph_hdbscan.checks import BadArgument, BadDistance, check_selection, check_whole
from graph_hdbscan.hierarchy import select
from graph_hdbscan.lists import Clusters, cluster_tree
from graph_hdbscan.spanning_tree import spanning_tree

from ..errors import InputError, ParameterError
from ..neighbors.neighbors import Neighbors
from ..neighbors.shared import share_neighbors
from ..stages import stage


@dataclass(frozen=True, eq=False)
class Clustering(Clusters):
    """The clusters of a corpus and the hierarchy they were selected from.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids; row i of the arrays of `graph_hdbscan.lists.Clusters` is document ``ids[i]``.
    parameters : dict
        The arguments of `cluster`, with `k` as the lists allowed it.
    n_of_copies : int
        The number of clusters, counted from the last, that consist of near-copies alone; they are not in the tree.
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
    clusters depend on the documents alone, not on their order, and do not change with k once the lists have all edges
    of the spanning tree. They are hdbscan's clusters, except in the cases listed in `graph_hdbscan.hierarchy.select`,
    in which hdbscan does not do what its parameters promise.

    Parameters
    ----------
    neighbors : Neighbors
        Lists of at least `min_samples` neighbours, the same distance in both directions of a pair.
    k : int, optional
        How many of each document's nearest neighbours are in the graph; by default all of the lists.
    min_samples : int
        The number of neighbours that define a dense region. Lowered to n - 1 among n documents.
    min_cluster_size : int
        Smaller groups are no clusters; at least 2.
    distance : {"euclidean", "squared"}
        ``"squared"`` clusters on squared distances, as Milvus returns them for its metric L2.
    cluster_selection_method : {"eom", "leaf"}
        The most stable clusters of the hierarchy ("excess of mass"), or its finest.
    cluster_selection_epsilon : float
        Clusters do not split below this distance (Malzer & Baum 2020), in units of `distance`, unless
        `max_cluster_size` requires it; 0 is no limit.
    max_cluster_size : int
        No cluster is larger, whatever the method and the epsilon (hdbscan's can be); 0 is no limit.
    allow_single_cluster : bool
        Whether the whole corpus may be selected as one cluster. As in hdbscan, only its documents that are as dense as
        `cluster_selection_epsilon` requires stay in it or, if that is 0, only the densest.
    shared_neighbors : float
        How much common near neighbours of two documents count, 0 to 1: their distance is measured again by
        `newsclust.neighbors.shared.share_neighbors`, for the clusters alone. 0 does not change it.
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
    """The spanning tree of all documents, without edges shorter than `distance_floor`."""
    edges = spanning_tree(lists.indices, lists.distances, min_samples, distance)
    np.maximum(edges[:, 2], distance_floor, out=edges[:, 2])
    return lists.whole_tree(edges)


#: The parameters of `cluster`, and those of them that select clusters from a hierarchy.
CLUSTERING = tuple(signature(cluster).parameters)[1:]
SELECTION = tuple(signature(select).parameters)[3:]


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn the core's errors into newsclust's own."""
    try:
        yield
    except BadArgument as error:
        raise ParameterError(str(error)) from None
    except BadDistance as error:
        raise InputError(str(error)) from None
