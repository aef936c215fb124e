"""The two ways to select clusters, side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsclust.clusters.clustering import cluster
from newsclust.show.tree import finer_stories
from newsclust.stories.finer import part_stories
from points import blobs, distance_matrix, neighbor_lists, seeds
from test_branches import briefly, stories_of

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


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
