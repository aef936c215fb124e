"""New headlines on the map and in the stories of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..corpus.facts import headlines
from ..markup import element, link, plain, plotly_text
from ..wording import count
from .drawing import (
    GRID,
    HOVER_WIDTH,
    INK,
    NOISE_COLOUR,
    cut,
    cut_at_word,
    story_mark,
    style,
    with_alternative,
    wrapped,
)
from .figure import Figure
from .listings import HEADLINES, Table
from .map_parts import SVG_POINTS, style_map

#: Emerging stories with an entry of their own in the legend.
NAMED_STORIES = 10

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..arrivals.calibration import Calibration
    from ..arrivals.newcomers import Newcomers


def newcomers_map(newcomers: Newcomers) -> Figure:
    """Draw the new headlines on the run's map: its stories pale behind, each newcomer amid its neighbours.

    A newcomer that joins a story has its colour and shape, large and edged; those of an emerging story share a new
    mark; new ones that stand alone are grey crosses.
    """
    import plotly.graph_objects as go

    run, new = newcomers.run, np.flatnonzero(~newcomers.is_known)
    crowd = len(run.points) + len(new)
    before = _frame(run.documents, run.labels, run.coordinates)
    after = _frame(newcomers.documents.iloc[new], newcomers.labels[new], newcomers.coordinates[new])
    titles = newcomers.table["title"]
    before["hover"] = [plotly_text(cut(headline, 40)) for headline in before["headline"]]
    told = _said(newcomers)
    after["hover"] = [
        _hover(row.headline, row.publisher, row.published_at, told[place])
        for place, row in zip(new, after.itertuples(), strict=True)
    ]
    layers = [_layer(before, f"The run, {count(len(before), 'headline')}", crowd, pale=True)]
    alone, joined = newcomers.is_alone[new], newcomers.has_joined[new]
    if alone.any():
        layers.append(_layer(after[alone], f"New and alone ({alone.sum():,})", crowd))
    if joined.any():
        layers.append(_layer(after[joined], f"Join a story ({joined.sum():,})", crowd))
    emerging = newcomers.emerging.sort_values("size", ascending=False, kind="stable")
    for number in emerging.index[:NAMED_STORIES]:
        rows = after[after["story"] == number]
        layers.append(_layer(rows, f"Emerging: {plain(titles[number])} ({len(rows):,})", crowd))
    others = after[after["story"].isin(emerging.index[NAMED_STORIES:])]
    if len(others):
        name = count(len(emerging) - NAMED_STORIES, "other emerging story", "other emerging stories")
        layers.append(_layer(others, name, crowd))
    fig = go.Figure([layer for layer in layers if layer is not None])
    style_map(fig, "z" in before)
    table = pd.DataFrame({"": ["Join a story", *emerging["title"].map(plain), "New and alone"]})
    table["New headlines"] = [int(joined.sum()), *emerging["size"].astype(int), int(alone.sum())]
    return with_alternative(fig, f"Map of the run's headlines, pale, and on it {newcomers!r}", table, kind="map")


def joined_stories(newcomers: Newcomers) -> Table:
    """The run's stories that new headlines join, most new ones first, each with the surest of them."""
    joined = np.flatnonzero(newcomers.has_joined)
    stories = pd.Series(newcomers.labels[joined]).value_counts(sort=False).rename_axis("story").reset_index(name="new")
    stories = stories.sort_values(["new", "story"], ascending=[False, True], kind="stable")
    size = newcomers.run.table["size"]
    rows, shown = [], []
    for story, number in stories.itertuples(index=False):
        members = joined[newcomers.labels[joined] == story]
        members = members[np.argsort(-newcomers.probability[members], kind="stable")][:HEADLINES]
        shown_titles, links = _headlines(newcomers, members)
        rows.append((int(story), newcomers.run.table["title"][story], int(size[story]), int(number), shown_titles))
        shown.append(links)
    frame = pd.DataFrame(rows, columns=["story", "title", "headlines before", "new", "new headlines, the surest first"])
    return Table(frame, frame.assign(**{frame.columns[-1]: shown}), classes="sortable filterable")


def emerging_stories(newcomers: Newcomers) -> Table:
    """What new headlines tell that no story of the run did, the largest first."""
    rows, shown = [], []
    for number, told in newcomers.emerging.sort_values("size", ascending=False, kind="stable").iterrows():
        members = np.flatnonzero(newcomers.is_emerging & (newcomers.labels == number))
        members = members[np.argsort(-newcomers.probability[members], kind="stable")]
        names = newcomers.documents["title"].to_numpy(object)[members] == told["title"]
        members = np.concatenate([members[names], members[~names]])[:HEADLINES]
        shown_titles, links = _headlines(newcomers, members, probability=False)
        rows.append((int(number), int(told["size"]), shown_titles, told["keywords"], _span(told)))
        shown.append([element("strong", links[0]), *links[1:]] if links else [])
    frame = pd.DataFrame(rows, columns=["story", "headlines", "for example", "keywords", "published"])
    return Table(frame, frame.assign(**{"for example": shown}))


