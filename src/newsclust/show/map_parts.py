"""What every map of stories needs: its columns, its stories, their marks and titles, and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import NewsclustError, notice
from ..markup import plain, plotly_text
from ..wording import count
from .drawing import INK, N_MARKS, cut, story_mark
from .labels import free_places, label_lines, text_size

if TYPE_CHECKING:
    import plotly.graph_objects as go

LABELS = 40  # titles that are tried for a place on the map
SVG_POINTS = 3000
DRAWN_POINTS = 100_000  # with more a report is too large for a browser

_TITLE_SIZE = 11  # pixels
IN_SPACE = {  # the shapes that plotly draws in space; its "x" is a letter that not every machine has
    "circle": "circle", "square": "square", "diamond": "diamond", "cross": "cross", "x": "cross",
    "triangle-up": "diamond", "triangle-down": "square", "star": "circle",
}  # fmt: skip


def drawn(points: pd.DataFrame) -> pd.DataFrame:
    """Those that are drawn: all, or `DRAWN_POINTS` of them with a notice."""
    n = len(points)
    if n <= DRAWN_POINTS:
        return points
    notice(f"The map draws {DRAWN_POINTS:,} of the {n:,} headlines, evenly chosen; all of them are in clusters.csv.")
    # By the order of ids, which does not depend on what a headline is about, and is always the same.
    return points.iloc[np.linspace(0, n - 1, DRAWN_POINTS).astype(int)]


def complete(points: pd.DataFrame) -> pd.DataFrame:
    """The points as a new table with ``assigned``; a table that can't be drawn is refused."""
    if missing := [name for name in ("x", "y", "cluster", "title") if name not in points]:
        known = ", ".join(map(repr, points.columns)) or "none"
        raise NewsclustError(f"The map needs a column {missing[0]!r}, and the table has only {known}: add it first.")
    return points.assign(assigned=points["assigned"].astype(bool) if "assigned" in points else False)


def stories_on(points: pd.DataFrame) -> tuple[pd.Series, dict[int, str], pd.DataFrame]:
    """The stories of a map, the largest first: their sizes, their names, and where they stand.

    A story's position is that of the headline nearest to the median of its places, without assigned ones if there are
    others: a story of two islands has nothing at its mean. Four of five headlines are within
    ``reach_x`` and ``reach_y`` of it.
    """
    in_stories = points[points["cluster"] >= 0]
    sizes = in_stories.groupby("cluster").size().sort_values(ascending=False, kind="stable")
    given = points.groupby("cluster")["story"].first() if "story" in points else pd.Series(dtype=object)
    names = {cluster: plain(given.get(cluster)) or f"Story {cluster}" for cluster in sizes.index}
    axes = [axis for axis in "xyz" if axis in points]
    own = in_stories[~in_stories["assigned"]]
    firm = pd.concat([own, in_stories[~in_stories["cluster"].isin(own["cluster"])]])
    off = firm[axes].astype(float) - firm.groupby("cluster")[axes].transform("median")
    order = off.pow(2).sum(axis=1).to_frame("away").assign(**firm[axes]).sort_values(["away", *axes], kind="stable")
    firm = firm.loc[order.index]
    places = firm.groupby("cluster")[axes].first().reindex(sizes.index).astype(float)
    reach = off.abs().groupby(firm["cluster"]).quantile(0.8).reindex(sizes.index)
    return sizes, names, places.join(reach[["x", "y"]].add_prefix("reach_"))


