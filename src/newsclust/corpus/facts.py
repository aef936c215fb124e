"""Headlines, times and publishers of documents, which every room needs. A corpus has them as columns, made once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from headline_reader.dates import read_dates

#: The columns of `Corpus.documents` that hold them.
HEADLINE, TIME, REPEATED_BY = "headline", "time", "repeated_by"


def headlines(documents: pd.DataFrame) -> pd.Series:
    """Each document's title, or the first line of its text if it has none: str."""
    if HEADLINE in documents:
        return documents[HEADLINE]
    told = list(map(str.strip, documents["title"].to_numpy(dtype=object)))
    for place in [place for place, title in enumerate(told) if not title]:
        told[place] = next((line.strip() for line in documents["text"].iat[place].splitlines() if line.strip()), "")
    return pd.Series(told, index=documents.index, dtype=str)


def times(documents: pd.DataFrame) -> np.ndarray:
    """When each document was published, in UTC: datetime64[us], NaT where it is not known."""
    if TIME in documents:
        return documents[TIME].to_numpy("datetime64[us]")
    dates = documents["published_at"].fillna("")
    is_iso = dates.str.match(r"\d{4}-\d\d-\d\d")
    found = pd.to_datetime(dates.where(is_iso), format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    if (others := ~is_iso & (dates != "")).any():
        found[others] = read_dates(dates[others]).times.to_numpy("datetime64[us]")
    return found.to_numpy("datetime64[us]")


def with_facts(documents: pd.DataFrame) -> pd.DataFrame:
    """The documents with their headlines and times."""
    return documents.assign(**{HEADLINE: headlines(documents), TIME: times(documents)})


def with_repeats(documents: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The documents with who else printed them: `others` are the other rows of the same ids."""
    if others.empty:
        return documents
    others = others.assign(time=times(others)).sort_values(["time", "publisher"])
    pairs = pd.Series(list(zip(others["publisher"], others["time"], strict=True)), others["id"].astype("int64"))
    return documents.assign(**{REPEATED_BY: documents["id"].map(pairs.groupby(level=0).agg(list)).astype(object)})


def printed(documents: pd.DataFrame) -> pd.DataFrame:
    """Who printed each document, and when: one row for each row of the file that has its text.

    Returns
    -------
    DataFrame, the documents first
        ``document`` (its row), ``publisher`` ("" where none is named) and ``time`` (datetime64[us]).
    """
    publishers, when = documents["publisher"].to_numpy(), times(documents)
    rows = pd.DataFrame({"document": np.arange(len(documents)), "publisher": publishers, "time": when})
    if REPEATED_BY not in documents or (others := documents[REPEATED_BY].reset_index(drop=True).dropna()).empty:
        return rows
    others = others.explode()
    more = pd.DataFrame(others.tolist(), columns=["publisher", "time"]).astype({"time": rows["time"].dtype})
    return pd.concat([rows, more.assign(document=others.index)], ignore_index=True)
