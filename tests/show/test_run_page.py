"""The page of a run: made of its record alone, and in Chromium without a network what a reader does with it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from browser import open_page, settle  # noqa: F401  (a fixture)
from conftest import make_embeddings
from newsclust.arrivals.assigned import with_newcomers
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.errors import RunError
from newsclust.neighbors.layout import Layout
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.run.page_data import PART_FROM, _held, read_page_data, write_page_data
from newsclust.run.record import Record, finish, read_record
from newsclust.run.stored import read_results
from newsclust.show.run_page import write_page
from newsclust.stories.evidence import Evidence
from newsclust.stories.settings import choose_settings
from newsclust.stories.stories import find_stories

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
BREAKOUT = "</script><!-- <script>alert(3)</script> and \u2028 \"quotes\" & 'more' {{ 7 * 7 }}"
FORMULA = "=HYPERLINK(A1) says the harbour master of the flood"
#: Story by story its headlines, an hour apart, and the first day.
TOLD = {
    "flood": (
        "2024-03-01",
        [
            "Water over the harbour wall",
            "Harbour under water",
            FORMULA,
            "Flood in the old harbour rises",
            "Ferry stays in the harbour",
        ],
    ),
    "leaks": (
        "2024-03-03",
        [
            f"Edward Snowden {what}"
            for what in ("asks Russia for asylum", "leaves Hong Kong", "speaks at last in Moscow")
        ]
        + ["Snowden's editor tells how it began", "US wants Snowden, and says so again"],
    ),
    "copies": (
        "2024-03-05",
        [
            "Ministers agree on a new budget after a night of talks",
            "Ministers agree on new budget after a night of talks",
        ]
        + [
            "Ministers agree on a new budget after night of talks",
            "What the budget means",
            "Opposition calls budget weak",
        ],
    ),
    "chinese": ("2024-03-07", ["北京发生洪水灾害", "洪水在北京造成损失", "北京市长谈洪水", "专家谈北京洪水原因"]),
    "arabic": (
        "2024-03-08",
        [
            "الحكومة تعلن ميزانية جديدة",
            "حكومة لبنان تناقش الميزانية",
            "البرلمان يناقش ميزانية الحكومة",
            "ميزانية الحُكومة مرة أخرى",
        ],
    ),
    "cup": (
        "2024-03-28",
        ["Élan wins the cup in extra time", "Cup goes to Élan", "Fans of Élan sing all night", "AI picks the cup"],
    ),
}
ALONE = ["Lighthouse keeper retires", "A recipe for plum cake"]
PAPERS = ["Courier", "Daily & Press", "新闻报", "Sport Day"]
ADDRESSES = ["https://a.example/?a=1&b=2", "javascript:alert(4)", ""]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run's folder."""
    folder = tmp_path_factory.mktemp("run")
    rows = []
    for kind, (day, titles) in TOLD.items():
        for i, title in enumerate(titles):
            when = pd.Timestamp(day) + pd.Timedelta(hours=i + 1)
            rows.append((title, f"{PAPERS[i % 4]}", f"{when:%Y-%m-%dT%H:%M:%SZ}", ADDRESSES[i % 3], kind))
    rows += [(title, "", "", "", title) for title in ALONE]
    table = pd.DataFrame(rows, columns=["title", "publisher", "published_at", "url", "kind"])
    table.drop(columns="kind").to_csv(folder / "harbour news.csv", index=False)
    corpus = read_corpus(str(folder / "harbour news.csv"))
    kinds = dict(zip(corpus.row_ids, pd.factorize(table["kind"])[0], strict=True))
    rng = np.random.default_rng(0)
    vectors = np.array([np.eye(16)[kinds[i]] for i in corpus.documents["id"]])
    vectors += rng.normal(scale=0.03, size=vectors.shape) + 0.2
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    neighbors = find_neighbors(embeddings, 10)
    stories = find_stories(corpus, embeddings, neighbors, cluster(neighbors, 10, 2, 4))
    assert len(stories.table) == len(TOLD) and (stories.labels < 0).sum() == len(ALONE)
    turns = np.array([kinds[i] for i in corpus.documents["id"]]) * 2 * np.pi / 8
    places = np.column_stack([np.cos(turns), np.sin(turns)]) + rng.normal(scale=0.02, size=(len(turns), 2))
    layout = Layout(embeddings.ids, places.astype(np.float32), {"n_components": 2})
    settings = choose_settings(neighbors, Evidence(embeddings.vectors), 10, 2, 4)
    finish(corpus, embeddings, neighbors, Evidence(embeddings.vectors), settings, stories, layout, str(folder / "out"))
    return folder / "out"


