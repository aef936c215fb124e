"""The condensed tree in a form that can be read: topics, the groups above and inside them, and the stories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .branches import Branches, find_branches
from .stories import Stories

#: Levels below the one that holds all stories.
DEEPEST = 5
#: The largest stories have a row each; smaller ones of one group share a row.
NAMED = 100


def outline(stories: Stories) -> pd.DataFrame:
    """The tree of the stories in few rows: only those levels and stories that can be drawn and read.

    In HDBSCAN documents fall out of a cluster that continues; here stories fall out of a group in the same way. A group
    splits only where both sides have at least two stories or, if that gives more than `DEEPEST` levels, the least
    number that does not. A topic is always a row. Stories beyond the `NAMED` largest share one row per group.

    Parameters
    ----------
    stories : Stories
        Its `table` has the column `topic`.

    Returns
    -------
    DataFrame
        A parent before its children. Columns `parent` (row number, -1 for the first), `kind` (``"all"``, ``"group"``,
        ``"topic"``, ``"story"`` or ``"smaller"``), `story` and `topic` (their numbers, or -1), `n_stories`, `size`
        (documents, assigned noise included), `distance` (at which it splits from other stories of its parent, as
        `Branches.distance`; NaN for ``"smaller"``). Empty without stories.
    """
    branches = find_branches(stories.clustering)
    table = stories.by_cluster
    sizes, topic = table["size"].to_numpy(), table["topic"].to_numpy()
    is_named = np.zeros(len(table), dtype=bool)
    is_named[np.argsort(-sizes, kind="stable")[:NAMED]] = True
    if len(table) == NAMED + 1:  # a row for the one smaller story would save nothing
        is_named[:] = True
    topic_of = _one_topic(branches, topic)
    n_named = _gathered(branches, is_named.astype(int))
    least = 2
    while _levels(rows := _rows(branches, topic_of, n_named, is_named, least)) > DEEPEST and least <= len(table):
        least += 1
    return _described(rows, branches, topic_of, table)


def _gathered(branches: Branches, of_story: np.ndarray) -> np.ndarray:
    """The sum over each branch's stories."""
    total = np.zeros(len(branches), dtype=np.int64)
    leaves = branches.story >= 0
    total[leaves] = of_story[branches.story[leaves]]
    for place in range(len(branches) - 1, 0, -1):
        total[branches.parent[place]] += total[place]
    return total


def _one_topic(branches: Branches, topic: np.ndarray) -> np.ndarray:
    """The topic that all of a branch's stories belong to; -1 if there is none or there are several."""
    low, high = np.full(len(branches), len(topic)), np.full(len(branches), -2)
    leaves = branches.story >= 0
    low[leaves] = high[leaves] = topic[branches.story[leaves]]
    for place in range(len(branches) - 1, 0, -1):
        up = branches.parent[place]
        low[up], high[up] = min(low[up], low[place]), max(high[up], high[place])
    return np.where(low == high, low, -1)


def _rows(
    branches: Branches, topic_of: np.ndarray, n_named: np.ndarray, is_named: np.ndarray, least: int
) -> list[tuple[int, str, int]]:
    """Parent row, kind and branch of each row; for ``"smaller"`` the branch of its parent."""
    if not len(branches):
        return []
    n_forks = np.bincount(
        branches.parent[1:], (branches.n_stories[1:] >= least) & (n_named[1:] > 1), minlength=len(branches)
    )
    rows = [(-1, "all", 0)]
    within = [0] * len(branches)  # the row that each branch lies in, or is
    smaller: set[int] = set()
    for place in range(len(branches)):
        up = int(branches.parent[place])
        row, story = within[up] if place else 0, int(branches.story[place])
        within[place] = row
        if story >= 0:
            if is_named[story]:
                rows.append((row, "story", place))
            else:
                smaller.add(row)
            continue
        if not place:
            continue
        if topic_of[place] >= 0 and topic_of[up] < 0:
            kind = "topic"
        elif n_forks[up] > 1 and branches.n_stories[place] >= least and n_named[place] > 1:
            kind = "group"
        else:
            continue
        within[place] = len(rows)
        rows.append((row, kind, place))
    return rows + [(row, "smaller", rows[row][2]) for row in sorted(smaller)]


def _levels(rows: list[tuple[int, str, int]]) -> int:
    depth: list[int] = []
    for parent, _, _ in rows:
        depth.append(depth[parent] + 1 if parent >= 0 else 0)
    return max(depth, default=0)


def _described(
    rows: list[tuple[int, str, int]], branches: Branches, topic_of: np.ndarray, table: pd.DataFrame
) -> pd.DataFrame:
    parent, kind, place = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.array([], int),) * 3
    frame = pd.DataFrame({"parent": parent, "kind": kind.astype(object)})
    number = np.append(table.index.to_numpy(dtype=np.int64), -1)  # -1 stays -1
    frame["story"] = np.where(kind == "story", number[branches.story[place]], -1)
    frame["topic"] = topic_of[place]
    frame["n_stories"] = branches.n_stories[place]
    frame["size"] = _gathered(branches, table["size"].to_numpy())[place]
    frame["distance"] = branches.distance[place]
    smaller = frame["kind"] == "smaller"
    frame.loc[smaller, "distance"] = np.nan
    for column in ("n_stories", "size"):  # the remainder of the parent
        shown = frame[~smaller].groupby("parent")[column].sum()
        whole = frame.loc[frame.loc[smaller, "parent"], column].to_numpy()
        frame.loc[smaller, column] = whole - shown.reindex(frame.loc[smaller, "parent"]).fillna(0).to_numpy()
    return frame.astype({"n_stories": int, "size": int})
