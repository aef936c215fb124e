"""The headline that is a story's title, and those that show its range."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.corpus.facts import headlines
from newsclust.corpus.words import WORD
from newsclust.stories import exemplars
from newsclust.stories.exemplars import FAULT, LETTERS, spread_out, title_rows
from points import examples


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """A few members are compared in several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exemplars, "BLOCK", 2)
        yield


few = settings(deadline=None, derandomize=True, max_examples=examples(60))


def documents(titles, descriptions=None):
    descriptions = descriptions or [""] * len(titles)
    texts = [f"{title}\n{description}".strip() for title, description in zip(titles, descriptions, strict=True)]
    return pd.DataFrame({"title": titles, "text": texts}, dtype=str)


def title_of(titles, descriptions=None, vectors=None):
    frame = documents(titles, descriptions)
    (row,) = title_rows(frame, np.zeros(len(titles), int), np.ones(len(titles)), vectors)
    return titles[row]


def plain_scores(titles, vectors):
    """What `title_rows` scores by, one pair of documents after the other."""
    words = [set(re.findall(WORD, title.lower())) for title in titles]
    n = len(titles)
    weight = {w: math.log((1 + n) / (1 + sum(w in other for other in words))) + 1 for w in set().union(*words)}
    length = [math.sqrt(sum(weight[w] ** 2 for w in own)) or 1.0 for own in words]
    scores = []
    for i in range(n):
        shared = sum(sum(weight[w] ** 2 for w in words[i] & words[j]) / length[j] for j in range(n) if j != i)
        near = sum(float(vectors[i] @ vectors[j]) for j in range(n) if j != i)
        scores.append((near + shared / math.sqrt(length[i] * np.median(length))) / max(n - 1, 1))
    return np.array(scores)


vocabulary = st.sampled_from("storm coast bank vote tax ferry".split())
headline = st.lists(vocabulary, max_size=5).map(" ".join)


@few
@given(st.lists(st.tuples(headline, st.floats(0, 6)), min_size=1, max_size=7))
def test_the_title_is_the_headline_that_scores_highest_pair_by_pair(rows):
    titles, angles = [title for title, _ in rows], np.array([angle for _, angle in rows])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    scores = plain_scores(titles, vectors)
    (row,) = title_rows(documents(titles), np.zeros(len(rows), int), np.ones(len(rows)), vectors)
    assert scores[row] >= scores.max() - 2e-9


@few
@given(st.lists(st.tuples(headline, st.integers(-1, 2), st.floats(0, 6)), max_size=12), st.randoms())
def test_titles_do_not_change_with_the_other_stories_order_or_number(rows, random):
    labels = np.array([label for _, label, _ in rows], dtype=int)
    angles = np.array([angle for *_, angle in rows])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    frame = documents([title for title, *_ in rows])
    found = title_rows(frame, labels, np.ones(len(rows)), vectors)
    assert [labels[row] for row in found] == sorted(set(labels.tolist()) - {-1})
    renamed = title_rows(frame, np.where(labels < 0, -1, 2 - labels), np.ones(len(rows)), vectors)
    assert renamed.tolist() == found.tolist()[::-1]


def test_the_title_names_what_the_others_speak_of():
    others = ["Mars rover lands", "Rover touches down on Mars", "Mars rover landing a success"]
    assert title_of(["A red letter day", *others]) in others
    # Descriptions count as what the others say.
    said = ["The Mars rover landed in Jezero."] * 3
    assert title_of(["A red letter day", "What a morning", "Mars rover lands in Jezero"], said).startswith("Mars")


@pytest.mark.parametrize(
    "page",
    [
        "Live: Mars rover lands", "Video: Mars rover lands", "Watch Mars rover lands", "Mars rover lands (PHOTOS)",
        "Mars rover lands [VIDEO]", "Mars rover lands - live updates", "Mars rover lands in pictures",
        "Explainer: Mars rover lands", "Mars rover lands?", "Liveticker: Mars rover lands",
        "En direct – Mars rover lands",
        "En vivo: Mars rover lands", "Mars rover lands ...", "Mars rover lands…", "Mars rover lands " + "x" * LETTERS,
        "Opinion | Mars rover lands",
    ],
)  # fmt: skip
def test_a_page_about_the_story_or_a_headline_cut_short_gives_way_to_a_plain_headline(page):
    assert title_of([page, "Mars rover lands today"]) == "Mars rover lands today"


def test_a_fault_does_not_outweigh_what_a_headline_says():
    assert FAULT < 0.2
    titles = ["Live: Mars rover lands in Jezero crater", "Mars rover in Jezero", "Rover lands in crater", "Hello there"]
    assert title_of(titles) != "Hello there"


def test_words_that_start_like_a_kind_of_page_are_no_fault():
    plain = [
        "Livestock prices rise",
        "Videogame maker sold",
        "Watchdog fines bank",
        "Listeria found",
        "Photon 3 lifts off",
    ]
    for title in plain:
        assert title_of([title, title + " " + "x" * LETTERS]) == title


def test_titles_of_documents_without_one_are_their_first_line():
    frame = documents(["", " A ", ""], ["\n one line \n two", "x", ""])
    assert headlines(frame).tolist() == ["one line", "A", ""]


def test_assigned_noise_gives_no_title_while_a_member_can():
    titles = ["Mars rover lands", "Mars rover lands", "Probe on Mars"]
    rows = title_rows(documents(titles), np.zeros(3, int), np.array([0, 0, 0.4]))
    assert rows.tolist() == [2]
    assert title_rows(documents(titles), np.zeros(3, int), np.zeros(3)).tolist() == [0]


def plain_spread(points, first, n):
    """Farthest first, by the definition."""
    taken = [first]
    while len(taken) < min(n, len(points)):
        left = [i for i in range(len(points)) if i not in taken]
        taken.append(max(left, key=lambda i: (min(round(abs(points[i] - points[j]), 6) for j in taken), -i)))
    return taken


@few
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.data())
def test_exemplars_are_taken_farthest_first(places, data):
    vectors = np.array([[place] for place in places], dtype=np.float32)
    first = data.draw(st.integers(0, len(places) - 1))
    found = spread_out(np.zeros(len(places), int), np.ones(len(places)), vectors, np.array([first]))
    assert found[0].tolist() == plain_spread(places, first, 8)


def test_exemplars_are_certain_members_of_each_story_and_begin_with_the_title():
    rng = np.random.default_rng(5)
    vectors, labels = rng.normal(size=(90, 4)).astype(np.float32), np.repeat([-1, 0, 1], 30)
    probabilities = np.where(labels < 0, 0, rng.random(90))
    found = spread_out(labels, probabilities, vectors, np.array([40, 70]), n=5)
    assert [rows[0] for rows in found] == [40, 70] and [len(set(rows.tolist())) for rows in found] == [5, 5]
    for story, rows in enumerate(found):
        assert (labels[rows] == story).all()
        assert (probabilities[rows[1:]] >= np.median(probabilities[labels == story])).all()
    few_rows = spread_out(np.array([0, 0, -1]), np.ones(3), np.zeros((3, 2), np.float32), np.array([1]))
    assert [rows.tolist() for rows in few_rows] == [[1, 0]]
    assert spread_out(np.array([-1]), np.ones(1), np.zeros((1, 2)), np.empty(0, int)) == []
