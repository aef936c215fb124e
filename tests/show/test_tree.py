"""The icicle, and the tables of topics and finer stories beside it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from newsclust.clusters.clustering import cluster
from newsclust.show.tree import finer_stories, story_tree, topic_table
from newsclust.stories.branches import find_branches
from newsclust.stories.finer import part_stories
from newsclust.stories.outline import NAMED, outline
from newsclust.stories.topics import group_stories
from points import blobs, distance_matrix, neighbor_lists
from test_branches import grouped, stories_of
from test_outline import check_outline

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


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
    assert repr(finer_stories(part_stories(stories))).startswith("No story has finer parts")


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
