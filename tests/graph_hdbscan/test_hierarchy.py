"""The hierarchy and the clusters selected from it: hdbscan's, and what the names of its parameters promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_hdbscan.hierarchy import condense, linkage, select
from graph_hdbscan.lists import cluster_lists
from graph_hdbscan.spanning_tree import spanning_tree
from points import SELECTIONS, assert_same_partition, blobs, distance_matrix, grids, nearest, quickly, seeds

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")

corpora = st.one_of(grids, seeds.map(lambda seed: blobs(seed, n=80)))
epsilons = st.sampled_from([0.0, 0.5, 1.5, 2.5, 4.5, 9.0, 30.0])


def hdbscan_labels(linkage: np.ndarray, **parameters: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities and persistence by hdbscan's own code, from our hierarchy."""
    from hdbscan.hdbscan_ import _tree_to_labels

    with np.errstate(divide="ignore", invalid="ignore"):
        return _tree_to_labels(None, linkage, **parameters)[:3]


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@quickly
@given(
    st.one_of(grids, seeds.map(lambda seed: blobs(seed, n=80))),
    st.integers(1, 5),
    st.integers(2, 6),
    st.integers(5, 50),
)
def test_selection_is_that_of_hdbscan_on_any_hierarchy(selection, vectors, min_samples, min_cluster_size, k):
    assume(len(vectors) >= min_cluster_size)  # hdbscan would call fewer documents a single cluster
    lists = nearest(distance_matrix(vectors), min(k, len(vectors) - 1))
    found = cluster_lists(*lists, min_samples=min_samples, min_cluster_size=min_cluster_size, **selection)
    if selection.get("cluster_selection_epsilon") and np.isinf(found.linkage).any():
        return  # there hdbscan divides by zero
    if selection.get("allow_single_cluster") and len(found.tree) == len(vectors):  # nothing splits
        selection = selection | {"cluster_selection_method": "eom"}  # hdbscan's "leaf" finds nothing there
    labels, probabilities, persistence = hdbscan_labels(found.linkage, min_cluster_size=min_cluster_size, **selection)
    assert_same_partition(found.labels, labels)
    np.testing.assert_array_equal(found.probabilities, probabilities.astype(np.float32))
    assert ((found.persistence >= 0) & (found.persistence <= 1)).all()
    cut = selection.get("allow_single_cluster") and found.n_clusters == 1  # hdbscan counts what was cut off too
    if not (cut or selection.get("cluster_selection_epsilon") or np.isinf(found.tree["lambda_val"]).any()):
        first = [np.flatnonzero(found.labels == label)[0] for label in range(found.n_clusters)]
        np.testing.assert_allclose(found.persistence, persistence[labels[first]], rtol=1e-6, atol=1e-12)


def outline(tree: np.ndarray, n: int) -> set[tuple[frozenset[int], float]]:
    """Each document and each node, as the documents below it, with the density at which it leaves its parent."""
    members = {child: frozenset([child]) for child in range(n)}
    for node in sorted(set(tree["parent"].tolist()), reverse=True):
        members[node] = frozenset().union(*(members[child] for child in tree["child"][tree["parent"] == node].tolist()))
    assert all(
        len(members[row["child"]]) == row["child_size"] and row["child"] > row["parent"]
        for row in tree[tree["child"] >= n]
    )
    return {(members[row["child"]], members[row["parent"]], float(row["lambda_val"])) for row in tree}


@quickly
@given(corpora, st.integers(1, 5), st.integers(2, 90), st.integers(5, 50))
def test_the_condensed_tree_is_hdbscans(vectors, min_samples, min_cluster_size, k):
    from hdbscan._hdbscan_tree import condense_tree

    n = len(vectors)
    lists = nearest(distance_matrix(vectors), min(k, n - 1))
    merges = linkage(spanning_tree(*lists, min(min_samples, lists.indices.shape[1])))
    ours, theirs = condense(merges, min_cluster_size), condense_tree(merges, min_cluster_size)
    assert ours.dtype == theirs.dtype and len(ours) == len(theirs)
    assert outline(ours, n) == outline(theirs, n)
    # and what is selected from it is the same to the last bit
    for method in ("eom", "leaf"):
        for ours_too, theirs_too in zip(
            select(ours, n, min_cluster_size, method), select(theirs, n, min_cluster_size, method), strict=True
        ):
            np.testing.assert_array_equal(ours_too, theirs_too)


