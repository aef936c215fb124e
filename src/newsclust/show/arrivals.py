"""New headlines on the map and in the stories of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..arrivals.newcomers import Newcomers
from ..corpus.facts import headlines
from ..markup import element, link, plotly_text
from .drawing import INK, SHAPES, cut, story_mark, wrapped
from .figure import POINTS, Figure, chart
from .listings import HEADLINES, Table
from .map_parts import IN_SPACE, SVG_POINTS, style_map

_HEIGHT = 720


def newcomers_map(newcomers: Newcomers) -> Figure:
    """Draw the new headlines on the run's map: its stories pale behind, each newcomer amid its neighbours.

    A newcomer that joins a story, or is in an emerging story, has that story's colour and shape, large and edged; other
    new headlines are crosses.
    """
    import plotly.graph_objects as go

    run, new = newcomers.run, np.flatnonzero(~newcomers.is_known)
    before = _frame(run.documents, run.labels, run.coordinates)
    after = _frame(newcomers.documents.iloc[new], newcomers.labels[new], newcomers.coordinates[new])
    before["hover"] = [plotly_text(cut(title, 40)) for title in before["title"]]
    told = _said(newcomers)
    after["hover"] = [
        f"<b>{wrapped(title)}</b><br>{wrapped(told[place], lines=2)}"
        for place, title in zip(new, after["title"], strict=True)
    ]
    in_space, few = "z" in before, len(before) + len(new) <= SVG_POINTS
    scatter = go.Scatter3d if in_space else go.Scatter if few else go.Scattergl
    fig = go.Figure()
    with chart(_HEIGHT) as (drawing, axes):
        for what, rows, is_pale in [
            ("The run", before, True),
            ("New and alone", after[newcomers.is_alone[new]], False),
            ("Join a story", after[newcomers.has_joined[new]], False),
            ("Emerging stories", after[newcomers.is_emerging[new]], False),
        ]:
            if not len(rows):
                continue
            marks = [story_mark(story) if story >= 0 or is_pale else (INK, "x") for story in rows["story"]]
            colours, symbols = [colour for colour, _ in marks], [symbol for _, symbol in marks]
            size = (5 if few else 3) * (1 if is_pale else 2.2)
            look = dict(opacity=0.3) if is_pale else dict(line=dict(width=1, color=INK))
            shapes = "circle" if is_pale else [IN_SPACE[one] for one in symbols] if in_space else symbols
            fig.add_trace(
                scatter(
                    **{axis: rows[axis].to_numpy(np.float32) for axis in ("xyz" if in_space else "xy")},
                    mode="markers",
                    marker=dict(color=colours, symbol=shapes, size=size * (0.6 if in_space else 1), **look),
                    name=f"{what} ({len(rows):,})",
                    text=rows["hover"].tolist(),
                    hovertemplate="%{text}<extra></extra>",
                )
            )
            for symbol, part in rows.assign(colour=colours, symbol="circle" if is_pale else symbols).groupby("symbol"):
                edge = dict(alpha=0.3, lw=0) if is_pale else dict(edgecolors=INK)
                axes.scatter(part["x"], part["y"], (size * POINTS) ** 2, part["colour"], SHAPES[symbol], **edge)
        axes.set_aspect("equal", adjustable="datalim")
        axes.axis("off")
    legend = dict(orientation="h", x=0, y=0, yanchor="top", font_size=12)
    style_map(fig, in_space, height=_HEIGHT, margin=dict(l=8, r=8, t=8, b=40), legend=legend)
    return Figure(f"Map of the run's headlines, pale, with {newcomers!r}", drawing, fig)


def joined_stories(newcomers: Newcomers) -> Table:
    """The run's stories that new headlines join, those with the most first, each with the most certain ones."""
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
    frame = pd.DataFrame(
        rows, columns=["story", "title", "headlines before", "new", "new headlines, the most certain first"]
    )
    return Table(frame, frame.assign(**{frame.columns[-1]: shown}), classes="sortable filterable")


def emerging_stories(newcomers: Newcomers) -> Table:
    """The emerging stories, which no story of the run covers, the largest first."""
    rows, shown = [], []
    for number, told in newcomers.emerging.sort_values("size", ascending=False, kind="stable").iterrows():
        members = np.flatnonzero(newcomers.is_emerging & (newcomers.labels == number))
        members = members[np.argsort(-newcomers.probability[members], kind="stable")]
        names = newcomers.documents["title"].to_numpy(object)[members] == told["title"]
        members = np.concatenate([members[names], members[~names]])[:HEADLINES]
        shown_titles, links = _headlines(newcomers, members, probability=False)
        days = dict.fromkeys(filter(None, [told["first"], told["last"]]))
        rows.append((int(number), int(told["size"]), shown_titles, told["keywords"], " to ".join(days)))
        shown.append([element("strong", links[0]), *links[1:]] if links else [])
    frame = pd.DataFrame(rows, columns=["story", "headlines", "for example", "keywords", "published"])
    return Table(frame, frame.assign(**{"for example": shown}))


def least_sure(newcomers: Newcomers, n: int = 10) -> Table:
    """The `n` new headlines with the least certain assignment: errors are most likely among them."""
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


def _frame(documents: pd.DataFrame, labels: np.ndarray, coordinates: np.ndarray) -> pd.DataFrame:
    places = dict(zip("xyz", coordinates.T, strict=False))
    return documents[["title"]].assign(story=labels, **places).reset_index(drop=True)


def _said(newcomers: Newcomers) -> list[str]:
    """What became of each document, in words."""
    titles = newcomers.table["title"]
    names = [cut(titles.get(story, ""), 60) for story in newcomers.labels]
    kinds = [newcomers.is_known, newcomers.is_emerging, newcomers.has_joined]
    what = np.select(kinds, ["in the run already", "emerging: ", "joins: "], "new and alone")
    return [f"{kind}{name}" if kind.endswith(": ") else str(kind) for kind, name in zip(what, names, strict=True)]


def _headlines(newcomers: Newcomers, rows: np.ndarray, probability: bool = True) -> tuple[list[str], list]:
    told = newcomers.documents.iloc[rows]
    sure = [f"{newcomers.probability[row]:.2f}  " if probability else "" for row in rows]
    texts = [f"{value}{title}" for value, title in zip(sure, headlines(told), strict=True)]
    return texts, list(map(link, texts, told["url"]))
