"""Is it HDBSCAN? Random data sets, clustered by newsclust, hdbscan and scikit-learn, and every difference explained.

``python benchmarks/differential.py`` compares 3,600 data sets in a few minutes and prints the table; a number after it
compares fewer, and tests/graph_hdbscan/test_differential.py a few hundred. All three get the same full matrix
(newsclust's core as lists of all neighbours), so their spanning trees must always have the same edge lengths. If edges
tie, there are several such trees, and several right partitions; and newsclust obeys `max_cluster_size`,
`min_cluster_size` and `allow_single_cluster` where the others do not. Any other difference is an error.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph_hdbscan.lists import Clusters, cluster_lists

N_SETS = 3600
PEERS = ("hdbscan", "scikit-learn")
SAME = "same partition"
#: Allowed differences, and their reasons.
REASONS = {
    "ties": "ties: another spanning tree of the same lengths; from newsclust's own tree they select the same",
    "epsilon": "ties: clusters split at exactly cluster_selection_epsilon",
    "max_cluster_size": "they have a cluster larger than max_cluster_size",
    "min_cluster_size": "they make one cluster of fewer documents than min_cluster_size",
    "leaf": 'they find nothing with "leaf" and allow_single_cluster where nothing splits',
}
STOPS = "they stop with an error: scikit-learn 1.9 by an epsilon with NumPy 2.4 or, twice, by one cluster under a limit"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True, eq=False)
class Case:
    """A data set, as the distances of all its pairs, and the parameters to cluster it with."""

    kind: str
    distances: np.ndarray
    min_samples: int
    selection: dict[str, Any]


def make_case(seed: int) -> Case:
    """Points of many kinds, parameters of every combination."""
    rng = np.random.default_rng(seed)
    n, dim = int(rng.choice([rng.integers(2, 12), rng.integers(12, 60), rng.integers(60, 201)])), rng.integers(1, 17)
    kind = str(
        rng.choice(["blobs", "uniform", "grid", "duplicates", "line", "sphere", "one point"], p=[*[0.16] * 6, 0.04])
    )
    points = rng.normal(size=(n, dim))
    if kind in ("blobs", "duplicates", "sphere"):
        group = rng.integers(rng.integers(1, 9), size=n)
        points = rng.uniform(0.05, 1, 9)[group, None] * points + rng.normal(scale=3, size=(9, dim))[group]
    if kind == "duplicates":
        points = points[rng.integers(0, rng.integers(1, n + 1), n)]
    if kind == "grid":
        points = rng.integers(0, rng.integers(2, 6), size=(n, min(dim, 3)))
    if kind == "line":
        points = np.cumsum(rng.choice([1, 1, 2, 7], n))[:, None]
    if kind == "sphere":
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    if kind == "one point":
        points = np.zeros((n, dim))
    if kind == "uniform":
        points = rng.random((n, dim))
    distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2)).astype(np.float32)
    epsilon = 0.0
    if rng.random() < 0.4:
        epsilon = float(np.quantile(distances, rng.random()) * rng.choice([1, 0.9371, 1.1]))
    min_cluster_size = int(rng.integers(2, 16))
    selection = {
        "min_cluster_size": min_cluster_size,
        "cluster_selection_method": str(rng.choice(["eom", "leaf"])),
        "cluster_selection_epsilon": epsilon,
        "max_cluster_size": int(rng.integers(min_cluster_size, max(n, min_cluster_size) + 1))
        if rng.random() < 0.3
        else 0,
        "allow_single_cluster": bool(rng.random() < 0.4),
    }
    return Case(kind, distances, int(rng.integers(1, 9)), selection)


def compare(case: Case) -> dict[str, tuple[bool, str]]:
    """For each of `PEERS`: whether its spanning tree is as long edge by edge, and how its partition relates to ours."""
    ours = cluster_lists(*_lists(case.distances), case.min_samples, **case.selection)
    found = {}
    for peer in PEERS:
        heights, labels = _fit(peer, case)
        same_tree = np.array_equal(ours.spanning_tree[:, 2], heights)
        found[peer] = same_tree, _relation(peer, case, ours, labels)
    return found


def _lists(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    others = distances.astype(np.float64)
    np.fill_diagonal(others, np.inf)
    order = np.argsort(others, axis=1, kind="stable")[:, :-1].astype(np.int32)
    return order, np.take_along_axis(distances, order, axis=1)


def _fit(peer: str, case: Case) -> tuple[np.ndarray, np.ndarray | None]:
    matrix, n = case.distances.astype(np.float64), len(case.distances)
    min_samples = min(case.min_samples, n - 1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if peer == "hdbscan":
            import hdbscan

            model = hdbscan.HDBSCAN(metric="precomputed", min_samples=min_samples, **case.selection).fit(matrix)
            return model.single_linkage_tree_.to_numpy()[:, 2], model.labels_
        from sklearn.cluster import HDBSCAN

        limit = case.selection["max_cluster_size"] or None
        selection = case.selection | {"max_cluster_size": limit}
        # It counts the point itself among the samples.
        model = HDBSCAN(metric="precomputed", min_samples=min_samples + 1, copy=True, **selection)
        try:
            labels = model.fit(matrix).labels_
        except (KeyError, TypeError):
            labels = None
            model = HDBSCAN(metric="precomputed", min_samples=min_samples + 1, min_cluster_size=2, copy=True).fit(
                matrix
            )
        return model._single_linkage_tree_["value"], labels


def _select(peer: str, linkage: np.ndarray, selection: dict[str, Any]) -> np.ndarray | None:
    """The peer's selection from our hierarchy."""
    with np.errstate(all="ignore"):
        if peer == "hdbscan":
            from hdbscan.hdbscan_ import _tree_to_labels

            return _tree_to_labels(None, linkage, **selection)[0]
        from sklearn.cluster._hdbscan._tree import HIERARCHY_dtype, tree_to_labels

        tree = np.empty(len(linkage), HIERARCHY_dtype)
        for name, column in zip(HIERARCHY_dtype.names, linkage.T, strict=True):
            tree[name] = column
        try:
            return tree_to_labels(tree, **selection | {"max_cluster_size": selection["max_cluster_size"] or None})[0]
        except (KeyError, TypeError):
            return None


