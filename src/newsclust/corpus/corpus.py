"""A corpus: the rows of the input, the documents made from them, and how the input was understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from headline_reader import languages as _languages
from headline_reader.errors import listed
from headline_reader.headlines import REJECTED

from ..stages import Logged
from ..wording import assigned, count, sentence


@dataclass(frozen=True, eq=False)
class Corpus(Logged):
    """Headlines as they came (`rows`), the documents made from them, and how the input was understood.

    Every row is one of three things: ``n_rows = n_documents + n_repeats + n_set_aside``.

    Attributes
    ----------
    source : str
        What the user gave as `data`; an address without user, password and query.
    rows : DataFrame
        The input: every column as text, original names, input order; of several files with a column ``file``. Rows
        that fit no header are in `rejected` alone.
    row_ids : Series of Int64, shape (len(rows),)
        The id of each row's document, <NA> for a row that was set aside.
    documents : DataFrame, n_documents rows
        In ascending `id` order, with id (int64), text, title, description, url, publisher, published_at (UTC, like
        ``2024-06-01T14:30:00Z``) and language (a code such as "en"); text, "" where absent. Beside
        them `headline` (the title, else the first line of the text), `time` (datetime64[us], NaT where unknown) and,
        where texts repeat, `repeated_by`: (publisher, time) of each other row of the same text.
    fingerprint : str
        16 hex digits of a hash over the sorted ids: the same for any order of the rows.
    truth : Series of str, shape (len(rows),), or None
        The known story of each row, if a column for it was named; "" where it is blank.
    understood : DataFrame
        One row per role and the column it was found in: role, column, rows (how many have it), example, and found
        ("by its name", "by its contents" or "as asked").
    unused : list of str
        The columns that no role was found for.
    rejected : DataFrame
        Rows set aside: line (in the file, counted from 1; in a list of records the number of the record), reason,
        and text; for several files also file.
    notes : list of str
        What else a reader should know about how the input was read.
    undated : int
        Documents without a date that could be read.
    asked : dict
        The parameters of the run that differ from the defaults.
    standing : ndarray of int, shape (n_documents,)
        The row of `rows` that each document comes from.
    row_keys : ndarray of int64 or object, shape (len(rows),), or None
        The rows' primary keys, if they are from the user's own collection in Milvus.
    place : dict
        The parameters that locate this collection.
    parameters : dict
        The notebook's parameters that made this corpus.
    """

    source: str
    rows: pd.DataFrame
    row_ids: pd.Series
    documents: pd.DataFrame
    fingerprint: str
    truth: pd.Series | None = None
    understood: pd.DataFrame = field(default_factory=pd.DataFrame)
    unused: list[str] = field(default_factory=list)
    rejected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=REJECTED))
    notes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    n_unfit: int = 0
    given: str | list[str] = ""
    asked: dict[str, Any] = field(default_factory=dict)
    standing: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    row_keys: np.ndarray | None = None
    place: dict[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """The documents' ids, ascending."""
        return self.documents["id"].tolist()

    def __contains__(self, key: object) -> bool:
        """Whether what Milvus calls `key` is one of the documents."""
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[Any]:
        return frozenset(self.keys)

    @cached_property
    def known(self) -> pd.Series | None:
        """The known story of each document, from the truth column or the sample's own; "" where unknown."""
        rows = self.truth
        if rows is None and self.given == "sample" and "story" in self.rows:
            rows = self.rows["story"]
        if rows is None:
            return None
        return rows.groupby(self.row_ids).first().reindex(self.ids).fillna("").astype(str).str.strip()

    @property
    def keys(self) -> list[Any]:
        """The documents' keys in Milvus: their ids, or in the user's own collection the primary keys."""
        return self.ids if self.row_keys is None else self.row_keys[self.standing].tolist()

    @property
    def has_texts(self) -> bool:
        """Whether the documents have texts; without, they are identified only by their primary keys."""
        return bool((self.documents["text"] != "").any())

    @property
    def n_rows(self) -> int:
        """Rows of the input, those that fit no header included."""
        return len(self.rows) + self.n_unfit

    @property
    def n_documents(self) -> int:
        return len(self.documents)

    @property
    def n_repeats(self) -> int:
        """Rows that repeat the text of another row."""
        return int(self.row_ids.notna().sum()) - self.n_documents

    @property
    def n_set_aside(self) -> int:
        """Rows that are no document, each of them in `rejected`."""
        return int(self.row_ids.isna().sum()) + self.n_unfit

    @property
    def undated(self) -> int:
        return int((self.documents["published_at"] == "").sum())

    @property
    def span(self) -> tuple[str, str] | None:
        """The earliest and the latest day, None where nothing is dated."""
        dates = self.documents["published_at"]
        dates = dates[dates != ""]
        return (dates.min()[:10], dates.max()[:10]) if len(dates) else None

    @cached_property
    def languages(self) -> pd.Series:
        """The share of each language (codes such as "en") among the documents, largest first."""
        return _languages.shares(self.documents["language"])

    @property
    def parameters(self) -> dict[str, Any]:
        truth = self.truth.name if self.truth is not None else None
        return {"data": self.given or self.source, "truth": truth, "columns": dict(self.columns), **self.place}

    def __repr__(self) -> str:
        said = [f"{self.source}: {count(self.n_rows, 'row')}, {count(self.n_documents, 'document')}"]
        if self.n_repeats:
            said.append(count(self.n_repeats, "repeat"))
        if self.n_set_aside:
            said.append(f"{self.n_set_aside:,} set aside")
        if self.span:
            said.append(f"published {self.span[0]} to {self.span[1]}")
            said += [f"{self.undated:,} without a date"] if self.undated else []
        if publishers := self.documents["publisher"].replace("", None).nunique():
            said.append(f"by {count(publishers, 'publisher')}")
        if len(self.languages) and (len(self.languages) > 1 or self.languages.index[0] != "en"):
            top = self.languages.head(3).items()
            said.append("in " + ", ".join(f"{_languages.language_name(code)} ({share:.0%})" for code, share in top))
        return ", ".join(said) + "."

    def _repr_html_(self) -> str:
        from ..markup import escape, table

        first = self.row_ids.dropna().drop_duplicates().head(3).astype("int64")
        known = self.documents.set_index("id").loc[first]
        shown = pd.DataFrame(
            {
                "headline": known["title"].where(known["title"] != "", known["text"]),
                "publisher": known["publisher"],
                "day": known["published_at"].str[:10],
            }
        )
        shown = shown.loc[:, (shown != "").any()]
        parts = [f"<p>Other than the defaults: {escape(assigned(self.asked))}.</p>"] if self.asked else []
        parts += [f"<p>{escape(repr(self))}</p>", table(shown)]
        if len(self.understood) and (self.understood["found"] != "by its name").any():
            parts += ["<p>What was understood of the input:</p>", table(self.understood)]
        if self.unused:
            parts.append(f"<p>Not used: {escape(listed(self.unused, 40))}.</p>")
        if len(self.rejected):
            reasons = self.rejected.groupby("reason", sort=False)["line"].agg(["size", "first"]).reset_index()
            reasons = reasons.set_axis(["set aside because", "rows", "first line"], axis=1)
            parts.append(table(reasons))
        parts += [f"<p>{escape(sentence(note))}</p>" for note in self.notes]
        return "".join(parts)
