"""Stories are judged by the same similarities as clusters: those of the full matrix, summed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.stories.evidence import Evidence
from points import examples
from test_blend import corpus, full_similarity, weighed, weights


@settings(deadline=None, derandomize=True, max_examples=examples(25))
@given(st.integers(0, 10_000), st.integers(3, 40), weights, st.sampled_from([0.0, 0.3, 1.0]), st.booleans())
def test_a_headline_s_similarities_to_a_story_are_those_of_the_full_matrix(seed, n, weight, undated, by_model):
    embeddings, documents = corpus(n, seed, undated)
    if by_model:
        embeddings = replace(embeddings, words=weighed(documents, seed))
    labels = np.random.default_rng(seed).integers(-1, 4, size=n)
    labels[0] = 3
    matrix = full_similarity(embeddings, documents, *weight)
    evidence = Evidence(embeddings.vectors, documents, embeddings.words, *weight)
    document, story = (pairs.ravel() for pairs in np.mgrid[:n, :4])
    expected = np.array([matrix[i, labels == own].sum() for i, own in zip(document, story, strict=True)])
    # Words that one text alone has are in no sum; the full matrix has them in the similarity of a text to itself.
    own = labels[document] == story
    found = evidence.sums(labels, document, story)
    others = expected[own] - np.diag(matrix)[document[own]]
    np.testing.assert_allclose(found[own] - evidence.itself[document[own]], others, atol=2e-5)
    np.testing.assert_allclose(found[~own], expected[~own], atol=2e-5)


def test_without_words_and_days_only_vectors_count():
    embeddings, documents = corpus(30)
    labels = np.arange(30) % 3
    pairs = np.arange(30), (np.arange(30) + 1) % 3
    alone = Evidence(embeddings.vectors).sums(labels, *pairs)
    np.testing.assert_array_equal(alone, Evidence(embeddings.vectors, documents).sums(labels, *pairs))