def look_alikes(places: pd.DataFrame) -> set[int]:
    """The stories to be outlined: a larger one with the same mark, not outlined, is near by.

    Near is a fifth of the map's extent for 64 stories, and less for more, so that as many are near by. `places` are
    those of `stories_on`.
    """
    where = places[[axis for axis in "xyz" if axis in places]].to_numpy()
    extent = float(np.ptp(where, axis=0).max()) if len(where) else 0.0
    near = 0.2 * extent * min(1.0, (N_MARKS / max(len(where), 1)) ** 0.5)
    plain_ones: dict[tuple[str, str], list[np.ndarray]] = {}
    outlined = set()
    for cluster, place in zip(places.index, where, strict=True):
        alike = plain_ones.setdefault(story_mark(cluster), [])
        if any(np.linalg.norm(place - other) < near for other in alike):
            outlined.add(int(cluster))
        else:
            alike.append(place)
    return outlined


def titles(
    points: pd.DataFrame, names: dict[int, str], places: pd.DataFrame, frame: tuple[float, float]
) -> list[dict[str, Any]]:
    """Titles of the largest stories as plotly's annotations, in a `frame` given in pixels."""
    spots = points[["x", "y"]].to_numpy(float)
    corner, far = (spots.min(axis=0), spots.max(axis=0)) if len(spots) else (np.zeros(2), np.ones(2))
    # plotly leaves some room around the headlines, where a title may stand.
    scale = ((np.array(frame) - 48) / np.maximum(far - corner, 1e-9)).min()
    corner = (corner + far - np.array(frame) / scale) / 2
    places = places.head(LABELS)
    lines = [label_lines(names[cluster]) for cluster in places.index]
    found = free_places(
        (places[["x", "y"]].to_numpy() - corner) * scale,
        places[["reach_x", "reach_y"]].to_numpy() * scale,
        [text_size(each, _TITLE_SIZE) for each in lines],
        (spots - corner) * scale,
        frame,
    )
    return [
        dict(
            x=x / scale + corner[0],
            y=y / scale + corner[1],
            text="<br>".join(map(plotly_text, lines[index])),
            showarrow=False,
            # Dark on light in either theme, because a notebook's can't be known.
            font=dict(size=_TITLE_SIZE, color="#22262b"),
            bgcolor="rgba(255, 255, 255, 0.78)",
            borderpad=1,
        )
        for index, x, y in found
    ]


def style_map(fig: go.Figure, in_space: bool, **layout: Any) -> None:
    """Set no axes, one scale, and no background, so that the map fits light and dark pages."""
    hidden = dict(visible=False, showspikes=False)
    fig.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font=dict(color=INK, size=13),
        hoverlabel=dict(align="left", bgcolor="#ffffff", bordercolor="#9aa1ab", font=dict(color="#1d2126", size=12)),
        hovermode="closest",
        modebar_remove=["sendChartToCloud"],  # plotly's toolbar would offer readers to upload the map
        **layout,
    )
    if in_space:
        fig.update_layout(
            scene=dict(xaxis=hidden, yaxis=hidden, zaxis=hidden, aspectmode="data", camera_eye=dict(x=1, y=1, z=0.7))
        )
    else:
        fig.update_layout(xaxis=dict(visible=False), yaxis=dict(visible=False, scaleanchor="x"))


def map_sentence(points: pd.DataFrame, sizes: pd.Series, names: dict[int, str]) -> str:
    """What a map of these points shows, in a sentence; `sizes` and `names` are those of `stories_on`."""
    total, noise, assigned = len(points), int((points["cluster"] < 0).sum()), int(points["assigned"].sum())
    sentence = (
        f"Map of {count(total, 'headline')} in {count(len(sizes), 'story', 'stories')}, "
        "headlines of similar meaning close together"
    )
    if noise:
        sentence += f"; {noise:,} in no story"
    if assigned:
        sentence += f"; {assigned:,}, drawn hollow, are HDBSCAN's noise, assigned to their neighbours' stories"
    if total > DRAWN_POINTS:
        sentence += f"; {DRAWN_POINTS:,} of them, evenly chosen, are drawn"
    if len(sizes):
        sentence += f"; the largest story, {cut(names[sizes.index[0]], 80)!r}, has {sizes.iloc[0]:,}"
    return sentence + "."
