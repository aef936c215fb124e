from __future__ import annotations

import html as html_module
import json
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from browser import open_page, settle  # noqa: F401  (a fixture)
from newsclust.errors import NewsclustError
from newsclust.run.parameters import Parameters
from newsclust.run.record import Record
from newsclust.show.figures import story_sizes
from newsclust.show.map_figure import story_map
from newsclust.show.page import render_report

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
BREAKOUT = "</script><!-- <script>alert(3)</script>"
BREAKING_NEWS = "Ministers & envoys <b>meet</b> again in the town, over an old quarrel"
RUNS = """<table class="runs sortable filterable"><thead><tr><th>map</th><th>run</th><th>noise</th></tr>
</thead><tbody>
<tr><td></td><th><a href="b%3D10/report.html">b=10</a></th><td>30.0%</td></tr>
<tr><td></td><th><a href="b%3D9/report.html">b=9</a> recommended</th><td>–</td></tr>
<tr><td></td><th><a href="a%3D1/report.html">a=1</a></th><td>5.1%</td></tr>
</tbody></table><script>document.body.textContent = ""</script>"""
PARAMETERS = Parameters(data=ATTACK, min_samples=4, cluster_selection_epsilon=0.25, seed=None).model_dump()
METRICS = {
    "n_documents": 12_345,
    "n_clusters": 1_234,
    "noise_fraction": 0.204,
    "size_median": 6.5,
    "subsample_stability": 0.84,
    "ami": None,
    "size_max": 321,
    "relative_validity": 0.125,
    "dbcv": None,
    "silhouette": 0.5,
    "ari": 0.25,
    "seconds": {"embed": 12.34, "cluster": 0.5},
}
PROVENANCE = {
    "data": f"{ATTACK}: 12,345 rows",
    "data fingerprint": "a0b1c2d3e4f50617",
    "seed": 20240501,
    "stages": {"embed": {"seconds": 12.34, "peak MiB": 1024, "computed": True}, "cluster": {"seconds": 0.5}},
    "versions": {"numpy": "2.0.0"},
    "finished": "2024-01-01T12:00:00+00:00",
    "command": "newsclust run params/grid.yaml",
}


def headlines(n: int = 500, stories: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    labels = np.minimum(rng.geometric(0.08, size=n) - 1, stories - 1)
    labels[::5] = -1
    places = rng.normal(size=(stories, 2))[labels] * 6 + rng.normal(size=(n, 2)) * 0.3
    points = pd.DataFrame(places, columns=["x", "y"]).assign(cluster=labels, publisher="The <b>Bugle</b>")
    points["title"] = [f"Headline {i}: ministers meet again over an old quarrel about fish" for i in range(n)]
    points["url"] = [("https://a.example/?id={}", "javascript:alert({})", "")[i % 3].format(i) for i in range(n)]
    points.loc[points.index % 50 == 1, "title"] = ATTACK
    points.loc[points.index % 50 == 2, "title"] = BREAKOUT
    points["story"] = "A story called " + points["cluster"].astype(str) + " with an unreasonably long name"
    points.loc[points["cluster"] == 0, "story"] = ATTACK
    return points


def figure_output(fig):
    from plotly.io import renderers

    return new_output("display_data", renderers["plotly_mimetype"].to_mimebundle(fig.to_dict()))


def html_output(markup: str):
    return new_output("execute_result", {"text/html": markup, "text/plain": "the same as text"})


def make_notebook(*more_cells):
    points = headlines()
    topics = points[points["cluster"] >= 0].groupby("cluster").agg(size=("x", "size"), title=("story", "first"))
    topics.loc[1, "title"] = BREAKING_NEWS
    bar, note = "\r50%|#####     | a progress bar", f"Note: {ATTACK} has\u202e no dates.\n"
    stderr = new_output(
        "stream", name="stderr", text=f"SomeWarning: old\n{bar}{note}{bar}\r100%|####| a progress bar\n"
    )
    widget = new_output(
        "display_data",
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "a widget"},
    )
    return new_notebook(
        cells=[
            new_markdown_cell("# The `stories`\n\nWhat the news were about."),
            new_code_cell("%pip install newsclust", metadata={"tags": ["colab"]}),
            new_code_cell("min_samples = 5", metadata={"tags": ["parameters"]}),
            new_code_cell("min_samples = 3", metadata={"tags": ["injected-parameters"]}),
            new_code_cell("check()", metadata={"tags": ["hide-report"]}, outputs=[stderr]),
            new_markdown_cell("# First section"),
            new_code_cell("story_map(points)", outputs=[stderr, widget, figure_output(story_map(points))]),
            new_code_cell("story_sizes(topics)", outputs=[figure_output(story_sizes(topics))]),
            new_code_cell("topics.head()", outputs=[html_output(topics.head()._repr_html_())]),
            new_code_cell("run_table(runs)", outputs=[html_output(RUNS)]),
            new_code_cell("points.title[1]", outputs=[new_output("execute_result", {"text/plain": ATTACK})]),
            *more_cells,
        ],
        metadata={"language_info": {"name": "python"}},
    )


