"""What headlines from strangers look like in tables: as they stand in the file, and doing nothing."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from browser import open_page  # noqa: F401  (a fixture)
from newsclust.markup import Html, element, escape, link, plotly_text, table, web_address

DOLLARS = "Apple to pay $38 million, Google $52 million in tax"
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    DOLLARS,
    "Money $$$$ fast, $$x$$ more",
    r"Eclipse \(x^2\) and \[y\] and \begin{align} z \end{align} draw crowds \$5",
    "`Storm` on *the* __coast__ [thousands](http://x) {{ crowds }} {% raw %}",
    "Save 20%% with %{code} at the store %d",
    "Rovers & United &amp; <final> &#36;5 &#36;6",
    "Eclipse: crowds \u202egnihtemos\u202c watch \u202eunclosed",
    "\u0641\u064a\u0636\u0627\u0646\u0627\u062a \u0641\u064a 2024 (Reuters)",
    "long" * 80,
    "A quote \" and ' another",
]


def words(markup: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", markup))


@settings(deadline=None, derandomize=True)
@given(st.text() | st.sampled_from(HOSTILE))
def test_a_headline_is_read_as_it_stands_and_holds_no_markup(text):
    assert words(escape(text)) == text
    assert not re.search("<(?!/?span>)", escape(text))
    assert html.unescape(plotly_text(text)) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_run_of_text_holds_both_ends_of_a_formula(text):
    runs = [html.unescape(run) for run in re.split("<[^>]+>", table(pd.DataFrame({text: [text, [text, text]]})))]
    assert all(run in ("$", "\\") or not set(run) & set("$\\") for run in runs)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_value_is_an_empty_cell(missing):
    assert escape(missing) == "" and words(table(pd.DataFrame({"a": [missing]}, dtype=object))).split() == ["a"]


def test_long_texts_many_rows_and_columns_of_one_name_are_shown_whole():
    frame = pd.DataFrame([["x" * 500, "y"]] * 200, columns=["a", "a"])
    assert table(frame).count("x" * 500) == 200 and table(frame).count("<td>") == 400
    assert "<th>" not in table(frame, header=False)
    assert 'class="dataframe tex2jax_ignore mathjax_ignore runs sortable"' in table(frame, classes="runs sortable")


def test_text_is_flush_left_and_numbers_right_whatever_the_notebook_does():
    frame = pd.DataFrame({"n": ["1,234", "–"], "share": ["20.5\u00a0%", ""], "text": ["12 dead", "7"], "f": [1.5, -2]})
    sides = re.findall(r"<td><div dir=\"auto\" style=\"text-align: (\w+)", table(frame))
    assert sides == ["right", "right", "left", "right"] * 2


def test_a_headline_on_two_lines_is_read_as_one():
    assert words(table(pd.DataFrame({"a": ["Storm hits\r\ncoast\tat 5\\n"]}), header=False)).strip() == (
        "Storm hits coast at 5\\n"
    )


def test_lines_and_own_markup_in_a_cell():
    cell = [element("strong", "<b>"), link("A & B", "https://a.example/?x=1&y=2")]
    shown = table(pd.DataFrame({"a": [cell], "b": [Html("<svg></svg>")]}))
    assert "<strong>&lt;b&gt;</strong></div><div" in shown and "<svg></svg>" in shown
    assert 'href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noopener noreferrer">A &amp; B</a>' in shown


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example",
        "vbscript:x",
        "file:///etc/passwd",
        "https:///no-host",
        "http://[broken",
        "https://good.example\\@evil.example",
        "https://a.example/\tx",
        "",
        None,
        np.nan,
        7,
    ],
)
def test_only_addresses_of_the_web_become_links(url):
    assert web_address(url) == "" and link("text", url) == Html("text")


def test_an_address_cannot_leave_its_attribute():
    shown = link("t", "https://a.example/\"><script>alert(1)</script>'onclick='x").markup
    assert shown.count("<") == 2 and "onclick='" not in shown


def test_in_a_browser_every_headline_reads_as_in_the_file(open_page, tmp_path):  # noqa: F811
    frame = pd.DataFrame({"headline": HOSTILE, "with its link": [link(t, "https://a.example") for t in HOSTILE]})
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><title>t</title>{table(frame)}", encoding="utf-8")
    view = open_page(page, width=400)
    for column in (1, 2):
        assert view.locator(f"td:nth-child({column})").all_text_contents() == HOSTILE
    assert view.evaluate("document.querySelector('table').offsetWidth") <= 400, "long words widen the page"
    assert view.troubles == []
