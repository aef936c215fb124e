"""The map of stories as a file for print or slides: PNG, SVG or PDF."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ParameterError, notice
from ..paths import find_output
from .drawing import INK, NOISE_COLOUR, SHAPES, story_mark
from .labels import free_places, label_lines
from .map_parts import LABELS, complete, look_alikes, map_sentence, stories_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from ..run.results import Map

#: The kinds of file, each with the metadata that would make its bytes differ between days or versions.
KINDS = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
_INCHES, _DPI = (11.0, 8.5), 200
_VECTOR_POINTS = 20_000  # programs can't open more shapes than this; the marks of a larger map are one picture


def save_map(points: Map | pd.DataFrame, path: str | Path) -> Path:
    """Write the map for print: the marks of `newsclust.show.map_figure.map`, titles on the largest stories, on white.

    The same points give the same bytes, as long as matplotlib stays the same.

    Parameters
    ----------
    points : Map or DataFrame
        As for `newsclust.show.map_figure.map`; of a map in space, `z` is left out.
    path : str or Path
        The file; its ending gives the kind: .png, .svg or .pdf. Relative paths start where those of a run's output do.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the ending is none of these.
    NewsclustError
        If a required column is missing.

    Examples
    --------
    >>> nc.show.save_map(nc.find("mine.csv").map, "map.pdf")  # doctest: +SKIP
    """
    import matplotlib

    path = find_output(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise ParameterError(f"A map can't be written as {path.name!r}: end the name in .{', .'.join(KINDS)}.")
    points = complete(points if isinstance(points, pd.DataFrame) else points.points)
    path.parent.mkdir(parents=True, exist_ok=True)
    settings: Any = {"svg.hashsalt": "newsclust", "svg.fonttype": "none", "pdf.fonttype": 42}  # text stays text
    with matplotlib.rc_context(settings), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        picture(points, _INCHES, _DPI, 8, caption=True).savefig(path, format=kind, metadata=KINDS[kind])
    if kind != "svg" and any("Glyph" in str(one.message) for one in told):
        notice("Some titles have letters that matplotlib's font lacks: save the map as .svg to use the reader's fonts.")
    return path


def picture(points: pd.DataFrame, inches: tuple[float, float], dpi: int, font: float, caption: bool = False) -> Drawing:
    """The map as matplotlib draws it; `points` are complete (`map_parts.complete`)."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = points.drop(columns="z", errors="ignore")
    fig = Figure(figsize=inches, dpi=dpi, facecolor="white")
    FigureCanvasAgg(fig)  # not pyplot's, which would show a second picture in a notebook
    axes = fig.add_axes((0.02, 0.06, 0.96, 0.92) if caption else (0.01, 0.01, 0.98, 0.98))
    sizes, names, places = stories_on(points)
    with matplotlib.rc_context({"text.parse_math": False}):  # headlines contain dollars
        _draw(axes, points, look_alikes(places), (inches[0] / _INCHES[0]) ** 2)
        _write_titles(axes, points, names, places, font)
        if caption:
            said = textwrap.fill(map_sentence(points, sizes, names), 170)
            fig.text(0.02, 0.02, said, fontsize=8, color=INK)
    return fig


def _draw(axes: Axes, points: pd.DataFrame, outlined: set[int], scale: float) -> None:
    """Every headline, mark by mark: noise first, the marks of the largest stories last, on top."""
    area = scale * (34 if len(points) <= 1000 else 16 if len(points) <= 10_000 else 5)
    sizes = points.loc[points["cluster"] >= 0, "cluster"].value_counts()
    marks = [story_mark(cluster) for cluster in points["cluster"]]
    points = points.assign(
        colour=[colour for colour, _ in marks],
        symbol=[symbol for _, symbol in marks],
        edged=points["cluster"].isin(outlined),
        size=points["cluster"].map(sizes).fillna(0),
    )
    groups = points.groupby(["colour", "symbol", "assigned", "edged"])
    order = groups["size"].max().sort_values(kind="stable").index
    axes.axis("off")
    axes.set_aspect("equal", adjustable="datalim")
    for place, (colour, symbol, assigned, edged) in enumerate(order):
        rows = groups.get_group((colour, symbol, assigned, edged))
        is_noise = colour == NOISE_COLOUR
        axes.scatter(
            rows["x"],
            rows["y"],
            s=area * (0.25 / scale**0.5 if is_noise else 1.8 if symbol == "star" else 1),
            marker=SHAPES[symbol],
            facecolors="none" if assigned else colour,
            edgecolors=INK if edged else colour,
            linewidths=0.8 if assigned or edged else 0,
            alpha=0.5 if is_noise else 0.9,
            zorder=place,
            rasterized=len(points) > _VECTOR_POINTS,
        )


def _write_titles(axes: Axes, points: pd.DataFrame, names: dict[int, str], places: pd.DataFrame, font: float) -> None:
    axes.apply_aspect()  # the limits as they will be, so that a place in pixels is known
    corner, far = axes.transData.inverted().transform(axes.bbox.get_points())
    scale = axes.bbox.width / (far - corner)[0]
    places = places.head(LABELS)
    texts = [
        axes.text(
            corner[0],
            corner[1],
            "\n".join(label_lines(names[cluster])),
            fontsize=font,
            color="#22262b",
            ha="center",
            va="center",
            linespacing=1.15,
            zorder=1000,
            # A halo would be drawn by shapes, of which the text itself would become one.
            bbox=dict(facecolor="white", alpha=0.75, edgecolor="none", pad=0.6),
        )
        for cluster in places.index
    ]
    boxes = [text.get_window_extent() for text in texts]
    found = free_places(
        (places[["x", "y"]].to_numpy() - corner) * scale,
        places[["reach_x", "reach_y"]].to_numpy() * scale,
        [(box.width, box.height) for box in boxes],
        (points[["x", "y"]].to_numpy(float) - corner) * scale,
        (axes.bbox.width, axes.bbox.height),
    )
    for text in texts:
        text.set_visible(False)  # only now: what can't be seen has no size
    for index, x, y in found:
        texts[index].set(position=np.array([x, y]) / scale + corner, visible=True)