def write(folder, nb):
    nbformat.write(nb, folder / "run.ipynb")
    return folder / "run.ipynb"


def leave_record(folder, parameters=PARAMETERS):
    """What a run leaves beside its notebook."""
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    (folder / "provenance.json").write_text(json.dumps({"parameters": parameters, "provenance": PROVENANCE}))


def rendered(folder, nb, **keywords) -> str:
    return render_report(write(folder, nb), folder / "report.html", **keywords).read_text(encoding="utf-8")


def body(page: str) -> str:
    """The page as a reader gets it, without plotly's script and the report's own."""
    return re.sub(r"<script nonce.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    leave_record(folder)
    return render_report(write(folder, make_notebook()), folder / "deep" / "report.html")


@pytest.fixture(scope="module")
def page(report):
    return report.read_text(encoding="utf-8")


def test_report_holds_plotly_once_and_stays_under_6_mib(report, page):
    assert page.count("plotly.js v") == 1
    assert report.stat().st_size < 6 * 2**20


def test_second_copy_of_plotly_in_an_output_is_left_out(tmp_path):
    from plotly.offline import get_plotlyjs

    nb = make_notebook(new_code_cell("show()", outputs=[html_output(f"<div><script>{get_plotlyjs()}</script></div>")]))
    assert rendered(tmp_path, nb).count("plotly.js v") == 1


def test_report_asks_the_network_for_nothing(page):
    loads = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"?([^\" >]+)", body(page))
    assert [address for address in loads if not address.startswith("data:")] == []
    assert "requirejs" not in body(page) and "mathjax.js" not in body(page).lower()


def text_of(page) -> str:
    return re.sub(r"\s+", " ", html_module.unescape(re.sub(r"<[^>]+>", " ", body(page))))


def test_parameters_key_figures_and_provenance_are_laid_out(page):
    in_order = ["20.4%", "More figures", "Map of 500 headlines", "data <script>", "min_samples 4"]
    in_order += ["cluster_selection_epsilon 0.25", "seed none", "All parameters", "n_neighbors 80", "First section"]
    in_order += [
        "Data fingerprint a0b1c2d3e4f50617",
        "Seed 20240501",
        "peak MiB",
        "embed 12.34 1024 yes",
        "cluster 0.5",
    ]
    in_order += ["numpy 2.0.0", "Command newsclust run params/grid.yaml"]
    text = text_of(page)
    assert [shown for shown in in_order if shown not in text] == []
    assert [*map(text.index, in_order)] == sorted(map(text.index, in_order))


def test_numbers_are_those_of_metrics_json_as_they_are_written_everywhere(page):
    figures = Record({}, METRICS, {}).figures
    assert ("of the documents in no story (noise)", "20.4%") in figures and not any(
        "nan" in text for _, text in figures
    )
    for name, text in figures[:6]:
        assert f"<dt>{name}</dt><dd>{text}</dd>" in page
    rest = text_of(page).partition("More figures")[2]
    assert [f"{name} {text}" for name, text in figures[6:] if f"{name} {text}" not in rest] == []


def test_defaults_are_folded_and_a_run_of_defaults_says_so(tmp_path):
    leave_record(tmp_path, Parameters().model_dump())
    page = rendered(tmp_path, new_notebook())
    assert "All at their defaults." in page and "All parameters" in page and "<code>k</code>" not in page


