"""Assign noise to stories, and leave one-offs alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..clusters.clustering import Clustering
from ..errors import ParameterError
from ..neighbors.neighbors import Neighbors

#: How many of a document's nearest neighbours have a vote.
VOTERS = 5
#: A vote counts the similarity to this power: one near neighbour outweighs several far ones.
POWER = 4


@dataclass(frozen=True, eq=False)
class Vote:
    """The votes of noise documents' neighbours.

    Attributes
    ----------
    labels : ndarray of int32, shape (n,)
        The clustering's labels, and for assigned noise its story; -1 is noise.
    assigned : ndarray of bool, shape (n,)
        Which documents are assigned noise.
    nearest : ndarray of int32, shape (n,)
        For noise, assigned or not, the story with the most support; -1 if none has any, and for members.
    support : ndarray of float64, shape (n,)
        The support of `nearest`, 0 to 1.5: a single neighbour with this similarity would give as much. 0 if `nearest`
        is -1.
    share : ndarray of float64, shape (n,)
        The share of all votes that went to `nearest`, 0 to 1; NaN if it is -1.
    margin : ndarray of float64, shape (n,)
        How much larger this share is than the next story's; NaN if `nearest` is -1.
    least_support : float
        The threshold.
    """

    labels: np.ndarray
    assigned: np.ndarray
    nearest: np.ndarray
    support: np.ndarray
    share: np.ndarray
    margin: np.ndarray
    least_support: float = 0.42


def assign_noise(neighbors: Neighbors, labels: np.ndarray, least_support: float = 0.42) -> Vote:
    """Assign a noise document to the story that its nearest neighbours support, if the support is enough.

    Of its `VOTERS` nearest neighbours those in a story vote for it; a vote counts `s ** 4`, where `s` is the similarity
    `1-d**2/2` of the two at distance `d` (0 if negative). Neighbours in no story have no vote, and so a one-off, whose
    neighbours are far away or noise themselves, stays alone. The support of a story is the fourth root of its votes:
    the similarity at which a single neighbour would give as much. The document joins the story with the most support if
    that is `least_support` or more: one neighbour at 0.42 or five at 0.28 are enough. Ties go to the smaller label. All
    votes use the labels given, not each other's results, so the order of the documents does not matter.

    Why not a share of the vote or a margin between two stories? They compare stories with each other, and a one-off may
    well be nearer to one than to all others. On labelled sets of headlines (see ``benchmarks/evaluation.md``) the
    support separated noise that belongs to a story from noise that does not with an area under the curve of 0.91, the
    share with 0.83, the margin between mean similarities with 0.79, and the nearest neighbour's similarity alone with
    0.90.

    Parameters
    ----------
    neighbors : Neighbors
        Its `indices` and `distances` are read. A folded near-copy gets the result of its representative.
    labels : ndarray, shape (n,)
        Cluster of each document; -1 is noise.
    least_support : float
        0 assigns every document that has a vote; 1.5 or more assigns nothing.

    Returns
    -------
    Vote

    Raises
    ------
    ParameterError
        If `least_support` is negative or not a number.
    """
    if not least_support >= 0:
        raise ParameterError(f"least_support is {least_support}; it must be a similarity, 0 or larger.")
    assigned = np.array(neighbors.own(labels), dtype=np.int32)
    n = len(assigned)
    nearest = np.full(n, -1, dtype=np.int32)
    support, share, margin = np.zeros(n), np.full(n, np.nan), np.full(n, np.nan)
    noise = np.flatnonzero(assigned < 0)
    votes = votes_of(neighbors.indices[noise, :VOTERS], neighbors.distances[noise, :VOTERS], assigned)
    nearest[noise], support[noise], share[noise], margin[noise] = winners(votes)
    taken = (nearest >= 0) & (support >= least_support)
    assigned[taken] = nearest[taken]
    of = neighbors.spread
    return Vote(of(assigned), of(taken), of(nearest), of(support), of(share), of(margin), least_support)


def enough_support(vote: Vote, at_most: float) -> float:
    """The highest `least_support` that leaves no more than this share of the documents in no story.

    If too many have no neighbour in a story, it is the lowest support of any document.
    """
    alone = vote.labels < 0
    too_many = int(np.ceil(alone.sum() - at_most * len(alone) - 1e-9))
    supports = np.sort(vote.support[alone & (vote.nearest >= 0)])[::-1]
    return float(supports[min(too_many, len(supports)) - 1]) if too_many > 0 and len(supports) else np.inf


def with_copies(clustering: Clustering, neighbors: Neighbors, least_support: float = 0.42) -> Clustering:
    """A clustering and its clusters of near-copies alone, see `copies_alone`."""
    labels = copies_alone(neighbors, clustering.labels, least_support)
    n = int(labels.max(initial=-1)) + 1 - clustering.n_clusters
    if not n:
        return clustering
    added = labels >= clustering.n_clusters
    return replace(
        clustering,
        labels=labels,
        probabilities=np.where(added, np.float32(1), clustering.probabilities),
        persistence=np.append(clustering.persistence, np.zeros(n)),
        n_of_copies=n,
    )


def copies_alone(
    neighbors: Neighbors, labels: np.ndarray, least_support: float = 0.42, vote: Vote | None = None
) -> np.ndarray:
    """The clusters, and one for each group of near-copies that is like nothing else: one report and its copies.

    If near-copies are folded (`newsclust.neighbors.folded`), a group of them that is in no cluster, and that the vote
    assigns to none, becomes a cluster, of two documents or more. These come last, the largest first.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    counts = neighbors.counts
    if counts is None:
        return labels
    own, vote = np.array(neighbors.own(labels)), vote or assign_noise(neighbors, labels, least_support)
    alone = np.flatnonzero((neighbors.own(vote.labels) < 0) & (counts > 1))
    own[alone[np.argsort(-counts[alone], kind="stable")]] = own.max(initial=-1) + 1 + np.arange(len(alone))
    return neighbors.spread(own)


