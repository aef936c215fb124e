"""How figures of a grid are drawn: heat maps with readable numbers, axes of names, the common look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..markup import plotly_text
from ..show.drawing import cut, style, with_alternative
from ..show.figure import Figure

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
    return go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(value) else float(value) for value in row] for row in values],
            text=texts,
            texttemplate=None if texts is None else "%{text}",
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=_CELLS,
            zmin=low,
            zmax=high if high > low else low + 1,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )


def ticks(texts: Iterable[str], **more: Any) -> dict[str, Any]:
    """An axis at 0, 1, 2 ... with these texts, escaped, and nothing else."""
    texts = list(texts)
    bare = dict(ticks="", showgrid=False, zeroline=False, showline=False, fixedrange=True)
    return bare | dict(tickvals=list(range(len(texts))), ticktext=texts, ticklabelstandoff=4) | more


def nothing(why: str) -> Figure:
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
    return "<br>".join(map(plotly_text, lines))


def short(text: str, width: int = 12) -> str:
    """A text cut to `width` letters and escaped."""
    return plotly_text(cut(text, width))