def test_a_notebook_without_files_beside_it_shows_what_papermill_was_given_and_no_numbers(tmp_path):
    nb = new_notebook(metadata={"papermill": {"parameters": {"min_cluster_size": 12, "k": 50}}})
    page = rendered(tmp_path, nb)
    assert re.search(r"min_cluster_size</code></dt><dd>12<", page) and "<code>k</code>" not in page
    assert "Key figures" not in page and "How this was made" not in page


@pytest.mark.parametrize(("end", "is_own"), [("12:00:05.1", True), ("11:59:59", False)])
def test_numbers_of_another_run_in_the_same_folder_are_not_shown_as_this_ones(tmp_path, end, is_own):
    leave_record(tmp_path)
    papermill = {
        "start_time": "2024-01-01T11:00:00.5+00:00",
        "end_time": f"2024-01-01T{end}+00:00",
        "parameters": {"k": 7},
    }
    page = rendered(tmp_path, new_notebook(metadata={"papermill": papermill}))
    assert ("12,345" in page) == is_own and bool(re.search("<dd>7</dd>", page)) != is_own


def test_what_the_run_told_as_a_notice_stands_in_the_report_once(page):
    assert page.count("no dates.") == 1 and f"<li>{html_module.escape(ATTACK, quote=False)} has" in page


def test_setup_cells_progress_bars_and_foreign_warnings_are_left_out(page):
    for unread in ("pip install", "a progress bar", "a widget", "SomeWarning", "check()"):
        assert unread not in body(page)


def test_code_is_folded_and_its_colours_need_no_script(page):
    folds = re.findall(r"<details class=\"code\">", page)
    assert len(folds) == 6 and page.count("Parameters, as code") == 1
    parameters = re.sub(r"<[^>]+>", "", page[page.index("Parameters, as code") :])
    assert parameters.index("min_samples = 5") < parameters.index("min_samples = 3")


def test_the_only_map_stands_above_everything_but_the_key_figures(page):
    page = body(page)
    places = [*map(page.index, ['class="tiles"', 'id="the-map"', "kind-map", 'class="parameters"', "First section"])]
    assert places == sorted(places) and page.count('kind-map"') == 1
    link = page.index('<a href="#the-map">The map is at the top</a>')
    assert page.index("First section") < link < page.index("kind-bars")


def test_several_maps_stay_where_they_are(tmp_path):
    second = new_code_cell("story_map(others)", outputs=[figure_output(story_map(headlines(50)))])
    page = body(rendered(tmp_path, make_notebook(second)))
    assert "#the-map" not in page and page.index("First section") < page.index("kind-map")


SENTENCES = [
    "50 clusters of 659 documents; 39.8% are noise.",
    "0 noise headlines assigned, 262 left as noise.\n",
    "659 documents with 80 neighbours each; median distance\nto the nearest: 0.937. Search: exact.",
    "No story (really <b>none</b>) was found.",
]
NOT_SENTENCES = [
    "Parameters(data='sample', k=50)",
    "  a  b\n0 1  2.",
    "first\nsecond\nthird.",
    "Read.",
    "Reading the first of the files took 12 seconds.\nReading the second of the files took 9 seconds.",
    "One paragraph of text.\n\nAnother paragraph.",
    "['a list', 'of words.']",
]


@pytest.mark.parametrize("text", SENTENCES + NOT_SENTENCES)
@pytest.mark.parametrize("printed", [True, False])
def test_a_result_told_in_a_sentence_reads_as_one(tmp_path, text, printed):
    output = (
        new_output("stream", name="stdout", text=text)
        if printed
        else new_output("execute_result", {"text/plain": text})
    )
    page = rendered(tmp_path, new_notebook(cells=[new_code_cell("x", outputs=[output])]))
    assert ('<pre class="text">' in body(page)) == (text in NOT_SENTENCES)
    if text in SENTENCES:
        assert f'<p class="told">{html_module.escape(text.strip())}</p>' in page


def test_cells_marked_as_hidden_are_left_out_prose_too(tmp_path):
    hidden = {"tags": ["hide-report"]}
    cells = [new_markdown_cell("Only in the notebook", metadata=hidden), new_code_cell("secret()", metadata=hidden)]
    page = body(rendered(tmp_path, new_notebook(cells=cells)))
    assert "Only in the notebook" not in page and "secret" not in page


