"""Words and days in the distances: still Euclidean, the clusters of the full matrix, no change at weight 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.corpus.words import WORD
from newsclust.errors import InputError, ParameterError
from newsclust.neighbors.blend import blend
from newsclust.neighbors.neighbors import find_neighbors
from points import assert_hdbscan_agrees, examples

QUICK = settings(deadline=None, derandomize=True, max_examples=examples(25))
WORDS = "quake flood vote strike rocket bank storm court tunnel coast minister harvest".split()


def corpus(n: int, seed: int = 0, undated: float = 0.2, wordless: float = 0.1):
    """Documents of some stories: vectors, texts and dates that go together, loosely; some without a date or a word."""
    rng = np.random.default_rng(seed)
    story = rng.integers(max(2, n // 6), size=n)
    centres, home = rng.normal(size=(story.max() + 1, 6)), rng.integers(60, size=story.max() + 1)
    vectors = 0.7 + centres[story] + rng.normal(scale=0.5, size=(n, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts, dates = [], []
    for own in story:
        chosen = rng.choice(WORDS, size=4, p=np.roll([0.4, 0.3] + [0.03] * 10, own))
        texts.append("?!" if rng.random() < wordless else " ".join(chosen))
        day = pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(hours=float(24 * home[own] + rng.exponential(30)))
        dates.append("" if rng.random() < undated else day.isoformat())
    return make_embeddings(vectors), pd.DataFrame({"text": texts, "published_at": dates}, dtype=str)


def weighed(documents: pd.DataFrame, seed: int = 0) -> csr_array:
    """Words as a model might weigh them, by token ids with gaps between; a text without a word has none."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((len(documents), 40), dtype=np.float32)
    for row, text in enumerate(documents["text"]):
        for word in text.split() if text != "?!" else ():
            rows[row, 3 * WORDS.index(word)] = rng.random() + 0.01
    return csr_array(rows)


def full_similarity(embeddings, documents, words, days, day_scale=3.0) -> np.ndarray:
    """The blend by its definition, all pairs at once."""
    vectors = embeddings.vectors.astype(np.float64)
    vectors = vectors - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    n = len(vectors)
    terms = np.zeros((n, 1))
    if embeddings.words is not None:
        terms = normalize(embeddings.words.toarray().astype(np.float64))
    elif documents["text"].str.contains(r"\w\w").any():
        terms = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
        terms = terms.fit_transform(documents["text"]).toarray()
    read = pd.to_datetime(documents["published_at"].replace("", None), utc=True, format="ISO8601")
    day = ((read - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)).to_numpy(float)
    by_day = np.exp(-np.abs(np.subtract.outer(day, day)) / day_scale)
    w, d = words * terms.any(axis=1), days * ~np.isnan(day)
    v = 1 - w - d
    return (
        np.sqrt(np.outer(v, v)) * (vectors @ vectors.T)
        + np.sqrt(np.outer(w, w)) * (terms @ terms.T)
        + np.sqrt(np.outer(d, d)) * np.nan_to_num(by_day)
    )


def blended(embeddings, documents, words, days, k=None, **more):
    lists = find_neighbors(embeddings, len(documents) - 1 if k is None else k, "exact")
    return blend(lists, embeddings, documents, words, days, **more)


weights = st.sampled_from([(0.2, 0.15), (0.4, 0.0), (0.0, 0.3), (0.5, 0.45), (0.01, 0.9)])


@QUICK
@given(st.integers(0, 10_000), st.integers(2, 40), weights, st.sampled_from([0.0, 0.3, 1.0]), st.booleans())
def test_distances_are_those_of_the_full_blended_matrix(seed, n, weight, undated, by_model):
    embeddings, documents = corpus(n, seed, undated, wordless=undated / 2)
    if by_model:
        embeddings = replace(embeddings, words=weighed(documents, seed))
    lists = blended(embeddings, documents, *weight)
    matrix = np.sqrt(np.maximum(2 - 2 * full_similarity(embeddings, documents, *weight), 0))
    np.testing.assert_allclose(lists.distances, np.take_along_axis(matrix, lists.indices, axis=1), atol=2e-6)
    assert (np.diff(lists.distances, axis=1) >= 0).all()
    assert all(sorted([*row, i]) == list(range(n)) for i, row in enumerate(lists.indices.tolist()))


