"""Stories over time: a row for each of the largest, and a table of what is new."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stories.marks import mark_stories
from ..stories.stories import Stories
from ..stories.timeline import Timeline, said_time
from ..wording import count
from .drawing import NOISE_COLOUR, cut, cut_at_word, story_mark
from .figure import Figure, chart
from .listings import Table, linked_titles

#: Rows of the figure; all other stories share one more.
ROWS = 12
#: Stories of each kind in the table of what is new.
NEWEST = 10
_HEIGHT, _BARS = 50, 0.56  # pixels of a row, and the part of it below the title


def stories_over_time(stories: Stories, timeline: Timeline) -> Figure | None:
    """Draw when the largest stories ran, each in a row of its own, and all others in one; None without dates.

    A row's bars are its headlines bin by bin, all stories on one scale; the row of the others has its own scale,
    because it would flatten all rows above. A thin line goes from the first bin to the last.

    These are rows and not a stacked area, because most stories are one burst, and a stack of bursts shows only the sum.

    Parameters
    ----------
    stories : Stories
    timeline : Timeline
        As from `newsclust.stories.timeline.follow_stories`.
    """
    counts = timeline.counts
    if not counts.to_numpy().any():
        return None
    totals = counts.sum(axis=1)
    order = totals[totals > 0].sort_values(ascending=False, kind="stable").index
    shown, others = order[:ROWS], order[ROWS:]
    rows = [(story_mark(story)[0], stories.table["title"][story], counts.loc[story].to_numpy()) for story in shown]
    most = int(counts.loc[shown].to_numpy().max())
    tops = [most] * len(rows)
    if len(others):
        together = counts.loc[others].sum().to_numpy()
        rows.append((NOISE_COLOUR, count(len(others), "smaller story", "smaller stories"), together))
        tops.append(together.max())
    unit = timeline.unit
    per = unit if unit[0].isdigit() else f"{'an' if unit == 'hour' else 'a'} {unit}"
    with chart(56 + _HEIGHT * len(rows)) as (fig, axes):
        from matplotlib.dates import date2num

        starts = timeline.starts
        length = starts[-1] - starts[-2] if len(starts) > 1 else np.timedelta64(1, "D")
        edges = date2num(np.append(starts, starts[-1] + length))
        for place, ((colour, title, values), top) in enumerate(zip(reversed(rows), reversed(tops), strict=True)):
            there = np.flatnonzero(values)
            heights = _BARS * values[there] / top
            axes.bar(edges[there], heights, np.diff(edges)[there], place, align="edge", color=colour)
            axes.hlines(place, edges[there[0]], edges[there[-1] + 1], color=colour, lw=1)
            said = f"{cut_at_word(title, 90)} ({values.sum():,})"
            axes.annotate(said, (0, place + 0.92), xycoords=("axes fraction", "data"), va="top")
        axes.xaxis_date()
        axes.set(xlim=edges[[0, -1]], ylim=(-0.06, len(rows)), yticks=range(len(rows)), yticklabels=[])
        axes.set_title(f"highest bar: {count(most, 'headline')} in {per}", loc="right")
        axes.grid()
    times = [said_time(start, timeline.unit) for start in timeline.starts]
    return Figure(_sentence(rows, times, timeline, len(shown), len(others)), fig)


def what_is_new(stories: Stories, timeline: Timeline) -> Table | None:
    """What happened in the last period: new stories, those that grew most, those that came back; None without dates.

    New ones come first, the largest first, then those with the largest increase over as many bins before, then those
    that came back after a silence; up to `NEWEST` of each, and each story once.

    Parameters
    ----------
    stories : Stories
    timeline : Timeline
    """
    if not timeline.unit:
        return None
    table, kinds = timeline.table, mark_stories(timeline)["kind"]
    order = {"new": table["now"], "grew": table["now"] - table["before"], "back": table["silence"]}
    rows = []
    for kind, by in order.items():
        rows += by[kinds.index[kinds == kind]].sort_values(ascending=False, kind="stable").index[:NEWEST].tolist()
    told = stories.table.loc[rows]
    frame = pd.DataFrame(
        {
            "what": [_said_kind(kinds[story], table["silence"][story]) for story in rows],
            "story": told["title"].to_list(),
            timeline.last_period.partition(" (")[0].removeprefix("the "): table["now"][rows].to_numpy(),
            "before": table["before"][rows].to_numpy(),
            "headlines": told["size"].to_numpy(),
            "first seen": told["first"].to_list(),
            "keywords": told["keywords"].to_list(),
        },
        index=pd.Index(rows, name="cluster", dtype=stories.table.index.dtype),
    )
    nothing = f"Nothing is new in {timeline.last_period}: no story began, grew or came back."
    return Table(frame, frame.assign(story=linked_titles(stories, rows)), empty=nothing)


def _said_kind(kind: str, silence: float) -> str:
    if kind != "back":
        return kind
    return f"back after {count(round(silence), 'day') if silence >= 2 else count(round(24 * silence), 'hour')}"


def _sentence(rows, said: list[str], timeline: Timeline, n_shown: int, n_others: int) -> str:
    _, title, values = rows[0]
    peak = int(values.argmax())
    others = f"; the grey row, on a scale of its own, is {count(n_others, 'smaller story', 'smaller stories')}"
    undated = f"; {count(timeline.n_undated, 'headline')} without a date" if timeline.n_undated else ""
    return (
        f"Headlines per {timeline.unit} of the {count(n_shown, 'largest story', 'largest stories')}, {said[0]} to "
        f"{said[-1]}, times in UTC: {cut(title, 80)!r} peaks with {values[peak]:,} at {said[peak]}"
        f"{others if n_others else ''}{undated}."
    )
