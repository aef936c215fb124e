"""Stories over time: a row for each of the largest, and a table of what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..markup import plotly_text
from ..stories.timeline import said_time
from ..wording import count
from .drawing import GRID, NOISE_COLOUR, cut, cut_at_word, story_mark, style, switch, with_alternative
from .figure import Figure
from .listings import Table, linked_titles

if TYPE_CHECKING:
    from ..stories.stories import Stories
    from ..stories.timeline import Timeline

#: Rows of the figure; all other stories share one more.
ROWS = 12
#: Of each kind, stories in the table of what is new.
NEWEST = 10
#: A story grew if it has at least so many documents more than in the period before.
_GREW = 2
_HEIGHT, _BARS = 50, 0.56  # pixels of a row, and the part of it below the title
_TRACES = 3  # of a row: its line, its bars, and what a pointer hits


def stories_over_time(stories: Stories, timeline: Timeline) -> Figure | None:
    """Draw when the largest stories ran, each in a row of its own, and all others in one; None without dates.

    A row's bars are its headlines bin by bin, all stories on one scale, linear or logarithmic by a switch; the others
    have a scale of their own, since they would flatten all rows above. A thin line goes from the first bin to the last.
    In a report a click on a story chooses it in the other views.

    Why rows and not a stacked area: most stories are one burst, and of a stack of bursts one sees only the sum.

    Parameters
    ----------
    stories : Stories
    timeline : Timeline
        As from `newsclust.stories.timeline.follow_stories`.
    """
    import plotly.graph_objects as go

    counts = timeline.counts
    if not counts.to_numpy().any():
        return None
    totals = counts.sum(axis=1)
    order = totals[totals > 0].sort_values(ascending=False, kind="stable").index
    shown, others = order[:ROWS], order[ROWS:]
    rows = [(story, stories.table["title"][story], counts.loc[story].to_numpy()) for story in shown]
    most = max((values.max() for _, _, values in rows), default=1)
    fig, heights = go.Figure(), []
    said = [said_time(start, timeline.unit) for start in timeline.starts]
    last = len(rows) + bool(len(others)) - 1
    if len(others):
        rows.append((None, count(len(others), "smaller story", "smaller stories"), counts.loc[others].sum().to_numpy()))
    for place, (story, title, values) in enumerate(rows):
        top = values.max() if story is None else most
        there = values[values > 0]
        heights.append([(_BARS * scaled(there) / scaled(top)).round(4) for scaled in (np.array, np.log1p)])
        _add_row(fig, last - place, story, title, values, heights[-1][0], timeline.starts, said)

    style(fig, height=64 + 32 + _HEIGHT * len(rows))
    fig.update_layout(
        margin=dict(l=8, r=8, t=40, b=32),
        bargap=0,
        barmode="overlay",
        showlegend=False,
        hovermode="closest",
        xaxis=dict(
            type="date",
            range=_edges(timeline.starts),
            fixedrange=True,
            showgrid=True,
            gridcolor=GRID,
            zeroline=False,
            nticks=6,
        ),
        yaxis=dict(
            range=[-0.06, len(rows)],
            tickvals=list(range(len(rows))),
            showticklabels=False,
            showgrid=True,
            gridcolor=GRID,
            zeroline=False,
            fixedrange=True,
        ),
        updatemenus=[_switch(heights)],
    )
    fig.add_annotation(**_switch_label(most, timeline.unit))
    table = pd.DataFrame({"Story": [title for _, title, _ in rows]})
    table["Headlines"] = [int(values.sum()) for _, _, values in rows]
    peaks = [int(values.argmax()) for _, _, values in rows]
    table["First"] = [said[np.flatnonzero(values)[0]] for _, _, values in rows]
    table["Last"] = [said[np.flatnonzero(values)[-1]] for _, _, values in rows]
    table["Most"] = [f"{values[peak]:,} ({said[peak]})" for (_, _, values), peak in zip(rows, peaks, strict=True)]
    return with_alternative(fig, _sentence(rows, said, timeline, len(shown), len(others)), table, kind="time")


def what_is_new(stories: Stories, timeline: Timeline) -> Table | None:
    """What happened in the last period: new stories, those that grew most, those that came back; None without dates.

    New ones come first, the largest first, then those with the most headlines more than in as many bins before, then
    those that came back after a silence; up to `NEWEST` of each, and a story once.

    Parameters
    ----------
    stories : Stories
    timeline : Timeline
    """
    if not timeline.unit:
        return None
    table = timeline.table
    more = table["now"] - table["before"]
    is_back = (table["back"] >= timeline.last_from) & ~table["is_new"]
    grew = (more >= _GREW) & ~table["is_new"] & ~is_back
    chosen = [
        ("new", table["is_new"], table["now"]),
        ("grew", grew, more),
        ("came back", is_back, table["silence"]),
    ]
    rows, kinds = [], []
    for kind, which, by in chosen:
        found = by[which].sort_values(ascending=False, kind="stable").index[:NEWEST].tolist()
        rows += found
        kinds += [_said_kind(kind, table["silence"][story]) for story in found]
    told = stories.table.loc[rows]
    frame = pd.DataFrame(
        {
            "what": kinds,
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
    if kind != "came back":
        return kind
    return f"back after {count(round(silence), 'day') if silence >= 2 else count(round(24 * silence), 'hour')}"


def _add_row(fig, place: int, story: int | None, title: str, values, heights, starts, said) -> None:
    """One story's bars above the line `place`, the line, and its title."""
    there = np.flatnonzero(values)
    colour = NOISE_COLOUR if story is None else story_mark(story)[0]
    number = -2 if story is None else int(story)  # what a click chooses; nothing for the others
    ends = starts[[there[0], there[-1]]] if len(there) else starts[:0]
    middles, widths = _middles(starts)
    fig.add_scatter(
        x=_iso(middles[[there[0], there[-1]]]) if len(ends) else [],
        y=[place] * len(ends),
        mode="lines",
        line=dict(color=colour, width=1),
        hoverinfo="skip",
        meta={"story": number},
    )
    bars = dict(base=place, x=_iso(middles[there]), width=widths[there].astype(float), meta={"story": number})
    fig.add_bar(y=heights, marker=dict(color=colour, line_width=0), hoverinfo="skip", **bars)
    fig.add_bar(  # unseen and as high as a bar can be, so that the lowest can be hit
        y=np.full(len(there), _BARS),
        marker_color="rgba(0, 0, 0, 0)",
        text=[f"<b>{plotly_text(cut(title, 40))}</b><br>{said[i]}: {count(int(values[i]), 'headline')}" for i in there],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        **bars,
    )
    fig.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=place + 1,
        yanchor="top",
        yshift=-2,
        text=f"{plotly_text(cut_at_word(title, 90))} ({int(values.sum()):,})",
        showarrow=False,
        align="left",
        captureevents=True,
        name=str(number),
    )


