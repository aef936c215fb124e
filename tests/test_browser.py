"""The story browser: what it is made of, and in Chromium without a network what a reader does with it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from plotly.io import renderers

from browser import open_page  # noqa: F401  (a fixture)
from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.show.browser import story_browser
from newsclust.show.listings import written_file
from newsclust.show.map_figure import story_map
from newsclust.show.page import render_report
from newsclust.stories.stories import find_stories, place
from newsclust.stories.timeline import follow_stories
from newsclust.stories.topics import group_stories

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
BREAKOUT = "</script><!-- <script>alert(3)</script>"
BIDI = "\u202egnorw si siht\u202c"
QUOTED = "The \"Quoted\" & 'Single' <b>Press</b>"
DOLLARS = "Harbour pays $38 million, the port $52 million"
#: Story by story: the headlines, the first day of the story, and the publishers in turn.
TOLD = {
    "flood": (
        [
            "Flood in the old harbour rises",
            "Flood in the old harbour still rises",
            "Rivers over their banks in São Tomé",
        ]
        + [
            "Boats drift through the market",
            "School closes its cellar",
            "Ferry stays in port",
            "Sandbags run out by noon",
        ]
        + ["Museum carries paintings upstairs", "Night of pumps and lanterns", "Mayor thanks the volunteers"],
        "2024-03-01",
        ["Courier", QUOTED],
    ),
    "strike": ([HOSTILE, BREAKOUT, BIDI, DOLLARS, "Tram drivers walk out", "Strike goes on"], "2024-03-20", [QUOTED]),
    "cup": (
        ["Late goal wins the cup", "Cup won in extra time", "Fans sing all night"],
        "2024-03-28",
        ["Sport Day", "Courier"],
    ),
}
ALONE = ["Lighthouse keeper retires", "A recipe for plum cake", "Chess club meets on Mondays"]


@pytest.fixture(scope="module")
def stories():
    rows = []
    for kind, (titles, day, publishers) in TOLD.items():
        days = pd.date_range(day, periods=len(titles), freq="12h")
        for i, (title, date) in enumerate(zip(titles, days, strict=True)):
            url = ("https://a.example/?a=1&b=2", "javascript:alert(4)", "")[i % 3]
            rows.append((title, publishers[i % len(publishers)], f"{date:%Y-%m-%dT%H:%M:%SZ}", url, kind))
    rows += [(title, "", "", "http://b.example/", title) for title in ALONE]
    documents = pd.DataFrame(rows, columns=["title", "publisher", "published_at", "url", "kind"])
    documents = documents.assign(id=10**18 + documents.index, text=documents["title"], language="en")
    kinds = pd.factorize(documents.pop("kind"))[0]
    rng = np.random.default_rng(0)
    vectors = np.eye(16)[kinds] + rng.normal(scale=0.03, size=(len(documents), 16)) + 0.3
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    neighbors = find_neighbors(embeddings, 12)
    found = find_stories(SimpleNamespace(documents=documents), embeddings, neighbors, cluster(neighbors, 12, 2, 3))
    assert len(found.table) == 3 and (found.labels < 0).sum() == len(ALONE)
    return found


def notebook(*cells):
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def map_cell(stories):
    points = place(stories, SimpleNamespace(coordinates=np.random.default_rng(1).normal(size=(len(stories.labels), 2))))
    bundle = renderers["plotly_mimetype"].to_mimebundle(story_map(points).to_dict())
    return new_code_cell("nc.show.story_map(points)", outputs=[new_output("display_data", bundle)])


def browser_cell(stories, **keywords):
    found = story_browser(stories, **keywords)
    data = {"text/html": found._repr_html_(), "text/plain": repr(found)}
    return new_code_cell("nc.show.story_browser(stories)", outputs=[new_output("execute_result", data)])


def rendered(folder, nb):
    write(nb, folder / "run.ipynb")
    return render_report(folder / "run.ipynb", folder / "report.html")


@pytest.fixture(scope="module")
def report(tmp_path_factory, stories):
    cells = [new_markdown_cell("# News"), new_markdown_cell("## Read the stories"), browser_cell(stories)]
    return rendered(tmp_path_factory.mktemp("report"), notebook(*cells))


# What the list is made of ---------------------------------------------------------------------------------------------


def test_every_headline_is_held_once_in_its_story_the_most_certain_first(stories):
    data = story_browser(stories).data
    columns, documents = data["headlines"], stories.documents.set_index("id")
    assert sorted(map(int, columns["id"])) == documents.index.tolist()
    labels = pd.Series(stories.labels, index=documents.index)
    sure = pd.Series(stories.clustering.probabilities, index=documents.index)
    start = 0
    for number, size, held in zip(*(data["stories"][name] for name in ("number", "size", "held")), strict=True):
        ids = [int(one) for one in columns["id"][start : start + held]]
        assert size == held == (labels == number).sum() and (labels[ids] == number).all()
        if number >= 0 and "1" not in columns["repeats"][start : start + held]:
            assert (sure[ids].round(2).diff().dropna() <= 0).all()
        start += held
    assert data["stories"]["number"][-1] == -1 and data["stories"]["size"][:-1] == sorted(stories.table["size"])[::-1]


def test_near_duplicates_stand_behind_the_one_they_repeat(stories):
    columns = story_browser(stories).data["headlines"]
    (at,) = [i for i, flag in enumerate(columns["repeats"]) if flag == "1"]
    documents = stories.documents
    row = documents["id"].tolist().index(int(columns["id"][at]))
    assert columns["id"][at - 1] == str(documents["id"][stories.repeats[row]])
    assert {columns["title"][at - 1], columns["title"][at]} == set(TOLD["flood"][0][:2])


def test_of_too_many_headlines_the_first_of_every_story_stay(stories):
    found = story_browser(stories, most_bytes=1500)
    held = found.data["stories"]["held"]
    assert 0 < sum(held) < len(stories.labels) and max(held) - min(held[:-1]) <= 1
    assert repr(found) == f"3 stories, 22 headlines, of which {sum(held)} can be read here."
    whole = story_browser(stories).data["headlines"]["id"]
    start = np.cumsum([0, *found.data["stories"]["size"]])
    kept = [one for i, n in enumerate(held) for one in whole[start[i] : start[i] + n]]
    assert found.data["headlines"]["id"] == kept


def test_growth_is_that_of_the_table_of_what_is_new_and_one_wrong_date_hides_no_timeline(stories):
    documents = stories.documents.copy()
    documents.loc[documents["title"] == "Fans sing all night", "published_at"] = "1970-01-01T00:00:00Z"
    wrong = SimpleNamespace(
        **{name: getattr(stories, name) for name in "labels clustering vote table assigned repeats".split()}
    )
    wrong.documents = documents
    for given in (stories, wrong):
        data = story_browser(given).data
        assert data["time"]["first"] == "2024-03-01T00:00Z"
        assert data["time"]["period"] == follow_stories(given).last_period
        assert data["stories"]["line"][0][0] == "z" or data["stories"]["line"][0][1] == "z"
    assert story_browser(stories).data["time"]["undated"] == len(ALONE)
    place_of_cup = (
        story_browser(stories)
        .data["stories"]["number"]
        .index(stories.labels[stories.documents["title"].tolist().index("Fans sing all night")])
    )
    columns = story_browser(stories).data["stories"]
    assert (columns["recent"][place_of_cup], columns["before"][place_of_cup]) == (3, 0)
    told = follow_stories(stories).table.reindex(columns["number"][:-1])
    assert columns["recent"][:-1] == told["now"].tolist() and columns["before"][:-1] == told["before"].tolist()
    assert columns["recent"][0] == columns["before"][0] == 0


def test_a_corpus_without_dates_publishers_and_stories_still_makes_a_list(tmp_path):
    pd.DataFrame({"title": ["one", "two", "three", "four"]}).to_csv("few.csv", index=False)
    corpus = read_corpus("few.csv")
    embeddings = make_embeddings(np.eye(4))
    neighbors = find_neighbors(embeddings, 3)
    found = story_browser(find_stories(corpus, embeddings, neighbors, cluster(neighbors, 3, 2, 4)))
    assert (
        found.data["time"] is None
        and found.data["stories"]["number"] == [-1]
        and repr(found) == "0 stories, 4 headlines."
    )


# In the report --------------------------------------------------------------------------------------------------------


def test_the_only_browser_moves_under_the_map_with_the_pages_own_script_once(tmp_path, stories):
    nb = notebook(new_markdown_cell("## Read the stories"), browser_cell(stories), map_cell(stories))
    page = rendered(tmp_path, nb).read_text(encoding="utf-8")
    places = [
        page.index(mark) for mark in ('id="the-map"', 'id="the-stories"', "Read the stories", 'href="#the-stories"')
    ]
    assert places == sorted(places)
    scripts = re.findall(r"<script([^>]*)>", page)
    nonce = re.search("script-src 'nonce-(.*?)'", page)[1]
    assert all(f'nonce="{nonce}"' in given or given == ' type="application/json"' for given in scripts)
    assert page.count(written_file("browser.js")) == 1 and "alert(1)</script>" not in page


def test_html_that_only_looks_like_a_browser_runs_nothing(tmp_path):
    forged = (
        '<div class="nc-stories" onclick="alert(1)"><img src=x onerror="alert(2)"><script>alert(3)</script>'
        '<script type="application/json">{"a": "\\u003c/script>"}</script></div><script>alert(4)</script>'
    )
    cell = new_code_cell("x", outputs=[new_output("execute_result", {"text/html": forged})])
    page = rendered(tmp_path, notebook(cell)).read_text(encoding="utf-8")
    assert "alert(" not in re.sub("<script nonce.*?</script>", "", page, flags=re.DOTALL)
    assert page.count("</script>") == 2, "the data and the page's own"


def test_several_browsers_stay_where_they_are_and_work_side_by_side(tmp_path, stories, open_page):  # noqa: F811
    page = open_page(rendered(tmp_path, notebook(browser_cell(stories), browser_cell(stories))))
    assert page.locator("#the-stories").count() == 0 and page.locator(".nc-stories").count() == 2
    first, second = (page.locator(".nc-stories").nth(i) for i in (0, 1))
    second.locator("input").fill("cup")
    assert (titles(first), len(titles(second))) == (titles_by_size(stories), 1)
    assert page.evaluate("[...document.querySelectorAll('.nc-stories [id]')].length") == 0
    assert page.troubles == []


def test_in_a_notebook_the_output_works_by_itself_and_leaves_the_address_alone(tmp_path, stories, open_page):  # noqa: F811
    markup = story_browser(stories)._repr_html_()
    (tmp_path / "cell.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{markup}{markup}", encoding="utf-8")
    page = open_page(tmp_path / "cell.html")
    root = page.locator(".nc-stories").first
    root.locator(".row button").first.click()
    assert root.locator(".line").count() >= 10 and "#" not in page.url and page.troubles == []
    # Without scripts, as in an untrusted notebook, the largest stories can be read.
    still = markup.partition("<script")[0]
    assert all(html.escape(title) in still for title in stories.table["title"]) and "trust the notebook" in still


# What a reader does ---------------------------------------------------------------------------------------------------


def titles(root) -> list[str]:
    return root.locator(".story:not(.noise) h3").all_text_contents()


def titles_by_size(stories) -> list[str]:
    return stories.table.sort_values("size", ascending=False, kind="stable")["title"].tolist()


def story_with(stories, title: str) -> int:
    return int(stories.labels[stories.documents["title"].tolist().index(title)])


@pytest.fixture
def page(open_page, report):  # noqa: F811
    return open_page(report)


LISTEN = """() => { window.told = [];
    document.addEventListener("newsclust:story", ({ detail }) => window.told.push(detail)); }"""
SAY = "(detail) => document.dispatchEvent(new CustomEvent('newsclust:story', { detail }))"


def test_the_list_sorts_by_what_is_chosen_and_the_other_way_round(page, stories):
    assert titles(page) == titles_by_size(stories)
    assert page.locator(".story").last.text_content().startswith("In no story")
    select, by_size = page.get_by_label("Sort by"), titles_by_size(stories)
    expected = {"last": [2, 1, 0], "first": [2, 1, 0], "publishers": None, "certainty": None, "growth": None}
    assert select.locator("option").count() == 1 + len(expected)
    for value, order in expected.items():
        select.select_option(value)
        assert order is None or titles(page) == [by_size[i] for i in order]
    select.select_option("growth")
    assert "in the last 2 days (from 2024-03-28), less those" in page.locator(".meaning").text_content()
    assert (
        page.locator(".story").first.locator(".growth").get_attribute("title")
        == "3 in the last 2 days (from 2024-03-28), 0 in as long a time before"
    )
    select.select_option("size")
    page.get_by_role("button", name="Reverse").click()
    assert titles(page) == by_size[::-1] and page.locator(".story").last.text_content().startswith("In no story")
    assert page.troubles == []


def test_sorted_by_topic_stories_stand_below_what_they_have_in_common(tmp_path, stories, open_page):  # noqa: F811
    numbers = stories.table.sort_values("size", ascending=False).index
    grouped = replace(stories, table=stories.table.assign(topic=pd.Series([-1, 0, 0], index=numbers)))
    topics = group_stories(grouped)
    page = open_page(rendered(tmp_path, notebook(browser_cell(grouped, topics=topics))))
    assert page.locator(".topic").count() == 0
    page.get_by_label("Sort by").select_option("topic")
    by_size = titles_by_size(stories)
    assert titles(page) == [by_size[1], by_size[2], by_size[0]]
    told = page.locator(".topic").all_text_contents()
    assert told[0].startswith(topics.table["keywords"][0]) and "2 stories" in told[0]
    assert told[1:] == ["Stories that stand alone"]
    page.get_by_label("Sort by").select_option("size")
    assert page.locator(".topic").count() == 0 and titles(page) == by_size and page.troubles == []


def test_typing_filters_by_headlines_and_publishers_whatever_their_case_and_accents(page, stories):
    box, status = page.get_by_label("Filter"), page.get_by_role("status")
    assert status.text_content() == "3 stories"
    box.fill("SAO tome")
    assert len(titles(page)) == 1 and status.text_content() == "1 of 3 stories"
    page.locator(".row button").first.click()
    first = page.locator(".lines > .line").first
    assert first.locator("mark").all_text_contents() == ["São", "Tomé"], "what matches comes first"
    box.fill("sport day")
    assert len(titles(page)) == 1 and "headlines match" in page.locator(".matches").first.text_content()
    box.fill("plum")
    assert titles(page) == [] and status.text_content() == "0 of 3 stories, and headlines in no story"
    box.fill("no such word")
    assert page.locator(".story").count() == 0
    box.fill("")
    assert len(titles(page)) == 3 and page.locator("mark").count() == 0


def test_an_opened_story_shows_its_headlines_linked_to_web_addresses_alone(page, stories):
    page.locator(".row button").first.click()
    lines = page.locator(".story").first.locator(".lines > .line")
    assert lines.count() == 9, "one of ten is folded"
    links = page.locator(".line a").evaluate_all("links => links.map((a) => [a.getAttribute('href'), a.rel, a.target])")
    assert set(map(tuple, links)) == {("https://a.example/?a=1&b=2", "noopener noreferrer", "_blank")}
    assert re.match(r"2024-03-0\d", lines.first.locator("> time").text_content())
    assert QUOTED in page.locator(".publisher").all_text_contents()
    fold = page.get_by_role("button", name="and 1 near-duplicate")
    assert fold.get_attribute("aria-expanded") == "false" and page.locator(".folded .line:visible").count() == 0
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true" and page.locator(".folded .line:visible").count() == 1


def test_hostile_texts_are_shown_as_they_stand_and_do_nothing(page, stories):
    page.get_by_label("Filter").fill("<script>")
    page.locator(".row button").first.click()
    shown = page.locator(".line .headline").all_text_contents()
    assert {HOSTILE, BREAKOUT, BIDI, DOLLARS} <= set(shown)
    assert page.locator(".nc-stories").locator("img, script:not([type]), b:not(.size b)").count() == 0
    assert page.locator(".headline > [dir=auto]").first.evaluate("(e) => getComputedStyle(e).unicodeBidi") == "isolate"
    assert page.troubles == []


def test_noise_is_an_entry_and_says_what_each_nearly_belonged_to(page, stories):
    page.locator(".noise .row button").click()
    assert sorted(page.locator(".noise .headline").all_text_contents()) == sorted(ALONE)
    near = page.locator(".noise .near").first
    nearest = int(stories.vote.nearest[stories.labels < 0][np.argmax(stories.vote.support[stories.labels < 0])])
    assert stories.table["title"][nearest] in near.text_content() and re.search(r"0\.\d\d$", near.text_content())
    near.locator("a").click()
    assert (
        page.url.endswith(f"#story-{nearest}")
        and page.locator(".chosen h3").text_content() == stories.table["title"][nearest]
    )


def test_a_headline_that_was_assigned_is_marked_and_comes_last_with_its_vote(tmp_path, stories, open_page):  # noqa: F811
    row = stories.documents["title"].tolist().index("A recipe for plum cake")
    labels, share = stories.labels.copy(), stories.vote.share.copy()
    labels[row], share[row] = 0, 0.64
    given = replace(stories, labels=labels, vote=replace(stories.vote, share=share))
    page = open_page(rendered(tmp_path, notebook(browser_cell(given))))
    page.locator(".row button").first.click()
    last = page.locator(".open .lines > .line").last
    assert last.locator(".headline").text_content() == "A recipe for plum cake"
    assert last.locator(".sure").text_content() == " 64\u2009% of votes"
    assert last.locator(".sure path").get_attribute("fill") == "none"
    assert "1 was left as noise by HDBSCAN" in page.locator(".explained").text_content()


def test_an_address_opens_its_story_and_choosing_sets_it(page, stories):
    number = story_with(stories, "Late goal wins the cup")
    base = page.url
    page.goto("about:blank")
    page.goto(f"{base}#story-{number}")
    page.locator(".open").wait_for()
    assert page.locator(".story").first.locator("h3").text_content() == stories.table["title"][number]
    assert page.locator(".open .line").count() == 3
    other = page.locator(".story:not(.open) .row button").first
    other.click()
    assert re.search(r"#story-\d+$", page.url) and not page.url.endswith(f"#story-{number}")
    page.locator(".chosen .row button").click()
    assert "#" not in page.url
    page.evaluate("location.hash = '#no-story'")
    page.locator(".noise.open").wait_for()
    page.evaluate("location.hash = '#story-999'")
    assert page.troubles == []


def test_choosing_tells_the_other_views_and_what_they_choose_is_shown(page, stories):
    page.evaluate(LISTEN)
    button = page.locator(".row button").first
    button.click()
    number = story_with(stories, "Flood in the old harbour rises")
    assert page.evaluate("told") == [{"story": number, "document": None, "source": "list"}]
    page.locator(".open .line").nth(2).hover()
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told[1]") | {"document": ""} == {"story": number, "document": "", "source": "list"}
    assert page.evaluate("told[1].document") == page.locator(".open .line").nth(2).get_attribute("data-document")
    button.click()
    assert page.evaluate("told.at(-1).story") is None
    documents = stories.documents
    row = documents["title"].tolist().index("Fans sing all night")
    cup = int(stories.labels[row])
    page.evaluate(SAY, {"story": cup, "document": f"d{documents['id'][row]}", "source": "map"})
    assert page.locator(".story").first.locator("h3").text_content() == stories.table["title"][cup]
    assert page.locator(".sought").text_content().endswith("%") and page.url.endswith(f"#story-{cup}")
    assert page.locator(".chosen .lines > .line").first.locator(".headline").text_content() == "Fans sing all night"
    page.evaluate(SAY, {"story": -1, "document": None, "source": "tree"})
    assert page.locator(".chosen h3").text_content() == "In no story"
    page.evaluate(SAY, {"story": None, "document": None, "source": "map"})
    assert page.locator(".chosen").count() == 0 and "#" not in page.url
    page.evaluate(SAY, {"story": cup, "document": None, "source": "list"})
    assert page.locator(".chosen").count() == 0, "it never reacts to its own"
    assert page.troubles == []


def test_everything_can_be_done_by_keyboard_alone(page, stories):
    focused = "document.activeElement.textContent"
    page.locator("#the-stories").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Reverse"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == titles(page)[0]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert page.evaluate(focused) == titles(page)[0]
    page.keyboard.press("Enter")
    opened = page.locator(".story").first.locator(".row button")
    assert opened.get_attribute("aria-expanded") == "true"
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(focused))
    assert {"and 1 near-duplicate", "Link to this story", titles(page)[1]} <= reached
    page.keyboard.press("Shift+Tab")
    page.get_by_label("Filter").press("a")
    page.get_by_label("Filter").press("Escape")
    assert page.get_by_label("Filter").input_value() == "" and len(titles(page)) == 3


def test_what_is_left_out_is_said_with_where_the_rest_is(tmp_path, stories, open_page):  # noqa: F811
    nb = notebook(browser_cell(stories, most_bytes=1500))
    page = open_page(rendered(tmp_path, nb))
    assert re.search(r"holds \d+ of 22 headlines.*clusters\.csv", page.locator(".notes").text_content())
    page.locator(".row button").first.click()
    assert re.search(
        r"\d less certain headlines are left out here.*clusters\.csv", page.locator(".panel").text_content()
    )


def test_long_lists_come_in_parts_and_the_focus_stays_in_them(tmp_path, stories, open_page):  # noqa: F811
    n = 400
    many = SimpleNamespace(
        documents=pd.DataFrame(
            {
                "id": range(2 * n),
                "title": [f"Headline {i}" for i in range(2 * n)],
                "text": "",
                "url": "",
                "publisher": "",
                "published_at": "",
            }
        ),
        labels=np.append(np.repeat(np.arange(130), 3), np.full(2 * n - 390, 0)),
        assigned=np.zeros(2 * n, bool),
        clustering=SimpleNamespace(probabilities=np.ones(2 * n)),
        vote=SimpleNamespace(share=np.full(2 * n, np.nan), support=np.zeros(2 * n), nearest=np.full(2 * n, -1)),
        repeats=np.arange(2 * n),
    )
    sizes = np.bincount(many.labels)
    many.table = pd.DataFrame({"size": sizes, "title": [f"Story {i}" for i in range(130)], "keywords": "", "topic": -1})
    page = open_page(rendered(tmp_path, notebook(browser_cell(many))))
    assert page.locator(".story").count() == 25
    page.get_by_role("button", name="Show 100 more").click()
    assert page.locator(".story").count() == 125 and page.evaluate("document.activeElement.textContent") == "Story 25"
    page.get_by_role("button", name="Show all 130 entries").click()
    assert page.locator(".story").count() == 130
    page.locator(".row button").first.click()
    assert page.locator(".line").count() == 60
    page.get_by_role("button", name="Show 240 more of 413").click()
    assert page.locator(".line").count() == 300
    page.evaluate(SAY, {"story": 129, "document": None, "source": "map"})
    assert page.locator(".story").first.locator("h3").text_content() == "Story 129" and page.troubles == []


def test_on_paper_stories_come_with_their_headlines_and_without_controls(page, stories):
    page.locator(".row button").nth(1).click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert (
        page.locator(".nc-stories").locator("input:visible, select:visible, .row + .panel:not(.paper):visible").count()
        == 0
    )
    assert [page.locator(".story").nth(i).locator(".paper > .lines > .line:visible").count() for i in (0, 1, 2)] == [
        5,
        6,
        3,
    ]
    assert page.locator(".story").first.locator(".paper").text_content().endswith("and 4 others")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".paper").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_a_checker_of_accessibility_finds_nothing_serious(report, open_page, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core to check with")
    page = open_page(report, width=width, scheme=scheme, touch=width < 600)
    page.get_by_label("Filter").fill("o")
    for nth in (0, 1, -1):
        page.locator(".row button").nth(nth).click()
    page.get_by_role("button", name="and 1 near-duplicate").click()
    found = axe.Axe().run(page, context=".the-stories").response["violations"]
    assert [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