def test_only_tables_of_more_than_40_rows_scroll(tmp_path):
    frames = [pd.DataFrame({"n": range(rows)}) for rows in (40, 41)]
    cells = [new_code_cell("x", outputs=[html_output(frame._repr_html_())]) for frame in frames]
    page = rendered(tmp_path, new_notebook(cells=cells))
    assert re.findall(r'<div[^>]*class="(table[^"]*)"', page) == ["table", "table long"]


def test_page_has_one_title_and_a_way_past_it(page):
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["The stories"]
    assert re.search(r"<h2[^>]*>First section</h2>", page)
    assert '<html lang="en">' in page and 'href="#main"' in page and 'id="main"' in page


def test_given_title_leads_and_the_notebooks_own_stays_above_it(tmp_path):
    page = rendered(tmp_path, make_notebook(), title="min_samples=3 & more")
    assert "<h1>min_samples=3 &amp; more</h1>" in page and '<p class="kicker">The stories</p>' in page


def test_figures_come_with_words_and_a_table(page):
    labels = re.findall(r"<figure [^>]*aria-label=\"([^\"]+)\"", page)
    assert len(labels) == 2 and labels[0].startswith("Map of 500 headlines")
    assert page.count("Show as table") == 2
    assert re.search(
        r'<th scope="row"><div [^>]*>In no story</div></th>\s*<td class="short number"><div [^>]*>100<', page
    )


def test_attack_in_data_cannot_leave_its_script_element(page):
    scripts = re.findall(r'<script type="application/json">(.*?)</script>', page, flags=re.DOTALL)
    assert len(scripts) == 2
    assert all(not set("<>&") & set(script) for script in scripts)


def test_attack_appears_as_text_wherever_it_is_shown(page):
    assert "<img" not in body(page) and "<script>" not in body(page)
    assert body(page).count(html_module.escape(ATTACK, quote=False)) >= 3


def test_scripts_and_handlers_in_html_outputs_are_removed(tmp_path):
    markup = '<b onclick="alert(1)">bold</b><script>alert(2)</script><iframe src="https://example.org"></iframe>'
    page = body(rendered(tmp_path, make_notebook(new_code_cell("x", outputs=[html_output(markup)]))))
    assert "<b>bold</b>" in page and "alert(2)</script>" not in page and "iframe" not in page


def test_pandas_tables_have_one_header_row_that_screen_readers_understand(tmp_path):
    frame = pd.DataFrame({"size": [3]}, index=pd.Index([0], name="cluster"))
    page = rendered(tmp_path, new_notebook(cells=[new_code_cell("x", outputs=[html_output(frame._repr_html_())])]))
    assert re.search(r'<th class="number" scope="col">cluster</th>\s*<th class="number" scope="col">size</th>', page)
    assert 'border="1"' not in page and page.count("<tr") == 2


def test_failed_run_says_so_first(tmp_path):
    failure = new_output(
        "error",
        ename="InputError",
        evalue=f"No column {ATTACK}.",
        traceback=["\x1b[31mNo column <b>\x1b[0m"],
    )
    nb = make_notebook(new_code_cell("score()", metadata={"tags": ["hide-report"]}, outputs=[failure]))
    leave_record(tmp_path)  # of an earlier run
    page = body(rendered(tmp_path, nb))
    message = f"<p>No column {html_module.escape(ATTACK, quote=False)}.</p>"
    assert page.count(message) == 2 and page.index("This run failed") < page.index("kind-map")
    assert "12,345" not in page, "numbers of another run"
    assert 'href="#failure"' in page and 'id="failure"' in page and "No column &lt;b&gt;" in page


def test_papermills_own_error_banner_is_not_repeated(tmp_path):
    banner = new_markdown_cell(
        "<span>An Exception was encountered</span>", metadata={"tags": ["papermill-error-cell-tag"]}
    )
    assert "An Exception" not in rendered(tmp_path, new_notebook(cells=[banner]))


def test_same_notebook_gives_the_same_bytes(tmp_path, report):
    assert render_report(report.parents[1] / "run.ipynb", tmp_path / "again.html").read_bytes() == report.read_bytes()