def _middles(starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle of each bin, and its width in milliseconds, which are plotly's unit of time."""
    seconds = _with_end(starts).astype(np.int64)
    widths = np.diff(seconds)
    return (seconds[:-1] + widths // 2).astype("datetime64[s]"), widths * 1000


def _with_end(starts: np.ndarray) -> np.ndarray:
    """The bins' starts and the last one's end, as long as the one before it."""
    if len(starts) == 1:
        return np.append(starts, starts[0] + np.timedelta64(1, "D"))
    return np.append(starts, starts[-1] + (starts[-1] - starts[-2]))


def _edges(starts: np.ndarray) -> list[str]:
    return _iso(_with_end(starts)[[0, -1]])


def _iso(times: np.ndarray) -> list[str]:
    return times.astype("datetime64[s]").astype(str).tolist()


def _switch(heights: list[list[list[float]]]) -> dict:
    """Two buttons: bars as high as their numbers, or as their logarithms."""
    traces = [_TRACES * i + 1 for i in range(len(heights))]
    kinds = ("linear", "log")
    return switch({kind: [{"y": [row[place] for row in heights]}, traces] for place, kind in enumerate(kinds)})


def _switch_label(most: int, unit: str) -> dict:
    per = f"in {unit}" if unit[0].isdigit() else f"{'an' if unit == 'hour' else 'a'} {unit}"
    return dict(
        text=f"highest bar: {count(int(most), 'headline')} {per}",
        x=1,
        xref="paper",
        xanchor="right",
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=10,
        showarrow=False,
    )


def _sentence(rows, said: list[str], timeline: Timeline, n_shown: int, n_others: int) -> str:
    story, title, values = rows[0]
    peak = int(values.argmax())
    others = f"; the grey row, on a scale of its own, is {count(n_others, 'smaller story', 'smaller stories')}"
    undated = f"; {count(timeline.n_undated, 'headline')} without a date" if timeline.n_undated else ""
    return (
        f"Headlines per {timeline.unit} of the {count(n_shown, 'largest story', 'largest stories')}, {said[0]} to "
        f"{said[-1]}, times in UTC: {cut(title, 80)!r} peaks with {values[peak]:,} at {said[peak]}"
        f"{others if n_others else ''}{undated}."
    )
