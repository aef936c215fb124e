"""A corpus shows what was read."""

from __future__ import annotations

import re

from newsclust.corpus.documents import read_corpus
from test_documents import write


def test_a_corpus_shows_one_sentence_and_three_escaped_headlines():
    lines = [f"<c>row {i}</c>,Tom & Co,2024-01-0{i}T00:00:00Z" for i in range(1, 9)]
    read = read_corpus(write("\n".join(["title,publisher,published_at,<i>", *lines, lines[0]])))
    assert repr(read) == (
        "news.csv: 9 rows, 8 documents, 1 repeat, published 2024-01-01 to 2024-01-08, by 1 publisher."
    )
    shown = read._repr_html_()
    assert repr(read) in shown and "<c>" not in shown and "<i>" not in shown and "&lt;i&gt;" in shown
    assert re.findall(r"&lt;c&gt;row (\d)", shown)[:3] == list("123")
    assert shown.count("Tom &amp; Co</div>") >= 3


def test_dates_that_do_not_parse_are_left_out_of_the_sentence():
    read = read_corpus(write("title,description,published_at\n,A description,last week\n"))
    assert repr(read) == "news.csv: 1 row, 1 document."
    assert "A description</div>" in read._repr_html_()
    assert any("'last week'" in note for note in read.notes)
