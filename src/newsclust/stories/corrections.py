"""A person's corrections of stories: one story, two stories, a title, no story. They override the clusters.

Corrections are applied after all other steps, so that a story without corrections does not change. The spanning tree
and the votes on noise decide what the corrections leave open, so that this does not depend on chance either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from ..corpus.facts import headlines
from ..errors import InputError, notice
from ..markup import plain
from ..wording import count
from .parting import Parts

#: What a row of ``corrections.csv`` can say, and whether it names a second headline.
KINDS = {"same": True, "apart": True, "title": False, "alone": False}
#: Its columns. A headline is named by its id in clusters.csv, by its address or by its title.
COLUMNS = ("kind", "headline_a", "headline_b", "title", "who", "why")
#: The most rounds of votes by the headlines of a story that is split.
ROUNDS = 10
#: The most rows that a notice names; others are counted.
NAMED = 3


@dataclass(frozen=True, eq=False)
class Corrections:
    """Rows of ``corrections.csv`` whose headlines were found.

    Attributes
    ----------
    rows : DataFrame
        `COLUMNS` as they were given, ``file`` and ``row`` (as a spreadsheet counts them), and ``one`` and ``two``, the
        rows of the named documents; -1 if the kind names no second one.
    left_out : list of dict
        The other rows, each with the ``reason`` why it can't be followed.
    needed : ndarray of bool, shape (n_rows,), optional
        Whether the stories without corrections contradict each row.
    """

    rows: pd.DataFrame
    left_out: list[dict[str, Any]]
    needed: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, *kinds: str) -> pd.DataFrame:
        return self.rows[self.rows["kind"].isin(kinds)]

    def pairs(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        told = self.of(kind)
        return told["one"].to_numpy(np.intp), told["two"].to_numpy(np.intp)

    def contradict(self, labels: np.ndarray) -> np.ndarray:
        """Whether these stories contradict each row; False for titles, not checked here: bool, shape (n_rows,)."""
        one, two = (labels[self.rows[name].to_numpy(np.intp)] for name in ("one", "two"))
        together, kind = (one == two) & (one >= 0), self.rows["kind"].to_numpy()
        return np.select([kind == "same", kind == "apart", kind == "alone"], [~together, together, one >= 0], False)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers for ``metrics.json``."""
        assert self.needed is not None  # once they are applied
        return {
            "n_corrections": len(self),
            "n_corrections_needed": int(self.needed.sum()),
            "n_corrections_left_out": len(self.left_out),
        }

    @property
    def listed(self) -> list[dict[str, Any]]:
        """All rows as they were given, for the page and for later runs that continue this one."""
        names = [*COLUMNS, "file", "row"]
        rows = self.rows[names].assign(needed=self.needed).to_dict("records")
        return rows + [{name: row[name] for name in [*names, "reason"]} for row in self.left_out]

    @property
    def named(self) -> np.ndarray:
        """The rows of all documents named by corrections of stories, not of titles."""
        both = self.of("same", "apart", "alone")[["one", "two"]].to_numpy().ravel()
        return np.unique(both[both >= 0])


@dataclass(frozen=True, eq=False)
class Corrected:
    """Stories as corrected.

    Attributes
    ----------
    labels : ndarray of int32, shape (n,)
        Stories keep their numbers: a merged story that of the largest, a split one in the part with the most members.
        New stories have the next free numbers.
    is_placed : ndarray of bool, shape (n,)
        Whether a correction, not HDBSCAN or a vote, decided the document's story.
    before : ndarray of int32, shape (n,)
        The stories without corrections.
    corrections : Corrections
    """

    labels: np.ndarray
    is_placed: np.ndarray
    before: np.ndarray
    corrections: Corrections