def _relation(peer: str, case: Case, ours: Clusters, labels: np.ndarray | None) -> str:
    if labels is None:
        return STOPS
    if same_partition(ours.labels, labels):
        return SAME
    kept = _select(peer, ours.linkage, case.selection)
    if kept is None:
        return STOPS
    if same_partition(ours.labels, kept):
        tied = len(np.unique(ours.spanning_tree[:, 2])) < len(ours.spanning_tree)
        return "ties" if tied else UNEXPLAINED
    # The difference is in the selection: newsclust must obey the parameter, and the peer must not.
    selection = case.selection
    least, limit, epsilon = (
        selection[f"{name}"] for name in ("min_cluster_size", "max_cluster_size", "cluster_selection_epsilon")
    )
    our_sizes, sizes = (np.bincount(found[found >= 0]) for found in (ours.labels, kept))
    if limit and our_sizes.max(initial=0) > limit or our_sizes.min(initial=least) < least:
        return UNEXPLAINED
    if limit and sizes.max(initial=0) > limit:
        return "max_cluster_size"
    if sizes.min(initial=least) < least:
        return "min_cluster_size"
    if selection["cluster_selection_method"] == "leaf" and selection["allow_single_cluster"] and not len(sizes):
        eom = _select(peer, ours.linkage, selection | {"cluster_selection_method": "eom"})
        return "leaf" if same_partition(ours.labels, eom) else UNEXPLAINED
    if epsilon and np.isclose(ours.linkage[:, 2], epsilon, rtol=1e-12).any():
        return "epsilon"
    return UNEXPLAINED


def same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    """The same clusters, whatever their numbers; noise is noise."""
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    outside = all((a < 0) == (b < 0) for a, b in pairs)
    return outside and len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def main() -> int:
    """Compare and print; 1 if a difference is unexplained."""
    n_sets = int(sys.argv[1]) if len(sys.argv) > 1 else N_SETS
    trees, relations, strange = Counter(), {peer: Counter() for peer in PEERS}, []
    for seed in range(n_sets):
        for peer, (same_tree, relation) in compare(make_case(seed)).items():
            trees[peer] += same_tree
            relations[peer][relation] += 1
            if not same_tree or relation == UNEXPLAINED:
                strange.append((seed, peer, relation))
    print(f"| {n_sets:,} data sets | {' | '.join(PEERS)} |\n| :-- | --: | --: |")
    print(
        f"| the same spanning tree, edge length by edge length | {' | '.join(f'{trees[peer]:,}' for peer in PEERS)} |"
    )
    for relation, words in {SAME: SAME, **REASONS, STOPS: STOPS, UNEXPLAINED: UNEXPLAINED}.items():
        print(f"| {words} | {' | '.join(f'{relations[peer][relation]:,}' for peer in PEERS)} |")
    for seed, peer, relation in strange:
        print(f"seed {seed}: {peer}, {relation}: {make_case(seed)}")
    return min(len(strange), 1)


if __name__ == "__main__":
    sys.exit(main())