def votes_of(indices: np.ndarray, distances: np.ndarray, labels: np.ndarray) -> csr_array:
    """The votes of each list's nearest neighbours.

    Parameters
    ----------
    indices : ndarray of int, shape (m, k)
        Rows of the neighbours, nearest first; -1 is padding.
    distances : ndarray of float, shape (m, k)
    labels : ndarray of int, shape (n,)
        The story of each row; -1 has no vote.

    Returns
    -------
    csr_array of float64, shape (m, n_stories)
        Columns in each row ascend.
    """
    indices = indices[:, :VOTERS]
    stories = np.where(indices < 0, -1, labels[indices]) if len(labels) else np.full(indices.shape, -1)
    similarity = 1 - distances[:, :VOTERS].astype(np.float64) ** 2 / 2
    row, column = np.nonzero((stories >= 0) & (similarity > 0))
    counts = similarity[row, column] ** POWER
    votes = csr_array((counts, (row, stories[row, column])), shape=(len(indices), labels.max(initial=-1) + 1))
    votes.sum_duplicates()
    return votes


def winners(votes: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The story with the most support in each row of `votes`, and its support, share and margin as in `Vote`."""
    nearest = np.full(votes.shape[0], -1, dtype=np.int32)
    support, share, margin = np.zeros(len(nearest)), np.full(len(nearest), np.nan), np.full(len(nearest), np.nan)
    voters = np.flatnonzero(np.diff(votes.indptr))
    starts = votes.indptr[:-1][voters]
    if len(voters):
        # Each row's entries are sorted by label: in a tie the first maximum is that of the smaller one.
        row = np.repeat(np.arange(len(voters)), np.diff(votes.indptr)[voters])
        most, all_votes = np.maximum.reduceat(votes.data, starts), np.add.reduceat(votes.data, starts)
        place = np.flatnonzero(votes.data == most[row])
        winner = place[np.diff(row[place], prepend=-1) > 0]
        nearest[voters], support[voters] = votes.indices[winner], most ** (1 / POWER)
        others = votes.data.copy()
        others[winner] = 0
        share[voters] = most / all_votes
        margin[voters] = (most - np.maximum.reduceat(others, starts)) / all_votes
    return nearest, support, share, margin


def most_frequent(values: np.ndarray | pd.Series, groups: np.ndarray) -> pd.Series:
    """The most frequent value in each group, in a tie the smallest; the index is the groups, ascending."""
    both = pd.DataFrame({"group": groups, "value": np.asarray(values)})
    counts = both.value_counts(sort=False).rename("n").reset_index()
    order = counts.sort_values(["group", "n", "value"], ascending=[True, False, True])
    return order.drop_duplicates("group").set_index("group")["value"]
