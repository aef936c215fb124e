"""Noise that finds its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..clusters.neighbors import Neighbors


def assign_noise(neighbors: Neighbors, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every noise document the story of most of its neighbours.

    Each clustered neighbour of a noise document votes for its own cluster with the similarity of the two, the
    cosine `1 - d**2 / 2` of unit vectors at Euclidean distance `d`; opposed vectors (a cosine below 0) have
    no vote. Ties go to the smaller label. Noise without a vote stays noise. All votes are by the labels
    given, not by each other's result, so the order of the documents does not matter.

    Parameters
    ----------
    neighbors : Neighbors
        Of which `indices` and `distances` are read.
    labels : ndarray, shape (n,)
        Cluster of each document; -1 is noise.

    Returns
    -------
    labels : ndarray, shape (n,)
        A copy with noise assigned.
    vote : ndarray of float, shape (n,)
        Of an assigned document the share of the votes that went to its story; NaN for the others.
    """
    assigned, vote = np.array(labels), np.full(len(labels), np.nan)
    noise = np.flatnonzero(assigned < 0)
    indices = neighbors.indices[noise]
    votes = np.where(indices < 0, -1, assigned[indices])
    weights = 1 - neighbors.distances[noise].astype(np.float64) ** 2 / 2
    voter, column = np.nonzero((votes >= 0) & (weights > 0))
    if not len(voter):
        return assigned, vote
    n_clusters = int(assigned.max()) + 1
    ballots, ballot = np.unique(voter * n_clusters + votes[voter, column], return_inverse=True)
    totals = np.bincount(ballot, weights=weights[voter, column])
    voters, choices = np.divmod(ballots, n_clusters)
    ranking = np.lexsort((choices, -totals, voters))
    everything = np.bincount(voters, weights=totals)
    voters, first = np.unique(voters[ranking], return_index=True)
    assigned[noise[voters]] = choices[ranking][first]
    vote[noise[voters]] = totals[ranking][first] / everything[voters]
    return assigned, vote
