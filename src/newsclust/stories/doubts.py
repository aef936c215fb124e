"""Which stories may be wrong: how well each one is separated, what is next to it, and why it is doubtful."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..neighbors.neighbors import Neighbors
from .evidence import Evidence
from .noise import most_frequent
from .settings import SCORED, near_stories, standing

#: A story is loose if its members are less alike than this share of the median story's similarity.
LOOSE = 0.7
#: A story is part of another one if its similarity to it exceeds this share of its members' similarity to each other.
ALIKE = 0.9
#: A headline in no story may be about several, as briefings and market reports are. It must be near to `SEVERAL`
#: stories (`NEARBY`, see `round_ups`), and to the last of them at least `EVENLY` times as near as to the first. On
#: stories_2014 (79 headlines in none) this found 13, half of them reports on a market or a sector; on the sample 2, on
#: hurricanes and on space probes.
SEVERAL, EVENLY, NEARBY = 3, 0.8, 0.45
#: The most stories listed as next to one, and how many neighbours of each member are searched for them.
NEXT, LISTED = 3, 15


def doubts(evidence: Evidence, labels: np.ndarray, neighbors: Neighbors) -> pd.DataFrame:
    """How well each story is separated from the next one.

    Parameters
    ----------
    evidence : Evidence
        For the documents that have neighbour lists.
    labels : ndarray of int, shape (n,)
        -1: in no story.
    neighbors : Neighbors

    Returns
    -------
    DataFrame, one row per story
        Index ``cluster``, ascending; ``own`` and ``next``, the mean similarity of its documents to each other and to
        the next story, ``separation``, -1 to 1, and ``rival``, the number of the next story or -1, as in
        `newsclust.stories.settings.standing` for documents; NaN if none of its documents was scored. ``kind`` is
        ``"twice"`` (as near to the rival as to itself: one event in two stories), ``"loose"`` (not much alike: several
        events in one), ``"close"`` (near to the rival) or ``""``.
    """
    stories = pd.Index(np.unique(labels[labels >= 0]), name="cluster")
    columns = ["own", "next", "separation", "rival", "kind"]
    if not len(stories):
        return pd.DataFrame(columns=columns, index=stories)
    apart = standing(evidence, labels, neighbors)
    labels = neighbors.own(labels)
    of_story = apart.groupby(labels[apart.index])
    table = of_story[["own", "next", "score"]].mean().set_axis(columns[:3], axis=1).reindex(stories)
    rivals = most_frequent(apart["next_story"], labels[apart.index])
    table["rival"] = rivals.reindex(stories).fillna(-1).astype(int)
    usual = table["own"].median()
    table["kind"] = [
        doubt(own, other, usual, rival) for own, other, rival in table[["own", "next", "rival"]].itertuples(index=False)
    ]
    return table


def doubt(own: float, other: float, usual: float, rival: int) -> str:
    """Why a story is doubtful: see `doubts`."""
    if rival >= 0 and other > ALIKE * own:
        return "twice"
    if own < LOOSE * usual:
        return "loose"
    return "close" if rival >= 0 and other > own / 2 else ""


def round_ups(
    evidence: Evidence, labels: np.ndarray, neighbors: Neighbors, usual: float
) -> list[tuple[int, list[int], float]]:
    """Headlines in no story that are about equally near to several.

    A headline is near to a story if its mean similarity to the members is at least `NEARBY` times that of the median
    story's members to each other (`usual`). No list of words is used: "Markets open lower" is a round-up among
    headlines about companies, and a report among others.

    Returns
    -------
    list of (row, stories, similarity)
        The `SEVERAL` nearest stories, the nearest first, and the similarity to the last of them, largest first.
    """
    rows, labels = neighbors.own(np.arange(len(labels))), neighbors.own(labels)
    alone = np.flatnonzero(labels < 0)
    if not len(alone) or not (labels >= 0).any():
        return []
    alone = alone[np.linspace(0, len(alone) - 1, min(len(alone), SCORED)).astype(np.intp)]
    place, story = near_stories(labels, neighbors, alone)
    alike = evidence.sums(labels, alone[place], story) / np.bincount(labels[labels >= 0])[story]
    order = np.lexsort((story, -alike.round(6), place))
    place, story, alike = place[order], story[order], alike[order]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    first = first[first + SEVERAL <= np.append(first[1:], len(place))]
    last = alike[first + SEVERAL - 1]
    kept = (last >= NEARBY * usual) & (last >= EVENLY * alike[first])
    found = [
        (int(rows[alone[place[at]]]), story[at : at + SEVERAL].tolist(), float(to))
        for at, to in zip(first[kept], last[kept], strict=True)
    ]
    return sorted(found, key=lambda one: (-round(one[2], 6), one[0]))


def worst_first(table: pd.DataFrame) -> pd.Index:
    """The stories of `doubts`, the least separated first; in a tie the smaller number first."""
    return table.index[np.lexsort((table.index, table["separation"].round(9)))]


def next_stories(evidence: Evidence, labels: np.ndarray, neighbors: Neighbors) -> dict[int, list[tuple[int, float]]]:
    """The stories next to each story, up to `NEXT`: their numbers, and the cosines of their means, largest first.

    Only the stories of its members' neighbours are compared, because all pairs would be too many.
    """
    labels = neighbors.own(labels)
    stories, place = np.unique(labels[labels >= 0], return_inverse=True)
    if not len(stories):
        return {}
    members = np.flatnonzero(labels >= 0)
    ones = np.ones(len(members), dtype=np.float32)
    means = csr_array((ones, (place, members)), shape=(len(stories), len(labels))) @ evidence.vectors
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    at = np.full(len(labels) + 1, -1)
    at[members] = place
    others = neighbors.indices[:, :LISTED]
    one = np.repeat(at[:-1], others.shape[1])
    two = at[others].ravel()  # padding, -1, is the last place
    known = (one >= 0) & (two >= 0) & (one != two)
    pairs = np.unique(np.concatenate([one[known] * len(stories) + two[known], two[known] * len(stories) + one[known]]))
    one, two = np.divmod(pairs, len(stories))
    near = np.empty(len(pairs))
    for start in range(0, len(pairs), 2**14):
        part = slice(start, start + 2**14)
        near[part] = np.einsum("ij,ij->i", means[one[part]], means[two[part]])
    found: dict[int, list[tuple[int, float]]] = {}
    for pair in np.lexsort((two, -near.round(6), one)):
        listed = found.setdefault(int(stories[one[pair]]), [])
        if len(listed) < NEXT:
            listed.append((int(stories[two[pair]]), float(near[pair])))
    return found
