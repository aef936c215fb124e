"""All runs in one table: its links, its small maps, its filter and its order."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from browser import open_page  # noqa: F401  (a fixture)
from newsclust.grid.runs import Grid
from newsclust.grid.table_of_runs import MAP_POINTS, run_table


class Page(HTMLParser):
    """Start tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags, self.text, self.inside = [], "", ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        self.text += "" if self.inside in {"script", "style"} else data

    @staticmethod
    def outside_scripts(markup: str) -> str:
        return re.sub(r"<(script|style)>.*?</\1>", "", markup, flags=re.DOTALL)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_table_links_every_run_to_its_report_beside_the_index(grid, grid_folder):
    page = Page(run_table(grid)._repr_html_())
    targets = [link["href"] for link in page.all("a")]
    assert [unquote(target) for target in targets] == [f"{name}/report.html" for name in grid.runs["name"]]
    assert all(re.fullmatch(r"[\w%.-]+/report\.html", target) for target in targets)
    assert all((grid_folder / unquote(target)).parent.is_dir() for target in targets)


def test_the_table_shows_every_finished_map_and_why_a_run_failed(grid):
    page = Page(run_table(grid)._repr_html_())
    assert len(page.all("svg")) == 11 and len(page.all("tr")) == 13 and len(page.all("script")) == 1
    assert all("stories" in svg["aria-label"] and svg["role"] == "img" for svg in page.all("svg"))
    dots = "".join(path["d"] for path in page.all("path"))
    assert 0.75 * 11 * MAP_POINTS < dots.count("M") <= 11 * MAP_POINTS  # some fall on the same place
    assert "failed: NewsclustError: there is no column <script>" in page.text and "recommended" in page.text
    assert "runs sortable filterable" in page.all("table")[0]["class"]


def test_a_large_grid_stays_a_small_page(grid):
    points = pd.concat([next(iter(grid.maps.values()))] * 50, ignore_index=True)
    names = [f"run {i}" for i in range(30)]
    labels = pd.DataFrame({name: points["cluster"] for name in names}).astype(np.int32)
    runs = pd.DataFrame(
        {
            "name": names,
            "status": "ok",
            "message": "",
            "seconds": 1.0,
            "n_clusters": 10,
            "noise_fraction": 0.1,
        }
    )
    large = Grid("g", [], runs, dict.fromkeys(names, points), labels, *[pd.Series("t", index=labels.index)] * 2)
    assert len(run_table(large)._repr_html_()) < 400_000


@pytest.fixture(scope="module")
def table_page(grid, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>t</title>{run_table(grid)._repr_html_()}", encoding="utf-8"
    )
    return path


def column(page, n: int) -> list[str]:
    return page.locator(f"table.runs tbody tr:not([hidden]) > :nth-child({n})").all_inner_texts()


def test_a_click_or_a_key_on_a_heading_sorts_numbers_as_numbers(open_page, table_page):  # noqa: F811
    page = open_page(table_page)
    assert column(page, 3) == ["2"] * 4 + ["5"] * 4 + ["10"] * 4
    heading = page.locator("table.runs th", has_text="noise").first
    button = heading.get_by_role("button")
    button.click()
    noise = [float(text.rstrip("%")) for text in column(page, 7)[:-1]]
    assert noise == sorted(noise) and heading.get_attribute("aria-sort") == "ascending"
    assert column(page, 7)[-1] == "–", "what is missing stays last"
    button.press("Enter")
    assert [float(text.rstrip("%")) for text in column(page, 7)[:-1]] == noise[::-1]
    assert heading.get_attribute("aria-sort") == "descending" and column(page, 7)[-1] == "–"
    page.locator("table.runs th", has_text="samples").get_by_role("button").press("Space")
    assert column(page, 3) == ["2"] * 4 + ["5"] * 4 + ["10"] * 4
    assert page.locator("th[aria-sort]").count() == 1
    assert page.locator("thead th").first.get_by_role("button").count() == 0, "pictures have no order"
    assert page.troubles == []


def test_the_box_filters_runs_by_all_its_words(open_page, table_page):  # noqa: F811
    page = open_page(table_page)
    box = page.get_by_label("Filter")
    box.fill("min_samples=5 LEAF")
    assert len(column(page, 2)) == 2 and "2 of 12 rows" in page.get_by_role("status").inner_text()
    box.fill("failed")
    assert len(column(page, 2)) == 1
    box.fill("")
    assert len(column(page, 2)) == 12 and page.troubles == []


def test_without_scripts_the_table_is_whole(grid):
    page = Page(Page.outside_scripts(run_table(grid)._repr_html_()))
    assert len(page.all("tr")) == 13 and len(page.all("svg")) == 11
    assert not page.all("button") and not page.all("input"), "nothing that would do nothing"