def test_broken_rendering_leaves_the_old_report_and_no_litter(tmp_path, monkeypatch):
    old = tmp_path / "report.html"
    old.write_text("the old report")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        render_report(write(tmp_path, new_notebook()), old)
    assert old.read_text() == "the old report"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "run.ipynb"]


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"cells": 3, "nbformat": 4, "nbformat_minor": 5}'])
def test_unreadable_notebook_is_named_in_one_sentence(tmp_path, content):
    path = tmp_path / "lost.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NewsclustError, match=r"lost\.ipynb") as error:
        render_report(path, tmp_path / "report.html")
    assert "\n" not in str(error.value) and not (tmp_path / "report.html").exists()


# In a browser --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desktop(open_page, report):  # noqa: F811
    return open_page(report, width=1400)


@pytest.fixture(scope="module")
def phone(open_page, report):  # noqa: F811
    return open_page(report, width=400, height=800, scheme="dark", touch=True)


@pytest.fixture(params=["desktop", "phone"])
def either(request):
    return request.getfixturevalue(request.param)


def count_points(view) -> int:
    return view.locator(".kind-map .scatterlayer path.point").count()


def test_report_opens_offline_with_its_map_drawn(either):
    assert count_points(either) == 500
    assert either.locator(".kind-bars .barlayer path").count() >= 20
    assert either.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert either.troubles == []


def test_list_of_stories_does_not_cover_the_map(either):
    plot, legend = (either.locator(f".kind-map {part}").bounding_box() for part in (".plot-area", ".legend"))
    assert legend["x"] >= plot["x"] + plot["width"] or legend["y"] >= plot["y"] + plot["height"]
    assert plot["height"] >= 400


@pytest.mark.parametrize("attack", [ATTACK.partition("<img")[0], BREAKOUT])
def test_hover_shows_an_attack_as_text_and_runs_nothing(desktop, attack):
    desktop.evaluate(
        """(attack) => {
            const map = document.querySelector(".kind-map .plot-area");
            const escaped = attack.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
            const curve = map.data.findIndex((trace) => trace.text.some((text) => text.includes(escaped)));
            const point = map.data[curve].text.findIndex((text) => text.includes(escaped));
            Plotly.Fx.hover(map, [{curveNumber: curve, pointNumber: point}]);
        }""",
        attack,
    )
    label = desktop.locator(".kind-map .hoverlayer", has_text=attack)
    label.wait_for(state="attached")
    assert "The <b>Bugle</b>" in label.text_content()
    assert desktop.troubles == []


CLICK = """(has) => {
    const map = document.querySelector(".kind-map .plot-area");
    const curve = map.data.findIndex((trace) => trace.customdata?.some(([, , url]) => Boolean(url) === has));
    const point = map.data[curve].customdata.findIndex(([, , url]) => Boolean(url) === has);
    map.emit("plotly_click", { points: [{ customdata: map.data[curve].customdata[point] }] });
}"""


def test_a_click_on_the_map_opens_the_article_where_it_has_a_web_address(desktop, phone):
    assert "javascript:" not in desktop.locator(".kind-map script").text_content()
    with desktop.context.expect_page() as opened:
        desktop.evaluate(CLICK, False)
        desktop.evaluate(CLICK, True)
    assert opened.value.evaluate("opener") is None and len(desktop.context.pages) == 2
    opened.value.close()
    phone.evaluate(CLICK, True)
    assert len(phone.context.pages) == 1, "the first tap lets one read the headline"
    with phone.context.expect_page() as opened:
        phone.evaluate(CLICK, True)
    opened.value.close()
    assert "Click a headline" in desktop.locator(".kind-map figcaption").text_content()
    for view in (desktop, phone):
        view.keyboard.press("Escape")
        view.wait_for_function("!document.querySelector('.kind-map .plot-area').data.at(-1).x.length")


