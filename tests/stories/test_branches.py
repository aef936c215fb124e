"""The branches of the condensed tree that hold stories: against hdbscan's own tree; and topics as cuts of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import make_embeddings
from newsclust.clusters.clustering import Clustering, cluster
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.stories.branches import LARGEST, find_branches, topic_numbers
from newsclust.stories.naming import describe_clusters
from newsclust.stories.stories import Stories
from points import SELECTIONS, blobs, distance_matrix, examples, grids, neighbor_lists, quickly, seeds

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")

briefly = settings(quickly, max_examples=examples(15))  # where stories are named
corpora = st.one_of(grids, seeds.map(lambda seed: blobs(seed, n=90)))


def stories_of(clustering: Clustering, groups: np.ndarray | None = None) -> Stories:
    """The clusters as stories whose headlines say their number and, where given, their group's."""
    labels, n = clustering.labels, len(clustering.ids)
    documents = pd.DataFrame({"id": clustering.ids, "publisher": "Wire", "published_at": "", "language": "en"})
    said = labels if groups is None else groups
    documents["title"] = [f"Word{group} in headline {i}" for i, group in enumerate(said)]
    documents["text"], documents["url"] = documents["title"], [f"https://a.example/{i}" for i in range(n)]
    table = describe_clusters(documents, labels, clustering.probabilities)
    table["topic"] = topic_numbers(clustering, table["size"].to_numpy())
    return Stories(documents, clustering, labels, None, table, {}, None)


def members_of(tree: pd.DataFrame, n: int) -> dict[int, frozenset[int]]:
    """The documents below every node of a condensed tree as ``to_pandas`` gives it."""
    members = {child: frozenset([child]) for child in range(n)}
    for node in sorted(tree["parent"].unique(), reverse=True):
        members[node] = frozenset().union(*(members[child] for child in tree.loc[tree["parent"] == node, "child"]))
    return members


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@quickly
@given(corpora, st.integers(1, 4), st.integers(2, 5))
def test_the_branches_are_those_of_the_condensed_tree_that_hold_stories(
    selection, vectors, min_samples, min_cluster_size
):
    n = len(vectors)
    lists = neighbor_lists(distance_matrix(vectors), min(12, n - 1))
    found = cluster(lists, min_samples=min(min_samples, lists.k), min_cluster_size=min_cluster_size, **selection)
    branches = find_branches(found)
    leaves = branches.story >= 0
    assert sorted(branches.story[leaves]) == list(range(found.n_clusters)), "every story is there once"
    assert len(branches) == max(2 * found.n_clusters - 1, 0)
    if not len(branches):
        return
    tree = found.condensed_tree.to_pandas()
    members, up = members_of(tree, n), dict(zip(tree["child"], tree["parent"], strict=True))
    density = dict(zip(tree["child"], tree["lambda_val"], strict=True))
    stories_in = {node: frozenset(found.labels[list(inside)]) - {-1} for node, inside in members.items()}
    assert (branches.parent[1:] < np.arange(1, len(branches))).all() and branches.parent[0] == -1
    for place, node in enumerate(branches.node):
        inside = stories_in[node]
        assert len(inside) == branches.n_stories[place]
        parts = np.flatnonzero(branches.parent == place)
        if leaves[place]:
            assert inside == {branches.story[place]} and not len(parts)
            assert set(np.flatnonzero(found.labels == branches.story[place])) <= members[node]
        else:
            assert len(parts) == 2 and branches.n_stories[parts].sum() == len(inside)
        if place:
            assert inside < stories_in[branches.node[branches.parent[place]]]
            while stories_in[up[node]] == inside:
                node = up[node]
            with np.errstate(divide="ignore"):
                assert branches.distance[place] == 1 / np.float64(density[node])
    assert np.isinf(branches.distance[0])


@briefly
@given(seeds, st.integers(2, 6), st.sampled_from(["eom", "leaf"]))
def test_the_branches_are_in_hdbscans_own_condensed_tree(seed, min_cluster_size, method):
    import hdbscan

    matrix = distance_matrix(blobs(seed, n=90))
    # With more than one of min_samples distances tie, and hdbscan breaks ties as they come.
    found = cluster(neighbor_lists(matrix), None, 1, min_cluster_size, cluster_selection_method=method)
    theirs = hdbscan.HDBSCAN(min_cluster_size, 1, metric="precomputed", cluster_selection_method=method)
    tree = theirs.fit(matrix.astype(float)).condensed_tree_.to_pandas()
    members = members_of(tree, 90)
    nodes = {inside: node for node, inside in members.items()}
    branches = find_branches(found)
    ours = members_of(found.condensed_tree.to_pandas(), 90)
    for place, node in enumerate(branches.node):
        assert ours[node] in nodes
        if branches.story[place] >= 0:
            labels = theirs.labels_[np.flatnonzero(found.labels == branches.story[place])]
            assert len(set(labels)) == 1 and labels[0] >= 0


@quickly
@given(corpora, st.integers(2, 4))
def test_a_topic_holds_two_stories_or_more_but_no_more_than_a_fifth(vectors, min_cluster_size):
    found = cluster(neighbor_lists(distance_matrix(vectors), min(12, len(vectors) - 1)), None, 2, min_cluster_size)
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=found.n_clusters)
    topic = topic_numbers(found, sizes)
    counts = np.bincount(topic[topic >= 0])
    assert (counts >= 2).all() and (counts <= max(2, LARGEST * len(sizes))).all()
    documents = np.bincount(topic[topic >= 0], sizes[topic >= 0])
    assert (np.diff(documents) <= 0).all(), "numbered by size"


def grouped(n_groups: int, per_group: int, seed: int = 0, size: int = 4) -> tuple[Clustering, np.ndarray]:
    """Groups of dense stories, each near the others of its group; and the group of each document."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(rng.normal(size=(n_groups, 16)), per_group, axis=0)
    middles += 0.25 * rng.normal(size=middles.shape)
    story = np.repeat(np.arange(len(middles)), size)
    vectors = middles[story] + 0.02 * rng.normal(size=(len(story), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = cluster(find_neighbors(make_embeddings(vectors), min(60, len(story) - 1)), None, 2, 3)
    return found, story // per_group


def test_topics_do_not_depend_on_the_order_of_stories_of_one_size():
    found, _ = grouped(6, 5)
    sizes = np.bincount(found.labels)
    topic = topic_numbers(found, sizes)
    first = [np.flatnonzero(topic == number)[0] for number in range(topic.max() + 1)]
    assert first == sorted(first)