def least_sure(newcomers: Newcomers, n: int = 10) -> Table:
    """The `n` new headlines of whose place the run is least sure: where a slip would be."""
    new = np.flatnonzero(~newcomers.is_known)
    new = new[np.argsort(newcomers.probability[new], kind="stable")][:n]
    titles, told = newcomers.table["title"], _said(newcomers)
    shown_titles, links = _headlines(newcomers, new, probability=False)
    frame = pd.DataFrame(
        {
            "headline": shown_titles,
            "probability": [f"{newcomers.probability[row]:.2f}" for row in new],
            "said": [told[row] for row in new],
            "nearest story": [titles.get(newcomers.nearest[row], "") for row in new],
        }
    )
    return Table(frame, frame.assign(headline=links))


def calibration_curve(calibration: Calibration) -> Figure:
    """Draw how often what was said with a probability was right, among the run's own documents."""
    import plotly.graph_objects as go

    curve = calibration.curve
    fig = go.Figure()
    fig.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=dict(color=INK, width=1, dash="dot"), hoverinfo="skip")
    fig.add_scatter(
        x=curve["said"].tolist(),
        y=curve["right"].tolist(),
        mode="lines+markers",
        line=dict(color=story_mark(0)[0], width=1.6),
        marker=dict(size=(6 + 12 * np.sqrt(curve["documents"] / max(curve["documents"].max(), 1))).tolist()),
        text=[
            f"said {r.said:.2f}, right {r.right:.2f}<br>{count(r.documents, 'headline')}" for r in curve.itertuples()
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    style(fig, height=340)
    axis = dict(range=[0, 1.03], showgrid=True, gridcolor=GRID, zeroline=False, fixedrange=True)
    fig.update_layout(
        margin=dict(l=56, r=8, t=8, b=48),
        showlegend=False,
        xaxis=axis | dict(title="probability that was said"),
        yaxis=axis | dict(title="share that was right"),
    )
    sentence = (
        f"Of {count(int(curve['documents'].sum()), 'held-out headline')} of the run, by the probability said: "
        + ("; ".join(f"{row.said:.2f} said, {row.right:.2f} right" for row in curve.itertuples()) + ".")
    )
    return with_alternative(fig, sentence, curve.round(3))


def _frame(documents: pd.DataFrame, labels: np.ndarray, coordinates: np.ndarray) -> pd.DataFrame:
    frame = documents[["id", "title", "url", "publisher", "published_at"]].rename(columns={"title": "headline"})
    frame = frame.assign(story=labels).reset_index(drop=True)
    for axis, column in zip("xyz", coordinates.T, strict=False):
        frame[axis] = column
    return frame


def _said(newcomers: Newcomers) -> list[str]:
    """In words, what is made of each document."""
    titles = newcomers.table["title"]
    names = [cut(titles.get(story, ""), 60) for story in newcomers.labels]
    kinds = [newcomers.is_known, newcomers.is_emerging, newcomers.has_joined]
    what = np.select(kinds, ["in the run already", "emerging: ", "joins: "], "new and alone")
    return [f"{kind}{name}" if kind.endswith(": ") else str(kind) for kind, name in zip(what, names, strict=True)]


def _hover(headline: str, publisher: str, published_at: str, told: str) -> str:
    source = " · ".join(filter(None, [plain(publisher), str(published_at)[:10]]))
    lines = [
        f"<b>{wrapped(headline)}</b>",
        plotly_text(cut(source, HOVER_WIDTH)),
        wrapped(told, lines=2) if told else "",
    ]
    return "<br>".join(filter(None, lines))


def _layer(rows: pd.DataFrame, name: str, crowd: int, pale: bool = False) -> go.Scatter | None:
    import plotly.graph_objects as go

    if not len(rows):
        return None
    in_space = "z" in rows
    scatter = go.Scatter3d if in_space else go.Scattergl if crowd > SVG_POINTS else go.Scatter
    marks = [
        story_mark(story) if story >= 0 else (NOISE_COLOUR if pale else INK, "circle" if pale else "x")
        for story in rows["story"]
    ]
    solid = {"circle", "square", "diamond", "cross", "x"}
    symbols = "circle" if pale else [mark if not in_space or mark in solid else "circle" for _, mark in marks]
    size = (5 if crowd <= SVG_POINTS else 3) * (0.6 if in_space else 1)
    marker = dict(color=[colour for colour, _ in marks], symbol=symbols, size=size if pale else 2.2 * size)
    marker |= dict(opacity=0.3) if pale else dict(opacity=1, line=dict(width=1, color=INK))
    return scatter(
        **{axis: rows[axis].to_numpy(np.float32) for axis in ("xyz" if in_space else "xy")},
        mode="markers",
        marker=marker,
        name=wrapped(cut_at_word(name, 60), 32, 2),
        meta={"story": plotly_text(cut_at_word(name, 60))},
        text=rows["hover"].tolist(),
        hovertemplate="%{text}<extra></extra>",
    )


def _headlines(newcomers: Newcomers, rows: np.ndarray, probability: bool = True) -> tuple[list[str], list]:
    told = newcomers.documents.iloc[rows]
    sure = [f"{newcomers.probability[row]:.2f}  " if probability else "" for row in rows]
    texts = [f"{value}{title}" for value, title in zip(sure, headlines(told), strict=True)]
    return texts, list(map(link, texts, told["url"]))


def _span(told: pd.Series) -> str:
    days = list(dict.fromkeys(filter(None, [told["first"], told["last"]])))
    return " to ".join(days)
