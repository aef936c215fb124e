"""The tables of a notebook, on real neighbours and stories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from newsclust.corpus.documents import read_corpus
from newsclust.neighbors.neighbors import Neighbors
from newsclust.show.listings import closest_pairs, table

DOLLARS = "Apple to pay $38 million, Google $52 million in tax"


def corpus_of(titles: list[str], **columns):
    pd.DataFrame({"title": titles, "publisher": "Reuters", **columns}).to_csv("mine.csv", index=False)
    return read_corpus("mine.csv")


def test_a_document_for_which_no_neighbour_was_found_is_no_pair():
    documents = corpus_of(["one", "two", "three", "four"]).documents
    indices = np.array([[1], [0], [-1], [-1]], dtype=np.int32)
    distances = np.array([[0.5], [0.5], [np.inf], [np.inf]], dtype=np.float32)
    pairs = closest_pairs(documents, Neighbors(documents["id"].to_numpy(), indices, distances))
    assert len(pairs.frame) == 1 and pairs.frame["distance"].tolist() == ["0.50"]
    assert "inf" not in pairs._repr_html_()


def test_a_table_cuts_what_is_long_and_escapes_what_is_not_its_own():
    rows = [("<b>one</b>", np.float32(0.25), np.arange(384.0)), ("word " * 40, 2, [])]
    told = table(rows, ["text", "number", "vector"], "Above & it:")
    assert told.frame["number"].tolist() == ["0.250", "2"]
    assert told.frame["vector"].tolist() == ["[0.000, 1.000, 2.000, ... 384 numbers]", "[]"]
    assert len(told.frame["text"][1]) <= 80 and "<b>" not in told._repr_html_()
    assert told._repr_html_().startswith("<p>Above &amp; it:</p><table")
