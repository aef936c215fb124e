"""The listed pairs measured by vectors, words and days, one after the other, in machine code.

numba compiles this module for a second or two when it is first called, and keeps the result on disk. Import it where it
is needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

ROUNDING = 1e-12  # two texts of the same words are this near to similarity 1


@njit(nogil=True, cache=True)
def measure_rows(rows, indices, distances, facts, ends, terms, weights, n_shared, new_indices, new_distances):
    """Measure the pairs in the lists of `rows` and put each list in order.

    Both directions of a pair give the same bits: what two texts share is added up in the order of the terms. So the
    second time that a pair turns up here, its distance is looked up.

    Parameters
    ----------
    rows : ndarray of int
    indices, distances : ndarray of int32 and float32, shape (n, k)
        The lists by vectors; -1 is padding.
    facts : ndarray of float64, shape (n, 5)
        Of each document the roots of the weights of vector, words and day, which add up to 1; its vector's distance
        from the mean; its day, in units of the day scale.
    ends, terms, weights : ndarray of int64, int32 and float64
        A sparse matrix of the words in compressed rows, the terms of each ascending.
    n_shared : int
        Terms from here on are of one text alone and shared with nobody.
    new_indices, new_distances : ndarray, shape (n, k)
        Written to.
    """
    n, k = indices.shape
    own = np.zeros(n_shared)  # the weights of the row's terms
    is_done = np.zeros(n, dtype=np.bool_)
    for row in rows:
        by_vector, by_words, by_day, offset, day = facts[row]
        listed, apart_by = new_indices[row], new_distances[row]
        for place in range(ends[row], ends[row + 1]):
            if terms[place] >= n_shared:
                break
            own[terms[place]] = weights[place]
        for column in range(k):
            other = indices[row, column]
            if other < 0:
                _insert(listed, apart_by, column, other, np.float32(np.inf))
                continue
            if is_done[other]:
                known = _find(new_indices[other], row)
                if known >= 0:
                    _insert(listed, apart_by, column, other, new_distances[other, known])
                    continue
            # Each part of two unit vectors, sqrt(p) x and sqrt(q) y, is
            # (sqrt(p) - sqrt(q))² + sqrt(p q) |x - y|² apart.
            theirs = facts[other]
            apart = (by_vector - theirs[0]) ** 2
            apart += by_vector * theirs[0] * _by_vectors(distances[row, column], offset, theirs[3])
            apart += (by_words - theirs[1]) ** 2
            both = by_words * theirs[1]
            if both > 0:
                shared = 0.0
                for place in range(ends[other], ends[other + 1]):
                    if terms[place] >= n_shared:
                        break
                    shared += own[terms[place]] * weights[place]
                squared = 2 - 2 * shared
                if squared >= ROUNDING:
                    apart += both * squared
            apart += (by_day - theirs[2]) ** 2
            both = by_day * theirs[2]
            if both > 0:
                apart += both * (2 - 2 * math.exp(-abs(day - theirs[4])))
            _insert(listed, apart_by, column, other, np.float32(math.sqrt(apart)))
        for place in range(ends[row], ends[row + 1]):
            if terms[place] >= n_shared:
                break
            own[terms[place]] = 0
        is_done[row] = True


@njit(nogil=True, cache=True)
def lead(indices):
    """For each row the smallest row that can be reached over a few lists: rows of one story mostly have the same.

    Parameters
    ----------
    indices : ndarray of int32, shape (n, k)
        -1 is padding.

    Returns
    -------
    ndarray of int32, shape (n,)
    """
    n, k = indices.shape
    leader = np.arange(n, dtype=np.int32)
    for _ in range(2):
        for row in range(n):
            least = leader[row]
            for column in range(k):
                other = indices[row, column]
                if other >= 0:
                    least = min(least, leader[other])
            leader[row] = least
    return leader


@njit(nogil=True, cache=True)
def _by_vectors(distance, a, b):
    """The squared distance of two vectors, at `a` and `b` from the mean, seen from there as unit vectors."""
    if a * b == 0:
        # A vector at the mean has no direction: it is like others there, and unlike all else.
        return 0.0 if a == b else 2.0
    squared = (np.float64(distance) ** 2 - (a - b) ** 2) / (a * b)  # |x/a - y/b|² = (|x - y|² - (a - b)²) / ab
    return min(max(squared, 0.0), 4.0)


@njit(nogil=True, cache=True)
def _find(indices, index):
    for place in range(len(indices)):
        if indices[place] == index:
            return place
    return -1


@njit(nogil=True, cache=True)
def _insert(indices, distances, n, index, distance):
    """Insert into a list of `n` entries: nearest first, equal distances by smaller row, padding last."""
    place = n
    while place > 0 and (
        distances[place - 1] > distance
        or (distances[place - 1] == distance and index >= 0 and (indices[place - 1] > index or indices[place - 1] < 0))
    ):
        indices[place], distances[place] = indices[place - 1], distances[place - 1]
        place -= 1
    indices[place], distances[place] = index, distance
