"""Numbers that compare runs: agreement with known stories, validity without them, and stability.

Every function returns plain numbers fit for JSON; `None` means that a number is not defined. When two groupings are
compared, a document in no group (noise or a one-off) is a group of its own: counted as one group, these would reward a
method that lumps them together.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..clusters.clustering import Clustering, cluster
from ..errors import InputError
from ..neighbors.neighbors import Neighbors

#: Limits: DBCV compares all clustered documents and all pairs of clusters, the silhouette all clustered documents.
VALIDITY_DOCUMENTS = 5_000
DBCV_CLUSTERS = 300
#: Values of a truth column, in any case, for a document that belongs to no story.
ONE_OFF = frozenset({"one-off", "noise", "-1", "-1.0"})


def agreement(labels: np.ndarray, truth: Any) -> dict[str, float | int | None]:
    """Compare clusters with known stories, over all rows whose story is known.

    A row of noise is a cluster of its own, and a one-off (see `ONE_OFF`) a story of its own: so a one-off left as noise
    is right, one put into a story costs precision, and a story's row left as noise costs recall.

    B-cubed is the mean over rows: precision is the share of the row's cluster that has the row's story,
    recall the share of its story that is in its cluster, and F1 their harmonic mean (E. Amigó, J. Gonzalo, J.
    Artiles and F. Verdejo 2009, *A comparison of extrinsic clustering evaluation metrics based on formal
    constraints*, Information Retrieval 12, 461-486). The others are scikit-learn's.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Cluster of each row; -1 is noise.
    truth : array or Series, shape (n,)
        Story of each row, of any type. Blank or missing values are unknown, and left out.

    Returns
    -------
    dict
        `ami`, `ari` (at most 1, 0 by chance), `v_measure`, `b_cubed_precision`, `b_cubed_recall`, `b_cubed_f1` (0 to
        1), None without any known story; `n_truth`, the rows that were compared.

    Raises
    ------
    InputError
        If the two differ in length.
    """
    from sklearn.metrics import adjusted_rand_score, v_measure_score
    from sklearn.metrics.cluster import contingency_matrix

    labels, truth = np.asarray(labels), pd.Series(np.asarray(truth, dtype=object))
    if len(labels) != len(truth):
        raise InputError(f"truth has {len(truth)} rows and labels has {len(labels)}: give a story for every row.")
    stories = truth.astype(str).str.strip()
    known = (truth.notna() & stories.ne("")).to_numpy(bool)
    stories, labels = stories[known], labels[known]
    if not len(labels):
        return dict.fromkeys(("ami", "ari", "v_measure", "b_cubed_precision", "b_cubed_recall", "b_cubed_f1")) | {
            "n_truth": 0
        }
    one_off = stories.str.lower().isin(ONE_OFF)
    stories, labels = _alone(np.where(one_off, -1, pd.factorize(stories)[0])), _alone(labels)
    together = contingency_matrix(stories, labels, sparse=True, dtype=np.int64)
    squares = together.astype(np.float64).power(2)
    precision = float((squares.sum(axis=0) / together.sum(axis=0)).sum() / len(labels))
    recall = float((squares.sum(axis=1) / together.sum(axis=1)).sum() / len(labels))
    return {
        "ami": _adjusted_mutual_info(together),
        "ari": _number(adjusted_rand_score(stories, labels)),
        "v_measure": _number(v_measure_score(stories, labels)),
        "b_cubed_precision": precision,
        "b_cubed_recall": recall,
        "b_cubed_f1": 2 * precision * recall / (precision + recall),
        "n_truth": len(labels),
    }


def validity(vectors: np.ndarray, clustering: Clustering) -> dict[str, float | int | None]:
    """Judge a clustering by itself, without known stories.

    Parameters
    ----------
    vectors : ndarray, shape (n, dim)
        The documents' embeddings.
    clustering : Clustering
        Its `labels`, `persistence` and `spanning_tree` are read.

    Returns
    -------
    dict
        `dbcv`
            Density-based cluster validity, -1 to 1: hdbscan's `validity_index`. None with one cluster (there is nothing
            to separate it from), with a cluster of one document, if hdbscan finds no value (clusters of equal vectors,
            distances too large for a float), and beyond `VALIDITY_DOCUMENTS` clustered documents or `DBCV_CLUSTERS`
            clusters.
        `relative_validity`
            A fast approximation of it, -1 to 1, only for comparing runs on one corpus: see `relative_validity`.
        `persistence`
            Mean over the clusters of `Clustering.persistence`, 0 to 1; None without clusters.
        `silhouette`
            Mean silhouette, -1 to 1, of the clustered documents, as scikit-learn's; noise is left out. None with fewer
            than two clusters, and beyond `VALIDITY_DOCUMENTS` clustered documents.
    """
    labels = np.asarray(clustering.labels)
    return {
        "dbcv": _dbcv(vectors, labels),
        "relative_validity": relative_validity(clustering.spanning_tree, labels),
        "persistence": _number(np.mean(clustering.persistence)) if len(clustering.persistence) else None,
        "silhouette": _silhouette(vectors, labels),
    }


def relative_validity(spanning_tree: np.ndarray, labels: np.ndarray) -> float | None:
    """Approximate DBCV from the spanning tree, at the cost of one pass over its edges.

    As hdbscan's `HDBSCAN.relative_validity_`: a cluster's sparseness is its longest inner edge, its separation the
    shortest edge to another cluster (twice the tree's longest edge if there is none), its validity
    `(separation - sparseness) / max(separation, sparseness)`; the score is the mean weighted by size, noise counting as
    0 (after D. Moulavi et al. 2014, *Density-based clustering validation*, SDM).

    An edge that joins components of the neighbour graph at infinity counts as the longest finite edge: the graph has no
    more information, and a larger value would reward a graph that a small `k` cuts to pieces.

    Parameters
    ----------
    spanning_tree : ndarray, shape (n - 1, 3)
        From, to, weight.
    labels : ndarray of int, shape (n,)
        Cluster of each document, 0 to n_clusters - 1; -1 is noise.

    Returns
    -------
    float or None
        -1 to 1; None if every edge is 0 or infinite.
    """
    labels = np.asarray(labels)
    ends, weights = labels[spanning_tree[:, :2].astype(np.intp)], spanning_tree[:, 2]
    longest = weights.max(where=np.isfinite(weights), initial=0.0)
    weights = np.minimum(weights, longest)
    first, second = ends.T
    clustered = ends >= 0

    sizes = np.bincount(labels[labels >= 0])
    if not len(sizes):
        return 0.0
    sparseness, separation = np.zeros(len(sizes)), np.full(len(sizes), np.inf)
    inside = clustered.all(axis=1) & (first == second)
    between = clustered.all(axis=1) & (first != second)
    np.maximum.at(sparseness, first[inside], weights[inside])
    np.minimum.at(separation, first[between], weights[between])
    np.minimum.at(separation, second[between], weights[between])

    if len(sizes) == 1:
        # A single cluster can only be separated from noise.
        longest = weights.min(where=clustered.any(axis=1) & ~clustered.all(axis=1), initial=longest)
    separation[np.isinf(separation)] = 2 * longest
    with np.errstate(invalid="ignore"):
        scores = (separation - sparseness) / np.maximum(separation, sparseness)
    return _number((sizes * scores).sum() / len(labels))


def stability_between(labels_a: np.ndarray, ids_a: np.ndarray, labels_b: np.ndarray, ids_b: np.ndarray) -> float | None:
    """Adjusted Rand index of two runs on their common documents, each noise document a cluster.

    Parameters
    ----------
    labels_a, labels_b : ndarray of int, shapes (n_a,) and (n_b,)
        Cluster of each document; -1 is noise.
    ids_a, ids_b : ndarray of int, shapes (n_a,) and (n_b,)
        The documents, each once, in any order.

    Returns
    -------
    float or None
        1 if the runs agree, 0 by chance; None without common documents.
    """
    from sklearn.metrics import adjusted_rand_score

    common, rows_a, rows_b = np.intersect1d(ids_a, ids_b, assume_unique=True, return_indices=True)
    if not len(common):
        return None
    return _number(adjusted_rand_score(_alone(labels_a)[rows_a], _alone(labels_b)[rows_b]))


def subsample_stability(neighbors: Neighbors, clustering: Clustering) -> float | None:
    """Agreement of a clustering with one of nine tenths of its documents, always the same, by the same parameters.

    Nothing is searched again: the lists of the sampled documents keep the neighbours that are in the sample. This is an
    approximation: a new search would give lists of length `k`, these have about `0.9 * k`.

    Parameters
    ----------
    neighbors : Neighbors
        The lists that were clustered, or longer ones.
    clustering : Clustering
        Its `labels` and `parameters` are read.

    Returns
    -------
    float or None
        Adjusted Rand index on the sample: see `stability_between`; None if it is empty.
    """
    n = len(neighbors.documents)
    rows = np.sort(np.random.default_rng(42).choice(n, size=round(0.9 * n), replace=False))
    if not len(rows):
        return None
    survivors = neighbors.head(clustering.parameters["k"]).part(rows)
    again = cluster(survivors, **clustering.parameters)
    ids = survivors.documents
    return stability_between(clustering.labels[rows], ids, again.labels, ids)


def _alone(groups: np.ndarray) -> np.ndarray:
    """The groups, numbered from 0; each document in none (-1) gets a number of its own."""
    groups = np.array(groups, dtype=np.int64)
    outside = groups < 0
    groups[outside] = groups.max(initial=-1) + 1 + np.arange(outside.sum())
    return groups


def _adjusted_mutual_info(together: csr_array) -> float | None:
    """Adjusted mutual information from a table of stories and clusters, 1 if they are the same.

    Equal to scikit-learn's, whose expectation takes one step per cell of the table, empty or not: a minute for 100,000
    documents, a third of them alone. A cell's share depends on the two sizes only, so each pair of sizes is one step
    (N. X. Vinh, J. Epps and J. Bailey 2010, *Information theoretic measures for clusterings comparison*, JMLR 11).
    """
    from scipy.special import gammaln
    from scipy.stats import entropy
    from sklearn.metrics import mutual_info_score

    stories, clusters = (np.asarray(together.sum(axis=axis)).ravel() for axis in (1, 0))
    if together.nnz == len(stories) == len(clusters):
        return 1.0
    if 1 in (len(stories), len(clusters)):
        return 0.0
    n = stories.sum()
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    sizes, many = np.unique(clusters, return_counts=True)
    expected = 0.0
    for size, as_many in zip(*np.unique(stories, return_counts=True), strict=True):
        least = np.maximum(1, size + sizes - n)
        steps = np.minimum(size, sizes) - least + 1
        pair = np.repeat(np.arange(len(sizes)), steps)
        other, common = sizes[pair], np.arange(steps.sum()) + (least - steps.cumsum() + steps)[pair]
        chance = log_factorial[size] + log_factorial[other] + log_factorial[n - size] + log_factorial[n - other]
        chance -= log_factorial[n] + log_factorial[common] + log_factorial[size - common]
        chance -= log_factorial[other - common] + log_factorial[n - size - other + common]
        share = many[pair] * np.exp(chance) * common / n * np.log(n * common / (size * other))
        expected += as_many * share.sum()
    information = mutual_info_score(None, None, contingency=together)
    return _number((information - expected) / ((entropy(stories) + entropy(clusters)) / 2 - expected))


@np.errstate(all="ignore")  # what can't be computed is None
def _dbcv(vectors: np.ndarray, labels: np.ndarray) -> float | None:
    from hdbscan.validity import validity_index

    clustered = labels >= 0
    label, sizes = np.unique(labels[clustered], return_inverse=True, return_counts=True)[1:]
    if not len(sizes):
        return 0.0
    if not 1 < len(sizes) <= DBCV_CLUSTERS or sizes.min() < 2 or sizes.sum() > VALIDITY_DOCUMENTS:
        return None
    vectors = np.asarray(vectors[clustered], dtype=np.float64)
    if not np.isfinite(vectors).all():
        return None
    try:
        # Minkowski's distance with p = 2 is SciPy's Euclidean distance: scikit-learn's "euclidean" sometimes gives
        # equal vectors a distance of about 1e-8, which fails an assertion of hdbscan.
        found = validity_index(vectors, label, metric="minkowski", p=2)
    except (AssertionError, IndexError, ValueError):  # a spanning tree with an infinite or NaN edge
        return None
    # Noise, left out above for speed, counts as 0 in the mean.
    return _number(found * clustered.mean())


@np.errstate(all="ignore")
def _silhouette(vectors: np.ndarray, labels: np.ndarray) -> float | None:
    from sklearn.metrics import silhouette_score

    clustered = labels >= 0
    vectors, labels = vectors[clustered], labels[clustered]
    if not 1 < len(np.unique(labels)) < len(labels) <= VALIDITY_DOCUMENTS or not np.isfinite(vectors).all():
        return None
    return _number(silhouette_score(vectors, labels))


def _number(value: Any) -> float | None:
    """A float that JSON can hold, or None."""
    return None if value is None or not isfinite(value) else float(value)
