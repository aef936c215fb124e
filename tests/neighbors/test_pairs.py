"""The sums that run in machine code, against numpy. `test_blend` and `test_shared` have all pairs of a corpus."""

from __future__ import annotations

import numpy as np

from newsclust.neighbors.pairs import distances_from, in_whole_numbers, neighbourhoods, sum_days, sum_of

RNG = np.random.default_rng(0)


def test_the_mean_and_the_distances_from_it_are_numpys():
    vectors = RNG.normal(size=(50, 7)).astype(np.float32)
    total = sum_of(vectors)
    np.testing.assert_allclose(total, vectors.sum(axis=0, dtype=np.float64), rtol=1e-12)
    expected = np.linalg.norm(vectors - total / 50, axis=1)
    np.testing.assert_allclose(distances_from(vectors, total / 50), expected, rtol=1e-12)


def test_a_story_supports_a_day_by_the_sum_over_its_members():
    starts, days, weights = np.array([0, 4, 4, 7]), RNG.normal(size=7), RNG.uniform(size=7)
    for start, end in zip(starts, starts[1:], strict=False):
        days[start:end].sort()
    own, groups = np.append(RNG.normal(size=8), [np.nan, days[1]]), np.array([0, 1, 2, 0, 1, 2, 0, 2, 0, 0])
    found = np.zeros(10)
    sum_days(starts, days, weights, own, groups, found)
    members = [slice(starts[group], starts[group + 1]) for group in groups]
    faded = [(weights[some] * np.exp(-np.abs(days[some] - day))).sum() for day, some in zip(own, members, strict=True)]
    np.testing.assert_allclose(found, np.nan_to_num(faded), atol=1e-12)


def test_a_neighbourhood_is_the_document_and_its_neighbours_in_the_order_of_rows_with_padding_last():
    indices = np.array([[2, 1], [0, -1], [0, 1]], dtype=np.int32)
    distances = np.array([[0.5, 1.0], [1.0, np.inf], [0.5, 1.8]], dtype=np.float32)
    neighbourhood, counts = neighbourhoods(indices, distances, 2)
    assert neighbourhood.tolist() == [[0, 1, 2], [0, 1, 3], [0, 1, 2]]
    weights = np.array([[1, 0.5**2, 0.875**2], [0.5**2, 1, 0], [0.875**2, 0, 1]])  # (1 - d² / 2)²
    np.testing.assert_allclose(counts, weights / np.linalg.norm(weights, axis=1, keepdims=True), rtol=1e-6)


def test_weights_in_whole_numbers_leave_out_the_terms_that_nobody_shares_but_not_their_length():
    ends, terms = np.array([0, 2, 2, 3]), np.array([0, 1, 0], dtype=np.int32)
    weights = np.array([0.6, 0.8, 1.0])
    kept = np.empty(4, np.int64), np.empty(2, np.int32), np.empty(2, np.int32), np.empty(3, np.int64)
    in_whole_numbers(ends, terms, weights, np.array([True, False]), *kept)
    assert kept[0].tolist() == [0, 1, 1, 2] and kept[1].tolist() == [0, 0]
    assert kept[2].tolist() == [round(0.6 * 2**30), 2**30]
    np.testing.assert_allclose(kept[3] / 2**60, [1, 0, 1], atol=1e-8)