def resolve(rows: pd.DataFrame, documents: pd.DataFrame) -> Corrections:
    """Find the headlines that rows of corrections name.

    A row whose headline is missing, or the name of several, can't be followed: it goes to `left_out`.

    Raises
    ------
    InputError
        If rows contradict each other; the message names them.
    """
    find, left_out, found = _finder(documents), [], []
    for row in rows.to_dict("records"):
        kind, places = row["kind"], [-1, -1]
        why = "" if kind in KINDS else f"says {kind!r} where it should say {', '.join(KINDS)}"
        for side, name in enumerate([row["headline_a"], row["headline_b"]][: 1 + KINDS.get(kind, False)]):
            if why:
                break
            places[side], n = find(name)
            if n != 1:
                why = f"names “{plain(name)[:60]}”, which {count(n, 'headline')} {'is' if n == 1 else 'have'}"
                why = why if n else f"names “{plain(name)[:60]}”, which is not among these headlines"
                why = why if plain(name) else f"names no headline_{'ab'[side]}"
        if not why and kind == "title" and not row["title"]:
            why = "gives no title"
        if why:
            left_out.append(row | {"reason": why})
        else:
            found.append(row | {"one": places[0], "two": places[1]})
    frame = pd.DataFrame(found, columns=[*rows.columns, "one", "two"])
    ends = np.sort(frame[["one", "two"]].to_numpy(np.intp), axis=1)
    frame = frame[~pd.DataFrame(ends).assign(kind=frame["kind"], title=frame["title"]).duplicated().to_numpy()]
    corrections = Corrections(frame.reset_index(drop=True), left_out)
    _refuse_contradictions(corrections, len(documents))
    return corrections


def tell(corrections: Corrections) -> None:
    """A notice about the rows that were left out."""
    if out := corrections.left_out:
        first = "; ".join(f"{where_of(row)} {row['reason']}" for row in out[:NAMED])
        more = f"; and {len(out) - NAMED:,} more" if len(out) > NAMED else ""
        notice(f"{count(len(out), 'correction')} can't be followed: {first}{more}.")


def where_of(row: dict[str, Any] | pd.Series) -> str:
    return f"row {row['row']} of {row['file']}"


def _finder(documents: pd.DataFrame) -> Callable[[str], tuple[int, int]]:
    """A function that finds the row of a headline by name, and how many rows have that name."""
    ids = {f"d{own}": row for row, own in enumerate(documents["id"].tolist())}
    by = [
        pd.Series(np.arange(len(documents)), index=names).groupby(level=0).agg(["first", "size"])
        for names in (documents["url"].map(plain).to_numpy(), headlines(documents).map(plain).to_numpy())
    ]

    def find(name: str) -> tuple[int, int]:
        name = plain(name)
        if name in ids:
            return ids[name], 1
        for known in by:
            if name and name in known.index:
                return tuple(known.loc[name].tolist())
        return -1, 0

    return find


def _refuse_contradictions(corrections: Corrections, n: int) -> None:
    same, group = corrections.of("same"), _groups(corrections, n)
    row_of = {frozenset(pair): at for at, *pair in same[["one", "two"]].itertuples()}
    for at, one, two in corrections.of("apart")[["one", "two"]].itertuples():
        if group[one] == group[two]:
            path = _path(corrections, n, one, two)
            _contradict(corrections, [*(row_of[frozenset(step)] for step in pairwise(path)), at])
    for at, one in corrections.of("alone")["one"].items():
        if linked := [row for pair, row in row_of.items() if one in pair]:
            _contradict(corrections, [linked[0], at])


def _contradict(corrections: Corrections, rows: list[int]) -> None:
    told = []
    for row in corrections.rows.loc[sorted(rows)].to_dict("records"):
        names = [f"“{plain(row[name])[:60]}”" for name in ("headline_a", "headline_b")[: 1 + KINDS[row["kind"]]]]
        told.append(f"{where_of(row)} ({row['kind']}: {', '.join(names)})")
    what = "names one headline twice" if len(told) == 1 else "contradict each other"
    raise InputError(f"{' and '.join(told)} {what}: delete or correct one of the rows.")


def _path(corrections: Corrections, n: int, start: int, end: int) -> list[int]:
    """The documents by which the fewest rows of ``same`` lead from one to another."""
    _, before = breadth_first_order(_linked(corrections, n), start, directed=False)
    path = [end]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    return path


def _linked(corrections: Corrections, n: int) -> csr_array:
    one, two = corrections.pairs("same")
    return csr_array((np.ones(len(one)), (one, two)), shape=(n, n))


