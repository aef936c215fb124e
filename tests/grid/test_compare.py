"""All that compares runs, together: poor grids, attacks in names and headlines, and the notebook's page."""

from __future__ import annotations

import dataclasses
import html
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from browser import open_page  # noqa: F401  (a fixture)
from finished_grid import NASTY, with_labels
from newsclust.grid.measures import (
    sensitivity,
    unsettled,
)
from newsclust.grid.recommendation import recommend
from newsclust.grid.runs import Grid
from newsclust.grid.table_of_runs import run_table
from test_charts import FIGURES
from test_table_of_runs import Page, column


def all_failed(grid: Grid) -> Grid:
    runs = grid.runs[["name", *grid.varied, "seconds"]].assign(status="failed", message="no")
    return Grid("g", grid.varied, runs, {}, pd.DataFrame(index=pd.Index([], name="id")), *[pd.Series(dtype=str)] * 2)


def one_run(grid: Grid) -> Grid:
    return dataclasses.replace(with_labels(grid, grid.labels.iloc[:, :1]), varied=[])


def nothing_shared(grid: Grid) -> Grid:
    return dataclasses.replace(grid, labels=grid.labels.iloc[:0], titles=grid.titles.iloc[:0], urls=grid.urls.iloc[:0])


def no_metrics(grid: Grid) -> Grid:
    return dataclasses.replace(grid, runs=grid.runs.drop(columns=["relative_validity", "subsample_stability", "ami"]))


@pytest.mark.parametrize("poor", [all_failed, one_run, nothing_shared, no_metrics])
def test_the_index_of_a_poor_grid_is_still_made(grid, poor):
    poor = poor(grid)
    assert "<table" in run_table(poor)._repr_html_() and recommend(poor).reasons
    assert len(unsettled(poor).frame) <= 15 and sensitivity(poor) is not None
    for figure in FIGURES:
        said = repr(figure(poor))
        assert said.endswith(".") and "nan" not in said


def test_attack_in_names_values_messages_and_headlines_is_text_everywhere(grid):
    evil = f"{NASTY}\"'/../{NASTY}"
    names = {name: f"{evil}{i}" for i, name in enumerate(grid.runs["name"])}
    runs = grid.runs.assign(name=grid.runs["name"].map(names), method=[evil, "leaf"] * 6)
    nasty = Grid(
        "g",
        grid.varied,
        runs,
        {names[run]: points for run, points in grid.maps.items()},
        grid.labels.rename(columns=names),
        grid.titles.map(lambda title: NASTY),
        grid.urls,
    )
    shown = [run_table(nasty)._repr_html_(), recommend(nasty)._repr_html_(), unsettled(nasty)._repr_html_()]
    for markup in shown:
        page = Page(markup)
        assert not page.all("img") and len(page.all("script")) == (markup is shown[0])
        assert NASTY in page.text
        assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for link in Page(shown[0]).all("a"):
        assert link["href"].count("/") == 1 and ":" not in link["href"] and "<" not in link["href"]
    for figure in FIGURES:
        assert set(figure(nasty)._repr_mimebundle_()) == {"image/png", "text/plain"}


def test_dollars_in_headlines_are_no_formulas(grid):
    for shown in (unsettled(grid), recommend(grid), run_table(grid)):
        texts = [html.unescape(text) for text in re.split("<[^>]+>", Page.outside_scripts(shown._repr_html_()))]
        assert all(text.count("$") + text.count("\\") < 2 for text in texts)


def test_the_index_made_by_the_notebook_opens_offline_and_sorts(grid_folder, open_page, tmp_path):  # noqa: F811
    import papermill

    from newsclust.grid.pages import render_notebook

    here = tmp_path / "grid"
    shutil.copytree(grid_folder, here)
    notebook = Path(__file__).parents[2] / "notebooks" / "compare.ipynb"
    source = str(Path(__file__).parents[2] / "src")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), source])))
        papermill.execute_notebook(
            str(notebook), str(here / "compare.ipynb"), parameters={"grid": str(here)}, progress_bar=False
        )
    index = render_notebook(here / "compare.ipynb", here / "index.html")
    assert index.stat().st_size < 6 * 2**20
    text = index.read_text(encoding="utf-8")
    assert html.escape(NASTY, quote=False) in text
    for width in (1400, 400):
        page = open_page(index, width=width)
        assert page.locator("img[src^='data:image/png']").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            "the page itself never scrolls sideways"
        )
        page.locator("table.runs th", has_text="noise").get_by_role("button").click()
        noise = [float(text.rstrip("%")) for text in column(page, 7)[:-1]]
        assert noise == sorted(noise)
        page.get_by_label("Filter").fill("leaf")
        assert len(column(page, 2)) == 6
        assert page.troubles == []
