"""How figures of a grid are drawn: heat maps with readable numbers, axes of names, the common look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..report.drawing import INK, cut, safe, style, with_alternative

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Pale to dark in even steps of lightness: also readable in grey and with colour-blind eyes.
_CELLS = ["#f4efdf", "#cfdcc0", "#92c0b2", "#4a97ad", "#1f6a96", "#143a66"]


def heat_map(
    values: np.ndarray, texts: np.ndarray | None, hover: list[list[str]], limits: tuple[float, float]
) -> go.Figure:
    """A heat map with the first row where the y axis starts, and a text in each cell.

    Parameters
    ----------
    values : ndarray of float, shape (n_rows, n_columns)
        Missing ones stay empty.
    texts : ndarray of str, shape (n_rows, n_columns), optional
    hover : list of lists of str
        What a cell says on hover, escaped.
    limits : tuple of float
        The values of the palest and the darkest cell.
    """
    import plotly.graph_objects as go

    low, high = limits
    high = high if high > low else low + 1
    fig = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(value) else float(value) for value in row] for row in values],
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=_CELLS,
            zmin=low,
            zmax=high,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    if texts is not None:
        rows, columns = np.indices(values.shape)
        inks = [_contrasting((value - low) / (high - low)) for value in values.ravel()]
        fig.add_scatter(
            x=columns.ravel(),
            y=rows.ravel(),
            text=texts.ravel().tolist(),
            mode="text",
            textfont_color=inks,
            hoverinfo="skip",
            showlegend=False,
        )
    return fig


def _contrasting(place: float) -> str:
    """Black or white, whichever stands out more from this place on the scale (luminance as in WCAG 2.1)."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    if np.isnan(place):
        return INK
    channels = np.array(unlabel_rgb(sample_colorscale(_CELLS, min(max(float(place), 0.0), 1.0))[0])) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "#ffffff" if linear @ [0.2126, 0.7152, 0.0722] < 0.179 else "#000000"


def ticks(texts: Iterable[str], **more: Any) -> dict[str, Any]:
    """An axis at 0, 1, 2 ... with these texts, escaped, and nothing else."""
    texts = list(texts)
    bare = dict(ticks="", showgrid=False, zeroline=False, showline=False, fixedrange=True)
    return bare | dict(tickvals=list(range(len(texts))), ticktext=texts, ticklabelstandoff=4) | more


def nothing(why: str) -> go.Figure:
    """A figure without a drawing, which says why."""
    import plotly.graph_objects as go

    fig = go.Figure()
    style(fig, height=90)
    fig.update_layout(margin=dict(l=8, r=8, t=8, b=8), xaxis_visible=False, yaxis_visible=False)
    fig.add_annotation(text="Nothing to draw", xref="paper", yref="paper", x=0, xanchor="left", y=0.5, showarrow=False)
    return with_alternative(fig, why)


def broken(name: str, width: int = 14) -> str:
    """A name on several lines, broken at spaces and underscores and escaped."""
    words = name.replace("_", "_ ").split(" ")
    lines = [words[0]]
    for word in words[1:]:
        joined = f"{lines[-1]}{'' if lines[-1].endswith('_') else ' '}{word}"
        lines = [*lines[:-1], joined] if len(joined) <= width else [*lines, word]
    return "<br>".join(map(safe, lines))


def short(text: str, width: int = 12) -> str:
    """A text cut to `width` letters and escaped."""
    return safe(cut(text, width))
