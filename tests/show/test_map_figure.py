from __future__ import annotations

import html
import json
import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plotly.validator_cache import ValidatorCache

from browser import boxes_of, open_page, overlapping, settle  # noqa: F401  (a fixture)
from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.show.drawing import story_mark
from newsclust.show.map_figure import map as story_map
from points import examples

#: plotly's numbers of the symbols, each three times: as a number, as text, by name.
RAW_SYMBOLS = ValidatorCache.get_validator("scatter.marker", "symbol").values

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def make_points(labels, dimensions: int = 2, seed: int = 0) -> pd.DataFrame:
    labels = np.asarray(labels, dtype=int)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(labels.max(initial=0) + 1, 1), dimensions)) * 6
    places = centres[np.maximum(labels, 0)] + rng.normal(size=(len(labels), dimensions)) * 0.3
    points = pd.DataFrame(places, columns=list("xyz")[:dimensions])
    points["cluster"] = labels
    points["title"] = [f"Headline {i} about something that happened" for i in range(len(labels))]
    points["story"] = [f"The story numbered {label}, told at some length" if label >= 0 else "" for label in labels]
    return points


def forty_stories(**keywords) -> pd.DataFrame:
    labels = np.minimum(np.random.default_rng(1).geometric(0.08, size=500) - 1, 39)
    labels[::5] = -1
    return make_points(labels, **keywords)


def alt_text(fig) -> str:
    return fig.sentence


def all_text(fig) -> list[str]:
    """Every string in the figure that plotly would draw."""
    found = []

    def walk(value):
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(json.loads(fig.to_json()))
    return found


@settings(deadline=None, derandomize=True, max_examples=examples(15))
@given(st.lists(st.integers(-1, 20), max_size=60), st.sampled_from([2, 3]))
def test_every_headline_is_drawn_exactly_once(labels, dimensions):
    points = make_points(labels, dimensions)
    (trace,) = story_map(points).data
    assert [text[:39] for text in trace.text or ()] == [title[:39] for title in points["title"]]
    assert len(trace.x) == len(points)
    assert np.array_equal(trace.customdata, points["cluster"])


def test_markup_in_a_headline_is_drawn_as_text():
    points = forty_stories()
    points["title"] = points["publisher"] = points["published_at"] = points["story"] = ATTACK
    for fig in (story_map(points), story_map(points.assign(z=0.0))):
        plotly_own = re.compile(r"</?(b|extra)>|<br>")
        for text in all_text(fig):
            assert "<" not in plotly_own.sub("", text), text
    assert html.unescape(story_map(points).data[0].text[0]) == ATTACK[:39] + "…"


def test_dollar_signs_are_not_taken_for_formulas():
    points = make_points([0, 0, 0]).assign(title="Costs rise from $5 to $6 million")
    text = story_map(points).data[0].text[0]
    assert "$" not in text and "from $5 to $6" in html.unescape(text)


def test_documents_that_their_neighbours_gave_a_story_are_hollow_which_the_sentence_says():
    points = forty_stories()
    points["assigned"] = (np.arange(500) % 7 == 0) & (points["cluster"] >= 0)
    fig = story_map(points)
    assert np.array_equal(np.asarray(fig.data[0].marker.symbol) >= 100, points["assigned"])
    assert f"{points['assigned'].sum():,}, drawn hollow, are HDBSCAN's noise" in alt_text(fig)
    assert "hollow" not in alt_text(story_map(forty_stories()))


def test_of_very_many_headlines_some_are_drawn_which_the_map_says_and_all_are_counted(monkeypatch):
    monkeypatch.setattr("newsclust.show.map_parts.DRAWN_POINTS", 20)
    points = make_points([0] * 60 + [1] * 30 + [-1] * 10)
    with pytest.warns(NewsclustWarning, match=r"draws 20 of the 100 headlines, evenly chosen; all .* in clusters\.csv"):
        fig = story_map(points)
    assert np.unique(fig.data[0].customdata, return_counts=True)[1].tolist() == [2, 12, 6]
    assert "Map of 100 headlines in 2 stories" in alt_text(fig)
    assert "20 of them, evenly chosen, are drawn" in alt_text(fig)
    assert len(story_map(points[:20]).data[0].x) == 20 and "drawn" not in alt_text(story_map(points[:20]))


def test_every_story_has_the_mark_of_its_number():
    (trace,) = story_map(make_points(np.repeat(np.arange(75), 3))).data
    scale = [colour for _, colour in trace.marker.colorscale]
    shapes = dict(zip(RAW_SYMBOLS[::3], RAW_SYMBOLS[2::3], strict=True))
    for cluster, colour, symbol in zip(trace.customdata, trace.marker.color, trace.marker.symbol, strict=True):
        assert (scale[colour], shapes[symbol]) == story_mark(cluster)


def test_of_two_stories_side_by_side_with_one_mark_the_smaller_is_outlined():
    points = make_points([0] * 5 + [64] * 3 + [128] * 3 + [1] * 3)
    points["x"], points["y"] = [0] * 5 + [1] * 3 + [50] * 3 + [2] * 3, 0.0
    (trace,) = story_map(points).data
    assert set(trace.customdata[np.asarray(trace.marker.line.width) > 0]) == {64}


