"""Plotly figures of one run: the map of stories, their sizes, and how the settings were chosen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import NewsclustError
from ..markup import plain, plotly_text, web_address
from ..wording import count
from .drawing import HOVER_WIDTH, INK, NOISE_COLOUR, SYMBOLS, cut, cut_at_word, style, with_alternative, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..stories.settings import Settings

NAMED_STORIES = 10
BARS = 20
SVG_POINTS = 3000
_SMALLER_RANK, _NOISE_RANK = 1000, 2000  # places in the legend, below the named stories

_GRID = "rgba(128, 134, 142, 0.25)"
_RING_COLOURS = np.array(["#0072B2", "#D98E04", "#009E73", "#D279AC", "#D55E00", "#8E6BBF", "#6E8F00"])


def story_map(points: pd.DataFrame) -> go.Figure:
    """Draw every headline at its place on the map, coloured by story.

    The largest stories get a legend entry each; all the others share one, drawn as rings whose colours change
    from neighbour to neighbour. A headline that HDBSCAN left as noise and that its neighbours gave a story is drawn
    hollow; in a smaller story, as a smaller ring (in space, a diamond). Noise lies underneath in grey. A click on a
    name in the legend switches its headlines off; in a report a click on a headline opens its address.

    Parameters
    ----------
    points : DataFrame, one row per headline
        ``x``, ``y`` and, for a map in space, ``z``; ``cluster`` (int, -1 for noise); ``title``; optionally
        ``publisher``, ``published_at``, ``url``, ``probability``, ``story`` (the name of the row's cluster),
        ``assigned`` (bool: noise that was given a story) and ``vote`` (the share its story had of its neighbours).

    Raises
    ------
    NewsclustError
        If a required column is missing.
    """
    import plotly.graph_objects as go

    _require(points, ["x", "y", "cluster", "title"])
    sizes = points.loc[points["cluster"] >= 0].groupby("cluster").size()
    sizes = sizes.sort_values(ascending=False, kind="stable")
    names = _story_names(points, sizes.index)
    points = points.assign(
        hover=[_hover(row, names, sizes) for row in points.to_dict("records")],
        assigned=points["assigned"].astype(bool) if "assigned" in points else False,
        address=[web_address(url) for url in points["url"]] if "url" in points else "",
    ).sort_values("assigned", kind="stable")  # the hollow ones last: plotly's legend shows a layer's first point
    named, smaller = sizes.index[:NAMED_STORIES], sizes.index[NAMED_STORIES:]
    noise, rings = points[points["cluster"] < 0], points[points["cluster"].isin(smaller)]

    others = count(len(smaller), "smaller story", "smaller stories")
    layers = [
        (noise, f"In no story ({len(noise):,})", _NOISE_RANK, NOISE_COLOUR, "circle"),
        (rings, others, _SMALLER_RANK, _ring_colours(rings, smaller), "circle-open"),
    ]
    for place, cluster in reversed(list(enumerate(named))):  # the largest last, on top
        layers.append((points[points["cluster"] == cluster], names[cluster], place, *SYMBOLS[place]))

    fig = go.Figure([_layer(*layer, crowd=len(points)) for layer in layers if len(layer[0])])
    _style_map(fig, "z" in points)
    table = pd.DataFrame({"Story": [names[c] for c in sizes.index], "Headlines": sizes.to_numpy()})
    if len(noise):
        table.loc[len(table)] = ["In no story", len(noise)]
    sentence = _map_sentence(sizes, names, len(noise), int(points["assigned"].sum()))
    return with_alternative(fig, sentence, table, kind="map")


def story_sizes(topics: pd.DataFrame) -> go.Figure:
    """Draw the largest stories as horizontal bars, and say how many others there are.

    Parameters
    ----------
    topics : DataFrame, one row per cluster
        Index ``cluster``; columns ``size`` and ``title``.

    Raises
    ------
    NewsclustError
        If a required column is missing.
    """
    import plotly.graph_objects as go

    _require(topics, ["size", "title"])
    # The map's order, so that a story has one colour in both.
    ordered = topics.sort_index().sort_values("size", ascending=False, kind="stable")
    shown, others = ordered.iloc[:BARS], ordered.iloc[BARS:]
    place = list(range(len(shown)))
    fig = go.Figure(
        go.Bar(
            x=shown["size"].tolist(),
            y=place,
            orientation="h",
            width=0.34,
            marker_color=[SYMBOLS[i][0] if i < NAMED_STORIES else INK for i in place],
            text=[f"{size:,}" for size in shown["size"]],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                f"<b>{wrapped(name)}</b><br>{count(size, 'headline')}"
                for name, size in zip(shown["title"], shown["size"], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    for i, name in zip(place, shown["title"], strict=True):
        # Above the bar instead of on an axis: a headline is as wide as a phone.
        fig.add_annotation(
            x=0,
            y=i,
            text=plotly_text(cut_at_word(name, 70)),
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            yshift=6,
            xshift=-3,
            align="left",
        )
    rest = _others_sentence(others["size"])
    if len(topics) == 0:
        fig.add_annotation(text="No story was found", xref="paper", yref="paper", x=0.5, y=0.5, showarrow=False)
    style(fig, height=96 + 40 * max(len(shown), 2), font_size=13)
    fig.update_layout(
        margin=dict(l=8, r=48, t=16, b=48),
        showlegend=False,
        xaxis=dict(
            title=dict(text=rest, font_size=13),
            rangemode="tozero",
            showgrid=False,
            showline=False,
            zeroline=False,
            showticklabels=False,
            ticks="",
            fixedrange=True,
        ),
        yaxis=dict(visible=False, range=[len(shown) - 0.4, -0.75], fixedrange=True),
    )
    table = pd.DataFrame({"Story": shown["title"].to_list(), "Headlines": shown["size"].to_numpy()})
    if len(others):
        table.loc[len(table)] = [
            count(len(others), "smaller story", "smaller stories"),
            int(others["size"].sum()),
        ]
    return with_alternative(fig, _sizes_sentence(shown, rest), table, kind="bars")


def settings_curve(settings: Settings) -> go.Figure | None:
    """Draw how well the stories stand apart for every setting that was tried; None where none was.

    Parameters
    ----------
    settings : Settings
        As from `newsclust.stories.settings.choose_settings`.
    """
    import plotly.graph_objects as go

    curve = settings.curve
    if curve.empty:
        return None
    fig = go.Figure()
    for place, (number, rows) in enumerate(curve.sort_values("min_cluster_size").groupby("min_samples")):
        color, symbol = SYMBOLS[place % len(SYMBOLS)]
        fig.add_scatter(
            x=rows["min_cluster_size"].tolist(),
            y=rows["separation"].tolist(),
            mode="lines+markers",
            name=f"min_samples {number}",
            line=dict(color=color, width=1.6),
            marker=dict(color=color, symbol=symbol, size=7),
            text=[
                f"min_samples {number}, min_cluster_size {row.min_cluster_size}<br>separation {row.separation:.3f}<br>"
                f"{count(row.n_stories, 'story', 'stories')}, {row.noise_fraction:.0%} noise"
                for row in rows.itertuples()
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    best = curve.iloc[0]
    fig.add_scatter(
        x=[int(best.min_cluster_size)],
        y=[float(best.separation)],
        mode="markers",
        name="chosen",
        marker=dict(color=INK, symbol="circle-open", size=17, line_width=2),
        hoverinfo="skip",
    )
    style(fig, height=380)
    axis = dict(showgrid=True, gridcolor=_GRID, zeroline=False, fixedrange=True)
    fig.update_layout(
        margin=dict(l=56, r=8, t=8, b=88),
        hovermode="closest",
        xaxis=axis | dict(title="min_cluster_size"),
        yaxis=axis | dict(title="separation"),
        legend=dict(orientation="h", x=0, y=-0.2, yanchor="top", bgcolor="rgba(0,0,0,0)"),
    )
    table = curve.assign(separation=curve["separation"].round(3), noise_fraction=curve["noise_fraction"].round(3))
    sentence = f"Separation of the stories over {len(curve)} settings; chosen is {settings!r}"
    return with_alternative(fig, sentence, table)


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise NewsclustError(
            f"The figure needs a column {missing[0]!r}, and the table has only "
            f"{', '.join(map(repr, frame.columns)) or 'none'}: add it before drawing."
        )


def _story_names(points: pd.DataFrame, clusters: pd.Index) -> dict[int, str]:
    given = points.groupby("cluster")["story"].first() if "story" in points else pd.Series(dtype=object)
    return {cluster: plain(given.get(cluster)) or f"Story {cluster}" for cluster in clusters}


def _layer(rows, name, rank, color, symbol, crowd):
    """Return one layer of the map; `crowd` is how many headlines the whole map shows."""
    import plotly.graph_objects as go

    in_space = "z" in rows
    scatter = go.Scatter3d if in_space else go.Scattergl if crowd > SVG_POINTS else go.Scatter
    size = (8 if crowd <= 1000 else 6 if crowd <= SVG_POINTS else 4) * (0.6 if in_space else 1)
    is_noise, is_ring, assigned = rank == _NOISE_RANK, symbol.endswith("-open"), rows["assigned"].to_numpy()
    marker = dict(color=color, symbol=symbol, size=0.6 * size if is_noise else size)
    marker["opacity"] = 0.45 if is_noise else 0.85
    if is_ring and assigned.any() and not in_space:
        marker["size"] = np.where(assigned, 0.55 * size, size)
    elif assigned.any():
        # A smaller ring would be too thin to be seen in space.
        marker["symbol"] = np.where(assigned, "diamond-open" if is_ring else f"{symbol}-open", symbol)
    if not in_space:
        marker["line"] = dict(width=1.5 if is_ring or assigned.any() else 0, color=color)
    return scatter(
        **{axis: rows[axis].to_numpy(np.float32) for axis in ("xyz" if in_space else "xy")},
        mode="markers",
        marker=marker,
        name=wrapped(cut_at_word(name, 60), 32, 2),
        legendrank=rank,
        meta={"story": plotly_text(cut_at_word(name, 60))},  # for the report's own list of stories
        text=rows["hover"].tolist(),
        customdata=rows["address"].tolist() if rows["address"].any() else None,
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(row: dict[str, Any], names: dict[int, str], sizes: pd.Series) -> str:
    """Return the hover text of one headline: itself, where and when it appeared, its story."""
    source = " · ".join(filter(None, [plain(row.get("publisher")), _day(row.get("published_at"))]))
    lines = [f"<b>{wrapped(row['title'])}</b>", plotly_text(cut(source, HOVER_WIDTH))]
    cluster = row["cluster"]
    if cluster < 0:
        lines.append("In no story")
    else:
        lines.append(f"Story: {plotly_text(cut(names[cluster], 32))} ({sizes[cluster]:,})")
        if row.get("assigned"):
            vote = f", vote {row['vote']:.2f}" if pd.notna(row.get("vote")) else ""
            lines += [f"Assigned by its neighbours{vote};", "HDBSCAN left it as noise"]
        elif pd.notna(row.get("probability")):
            lines.append(f"Membership: {row['probability']:.2f}")
    return "<br>".join(filter(None, lines))


def _ring_colours(rows: pd.DataFrame, clusters: pd.Index) -> list[str]:
    """Give each small story the colour whose nearest use on the map is farthest away."""
    axes = ["x", "y", "z"] if "z" in rows else ["x", "y"]
    centres = rows.groupby("cluster")[axes].mean().reindex(clusters).to_numpy()
    chosen = np.zeros(len(clusters), dtype=int)
    for i, centre in enumerate(centres):
        distance = np.linalg.norm(centres[:i] - centre, axis=1)
        nearest = [distance[chosen[:i] == c].min(initial=np.inf) for c in range(len(_RING_COLOURS))]
        chosen[i] = int(np.argmax(nearest))
    return _RING_COLOURS[chosen][clusters.get_indexer(rows["cluster"])].tolist()


def _style_map(fig: go.Figure, in_space: bool) -> None:
    hidden = dict(visible=False, showspikes=False)
    style(fig, height=720, font_size=13)
    fig.update_layout(
        dragmode=None,  # plotly's own: a map is to be zoomed into
        hovermode="closest",
        margin=dict(l=8, r=8, t=8, b=8),
        showlegend=True,
        legend=dict(
            orientation="h",
            x=0,
            xanchor="left",
            yref="container",  # placed by the drawing, it would stay where it was when a window grows
            y=0,
            yanchor="bottom",
            itemsizing="constant",
            entrywidth=240,
            font_size=12,
            bgcolor="rgba(0,0,0,0)",
        ),
    )
    if in_space:
        fig.update_layout(
            scene=dict(xaxis=hidden, yaxis=hidden, zaxis=hidden, aspectmode="data", camera_eye=dict(x=1, y=1, z=0.7))
        )
    else:
        fig.update_layout(xaxis=dict(visible=False), yaxis=dict(visible=False, scaleanchor="x"))


def _map_sentence(sizes: pd.Series, names: dict[int, str], noise: int, assigned: int) -> str:
    total = int(sizes.sum()) + noise
    sentence = (
        f"Map of {count(total, 'headline')} in {count(len(sizes), 'story', 'stories')}, "
        f"headlines of similar meaning close together; {noise:,} in no story"
    )
    if assigned:
        sentence += (
            f"; {assigned:,}, drawn hollow, or smaller among the rings of smaller stories, HDBSCAN left as noise and "
            "their neighbours gave a story"
        )
    if len(sizes):
        sentence += f"; the largest story, {cut(names[sizes.index[0]], 80)!r}, has {sizes.iloc[0]:,}"
    return sentence + "."


def _sizes_sentence(shown: pd.DataFrame, rest: str) -> str:
    if shown.empty:
        return "No story was found."
    first = shown.iloc[0]
    return (
        f"Bars of the {count(len(shown), 'largest story', 'largest stories')}, from "
        f"{cut(first['title'], 80)!r} with {first['size']:,} headlines down to {shown['size'].iloc[-1]:,}"
        f"{'; ' + rest if rest else ''}."
    )


def _others_sentence(sizes: pd.Series) -> str:
    if sizes.empty:
        return ""
    low, high = sizes.min(), sizes.max()
    span = f"{low:,} to {high:,}" if high > low else f"{low:,}"
    return f"{count(len(sizes), 'smaller story', 'smaller stories')} of {span} not shown"


def _day(value: Any) -> str:
    text = plain(value)
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else text
