"""From the spanning tree to labels: the hierarchy of merges, the condensed tree, and the clusters selected from it.

The first is from a private module of scikit-learn, which tests/graph_hdbscan/test_hierarchy.py checks. Tree and
selection are hdbscan's, in NumPy, except that all its parameters are obeyed: see `select`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

#: The fields of hdbscan's condensed trees.
CONDENSED = np.dtype([("parent", np.intp), ("child", np.intp), ("lambda_val", float), ("child_size", np.intp)])


def linkage(spanning_tree: np.ndarray) -> np.ndarray:
    """The single-linkage hierarchy, in SciPy's layout, of a spanning tree whose edges ascend.

    By scikit-learn's copy of hdbscan's `label`: the same result, statically typed, tens of times faster.
    """
    from sklearn.cluster._hierarchical_fast import single_linkage_label

    return single_linkage_label(spanning_tree) if len(spanning_tree) else np.empty((0, 4))


def condense(linkage: np.ndarray, min_cluster_size: int) -> np.ndarray:
    """The condensed tree of a hierarchy (Campello et al. 2013, section 4): hdbscan's, in a third of its time.

    Parameters
    ----------
    linkage : ndarray, shape (n - 1, 4)
        As from `linkage`.
    min_cluster_size : int
        If a smaller part splits off, its documents leave the cluster, and the cluster continues.

    Returns
    -------
    structured ndarray
        ``parent, child, lambda_val, child_size``. The documents are 0 to n - 1, the nodes follow: the root is n,
        siblings are numbered one after the other and after their parent. `lambda_val` is the density, 1 / distance,
        at which a child leaves its parent; rows are in ascending order of it.
    """
    n = len(linkage) + 1
    if n < 2:
        return np.empty(0, dtype=CONDENSED)
    itself = np.arange(2 * n - 1, dtype=np.int32)  # of documents and merges
    parts = linkage[:, :2].astype(np.int32)
    sizes = np.append(np.ones(n, dtype=np.int32), linkage[:, 3].astype(np.int32))
    above = itself.copy()
    above[parts] = itself[n:, None]
    is_large = sizes >= min_cluster_size
    is_large[-1] = True
    splits = is_large[parts].all(axis=1)
    begins = np.append(np.zeros(n, dtype=bool), splits)[above]  # a part of a split is a node of its own
    begins[-1] = True
    left_at = _highest(np.where(is_large, itself, above))[:n]  # the merge at which each document leaves
    top = _highest(np.where(is_large & ~begins, above, itself))  # the merge that is the node's largest extent

    split = itself[n:][splits][::-1]
    nodes = parts[split - n].ravel()
    number = np.empty(2 * n - 1, dtype=np.intp)
    number[-1], number[nodes] = n, np.arange(n + 1, n + 1 + len(nodes))
    merge = np.concatenate((left_at, np.repeat(split, 2)))
    order = np.argsort(-merge, kind="stable")
    merge = merge[order]
    tree = np.empty(len(merge), dtype=CONDENSED)
    tree["parent"] = number[top[merge]]
    tree["child"] = np.concatenate((np.arange(n), number[nodes]))[order]
    with np.errstate(divide="ignore"):
        tree["lambda_val"] = (1 / linkage[:, 2])[merge - n]
    tree["child_size"] = np.concatenate((np.ones(n, dtype=np.int32), sizes[nodes]))[order]
    return tree


def _highest(above: np.ndarray) -> np.ndarray:
    """The top of each path upwards, in as many rounds as the longest path's length has binary digits."""
    while not np.array_equal(higher := above[above], above):
        above = higher
    return above


