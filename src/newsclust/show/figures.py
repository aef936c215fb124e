"""How large the stories are, and how the settings were chosen, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..markup import plotly_text
from ..wording import count
from .drawing import GRID, INK, SYMBOLS, cut, cut_at_word, require, story_mark, style, with_alternative, wrapped

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ..stories.settings import Settings

BARS = 20


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

    require(topics, ["size", "title"])
    ordered = topics.sort_index().sort_values("size", ascending=False, kind="stable")
    shown, others = ordered.iloc[:BARS], ordered.iloc[BARS:]
    place = list(range(len(shown)))
    fig = go.Figure(
        go.Bar(
            x=shown["size"].tolist(),
            y=place,
            orientation="h",
            width=0.34,
            marker_color=[story_mark(cluster)[0] for cluster in shown.index],
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
    axis = dict(showgrid=True, gridcolor=GRID, zeroline=False, fixedrange=True)
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