# What the names promise


@quickly
@given(
    corpora,
    st.sampled_from(["eom", "leaf"]),
    epsilons,
    st.booleans(),
    st.integers(1, 5),
    st.integers(2, 12),
    st.integers(0, 30),
    st.integers(3, 50),
)
def test_no_cluster_is_larger_or_smaller_than_asked(
    vectors, method, epsilon, single, min_samples, min_cluster_size, more, k
):
    limit = min_cluster_size + more
    lists = nearest(distance_matrix(vectors), min(k, len(vectors) - 1))
    found = cluster_lists(
        *lists,
        min(min_samples, lists.indices.shape[1]),
        min_cluster_size,
        cluster_selection_method=method,
        cluster_selection_epsilon=epsilon,
        max_cluster_size=limit,
        allow_single_cluster=single,
    )
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=found.n_clusters)
    assert sizes.min(initial=limit) >= min_cluster_size and sizes.max(initial=0) <= limit
    assert (found.labels >= 0).tolist() == (found.probabilities > 0).tolist() or np.isinf(
        found.tree["lambda_val"]
    ).any()
    assert np.isfinite(found.probabilities).all()
    assert len(found.persistence) == found.labels.max(initial=-1) + 1
    assert ((found.persistence >= 0) & (found.persistence <= 1)).all()


@quickly
@given(corpora, st.sampled_from(["eom", "leaf"]), epsilons, st.booleans(), st.integers(2, 8))
def test_a_limit_that_no_cluster_reaches_changes_nothing(vectors, method, epsilon, single, min_cluster_size):
    free = cluster_lists(
        *nearest(distance_matrix(vectors)),
        2,
        min_cluster_size,
        cluster_selection_method=method,
        cluster_selection_epsilon=epsilon,
        allow_single_cluster=single,
    )
    largest = max(np.bincount(free.labels + 1)[1:].max(initial=0), min_cluster_size)
    tight = select(free.tree, len(vectors), min_cluster_size, method, epsilon, len(vectors), single)
    np.testing.assert_array_equal(tight[0], free.labels)
    if method == "eom" and not epsilon and not single:  # where clusters are most stable, whatever else may be chosen
        tight = select(free.tree, len(vectors), min_cluster_size, method, epsilon, int(largest), single)
        assert np.bincount(tight[0] + 1)[1:].max(initial=0) <= largest


def most_stable(tree: np.ndarray, n: int, limit: int, single: bool) -> float:
    """The largest sum of stabilities of clusters that do not overlap, of all the ways there are to choose them."""
    rows = {node: tree[tree["parent"] == node] for node in np.unique(tree["parent"])}
    birth = {n: 0.0} | {row["child"]: row["lambda_val"] for row in tree if row["child"] >= n}
    size = {n: n} | {row["child"]: row["child_size"] for row in tree if row["child"] >= n}

    def best(node: int) -> float:
        own = float(((rows[node]["lambda_val"] - birth[node]) * rows[node]["child_size"]).sum())
        parts = sum(best(child) for child in rows[node]["child"] if child >= n)
        allowed = size[node] <= limit and (single or node != n)
        return max(own, parts) if allowed else parts

    return best(n)


@quickly
@given(seeds, st.integers(1, 4), st.integers(2, 8), st.integers(0, 60))
def test_under_a_limit_the_most_stable_clusters_are_chosen(seed, min_samples, min_cluster_size, more):
    n, limit = 80, min_cluster_size + more
    hierarchy = linkage(spanning_tree(*nearest(distance_matrix(blobs(seed, n=n))), min_samples))
    tree = condense(hierarchy, min_cluster_size)
    labels, _, persistence = select(tree, n, min_cluster_size, max_cluster_size=limit)
    sizes = np.bincount(labels[labels >= 0], minlength=len(persistence))
    total = (persistence * sizes).sum() * tree["lambda_val"].max()
    assert total == pytest.approx(most_stable(tree, n, limit, single=False))


