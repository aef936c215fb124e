"""The description of a cluster."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from newsclust.corpus.words import _UNSPACED, WORD
from newsclust.errors import NewsclustError
from newsclust.stories.naming import KEYWORDS, _distinct, _stem, _term_weights, count_terms, describe_clusters
from points import examples

STORIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "stories_2014.csv"
few = settings(deadline=None, derandomize=True, max_examples=examples(40))

HEADLINES = [
    ("Solar eclipse darkens Texas", "Dallas watched the solar eclipse.", "Wire", "2024-04-08T20:00:00Z"),
    ("Millions watch solar eclipse", "The eclipse crossed Texas and Ohio.", "Gazette", "2024-04-08"),
    ("Eclipse glasses sell out", "It is a solar eclipse.", " Wire ", "Sun, 7 Apr 2024 23:30:00 -0400"),
    ("Rate cut surprises markets", "The central bank made a rate cut.", "Gazette", ""),
    ("Central bank rate cut lifts stocks", "", "", "yesterday"),
    ("Stocks rise after rate cut", "Investors cheered the central bank.", "", "10:30"),
    ("Cat stuck in tree", "A fire crew came.", "Herald", "2024-01-01"),
]
LABELS = np.array([0, 0, 0, 1, 1, 1, -1])
FIRM = np.ones(len(LABELS))


def documents(rows=HEADLINES):
    frame = pd.DataFrame(rows, columns=["title", "description", "publisher", "published_at"], dtype=str)
    frame["text"] = [f"{title}\n{description}".strip() for title, description, *_ in rows]
    frame["id"] = np.arange(len(frame))
    return frame


def from_texts(texts):
    return documents([(text, "", "", "") for text in texts])


def test_table_of_clusters_says_what_the_headlines_say():
    table = describe_clusters(documents(), LABELS, FIRM)
    assert table.index.name == "cluster" and table.index.tolist() == [0, 1]
    assert table["size"].tolist() == [3, 3]
    assert table["title"].tolist() == ["Solar eclipse darkens Texas", "Central bank rate cut lifts stocks"]
    assert table["keywords"].str.split(", ").str[0].tolist() == ["solar eclipse", "rate cut"]
    assert "central bank" in table["keywords"][1].split(", ")
    assert table["publishers"].tolist() == [2, 1]


def test_dates_are_utc_days_and_unreadable_ones_are_left_out():
    table = describe_clusters(documents(), LABELS, FIRM)
    assert table["first"].tolist() == ["2024-04-08", ""]
    assert table["last"].tolist() == ["2024-04-08", ""]
    dates = ["today", "10:30", "Monday", "5", "2024-13-40", "March 3, 2024", "20240305"]
    rows = [("a", "", "", date) for date in dates]
    table = describe_clusters(documents(rows), np.zeros(7, int), np.ones(7))
    assert table.loc[0, ["first", "last"]].tolist() == ["2024-03-03", "2024-03-05"]


def test_a_headline_at_the_edge_of_its_cluster_is_no_title():
    table = describe_clusters(documents(), LABELS, np.array([0.2, 0.9, 0.9, 0.9, 0.2, 0.3, 0]))
    assert table["title"].tolist() == ["Millions watch solar eclipse", "Stocks rise after rate cut"]


def test_title_is_the_headline_at_the_heart_of_its_cluster():
    vectors = np.array([[0, 1], [0.6, 0.8], [1, 0], [1, 0], [0, 1], [0.8, 0.6], [1, 0]], dtype=np.float32)
    table = describe_clusters(documents(), LABELS, FIRM, vectors)
    assert table["title"].tolist() == ["Millions watch solar eclipse", "Stocks rise after rate cut"]
    # An improbable member is not asked, however central.
    table = describe_clusters(documents(), LABELS, np.where(np.arange(7) == 1, 0.5, 1), vectors)
    assert table["title"][0] == "Solar eclipse darkens Texas"


def test_title_of_equally_central_headlines_is_that_of_the_smallest_id():
    angles = np.array([1.1, 0.3, 0.7 + 1, 0.7 - 1, 0.1, 0.1, 0])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    table = describe_clusters(documents(), np.array([0, 0, -1, -1, 1, 1, -1]), FIRM, vectors)
    assert table["title"].tolist() == ["Solar eclipse darkens Texas", "Central bank rate cut lifts stocks"]


def test_headline_of_a_document_without_title_is_its_text():
    frame = documents([("", "Only a description.", "", "")] * 2)
    assert describe_clusters(frame, np.zeros(2, int), np.ones(2))["title"][0] == "Only a description."


@pytest.mark.parametrize("n", [0, 4])
def test_no_clusters_give_an_empty_table_of_the_same_columns(n):
    table = describe_clusters(from_texts(["some words"] * n), np.full(n, -1), np.zeros(n))
    assert len(table) == 0 and table.index.name == "cluster"
    assert list(table) == list(describe_clusters(documents(), LABELS, FIRM))


@pytest.mark.parametrize("text", ["the and of", "!!! ???", "a b c", "12 34"])
def test_texts_without_a_telling_word_have_no_keywords(text):
    table = describe_clusters(from_texts([text] * 3), np.zeros(3, int), np.ones(3))
    assert table["keywords"].tolist() == [""]


@pytest.mark.parametrize("text", ["Затмение солнца", "日食観測", "كسوف الشمس", "सूर्य ग्रहण", "สุริยุปราคา"])
def test_words_of_other_scripts_stay_whole(text):
    table = describe_clusters(from_texts([text] * 3 + ["more words"] * 3), np.repeat([0, 1], 3), np.ones(6))
    assert table["keywords"].tolist() == [text.lower(), "words"]


def test_a_single_cluster_without_noise_has_keywords():
    table = describe_clusters(documents(HEADLINES[:3]), np.zeros(3, int), np.ones(3))
    assert table["keywords"][0].startswith("solar eclipse")


def test_keywords_do_not_repeat_each_other():
    assert _distinct({"strike": 3.0, "strikes": 2.9, "striking": 2.8, "port": 2.0}) == ["strike", "port"]
    assert _distinct({"eclipse": 1.0, "solar": 0.8, "solar eclipse": 0.7}) == ["solar eclipse"]
    assert _distinct({"bank": 1.0, "bank holiday": 0.3, "holiday": 0.3}) == ["bank", "holiday"]
    assert _distinct({"2024": 9.0, "11": 5.0, "chapter 11": 1.0}) == ["chapter 11"]


def test_a_word_of_one_headline_does_not_speak_for_the_cluster():
    texts = ["storm hits coast zanzibar zanzibar zanzibar", "storm nears coast", "coast storm"]
    assert describe_clusters(from_texts(texts), np.zeros(3, int), np.ones(3))["keywords"][0].split(", ") == [
        "coast",
        "storm",
    ]


def test_rows_of_another_length_are_refused_with_a_sentence():
    with pytest.raises(NewsclustError, match="labels has 6 rows and documents has 7"):
        describe_clusters(documents(), LABELS[:6], FIRM)
    with pytest.raises(NewsclustError, match="vectors has 2 rows"):
        describe_clusters(documents(), LABELS, FIRM, np.zeros((2, 3)))


def plain_weights(texts, labels):
    """Class-based TF-IDF as in the paper, one loop per sign."""

    def terms(text):
        words = [word for word in re.findall(WORD, text.lower()) if word not in ENGLISH_STOP_WORDS]
        return words + [" ".join(pair) for pair in zip(words, words[1:], strict=False)]

    classes = {label: Counter() for label in labels}
    users = {label: Counter() for label in labels}
    for text, label in zip(texts, labels, strict=True):
        classes[label].update(terms(text))
        users[label].update(set(terms(text)))
    average = sum(sum(counts.values()) for counts in classes.values()) / max(len(classes), 1)
    everywhere = sum(classes.values(), Counter())
    result = []
    for label in sorted(set(labels) - {-1}):
        counts = classes[label]
        length = sum(counts.values())
        weights = {t: n / length * math.log(1 + average / everywhere[t]) for t, n in counts.items()}
        shared = {t: weight for t, weight in weights.items() if users[label][t] > 1}
        result.append(shared or weights)
    return result


vocabulary = "storm storms bank the 11 vote votes 7.1 tax".split()
words = st.lists(st.sampled_from(vocabulary), max_size=5).map(" ".join)
anything = st.text(max_size=12)
clustered_texts = st.lists(st.tuples(words | anything, st.integers(-1, 3)), max_size=12)


@few
@given(st.lists(st.tuples(words, st.integers(-1, 2)), max_size=10))
def test_term_weights_are_those_of_the_formula(rows):
    texts, labels = [row[0] for row in rows], [row[1] for row in rows]
    found = _term_weights(count_terms(from_texts(texts), np.array(labels, dtype=int)))
    expected = plain_weights(texts, labels)
    assert len(found) == len(expected)
    for ours, plain in zip(found, expected, strict=True):
        assert set(ours) <= set(plain) and len(ours) == min(len(plain), 10 * KEYWORDS)
        assert all(math.isclose(weight, plain[term]) for term, weight in ours.items())


@few
@given(clustered_texts)
@example([("10,000 votes 10 000 votes", 0), ("ग्रहण सूर्य ग्रहण", 0), ("ab abc a-b ab", 1), ("the of", -1)])
def test_terms_are_counted_and_in_the_order_of_scikit_learn(rows):
    texts = [text for text, _ in rows]
    plain = CountVectorizer(stop_words="english", ngram_range=(1, 2), token_pattern=WORD)
    assume(any(map(plain.build_analyzer(), texts)) and not any(map(_UNSPACED.search, texts)))
    expected = plain.fit_transform(texts).toarray()
    found = count_terms(from_texts(texts), np.arange(len(texts)))  # each text by itself
    assert found.names(np.arange(len(found.terms))) == plain.get_feature_names_out().tolist()
    assert np.array_equal(found.counts.toarray(), expected)
    assert np.array_equal(found.users.toarray(), expected > 0)


@few
@given(clustered_texts, st.lists(st.integers(-1, 1), min_size=4, max_size=4))
def test_groups_of_stories_are_named_as_if_their_terms_were_counted_again(rows, topics):
    frame, labels = from_texts([text for text, _ in rows]), np.array([label for _, label in rows], dtype=int)
    topic = np.array([*topics, -1])  # of each story, and of noise
    once = count_terms(frame, labels)
    found, anew = once.joined(topic[once.groups]), count_terms(frame, topic[labels])
    assert _term_weights(found) == _term_weights(anew)
    assert found.groups.tolist() == anew.groups.tolist()


@few
@given(clustered_texts)
def test_any_text_in_any_cluster_gives_one_row_per_cluster_twice_the_same(rows):
    frame, labels = from_texts([text for text, _ in rows]), np.array([label for _, label in rows], dtype=int)
    table = describe_clusters(frame, labels, np.ones(len(rows)))
    assert table.index.tolist() == sorted(set(labels.tolist()) - {-1})
    assert table["size"].sum() == (labels >= 0).sum()
    for keywords in table["keywords"]:
        stems = [_stem(word) for word in keywords.replace(", ", " ").split()]
        assert keywords.count(", ") < KEYWORDS
        if re.fullmatch(r"[\w., ]*", keywords):
            pairs = [keyword.split() for keyword in keywords.split(", ")]
            assert len(set(stems)) == sum(len(set(map(_stem, pair))) for pair in pairs)
    pd.testing.assert_frame_equal(table, describe_clusters(frame, labels, np.ones(len(rows))))


@few
@given(clustered_texts, st.permutations(range(4)))
def test_renaming_clusters_renames_rows_and_nothing_else(rows, names):
    frame, labels = from_texts([text for text, _ in rows]), np.array([label for _, label in rows], dtype=int)
    renamed = np.where(labels < 0, -1, np.array(names)[labels])
    table = describe_clusters(frame, labels, np.ones(len(rows))).rename(index=dict(enumerate(names)))
    pd.testing.assert_frame_equal(table.sort_index(), describe_clusters(frame, renamed, np.ones(len(rows))))


@pytest.mark.skipif(not STORIES.exists(), reason="the data set stories_2014.csv is not there")
def test_every_real_story_has_a_name_and_keywords():
    rows = pd.read_csv(STORIES, dtype=str, keep_default_na=False)
    frame = rows.assign(text=rows["title"], id=np.arange(len(rows)))
    codes, stories = pd.factorize(rows["story"])
    table = describe_clusters(frame, codes, np.ones(len(rows)))
    assert len(table) == len(stories) and (table["title"] != "").all()
    assert (table["keywords"].str.count(",") >= 2).all()
    assert (table["first"] >= "2014-03-10").all() and (table["last"] >= table["first"]).all()
