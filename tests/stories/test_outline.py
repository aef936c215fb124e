"""The tree that is drawn contains everything once."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclust.clusters.clustering import cluster
from newsclust.stories.outline import DEEPEST, outline
from newsclust.stories.stories import Stories
from points import distance_matrix, neighbor_lists
from test_branches import briefly, corpora, stories_of

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


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
