"""Headlines and times of documents, which every room needs. A corpus has both as columns, made once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from headline_reader.dates import read_dates

#: The columns of `Corpus.documents` that hold them.
HEADLINE, TIME = "headline", "time"


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
    import pyarrow as pa

    dates = documents["published_at"].where(documents["published_at"] != "").astype(object)
    try:  # times with their zone, as a corpus has them: pandas takes five times as long
        read = pa.array(dates, pa.string(), from_pandas=True).cast(pa.timestamp("us", tz="UTC")).to_pandas()
    except pa.ArrowInvalid:
        is_iso = dates.str.match(r"\d{4}-\d\d-\d\d", na=False).to_numpy(bool)
        iso = pd.to_datetime(dates.where(is_iso), format="ISO8601", errors="coerce", utc=True)
        others = read_dates(dates.where(~is_iso, "").fillna("")).times.to_numpy("datetime64[us]")
        return np.where(is_iso, iso.dt.tz_localize(None).to_numpy("datetime64[us]"), others)
    return pd.Series(read).dt.tz_localize(None).to_numpy("datetime64[us]")


def with_facts(documents: pd.DataFrame) -> pd.DataFrame:
    """The documents with both columns."""
    return documents.assign(**{HEADLINE: headlines(documents), TIME: times(documents)})
