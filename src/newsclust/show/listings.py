"""Tables for notebooks and reports, their headlines linked to the articles where the addresses are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..corpus.facts import headlines
from ..errors import ParameterError
from ..markup import Html, escape, link
from ..markup import table as as_html
from ..stories.coverage import compare_groups, cover
from ..wording import count
from .drawing import cut

if TYPE_CHECKING:
    from ..neighbors.neighbors import Neighbors
    from ..stories.stories import Stories

#: How many headlines of a story a table shows.
HEADLINES = 4
#: Letters of a text, and numbers of a vector, in a cell of `table`.
_LETTERS, _NUMBERS = 80, 3
TEMPLATE = Path(__file__).parent / "templates/newsclust"


class Table:
    """Rows that a notebook shows complete and escaped.

    Attributes
    ----------
    frame : DataFrame
        The rows, to work with.
    shown : DataFrame
        The rows as the page shows them, with links.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        shown: pd.DataFrame | None = None,
        classes: str = "",
        empty: str = "",
        caption: str = "",
    ) -> None:
        """The page shows `shown` instead of `frame`, the sentence `empty` instead of no rows, and `caption` above;
        `classes` are those of `newsclust.markup.table`.
        """
        self.frame, self.classes, self._empty, self.caption = frame, classes, empty, caption
        self.shown = frame if shown is None else shown

    def __repr__(self) -> str:
        if self.frame.empty and self._empty:
            return self._empty
        said = f"{len(self.frame)} rows: {', '.join(map(str, self.frame))}"
        return f"{self.caption}\n{said}" if self.caption else said

    def _repr_html_(self) -> str | None:
        if self.frame.empty and self._empty:
            return None  # the sentence, as text
        written = as_html(self.shown, classes=self.classes)
        if self.caption:
            written = f"<p>{escape(self.caption)}</p>{written}"
        if not self.classes:
            return written
        # Reports bring this style and script with them; a notebook needs them beside the table.
        style, script = ((TEMPLATE / name).read_text(encoding="utf-8") for name in ("tables.css", "tables.js"))
        return f"<style>{style}</style>{written}<script>{script}</script>"


def table(rows: Iterable[Sequence[Any]], heads: Sequence[str], caption: str = "") -> Table:
    """Rows as a table, below a sentence: numbers with three decimals, long texts and vectors cut.

    Examples
    --------
    >>> nc.table([("a headline", 0.25)], ["headline", "distance"])
    """
    return Table(pd.DataFrame([[_said(value) for value in row] for row in rows], columns=list(heads)), caption=caption)


def _said(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.3f}"
    if isinstance(value, (list, np.ndarray)):
        first = ", ".join(_said(one) for one in value[:_NUMBERS])
        return f"[{first}, ... {len(value):,} numbers]" if len(value) > _NUMBERS else f"[{first}]"
    return cut(value, _LETTERS)


def closest_pairs(documents: pd.DataFrame, neighbors: Neighbors, n: int = 5) -> Table:
    """The `n` pairs of documents that are nearest to each other, no document shown twice.

    Parameters
    ----------
    documents : DataFrame
        As `Corpus.documents`.
    neighbors : Neighbors
    n : int
    """
    used: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for row in np.argsort(neighbors.distances[:, 0], kind="stable") if neighbors.k else []:
        other = int(neighbors.indices[row, 0])
        if len(pairs) == n or other < 0:  # padding, where a search found nothing
            break
        if not {row, other} & used:
            used |= {row, other}
            pairs.append((row, other))
    one, two = ([pair[side] for pair in pairs] for side in (0, 1))
    frame = pd.DataFrame(
        {
            "distance": [f"{neighbors.distances[row, 0]:.2f}" for row in one],
            "headline": _headlines(documents, one),
            "nearest other headline": _headlines(documents, two),
            "publishers": [", ".join(filter(None, documents["publisher"].iloc[list(pair)])) for pair in pairs],
        }
    )
    linked = {"headline": linked_headlines(documents, one), "nearest other headline": linked_headlines(documents, two)}
    return Table(frame, frame.assign(**linked))


def coverage(stories: Stories, groups: Mapping[str, Sequence[str]] | None = None, n: int = 12) -> Table:
    """Who reported what: the `n` publishers with the most stories.

    With two `groups` of publishers, ``{"left": [...], "right": [...]}``, the `n` stories whose coverage differs most
    unusually between them: see `newsclust.stories.coverage.compare_groups`.
    """
    if groups is not None:
        if len(groups) != 2:
            raise ParameterError(f"groups are {len(groups)}; give two, as in {{'left': [...], 'right': [...]}}.")
        (one, first), (two, second) = groups.items()
        found = compare_groups(stories, first, second)
        rows = found.head(n).reset_index().rename(columns={"one": one, "two": two})
        rows.insert(1, "title", stories.table["title"].reindex(rows["story"]).to_numpy())
        rows["only"] = rows["only"].map({"one": one, "two": two}).fillna("")
        unusual = f"{int((found['q'] < 0.05).sum()):,} of {count(len(found), 'story', 'stories')} unusual (q < 0.05)"
        return Table(rows.round(3), empty="No story has a headline of either group.", caption=f"{unusual}.")
    made = cover(stories)
    more = f" The {n} with the most stories:" if len(made.publishers) > n else ""
    rows = made.publishers.head(n).drop(columns=[] if len(made.sources) else "sourced")
    return Table(rows.reset_index(), empty=repr(made), caption=f"{made!r}{more}")


def linked_titles(stories: Stories, numbers: Sequence[int]) -> list[Html]:
    """The titles of these stories, each linked to the article of its headline."""
    members = np.flatnonzero(np.isin(stories.labels, list(numbers)))
    headed = zip(stories.labels[members].tolist(), _headlines(stories.documents, members), strict=True)
    urls = dict(zip(headed, stories.documents["url"].iloc[members], strict=True))
    titles = stories.table["title"][list(numbers)]
    return [link(title, urls.get((number, stories.headlines[number]), "")) for number, title in titles.items()]


def _headlines(documents: pd.DataFrame, rows: Sequence[int] | np.ndarray) -> list[str]:
    return headlines(documents.iloc[rows]).tolist()


def linked_headlines(documents: pd.DataFrame, rows: Sequence[int] | np.ndarray) -> list[Html]:
    """The headlines of these rows, each linked to its article."""
    return list(map(link, _headlines(documents, rows), documents["url"].iloc[rows]))
