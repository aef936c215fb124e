"""The words of texts in any script."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from newsclust.corpus.words import number_words, parts_of, silent_words, split, vectorizer_options


@pytest.mark.parametrize(
    "text, words, terms",
    [
        ("Storm-hit: 10,000 votes, a 7", ["storm", "hit", "10,000", "votes"], []),
        ("सूर्य ग्रहण", ["सूर्य", "ग्रहण"], []),
        ("NASA 日食観測", ["nasa"], ["日食", "食観", "観測", "日食観", "食観測", "日食観測"]),
        ("ロケットの", [], ["ロケット"]),
        ("日的食", [], []),
    ],
)
def test_a_text_is_cut_into_words_and_where_no_blanks_are_into_terms(text, words, terms):
    assert split(text) == (words, terms)


def test_words_are_numbered_in_order_and_pairs_stay_within_a_text():
    found = number_words(["storm nears storm", "", "the storm 日食"], {"the"})
    assert found.names == ["storm", "nears", "日食"] and found.n_texts == 3
    assert found.numbers.tolist() == [0, 1, 0, 0, 2] and found.text.tolist() == [0, 0, 0, 2, 2]
    assert found.first.tolist() == [0, 1]


def test_stop_words_are_those_of_the_languages_that_many_documents_have():
    mixed = silent_words(pd.Series(["de"] * 50 + ["fr"] * 2 + [""] * 48))
    assert {"und", "nicht"} <= mixed and not {"avec", "the"} & mixed
    assert {"the", "and"} <= silent_words(None) and "und" not in silent_words(None)
    assert "qu" in silent_words(pd.Series(["fr"]))


@pytest.mark.parametrize("other", ["日食", "eclipse"])
def test_one_headline_without_spaces_changes_no_word_of_the_others(other):
    texts = pd.Series(["The storm nears", f"{other} storm nears"])
    vectorizer = CountVectorizer(**vectorizer_options(pd.Series(["en", "en"]), texts))
    assert sorted(vectorizer.fit(texts).vocabulary_) == sorted(["nears", "storm", other])


def test_the_parts_of_a_term_are_its_words_or_its_shorter_runs():
    assert parts_of("solar eclipse") == ["solar", "eclipse"]
    assert parts_of("日食観") == ["日食", "食観"]
