"""What the notebooks argue: their sentences are computed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.markup import Sentences
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.show.arguments import borderline, doubtful_stories, knee, nearest, noise_by_nearness
from newsclust.stories.evidence import Evidence
from newsclust.stories.stories import find_stories


@pytest.fixture(scope="module")
def lists(small_corpus):
    return find_neighbors(small_corpus.embeddings, 60)


@pytest.fixture(scope="module")
def found(lists):
    return cluster(lists, 60, 3, 3)


def test_the_knee_is_where_the_curve_turns_and_the_sentence_counts(lists):
    assert knee(np.array([1, 1.1, 1.2, 1.3, 5, 9])) == 1.3
    assert knee(np.full(4, 2.0)) == 2 and knee(np.empty(0)) == 0
    near = knee(lists.distances[:, 0])
    said = repr(nearest(SimpleNamespace(distances=lists.distances)))
    assert said.startswith(f"{(lists.distances[:, 0] <= near).mean():.0%} of the headlines have another one nearer")
    assert f"{(lists.distances[:, 1] <= near).mean():.0%} have 2" in said


@pytest.fixture(scope="module")
def stories(lists, found, small_corpus):
    corpus = read_corpus("sample")
    object.__setattr__(corpus, "documents", small_corpus.documents)
    return find_stories(corpus, small_corpus.embeddings, lists, found)


def test_noise_that_nearly_belonged_is_what_the_vote_supports_most(stories):
    table = borderline(stories, 3).frame
    noise = stories.labels < 0
    most = np.sort(stories.vote.support[noise & (stories.vote.nearest >= 0)])[::-1][:3]
    assert set(table["what"]) == {"left out, nearest to"}
    assert table["support"].tolist() == [f"{value:.2f}" for value in most]
    assert set(table["story"]) <= set(stories.table["title"])


def test_close_calls_are_listed_on_both_sides_of_the_line(stories, lists, small_corpus):
    corpus = read_corpus("sample")
    object.__setattr__(corpus, "documents", small_corpus.documents)
    joined = find_stories(corpus, small_corpus.embeddings, lists, stories.clustering, assign_noise=True)
    told = borderline(joined, 2).frame
    assert set(told["what"]) <= {"left out, nearest to", "joined"} and "joined" in set(told["what"])
    assert set(told["story"]) <= set(joined.table["title"])


def test_the_story_that_was_made_wrong_is_the_doubtful_one(stories, lists, small_corpus):
    # Two stories that have nothing in common become one; another is cut in two.
    labels = stories.labels.copy()
    labels[labels == 4] = 3
    mixed = replace(stories, labels=labels, table=stories.table.drop(4))
    told = doubtful_stories(mixed, Evidence(small_corpus.embeddings.vectors), lists, 3).frame.set_index("story")["why"]
    assert "several events in one" in told[stories.table["title"][3]]
    labels = stories.labels.copy()
    halves = np.flatnonzero(labels == 0)
    labels[halves[::2]] = len(stories.table)
    rows = pd.concat([stories.table, stories.table.loc[[0]].set_axis([len(stories.table)])])
    rows.index.name = "cluster"
    cut = replace(stories, labels=labels, table=rows)
    worst = doubtful_stories(cut, Evidence(small_corpus.embeddings.vectors), lists, 2).frame
    assert set(worst["story"]) == {stories.table["title"][0]}
    assert worst["why"].str.contains("one event in two stories").any()


def test_without_stories_or_noise_the_arguments_say_so(stories, lists, small_corpus):
    none = np.full(len(stories.labels), -1)
    empty = replace(stories, labels=none, table=stories.table.head(0))
    assert doubtful_stories(empty, Evidence(small_corpus.embeddings.vectors), lists).frame.empty
    told = repr(noise_by_nearness(stories, lists))
    assert "with a near neighbour HDBSCAN leaves" in told
    whole = replace(stories, clustering=replace(stories.clustering, labels=np.zeros(len(none), int)))
    assert repr(noise_by_nearness(whole, lists)) == "No headline is noise."


def test_sentences_are_escaped():
    assert "<b>" not in Sentences("a <b> story", "")._repr_html_() and repr(Sentences("a", "")) == "a"


def test_distances_that_differ_in_their_last_bit_alone_can_be_drawn():
    one = np.float32(0.7)
    distances = np.column_stack([np.where(np.arange(30) % 2, one, np.nextafter(one, np.float32(1)))] * 3)
    assert "near" in repr(nearest(SimpleNamespace(distances=distances)))