def test_headline_fits_the_phone_it_is_tapped_on(phone):
    phone.locator(".kind-map .plot-area").scroll_into_view_if_needed()
    spot = phone.locator(".kind-map .scatterlayer path.point").last.bounding_box()
    phone.touchscreen.tap(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    label = phone.locator(".kind-map .hoverlayer .hovertext")
    label.wait_for()
    box = label.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400


def test_noise_can_be_switched_off_with_the_keyboard(desktop):
    box = desktop.get_by_label(re.compile("In no story"))
    box.focus()
    desktop.keyboard.press("Space")
    assert count_points(desktop) == 400
    desktop.get_by_role("button", name="Hide all").click()
    assert count_points(desktop) == 0
    desktop.get_by_role("button", name="Show all", exact=True).click()
    assert count_points(desktop) == 500 and box.is_checked()


def test_table_sorts_by_a_click_on_its_header(desktop):
    assert desktop.locator("th button").all_text_contents() == ["run", "noise"]
    links = desktop.locator(".runs tbody a")
    expected = {
        ("run", "Enter"): [["a=1", "b=9", "b=10"], ["b=10", "b=9", "a=1"]],
        ("noise", "Space"): [["a=1", "b=10", "b=9"], ["b=10", "a=1", "b=9"]],  # b=9 has none
    }
    for (column, key), orders in expected.items():
        head = desktop.locator(".runs th", has_text=column).first
        for direction, runs in zip(("ascending", "descending"), orders, strict=True):
            head.get_by_role("button").press(key)
            assert head.get_attribute("aria-sort") == direction and links.all_text_contents() == runs
    assert desktop.locator("[aria-sort]").count() == 1


def test_runs_can_be_filtered_by_any_words_in_a_row(desktop):
    box, rows = desktop.get_by_label("Filter"), desktop.locator(".runs tbody tr")
    for typed, left in (("B= Recomm", 1), ("b=", 2), ("nowhere", 0), ("", 3)):
        box.fill(typed)
        assert rows.locator("visible=true").count() == desktop.locator(".runs tbody tr:not([hidden])").count() == left
        assert desktop.locator(".filter [role=status]").text_content() == f"{left} of 3 rows"


def test_headlines_above_the_bars_are_cut_only_where_the_phone_ends(desktop, phone):
    shown = [view.locator(".kind-bars .annotation-text", has_text="Ministers & env") for view in (desktop, phone)]
    assert shown[0].text_content() == BREAKING_NEWS
    shorter = shown[1].text_content()
    assert shorter.endswith("…") and BREAKING_NEWS.startswith(shorter[:-1]) and len(shorter) > 35
    for note in phone.locator(".kind-bars .annotation-text").all():
        box = note.bounding_box()
        assert box["x"] + box["width"] <= 390


def test_stories_beside_the_map_have_room_for_48_letters(desktop):
    name = desktop.locator(".legend span").nth(1).text_content()
    assert 32 < len(name) <= 48


def test_one_button_unfolds_all_code(desktop):
    code = desktop.locator("details.code pre").last
    button = desktop.get_by_role("button", name="Show all code")
    assert not code.is_visible()
    button.click()
    assert code.is_visible()
    button.click()
    assert not code.is_visible()


def test_figures_follow_the_readers_light_or_dark_theme(desktop):
    inks = set()
    for scheme in ("dark", "light"):
        desktop.emulate_media(color_scheme=scheme)
        settle(desktop)
        inks.add(desktop.evaluate("document.querySelector('.kind-bars .annotation-text').style.fill"))
    assert len(inks) == 2


def test_paper_gets_whole_figures_and_no_code(desktop):
    desktop.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    desktop.evaluate("dispatchEvent(new Event('beforeprint'))")
    desktop.emulate_media(media="print")
    assert not desktop.locator("details.code pre").first.is_visible()
    assert desktop.locator(".kind-map .main-svg").first.bounding_box()["width"] <= 680
    desktop.evaluate("dispatchEvent(new Event('afterprint'))")
    desktop.emulate_media(media="screen")
    assert desktop.locator(".kind-map .main-svg").first.bounding_box()["width"] > 680


def test_every_entry_of_the_contents_leads_to_a_place_on_the_page(tmp_path):
    headings = ["## `auto`, *and* why", "## C'est <b>tout</b> & more", "# Last"]
    html = rendered(tmp_path, make_notebook(*map(new_markdown_cell, headings)))
    soup = BeautifulSoup(html, "html.parser")
    links = soup.select("nav.contents a")
    assert [link.get_text() for link in links][:3] == ["The map", "First section", "auto, and why"]
    assert len(links) == 5 and all(soup.find(id=link["href"].removeprefix("#")) for link in links)
