"""All runs of a grid in one table, with a small picture of each map."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from ..report.drawing import MARKS, NOISE_COLOUR
from .measures import METRICS, measures, percent, set_aside, written
from .recommendation import recommend
from .runs import Grid, contingency, levels, shown

#: Points in one small map, and in all small maps of a table together.
MAP_POINTS = 600
ALL_POINTS = 30 * MAP_POINTS
# Twice the size on screen, so that whole numbers place a point finely enough.
_WIDTH, _HEIGHT, _MARGIN = 256, 192, 6
_COLOURS = [colour for colour, _ in MARKS]


@dataclass(frozen=True, eq=False)
class RunTable:
    """The table as notebooks and reports show it, and, where only text can be shown, what it says."""

    markup: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.markup


def run_table(grid: Grid) -> RunTable:
    """Put all runs side by side: a small map, the varied parameters, the metrics, and a link to the report.

    A picture shows the documents in their places, coloured by story, noise in grey. As far as that can be, a
    colour means one story in all pictures: a cluster takes the colour of the cluster of the recommended run
    with which it shares most documents.

    The header sorts and a box above the table filters, by a script that comes with it; where scripts are not
    run, the table is whole without. Links lead from the grid's folder to the runs' own.
    """
    known = measures(grid)
    choice, faults = recommend(grid).run, set_aside(grid)
    colours = _colours(grid, choice)
    ordered = {parameter: levels(grid, parameter)[2] for parameter in grid.varied}
    rows = []
    for run in grid.runs.to_dict("records"):
        name = run["name"]
        cells = [f"<td>{_picture(grid, name, colours[name])}</td>" if name in grid.maps else "<td></td>"]
        cells.append(_name_cell(run, "recommended" if name == choice else faults[name]))
        cells += [
            _cell(shown(run[parameter]), run[parameter] if ordered[parameter] else None, ordered[parameter])
            for parameter in grid.varied
        ]
        cells += [_metric_cell(metric, known.loc[name, metric]) for metric in known]
        cells.append(_metric_cell("seconds", run["seconds"]))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = [
        _head("run"),
        *map(_head, grid.varied),
        *(_head(METRICS[metric]) for metric in known),
        _head("seconds"),
    ]
    table = (
        '<table class="runs sortable filterable"><thead><tr><th scope="col" data-fixed>map</th>'
        f"{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    text = known.rename(columns=METRICS).round(3).to_string()
    return RunTable(f"<style>{_STYLE}</style>{table}<script>{_SCRIPT}</script>", text)


def _head(name: str) -> str:
    return f'<th scope="col">{html.escape(name).replace("_", "_<wbr>")}</th>'


def _name_cell(run: dict[str, Any], remark: str) -> str:
    name = html.escape(run["name"])
    cell = f'<a href="{quote(run["name"], safe="")}/report.html">{name.replace(",", ",<wbr>")}</a>'
    if run["status"] != "ok":
        cell += f'<div class="message">failed: {html.escape(str(run["message"]))}</div>'
    elif remark:
        cell += f'<div class="{"mark" if remark == "recommended" else "message"}">{html.escape(remark)}</div>'
    return f'<th scope="row" data-value="{name}">{cell}</th>'


def _metric_cell(metric: str, value: float) -> str:
    return _cell(written(metric, value), "" if pd.isna(value) else value)


def _cell(text: str, value: Any = None, number: bool = True) -> str:
    data = "" if value is None else f' data-value="{value}"'
    kind = ' class="number"' if number else ""
    return f"<td{kind}{data}>{html.escape(text)}</td>"


def _picture(grid: Grid, run: str, colours: np.ndarray) -> str:
    """The map as SVG: a path per colour, a dot being a line of no length with round ends."""
    points = grid.maps[run]
    # Ids are hashes: every so manieth document is as good as one drawn by lot, and the same in every run.
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
    for color in [NOISE_COLOUR, *_COLOURS]:
        d = "".join(f"M{x} {y}h0" for x, y in dots[paint == color])
        if d:
            width, opacity = (4, 0.5) if color == NOISE_COLOUR else (7, 0.85)
            paths.append(f'<path d="{d}" stroke="{color}" stroke-width="{width}" opacity="{opacity}"/>')
    n_stories = len(np.unique(points["cluster"][points["cluster"] >= 0]))
    told = html.escape(f"Map of {run}: {n_stories} stories, {percent((points['cluster'] < 0).mean())} noise")
    return (
        f'<svg role="img" aria-label="{told}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH // 2}" '
        f'height="{_HEIGHT // 2}" fill="none" stroke-linecap="round">{"".join(paths)}</svg>'
    )


def _colours(grid: Grid, reference: str | None) -> dict[str, np.ndarray]:
    """Per finished run the colour of each cluster, and one more at the end."""
    known = grid.labels.get(reference, grid.labels.iloc[:, :1].squeeze(axis=1)).to_numpy()
    palette = np.array(_COLOURS)
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


_STYLE = """
table.runs thead th { white-space: normal; vertical-align: bottom; text-align: left; }
table.runs :is(th, td) { vertical-align: top; padding: 6px; }
table.runs tbody th { min-width: 20ch; font-size: .95em; overflow-wrap: anywhere; text-align: left; }
table.runs tbody th a { font-weight: normal; }
table.runs td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.runs svg { display: block; width: 112px; height: 84px; max-width: none; }
table.runs .mark, table.runs .message { max-width: 40ch; font-size: .85em; }
table.runs .mark { width: fit-content; border: 1px solid; border-radius: 3px; padding: 0 .4em; }
table.runs .message { font-weight: normal; }
table.runs thead button { all: unset; cursor: pointer; font-weight: 600; }
table.runs thead button:focus-visible { outline: 2px solid; outline-offset: 2px; }
table.runs thead button::after { content: "\\2195"; margin-left: .3em; opacity: .5; }
table.runs th[aria-sort=ascending] button::after { content: "\\2191"; opacity: 1; }
table.runs th[aria-sort=descending] button::after { content: "\\2193"; opacity: 1; }
"""

_SCRIPT = """
for (const table of document.querySelectorAll("table.runs:not([data-ready])")) {
  table.dataset.ready = "";
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const words = new Intl.Collator("en", { numeric: true });
  heads.forEach((head, column) => {
    if ("fixed" in head.dataset) return;
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const numeric = rows.every((row) => !Number.isNaN(Number(value(row))));
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort by this column";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      const order = (a, b) => (value(a) === "") - (value(b) === "")
        || sign * (numeric ? value(a) - value(b) : words.compare(value(a), value(b)));
      body.append(...[...rows].sort(order));
    });
  });
  const bar = document.createElement("p"), label = document.createElement("label");
  const box = document.createElement("input"), told = document.createElement("span");
  box.type = "search";
  told.setAttribute("role", "status");
  const filter = () => {
    const wanted = box.value.toLowerCase().split(/\\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
    }
    told.textContent = ` ${rows.filter((row) => !row.hidden).length} of ${rows.length} runs`;
  };
  box.addEventListener("input", filter);
  label.append("Filter the runs: ", box);
  bar.append(label, told);
  table.before(bar);
  filter();
}
"""
