"""A figure in a notebook: a picture and a sentence."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from newsclust.show.figure import Figure, chart


@pytest.fixture
def figure() -> Figure:
    with chart(300, ncols=2) as (drawing, (one, other)):
        one.plot([1, 2], [3, 4], "o-")
        one.set(title="$5 to $6 in 東京", xlabel="across")
        other.bar([1, 2], [0, 1])
    return Figure("Lines and <b>bars</b>.", drawing)


def test_a_chart_is_a_picture_and_a_sentence(figure):
    shown = figure._repr_mimebundle_()
    picture = Image.open(BytesIO(shown["image/png"]))
    assert picture.size == (720, 300) and picture.mode == "P" and len(picture.getcolors()) <= 32
    assert set(shown) == {"image/png", "text/plain"} and not hasattr(figure, "_repr_html_")
    assert repr(figure) == shown["text/plain"] == "Lines and <b>bars</b>."


def test_a_picture_has_its_sentence_for_those_who_cannot_see_it(figure, monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: displayed.append((data, more.get("metadata"))))
    figure._ipython_display_()
    (_, metadata), (below, _) = displayed
    assert metadata["image/png"]["alt"] == figure.sentence and "&lt;b&gt;" in below["text/html"]
