"""plotly's figures as PNG, drawn by matplotlib: for notebooks, where no browser is at hand.

Not all that plotly can draw, but what the figures of newsclust are made of: points, lines, bars, heat maps and icicles,
axes with titles and texts, lines across, annotations, a legend below.
"""

from __future__ import annotations

import html
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#737b86"  # readable on white and on near-black, for notebooks in either theme

_DPI = 100
_POINTS = 72 / _DPI  # of a pixel
_COLOURS = 32  # as many as a reader tells apart in a chart
_APART = 60  # steps of red, green and blue together: less is one colour to the eye
_MARGIN = {"l": 80, "r": 80, "t": 100, "b": 80}  # plotly's own
_SHAPES = {"diamond": "D", "square": "s", "x": "X", "cross": "P", "star": "*", "triangle-up": "^", "triangle-down": "v"}
_DASHES = {"dot": ":", "dash": "--", "dashdot": "-."}


def draw(plotly: go.Figure, width: int) -> bytes:
    """The figure on white as PNG, as high as its layout says."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    layout, height = plotly.layout, plotly.layout.height
    fig = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(fig)  # not pyplot's, which would show a second picture in a notebook
    margin = {side: layout.margin[side] if layout.margin[side] is not None else _MARGIN[side] for side in _MARGIN}
    inner = width - margin["l"] - margin["r"], height - margin["t"] - margin["b"]
    axes: dict[str, Axes] = {}
    for trace in plotly.data or [None]:
        ends = [getattr(trace, f"{side}axis", None) or side for side in "xy"]
        name = ends[0].removeprefix("x")
        if name not in axes:
            x, y = (layout[f"{side}axis{name}"] for side in "xy")
            across, up = x.domain or (0, 1), y.domain or (0, 1)
            axes[name] = fig.add_axes((
                (margin["l"] + across[0] * inner[0]) / width, (margin["b"] + up[0] * inner[1]) / height,
                (across[1] - across[0]) * inner[0] / width, (up[1] - up[0]) * inner[1] / height,
            ))  # fmt: skip
            axes[name].set_facecolor("none")
            _set_axes(axes[name], x, y)
        if trace is not None:
            _DRAWERS[trace.type](axes[name], trace)
    first = axes[""]
    for name, one in axes.items():
        _limit(one, *(layout[f"{side}axis{name}"] for side in "xy"))
    for shape in layout.shapes:
        _line(first, shape)
    for note in layout.annotations:
        _write(first, note, layout.font.size or 12)
    if layout.showlegend is not False and sum(bool(trace.name) for trace in plotly.data) > 1:
        _legend(fig, first, margin["b"] / height)
    picture = BytesIO()
    fig.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def few_colours(png: bytes) -> bytes:
    """The picture with a palette, a third of the size: white, black, ink, and the colours that most pixels have."""
    from PIL import Image

    pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(np.int32)
    packed = pixels @ (65536, 256, 1)
    found, which, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    chosen = np.array([[255, 255, 255], [0, 0, 0], 255 * np.array(_colour(INK)[0])]).round().astype(int)
    for colour in colours[np.argsort(-counts, kind="stable")]:
        if len(chosen) < _COLOURS and np.abs(chosen - colour).sum(axis=1).min() >= _APART:
            chosen = np.vstack([chosen, colour])
    nearest = np.abs(colours[:, None] - chosen).sum(axis=2).argmin(axis=1).astype(np.uint8)
    small, picture = BytesIO(), Image.fromarray(nearest[which].reshape(packed.shape), mode="P")
    picture.putpalette(chosen.astype(np.uint8).tobytes())
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def _points(axes: Axes, trace: Any) -> None:
    x, y, mode = _numbers(trace.x), _numbers(trace.y), trace.mode or "lines"
    opacity = trace.opacity or 1
    if "lines" in mode:
        colour, _ = _colour(trace.line.color or trace.marker.color)
        known = ~(np.isnan(x) | np.isnan(y)) if trace.connectgaps else slice(None)
        dash = _DASHES.get(trace.line.dash, "-")
        axes.plot(x[known], y[known], dash, color=colour, lw=(trace.line.width or 2) * _POINTS, alpha=opacity,
                  clip_on=False, label="" if "markers" in mode else _plain(trace.name))  # fmt: skip
    if "markers" in mode:
        given = trace.marker
        shapes = np.broadcast_to(np.asarray("circle" if given.symbol is None else given.symbol, dtype=object), x.shape)
        sizes = np.broadcast_to(np.asarray(given.size if given.size is not None else 6, dtype=float), x.shape)
        fills = np.broadcast_to(np.asarray(INK if given.color is None else given.color, dtype=object), x.shape)
        for place, shape in enumerate(dict.fromkeys(shapes.tolist())):
            at = shapes == shape
            filled = [_colour(one)[0] for one in fills[at]]
            kind = shape.removesuffix("-open")
            axes.scatter(
                x[at], y[at], s=(sizes[at] * _POINTS) ** 2, marker=_SHAPES.get(kind, "o"), edgecolors=filled,
                facecolors="none" if kind != shape else filled, clip_on=False, alpha=given.opacity or opacity,
                linewidths=1.5 if kind != shape else 0, label="" if place else _plain(trace.name), zorder=2,
            )  # fmt: skip


def _bars(axes: Axes, trace: Any) -> None:
    lie = trace.orientation == "h"
    place, length = (_numbers(trace[side]) for side in ("yx" if lie else "xy"))
    widths = np.broadcast_to(np.asarray(0.8 if trace.width is None else trace.width, dtype=float), place.shape)
    if isinstance(trace.x[0] if len(place) else 0, str):
        widths = widths / 86_400_000  # plotly's unit of time is a millisecond, matplotlib's a day
    colours = np.broadcast_to(np.asarray(trace.marker.color or INK, dtype=object), place.shape)
    fill = [_colour(one) for one in colours]
    if any(alpha > 0 for _, alpha in fill):
        bars = axes.barh if lie else axes.bar
        base = 0 if trace.base is None else np.broadcast_to(np.asarray(trace.base, dtype=float), place.shape)
        bars(place, length, widths, base, color=[one for one, _ in fill], zorder=2)


def _cells(axes: Axes, trace: Any) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    values = np.array([[np.nan if one is None else one for one in row] for row in trace.z], dtype=float)
    shades = LinearSegmentedColormap.from_list("cells", [colour for _, colour in trace.colorscale])
    rows, columns = values.shape
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    gap = (trace.xgap or 0) * _POINTS
    mesh = axes.pcolormesh(*edges, values, cmap=shades, vmin=trace.zmin, vmax=trace.zmax, edgecolors="white", lw=gap)
    if trace.showscale:
        axes.figure.colorbar(mesh, ax=axes, fraction=0.03, pad=0.02).outline.set_visible(False)
    if trace.text is not None:
        for row, column in np.ndindex(values.shape):
            share = (values[row, column] - trace.zmin) / (trace.zmax - trace.zmin)
            axes.text(column, row, _plain(trace.text[row][column]), ha="center", va="center", fontsize=12 * _POINTS,
                      color="white" if share > 0.55 else "#22262b")  # fmt: skip


def _icicle(axes: Axes, trace: Any) -> None:
    """Fields from left to right, what a field parts into to the right of it, the first on top, as plotly has them."""
    from matplotlib.patches import Rectangle

    ids, sizes = list(trace.ids), dict(zip(trace.ids, trace.values, strict=True))
    children: dict[str, list[str]] = {}
    for one, parent in zip(ids, trace.parents, strict=True):
        children.setdefault(parent, []).append(one)
    places, waiting = {}, [(one, 0, 0.0) for one in children[""]]
    for one, level, top in waiting:
        places[one] = level, top
        for child in sorted(children.get(one, []), key=sizes.get, reverse=True):
            waiting.append((child, level + 1, top))
            top += sizes[child]
    levels, whole = 1 + max(level for level, _ in places.values()), sum(sizes[one] for one in children[""])
    pixels = axes.get_window_extent().height / whole
    axes.set(xlim=(0, levels), ylim=(whole, 0))
    axes.axis("off")
    for one, label, fill, ink in zip(ids, trace.labels, trace.marker.colors, trace.textfont.color, strict=True):
        (level, top), (colour, alpha) = places[one], _colour(fill)
        field = Rectangle((level, top), 1, sizes[one], fc=(*colour, alpha), ec="white", lw=1)
        axes.add_patch(field)
        if sizes[one] * pixels >= 10:
            text = axes.text(level + 0.03, top + sizes[one] / 2, _plain(label), va="center", color=_colour(ink)[0],
                             fontsize=min(11, sizes[one] * pixels) * _POINTS, clip_on=True)  # fmt: skip
            text.set_clip_path(field)


_DRAWERS = {
    "scatter": _points,
    "scattergl": _points,
    "scatter3d": _points,
    "bar": _bars,
    "heatmap": _cells,
    "icicle": _icicle,
}


def _set_axes(axes: Axes, x: Any, y: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    for side in axes.spines.values():
        side.set_visible(False)
    for one, axis in ((axes.xaxis, x), (axes.yaxis, y)):
        if x.type == "date" and axis is x:
            one.axis_date()
        if axis.type != "date":
            one.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
        if axis.title.text:
            one.set_label_text(_plain(axis.title.text), color=INK, fontsize=12 * _POINTS)
        one.set_tick_params(length=0, colors=INK, labelsize=(axis.tickfont.size or 12) * _POINTS)
        one.set_visible(axis.visible is not False)
        if axis.ticktext is not None:
            one.set_ticks(list(axis.tickvals), [_plain(text) for text in axis.ticktext])
            one.set_tick_params(pad=(axis.ticklabelstandoff or 0) * _POINTS)
        elif axis.showticklabels is False:
            one.set_ticks(list(axis.tickvals) if axis.tickvals is not None else [], labels=None)
            one.set_ticklabels([])
        if axis.side == "top":
            one.tick_top()
        if axis.showgrid:
            one.grid(True, color=_colour(axis.gridcolor or INK)[0], alpha=0.25, lw=0.8, zorder=0)


def _limit(axes: Axes, x: Any, y: Any) -> None:
    for axis, limit in ((x, axes.set_xlim), (y, axes.set_ylim)):
        if axis.range is not None:
            limit(*_numbers(axis.range))
        elif axis.autorange == "reversed":
            low, high = (axes.get_ylim if axis is y else axes.get_xlim)()
            limit(max(low, high), min(low, high))
    if x.type == "date":  # a label at the very edge would be cut
        low, high = axes.get_xlim()
        aside = 0.03 * (high - low)
        axes.set_xticks([tick for tick in axes.get_xticks() if low + aside <= tick <= high - aside])
    if y.scaleanchor:
        axes.set_aspect("equal", adjustable="datalim")


def _line(axes: Axes, shape: Any) -> None:
    colour, alpha = _colour(shape.line.color)
    style = dict(color=colour, alpha=alpha, lw=shape.line.width * _POINTS, ls=_DASHES.get(shape.line.dash, "-"))
    if "domain" in (shape.yref or ""):
        axes.axvline(shape.x0, **style)
    else:
        axes.plot([shape.x0, shape.x1], [shape.y0, shape.y1], **style, zorder=1)


def _write(axes: Axes, note: Any, size: float) -> None:
    from matplotlib.transforms import blended_transform_factory

    ends = [axes.transAxes if ref == "paper" else axes.transData for ref in (note.xref, note.yref)]
    x, y = note.x, note.y
    side = {"left": "left", "right": "right"}.get(note.xanchor, "center")
    end = {"top": "top", "bottom": "bottom"}.get(note.yanchor, "center")
    text = _plain(note.text)
    axes.annotate(
        text, (x, y), ((note.xshift or 0) * _POINTS, (note.yshift or 0) * _POINTS), ha=side, va=end,
        xycoords=blended_transform_factory(*ends), textcoords="offset points", annotation_clip=False,
        color=_colour(note.font.color or INK)[0], fontsize=(note.font.size or size) * _POINTS,
        weight="bold" if note.text.startswith("<b>") else "normal", parse_math=False,
    )  # fmt: skip


def _legend(fig: Figure, axes: Axes, room: float) -> None:
    lines, names = axes.get_legend_handles_labels()
    fig.legend(lines, names, loc="lower left", bbox_to_anchor=(0.05, 0), ncols=4, frameon=False, fontsize=11 * _POINTS,
               labelcolor=INK)  # fmt: skip


def _numbers(values: Any) -> np.ndarray:
    values = [] if values is None else list(values)
    if values and isinstance(values[0], str):
        from matplotlib.dates import date2num

        return date2num(np.array(values, dtype="datetime64[s]"))
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _colour(given: Any) -> tuple[tuple[float, float, float], float]:
    """Red, green and blue from 0 to 1, and how much of it covers what is below."""
    from matplotlib.colors import to_rgb

    text = str(given or INK)
    if text.startswith("rgb"):
        red, green, blue, *alpha = map(float, re.findall(r"[\d.]+", text))
        return (red / 255, green / 255, blue / 255), alpha[0] if alpha else 1.0
    return to_rgb(text), 1.0


def _plain(text: Any) -> str:
    """plotly's little HTML as text."""
    return html.unescape(re.sub("<[^>]+>", "", str(text or "").replace("<br>", "\n")))
