"""Learnt weights of words, as sparse rows and as Milvus stores them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from newsclust.vectors.word_weights import NO_WORD, from_arrays, from_milvus, heaviest, stack, to_arrays, to_milvus

ROWS = [{3: 0.5, 7: 0.25}, NO_WORD, {1: 2.0}]


def test_a_piece_weighs_what_its_heaviest_occurrence_does_and_special_tokens_nothing():
    weights = np.array([9, 0.5, 0.75, 0, 9, 9, 9], dtype=np.float32)
    found = heaviest([[0, 5, 5, 4, 2], [], [0, 2]], weights, frozenset({0, 2}))
    assert found.dtype == np.float32 and found.toarray().tolist() == [[0, 0, 0, 0, 0, 0.75], [0] * 6, [0] * 6]


def test_what_milvus_keeps_comes_back_as_it_was_a_text_without_a_word_included():
    words = from_milvus(ROWS)
    assert words.shape == (3, 8) and words[[1]].nnz == 0 and to_milvus(words) == ROWS
    again = from_arrays(to_arrays(words) | {"vectors": np.zeros(3)})
    assert np.array_equal(again.toarray(), words.toarray())
    assert to_arrays(None) == {} and from_arrays({"vectors": np.zeros(3)}) is None


def test_batches_of_different_widths_are_put_together_in_the_order_that_is_asked_for():
    parts = [from_milvus(ROWS[:2]), csr_array((1, 1), dtype=np.float32), from_milvus(ROWS[2:])]
    found = stack(parts, np.array([3, 0, 2]))
    assert found.shape == (3, 8) and to_milvus(found) == [ROWS[2], ROWS[0], NO_WORD]
