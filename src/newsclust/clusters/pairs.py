"""The listed pairs measured by vectors, words, days and company, one after the other, in machine code.

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
def companies(indices, distances, power):
    """Each document's company: itself and its neighbours, weighed by how near they are.

    Parameters
    ----------
    indices, distances : ndarray of int32 and float32, shape (n, m)
        -1 is padding.
    power : int
        A neighbour counts its similarity to this power.

    Returns
    -------
    company : ndarray of int32, shape (n, m + 1)
        Rows, ascending; padding last, as n.
    counts : ndarray of float32, shape (n, m + 1)
        Of length 1 in each row.
    """
    n, m = indices.shape
    company, counts = np.empty((n, m + 1), dtype=np.int32), np.empty((n, m + 1), dtype=np.float32)
    similarities = np.empty(m + 1)
    for row in range(n):
        company[row, 0], similarities[0], squares = row, 1.0, 1.0
        for column in range(m):
            other, count = indices[row, column], 0.0
            if other < 0:
                other = n
            else:
                count = max(1 - np.float64(distances[row, column]) ** 2 / 2, 0.0) ** power
            squares += count**2
            place = column + 1
            while place > 0 and company[row, place - 1] > other:
                company[row, place], similarities[place] = company[row, place - 1], similarities[place - 1]
                place -= 1
            company[row, place], similarities[place] = other, count
        counts[row] = similarities / math.sqrt(squares)
    return company, counts


@njit(nogil=True, cache=True)
def share_rows(rows, indices, distances, company, counts, weight, new_indices, new_distances):
    """Measure the pairs in the lists of `rows` anew, by the company they share, and put each list in order.

    Both directions of a pair give the same bits: what two companies share is added up in the order of the rows.

    Parameters
    ----------
    rows : ndarray of int
    indices, distances : ndarray of int32 and float32, shape (n, k)
        -1 is padding.
    company, counts : ndarray, shape (n, m + 1)
        From `companies`.
    weight : float
    new_indices, new_distances : ndarray, shape (n, k)
        Written to.
    """
    n, k = indices.shape
    m = company.shape[1]
    own = np.zeros(n + 1, dtype=np.float32)  # how much each document counts in the row's company
    for row in rows:
        for place in range(m):
            own[company[row, place]] = counts[row, place]
        for column in range(k):
            other, distance = indices[row, column], distances[row, column]
            if other >= 0 and distance > 0:
                shared = 0.0
                for place in range(m):
                    shared += np.float64(own[company[other, place]]) * counts[other, place]
                kept = 1 - weight * (1 - min(shared, 1.0))
                # 2 - 2 (1 - d² / 2) kept, as a sum that is exact for small distances.
                distance = np.float32(math.sqrt(kept * np.float64(distance) ** 2 + 2 * (1 - kept)))
            _insert(new_indices[row], new_distances[row], column, other, distance)
        for place in range(m):
            own[company[row, place]] = 0


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
