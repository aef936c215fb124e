"""Heat maps of a finished grid: which parameters matter, which values go together, which runs agree."""

from __future__ import annotations

import textwrap
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..markup import Sentences
from ..show.drawing import cut
from ..show.figure import POINTS, Figure, chart
from ..wording import count
from .measures import METRICS, agreement_matrix, measures, percent, sensitivity, written
from .runs import Grid, label, levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Nobody compares more pairs of parameters than this by eye.
MOST_PAIRS = 6
#: With more runs than this the agreement map does not name them.
MOST_NAMES = 40
# Pale to dark in even steps of lightness: readable in grey and for colour-blind people, too.
_CELLS = ["#f4efdf", "#cfdcc0", "#92c0b2", "#4a97ad", "#1f6a96", "#143a66"]
_ROW, _BETWEEN = 36, 84  # pixels: a row of cells; axis, title and space between two heat maps


def sensitivity_chart(grid: Grid) -> Figure | Sentences:
    """Draw which parameter explains how much of which metric, as `measures.sensitivity` computes it."""
    shares = sensitivity(grid).dropna(axis="columns", how="all").T
    if shares.empty:
        return Sentences("The finished runs do not differ, so there is nothing to explain.")
    with chart(92 + _ROW * len(shares)) as (fig, axes):
        names = shares.rename(columns=lambda name: name.replace("_", "_\n"), index=METRICS)
        _heat_map(axes, names, names.map(percent), (0, 1))
        axes.xaxis.tick_top()
    most = [f"{METRICS[metric]} most by {row.idxmax()} ({percent(row.max())})" for metric, row in shares.iterrows()]
    return Figure(
        f"How much of the differences between runs each parameter explains by itself: {'; '.join(most)}.", fig
    )


def parameter_pairs(grid: Grid, metric: str = "relative_validity") -> Figure | Sentences:
    """Draw one metric over every pair of varied parameters: the mean over the runs in each cell.

    With more than `MOST_PAIRS` pairs, only those of the four parameters that explain most are drawn.

    Parameters
    ----------
    grid : Grid
    metric : str
        One of `measures.METRICS`.
    """
    if metric not in METRICS:
        raise ParameterError(f"The metric is {metric!r}; it can be {', '.join(map(repr, METRICS))}.")
    known = measures(grid)
    pairs = list(combinations(grid.varied, 2))
    if len(pairs) > MOST_PAIRS:
        pairs = list(combinations(sensitivity(grid).index[:4], 2))
    if not pairs or metric not in known:
        return Sentences(
            f"No {METRICS[metric]} over pairs of parameters: fewer than two were varied, or no run has it."
        )
    values = known[metric]
    limits = (values.min(), values.max())
    tables = [_means(grid, values, *pair) for pair in pairs]
    heights = [len(table) * _ROW for table in tables]
    shape = {"nrows": len(pairs), "squeeze": False, "height_ratios": heights}
    with chart(sum(heights) + _BETWEEN * len(pairs), **shape) as (fig, every):
        for (down, across), table, axes in zip(pairs, tables, every[:, 0], strict=True):
            _heat_map(axes, table, table.map(lambda cell: written(metric, cell)), limits)
            axes.set(xlabel=across, ylabel=down)
        fig.suptitle(METRICS[metric], weight="bold")
    sentence = (
        f"Mean {METRICS[metric]} over {count(len(pairs), 'pair')} of parameters; single runs lie between "
        f"{written(metric, limits[0])} and {written(metric, limits[1])}, the highest being {values.idxmax()}."
    )
    return Figure(sentence, fig)


def agreement_map(grid: Grid) -> Figure | Sentences:
    """Draw how far the finished runs agree, families side by side as in `measures.agreement_matrix`."""
    agreement = agreement_matrix(grid)
    values = agreement.to_numpy()
    if len(agreement) < 2 or np.isnan(values).any():
        return Sentences("Fewer than two runs finished on the same documents, so there is nothing to compare.")
    named = [label(grid, run) if len(agreement) <= MOST_NAMES else "" for run in agreement]
    texts = agreement.map("{:.2f}".format) if len(agreement) <= 8 else None
    with chart(76 + max(260, min(22 * len(agreement), 900))) as (fig, axes):
        cells = _heat_map(axes, agreement.set_axis(named), texts, (min(0.0, values.min()), 1), gap=len(named) < 100)
        axes.set(xticks=[], title=cut(", ".join(grid.varied), 90))
        if texts is None:
            fig.colorbar(cells, ax=axes, fraction=0.03, pad=0.02)
    first, second = np.triu_indices(len(values), k=1)
    scores = values[first, second]
    (low, most), runs = (scores.argmin(), scores.argmax()), agreement.index
    sentence = (
        f"How far {count(len(runs), 'run')} agree, as adjusted Rand index: "
        f"most {runs[first[most]]} and {runs[second[most]]} ({scores[most]:.2f}), "
        f"least {runs[first[low]]} and {runs[second[low]]} ({scores[low]:.2f})."
    )
    return Figure(sentence, fig)


def _heat_map(
    axes: Axes, values: pd.DataFrame, texts: pd.DataFrame | None, limits: tuple[float, float], gap: float = 2
):
    """Cells, the first row on top, with a text in each; `limits` are the values of the palest and the darkest."""
    from matplotlib.colors import LinearSegmentedColormap

    low, high = limits
    high = high if high > low else low + 1
    shades = LinearSegmentedColormap.from_list("cells", _CELLS)
    cells = axes.pcolormesh(values.to_numpy(float), cmap=shades, vmin=low, vmax=high, edgecolors="white", lw=gap)
    axes.set_xticks(np.arange(values.shape[1]) + 0.5, [cut(name, 26) if "\n" not in name else name for name in values])
    axes.set_yticks(np.arange(len(values)) + 0.5, [textwrap.fill(cut(name, 30), 16) for name in values.index])
    axes.invert_yaxis()
    for (row, column), text in np.ndenumerate(texts.to_numpy() if texts is not None else np.empty((0, 0))):
        ink = "white" if values.iloc[row, column] > low + 0.55 * (high - low) else "#22262b"
        axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=12 * POINTS, color=ink)
    return cells


def _means(grid: Grid, values: pd.Series, down: str, across: str) -> pd.DataFrame:
    (rows, row_names, _), (columns, column_names, _) = levels(grid, down), levels(grid, across)
    table = values.reset_index(drop=True).groupby([rows, columns]).mean().unstack()
    table = table.reindex(index=range(len(row_names)), columns=range(len(column_names)))
    return table.set_axis(row_names).set_axis(column_names, axis="columns")
