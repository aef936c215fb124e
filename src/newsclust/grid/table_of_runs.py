"""All runs of a grid in one table, with a small picture of each map."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from ..markup import Html, escape
from ..show.drawing import COLOURS, NOISE_COLOUR
from ..show.listings import Table
from ..wording import said
from .measures import METRICS, excluded, measures, percent, written
from .recommendation import recommend
from .runs import Grid, contingency

#: The most points in one small map, and in all small maps of a table together.
MAP_POINTS = 80
ALL_POINTS = 30 * MAP_POINTS
# Twice the size on screen, so that whole numbers place a point finely enough.
_WIDTH, _HEIGHT, _MARGIN = 256, 192, 6


def run_table(grid: Grid) -> Table:
    """Put all runs side by side: a small map, the varied parameters, the metrics, and a link to the report.

    A picture shows the documents in their places, coloured by story, noise in grey. As far as possible, a
    colour means one story in all pictures: a cluster takes the colour of the recommended run's cluster with
    which it shares most documents.

    A script that comes with the table makes its header sort and adds a box that filters; without scripts the
    table is complete. Links lead from the grid's folder to the runs' own.
    """
    known = measures(grid)
    choice, faults = recommend(grid).run, excluded(grid)
    colours = _colours(grid, choice)
    runs = grid.runs.set_index("name", drop=False)
    table = pd.DataFrame({"run": runs["name"]})
    for parameter in grid.varied:
        table[parameter] = runs[parameter].map(said)
    for metric in [*known, "seconds"]:
        values = known[metric] if metric in known else runs[metric]
        table[METRICS.get(metric, metric)] = [written(metric, value) for value in values]
    remarks = {run: "recommended" if run == choice else faults[run] for run in runs.index}
    shown = table.assign(run=[_name(run, remarks[run["name"]]) for run in runs.to_dict("records")])
    shown.insert(0, "map", [_picture(grid, run, colours[run]) if run in grid.maps else "" for run in runs.index])
    shown.columns = [Html(escape(name).replace("_", "_<wbr>")) for name in shown]
    return Table(table, shown, "runs sortable filterable")


def _name(run: dict[str, Any], remark: str) -> Html:
    name = escape(run["name"]).replace(",", ",<wbr>")
    link = f'<a href="{quote(run["name"], safe="")}/report.html">{name}</a>'
    if run["status"] != "ok":
        remark = f"failed: {run['message']}"
    kind = "remark recommended" if remark == "recommended" else "remark"
    return Html(f'{link}<br><span class="{kind}">{escape(remark)}</span>' if remark else link)


def _picture(grid: Grid, run: str, colours: np.ndarray) -> Html:
    """The map as SVG: a path per colour, in which a dot is a line of no length with round ends."""
    points = grid.maps[run]
    # Ids are hashes, so every n-th document is a random sample, the same in every run.
    every = max(1, -(-len(points) // max(60, min(MAP_POINTS, ALL_POINTS // len(grid.maps)))))
    places, clusters = points[["x", "y"]].to_numpy()[::every], points["cluster"].to_numpy()[::every]
    low, high = places.min(axis=0), places.max(axis=0)
    scale = min(
        (size - 2 * _MARGIN) / extent if extent > 0 else np.inf
        for size, extent in zip((_WIDTH, _HEIGHT), high - low, strict=True)
    )
    offsets = (places - (low + high) / 2) * (scale if np.isfinite(scale) else 1)
    dots = np.round(np.array([_WIDTH, _HEIGHT]) / 2 + offsets * [1, -1]).astype(int)
    paint = np.where(clusters < 0, NOISE_COLOUR, colours[clusters])
    paths = []
    for color in [NOISE_COLOUR, *COLOURS]:
        d = "".join(f"M{x} {y}h0" for x, y in dots[paint == color])
        if d:
            width, opacity = (4, 0.5) if color == NOISE_COLOUR else (7, 0.85)
            paths.append(f'<path d="{d}" stroke="{color}" stroke-width="{width}" opacity="{opacity}"/>')
    n_stories = len(np.unique(points["cluster"][points["cluster"] >= 0]))
    told = html.escape(f"Map of {run}: {n_stories} stories, {percent((points['cluster'] < 0).mean())} noise")
    return Html(
        f'<svg role="img" aria-label="{told}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH // 2}" '
        f'height="{_HEIGHT // 2}" fill="none" stroke-linecap="round">{"".join(paths)}</svg>'
    )


def _colours(grid: Grid, reference: str | None) -> dict[str, np.ndarray]:
    """For each finished run the colour of each cluster, and one more at the end, which label -1 selects."""
    known = grid.labels.get(reference, grid.labels.iloc[:, :1].squeeze(axis=1)).to_numpy()
    palette = np.array(COLOURS)
    colours = {}
    for run, points in grid.maps.items():
        own = np.arange(points["cluster"].max() + 2)
        labels = grid.labels[run].to_numpy()
        both = (labels >= 0) & (known >= 0)
        if both.any():
            together = contingency(labels[both], known[both])[0].reshape(-1, known[both].max() + 1)
            met = np.flatnonzero(together.any(axis=1))
            own[met] = together.argmax(axis=1)[met]
        colours[run] = palette[own % len(palette)]
    return colours
