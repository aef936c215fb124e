"""How much each word of a text says: by scikit-learn's TF-IDF, or as a model has learnt it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from newsclust.corpus.words import WORD
from newsclust.neighbors.weighed import Weighed, learnt, weighted_words
from test_blend import corpus, weighed


def products(words: Weighed) -> np.ndarray:
    """Of all pairs of texts, in 2^-60; of a text with itself its squared length."""
    rows = (words.weights.astype(np.int64), words.terms, words.ends)
    rows = csr_array(rows, (len(words.squares), words.terms.max() + 1))
    shared = (rows @ rows.T).toarray()
    np.fill_diagonal(shared, words.squares)
    return shared


def test_words_that_a_model_weighs_are_of_length_one_whatever_nobody_shares():
    rows = np.array([[0, 0.5, 0, 0.25, 0, 3], [0, 0, 0, 0, 0, 0], [0, 0.1, 0, 0, 0.3, 0], [0, 0, 0, 0, 0, 2]])
    words = learnt(csr_array(rows.astype(np.float32)))
    assert words.terms.tolist() == [1, 5, 1, 5] and words.ends.tolist() == [0, 2, 2, 3, 4]
    assert words.squares[1] == 0
    np.testing.assert_allclose(products(words) / 2**60, normalize(rows) @ normalize(rows).T, atol=1e-7)


def test_order_of_rows_changes_no_bit_of_what_words_have_in_common():
    embeddings, documents = corpus(80)
    shuffled = np.random.default_rng(1).permutation(80)
    for weigh, texts in ((learnt, weighed(documents)), (weighted_words, documents["text"].to_numpy())):
        one, other = weigh(texts), weigh(texts[shuffled])
        np.testing.assert_array_equal(products(other), products(one)[np.ix_(shuffled, shuffled)])
        np.testing.assert_array_equal(other.squares, one.squares[shuffled])


def test_a_model_s_words_have_the_same_in_common_among_fewer_texts():
    _, documents = corpus(80)
    words = weighed(documents)
    np.testing.assert_array_equal(products(learnt(words[:10])), products(learnt(words))[:10, :10])


def test_weighed_words_are_scikit_learn_s_tf_idf_of_words_and_pairs():
    texts = pd.Series(
        ["Quake hits coast, quake felt", "", "?!", "the coast of quakes: 10,000 felt it", "quake hits", "vote"]
    )
    words = weighted_words(texts)
    theirs = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD).fit_transform(texts)
    assert 0 < len(words.terms) < theirs.nnz / 2
    np.testing.assert_allclose(products(words) / 2**60, (theirs @ theirs.T).toarray(), atol=1e-8)


def test_words_of_other_scripts_count_whole():
    words = weighted_words(pd.Series(["सूर्य ग्रहण", "सूर्य उदय", "10,000 votes", "000 votes"]))
    alike = products(words) / 2**60
    assert 0 < alike[0, 1] < 1 and alike[2, 3] < alike[0, 1] + 0.5
    np.testing.assert_allclose(np.diag(alike), 1)


def test_weights_in_whole_numbers_leave_out_the_terms_that_nobody_shares_but_not_their_length():
    words = csr_array(np.array([[3.0, 4, 0], [0, 0, 0], [7, 0, 0]], dtype=np.float32))
    kept = learnt(words)
    assert kept.ends.tolist() == [0, 1, 1, 2] and kept.terms.tolist() == [0, 0]
    assert kept.weights.tolist() == [round(0.6 * 2**30), 2**30]
    np.testing.assert_allclose(kept.squares / 2**60, [1, 0, 1], atol=1e-8)
    assert {kept.terms.dtype, kept.weights.dtype} == {np.dtype(np.int32)} and kept.squares.dtype == np.int64