def _groups(corrections: Corrections, n: int) -> np.ndarray:
    """A number per document, the same for those that a chain of rows makes one story: int, shape (n,)."""
    return connected_components(_linked(corrections, n), directed=False)[1]


def apply(
    corrections: Corrections,
    labels: np.ndarray,
    certainty: np.ndarray,
    edges: np.ndarray,
    support: np.ndarray | None = None,
    copies: np.ndarray | None = None,
    fixed: np.ndarray | None = None,
    first_free: int = 0,
    vote: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> Corrected:
    """Apply corrections to stories.

    *same*: a headline in the more certain half of its story brings its whole story, so that the stories of two such
    headlines merge; any other moves alone, with its folded copies, to the story of the most certain one. If all are
    assigned noise, they join the story with the most support; if none is in a story, they form a new one, however few.
    *apart*: the story is split along the spanning tree. Its headlines are joined again along the tree, the shortest
    edge first, except where a correction forbids it; so each joins the named headline that it meets first, at the
    smallest distance. Then the headlines that no correction names vote, and so does the assigned noise, until each is
    with its neighbours. *alone*: the headline leaves its story. The rest of a story stays a story if it has two
    headlines or more.

    A pair is often wrong for an outlier alone. So a member that is nearer to another story brings no headlines with it
    if it is *same*, and leaves alone if it is *apart*, of two such members the one that is less near to its own story.

    Parameters
    ----------
    corrections : Corrections
    labels : ndarray of int, shape (n,)
        Stories, with assigned noise; -1 is in none.
    certainty : ndarray of float, shape (n,)
        How firmly each document belongs to its story: 0 for noise, assigned or not; below 0 for a member that is nearer
        to another story.
    edges : ndarray, shape (n - 1, 3)
        The spanning tree, in canonical order.
    support : ndarray of float64, shape (n,), optional
        The support of assigned noise.
    copies : ndarray of int, shape (n,), optional
        The representative of each document, if near-copies are folded.
    fixed : ndarray of int, shape (n,), optional
        Documents with the same number, 0 or larger, are one story, which keeps that number.
    first_free : int
        No new story has a smaller number.
    vote : callable, optional
        Takes rows and labels; returns the story that each row's neighbours support most, -1 for none.

    Returns
    -------
    Corrected
    """
    n, given = len(labels), labels
    labels, is_member, is_placed = labels.astype(np.int32), (certainty > 0) & (labels >= 0), np.zeros(n, dtype=bool)
    free = max(first_free, int(labels.max(initial=-1)) + 1)
    support = np.zeros(n) if support is None else support
    alone = corrections.of("alone")["one"].to_numpy(np.intp)
    labels[alone], is_member[alone] = -1, False
    standing = certainty / pd.Series(certainty).where(is_member).groupby(labels).transform("median").to_numpy()
    standing = np.where(is_member, standing, np.minimum(certainty, 0))
    sizes = np.bincount(labels[labels >= 0], minlength=free)
    if fixed is not None:
        standing[fixed >= 0] = np.maximum(standing[fixed >= 0], 1)
        sizes[np.unique(fixed[fixed >= 0])] += n
    free = _unite(corrections, labels, standing, is_placed, support, copies, sizes.tolist())
    _part(corrections, labels, standing, is_placed, edges, fixed, free, vote)
    _dissolve(labels, given, (certainty != 0) | is_placed)
    made = replace(corrections, needed=corrections.contradict(given))
    return Corrected(labels, is_placed & (labels >= 0), given, made)


def _unite(
    corrections: Corrections,
    labels: np.ndarray,
    standing: np.ndarray,
    is_placed: np.ndarray,
    support: np.ndarray,
    copies: np.ndarray | None,
    sizes: list[int],
) -> int:
    """Apply the rows of ``same``; return the next free number."""
    group = pd.Series(_groups(corrections, len(labels)))
    named = np.unique(np.concatenate(corrections.pairs("same")))
    free_to_follow = ~np.isin(np.arange(len(labels)), corrections.named)
    links: list[tuple[int, int]] = []
    free = len(sizes)
    for _, rows in group[named].groupby(group[named], sort=False):
        rows = rows.index.to_numpy()
        sure = np.where(labels[rows] < 0, -np.inf, standing[rows])
        leading = rows[(sure >= min(1, sure.max())) & (labels[rows] >= 0)]
        if sure.max() <= 0 and len(leading):  # noise, assigned to stories
            voted = pd.Series(support[leading], index=labels[leading]).groupby(level=0).sum()
            leading = leading[labels[leading] == voted.idxmax()]
        firm = np.unique(labels[leading]) if len(leading) else np.array([free])
        if firm[0] == free:
            free, sizes = free + 1, [*sizes, 0]
        links += [(firm[0], other) for other in firm[1:]]
        moving = rows[~np.isin(rows, leading) & (labels[rows] != firm[0])]
        is_placed[moving] = True
        if copies is not None:
            for row in moving:
                along = (copies == copies[row]) & free_to_follow & (labels == labels[row])
                is_placed |= along
                labels[along] = firm[0]
        labels[moving] = firm[0]
    if links:
        one, two = np.transpose(links)
        whole = connected_components(csr_array((np.ones(len(one)), (one, two)), shape=(free, free)), directed=False)[1]
        order = np.lexsort((np.arange(free), -np.array(sizes)))  # the largest first
        stays = pd.Series(order).groupby(whole[order], sort=True).first().to_numpy()[whole]
        labels[:] = np.append(stays, -1)[labels]
    return free


def _part(
    corrections: Corrections,
    labels: np.ndarray,
    standing: np.ndarray,
    is_placed: np.ndarray,
    edges: np.ndarray,
    fixed: np.ndarray | None,
    free: int,
    vote: Callable[[np.ndarray, np.ndarray], np.ndarray] | None,
) -> None:
    """Apply the rows of ``apart``."""
    one, two = corrections.pairs("apart")
    still = (labels[one] == labels[two]) & (labels[one] >= 0)  # in one story
    one, two = one[still], two[still]
    stories = np.unique(labels[one])
    if not len(stories):
        return
    is_named = np.isin(np.arange(len(labels)), corrections.named)
    inside = np.isin(labels, stories)
    walking = np.flatnonzero(inside & ((standing > 0) | is_placed | is_named))
    parts = Parts(labels, walking)
    same, other = corrections.pairs("same")
    for a, b in zip(same, other, strict=True):
        if inside[a] and inside[b]:
            parts.join(a, b)
    if fixed is not None:
        for rows in pd.Series(walking).groupby(fixed[walking]).agg(list)[lambda of: of.index >= 0]:
            for row in rows[1:]:
                parts.join(rows[0], row)
    leaving = set()
    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        parts.forbid(a, b)
        if min(standing[a], standing[b]) < 0:
            leaving.add(min((a, b), key=lambda row: (standing[row], row)))
    parts.walk(edges[:, :2].astype(np.intp).tolist(), len(labels), leaving)
    is_placed[walking[standing[walking] <= 0]] = True
    walks, before = np.isin(np.arange(len(labels)), walking), labels.copy()
    for story in stories.tolist():
        of_story = before == story
        found = sorted(parts.of(story), key=lambda rows: (-int((standing[rows] > 0).sum()), -len(rows), min(rows)))
        for rows in found[1:]:
            labels[rows] = free
            free += 1
        rows = np.flatnonzero(of_story & ~is_named & (fixed is None or fixed < 0))
        now, known = np.empty(0), of_story & walks
        for _ in range(ROUNDS if len(rows) else 0):
            elected = labels[rows] if vote is None else vote(rows, np.where(known, labels, -1))
            now, labels[rows], known = labels[rows].copy(), np.where(elected >= 0, elected, labels[rows]), of_story
            if np.array_equal(now, labels[rows]):
                break


def _dissolve(labels: np.ndarray, given: np.ndarray, is_held: np.ndarray) -> None:
    """Dissolve stories with one headline, or with none that HDBSCAN or a correction put there, if they have changed."""
    changed = labels != given
    for story in np.unique(np.append(labels[changed], given[changed])).tolist():
        rows = np.flatnonzero(labels == story)
        if story >= 0 and (len(rows) < 2 or not is_held[rows].any()):
            labels[rows] = -1
