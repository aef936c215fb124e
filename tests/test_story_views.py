"""The figures of time and of the tree in a report: drawn, themed, and talking with other views of stories."""

from __future__ import annotations

import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from browser import open_page, settle  # noqa: F401  (a fixture)
from newsclust.show.over_time import stories_over_time, what_is_new
from newsclust.show.page import render_report
from newsclust.show.tree import finer_stories, story_tree, topic_table
from newsclust.stories.finer import part_stories
from newsclust.stories.timeline import follow_stories
from newsclust.stories.topics import group_stories
from test_story_tree import grouped, stories_of

ATTACK = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
TREE, TIME = "figure.kind-tree", "figure.kind-time"


@pytest.fixture(scope="module")
def stories():
    found, groups = grouped(5, 5)
    stories = stories_of(found, groups)
    days = np.arange(len(stories.documents)) % 28 + 1
    stories.documents["published_at"] = [f"2024-02-{day:02d}T08:{day}:00Z" for day in days]
    stories.table.loc[0, "title"] = ATTACK
    stories.table.loc[1, "title"] = "Second story"
    return stories


@pytest.fixture(scope="module")
def report(stories, tmp_path_factory):
    from plotly.io import renderers

    timeline, topics = follow_stories(stories), group_stories(stories)
    mimebundle = renderers["plotly_mimetype"].to_mimebundle
    figures = [stories_over_time(stories, timeline), story_tree(stories, topics)]
    tables = [what_is_new(stories, timeline), topic_table(stories, topics), finer_stories(part_stories(stories))]
    outputs = [mimebundle(figure.to_dict()) for figure in figures]
    outputs += [{"text/html": table._repr_html_() or "", "text/plain": repr(table)} for table in tables]
    cells = [new_code_cell("see", outputs=[new_output("display_data", output)]) for output in outputs]
    folder = tmp_path_factory.mktemp("views")
    nbformat.write(new_notebook(cells=cells), folder / "run.ipynb")
    return render_report(folder / "run.ipynb", folder / "report.html")


@pytest.fixture
def page(open_page, report):  # noqa: F811
    page = open_page(report)
    page.evaluate("window.told = []; document.addEventListener('newsclust:story', (e) => told.push(e.detail))")
    yield page
    assert page.troubles == []
    page.context.close()


def tell(page, story, source: str = "list") -> None:
    detail = json.dumps({"story": story, "document": None, "source": source})
    page.evaluate(f"document.dispatchEvent(new CustomEvent('newsclust:story', {{detail: {detail}}}))")
    settle(page)


def told(page) -> list:
    return [(detail["story"], detail["source"]) for detail in page.evaluate("told")]


def opacities(page) -> list[float]:
    return page.evaluate(f"document.querySelector('{TIME} .plot-area').data.map((t) => [t.meta.story, t.opacity ?? 1])")


def outlined(page) -> list[int]:
    script = """(div) => { const [{ customdata, marker }] = div.data; const { color } = marker.line;
      return Array.isArray(color) ? customdata.map(([n]) => n).filter((n, i) => !color[i].endsWith(',0)')) : []; }"""
    return page.locator(f"{TREE} .plot-area").evaluate(script)


def colour(page, selector: str, text: str) -> str:
    return page.locator(selector, has_text=text).first.evaluate("(node) => getComputedStyle(node).fill")


def test_a_click_on_a_story_in_the_tree_chooses_it_and_a_second_one_lets_go(page):
    leaf = page.locator(f"{TREE} .slice", has_text="Second story")
    n_drawn = page.locator(f"{TREE} .slice").count()
    leaf.click()
    settle(page)
    assert told(page) == [(1, "tree")] and outlined(page) == [1]
    assert dict(opacities(page))[1] == 1 and dict(opacities(page))[0] < 1, "the other view shows it too"
    assert page.locator(f"{TREE} .slice").count() == n_drawn, "a story does not fill the figure"
    leaf.click()
    settle(page)
    assert told(page) == [(1, "tree"), (None, "tree")] and outlined(page) == []
    assert {opacity for _, opacity in opacities(page)} == {1}


def test_a_click_on_a_bar_or_a_title_chooses_the_story(page):
    page.locator(TIME).scroll_into_view_if_needed()
    bar = page.locator(f"{TIME} .bars .point path").first.bounding_box()
    page.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] - 1)
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] - 1)
    page.locator(f"{TIME} .annotation", has_text="Second story").click()
    assert told(page) == [(0, "time"), (1, "time")] and outlined(page) == [1]


def test_a_group_opens_and_closes_and_chooses_nothing(page):
    slices = page.locator(f"{TREE} .slice")
    before = slices.count()
    page.locator(f"{TREE} .slice", has_text="word").first.click()
    settle(page)
    assert slices.count() == 6  # a topic and its stories
    slices.first.click()
    settle(page)
    assert slices.count() > 6 and slices.count() <= before and told(page) == []


def test_what_other_views_choose_stands_out_also_where_it_has_no_row(page):
    tell(page, 20)
    shown = {story for story, opacity in opacities(page) if opacity == 1}
    assert shown == {-2} and outlined(page) == [20], "beyond the largest it is in the row of all others"
    tell(page, -1)
    assert {opacity for _, opacity in opacities(page)} == {1} and outlined(page) == []
    assert told(page) == [(20, "list"), (-1, "list")], "nobody answers"


def test_switches_and_a_new_window_size_leave_the_figures_whole(page):
    for figure, button in ((TIME, "log"), (TREE, "stories alike")):
        height = page.locator(f"{figure} .plot-area").bounding_box()["height"]
        page.locator(f"{figure} .updatemenu-button", has_text=button).click()
        for width in (1000, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            settle(page)
        assert page.locator(f"{figure} .plot-area").bounding_box()["height"] == height > 300
        assert page.locator(f"{figure} .main-svg").first.bounding_box()["height"] == height


def test_what_is_written_on_groups_can_be_read_by_day_and_by_night(page):
    light = colour(page, f"{TREE} .slicetext text", "25 stories")
    page.emulate_media(color_scheme="dark")
    settle(page)
    dark = colour(page, f"{TREE} .slicetext text", "25 stories")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert light != dark == ink


def test_a_headline_that_is_a_script_is_text_in_both_figures(page):
    assert "<img" in page.locator(f"{TIME} .annotation").first.text_content()
    page.locator(f"{TREE} .updatemenu-button", has_text="stories alike").click()
    assert page.locator(f"{TREE} .slice", has_text="<img").count() == 1
    assert page.locator("img[src=x]").count() == 0


def test_a_phone_shows_two_levels_of_the_tree_and_no_title_is_cut_by_its_edge(open_page, report):  # noqa: F811
    page = open_page(report, width=400, touch=True)
    assert page.locator(f"{TREE} .plot-area").evaluate("(div) => div.data[0].maxdepth") == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    edges = page.locator(f"{TIME} .annotation-text-g").evaluate_all(
        "(notes) => notes.map((note) => note.getBoundingClientRect().right)"
    )
    assert len(edges) > 10 and max(edges) <= 400
    assert page.troubles == []
    page.context.close()
