"""How reliable a story is: whether it stays together without a fifth of the headlines, and how alike these are.

Whether its pairs stay together is not enough. On labelled headlines (``benchmarks/reliability.md``) this hardly
separates pure stories from mixed ones: two events that HDBSCAN has merged stay merged, and two unrelated headlines stay
a pair. Three things do: the finest clusters of the same resamplings, which split merged events; the least similar
pairs; and the number of pairs, because few are little evidence.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from graph_hdbscan.hierarchy import select

from ..clusters.clustering import SELECTION, cluster
from ..neighbors.neighbors import Neighbors
from .evidence import Evidence
from .noise import assign_noise, copies_alone
from .stories import Stories

#: Each of `TIMES` times the documents are split into fifths by their ids, and each fifth is left out once.
FIFTHS, TIMES = 5, 4
#: With more documents than this the fifths are drawn once: 5 resamplings instead of 20.
MANY = 200_000
#: The most members of a story whose pairs are compared: a sample evenly spread over the ids, which are hashes.
COMPARED = 50
#: The quantile of its pairs' similarities that counts as a story's similarity.
LEAST_ALIKE = 0.25
#: Shares of the documents that `stories_seen` draws, and how often it draws each.
SHARES, DRAWS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), 4


def reliability(neighbors: Neighbors, stories: Stories, evidence: Evidence) -> pd.DataFrame:
    """How reliable each story is.

    The documents are clustered without a fifth of them, 20 times, with the settings of the run; nothing is searched.
    Only pairs that are in one story without corrections, too, are counted: a person decided the others.

    Parameters
    ----------
    neighbors : Neighbors
        The lists that were clustered, or longer ones.
    stories : Stories
    evidence : Evidence
        For the documents that have neighbour lists.

    Returns
    -------
    DataFrame, one row per story
        Index ``cluster``, as in `Stories.table`. ``together``, 0 to 1: of the story's pairs of headlines that were both
        sampled, the share that was in one story again. ``reliability``, 0 to 1, is a product: of the pairs whose
        headlines are both in finest clusters, after the vote on noise, the share in the same one; times the similarity,
        by the blend, that three in four of its pairs exceed; times p / (p + 1) for its p pairs. NaN if a story has no
        pair.
    """
    lists, numbers = neighbors.head(stories.clustering.parameters["k"]), stories.table.index
    place, story = _found(stories)
    n = len(story)
    counted = np.zeros((4, n))
    for time in range(TIMES if len(place) <= MANY else 1):
        fifth = (draw(neighbors.documents, time) * FIFTHS).astype(int)
        for left_out in range(FIFTHS):
            rows = np.flatnonzero(fifth != left_out)
            found, finest = again(lists, stories, rows)
            own = place[rows]
            there = np.bincount(own[own >= 0], minlength=n)
            counted += _pairs(own, found, n)[0], there * (there - 1) / 2, *_pairs(own, finest, n)
    sizes = np.bincount(place[place >= 0], minlength=n)
    counted = np.vstack([counted, sizes * (sizes - 1) / 2])
    together, pairs, fine, placed, every = (np.bincount(story, one, len(numbers)) for one in counted)
    alike = _alike(neighbors, place, story, evidence).reindex(range(len(numbers))).to_numpy()
    score = fine / np.maximum(placed, 1) * alike * (1 - 1 / (every + 1))
    together = np.divide(together, pairs, out=np.full(len(numbers), np.nan), where=pairs > 0)
    return pd.DataFrame({"together": together, "reliability": score}, index=numbers)


def _found(stories: Stories) -> tuple[np.ndarray, np.ndarray]:
    """Each document's part of a story, -1 for none, and the place of each part's story in `Stories.table`.

    Without corrections, a part was a story or inside one.
    """
    place, corrected = stories.table.index.get_indexer(stories.labels), stories.corrected
    if corrected is None:
        return place, np.arange(len(stories.table))
    before, n = corrected.before, int(corrected.before.max(initial=0)) + 1
    both = np.where((place >= 0) & (before >= 0), place * n + before, -1)
    parts = pd.Index(np.unique(both[both >= 0]))
    return parts.get_indexer(both), parts.to_numpy(np.intp) // n


def _alike(neighbors: Neighbors, place: np.ndarray, story: np.ndarray, evidence: Evidence) -> pd.Series:
    """The similarity that all but `LEAST_ALIKE` of a story's pairs exceed, at least 0; only stories with pairs."""
    lists = neighbors.spread(np.arange(len(neighbors.ids)))
    members = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[members], np.arange(len(story) + 1))
    pairs = [np.empty((2, 0), dtype=np.intp)]
    for first, end in zip(starts, starts[1:], strict=False):
        some = members[np.unique(np.linspace(first, end - 1, COMPARED).astype(np.intp))]
        pairs.append(some[np.stack(np.triu_indices(len(some), 1))])
    one, two = np.hstack(pairs)
    alike = pd.Series(evidence.pairs(lists[one], lists[two])).groupby(story[place[one]]).quantile(LEAST_ALIKE)
    return alike.clip(lower=0)


