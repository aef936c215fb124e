"""The charts of a grid have a number in every cell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import newsclust.grid.charts as figures
from newsclust.errors import NewsclustError

FIGURES = [
    figures.sensitivity_chart,
    figures.parameter_pairs,
    figures.agreement_map,
]


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_come_with_a_sentence_and_a_number_in_every_cell(grid, figure):
    fig = figure(grid)
    assert fig.sentence.endswith(".") and fig.sentence.count(". ") == 0
    for axes in fig.drawing.axes:
        cells = cells_of(axes)
        assert len(axes.texts) in (0, cells.size) and not [text for text in axes.texts if "nan" in text.get_text()]
    assert fig.png


def cells_of(axes) -> np.ndarray:
    return np.ma.filled(axes.collections[0].get_array(), np.nan) if axes.collections else np.empty(0)


def test_cells_over_pairs_of_parameters_are_means_of_runs(grid):
    fig = figures.parameter_pairs(grid, "noise_fraction")
    first = fig.drawing.axes[0]
    runs = grid.runs[(grid.runs["min_samples"] == 10) & (grid.runs["min_cluster_size"] == 8)]
    assert cells_of(first)[2, 1] == pytest.approx(runs["noise_fraction"].mean())
    assert [text.get_text() for text in first.texts][2 * 2 + 1] == f"{runs['noise_fraction'].mean():.1%}"
    assert (first.get_ylabel(), first.get_xlabel()) == ("min_samples", "min_cluster_size")
    assert len(fig.drawing.axes) == 3
    with pytest.raises(NewsclustError, match="metric is 'niose'"):
        figures.parameter_pairs(grid, "niose")


def test_many_parameters_are_not_drawn_in_all_pairs(grid):
    runs = grid.runs.assign(a=[*range(6)] * 2, b=[0, 1] * 6, c=[0, 0, 1] * 4)
    wide = dataclasses.replace(grid, runs=runs.astype(dict.fromkeys("abc", object)), varied=[*grid.varied, *"abc"])
    assert len(figures.parameter_pairs(wide).drawing.axes) == figures.MOST_PAIRS
