"""Stories that keep their numbers from one run to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import notice
from ..markup import escape, table
from ..stories.identity import Identity, keep_identity
from ..stories.stories import Stories
from ..wording import count
from .stored import StoredRun, read_results


@dataclass(frozen=True, eq=False)
class Continuation:
    """A run's stories under the numbers of an earlier one.

    Attributes
    ----------
    stories : Stories
        Labels, votes and table by these numbers.
    identity : Identity or None
        None where no run is continued.
    earlier : StoredRun or None
    """

    stories: Stories
    identity: Identity | None = None
    earlier: StoredRun | None = None

    @property
    def told(self) -> pd.DataFrame:
        """The changes in words: ``story, title, what happened, headlines before, headlines now``."""
        columns = ["story", "title", "what happened", "headlines before", "headlines now"]
        if self.identity is None or self.earlier is None:
            return pd.DataFrame(columns=columns)
        now, before = self.stories.table["title"], self.earlier.table["title"]
        rows = []
        for row in self.identity.changes.itertuples():
            if row.what == "continues" and not row.others:
                continue
            title = now.get(row.story) if row.now else before.get(row.story)
            rows.append((row.story, title, _said(row.what, row.others), row.before, row.now))
        order = {"ascending": False, "kind": "stable", "ignore_index": True}
        return pd.DataFrame(rows, columns=columns).sort_values(["headlines now", "headlines before"], **order)

    def __repr__(self) -> str:
        if self.identity is None or self.earlier is None:
            return "No earlier run is continued: stories are numbered by their size."
        what = self.identity.changes["what"].value_counts()
        return (
            f"{count(int(what.get('continues', 0)), 'story continues', 'stories continue')} from {self.earlier.name}, "
            f"{what.get('new', 0):,} are new, {what.get('split off', 0):,} split off, "
            f"{what.get('merged', 0):,} merged into others, {what.get('ended', 0):,} ended."
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{table(self.told) if len(self.told) else ''}"


def continue_run(stories: Stories, previous: str | None = None) -> Continuation:
    """Give stories that continue from an earlier run the numbers they had there, and with them their colours.

    Parameters
    ----------
    stories : Stories
        Of today, numbered by size.
    previous : str, optional
        The earlier run's folder; without one the numbers stay as they are.

    Returns
    -------
    Continuation

    Raises
    ------
    RunError
        If there is no run in `previous`.
    """
    if not previous:
        return Continuation(stories)
    earlier = read_results(previous)
    ids = stories.documents["id"].to_numpy(np.int64)
    known = ids_of_today(earlier, stories.documents)
    before = pd.Series(earlier.labels, index=known)
    rank = np.append(stories.table.index.get_indexer(range(int(stories.labels.max(initial=-1)) + 1)), -1)
    identity = keep_identity(before, ids, rank[stories.members], earlier.next_number)
    return Continuation(renumbered(stories, identity, previous), identity, earlier)


def ids_of_today(earlier: StoredRun, documents: pd.DataFrame) -> np.ndarray:
    """The ids of an earlier run's documents; for ids that no longer exist, those of the same documents in `documents`.

    An id is a hash of the text, and how texts are cleaned may change. A document without its id is recognised by its
    address, else by its title and day, if these are unique in both. A notice says how many were recognised so.
    """
    ids, points = earlier.ids.copy(), earlier.points
    days = documents.set_index("id")["published_at"].str[:10]
    for name in ("url", "title"):
        lost = ~np.isin(ids, documents["id"])
        new = documents[~documents["id"].isin(ids)]
        keys, found = points[name].str.strip(), new.set_index(new[name].str.strip())["id"]
        found = found[~found.index.duplicated(keep=False) & (found.index != "")]
        alone = ~keys.duplicated(keep=False).to_numpy() & lost & keys.isin(found.index).to_numpy()
        same = found.reindex(keys[alone]).to_numpy(np.int64)
        then, now = points["published_at"][alone].str[:10].to_numpy(), days.reindex(same).to_numpy()
        agree = (name == "url") | (then == now) | (then == "") | (now == "")
        ids[np.flatnonzero(alone)[agree]] = same[agree]
    if n := int((ids != earlier.ids).sum()):
        how = f"{'is' if n == 1 else 'are'} recognised by address or title, because the texts have changed."
        notice(f"{count(n, 'headline')} of {earlier.name} {how}")
    return ids


def renumbered(stories: Stories, identity: Identity, previous: str) -> Stories:
    """The stories with other numbers: their labels, votes and table; HDBSCAN's clusters keep their own numbers."""
    number = np.full(int(stories.table.index.max()) + 2 if len(stories.table) else 1, np.int32(-1))  # -1 stays -1
    number[stories.table.index] = identity.numbers
    vote = replace(stories.vote, labels=number[stories.vote.labels], nearest=number[stories.vote.nearest])
    told = stories.table.set_axis(pd.Index(number[stories.table.index], name="cluster")).sort_index()
    given = stories.parameters | {"previous": previous}
    return replace(
        stories,
        labels=number[stories.labels],
        vote=vote,
        table=told,
        parameters=given,
        numbers=identity.numbers if stories.numbers is None else number[stories.numbers],
        next_number=identity.next_number,
        changes=identity.changes,
    )


def _said(what: str, others: list[int]) -> str:
    names = ", ".join(map(str, others))
    return {
        "continues": f"continues, and took in {names}",
        "new": "new",
        "split off": f"split off from {names}",
        "merged": f"went into {names}",
        "ended": "ended",
    }[what]
