"""HDBSCAN on a graph of neighbours as a scikit-learn estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import kneighbors_graph
from sklearn.utils.validation import check_is_fitted, validate_data

from .lists import cluster_lists, lists_of

if TYPE_CHECKING:
    from hdbscan.plots import CondensedTree, SingleLinkageTree


class GraphHDBSCAN(ClusterMixin, BaseEstimator):
    """HDBSCAN (Campello, Moulavi & Sander 2013) from a graph of nearest neighbours.

    The clusters are those of `hdbscan.HDBSCAN`, except in the cases listed in `graph_hdbscan.hierarchy.select`, if the
    graph has all edges of the full matrix's spanning tree.

    Parameters
    ----------
    min_samples : int
        The number of *other* points that define a dense region: at most as many as the graph lists for each point.
    min_cluster_size : int
        Smaller groups are no clusters; at least 2.
    cluster_selection_method, cluster_selection_epsilon, max_cluster_size, allow_single_cluster
        As in `graph_hdbscan.hierarchy.select`.
    n_neighbors : int
        How many neighbours of each point the graph has, if `fit` gets features.
    metric : str or callable
        The distance of features, as in `sklearn.neighbors.NearestNeighbors`.

    Attributes
    ----------
    labels_ : ndarray of int32, shape (n_samples,)
        -1 is noise, 0 the largest cluster, and so on by decreasing size.
    probabilities_ : ndarray of float32, shape (n_samples,)
        How firmly each point belongs to its cluster; 0 for noise.
    cluster_persistence_ : ndarray of float64, shape (n_clusters,)
        How long each cluster's points stay in it, 0 to 1.
    n_features_in_ : int
        The number of features, or of points in a graph.
    """

    def __init__(
        self,
        min_samples: int = 3,
        min_cluster_size: int = 3,
        cluster_selection_method: str = "eom",
        cluster_selection_epsilon: float = 0.0,
        max_cluster_size: int = 0,
        allow_single_cluster: bool = False,
        n_neighbors: int = 50,
        metric: Any = "euclidean",
    ):
        self.min_samples = min_samples
        self.min_cluster_size = min_cluster_size
        self.cluster_selection_method = cluster_selection_method
        self.cluster_selection_epsilon = cluster_selection_epsilon
        self.max_cluster_size = max_cluster_size
        self.allow_single_cluster = allow_single_cluster
        self.n_neighbors = n_neighbors
        self.metric = metric

    def fit(self, X: Any, y: Any = None) -> GraphHDBSCAN:
        """Cluster the points of a graph, or of features.

        Parameters
        ----------
        X : sparse array or matrix of shape (n_samples, n_samples), or array of shape (n_samples, n_features)
            A graph as `sklearn.neighbors.kneighbors_graph` gives it with ``mode="distance"`` (see
            `graph_hdbscan.lists.lists_of`), or features, from which the graph is made.
        y : ignored
        """
        X = validate_data(self, X, accept_sparse=True, ensure_all_finite=not issparse(X), ensure_min_samples=2)
        if not issparse(X):
            X = kneighbors_graph(X, min(self.n_neighbors, len(X) - 1), mode="distance", metric=self.metric)
        given = self.get_params()
        del given["n_neighbors"], given["metric"]
        self._clusters = cluster_lists(*lists_of(X), **given)
        self.labels_ = self._clusters.labels
        self.probabilities_ = self._clusters.probabilities
        self.cluster_persistence_ = self._clusters.persistence
        return self

    @property
    def condensed_tree_(self) -> CondensedTree:
        """The condensed tree as hdbscan's object, with ``plot()``, ``to_numpy()`` and ``to_pandas()``."""
        check_is_fitted(self)
        return self._clusters.condensed_tree

    @property
    def single_linkage_tree_(self) -> SingleLinkageTree:
        """The hierarchy as hdbscan's object, with ``plot()``, ``to_numpy()`` and ``get_clusters()``."""
        check_is_fitted(self)
        return self._clusters.single_linkage_tree
