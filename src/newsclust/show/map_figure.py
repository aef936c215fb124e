"""The map of stories for a notebook: one layer with short texts and packed numbers, so that the file stays small."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..markup import plotly_text
from .drawing import COLOURS, INK, NOISE_COLOUR, cut, story_mark
from .figure import DPI, WIDTH, Figure
from .map_parts import IN_SPACE, SVG_POINTS, complete, drawn, look_alikes, map_sentence, stories_on, style_map, titles
from .print_map import picture

if TYPE_CHECKING:
    from ..run.results import Map

_HEIGHT = 556
_LETTERS = 40  # of a headline on hover; the page has all of them
#: plotly's numbers of the symbols, which can be packed; 100 more is the hollow one.
_NUMBERS = {
    "circle": 0, "square": 1, "diamond": 2, "cross": 3, "x": 4, "triangle-up": 5, "triangle-down": 6, "star": 17,
}  # fmt: skip
_HOLLOW = 100
_NOWHERE = {"x": None, "y": None, "text": None}


def map(places: Map | pd.DataFrame) -> Figure:
    """Draw every headline at its place on the map, with the mark of its story and titles on the largest.

    A story's colour and shape depend only on its number (`newsclust.show.drawing.story_mark`). Beyond 64 stories, two
    side by side may share a mark: then the smaller is outlined. A headline that is HDBSCAN's noise, assigned to
    its neighbours' story, is drawn hollow; noise is grey. In 3-D plotly has few shapes, so mostly the colours differ.
    With more than `DRAWN_POINTS` headlines an even sample of that size is drawn, and a notice says so.

    Parameters
    ----------
    places : Map or DataFrame, one row per headline
        ``x``, ``y`` and, for a map in 3-D, ``z``; ``cluster`` (int, -1 for noise); ``title``; optionally ``story``
        (the name of the row's cluster) and ``assigned`` (bool: noise that was assigned to a story).

    Raises
    ------
    NewsclustError
        If a required column is missing.
    """
    import plotly.graph_objects as go

    points = complete(places if isinstance(places, pd.DataFrame) else places.points)
    sizes, names, centres = stories_on(points)
    sentence = map_sentence(points, sizes, names)
    points, in_space = drawn(points), "z" in points
    few = len(points) <= 1000
    noise = points["cluster"].to_numpy() < 0
    size = np.where(noise, 4, 8) if few else np.where(noise, 2, 4)
    symbols = [story_mark(cluster)[1] for cluster in points["cluster"]]
    marker: dict[str, Any] = {
        "color": np.where(noise, len(COLOURS), points["cluster"] % len(COLOURS)).astype(np.uint8),
        "colorscale": [[i / len(COLOURS), colour] for i, colour in enumerate([*COLOURS, NOISE_COLOUR])],
        "cmin": 0,
        "cmax": len(COLOURS),
        "size": size.astype(np.uint8),
        "line": {"width": 0},
    }
    if in_space:
        marker["symbol"], scatter = [IN_SPACE[symbol] for symbol in symbols], go.Scatter3d
    else:
        edged = points["cluster"].isin(look_alikes(centres)).to_numpy() if few else np.zeros(len(points), dtype=bool)
        hollow = points["assigned"].to_numpy()
        numbers = np.array([_NUMBERS[symbol] for symbol in symbols]) + _HOLLOW * hollow
        marker |= {"symbol": numbers.astype(np.uint8), "opacity": np.where(noise, 0.5, 0.9).astype(np.float32)}
        marker |= {"line": {"width": (edged | hollow).astype(np.uint8), "color": INK}} if edged.any() else {}
        scatter = go.Scatter if len(points) <= SVG_POINTS else go.Scattergl
    fig = go.Figure(
        scatter(
            **{axis: points[axis].to_numpy(np.float32) for axis in ("xyz" if in_space else "xy")},
            mode="markers",
            marker=marker,
            text=[plotly_text(cut(title, _LETTERS)) for title in points["title"]],
            customdata=points["cluster"].to_numpy(np.int32),
            hovertemplate="%{text}<br>story %{customdata}<extra></extra>",
        )
    )
    style_map(fig, in_space, showlegend=False, height=_HEIGHT, margin=dict(l=4, r=4, t=4, b=4))
    if not in_space:
        placed = titles(points, names, centres, (WIDTH - 8.0, _HEIGHT - 8.0))
        # What all titles share is written once.
        fig.layout.template.layout.annotationdefaults = placed[0] | _NOWHERE if placed else {}
        fig.update_layout(annotations=[{name: title[name] for name in _NOWHERE} for title in placed])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # of a script that matplotlib's font has not
        return Figure(sentence, picture(points, (WIDTH / DPI, _HEIGHT / DPI), DPI, 7.5), fig)
