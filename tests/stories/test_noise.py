"""Noise joins the story that its neighbours support enough; a one-off stays alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsclust as nc
from newsclust.errors import NewsclustWarning, ParameterError
from newsclust.neighbors.neighbors import Neighbors
from newsclust.run.stored import read_results
from newsclust.stories.noise import POWER, VOTERS, assign_noise, enough_support
from points import examples

few = settings(deadline=None, derandomize=True, max_examples=examples(60))


def lists(indices, similarities):
    similarities = np.array(similarities, dtype=np.float64)
    distances = np.sqrt(2 - 2 * similarities).astype(np.float32)
    return Neighbors(np.arange(len(indices)), np.array(indices, np.int32), distances)


def test_noise_joins_the_story_that_its_neighbours_support():
    neighbors = lists([[1, 2], [0, 2], [0, 1], [2, 4], [5, -1], [4, -1], [2, 0]], [[0.8, 0.8]] * 7)
    neighbors.distances[neighbors.indices < 0] = np.inf
    labels = np.array([0, 0, 1, -1, -1, -1, -1])
    vote = assign_noise(neighbors, labels)
    # 3 has one neighbour in a story; 4 and 5 have only each other; for 6 the stories tie.
    assert vote.labels.tolist() == [0, 0, 1, 1, -1, -1, 0]
    assert vote.assigned.tolist() == [False, False, False, True, False, False, True]
    assert vote.nearest.tolist() == [-1, -1, -1, 1, -1, -1, 0]
    np.testing.assert_allclose(vote.support, [0, 0, 0, 0.8, 0, 0, 0.8], rtol=1e-6)
    np.testing.assert_allclose(vote.share[[3, 6]], [1, 0.5])
    np.testing.assert_allclose(vote.margin[[3, 6]], [1, 0])
    assert np.isnan(vote.share[[0, 1, 2, 4, 5]]).all() and np.isnan(vote.margin[[0, 1, 2, 4, 5]]).all()
    assert labels.tolist() == [0, 0, 1, -1, -1, -1, -1]


def test_a_one_off_far_from_everything_stays_alone_and_says_what_it_is_nearest_to():
    neighbors = lists([[1, 2], [0, 2], [0, 1]], [[0.3, 0.2], [0.3, 0.9], [0.2, 0.9]])
    vote = assign_noise(neighbors, np.array([-1, 0, 0]))
    assert vote.labels[0] == -1 and not vote.assigned.any()
    assert vote.nearest[0] == 0 and 0.3 < vote.support[0] < 0.42
    assert assign_noise(neighbors, np.array([-1, 0, 0]), 0.3).labels[0] == 0


def test_one_close_neighbour_outvotes_two_distant_ones():
    neighbors = lists([[3, 1, 2], [2, 0, 3], [1, 0, 3], [0, 1, 2]], [[0.9, 0.6, 0.6]] * 4)
    assert assign_noise(neighbors, np.array([-1, 0, 0, 1])).labels[0] == 1
    neighbors = lists([[3, 1, 2], [2, 0, 3], [1, 0, 3], [0, 1, 2]], [[0.9, 0.8, 0.8]] * 4)
    assert assign_noise(neighbors, np.array([-1, 0, 0, 1])).labels[0] == 0


def test_one_neighbour_at_the_least_support_is_enough_and_so_are_five_at_two_thirds_of_it():
    labels = np.array([-1, 0, 0, 0, 0, 0])
    one = lists([[1, -1, -1, -1, -1]] * 6, [[0.42001, 0, 0, 0, 0]] * 6)
    five = lists([[1, 2, 3, 4, 5]] * 6, [[0.2815] * 5] * 6)
    fewer = lists([[1, 2, 3, 4, -1]] * 6, [[0.2815] * 5] * 6)
    assert [assign_noise(each, labels).labels[0] for each in (one, five, fewer)] == [0, 0, -1]


def test_neighbours_beyond_the_voters_have_no_vote():
    indices = np.array([[1, 2, 3, 4, 5, 6]] * 7)
    vote = assign_noise(lists(indices, [[0.9] * 6] * 7), np.array([-1, -1, -1, -1, -1, -1, 0]))
    assert VOTERS == 5 and vote.labels[0] == -1


def test_opposed_headlines_have_no_vote_at_all():
    assert assign_noise(lists([[1], [0]], [[-0.1], [-0.1]]), np.array([-1, 0]), 0).labels.tolist() == [-1, 0]


@pytest.mark.parametrize("labels", [[], [-1, -1], [0, 0]])
def test_nothing_to_assign_changes_nothing(labels):
    neighbors = lists(np.zeros((len(labels), 1), int), np.ones((len(labels), 1)))
    vote = assign_noise(neighbors, np.array(labels, dtype=np.int32))
    assert vote.labels.tolist() == labels and not vote.assigned.any()


@pytest.mark.parametrize("least", [-0.1, float("nan")])
def test_a_support_below_nothing_is_refused(least):
    with pytest.raises(ParameterError, match="least_support"):
        assign_noise(lists([[1], [0]], [[1], [1]]), np.array([-1, 0]), least)


@few
@given(st.integers(1, 12), st.integers(1, 8), st.sampled_from([0, 0.42, 0.9]), st.integers(0, 10**6))
def test_noise_is_assigned_as_by_counting_votes_one_by_one(n, k, least, seed):
    rng = np.random.default_rng(seed)
    indices = rng.integers(-1, n, (n, k))
    neighbors = lists(indices, rng.choice([-0.2, 0.0, 0.4, 0.5, 1.0], (n, k)))
    labels = rng.integers(-1, 3, n)
    found = assign_noise(neighbors, labels, least)
    for row in range(n):
        votes = {}
        for other, distance in zip(indices[row, :VOTERS], neighbors.distances[row, :VOTERS], strict=True):
            similarity = 1 - float(distance) ** 2 / 2
            if labels[row] < 0 and other >= 0 and labels[other] >= 0 and similarity > 0:
                votes[labels[other]] = votes.get(labels[other], 0) + similarity**POWER
        best = min(votes, key=lambda label: (-votes[label], label), default=-1)
        support = votes.get(best, 0) ** (1 / POWER)
        assert found.nearest[row] == best and found.support[row] == pytest.approx(support)
        assert found.labels[row] == (best if votes and support >= least else labels[row])
        if votes:
            second = max((votes[label] for label in votes if label != best), default=0)
            assert found.share[row] == pytest.approx(votes[best] / sum(votes.values()))
            assert found.margin[row] == pytest.approx((votes[best] - second) / sum(votes.values()))


def test_at_most_the_requested_share_is_in_no_story_and_a_notice_says_the_cost(tmp_path):
    given = {"data": "january", "assign_noise": True, "least_support": 1.2, "uri": str(tmp_path / "m.db")}
    plain = nc.find(**given)
    with pytest.warns(NewsclustWarning, match=r"least_support is lowered from 1\.2 to 0"):
        found = nc.find(**given, at_most_alone=0.2, output=str(tmp_path / "out"))
    before, after = plain.stories.noise_fraction, found.stories.noise_fraction
    assert before > 0.2 >= after and (found.labels[plain.labels >= 0] == plain.labels[plain.labels >= 0]).all()
    stored = read_results(tmp_path / "out")
    assert stored.parameters.least_support == 1.2 and stored.least_support == found.stories.vote.least_support < 1


def test_a_limit_that_is_kept_already_changes_nothing():
    neighbors = lists([[1, 2], [0, 2], [0, 1], [2, 0]], [[0.8, 0.8]] * 4)
    vote = assign_noise(neighbors, np.array([0, 0, 0, -1]), 0.5)
    assert enough_support(vote, 0.0) == np.inf
    alone = assign_noise(neighbors, np.array([0, 0, 0, -1]), 1.5)
    assert assign_noise(neighbors, np.array([0, 0, 0, -1]), enough_support(alone, 0.0)).labels.tolist() == [0] * 4
