"""The weights of a text's words, in whole numbers: by TF-IDF, or as a model has learnt them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..corpus.words import number_words
from ..paths import give_numba_a_folder


class Weighed(NamedTuple):
    """The words of texts as vectors of length one, whose products are exact.

    Weights are multiples of 2^-30, products of two of them multiples of 2^-60, and their sums whole numbers of those:
    the same in any order, unlike sums of floats, and two texts of the same words are at distance 0.

    Attributes
    ----------
    ends : ndarray of int64, shape (n + 1,)
        The terms of text `i` are at ``ends[i]`` to ``ends[i + 1]`` of the next two.
    terms, weights : ndarray of int32
        Numbers of terms, each once in a text, and weights in 2^-30. Terms found only once, as most pairs of words are,
        are left out, because no two texts share them.
    squares : ndarray of int64, shape (n,)
        The squared length of each vector in 2^-60, including those terms; 0 for a text without a word.
    """

    ends: np.ndarray
    terms: np.ndarray
    weights: np.ndarray
    squares: np.ndarray


def no_words(n: int) -> Weighed:
    none = np.empty(0, dtype=np.int32)
    return Weighed(np.zeros(n + 1, dtype=np.int64), none, none, np.zeros(n, dtype=np.int64))


def weighted_words(texts: Iterable[str], n_known: int | None = None) -> Weighed:
    """The TF-IDF of each text's words and pairs of adjacent words.

    By scikit-learn's definition, with sublinear term frequencies: a term found `f` times in a text and in `d` of `n`
    texts weighs `(1 + log f) (1 + log((1 + n) / (1 + d)))`. Stop words stay: they weigh little, and leaving them out
    changed nothing on labelled headlines. Terms are numbered from the start, in order of appearance, because
    scikit-learn's vectorizer takes three times as long, mostly to write out pairs and to sort.

    Parameters
    ----------
    texts : iterable of str
    n_known : int, optional
        `n` and `d` are counted in the first `n_known` texts alone: later ones do not change the weights.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    words = number_words(texts)
    if not words.names:
        return no_words(words.n_texts)
    one, next_one = words.numbers[words.first], words.numbers[words.first + 1]
    pairs = pd.factorize(one * np.int64(len(words.names)) + next_one)[0] + len(words.names)
    terms = np.append(words.numbers, pairs.astype(np.int32))
    text = np.append(words.text, words.text[words.first])
    times = np.bincount(terms)
    counts = csr_array((np.ones(len(terms)), (text, terms)), shape=(words.n_texts, len(times)))
    rows = TfidfTransformer(sublinear_tf=True).fit(counts[:n_known]).transform(counts, copy=False)
    return _in_whole_numbers(rows.indptr, rows.indices, rows.data, times > 1)


def learnt(words: csr_array) -> Weighed:
    """The words of each text with the weights that a model has learnt.

    BGE-M3's own lexical score of two texts is the dot product of these weights as they are (J. Chen et al. 2024, *BGE
    M3-Embedding*, section 3.2): it grows with the texts' lengths, and has no bound. In a kernel every text must have
    the same similarity, 1, to itself: so this is the cosine.

    Parameters
    ----------
    words : csr_array of float32, shape (n, n_pieces)
        `newsclust.vectors.store.Embeddings.words`; weights above 0.
    """
    weights, row = words.data.astype(np.float64), np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    lengths = np.sqrt(np.bincount(row, weights**2, minlength=words.shape[0]))
    return _in_whole_numbers(words.indptr, words.indices, weights / lengths[row], np.bincount(words.indices) > 1)


def _in_whole_numbers(ends: np.ndarray, terms: np.ndarray, weights: np.ndarray, is_shared: np.ndarray) -> Weighed:
    give_numba_a_folder()
    from .pairs import UNIT

    whole, is_kept = (weights / UNIT + 0.5).astype(np.int64), is_shared[terms]
    squares = csr_array((whole * whole, terms, ends), shape=(len(ends) - 1, len(is_shared))).sum(axis=1)
    kept = terms[is_kept].astype(np.int32, copy=False), whole[is_kept].astype(np.int32)
    return Weighed(np.append(0, np.cumsum(is_kept))[ends], *kept, squares)
