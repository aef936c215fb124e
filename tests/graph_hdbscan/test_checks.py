"""Which arguments are refused, and the messages."""

from __future__ import annotations

import numpy as np
import pytest

from graph_hdbscan.checks import BadArgument, BadDistance
from graph_hdbscan.lists import cluster_lists
from points import blobs, distance_matrix, nearest


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_samples": 0}, "min_samples is 0; it must be at least 1"),
        ({"min_samples": 2.5}, "min_samples is 2.5; it must be a whole number"),
        ({"min_samples": 11}, "lists hold 10 neighbours.*search with k = 11 or more"),
        ({"min_cluster_size": True}, "min_cluster_size is True; it must be a whole number"),
        ({"distance": ["euclidean"]}, "it can be 'euclidean' or 'squared'"),
        ({"cluster_selection_method": "EOM"}, "'EOM'; it can be 'eom' or 'leaf'"),
        ({"cluster_selection_epsilon": np.nan}, "cluster_selection_epsilon is nan; it must be a distance"),
        ({"max_cluster_size": 3, "min_cluster_size": 4}, "raise max_cluster_size to at least 4"),
        ({"allow_single_cluster": "no"}, "allow_single_cluster is 'no'; it can be True or False"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named(wrong, message):
    with pytest.raises(BadArgument, match=message) as refused:
        cluster_lists(*nearest(distance_matrix(blobs(0)), 10), **wrong)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_a_broken_distance_is_named(value):
    lists = nearest(distance_matrix(blobs(0)), 10)
    lists.distances[7, 4] = value
    with pytest.raises(BadDistance, match=f"row 7, column 4 of the neighbour lists is {value}") as refused:
        cluster_lists(*lists)
    assert isinstance(refused.value, ValueError)


def test_numbers_of_numpy_are_numbers():
    lists = nearest(distance_matrix(blobs(0)), 10)
    found = cluster_lists(*lists, np.int64(3), np.int32(4), allow_single_cluster=np.False_)
    np.testing.assert_array_equal(found.labels, cluster_lists(*lists, 3, 4).labels)