def test_a_limit_holds_against_an_epsilon_that_would_merge_everything():
    vectors = blobs(4, n=200)
    lists = nearest(distance_matrix(vectors))
    for method in ("eom", "leaf"):
        for single in (False, True):
            asked = {
                "min_cluster_size": 4,
                "cluster_selection_method": method,
                "cluster_selection_epsilon": 50.0,
                "allow_single_cluster": single,
            }
            merged, held = (cluster_lists(*lists.head(20), **asked, max_cluster_size=limit) for limit in (0, 30))
            assert np.bincount(merged.labels + 1)[1:].max() > 30
            assert np.bincount(held.labels + 1)[1:].max() <= 30 and held.n_clusters > 1


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 5.0])
def test_leaf_finds_the_one_group_of_a_corpus_that_does_not_split(epsilon):
    for seed in range(10):
        lists = nearest(distance_matrix(np.random.default_rng(seed).normal(size=(40, 2))))
        asked = {
            "min_samples": 5,
            "min_cluster_size": 20,
            "allow_single_cluster": True,
            "cluster_selection_epsilon": epsilon,
        }
        leaf = cluster_lists(*lists, **asked, cluster_selection_method="leaf")
        np.testing.assert_array_equal(leaf.labels, cluster_lists(*lists, **asked).labels)
        if epsilon != 0.3:
            assert leaf.n_clusters == 1
        assert (
            cluster_lists(*lists, **asked | {"allow_single_cluster": False}, cluster_selection_method="leaf").n_clusters
            == 0
        )


def test_persistence_of_the_one_cluster_of_a_corpus_counts_its_own_documents():
    # hdbscan counts those that were cut off too, and gives values of 20 and more.
    vectors = np.concatenate((0.01 * np.random.default_rng(0).normal(size=(5, 2)), blobs(0, n=300, dim=2)))
    found = cluster_lists(*nearest(distance_matrix(vectors)), min_cluster_size=120, allow_single_cluster=True)
    assert found.n_clusters == 1 and 0 < found.persistence[0] <= 1


def test_four_equal_headlines_do_not_make_every_story_perfectly_persistent():
    vectors = blobs(2, n=150)
    plain = cluster_lists(*nearest(distance_matrix(vectors)))
    vectors[:4] = vectors[0]
    found = cluster_lists(*nearest(distance_matrix(vectors)))
    assert np.isinf(found.tree["lambda_val"]).any()  # hdbscan says 1.0 of every cluster then
    assert found.persistence.mean() < 2 * plain.persistence.mean() < 0.9


def test_stories_of_one_repeated_headline_are_perfectly_persistent():
    vectors = np.repeat(blobs(0, n=4), 6, axis=0)
    found = cluster_lists(*nearest(distance_matrix(vectors)))
    assert found.n_clusters == 4 and found.persistence.tolist() == [1] * 4


# Borrowed from private modules


CHAIN = np.array([[0, 1, 1.0], [1, 2, 1.0], [3, 4, 2.0], [4, 5, 2.0], [2, 3, 8.0]])


def test_scikit_learn_still_has_single_linkage_label():
    try:
        from sklearn.cluster._hierarchical_fast import single_linkage_label

        linkage = single_linkage_label(CHAIN)
    except Exception as error:
        pytest.fail(f"sklearn.cluster._hierarchical_fast.single_linkage_label has changed: {error!r}")
    expected = [[0, 1, 1, 2], [6, 2, 1, 3], [3, 4, 2, 2], [8, 5, 2, 3], [7, 9, 8, 6]]
    assert linkage.tolist() == expected, "sklearn.cluster._hierarchical_fast.single_linkage_label has changed"