@pytest.fixture(scope="module")
def page_file(run):
    return write_page(run)


@pytest.fixture
def page(page_file, open_page):  # noqa: F811
    yield (shown := opened(page_file, open_page))
    assert shown.troubles == []


def opened(file, open_page, **how):  # noqa: F811
    page = open_page(file, **how)
    page.wait_for_selector("html[data-ready]")
    return page


def search(page, text: str) -> str:
    page.fill("#q", text)
    page.wait_for_function("text => shown.query === text", arg=text)
    return page.locator("#status").text_content()


def titles(page) -> list[str]:
    return page.locator(".story:not(.none) h3").all_text_contents()


def story_of(page, word: str):
    return page.locator(".story", has=page.locator("h3", has_text=word)).first


def copied(page) -> list[list[str]]:
    """What the last copy put where one pastes from."""
    page.wait_for_function("window.lastCopy")
    return [line.split("\t") for line in page.evaluate("window.lastCopy").split("\n")]


def catch_copies(page) -> None:
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.lastCopy = text; }")


def test_the_page_is_made_of_the_record_alone(run, page_file, tmp_path):
    for name in ("page.json", "metrics.json", "provenance.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    assert write_page(tmp_path).read_bytes() == page_file.read_bytes()


def test_without_a_record_or_its_page_data_one_sentence_says_what_to_do(run, tmp_path):
    with pytest.raises(RunError, match="has no record of a finished run.*run it again"):
        write_page(tmp_path)
    for name in ("metrics.json", "provenance.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(RunError, match=r"holds no page\.json.*run it again"):
        write_page(tmp_path)
    (tmp_path / "page.json").write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        write_page(tmp_path)


def test_the_head_names_the_data_and_says_what_metrics_say(run, page):
    metrics = read_record(run).metrics
    assert page.locator("h1").text_content() == "harbour news" and page.title() == "harbour news: 6 stories"
    told = page.locator(".counts").text_content()
    assert f"{metrics['n_documents']} headlines by 4 publishers, 1 March to 28 March 2024: 6 stories." in told
    assert f"2 headlines ({metrics['noise_fraction']:.1%}) are in none." in told
    news = page.locator(".news")
    assert "1 new" in news.text_content()
    news.get_by_role("link").first.click()
    assert (
        "Élan" in page.locator(".story.open h3").text_content() or "up" in page.locator(".story.open h3").text_content()
    )


def test_what_is_new_is_marked_sorts_the_list_and_narrows_it(page):
    page.select_option("#sort", "news")
    assert page.locator(".story").first.locator(".badge").text_content() == "new"
    page.get_by_role("button", name="Only these").click()
    assert len(titles(page)) == 1 and page.evaluate("shown.passing") == 4


@pytest.mark.parametrize(
    ("query", "n_stories", "n_headlines"),
    [
        ("edward", 1, 3),
        ('"edward snowden"', 1, 3),
        ("snowden edward", 1, 3),
        ("snow", 1, 5),
        ("nowden", 0, 0),
        ("elan", 1, 3),
        ("ai", 1, 1),
        ("洪水", 1, 4),
        ("حكومة", 1, 4),
        ("ميزانية", 1, 4),
        ("plum", 0, 1),
        ("#1", 1, 5),
    ],
)
def test_search_finds_words_from_their_start_phrases_and_scripts_without_spaces(page, query, n_stories, n_headlines):
    status = search(page, query)
    assert len(titles(page)) == n_stories, status
    assert (
        page.evaluate("shown.passing") == n_headlines and page.evaluate("pass.reduce((a, b) => a + b)") == n_headlines
    )


def test_the_best_match_stands_first_with_the_headlines_that_match(page):
    search(page, "harbour")
    assert page.input_value("#sort") == "match" and "arbour" in page.locator(".story").first.text_content()
    assert page.locator(".story").first.locator(".hits mark").first.text_content().lower() == "harbour"
    page.get_by_role("button", name=re.compile("Remove filter")).click()
    assert len(titles(page)) == 6 and page.input_value("#sort") == "size"


def test_coverage_says_who_reported_was_first_and_left_out_and_a_name_narrows_the_list(run, page):
    rows = pd.read_csv(run / "clusters.csv", keep_default_na=False)
    rows = rows[rows["cluster"] >= 0]
    assert page.locator("nav a").all_text_contents()[-2:] == ["Coverage", "How it was made"]
    first = rows.sort_values("published_at").groupby("cluster")["publisher"].first()
    for row in page.locator(".covered tbody tr").all():
        name, n, n_first, left_out = row.locator("th, td").all_text_contents()
        theirs = set(rows.loc[rows["publisher"] == name.strip(), "cluster"])
        assert int(n) == len(theirs) and int(n_first) == (first == name.strip()).sum()
        links = row.locator("td a").evaluate_all("all => all.map((one) => one.hash)")
        assert {int(link.removeprefix("#story-")) for link in links} == set(rows["cluster"]) - theirs
        assert bool(links) != (left_out.strip() == "none")
    page.locator(".covered button").first.click()
    assert page.evaluate("D.publishers[shown.publisher]") == page.locator(".covered button").first.text_content()


def test_who_printed_the_same_words_is_found_by_name_and_sources_are_said(run, tmp_path, open_page):  # noqa: F811
    for name in ("metrics.json", "provenance.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    data = read_page_data(run)
    story = data["stories"]["title"].index(next(title for title in data["stories"]["title"] if "udget" in title))
    data["publishers"].append("Evening Star")
    place = data["headlines"]["story"].index(story)
    data["headlines"]["also"] = [[place, len(data["publishers"]) - 1]]
    data["sources"], data["stories"]["source"][story] = [["Reuters", 1200], ["AP", 2]], "AP, Reuters"
    write_page_data(tmp_path, data)
    page = opened(write_page(tmp_path), open_page)
    assert "Sources that headlines name: Reuters 1,200, AP 2." in " ".join(
        page.locator("#coverage").text_content().split()
    )
    page.select_option("#publisher", label="Evening Star")
    assert len(titles(page)) == 1 and page.evaluate("shown.passing") == 1
    page.locator(".story h3 button").first.click()
    told = page.locator(".story .told").first.text_content()
    assert "3 independent reports (2 copies folded); source named: AP, Reuters. " in told


def test_of_three_hundred_publishers_twelve_are_shown_and_without_any_there_is_no_coverage(tmp_path, open_page):  # noqa: F811
    data = read_page_data_of(24, 12, tmp_path)
    told = [{"publisher": k, "stories": 2, "first_with": 0, "left_out": [0, 1, 0, 1, 0]} for k in range(12)]
    write_page_data(tmp_path, data | {"coverage": told})
    page = opened(write_page(tmp_path), open_page)
    section = page.locator("#coverage").text_content()
    assert "288 other publishers not shown" in section and section.count("and 2 more") == 12
    write_page_data(tmp_path, data | {"coverage": []})
    page = opened(write_page(tmp_path), open_page)
    assert page.locator("#coverage, nav a[href='#coverage']").count() == 0


def test_hostile_texts_are_text_wherever_they_stand(run, tmp_path, open_page, monkeypatch):  # noqa: F811
    for name in ("metrics.json", "provenance.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    data = read_page_data(run)
    held, stories = data["headlines"], data["stories"]
    held["title"] = "\n".join([HOSTILE, BREAKOUT, *held["title"].split("\n")[2:]])
    stories["title"], stories["keywords"] = [HOSTILE + "!", *stories["title"][1:]], [BREAKOUT, *stories["keywords"][1:]]
    data["publishers"][0], stories["mark"][0] = HOSTILE, ["new", 5]
    data["topics"] = [topic | {"keywords": HOSTILE} for topic in data["topics"]]
    data["round_ups"] = [{"title": BREAKOUT, "language": "en", "stories": stories["number"][:3], "alike": 0.2}]
    write_page_data(tmp_path, data)
    pd.DataFrame({"line": [3], "reason": [HOSTILE], "text": [BREAKOUT]}).to_csv(tmp_path / "rejected.csv", index=False)
    monkeypatch.setattr("newsclust.show.run_page.name_of_data", lambda record: HOSTILE)
    page = opened(write_page(tmp_path, links={HOSTILE: "cluster.html"}), open_page)
    story = page.locator(".story").first
    story.locator("h3 button").click()
    assert story.locator("h3").text_content() == HOSTILE + "!" and BREAKOUT in story.locator(".kw").text_content()
    assert story.locator(".heads .h").all_text_contents()[:2] == [HOSTILE, BREAKOUT]
    assert HOSTILE in page.locator("#coverage button").all_text_contents()
    named = page.locator("#doubts .placed li").last.text_content()
    assert BREAKOUT in named and HOSTILE[:20] in named and named.endswith(": a round-up of several?")
    search(page, "alert")
    assert page.locator("img").count() == 0 and page.locator("script").count() == 2
    assert "7 * 7" in page.locator("body").inner_text() and page.troubles == []


def test_headlines_link_to_web_addresses_alone(page):
    for word in ("nowden", "arbour"):
        story = story_of(page, word)
        story.locator("h3 button").click()
        links = story.locator(".heads a")
        found = links.evaluate_all("all => all.map((one) => [one.getAttribute('href'), one.rel])")
        assert found == [[ADDRESSES[0], "noopener noreferrer"]] * 2


def test_a_story_opened_says_who_had_it_first_by_time_or_by_certainty(page):
    story = story_of(page, "nowden")
    assert "first Courier" in story.locator(".facts").text_content()
    story.locator("h3 button").click()
    assert "First: Courier, 3 Mar 01:00 UTC. 5 headlines by 4 publishers" in story.locator(".told").text_content()
    times = story.locator(".heads time").evaluate_all("all => all.map(one => one.dateTime)")
    assert times == sorted(times) and times[0] == "2024-03-03T01:00Z"
    story.get_by_role("button", name="By certainty").click()
    sure = [int(text.removesuffix(" %")) for text in story.locator(".heads .c").all_text_contents()]
    assert sure == sorted(sure, reverse=True)
    assert "Near:" in story.text_content() and "Separation" in story.text_content()


@pytest.mark.parametrize("has_timeline", [True, False])
def test_days_have_years_where_any_headline_is_of_another_year(has_timeline, run, tmp_path, open_page):  # noqa: F811
    for name in ("metrics.json", "provenance.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    data = read_page_data(run)
    at, time = data["headlines"]["title"].split("\n").index("Harbour under water"), data["time"]
    for minute, year in ((data["headlines"]["minute"][at], ""), (25_861_740, " 2019")):  # 4 March 2019, 13:00
        data["headlines"]["minute"][at], data["time"] = minute, time if has_timeline else None
        write_page_data(tmp_path, data)
        page = opened(write_page(tmp_path), open_page)
        assert page.evaluate(f"saidDay(H.minute[{at}])") == (f"4 Mar{year}" if year else "1 Mar")
        if has_timeline:
            span = story_of(page, "arbour").locator(".when").text_content()
            assert span == ("4 Mar 2019 – 1 Mar 2024" if year else "1 Mar")


def test_near_copies_are_folded_and_unfold(page):
    story = story_of(page, "budget")
    story.locator("h3 button").click()
    assert "3 independent reports (2 near-copies folded)" in story.locator(".told").text_content()
    assert story.locator(".heads li").count() == 3
    fold = story.get_by_role("button", name="2 near-copies")
    fold.click()
    assert story.locator(".heads li").count() == 5 and fold.get_attribute("aria-expanded") == "true"
    fold.click()
    assert story.locator(".heads li").count() == 3


def test_a_story_is_copied_as_a_table_in_which_nothing_is_a_formula(page):
    catch_copies(page)
    story = story_of(page, "arbour")
    story.locator("h3 button").click()
    story.get_by_role("button", name="Copy as table").click()
    head, *rows = copied(page)
    assert head == ["story", "title of the story", "headline", "publisher", "time (UTC)", "certainty", "address"]
    assert len(rows) == 5 and {len(row) for row in rows} == {7} and [row[3] for row in rows][:2] == PAPERS[:2]
    assert "'" + FORMULA in [row[2] for row in rows] and rows[0][4] == "2024-03-01T01:00Z"


def test_publisher_day_and_topic_narrow_map_and_list_and_what_is_left_is_saved(page, tmp_path):
    page.select_option("#publisher", label="Courier")
    assert page.evaluate("shown.passing") == 9 and len(titles(page)) == 6
    assert page.locator(".story .size small").first.text_content().startswith("of ")
    page.fill("#from", "2024-03-05")
    page.fill("#to", "2024-03-07")
    assert sorted(titles(page))[-1] > "一" and len(titles(page)) == 2 and page.evaluate("shown.passing") == 3
    assert page.locator("#chips button").all_text_contents() == ["Courier ×", "5–7 Mar ×"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save CSV").click()
    download.value.save_as(tmp_path / "saved.csv")
    assert download.value.suggested_filename == "harbour news-selection.csv"
    rows = list(csv.DictReader(io.StringIO((tmp_path / "saved.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == 3 and {row["publisher"] for row in rows} == {"Courier"}


def test_an_area_of_the_map_narrows_the_list(page):
    page.get_by_role("button", name="Select an area").click()
    spots = page.evaluate(
        """() => { const box = canvas.getBoundingClientRect(), docs = STORIES[2].docs.map((i) => [X(i), Y(i)]);
        const [x, y] = [0, 1].map((k) => docs.map((spot) => spot[k]));
        const [l, r, t, b] = [Math.min(...x) - 8, Math.max(...x) + 8, Math.min(...y) - 8, Math.max(...y) + 8];
        return [[l, t], [r, t], [r, b], [l, b]].map(([p, q]) => [p + box.left, q + box.top]); }"""
    )
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()
    assert page.locator("#chips").text_content() == "area on the map ×"
    assert page.evaluate("STORIES[2].hits === STORIES[2].size && shown.passing < N")
    assert page.evaluate("STORIES[2].title") in titles(page)


def test_a_dot_lights_its_story_and_opens_it(page):
    x, y, title = page.evaluate(
        """() => { const {left, top} = canvas.getBoundingClientRect(), i = STORIES[1].middle;
        return [X(i) + left, Y(i) + top, STORIES[1].title]; }"""
    )
    page.mouse.move(x, y)
    assert page.locator(".story.lit h3").text_content() == title and page.locator("#tip").is_visible()
    page.mouse.click(x, y)
    assert page.locator(".story.open h3").text_content() == title and "#story-" in page.url


def test_links_lead_to_stories_and_back_leads_back(page_file, open_page):  # noqa: F811
    page = opened(page_file, open_page)
    page.goto(f"{page_file.as_uri()}#story-3")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#story-3.open .heads").is_visible()
    page.locator("#topics a, #doubts a, #time a").first.click()
    assert page.locator(".story.open").get_attribute("id") in page.url
    page.go_back()
    assert page.locator(".story.open").get_attribute("id") == "story-3"
    page.goto(f"{page_file.as_uri()}#story-999")
    assert "There is no story 999" in page.locator("#notice").text_content()
    assert page.troubles == []


def test_keys_search_open_and_close(page):
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator(".story h3 button").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == titles(page)[1]
    assert page.locator(".story.open").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".story.open").count() == 0


def test_headlines_carry_their_language_and_direction(page):
    story = story_of(page, "ميزانية")
    story.locator("h3 button").click()
    head = story.locator(".heads .h span").first
    assert head.get_attribute("lang") == "ar" and head.get_attribute("dir") == "auto"
    assert head.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_an_assignment_has_the_same_page_with_the_newcomers_marked(run, tmp_path, open_page):  # noqa: F811
    told = [("Harbour flood again", 0), ("Mayor walks through the harbour", 0), ("أخبار", -1)] + [
        (f"Comet over the town, part {k}", 6) for k in range(3)
    ]
    flood = next(k for k, title in enumerate(read_page_data(run)["stories"]["title"]) if "arbour" in title)
    number = read_page_data(run)["stories"]["number"][flood]
    documents = pd.DataFrame(
        {
            "title": [title for title, _ in told],
            "text": "",
            "description": "",
            "url": ["javascript:alert(1)", "https://b.example/2", "", "", "", ""],
            "publisher": ["Courier", "Night Mail", "", "", "Night Mail", "Courier"],
            "published_at": [f"2024-03-29T0{k}:00:00Z" for k in range(6)],
            "language": ["en", "en", "ar", "en", "en", "en"],
        }
    )
    newcomers = SimpleNamespace(
        is_known=np.zeros(6, dtype=bool),
        documents=documents,
        labels=np.array([number if story == 0 else story for _, story in told]),
        probability=np.linspace(0.5, 1, 6),
        emerging=pd.DataFrame({"title": ["Comet"], "keywords": ["comet"], "publishers": [2]}, index=[6]),
        coordinates=np.full((6, 2), 0.5, dtype=np.float32),
        run=SimpleNamespace(
            coordinates=np.array([[-1, -1], [1, 1]], dtype=np.float32),
            documents=(stored := read_results(run)).points,
            ids=stored.ids,
            labels=stored.labels,
        ),
    )
    write_page_data(tmp_path, with_newcomers(read_page_data(run), newcomers))
    counts = {"n_newcomers": 6, "n_joined": 2, "n_joined_stories": 1, "n_emerging": 1, "n_in_emerging": 3, "n_alone": 1}
    Record({"run": "reports/monday"}, counts, {"data": "tuesday.csv: 6 rows"}).write(tmp_path)
    page = opened(write_page(tmp_path), open_page)
    assert page.locator("h1").text_content() == "tuesday"
    assert "6 new headlines: 2 in 1 story, 3 in 1 emerging story, 1 in none." in page.locator(".counts").text_content()
    assert "Since monday:" in page.locator(".news").text_content()
    assert titles(page)[:2] == ["Comet", read_page_data(run)["stories"]["title"][flood]]
    assert page.locator(".badge").all_text_contents() == ["emerging", "2 new"]
    assert page.evaluate("FRESH.filter(Boolean).length") == 6
    page.locator("#story-6 h3 button").click()
    assert "First: Comet over" in page.locator(".told").text_content() and page.locator(".heads li").count() == 3
    story_of(page, "arbour").locator("h3 button").click()
    assert page.locator(".told").text_content().endswith("7 headlines by 5 publishers; 2 new. ")
    assert page.locator(".heads li").count() == 7
    assert page.troubles == []


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(page_file, open_page, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core to check with")
    page = opened(page_file, open_page, width=width, scheme=scheme, touch=width < 600)

    def violations():
        found = axe.Axe().run(page).response["violations"]
        return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]

    assert violations() == []
    search(page, "wall")
    story_of(page, "arbour").locator("h3 button").click()
    assert page.locator(".heads .out").count() == 4 and violations() == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 21, 24)"
    assert dark == (scheme == "dark") and page.troubles == []


def test_on_a_phone_the_list_comes_first_and_the_map_a_tap_away(page_file, open_page):  # noqa: F811
    page = opened(page_file, open_page, width=390, height=844, touch=True)
    assert page.locator(".story").first.bounding_box()["y"] < 600 and not page.locator("#map").is_visible()
    page.get_by_role("button", name="Map", exact=True).tap()
    assert page.locator("#map").is_visible() and not page.locator("#list").is_visible()
    assert page.evaluate("canvas.width > 300") and page.troubles == []


def test_no_request_leaves_the_page_and_none_could(page_file, open_page):  # noqa: F811
    page = open_page(page_file)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    search(page, "cup")
    page.locator(".story h3 button").first.click()
    assert asked == [page_file.as_uri()]
    assert page.troubles == []
    page.evaluate("fetch('https://example.org/').catch(() => {})")
    page.wait_for_function("true")
    assert any("Content Security Policy" in trouble for trouble in page.troubles)


def test_paper_holds_map_and_stories_on_few_pages(page, tmp_path):
    page.locator(".story h3 button").first.click()
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    pages = (tmp_path / "page.pdf").read_bytes().count(b"/Type /Page\n")
    assert 1 <= pages <= 8
    assert page.evaluate("colours.bg") == page.evaluate("style('--bg')")  # the screen's again


def test_without_dates_publishers_and_stories_the_page_is_still_a_page(tmp_path, open_page):  # noqa: F811
    data = read_page_data_of(12, 0, tmp_path)
    data |= {"time": None, "n_publishers": 0, "publishers": [], "topics": [], "placed": []}
    headlines = data["headlines"]
    headlines |= {"minute": [None] * 12, "publisher": [-1] * 12, "story": [-1] * 12}
    data["stories"] = {name: [] for name in data["stories"]}
    write_page_data(tmp_path, data)
    page = opened(write_page(tmp_path), open_page)
    assert page.locator("#publisher, #from, #time, .news").count() == 0
    page.locator(".none h3 button").click()
    assert page.locator(".heads li").count() == 12 and page.troubles == []


def read_page_data_of(n: int, each: int, folder) -> dict:
    """The page data of `n` made-up headlines, `each` in a story; the record of them is left in the folder."""
    rng = np.random.default_rng(0)
    words = np.array(
        [f"{a}{b}{c}" for a in "bcdfglmnprst" for b in "aeiou" for c in ("rk", "st", "n", "mble", "ck", "ss")]
    )
    told = [" ".join(rng.choice(words, 9)) for _ in range(n)]
    story = np.arange(n) // each if each else np.full(n, -1)
    sizes = np.bincount(story[story >= 0])
    size = sizes.tolist()
    columns = {
        "number": list(range(len(size))),
        "title": [told[np.flatnonzero(story == k)[0]] for k in range(len(size))],
        "keywords": [", ".join(rng.choice(words, 5)) for _ in size],
        "topic": [-1] * len(size),
        "size": size,
        "publishers": size,
        "reports": size,
        "mark": [None] * len(size),
        "near": [[[(k + 1) % len(size), 0.5]] for k in range(len(size))],
        "own": [0.5] * len(size),
        "next": [0.2] * len(size),
        "separation": [0.4] * len(size),
        "rival": [-1] * len(size),
        "doubt": [""] * len(size),
        "first": [int(np.flatnonzero(story == k)[0]) for k in range(len(size))],
    }
    minutes = (28_400_000 + rng.integers(0, 500_000, n)).tolist()
    data = {
        "n_documents": n,
        "n_alone": int((story < 0).sum()),
        "n_publishers": 300,
        "publishers": [f"Paper {k} Gazette" for k in range(300)],
        "topics": [],
        "time": None,
        "placed": [],
        "stories": columns,
        "headlines": {
            "n": n,
            "title": "\n".join(told),
            "summary": "",
            "url": "\n".join(f"https://paper{i % 300}.example/2024/{text[:40]}-{i}" for i, text in enumerate(told)),
            "story": story.tolist(),
            "publisher": rng.integers(0, 300, n).tolist(),
            "minute": minutes,
            "certainty": rng.integers(0, 101, n).tolist(),
            "assigned": [],
            "copies": [],
            "languages": ["en"],
            "language": [],
            "x": rng.integers(0, 9999, n).tolist(),
            "y": rng.integers(0, 9999, n).tolist(),
        },
    }
    metrics = {"n_documents": n, "n_clusters": len(size), "noise_fraction": float((story < 0).mean()), "seconds": {}}
    Record({"data": "made up"}, metrics, {"data": "made up: rows"}).write(folder)
    write_page_data(folder, data)
    return data


@pytest.mark.parametrize(("n", "most"), [(3_700, 5e6), (30_000, 12e6)])
def test_a_page_with_everything_stays_small_and_builds_what_is_asked_for(n, most, tmp_path, open_page):  # noqa: F811
    read_page_data_of(n, 12, tmp_path)
    file = write_page(tmp_path)
    assert file.stat().st_size < most
    page = opened(file, open_page)
    before = page.evaluate("document.querySelectorAll('*').length")
    assert before < 1500
    page.locator(".story h3 button").nth(2).click()
    assert page.locator(".heads li").count() == page.evaluate("BY_NUMBER.get(shown.open).size")
    assert page.evaluate("document.querySelectorAll('*').length") < before + 500 and page.troubles == []


def test_of_very_many_each_story_keeps_its_best_and_earliest_and_the_page_says_so(tmp_path, open_page):  # noqa: F811
    n, each = 60_000, 400
    rng = np.random.default_rng(0)
    place = np.append(np.repeat(np.arange(140), each), np.full(n - 140 * each, -1))
    stories = SimpleNamespace(
        assigned=np.zeros(n, dtype=bool),
        corrected=None,
        vote=SimpleNamespace(share=np.zeros(n)),
        clustering=SimpleNamespace(probabilities=rng.random(n)),
        documents=pd.DataFrame({"title": ["A headline of some length"] * n, "text": "", "url": "https://a.example/"}),
    )
    first = np.arange(140) * each + 7
    rows = _held(stories, place, first, 140)
    assert n >= PART_FROM and len(np.unique(rows)) == len(rows) == 140 * 20 + 2_000 and set(first) <= set(rows)
    for story in (0, 77, 139):
        held = rows[place[rows] == story]
        others = np.setdiff1d(np.arange(story * each, (story + 1) * each), held)
        best = stories.clustering.probabilities
        assert len(held) == 20 and np.sort(best[held])[1] > best[others].max()

    data = read_page_data_of(4_800, 20, tmp_path)
    data |= {"n_documents": n, "stories": data["stories"] | {"size": [each] * len(data["stories"]["size"])}}
    write_page_data(tmp_path, data)
    page = opened(write_page(tmp_path), open_page)
    assert "This page has 4,800 of the 60,000 headlines" in page.locator("#part").text_content()
    page.locator(".story h3 button").first.click()
    assert "of its 400 headlines" in page.locator(".panel").text_content() and page.troubles == []


def test_page_data_survives_json_and_holds_every_document_once(run):
    data = read_page_data(run)
    held = data["headlines"]
    lines = {name: held[name].split("\n") for name in ("title", "url")}
    assert {len(column) for column in lines.values()} == {held["n"]} == {data["n_documents"]}
    assert len(held["story"]) == len(held["minute"]) == len(held["x"]) == held["n"]
    assert sum(data["stories"]["size"]) + data["n_alone"] == held["n"]
    assert json.loads((run / "page.json").read_text(encoding="utf-8")) == data


def test_who_had_a_story_first_stands_first_in_its_list_also_within_a_minute(toy_model):
    rows = pd.read_csv(Path(nc.__file__).parent / "data/january.csv", dtype=str)
    seconds = np.random.default_rng(0).integers(0, 4, len(rows))
    rows.assign(published_at=[f"2024-01-05T10:00:0{second}Z" for second in seconds]).to_csv("mine.csv", index=False)
    nc.find("mine.csv", min_cluster_size=2, min_samples=1, output="out")
    data = read_page_data(Path("out"))
    places = data["headlines"]["story"]
    names = [data["publishers"][at] for at in data["headlines"]["publisher"]]
    told = pd.read_csv("out/stories.csv", index_col="cluster", keep_default_na=False)
    assert len(told) > 3
    for place, number in enumerate(data["stories"]["number"]):
        assert places.index(place) == data["stories"]["first"][place]
        assert names[places.index(place)] == told.loc[number, "first_publisher"]