def select(
    tree: np.ndarray,
    n: int,
    min_cluster_size: int,
    cluster_selection_method: str = "eom",
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int = 0,
    allow_single_cluster: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The clusters of a condensed tree.

    As hdbscan's `get_clusters`, in a fraction of the time, except where hdbscan does not do what its parameters
    promise:

    - `max_cluster_size` holds for every method and epsilon: only nodes that are no larger can be selected. hdbscan's
      epsilon may exceed it, and its ``"leaf"`` ignores it.
    - `min_cluster_size` holds if the whole corpus is the only cluster, which keeps, as in hdbscan, only the documents
      that are dense enough: fewer than `min_cluster_size` are noise.
    - ``"leaf"`` with `allow_single_cluster` finds the only group of a corpus that does not split, as ``"eom"`` does.
    - A split at exactly `cluster_selection_epsilon` is not below it.
    - A document that joins others only at infinity is noise.
    - Persistence counts a cluster's own documents, so that it is between 0 and 1. Duplicates, whose density is
      infinite, persist by 1, and the others as a share of the largest finite density; hdbscan gives every cluster 1.0
      as soon as there are any.

    Parameters
    ----------
    tree : structured ndarray
        As from `condense`.
    n : int
        Number of documents.
    min_cluster_size : int
        The one that the tree was condensed with.
    cluster_selection_method : {"eom", "leaf"}
        The most stable clusters of the hierarchy ("excess of mass"), or its finest.
    cluster_selection_epsilon : float
        Clusters do not split below this distance (Malzer & Baum 2020), in units of the hierarchy's, unless
        `max_cluster_size` requires it; 0 is no limit.
    max_cluster_size : int
        No cluster is larger, whatever the method and the epsilon; 0 is no limit.
    allow_single_cluster : bool
        Whether all documents may be selected as one cluster. As in hdbscan, only those stay in it that are as dense as
        `cluster_selection_epsilon` requires or, if that is 0, only the densest.

    Returns
    -------
    labels : ndarray of int32, shape (n,)
        -1 is noise, 0 the largest cluster, and so on by falling size; in a tie the one with the smallest row comes
        first.
    probabilities : ndarray of float32, shape (n,)
        Density at which a document leaves its cluster, as a share of the largest there; 0 for noise.
    persistence : ndarray of float64, shape (n_clusters,)
        How long a cluster's documents stay in it on average, as a share of the largest density.
    """
    labels, probabilities = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.float32)
    if not len(tree) or n < min_cluster_size:
        return labels, probabilities, np.empty(0)
    parent, density, is_document = tree["parent"] - n, tree["lambda_val"], tree["child"] < n
    branches = tree[~is_document]
    above = np.append(0, branches["parent"] - n)  # the root, node 0, is above itself
    birth = np.append(0.0, branches["lambda_val"])
    death = np.zeros(len(above))
    np.maximum.at(death, parent, density)
    finite = density[np.isfinite(density)]
    largest = finite.max() if len(finite) else 0.0

    # A root that is a cluster keeps the documents that are as dense as epsilon requires or, without one, the densest.
    cut = max(1 / cluster_selection_epsilon if cluster_selection_epsilon else death[0], math.nextafter(0, 1))
    n_left = np.count_nonzero(is_document & (density >= cut))
    may_be = np.append(n_left, branches["child_size"]) <= (max_cluster_size or n)
    may_be[0] &= allow_single_cluster
    if cluster_selection_method == "leaf":
        chosen = may_be & (np.bincount(above[1:], minlength=len(above)) == 0)
    else:
        stability = np.bincount(parent, (density - birth[parent]) * tree["child_size"])
        chosen = _most_stable(above, stability, may_be)
    if cluster_selection_epsilon:
        chosen = _merged(above, birth, may_be, chosen, cluster_selection_epsilon)
    only_root = chosen[0]
    chosen[0] &= n_left >= min_cluster_size

    documents, owner, density = (
        tree["child"][is_document],
        _owners(above, chosen)[parent[is_document]],
        density[is_document],
    )
    inside = (owner >= 0) & (density >= (cut if only_root else math.nextafter(0, 1)))
    documents, owner, density = documents[inside], owner[inside], density[inside]

    sizes, first = np.bincount(owner, minlength=len(above)), np.full(len(above), n)
    np.minimum.at(first, owner, documents)
    nodes = np.flatnonzero(sizes)
    nodes = nodes[np.lexsort((first[nodes], -sizes[nodes]))]
    label = np.full(len(above), -1)
    label[nodes] = np.arange(len(nodes))
    labels[documents] = label[owner]

    stayed = np.minimum(density, death[owner])
    partial = np.isfinite(density)
    probabilities[documents] = 1.0
    probabilities[documents[partial]] = stayed[partial] / death[owner][partial]
    with np.errstate(invalid="ignore"):
        persisted = np.where(np.isinf(stayed), 1.0, (stayed - birth[owner]) / (largest or 1.0))
    total = np.bincount(owner, persisted, minlength=len(above))
    return labels, probabilities, np.minimum(total, sizes)[nodes] / sizes[nodes]


def _most_stable(above: np.ndarray, stability: np.ndarray, may_be: np.ndarray) -> np.ndarray:
    """The nodes with the largest excess of mass of those that `may_be` clusters (Campello et al. 2013, section 5)."""
    is_leaf = np.bincount(above[1:], minlength=len(above)) == 0
    above, chosen, best = above.tolist(), may_be.tolist(), np.where(may_be | ~is_leaf, stability, 0).tolist()
    for right in range(len(above) - 1, 0, -2):
        node = above[right]
        # hdbscan sums in float32: so ties are decided as in hdbscan.
        below = float(np.float32(np.float32(best[right - 1]) + np.float64(best[right])))
        if not chosen[node] or below > best[node]:
            chosen[node], best[node] = False, below
    return _owners(above, chosen) == np.arange(len(above))


def _merged(above: np.ndarray, birth: np.ndarray, may_be: np.ndarray, chosen: np.ndarray, epsilon: float) -> np.ndarray:
    """`chosen` without splits below `epsilon` (Malzer & Baum 2020)."""
    with np.errstate(divide="ignore"):
        distance = 1 / birth
    merged = np.arange(len(above))  # the node that each would be merged into
    for node in range(1, len(above)):
        if may_be[above[node]]:
            merged[node] = above[node] if distance[above[node]] >= epsilon else merged[above[node]]
    nodes = np.flatnonzero(chosen)
    chosen = np.zeros(len(above), dtype=bool)
    chosen[np.where(distance[nodes] < epsilon, merged[nodes], nodes)] = True
    return chosen


def _owners(above: Iterable[int], chosen: Iterable[bool]) -> np.ndarray:
    """The highest chosen node that contains each node, or -1."""
    owners: list[int] = []
    for node, (up, is_chosen) in enumerate(zip(above, chosen, strict=True)):
        owner = owners[up] if node else -1
        owners.append(node if is_chosen and owner < 0 else owner)
    return np.array(owners)