@QUICK
@given(st.integers(0, 10_000), st.integers(8, 60), weights, st.integers(1, 4), st.integers(2, 4), st.booleans())
def test_clusters_are_hdbscan_s_on_the_full_blended_matrix(seed, n, weight, min_samples, min_cluster_size, by_model):
    embeddings, documents = corpus(n, seed)
    if by_model:
        embeddings = replace(embeddings, words=weighed(documents, seed))
    lists = blended(embeddings, documents, *weight)
    ours = cluster(lists, min_samples=min_samples, min_cluster_size=min_cluster_size)
    full = np.sqrt(np.maximum(2 - 2 * full_similarity(embeddings, documents, *weight), 0))
    np.fill_diagonal(full, 0)
    assert_hdbscan_agrees(ours, full, min_samples, min_cluster_size, 2e-6)


@QUICK
@given(st.integers(0, 10_000), weights, st.sampled_from([0.0, 0.3, 1.0]), st.booleans())
def test_blend_is_a_kernel_whoever_lacks_a_date_or_a_word(seed, weight, lacking, by_model):
    embeddings, documents = corpus(40, seed, lacking, lacking)
    if by_model:
        embeddings = replace(embeddings, words=weighed(documents, seed))
    similarity = full_similarity(embeddings, documents, *weight)
    np.testing.assert_allclose(np.diag(similarity), 1)
    assert np.linalg.eigvalsh(similarity).min() > -1e-9


def test_weights_of_0_return_the_lists_as_they_are():
    embeddings, documents = corpus(50)
    lists = find_neighbors(embeddings, 10, "exact")
    assert blend(lists, embeddings, documents, 0, 0.0) is lists


def test_distances_are_the_same_in_both_directions_and_0_for_equal_documents():
    embeddings, documents = corpus(60, undated=0.5)
    vectors = np.concatenate([embeddings.vectors, embeddings.vectors[:20]])
    documents = pd.concat([documents, documents[:20]], ignore_index=True)
    lists = blended(make_embeddings(vectors), documents, 0.2, 0.15)
    matrix = np.zeros((80, 80), dtype=np.float32)
    np.put_along_axis(matrix, lists.indices.astype(int), lists.distances, axis=1)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (matrix[np.arange(20), 60 + np.arange(20)] == 0).all()


def test_order_of_rows_and_size_of_blocks_change_nothing(monkeypatch):
    embeddings, documents = corpus(200)
    lists = blended(embeddings, documents, 0.2, 0.15, k=15)
    monkeypatch.setattr("newsclust.neighbors.blend.PAIRS", 7)
    again = blended(embeddings, documents, 0.2, 0.15, k=15)
    np.testing.assert_array_equal(again.indices, lists.indices)
    np.testing.assert_array_equal(again.distances, lists.distances)
    shuffled = np.random.default_rng(1).permutation(200)
    other = blended(
        make_embeddings(embeddings.vectors[shuffled]), documents.iloc[shuffled].reset_index(drop=True), 0.2, 0.15, k=15
    )
    np.testing.assert_allclose(other.distances, lists.distances[shuffled], atol=1e-6)


def test_a_corpus_without_dates_is_blended_as_without_days():
    embeddings, documents = corpus(60, undated=1.0)
    lists, without = blended(embeddings, documents, 0.2, 0.3), blended(embeddings, documents, 0.2, 0)
    np.testing.assert_array_equal(lists.indices, without.indices)
    np.testing.assert_array_equal(lists.distances, without.distances)


def test_a_corpus_without_a_single_word_is_blended_as_without_words():
    embeddings, documents = corpus(30, wordless=1.0)
    np.testing.assert_array_equal(
        blended(embeddings, documents, 0.3, 0.1).distances, blended(embeddings, documents, 0, 0.1).distances
    )


def test_words_that_a_model_weighs_take_the_place_of_tf_idf():
    embeddings, documents = corpus(60, wordless=0.2)
    by_model = replace(embeddings, words=weighed(documents))
    lists = blended(by_model, documents, 0.3, 0.1)
    assert not np.array_equal(lists.distances, blended(embeddings, documents, 0.3, 0.1).distances)
    as_before, without = blended(by_model, documents, 0, 0.1), blended(embeddings, documents, 0, 0.1)
    np.testing.assert_array_equal(as_before.distances, without.distances)
    wordless = replace(embeddings, words=csr_array((60, 1), dtype=np.float32))
    np.testing.assert_array_equal(blended(wordless, documents, 0.3, 0.1).distances, without.distances)


