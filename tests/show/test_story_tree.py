"""Branches, topics and the icicle: against the condensed trees of hdbscan, and at the edges."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import make_embeddings
from newsclust.clusters.clustering import Clustering, cluster
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.run.continuation import renumbered
from newsclust.show.tree import finer_stories, story_tree, topic_table
from newsclust.stories.branches import LARGEST, find_branches, topic_numbers
from newsclust.stories.finer import part_stories
from newsclust.stories.identity import Identity
from newsclust.stories.naming import count_terms, describe_clusters
from newsclust.stories.noise import Vote
from newsclust.stories.outline import DEEPEST, NAMED, outline
from newsclust.stories.stories import Stories
from newsclust.stories.topics import group_stories
from points import SELECTIONS, blobs, distance_matrix, examples, grids, neighbor_lists, quickly, seeds

pytestmark = pytest.mark.filterwarnings("error")

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


def check_outline(stories: Stories) -> pd.DataFrame:
    rows, table = outline(stories), stories.table
    leaf = ~rows.index.isin(rows["parent"])
    assert rows.loc[leaf, "size"].sum() == (stories.labels >= 0).sum(), "every headline of a story is in one leaf"
    assert rows.loc[leaf, "n_stories"].sum() == len(table)
    for place, below in rows[rows["parent"] >= 0].groupby("parent"):
        assert below["size"].sum() == rows.loc[place, "size"]
        assert below["n_stories"].sum() == rows.loc[place, "n_stories"]
    named = rows[rows["kind"] == "story"].set_index("story")
    assert named.index.is_unique and (named["size"] == table["size"].reindex(named.index)).all()
    assert leaf[rows["kind"].isin(["story", "smaller"])].all() and (rows["size"] > 0).all()
    topics = rows[rows["kind"] == "topic"].set_index("topic")
    assert topics.index.is_unique
    of_table = table[table["topic"] >= 0].groupby("topic")["size"].agg(["sum", "count"])
    pd.testing.assert_series_equal(
        topics["size"].sort_index(), of_table["sum"], check_names=False, check_dtype=False, check_index_type=False
    )
    assert topics["n_stories"].sort_index().tolist() == of_table["count"].tolist()
    depth = []
    for parent in rows["parent"]:
        depth.append(depth[parent] + 1 if parent >= 0 else 0)
    assert max(depth, default=0) <= DEEPEST
    return rows


@briefly
@given(corpora, st.integers(1, 4), st.integers(2, 5), st.sampled_from(["eom", "leaf"]))
def test_every_story_and_every_headline_is_in_the_icicle_once(vectors, min_samples, min_cluster_size, method):
    lists = neighbor_lists(distance_matrix(vectors), min(12, len(vectors) - 1))
    found = cluster(lists, None, min(min_samples, lists.k), min_cluster_size, cluster_selection_method=method)
    check_outline(stories_of(found))


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
    """So many groups of as many tight stories, each near the others of its group; and the group of each document."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(rng.normal(size=(n_groups, 16)), per_group, axis=0)
    middles += 0.25 * rng.normal(size=middles.shape)
    story = np.repeat(np.arange(len(middles)), size)
    vectors = middles[story] + 0.02 * rng.normal(size=(len(story), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = cluster(find_neighbors(make_embeddings(vectors), min(60, len(story) - 1)), None, 2, 3)
    return found, story // per_group


def test_topics_are_the_groups_that_stories_lie_in_and_are_named_by_their_words():
    found, groups = grouped(6, 5)
    stories = stories_of(found, groups)
    topics = group_stories(stories)
    of_story = [np.bincount(groups[found.labels == story]).argmax() for story in range(found.n_clusters)]
    pairs = set(zip(of_story, stories.table["topic"], strict=True))
    assert len(pairs) == 6 and {topic for _, topic in pairs} == set(range(6)), "one topic for each group"
    for group, topic in pairs:
        assert topics.table.loc[topic, "keywords"].split(", ")[0].startswith(f"word{group}")
        assert topics.table.loc[topic, ["size", "stories"]].tolist() == [20, 5]
    assert repr(topics) == "6 topics of 30 stories; 0 stories stand alone."
    shown = topic_table(stories, topics)._repr_html_()
    assert shown.count("https://a.example/") == 6 * 4 and shown.count("and 1 more") == 6


def test_topics_of_a_continued_run_are_described_as_those_of_the_first():
    found, groups = grouped(6, 5)
    first = stories_of(found, groups)
    numbers = np.random.default_rng(0).permutation(found.n_clusters + 5)[: found.n_clusters].astype(np.int32)
    identity = Identity(numbers, pd.DataFrame(), found.n_clusters + 5)
    counted = replace(first, vote=Vote(*[found.labels] * 6), terms=count_terms(first.documents, found.labels))
    later = renumbered(counted, identity, "yesterday")
    pd.testing.assert_frame_equal(group_stories(later).table, group_stories(first).table)


def test_topics_do_not_depend_on_the_order_of_stories_of_one_size():
    found, _ = grouped(6, 5)
    sizes = np.bincount(found.labels)
    topic = topic_numbers(found, sizes)
    first = [np.flatnonzero(topic == number)[0] for number in range(topic.max() + 1)]
    assert first == sorted(first)


def test_thousands_of_stories_are_folded_into_a_figure_that_can_be_drawn():
    found, groups = grouped(50, 60, size=3)
    assert found.n_clusters > 2900
    stories = stories_of(found, groups)
    rows = check_outline(stories)
    assert (rows["kind"] == "story").sum() == NAMED and len(rows) < 400
    fig = story_tree(stories, group_stories(stories))
    assert len(fig.drawing.axes[0].patches) == len(rows) and len(fig.png) < 100_000


@pytest.mark.parametrize("single", [True, False])
def test_one_story_and_none_have_a_tree_too(single):
    vectors = np.random.default_rng(0).normal(size=(40, 2))
    found = cluster(neighbor_lists(distance_matrix(vectors)), None, 5, 20, allow_single_cluster=single)
    assert found.n_clusters == int(single)
    stories = stories_of(found)
    topics = group_stories(stories)
    assert topics.table.empty and repr(topic_table(stories, topics)).startswith("No two stories")
    fig = story_tree(stories, topics)
    if not single:
        assert fig is None and outline(stories).empty
        return
    assert check_outline(stories)["kind"].tolist() == ["all", "story"]
    assert [bar.get_height() for bar in fig.drawing.axes[0].patches] == [stories.table["size"][0]] * 2
    assert repr(finer_stories(part_stories(stories))).startswith("No story is made of finer ones")


def test_stories_that_nothing_links_are_side_by_side():
    vectors = np.concatenate((blobs(1, 40), 1000 + blobs(2, 40)))
    lists = neighbor_lists(distance_matrix(vectors), 6)
    stories = stories_of(cluster(lists, None, 3, 4))
    branches = find_branches(stories.clustering)
    assert np.isinf(branches.distance[1:]).sum() >= 2
    assert story_tree(stories, group_stories(stories)).png


def test_the_figure_is_a_tree_with_markup_as_text():
    found, groups = grouped(4, 4)
    stories = stories_of(found, groups)
    stories.table["title"] = "<img> costs $5 & $6"
    fig = story_tree(stories, group_stories(stories))
    (axes,), rows = fig.drawing.axes, outline(stories)
    fields = [bar.get_bbox() for bar in axes.patches]
    for field, parent in zip(fields, rows["parent"], strict=True):
        if parent >= 0:
            above = fields[parent]
            assert field.x0 == above.x0 + 1 and above.y0 <= field.y0 <= field.y1 <= above.y1
    below = pd.Series([field.height for field in fields]).groupby(rows["parent"]).sum()
    assert all(below[place] == fields[place].height for place in below.index if place >= 0)
    level = [field.x0 for field in fields]
    for one, other in combinations(range(len(fields)), 2):
        if level[one] == level[other]:
            assert fields[one].y1 <= fields[other].y0 or fields[other].y1 <= fields[one].y0
    texts = [text.get_text() for text in axes.texts]
    assert texts.count("<img> costs $5 & $6") == 16 and fig.png


@briefly
@given(seeds, st.sampled_from(["eom", "leaf"]), st.sampled_from([0.0, 1.5]), st.sampled_from([0, 15]))
def test_leaf_beside_eom_is_what_each_would_find_alone(seed, own, epsilon, limit):
    lists = neighbor_lists(distance_matrix(blobs(seed, n=90)))
    asked = {"min_samples": 2, "min_cluster_size": 4, "cluster_selection_epsilon": epsilon, "max_cluster_size": limit}
    alone = {method: cluster(lists, cluster_selection_method=method, **asked) for method in ("eom", "leaf")}
    finer = part_stories(stories_of(alone[own]))
    assert len(finer.eom) == alone["eom"].n_clusters and len(finer.leaf) == alone["leaf"].n_clusters
    assert finer.noise == (alone["eom"].noise_fraction, alone["leaf"].noise_fraction)
    for part, story in finer.leaf["story"].items():
        documents = alone["leaf"].labels == part
        assert story >= 0 and (alone["eom"].labels[documents] == story).all()
    parts = finer.leaf["story"].value_counts()
    assert finer.parts.groupby("story").size().to_dict() == parts[parts > 1].to_dict()
    frame = finer_stories(finer).frame
    assert frame["parts"].tolist() == parts[parts > 1].sort_index().tolist()
    assert (frame["in no part"] >= 0).all()
