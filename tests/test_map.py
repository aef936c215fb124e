"""The map in a report, as a reader uses it in a browser."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from browser import boxes_of, open_page, overlapping, settle  # noqa: F401  (a fixture)
from newsclust.show.map_figure import story_map
from newsclust.show.page import render_report
from test_report import ATTACK, figure_output, write

STORIES, EACH = 30, 12
LISTEN = """() => {
    window.told = [];
    document.addEventListener("newsclust:story", ({ detail }) => told.push(detail));
}"""
TELL = """(detail) => document.dispatchEvent(new CustomEvent("newsclust:story", { detail }))"""
SPOT = """([trace, point]) => {
    const div = document.querySelector(".kind-map .plot-area");
    const { left, top } = div.getBoundingClientRect();
    const { xaxis, yaxis } = div._fullLayout;
    const { x, y } = div.data[trace];
    return [left + xaxis._offset + xaxis.l2p(x[point]), top + yaxis._offset + yaxis.l2p(y[point])];
}"""
ZOOM = """(zoom) => {
    const div = document.querySelector(".kind-map .plot-area");
    const around = (values) => [values[0] - zoom, values[0] + zoom];
    const { x, y } = div.data[1];
    return Plotly.relayout(div, { "xaxis.range": around(x), "yaxis.range": around(y) });
}"""
RESET = """() => {
    const div = document.querySelector(".kind-map .plot-area");
    document.querySelector(".nc-stories")?.remove();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    window.told = [];
    return Plotly.relayout(div, { dragmode: "zoom", "xaxis.range": [-10, 10], "yaxis.range": [-10, 10] });
}"""
STANDING_OUT = """() => {
    const layer = document.querySelector(".kind-map .plot-area").data.at(-1);
    return layer.customdata.map(([story]) => story);
}"""


def make_headlines() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    labels = np.append(np.repeat(np.arange(STORIES), EACH), [-1] * 40)
    centres = rng.uniform(-8, 8, size=(STORIES, 2))
    points = pd.DataFrame(centres[np.maximum(labels, 0)] + rng.normal(size=(len(labels), 2)) * 0.25, columns=["x", "y"])
    points.loc[labels < 0, ["x", "y"]] = rng.uniform(-8, 8, size=(40, 2))
    n = np.arange(len(points))
    return points.assign(
        cluster=labels,
        id=n + 2**60,
        title=[f"Minister number {i:03} opens a bridge at Orléans for $5" for i in n],
        publisher=[f'The "{chr(65 + i % 3)}" <b>Bugle</b>' for i in n],
        published_at="2024-03-01T22:05:00Z",
        url=[f"https://a.example/{i}" for i in n],
        story=[
            f"<b>Bold</b> {ATTACK} {label}" if label == 2 else f"Story {label} of a new bridge & its toll"
            for label in labels
        ],
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    points = make_headlines()
    points.loc[points["cluster"] == 2, "title"] = ATTACK
    cell = new_code_cell("story_map(points)", outputs=[figure_output(story_map(points))])
    return render_report(write(folder, new_notebook(cells=[cell])), folder / "report.html")


@pytest.fixture(scope="module")
def desktop(open_page, report):  # noqa: F811
    page = open_page(report, width=1400)
    page.wait_for_selector(".kind-map .annotation")
    page.evaluate(LISTEN)
    return page


@pytest.fixture
def view(desktop):
    """The page with its whole map and nothing chosen."""
    desktop.mouse.move(0, 0)
    desktop.evaluate(RESET)
    stand_out(desktop, 0)
    yield desktop
    assert desktop.troubles == []


def stand_out(view, n: int) -> list[int]:
    """The stories of the headlines that stand out, once there are `n` of them."""
    view.wait_for_function(f"({STANDING_OUT})().length === {n}")
    settle(view)
    return view.evaluate(STANDING_OUT)


def titles(view) -> list[str]:
    settle(view)
    return view.locator(".kind-map .annotation").all_text_contents()


def told(view) -> list[dict]:
    return view.evaluate("told")


def status(view) -> str:
    """What the search tells, once it does."""
    view.wait_for_function("document.querySelector('.map-tools [role=status]').textContent")
    return view.locator(".map-tools [role=status]").text_content()


def click(view, x: float, y: float) -> None:
    view.mouse.move(x, y)
    settle(view)
    view.wait_for_timeout(400)  # a second click within 300 ms of the first would be a double click
    view.mouse.click(x, y)


def with_a_browser(view) -> None:
    view.evaluate("document.body.append(Object.assign(document.createElement('div'), { className: 'nc-stories' }))")


def point_of(view, trace: int, point: int) -> tuple[float, float]:
    return tuple(view.evaluate(SPOT, [trace, point]))


def test_titles_cover_no_other_at_any_zoom_and_more_appear_as_one_zooms_in(open_page, report, view):  # noqa: F811
    phone = open_page(report, width=400, scheme="dark")
    phone.wait_for_selector(".kind-map .annotation")
    for page in (view, phone):
        seen = []
        for zoom in (None, 4, 1.5):
            if zoom:
                page.evaluate(ZOOM, zoom)
            seen.append(set(titles(page)))
            boxes = boxes_of(page.locator(".kind-map .annotation"))
            assert boxes and not overlapping(boxes)
            area = page.locator(".kind-map .plot-area").bounding_box()
            assert all(area["x"] <= box["x"] and box["x"] + box["width"] <= area["x"] + area["width"] for box in boxes)
        assert (seen[1] | seen[2]) - seen[0], "titles that had no room before"
    assert phone.troubles == []
    phone.context.close()


def test_titles_follow_the_size_of_the_window_and_the_stories_that_are_shown(view):
    before = view.locator(".kind-map .annotation").count()
    view.set_viewport_size({"width": 500, "height": 900})
    view.wait_for_function(f"document.querySelectorAll('.kind-map .annotation').length < {before}")
    settle(view)
    boxes = boxes_of(view.locator(".kind-map .annotation"))
    assert boxes and not overlapping(boxes)
    view.get_by_role("button", name="Hide all").click()
    assert titles(view) == []
    view.get_by_role("button", name="Show all", exact=True).click()
    view.set_viewport_size({"width": 1400, "height": 900})
    view.wait_for_function(f"document.querySelectorAll('.kind-map .annotation').length >= {before}")


def test_search_tells_and_shows_which_headlines_match_whatever_their_case_and_accents(view):
    box = view.get_by_label("Search the headlines")
    box.fill("ORLEANS number 03")
    expected = sum("03" in f"{i:03}" for i in range(len(make_headlines())) if i // EACH != 2)
    assert status(view) == f"{expected} headlines match"
    stand_out(view, expected)
    assert view.evaluate("document.querySelector('.kind-map .plot-area').data[0].opacity") < 0.5
    box.fill("nowhere")
    stand_out(view, 0)
    assert status(view) == "0 headlines match"
    box.press("Escape")
    view.wait_for_function("document.querySelector('.kind-map .plot-area').data[0].opacity === 1")
    assert box.input_value() == view.locator(".map-tools [role=status]").text_content() == ""


def test_matches_are_listed_by_the_keyboard_alone(view):
    view.get_by_label("Search the headlines").focus()
    view.keyboard.type("minister number 011 opens")
    view.keyboard.press("Enter")
    rows = view.locator(".picked tbody tr")
    rows.first.wait_for()
    assert rows.count() == 1
    assert rows.first.locator("td").all_text_contents() == [
        "Minister number 011 opens a bridge at Orléans for $5",
        'The "C" <b>Bugle</b>',
        "2024-03-01",
        "Story 0 of a new bridge & its toll",
    ]
    link = rows.first.locator("a")
    assert link.get_attribute("href") == "https://a.example/11" and "noopener" in link.get_attribute("rel")
    assert view.evaluate("document.activeElement.getAttribute('aria-label')") == "Selected headlines"
    view.keyboard.press("Escape")
    assert not view.locator(".picked").is_visible()


def test_a_lasso_lists_what_it_holds_and_copies_it_as_a_table(view):
    view.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.locator('.kind-map [data-attr="dragmode"][data-val="lasso"]').click()
    x, y = point_of(view, 1, 0)
    corners = [(-40, -40), (40, -40), (40, 40), (-40, 40), (-40, -40)]
    view.mouse.move(x + corners[0][0], y + corners[0][1])
    view.mouse.down()
    for right, down in corners[1:]:
        view.mouse.move(x + right, y + down, steps=4)
    view.mouse.up()
    rows = view.locator(".picked tbody tr")
    rows.first.wait_for()
    count = rows.count()
    assert view.locator(".picked p").text_content() == f"{count} headlines" and count >= EACH / 2
    view.get_by_role("button", name="Copy").click()
    view.get_by_role("button", name=f"Copied {count} headlines").wait_for()
    lines = view.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t") == ["headline", "publisher", "date", "story", "address"] and len(lines) == count + 1
    assert [line.split("\t")[:4] for line in lines[1:]] == [row.locator("td").all_text_contents() for row in rows.all()]
    view.get_by_role("button", name="Close").click()
    assert not view.locator(".picked").is_visible()
    view.wait_for_function("!document.querySelector('.kind-map .plot-area').layout.selections.length")


def test_without_a_clipboard_the_copied_text_lies_selected(view):
    view.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    view.evaluate("document.execCommand = () => false")
    view.get_by_label("Search the headlines").fill("number 011 opens")
    view.get_by_label("Search the headlines").press("Enter")
    view.get_by_role("button", name="Copy").click()
    text = view.get_by_label("The selected headlines as text")
    assert text.input_value().splitlines()[1].startswith("Minister number 011 opens")
    selected = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
    assert view.evaluate(selected) == len(text.input_value())
    assert view.get_by_role("button", name="to copy").is_visible()


def test_a_click_chooses_the_story_of_a_headline_and_a_second_one_opens_it(view):
    with_a_browser(view)
    [story, *_] = view.evaluate("document.querySelector('.kind-map .plot-area').data[1].customdata[2]")
    click(view, *point_of(view, 1, 2))
    assert stand_out(view, EACH) == [story] * EACH
    [event] = told(view)
    assert (event["story"], event["source"]) == (story, "map")
    row = int(event["document"].removeprefix("d")) - 2**60
    assert row // EACH == story and len(view.context.pages) == 1
    for key in ("Shift", "Control"):
        with view.context.expect_page() as opened:
            settle(view)
            view.wait_for_timeout(400)
            view.keyboard.down(key)
            view.mouse.down()
            view.mouse.up()
            view.keyboard.up(key)
        assert opened.value.evaluate("opener") is None
        opened.value.close()


def test_escape_and_a_click_beside_all_headlines_let_a_story_go(view):
    with_a_browser(view)
    area = view.locator(".kind-map .plot-area").bounding_box()
    beside = area["x"] + 60, area["y"] + area["height"] / 2
    for leave in (lambda: view.keyboard.press("Escape"), lambda: click(view, *beside)):
        click(view, *point_of(view, 1, 0))
        stand_out(view, EACH)
        leave()
        stand_out(view, 0)
        assert told(view)[-1] == {"story": None, "document": None, "source": "map"}


def test_what_another_view_chooses_stands_out_and_what_it_lets_go_does_not(view):
    view.evaluate(ZOOM, 0.01)  # of a place where that story is not
    view.evaluate(TELL, {"story": 5, "document": f"d{2**60 + 5 * EACH}", "source": "list"})
    assert stand_out(view, EACH) == [5] * EACH
    settle(view)
    shown = view.locator(".kind-map .annotation")
    clear = [note for note in shown.all() if note.evaluate("note => getComputedStyle(note).opacity") == "1"]
    # Where its two lines part is the font's affair, and no space stands there.
    assert [re.sub(r"\W", "", note.text_content()) for note in clear] == ["Story5ofanewbridgeitstoll"]
    assert shown.count() > 1, "the whole map is shown again"
    view.evaluate(TELL, {"story": None, "document": None, "source": "map"})  # an echo of its own
    assert stand_out(view, EACH) == [5] * EACH
    view.evaluate(TELL, {"story": None, "document": None, "source": "list"})
    stand_out(view, 0)
    assert [event["source"] for event in told(view)] == ["list", "map", "list"], "it only listened"


def test_an_attack_in_titles_and_headlines_is_text_in_labels_and_lists(view):
    view.evaluate(TELL, {"story": 2, "document": None, "source": "list"})
    stand_out(view, EACH)
    assert any(title.startswith("<b>Bold</b>") for title in titles(view))
    view.get_by_label("Search the headlines").fill("onerror")
    view.get_by_label("Search the headlines").press("Enter")
    assert view.locator(".picked tbody a").first.text_content() == ATTACK
    assert view.locator(".picked tbody td:last-child").first.text_content() == f"<b>Bold</b> {ATTACK} 2"
    assert view.locator("img[src=x]").count() == 0


def test_a_map_in_space_is_searched_and_listened_to_as_well(open_page, tmp_path):  # noqa: F811
    points = make_headlines().assign(z=0.5)
    cell = new_code_cell("story_map(points)", outputs=[figure_output(story_map(points))])
    page = open_page(render_report(write(tmp_path, new_notebook(cells=[cell])), tmp_path / "report.html"))
    page.evaluate(TELL, {"story": 4, "document": None, "source": "list"})
    assert stand_out(page, EACH) == [4] * EACH
    page.get_by_label("Search the headlines").fill("number 011 opens")
    assert status(page) == "1 headline matches"
    page.context.close()


def test_a_large_map_is_packed_and_opens_all_the_same(open_page, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr("newsclust.show.page._PLAIN_SCRIPT", 1000)
    cell = new_code_cell("story_map(points)", outputs=[figure_output(story_map(make_headlines()))])
    html = render_report(write(tmp_path, new_notebook(cells=[cell])), tmp_path / "report.html")
    assert '<script type="application/gzip">' in html.read_text(encoding="utf-8")
    assert render_report(tmp_path / "run.ipynb", tmp_path / "again.html").read_bytes() == html.read_bytes()
    page = open_page(html)
    page.wait_for_selector(".kind-map .annotation")
    assert page.locator(".kind-map .scatterlayer path.point").count() == STORIES * EACH + 40
    assert page.troubles == []
    page.context.close()


def test_titles_on_paper_cover_no_other_and_controls_are_left_out(view):
    view.evaluate("dispatchEvent(new Event('beforeprint'))")
    view.emulate_media(media="print")
    settle(view)
    boxes = boxes_of(view.locator(".kind-map .annotation"))
    assert boxes and not overlapping(boxes) and all(box["x"] + box["width"] <= 700 for box in boxes)
    assert not view.locator(".map-tools").is_visible()
