"""Measure the listed pairs by vectors, words, days and neighbourhood, one after the other, in machine code.

numba compiles this module when it is first called, in a second or two, and keeps the result on disk. Import it where it
is needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

#: Indices are unsigned where time matters: for signed ones numba checks whether they count from the end.
ONE = np.uint64(1)
SPARSE = 64  # places for each term in the table of a row's terms
UNIT = 2.0**-30  # of words' weights, which are whole numbers: their products add up exactly, in any order

#: For each document: the roots of the weights of vector, words and day (the weights add up to 1); its vector's distance
#: from the mean; its day, in units of the day scale; its words' squared length; the start and end of its terms.
FACTS = np.dtype(
    [(name, np.float64) for name in ("by_vector", "by_words", "by_day", "offset", "day")]
    + [(name, np.int64) for name in ("square", "start", "end")]
)


@njit(nogil=True, cache=True)
def measure_rows(places, rows, indices, distances, facts, terms, weights, longest, listed, apart_by):
    """Measure the pairs in some of the lists and sort each list.

    Both directions of a pair give the same bits.

    Parameters
    ----------
    places, rows : ndarray of int64
        The places of these lists, and their documents.
    indices, distances : ndarray of int32 and float32, shape (m, k)
        The lists by vectors; -1 is padding.
    facts : ndarray of FACTS, shape (n,)
        Of each document.
    terms, weights : ndarray of int32
        From `newsclust.neighbors.weighed.Weighed`.
    longest : int
        The most terms of any text.
    listed, apart_by : ndarray of int32 and float32, shape (m, k)
        Written to: the new lists.
    """
    k, lists = indices.shape[1], (indices.reshape(-1), listed.reshape(-1), apart_by.reshape(-1))
    found = np.empty(k, dtype=np.float32)
    # A row's terms are found by their last bits, in a table that fits into the cache, unlike one with a weight for each
    # term of the corpus. The few that collide are `spare`: less than 8 of 1,000 terms.
    size = np.uint32(1)
    while size < SPARSE * longest:
        size *= np.uint32(2)
    keys, own_weights = np.full(size, -1, dtype=np.int32), np.empty(size, dtype=np.int32)
    spare = np.empty(longest, dtype=np.int64)
    for number, place in enumerate(places):
        own = facts[rows[number]]
        size, n_spare = np.uint32(1), 0
        while size < SPARSE * (own.end - own.start):
            size *= np.uint32(2)
        mask = np.uint32(size - np.uint32(1))
        for at in range(np.uint64(own.start), np.uint64(own.end)):
            bits = np.uint32(terms[at]) & mask
            if keys[bits] < 0:
                keys[bits], own_weights[bits] = terms[at], weights[at]
            else:
                spare[n_spare] = at
                n_spare += 1
        for column in range(k):
            other = indices[place, column]
            if other < 0:
                found[column] = np.inf
                continue
            theirs = facts[other]
            start, end, shared = np.uint64(theirs.start), np.uint64(theirs.end), 0
            for at in range(start, end):
                # Always multiplied, because a branch would often be predicted wrongly.
                bits = np.uint32(terms[at]) & mask
                product = np.int64(own_weights[bits]) * np.int64(weights[at])
                shared += product if keys[bits] == terms[at] else 0
            for own_at in spare[:n_spare]:
                for at in range(start, end):
                    product = np.int64(weights[own_at]) * np.int64(weights[at])
                    shared += product if terms[own_at] == terms[at] else 0
            # Each part of two unit vectors, sqrt(p) x and sqrt(q) y, is
            # (sqrt(p) - sqrt(q))² + sqrt(p q) |x - y|² apart.
            squared = _by_vectors(distances[place, column], own.offset, theirs.offset)
            apart = (own.by_vector - theirs.by_vector) ** 2 + own.by_vector * theirs.by_vector * squared
            apart += (own.by_words - theirs.by_words) ** 2
            apart += own.by_words * theirs.by_words * (own.square + theirs.square - 2 * shared) * UNIT**2
            apart += (own.by_day - theirs.by_day) ** 2
            both = own.by_day * theirs.by_day
            if both > 0:
                apart += both * (2 - 2 * math.exp(-abs(own.day - theirs.day)))
            found[column] = math.sqrt(apart)
        _write_in_order(lists, found, np.uint64(place * k))
        for at in range(np.uint64(own.start), np.uint64(own.end)):
            keys[np.uint32(terms[at]) & mask] = -1


@njit(nogil=True, cache=True)
def share_rows(places, indices, distances, neighbourhood, counts, weight, listed, apart_by):
    """Measure the pairs in some of the lists again, by the neighbourhood they share, and sort each list.

    Both directions of a pair give the same bits: what two neighbourhoods share is summed in the order of the rows.

    Parameters
    ----------
    places : ndarray of int64
        The rows of these lists.
    indices, distances : ndarray of int32 and float32, shape (n, k)
        The lists; -1 is padding.
    neighbourhood, counts : ndarray, shape (n, c)
        Each document's neighbourhood: rows, ascending, n for none; and how much each counts.
    weight : float
    listed, apart_by : ndarray of int32 and float32, shape (n, k)
        Written to: the new lists.
    """
    (n, c), k = neighbourhood.shape, indices.shape[1]
    lists, found = (indices.reshape(-1), listed.reshape(-1), apart_by.reshape(-1)), np.empty(k, dtype=np.float32)
    own = np.zeros(n + 1, dtype=np.float32)  # each document's weight in the row's neighbourhood
    for row in places:
        for at in range(c):
            own[neighbourhood[row, at]] = counts[row, at]
        for column in range(k):
            other, distance = indices[row, column], distances[row, column]
            if other >= 0 and distance > 0:
                shared = 0.0
                for at in range(c):
                    shared += np.float64(own[neighbourhood[other, at]]) * counts[other, at]
                kept = 1 - weight * (1 - min(shared, 1.0))
                # 2 - 2 (1 - d² / 2) kept, as a sum that is exact for small distances.
                distance = np.float32(math.sqrt(kept * np.float64(distance) ** 2 + 2 * (1 - kept)))
            found[column] = distance
        _write_in_order(lists, found, np.uint64(row * k))
        for at in range(c):
            own[neighbourhood[row, at]] = 0


@njit(nogil=True, cache=True)
def _by_vectors(distance, a, b):
    """The squared distance of two vectors as unit vectors from the mean; `a` and `b` are their distances from it."""
    if a * b == 0:
        # A vector at the mean has no direction: it equals others there, and is unrelated to all the rest.
        return 0.0 if a == b else 2.0
    squared = (np.float64(distance) ** 2 - (a - b) ** 2) / (a * b)  # |x/a - y/b|² = (|x - y|² - (a - b)²) / ab
    return min(max(squared, 0.0), 4.0)


@njit(nogil=True, cache=True)
def _write_in_order(lists, found, start):
    """Write the list that begins at `start`, sorted: nearest first, equal distances by smaller row, padding last."""
    indices, listed, apart_by = lists
    for n in range(np.uint64(len(found))):
        index, distance, at = indices[start + n], found[n], start + n
        while at > start and (
            apart_by[at - ONE] > distance
            or (apart_by[at - ONE] == distance and index >= 0 and not 0 <= listed[at - ONE] <= index)
        ):
            listed[at], apart_by[at] = listed[at - ONE], apart_by[at - ONE]
            at -= ONE
        listed[at], apart_by[at] = index, distance


@njit(nogil=True, cache=True)
def sum_days(starts, days, weights, own, groups, found):
    """Sum ``weight * exp(-|day - own|)`` over the members of a group, for each pair of a day and a group.

    Sums over earlier days are cumulative: the sum up to one member, decayed to the next day, plus the next member. Sums
    over later days likewise.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_groups + 1,)
        Where each group's members begin.
    days, weights : ndarray of float64
        Of the members, ascending days in each group, in units of the day scale.
    own : ndarray of float64, shape (m,)
        NaN is no day.
    groups : ndarray of int64, shape (m,)
    found : ndarray of float64, shape (m,)
        Written to.
    """
    before, after = weights.copy(), weights.copy()
    for group in range(len(starts) - 1):
        for i in range(starts[group] + 1, starts[group + 1]):
            before[i] += before[i - 1] * math.exp(days[i - 1] - days[i])
        for i in range(starts[group + 1] - 2, starts[group] - 1, -1):
            after[i] += after[i + 1] * math.exp(days[i] - days[i + 1])
    for pair in range(len(own)):
        first, last = starts[groups[pair]], starts[groups[pair] + 1]
        if math.isnan(own[pair]):
            continue
        later = first + np.searchsorted(days[first:last], own[pair], side="right")
        if later > first:
            found[pair] += before[later - 1] * math.exp(days[later - 1] - own[pair])
        if later < last:
            found[pair] += after[later] * math.exp(own[pair] - days[later])
