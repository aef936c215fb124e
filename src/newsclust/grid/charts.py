"""Plotly figures of a finished grid; every one carries a sentence and a table.

The numbers come from `measures`. Names of runs and values of parameters come from files that anybody may
write, so all text passes `safe` on its way into a figure.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..markup import plotly_text
from ..show.drawing import INK, cut, style, with_alternative
from ..show.figure import Figure
from ..wording import count
from .heat_map import broken, heat_map, nothing, short, ticks
from .measures import METRICS, agreement_matrix, measures, percent, sensitivity, written
from .runs import Grid, label, levels

#: More pairs of parameters than this nobody compares by eye.
MOST_PAIRS = 6
#: With more runs than this the agreement map names them on hover only.
MOST_NAMES = 40
# Blue to orange over grey, each with a contrast of 3:1 on white and on near-black.
_LINES = ["#0072B2", "#8c8c90", "#D98E04"]
_AXIS = "rgba(128, 134, 142, 0.6)"
_NAMES_WIDTH = 104  # pixels for the names on the left
_END = 9  # letters at the ends of an axis
_ROW, _BETWEEN = 36, 84  # pixels: a row of cells; axis, title and air between two heat maps


def parallel_coordinates(grid: Grid) -> Figure:
    """Draw every finished run as a line from its parameters down to its results, coloured by relative validity.

    Parallel coordinates (A. Inselberg 1985, *The plane with parallel coordinates*, The Visual Computer 1)
    that read downwards: the axes lie flat, so that a phone has room for their labels. Runs with the same
    value of a parameter are spread a little, or their lines would hide each other.
    """
    import plotly.graph_objects as go
    from plotly.colors import sample_colorscale

    known, metric = measures(grid), "relative_validity"
    runs = [run for run in known.index if run in grid.maps]
    if not runs:
        return nothing("No run finished, so there are no results to draw.")
    known = known.loc[runs]
    axes = [_parameter_axis(grid, name, runs) for name in grid.varied] + [_metric_axis(known[name]) for name in known]
    shades = _unit(known[metric].to_numpy()) if metric in known else np.full(len(runs), np.nan)
    fig = go.Figure()
    for i in np.argsort(np.nan_to_num(shades, nan=-1), kind="stable"):  # the highest on top
        color = INK if np.isnan(shades[i]) else sample_colorscale(_LINES, float(shades[i]))[0]
        fig.add_scatter(
            x=[axis["x"][i] for axis in axes],
            y=list(range(len(axes))),
            mode="lines+markers",
            line=dict(color=color, width=1.6, dash="dot" if np.isnan(shades[i]) else "solid"),
            marker=dict(color=color, size=7),
            opacity=0.75,
            connectgaps=True,
            cliponaxis=False,
            text=[
                f"<b>{plotly_text(cut(runs[i], 90))}</b><br>" + plotly_text(f"{axis['name']}: {axis['texts'][i]}")
                for axis in axes
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    for y, axis in enumerate(axes):
        fig.add_shape(type="line", x0=0, x1=1, y0=y, y1=y, line=dict(color=_AXIS, width=1), layer="below")
        for x, text in axis["ticks"]:
            # The ends beside the axis, where no line crosses them; what is between, above it.
            ends = {0: dict(xanchor="right", xshift=-8), 1: dict(xanchor="left", xshift=8)}
            fig.add_annotation(x=x, y=y, text=short(text, _END), showarrow=False, **ends.get(x, dict(yshift=11)))
    beside = 12 + 8 * max(min(len(text), _END) for axis in axes for x, text in axis["ticks"] if x in (0, 1))
    style(fig, height=58 * len(axes) + 40)
    fig.update_layout(
        margin=dict(l=_NAMES_WIDTH + beside, r=beside, t=8, b=8),
        hovermode="closest",
        showlegend=False,
        xaxis=dict(visible=False, range=[0, 1], fixedrange=True),
        yaxis=ticks([broken(axis["name"]) for axis in axes], range=[len(axes) - 0.6, -0.5], ticklabelstandoff=beside),
    )
    sentence = f"{count(len(runs), 'run')} as lines from parameters, {', '.join(grid.varied) or 'none'}, to results"
    if metric in known:
        best = known[metric].idxmax()
        sentence += f", from blue for the lowest to orange for the highest {METRICS[metric]}, that of {best}"
    table = known.rename(columns=METRICS).round(3).astype(object).where(known.notna().to_numpy(), None)
    table.insert(0, "run", runs)
    return with_alternative(fig, f"{sentence}.", table)


def sensitivity_chart(grid: Grid) -> Figure:
    """Draw which parameter explains how much of which metric, as `measures.sensitivity` computes it."""
    shares = sensitivity(grid).dropna(axis="columns", how="all")
    if shares.empty:
        return nothing("The finished runs do not differ, so there is nothing to explain.")
    shares = shares.T  # metrics downwards: their names are the longer ones
    texts = shares.map(percent)
    hover = [
        [
            f"{plotly_text(name)} alone explains {text}<br>of the differences in {METRICS[metric]}"
            for name, text in row.items()
        ]
        for metric, row in texts.iterrows()
    ]
    fig = heat_map(shares.to_numpy(), texts.to_numpy(), hover, (0, 1))
    style(fig, height=92 + _ROW * len(shares))
    fig.update_layout(
        margin=dict(l=_NAMES_WIDTH, r=8, t=84, b=8),
        xaxis=ticks([broken(name, 1) for name in shares], side="top", tickangle=0),
        yaxis=ticks([broken(METRICS[metric]) for metric in shares.index], autorange="reversed"),
    )
    most = [f"{METRICS[metric]} most by {row.idxmax()} ({percent(row.max())})" for metric, row in shares.iterrows()]
    sentence = f"How much of the differences between runs each parameter explains by itself: {'; '.join(most)}."
    table = texts.T.rename(columns=METRICS)
    table.insert(0, "parameter", shares.columns)
    return with_alternative(fig, sentence, table)


def parameter_pairs(grid: Grid, metric: str = "relative_validity") -> Figure:
    """Draw one metric over every pair of varied parameters: the mean over the runs in each cell.

    With more than `MOST_PAIRS` pairs, only those of the four parameters that explain most are drawn.

    Parameters
    ----------
    grid : Grid
    metric : str
        One of `measures.METRICS`.
    """
    from plotly.subplots import make_subplots

    if metric not in METRICS:
        raise ParameterError(f"The metric is {metric!r}; it can be {', '.join(map(repr, METRICS))}.")
    known = measures(grid)
    pairs = list(combinations(grid.varied, 2))
    if len(pairs) > MOST_PAIRS:
        pairs = list(combinations(sensitivity(grid).index[:4], 2))
    if not pairs or metric not in known:
        return nothing(f"No {METRICS[metric]} over pairs of parameters: fewer than two were varied, or no run has it.")
    values = known[metric]
    limits = (values.min(), values.max())
    tables = [_means(grid, values, *pair) for pair in pairs]
    heights = [len(table) * _ROW for table in tables]
    inner = sum(heights) + _BETWEEN * (len(pairs) - 1)
    fig = make_subplots(rows=len(pairs), cols=1, row_heights=heights, vertical_spacing=_BETWEEN / max(inner, _BETWEEN))
    rows = []
    for place, ((down, across), table) in enumerate(zip(pairs, tables, strict=True), start=1):
        texts = table.map(lambda cell: written(metric, cell))
        hover = [
            [plotly_text(f"{down} {i}, {across} {j}: {METRICS[metric]} {text}") for j, text in line.items()]
            for i, line in texts.iterrows()
        ]
        for trace in heat_map(table.to_numpy(), texts.to_numpy(), hover, limits).data:
            fig.add_trace(trace, row=place, col=1)
        fig.update_xaxes(ticks(map(short, table), title=dict(text=plotly_text(across), standoff=4)), row=place, col=1)
        fig.update_yaxes(
            ticks(map(short, table.index), title=dict(text=plotly_text(down), standoff=8), autorange="reversed"),
            row=place,
            col=1,
        )
        rows += [(down, i, across, j, text) for (i, j), text in texts.stack().items()]
    style(fig, height=inner + 88)
    fig.update_layout(margin=dict(l=84, r=8, t=32, b=56), showlegend=False)
    fig.add_annotation(
        text=f"<b>{METRICS[metric]}</b>",
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=8,
        showarrow=False,
    )
    sentence = (
        f"Mean {METRICS[metric]} over {count(len(pairs), 'pair')} of parameters; single runs lie between "
        f"{written(metric, limits[0])} and {written(metric, limits[1])}, the highest being {values.idxmax()}."
    )
    table = pd.DataFrame(rows, columns=["parameter", "value", "other parameter", "its value", METRICS[metric]])
    return with_alternative(fig, sentence, table)


def agreement_map(grid: Grid) -> Figure:
    """Draw how far the finished runs agree, families side by side as in `measures.agreement_matrix`."""
    agreement = agreement_matrix(grid)
    values = agreement.to_numpy()
    if len(agreement) < 2 or np.isnan(values).any():
        return nothing("Fewer than two runs finished on the same documents, so there is nothing to compare.")
    labels = [label(grid, run) for run in agreement]
    hover = [
        [
            f"{plotly_text(cut(one, 90))}<br>{plotly_text(cut(other, 90))}<br>adjusted Rand index {value:.2f}"
            for other, value in zip(labels, row, strict=True)
        ]
        for one, row in zip(labels, values, strict=True)
    ]
    texts = np.char.mod("%.2f", values) if len(agreement) <= 8 else None
    fig = heat_map(values, texts, hover, (min(0.0, values.min()), 1))
    named = len(agreement) <= MOST_NAMES
    fig.update_traces(
        selector=dict(type="heatmap"),
        xgap=int(named),
        ygap=int(named),
        showscale=texts is None,
        colorbar=dict(thickness=10, outlinewidth=0),
    )
    style(fig, height=76 + max(260, min(22 * len(agreement), 900)))
    fig.update_layout(
        margin=dict(l=_NAMES_WIDTH + 24 if named else 8, r=8, t=28, b=8),
        xaxis=dict(visible=False, fixedrange=True),
        yaxis=ticks([short(text, 24) for text in labels], autorange="reversed")
        if named
        else dict(visible=False, autorange="reversed", fixedrange=True),
    )
    if named:
        fig.add_annotation(
            text=plotly_text(cut(", ".join(grid.varied), 60)),
            x=0,
            xref="paper",
            xshift=-_NAMES_WIDTH - 20,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="left",
            showarrow=False,
            yshift=4,
        )
    first, second = np.triu_indices(len(values), k=1)
    scores = values[first, second]
    (low, most), runs = (scores.argmin(), scores.argmax()), agreement.index
    sentence = (
        f"How far {count(len(runs), 'run')} agree, as adjusted Rand index: "
        f"most {runs[first[most]]} and {runs[second[most]]} ({scores[most]:.2f}), "
        f"least {runs[first[low]]} and {runs[second[low]]} ({scores[low]:.2f})."
    )
    table = agreement.round(2)
    table.insert(0, "run", list(runs))
    return with_alternative(fig, sentence, table if named else None)


def _parameter_axis(grid: Grid, name: str, runs: list[str]) -> dict[str, Any]:
    """Where each run stands on the axis of a parameter: its values evenly apart, its runs side by side."""
    places, values, _ = levels(grid, name)
    places = places[grid.runs["name"].isin(runs).to_numpy()]
    n = max(len(values) - 1, 1)
    order = pd.Series(places).groupby(places).cumcount().to_numpy()
    beside = order / np.maximum(np.bincount(places)[places] - 1, 1) - 0.5
    x = np.clip(places + 0.4 * beside, 0, n) / n
    return {
        "name": name,
        "x": x.tolist(),
        "texts": [values[place] for place in places],
        "ticks": [(place / n, value) for place, value in enumerate(values)]
        if len(values) <= 6
        else [(0, values[0]), (1, values[-1])],
    }


def _metric_axis(values: pd.Series) -> dict[str, Any]:
    texts = [written(values.name, value) for value in values]
    ends = [(0, written(values.name, values.min())), (1, written(values.name, values.max()))]
    x = [None if np.isnan(place) else place for place in _unit(values.to_numpy()).tolist()]
    return {
        "name": METRICS[values.name],
        "x": x,
        "texts": texts,
        "ticks": ends if ends[0][1] != ends[1][1] else ends[:1],
    }


def _unit(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 1; a half where all are the same."""
    known = values[~np.isnan(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.5)


def _means(grid: Grid, values: pd.Series, down: str, across: str) -> pd.DataFrame:
    (rows, row_names, _), (columns, column_names, _) = levels(grid, down), levels(grid, across)
    table = values.reset_index(drop=True).groupby([rows, columns]).mean().unstack()
    table = table.reindex(index=range(len(row_names)), columns=range(len(column_names)))
    return table.set_axis(row_names).set_axis(column_names, axis="columns")
