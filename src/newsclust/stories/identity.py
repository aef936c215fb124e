"""Which of today's stories continue yesterday's: these keep their numbers; splits, merges and ends are recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Identity:
    """Today's clusters with the numbers of the stories that they continue.

    Attributes
    ----------
    numbers : ndarray of int32, shape (n_clusters,)
        The number of each cluster of today: that of the earlier story it continues, else a new one.
    changes : DataFrame, one row per story of today and one per earlier story that ended
        ``story`` (its number), ``what`` ("continues", "new", "split off", "ended" or "merged"), ``others`` (list of
        numbers: for a story of today the earlier ones that it absorbed or was split from; for one that ended the one
        that absorbed it), ``before`` and ``now`` (all its documents in each run), ``shared`` (documents in both).
    next_number : int
        The smallest number that is still free.
    """

    numbers: np.ndarray
    changes: pd.DataFrame
    next_number: int


def keep_identity(earlier: pd.Series, ids: np.ndarray, labels: np.ndarray, next_number: int | None = None) -> Identity:
    """Number today's clusters so that one that continues an earlier story keeps its number.

    A cluster and an earlier story *match* if they share at least half of the smaller of the two, counting only
    documents that are in both runs. The matching pair that shares the most documents comes first: the cluster gets the
    story's number; then comes the next pair in which neither is matched yet; ties go to the smaller story number, then
    to the smaller label. So the largest part of a story that splits keeps its number, and of stories that merge, the
    one that brings most continues. All other clusters get new numbers, in the order of the labels: numbers of ended
    stories are not used again.

    Parameters
    ----------
    earlier : Series of int
        Index: ids of the earlier run's documents, each once. Values: their stories' numbers; -1 is in no story.
    ids : ndarray of int64, shape (n,)
        Today's documents, each once.
    labels : ndarray of int, shape (n,)
        Today's clusters, numbered from 0 without gaps; -1 is noise.
    next_number : int, optional
        The smallest number that was never used; at least one more than the largest of `earlier`, which is the default.

    Returns
    -------
    Identity
    """
    n_clusters = int(labels.max(initial=-1)) + 1
    free = max(int(earlier.max()) + 1 if len(earlier) else 0, next_number or 0)
    both = pd.DataFrame({"story": earlier.reindex(ids).to_numpy(dtype=float), "cluster": labels}).dropna()
    both = both.astype(np.int64)
    stories, clusters = (both.loc[both[name] >= 0, name].value_counts() for name in ("story", "cluster"))
    pairs = both[(both["story"] >= 0) & (both["cluster"] >= 0)].value_counts().rename("shared").reset_index()
    smaller = np.minimum(stories.reindex(pairs["story"]).to_numpy(), clusters.reindex(pairs["cluster"]).to_numpy())
    matches = pairs[2 * pairs["shared"] >= smaller]
    matches = matches.sort_values(["shared", "story", "cluster"], ascending=[False, True, True])

    story_of: dict[int, int] = {}
    continued: set[int] = set()
    for story, cluster in matches[["story", "cluster"]].itertuples(index=False):
        if cluster not in story_of and story not in continued:
            story_of[cluster] = story
            continued.add(story)
    numbers = np.empty(n_clusters, dtype=np.int32)
    for cluster in range(n_clusters):
        numbers[cluster] = story_of.get(cluster, free)
        free += cluster not in story_of
    return Identity(numbers, _changes(earlier, labels, numbers, story_of, matches, pairs), free)


def _changes(
    earlier: pd.Series,
    labels: np.ndarray,
    numbers: np.ndarray,
    story_of: dict[int, int],
    matches: pd.DataFrame,
    pairs: pd.DataFrame,
) -> pd.DataFrame:
    before, now = earlier[earlier >= 0].value_counts(), np.bincount(labels[labels >= 0], minlength=len(numbers))
    shared = pairs.set_index(["story", "cluster"])["shared"]
    continued = set(story_of.values())
    matches_of_cluster = matches.groupby("cluster")["story"].agg(list)
    matches_of_story = matches.groupby("story")["cluster"].agg(list)
    rows = []
    for cluster, number in enumerate(numbers.tolist()):
        matched = matches_of_cluster.get(cluster, [])
        if cluster in story_of:
            taken_in = sorted(story for story in matched if story not in continued)
            common = int(shared[number, cluster])
            rows.append((number, "continues", taken_in, int(before[number]), int(now[cluster]), common))
        else:
            common = int(shared[matched[0], cluster]) if matched else 0
            rows.append((number, "split off" if matched else "new", matched[:1], 0, int(now[cluster]), common))
    for story in sorted(set(before.index) - continued):
        heirs = matches_of_story.get(story, [])
        common = int(shared[story, heirs[0]]) if heirs else 0
        went = [int(numbers[heir]) for heir in heirs[:1]]
        rows.append((int(story), "merged" if heirs else "ended", went, int(before[story]), 0, common))
    return pd.DataFrame(rows, columns=["story", "what", "others", "before", "now", "shared"])
