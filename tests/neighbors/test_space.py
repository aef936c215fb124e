"""How near newcomers are to a run's documents: by the run's own measure, whoever comes with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from newsclust.neighbors.blend import blend
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.neighbors.space import Space


@pytest.mark.parametrize(("words", "days"), [(0.0, 0.0), (0.2, 0.15)])
def test_the_runs_own_documents_are_as_far_apart_as_the_run_has_them(small_corpus, words, days):
    documents, embeddings = small_corpus.documents, small_corpus.embeddings
    n = len(documents)
    lists = blend(find_neighbors(embeddings, 20), embeddings, documents, words, days)
    space = Space(embeddings.vectors, None, documents, n, words, days)
    indices, distances = space.nearest(np.arange(n), np.arange(n), 20)
    np.testing.assert_array_equal(indices, lists.indices)
    np.testing.assert_array_equal(distances, lists.distances)


def test_other_newcomers_and_their_order_change_no_distance(small_corpus):
    documents, vectors = small_corpus.documents, small_corpus.embeddings.vectors
    old, new = np.arange(80), np.arange(80, len(documents))
    other = np.array([83, 81])
    found = {}
    for name, rows in {"all": new, "two": other}.items():
        order = np.concatenate([old, rows])
        told = documents.iloc[order].reset_index(drop=True)
        space = Space(np.ascontiguousarray(vectors[order]), None, told, 80, 0.2, 0.15)
        found[name] = space.nearest(np.arange(80, len(order)), old, 10)
    for one, two in zip(found["all"], found["two"], strict=True):
        np.testing.assert_allclose(one[[3, 1]], two, rtol=1e-6)


def test_words_that_the_model_weighs_are_the_same_words_for_run_and_newcomers(small_corpus):
    documents, vectors = small_corpus.documents, small_corpus.embeddings.vectors
    words = csr_array(np.random.default_rng(0).random((len(documents), 30)).round(1).astype(np.float32))
    embeddings = replace(small_corpus.embeddings, words=words)
    n = len(documents)
    lists = blend(find_neighbors(embeddings, 20), embeddings, documents, 0.4, 0.1)
    indices, distances = Space(vectors, words, documents, n, 0.4, 0.1).nearest(np.arange(n), np.arange(n), 20)
    np.testing.assert_array_equal(indices, lists.indices)
    np.testing.assert_array_equal(distances, lists.distances)
    told = documents.assign(text="the same words, were they asked for them")
    _, unread = Space(vectors, words, told, n, 0.4, 0.1).nearest(np.arange(n), np.arange(n), 20)
    np.testing.assert_array_equal(unread, distances)


def test_words_that_the_run_never_saw_weigh_in_a_newcomers_length(small_corpus):
    documents, vectors = small_corpus.documents, small_corpus.embeddings.vectors
    known = documents["text"][0]
    more = documents.iloc[[0, 0]].assign(text=[known, f"{known} zyxwv utsrq ponml"])
    told = pd.concat([documents, more], ignore_index=True)
    stacked = np.vstack([vectors, vectors[[0, 0]]])
    n = len(documents)
    _, distances = Space(stacked, None, told, n, words=0.5).nearest(np.array([n, n + 1]), np.arange(n), 1)
    assert distances[0, 0] < 1e-3 < distances[1, 0]


def test_short_lists_are_padded(small_corpus):
    documents, vectors = small_corpus.documents, small_corpus.embeddings.vectors
    space = Space(vectors, None, documents, len(documents))
    indices, distances = space.nearest(np.arange(4), np.arange(10), 12)
    assert (indices[:, -3:] == -1).all() and (indices[:, :-3] >= 0).all() and np.isinf(distances[indices < 0]).all()
    nobody, _ = space.nearest(np.arange(2), np.arange(0), 3)
    assert (nobody == -1).all() and nobody.shape == (2, 3)


def test_vectors_of_any_length_are_compared_by_their_distance_as_the_run_compares_its_own():
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(60, 4)) * rng.uniform(0.2, 5, size=(60, 1))).astype(np.float32)
    space = Space(vectors, None, pd.DataFrame({"text": [""] * 60}), 50)
    indices, _ = space.nearest(np.arange(50, 60), np.arange(50), 5)
    apart = np.linalg.norm(vectors[50:, None] - vectors[None, :50], axis=2)
    np.testing.assert_array_equal(indices, np.argsort(apart, axis=1)[:, :5])
