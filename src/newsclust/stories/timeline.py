"""The stories in time: how many documents of each appeared when, which are new, and which came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..corpus.facts import times as times_of
from ..wording import count

if TYPE_CHECKING:
    from .stories import Stories

#: This many bins show when a story ran, and most still have some documents.
BINS = 35
#: The last period has this share of the dated documents, but no more than this share of the bins.
LAST_DOCUMENTS, LAST_BINS = 0.1, 0.25
#: A silence lasts this multiple of the story's usual gap, and at least this number of bins.
TIMES_USUAL, SILENT_BINS = 5, 3
#: A story that came back has at least this many documents on either side of the silence: one alone may be an error.
EITHER_SIDE = 2

_HOUR, _DAY = 3600, 86_400
#: The lengths of bins, in seconds or, as "M", in months.
_UNITS: dict[str, int | str] = {
    "hour": _HOUR,
    "3 hours": 3 * _HOUR,
    "6 hours": 6 * _HOUR,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": "1M",
    "quarter": "3M",
    "year": "12M",
}
_MONDAY = 4 * _DAY  # 1970 began on a Thursday; a multiple of all lengths below a week


@dataclass(frozen=True, eq=False)
class Timeline:
    """How many documents of each story appeared when. All times are in UTC.

    Attributes
    ----------
    unit : str
        The length of a bin: hour, 3 hours, 6 hours, day, week (from Monday), month, quarter or year; "" if no document
        has a date.
    starts : ndarray of datetime64[s], shape (n_bins,)
        When each bin begins; they follow one another without a gap.
    counts : DataFrame, n_stories x n_bins
        Documents; index ``cluster`` as in `Stories.table`, columns `starts`.
    n_last : int
        How many of the last bins are the last period.
    n_undated, n_earlier, n_later : int
        Documents of the corpus without a date, and those too far from all others to be in a bin.
    table : DataFrame, one row per story
        Index ``cluster``; `now` and `before` (documents in the last period and in as many bins before it), `is_new`
        (the first one is in the last period), `silence` (days of the latest silence that the story came back from, NaN
        if there was none) and `back` (when it came back; NaT).
    """

    unit: str
    starts: np.ndarray
    counts: pd.DataFrame
    n_last: int
    n_undated: int
    n_earlier: int
    n_later: int
    table: pd.DataFrame

    @property
    def last_from(self) -> np.datetime64:
        """When the last period begins; NaT without dates."""
        return self.starts[-self.n_last] if self.unit else np.datetime64("NaT", "s")

    @property
    def last_period(self) -> str:
        """The last period in words, such as ``the last 3 weeks (from 2024-12-09)``."""
        plural = self.unit if self.unit.endswith("s") else f"{self.unit}s"
        number, _, noun = plural.rpartition(" ")
        length = self.n_last * int(number or 1)
        span = f"last {noun[:-1]}" if length == 1 else f"last {length} {noun}"
        return f"the {span} (from {said_time(self.last_from, self.unit)})"

    def __repr__(self) -> str:
        if not self.unit:
            return (
                "No document has a date, so that there is no timeline: if a column of the file has dates, "
                'name it, for example columns = {"published_at": "when"}.'
            )
        outside = [
            f"{count(n, 'document')} {what}"
            for n, what in (
                (self.n_undated, "without a date"),
                (self.n_earlier, "long before all others"),
                (self.n_later, "long after all others"),
            )
            if n
        ]
        first, last = (said_time(start, self.unit) for start in self.starts[[0, -1]])
        n_new, n_back = int(self.table["is_new"].sum()), int((self.table["back"] >= self.last_from).sum())
        one = f"one {self.unit}" if self.unit[0].isalpha() else self.unit
        return (
            f"{count(len(self.table), 'story', 'stories')} in {count(len(self.starts), 'bin')} of {one}, {first} to "
            f"{last}{'; not counted: ' + ', '.join(outside) if outside else ''}. In {self.last_period}: "
            f"{count(n_new, 'new story', 'new stories')}, {n_back:,} came back after a silence."
        )


def follow_stories(stories: Stories) -> Timeline:
    """Count each story's documents over time, in bins that suit the corpus: hours to years.

    Bins have the length with which the corpus spans nearest to `BINS` of them, about 15 to 85, and at least a day if
    the dates have no time of day (half of them or more have the same one). Documents far from all others count as
    earlier or later and do not stretch the bins, because one date of 1970 must not turn days into years: those outside
    the span of all but the first and the last hundredth (at least one document if there are 20 or more) by more than
    half of this span, and more than a day.

    The last period is the last bins that together have `LAST_DOCUMENTS` of the dated documents, but at most `LAST_BINS`
    of all bins. A story is new if its first document is in it. A story came back if a gap between two of its documents
    was at least `TIMES_USUAL` times its median gap and `SILENT_BINS` bins long, with `EITHER_SIDE` documents or more
    before and after it.

    Parameters
    ----------
    stories : Stories
        Its documents' `published_at` are read; a document that was assigned to a story counts for it.
    """
    times = times_of(stories.documents).astype("datetime64[s]")
    dated = np.flatnonzero(~np.isnat(times))
    seconds = times[dated].astype(np.int64)
    n_undated = len(times) - len(dated)
    if not len(dated):
        empty, starts = pd.DataFrame(index=stories.table.index), np.array([], "datetime64[s]")
        return Timeline("", starts, empty, 0, n_undated, 0, 0, _changes(empty, [starts.astype(int)] * len(empty), 0))
    earliest, latest, first, last = _span(seconds)
    unit = _unit(first, last, seconds)
    inside = (seconds >= earliest) & (seconds <= latest)
    bins = _bin(seconds, unit)
    begin, end = bins[inside].min(), bins[inside].max()
    starts = _start(np.arange(begin, end + 1), unit)

    all_counts = np.bincount(bins[inside] - begin)
    from_the_end = all_counts[::-1].cumsum()
    n_last = 1 + int(np.searchsorted(from_the_end, LAST_DOCUMENTS * inside.sum()))
    n_last = max(1, min(n_last, int(LAST_BINS * len(starts))))

    place = stories.table.index.get_indexer(stories.labels[dated])
    told = inside & (place >= 0)
    counts = np.zeros((len(stories.table), len(starts)), dtype=np.int64)
    np.add.at(counts, (place[told], bins[told] - begin), 1)
    frame = pd.DataFrame(counts, index=stories.table.index, columns=pd.DatetimeIndex(starts))

    told = (place >= 0) & (seconds <= latest)  # earlier ones show that a story is not new
    order = np.lexsort((seconds[told], place[told]))
    members = np.split(seconds[told][order], np.cumsum(np.bincount(place[told], minlength=len(frame)))[:-1])
    n_earlier, n_later = int((seconds < earliest).sum()), int((seconds > latest).sum())
    table = _changes(frame, members[: len(frame)], n_last)
    return Timeline(unit, starts, frame, n_last, n_undated, n_earlier, n_later, table)


def said_time(time: np.datetime64, unit: str) -> str:
    """The beginning of a bin of this length, in words."""
    when = pd.Timestamp(time)
    if "hour" in unit:
        return when.strftime("%Y-%m-%d %H:%M")
    if unit == "quarter":
        return f"{when.year} Q{(when.month + 2) // 3}"
    return when.strftime({"month": "%Y-%m", "year": "%Y"}.get(unit, "%Y-%m-%d"))


def _span(seconds: np.ndarray) -> tuple[int, int, int, int]:
    """The times between which documents are counted, and the first and the last time counted."""
    ordered, n = np.sort(seconds), len(seconds)
    cut = max(1, n // 100) if n >= 20 else 0
    margin = max((ordered[n - 1 - cut] - ordered[cut]) // 2, _DAY)
    earliest, latest = ordered[cut] - margin, ordered[n - 1 - cut] + margin
    counted = ordered[(ordered >= earliest) & (ordered <= latest)]
    return earliest, latest, counted[0], counted[-1]


def _unit(first: int, last: int, seconds: np.ndarray) -> str:
    has_clock = np.unique(seconds % _DAY, return_counts=True)[1].max() < len(seconds) / 2
    units = [unit for unit in _UNITS if has_clock or "hour" not in unit]
    numbers = [int(np.diff(_bin(np.array([first, last]), unit))[0]) + 1 for unit in units]
    return units[int(np.argmin(np.abs(np.log(np.array(numbers) / BINS))))]


def _bin(seconds: np.ndarray, unit: str) -> np.ndarray:
    """The number of the bin that each time is in, counted from 1970."""
    length = _UNITS[unit]
    if isinstance(length, int):
        return (seconds - _MONDAY) // length
    return seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) // int(length[:-1])


def _start(bins: np.ndarray, unit: str) -> np.ndarray:
    length = _UNITS[unit]
    if isinstance(length, int):
        return (bins * length + _MONDAY).astype("datetime64[s]")
    return (bins * int(length[:-1])).astype("datetime64[M]").astype("datetime64[s]")


def _changes(counts: pd.DataFrame, members: list[np.ndarray], n_last: int) -> pd.DataFrame:
    """`Timeline.table`, from the counts and each story's times in ascending order."""
    values, starts = counts.to_numpy(dtype=np.int64), counts.columns.to_numpy("datetime64[s]").astype(np.int64)
    n_bins = len(starts)
    last_from = starts[-n_last] if n_bins else 0
    least = SILENT_BINS * float(np.diff(starts).mean()) if n_bins > 1 else np.inf
    silences = [_silence(times, least) for times in members]
    return pd.DataFrame(
        {
            "now": values[:, n_bins - n_last :].sum(axis=1),
            "before": values[:, max(n_bins - 2 * n_last, 0) : n_bins - n_last].sum(axis=1),
            "is_new": np.array([len(times) > 0 and times[0] >= last_from for times in members], dtype=bool),
            "silence": np.array([days for days, _ in silences], dtype=float),
            "back": np.array([back for _, back in silences], dtype="datetime64[s]"),
        },
        index=counts.index,
    )


def _silence(times: np.ndarray, least: float) -> tuple[float, np.datetime64]:
    """The latest silence of a story in days, and when it ended."""
    gaps = np.diff(times)
    if len(gaps):
        found = np.flatnonzero(gaps >= max(TIMES_USUAL * np.median(gaps), least))
        found = found[(found >= EITHER_SIDE - 1) & (found <= len(gaps) - EITHER_SIDE)]
        if len(found):
            return gaps[found[-1]] / _DAY, times[found[-1] + 1].astype("datetime64[s]")
    return np.nan, np.datetime64("NaT", "s")
