"""How the settings were chosen, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..markup import Sentences
from ..wording import count
from .drawing import GRID, INK, SYMBOLS, style, with_alternative
from .figure import Figure

if TYPE_CHECKING:
    from ..stories.settings import Settings


def settings_curve(settings: Settings) -> Figure | Sentences:
    """Draw how well the stories stand apart for every setting that was tried; a sentence where none was.

    Parameters
    ----------
    settings : Settings
        As from `newsclust.stories.settings.choose_settings`.
    """
    import plotly.graph_objects as go

    curve = settings.curve
    if curve.empty:
        return Sentences(f"No setting was chosen from the data: {settings!r}")
    fig = go.Figure()
    for place, (number, rows) in enumerate(curve.sort_values("min_cluster_size").groupby("min_samples")):
        color, symbol = SYMBOLS[place % len(SYMBOLS)]
        fig.add_scatter(
            x=rows["min_cluster_size"].to_numpy(),
            y=rows["separation"].to_numpy(),
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