def stories_seen(neighbors: Neighbors, stories: Stories) -> pd.DataFrame:
    """How many of the stories are found in samples of each size.

    A story is found in a sample if a story of the sample has two or more of its documents, and more of them than of all
    others.

    Parameters
    ----------
    neighbors, stories
        As for `reliability`.

    Returns
    -------
    DataFrame, one row per share
        ``share`` of the documents, and the ``mean``, ``least`` and ``most`` stories found in `DRAWS` samples.
    """
    lists, numbers = neighbors.head(stories.clustering.parameters["k"]), stories.table.index
    place, rows = numbers.get_indexer(stories.labels), []
    for share in SHARES:
        seen = []
        for nth in range(DRAWS):
            part = np.flatnonzero(draw(neighbors.documents, TIMES + nth) < share)
            found = again(lists, stories, part)[0]
            both = pd.DataFrame({"found": found, "story": place[part]})[found >= 0]
            counts = both.value_counts().rename("n").reset_index()
            inside = counts["found"].map(both["found"].value_counts())
            is_found = (counts["n"] > 1) & (2 * counts["n"] > inside) & (counts["story"] >= 0)
            seen.append(counts["story"][is_found].nunique())
        rows.append((share, np.mean(seen), min(seen), max(seen)))
    rows.append((1.0, len(numbers), len(numbers), len(numbers)))
    return pd.DataFrame(rows, columns=["share", "mean", "least", "most"])


def _pairs(own: np.ndarray, found: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """For each story, how many of its pairs are in one of the clusters, and how many have both documents in any."""
    placed, width = (own >= 0) & (found >= 0), int(found.max(initial=0)) + 1
    cells, counts = np.unique(own[placed] * width + found[placed], return_counts=True)
    inside = np.bincount(own[placed], minlength=n)
    return np.bincount(cells // width, counts * (counts - 1) / 2, minlength=n), inside * (inside - 1) / 2


def draw(ids: np.ndarray, nth: int) -> np.ndarray:
    """A pseudorandom number for each document, which depends on its id and on `nth` alone.

    So the same headlines are left out whatever the order of the rows, and whatever headlines are added.

    Parameters
    ----------
    ids : ndarray of int64, shape (n,)
    nth : int

    Returns
    -------
    ndarray of float64, shape (n,)
        0 to 1.
    """
    step = np.uint64((nth + 1) * 0x9E3779B97F4A7C15 % 2**64)  # of splitmix64, whose mixing pandas uses
    return pd.util.hash_array(ids.astype(np.uint64) + step, categorize=False) / 2.0**64


def again(neighbors: Neighbors, stories: Stories, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The stories of only these documents, by the settings of the run, and the finest clusters of the same tree.

    Nothing is searched: the lists keep their neighbours among these documents.
    """
    if len(rows) < 2:
        return np.full(len(rows), -1), np.full(len(rows), -1)
    given, asked = stories.parameters, stories.clustering.parameters
    least = stories.vote.support[stories.assigned].min(initial=given["least_support"])  # at_most_alone may lower it
    part = neighbors.part(rows)
    clustering = cluster(part, **asked)
    vote = assign_noise(part, clustering.labels, least)
    found = copies_alone(part, clustering.labels, least, vote)
    selection = {name: asked[name] for name in SELECTION} | {"cluster_selection_method": "leaf"}
    finest, _, _ = select(clustering.tree, len(rows), asked["min_cluster_size"], **selection)
    if given["assign_noise"]:
        added = found.max(initial=-1) >= clustering.n_clusters  # the added clusters have votes, too
        found = (assign_noise(part, found, least) if added else vote).labels
    return found, assign_noise(part, finest, least).labels