@pytest.mark.parametrize(
    "per_text, n, vocabulary", [(1, 400, 3_000), (20, 400, 3_000), (900, 60, 3_000), (9_000, 6, 12_000)]
)
def test_words_are_distinguished_in_a_vocabulary_of_thousands(per_text, n, vocabulary):
    rng = np.random.default_rng(0)
    rows = np.zeros((n, vocabulary), dtype=np.float32)
    for row in rows:
        row[rng.choice(vocabulary, size=per_text, replace=False)] = rng.random(per_text) + 0.1
    embeddings, documents = corpus(n)
    embeddings = replace(embeddings, words=csr_array(rows))
    lists = blended(embeddings, documents, 0.5, 0.0)
    matrix = np.sqrt(np.maximum(2 - 2 * full_similarity(embeddings, documents, 0.5, 0.0), 0))
    np.testing.assert_allclose(lists.distances, np.take_along_axis(matrix, lists.indices, axis=1), atol=2e-6)


def test_padding_stays_at_the_end():
    embeddings, documents = corpus(20)
    lists = find_neighbors(embeddings, 6, "exact")
    indices, distances = lists.indices.copy(), lists.distances.copy()
    indices[:, 4:], distances[:, 4:] = -1, np.inf
    padded = blend(replace(lists, indices=indices, distances=distances), embeddings, documents, 0.2, 0.1)
    assert (padded.indices[:, 4:] == -1).all() and np.isinf(padded.distances[:, 4:]).all()
    assert (padded.indices[:, :4] >= 0).all() and np.isfinite(padded.distances[:, :4]).all()


def test_equal_vectors_everywhere_are_no_division_by_zero():
    embeddings = make_embeddings(np.tile([[0.6, 0.8]], (5, 1)))
    documents = pd.DataFrame({"text": [f"word{i}" for i in range(5)], "published_at": [""] * 5})
    distances = blended(embeddings, documents, 0.5, 0.0).distances
    np.testing.assert_allclose(distances, 1.0)  # equal vectors, no word in common: half of a squared distance of 2


def test_days_are_read_from_dates_of_any_iso_form():
    embeddings = make_embeddings(np.eye(5))
    one_zone = ["2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z", "", "2024-02-01T12:30:00Z", "1066-10-14T00:00:00Z"]
    forms = ["2024-01-01", "2024-01-03T02:00:00+02:00", "", "2024-02-01 12:30", "1066-10-14T00:00:00.000Z"]
    found, expected = (
        blended(embeddings, pd.DataFrame({"text": ["a"] * 5, "published_at": dates}), 0.0, 0.5)
        for dates in (forms, one_zone)
    )
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.distances, expected.distances)


def test_a_day_scale_of_3_halves_the_similarity_in_two_days():
    embeddings = make_embeddings(np.eye(4))
    dates = ["2024-01-01", "2024-01-03T01:54:25Z", "2024-01-03T01:54:25+02:00", ""]
    documents = pd.DataFrame({"text": ["a"] * 4, "published_at": dates})
    lists = blended(embeddings, documents, 0.0, 0.5)
    apart = dict(zip(lists.indices[0].tolist(), (lists.distances[0] ** 2).tolist(), strict=True))
    of_vectors = 2 + 2 / 3  # orthogonal vectors, seen from their mean
    assert apart[1] == pytest.approx(0.5 * of_vectors + 0.5 * 1, abs=1e-3)
    assert apart[2] < apart[1]  # two hours earlier


@pytest.mark.parametrize(
    "weights, message",
    [
        ((-0.1, 0, 3), "words is -0.1"),
        ((0, 1.0, 3), "days 1.0"),
        ((0.6, 0.4, 3), "words is 0.6, days 0.4"),
        ((0.1, 0.1, 0), "day_scale 0"),
        ((float("nan"), 0.1, 3), "words is nan"),
    ],
)
def test_weights_that_make_no_sense_are_refused_with_a_sentence(weights, message):
    embeddings, documents = corpus(5)
    with pytest.raises(ParameterError, match=message):
        blend(find_neighbors(embeddings, 2, "exact"), embeddings, documents, *weights)


def test_lists_and_texts_of_other_corpora_are_refused():
    embeddings, documents = corpus(5)
    with pytest.raises(InputError, match="of 5 documents, the vectors of 5 and the texts of 4"):
        blend(find_neighbors(embeddings, 2, "exact"), embeddings, documents[:4], 0.1)