def test_a_map_in_space_uses_the_shapes_that_plotly_draws_there():
    fig = story_map(make_points(np.repeat(np.arange(60), 3), dimensions=3))
    assert set(fig.data[0].marker.symbol) == {"circle", "square", "diamond", "cross"} and not fig.layout.annotations


def test_titles_of_the_largest_stories_stand_on_the_map_cut_at_words():
    points = make_points(np.repeat(np.arange(3), [9, 6, 3]))
    points["story"] = np.repeat(
        [ATTACK, "Short & sweet", "One two three four five six seven eight nine ten"], [9, 6, 3]
    )
    texts = [note.text for note in story_map(points).layout.annotations]
    assert texts[1:] == ["Short &amp; sweet", "One two three four five six<br>seven eight nine ten"]
    assert "<script" not in texts[0]


def test_a_big_map_is_drawn_by_webgl_and_a_spatial_one_in_3d():
    assert {trace.type for trace in story_map(forty_stories()).data} == {"scatter"}
    assert {trace.type for trace in story_map(make_points([0] * 3001)).data} == {"scattergl"}
    assert {trace.type for trace in story_map(forty_stories(dimensions=3)).data} == {"scatter3d"}


def test_map_has_no_axes_and_one_scale():
    layout = story_map(forty_stories()).layout
    assert not layout.xaxis.visible and not layout.yaxis.visible and layout.yaxis.scaleanchor == "x"
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_figures_say_in_words_and_numbers_what_they_show():
    points = forty_stories()
    fig = story_map(points)
    assert alt_text(fig).startswith("Map of 500 headlines in ") and "100 in no story" in alt_text(fig)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_map_of_a_notebook_holds_all_headlines_in_few_lines(dimensions):
    points = forty_stories(dimensions=dimensions)
    shown = story_map(points)._repr_mimebundle_()
    (trace,) = shown["application/vnd.plotly.v1+json"]["data"]
    lines = json.dumps(trace | {"text": None}, indent=1).count("\n")
    assert len(trace["text"]) == len(points) and max(map(len, trace["text"])) <= 40
    assert lines < (300 if dimensions == 2 else 1000)
    assert shown["text/plain"] == alt_text(story_map(points)) and size_of(shown["image/png"])[0] >= 600


@pytest.mark.parametrize("labels", [[], [-1], [0, 0, 0]])
def test_the_map_of_a_notebook_is_drawn_of_next_to_nothing_too(labels):
    assert size_of(story_map(make_points(labels)).png) == (720, 556)


def size_of(png: bytes) -> tuple[int, int]:
    picture = Image.open(BytesIO(png))
    assert picture.mode == "P" and len(picture.getcolors()) <= 32
    return picture.size


def test_a_map_is_a_picture_and_plotlys_of_one_size():
    fig = story_map(forty_stories())
    shown = fig._repr_mimebundle_()
    layout = shown["application/vnd.plotly.v1+json"]["layout"]
    assert (layout["width"], layout["height"]) == size_of(shown["image/png"])
    assert fig.layout.width is None and fig.layout.modebar.remove == ("sendChartToCloud",)


@pytest.mark.parametrize("labels", [[], [-1, -1]])
def test_nothing_found_is_drawn_too(labels):
    assert "0 stories" in alt_text(story_map(make_points(labels)))


def test_missing_column_is_named():
    with pytest.raises(NewsclustError, match="'title'"):
        story_map(pd.DataFrame({"x": [0.0], "y": [0.0], "cluster": [0]}))


# In a browser, as a notebook shows them ------------------------------------------------------------


@pytest.fixture(scope="module")
def notebook_page(open_page, tmp_path_factory):  # noqa: F811
    points = forty_stories()
    points["title"] = "Save 20%% with %{text} at $5 and $6 %{x}"
    points["story"] = [f"Nominee number {label} wins wide backing and vows to win" for label in points["cluster"]]
    path = tmp_path_factory.mktemp("figure") / "map.html"
    story_map(points).write_html(path, config={"responsive": True})
    view = open_page(path, width=500)
    view.wait_for_selector(".annotation")
    return view


def test_placeholders_and_dollars_in_headlines_are_shown_as_they_are(notebook_page):
    notebook_page.evaluate(
        "Plotly.Fx.hover(document.querySelector('.js-plotly-plot'), [{curveNumber: 0, pointNumber: 0}])"
    )
    label = notebook_page.locator(".hoverlayer .hovertext")
    label.wait_for(state="attached")
    assert "Save 20%% with %{text} at $5 and $6 %{x}" in label.text_content()
    assert notebook_page.troubles == []


def test_titles_on_a_notebooks_map_cover_no_other_even_where_it_is_narrow_or_zoomed(notebook_page):
    for width, zoom in ((760, 1), (1100, 1), (1100, 4)):
        notebook_page.set_viewport_size({"width": width, "height": 900})
        settle(notebook_page)
        notebook_page.evaluate(
            """(zoom) => {
                const div = document.querySelector(".js-plotly-plot");
                const changes = {};
                for (const axis of ["xaxis", "yaxis"]) {
                    const [low, high] = div.layout[axis].range;
                    const [middle, half] = [(low + high) / 2, (high - low) / 2 / zoom];
                    changes[axis + ".range"] = [middle - half, middle + half];
                }
                return Plotly.relayout(div, changes);
            }""",
            zoom,
        )
        boxes = boxes_of(notebook_page.locator(".annotation"))
        assert len(boxes) > 1 and not overlapping(boxes)
