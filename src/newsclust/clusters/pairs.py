"""The listed pairs measured by vectors, words, days and company, one after the other, in machine code.

numba compiles this module for a second or two when it is first called, and keeps the result on disk. Import it where it
is needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .ahead import ask_for

ROUNDING = 1e-12  # two texts of the same words are this near to similarity 1
AHEAD = 12  # entries of the lists for which memory is asked before their turn: a few hundred nanoseconds each
LINE = 64  # bytes that come from memory at once


@njit(nogil=True, cache=True)
def measure_rows(rows, indices, distances, facts, spans, terms, weights, longest):
    """Measure the pairs in the lists of `rows` and put each list in order.

    Both directions of a pair give the same bits: what two texts share is added up in the order of the terms.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
    indices, distances : ndarray of int32 and float32, shape (m, k)
        Their lists by vectors; -1 is padding.
    facts : ndarray of float64, shape (n, 5)
        Of each document the roots of the weights of vector, words and day, which add up to 1; its vector's distance
        from the mean; its day, in units of the day scale.
    spans : ndarray of int64, shape (n, 2)
        From `shared_spans`: where the terms of each document begin and end in what follows.
    terms, weights : ndarray of int32 and float64
        Of a sparse matrix of the words in compressed rows, the terms of each ascending.
    longest : int
        No text has more terms.

    Returns
    -------
    indices, distances : ndarray of int32 and float32, shape (m, k)
    """
    k = indices.shape[1]
    listed, apart_by = np.empty_like(indices), np.empty_like(distances)
    coming, all_facts, all_spans = indices.reshape(-1), facts.reshape(-1), spans.reshape(-1)
    # A row's terms are found by their last bits: `first` has the place in the row, counted from 1, of one term with
    # these bits, and `others` of the next such term; 0 is none. A table 32 times as long as a text seldom has others,
    # and stays in the cache, which a weight for each term of the corpus would not.
    size = np.uint32(1)
    while size < 32 * longest:
        size *= np.uint32(2)
    first, others = np.zeros(size, dtype=np.int32), np.empty(longest + 1, dtype=np.int32)
    mask = np.uint32(size - np.uint32(1))
    maybe = np.empty(longest + 1, dtype=np.int32)
    for number, row in enumerate(rows):
        by_vector, by_words, by_day, offset, day = facts[row]
        start, end = spans[row]
        own_terms, own_weights = terms[start:end], weights[start:end]
        for place in range(len(own_terms)):
            bits = np.uint32(own_terms[place]) & mask
            others[place + 1] = first[bits]
            first[bits] = place + 1
        for column in range(k):
            soon = number * k + column + AHEAD
            if soon + AHEAD < len(coming) and coming[soon + AHEAD] >= 0:
                ask_for(all_spans, coming[soon + AHEAD] * spans.shape[1])
                ask_for(all_facts, coming[soon + AHEAD] * facts.shape[1])
            if soon < len(coming) and coming[soon] >= 0:
                start, end = spans[coming[soon]]
                for place in range(start, end, LINE // terms.itemsize):
                    ask_for(terms, place)
                for place in range(start, end, LINE // weights.itemsize):
                    ask_for(weights, place)
            other = indices[number, column]
            if other < 0:
                _insert(listed[number], apart_by[number], column, other, np.float32(np.inf))
                continue
            # Each part of two unit vectors, sqrt(p) x and sqrt(q) y, is
            # (sqrt(p) - sqrt(q))² + sqrt(p q) |x - y|² apart.
            theirs = facts[other]
            apart = (by_vector - theirs[0]) ** 2
            apart += by_vector * theirs[0] * _by_vectors(distances[number, column], offset, theirs[3])
            apart += (by_words - theirs[1]) ** 2
            both = by_words * theirs[1]
            if both > 0:
                # First the terms that may be the row's, without a branch, which the processor would often guess wrong;
                # then those that are. The others would add zeros.
                start, end = spans[other]
                their_terms, their_weights = terms[start:end], weights[start:end]
                n_maybe = 0
                for place in range(len(their_terms)):
                    maybe[n_maybe] = place
                    n_maybe += first[np.uint32(their_terms[place]) & mask] > 0
                shared = 0.0
                for place in maybe[:n_maybe]:
                    own = first[np.uint32(their_terms[place]) & mask]
                    while own > 0 and own_terms[own - 1] != their_terms[place]:
                        own = others[own]
                    if own > 0:
                        shared += own_weights[own - 1] * their_weights[place]
                squared = 2 - 2 * shared
                if squared >= ROUNDING:
                    apart += both * squared
            apart += (by_day - theirs[2]) ** 2
            both = by_day * theirs[2]
            if both > 0:
                apart += both * (2 - 2 * math.exp(-abs(day - theirs[4])))
            _insert(listed[number], apart_by[number], column, other, np.float32(math.sqrt(apart)))
        for place in range(len(own_terms)):
            first[np.uint32(own_terms[place]) & mask] = 0
    return listed, apart_by


@njit(nogil=True, cache=True)
def shared_spans(ends, terms, n_shared):
    """Where the terms below `n_shared` begin and end in each row of a sparse matrix: int64, shape (n, 2).

    The terms of a row are ascending; those from `n_shared` on are of one text alone, and shared with nobody.
    """
    spans = np.empty((len(ends) - 1, 2), dtype=np.int64)
    for row in range(len(spans)):
        start, end = ends[row], ends[row + 1]
        while end > start and terms[end - 1] >= n_shared:
            end -= 1
        spans[row] = start, end
    return spans


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def distances_from(vectors, point):
    """The Euclidean distance of each vector from a point: float64, shape (n,)."""
    distances = np.empty(len(vectors))
    for row in range(len(vectors)):
        squares = 0.0
        for column in range(len(point)):
            apart = vectors[row, column] - point[column]
            squares += apart * apart
        distances[row] = math.sqrt(squares)
    return distances


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
def share_rows(rows, indices, distances, company, counts, weight):
    """Measure the pairs in the lists of `rows` anew, by the company they share, and put each list in order.

    Both directions of a pair give the same bits: what two companies share is added up in the order of the rows.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
    indices, distances : ndarray of int32 and float32, shape (m, k)
        Their lists; -1 is padding.
    company, counts : ndarray, shape (n, c)
        From `companies`.
    weight : float

    Returns
    -------
    indices, distances : ndarray of int32 and float32, shape (m, k)
    """
    k, (n, c) = indices.shape[1], company.shape
    listed, apart_by = np.empty_like(indices), np.empty_like(distances)
    coming, all_companies, all_counts = indices.reshape(-1), company.reshape(-1), counts.reshape(-1)
    own = np.zeros(n + 1, dtype=np.float32)  # how much each document counts in the row's company
    for number, row in enumerate(rows):
        for place in range(c):
            own[company[row, place]] = counts[row, place]
        for column in range(k):
            soon = number * k + column + AHEAD
            if soon < len(coming) and coming[soon] >= 0:
                for place in (coming[soon] * c, coming[soon] * c + c - 1):  # over the end of a line, maybe
                    ask_for(all_companies, place)
                    ask_for(all_counts, place)
            other, distance = indices[number, column], distances[number, column]
            if other >= 0 and distance > 0:
                shared = 0.0
                for place in range(c):
                    shared += np.float64(own[company[other, place]]) * counts[other, place]
                kept = 1 - weight * (1 - min(shared, 1.0))
                # 2 - 2 (1 - d² / 2) kept, as a sum that is exact for small distances.
                distance = np.float32(math.sqrt(kept * np.float64(distance) ** 2 + 2 * (1 - kept)))
            _insert(listed[number], apart_by[number], column, other, distance)
        for place in range(c):
            own[company[row, place]] = 0
    return listed, apart_by


@njit(nogil=True, cache=True)
def walk(rows, indices, n, size):
    """An order in which documents of one story mostly come one after the other.

    It goes from a document to its neighbours and on to theirs, as far as `size` documents lead, and begins again at the
    first that it has not met.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
    indices : ndarray of int32, shape (m, k)
        Their lists; -1 is padding.
    n : int
        Of all rows.
    size : int

    Returns
    -------
    ndarray of int64, shape (m,)
        Places in `rows`.
    """
    order, n_met, is_met = np.empty(len(rows), dtype=np.int64), 0, np.zeros(len(rows), dtype=np.bool_)
    place_of = np.full(n, -1, dtype=np.int32)
    for place, row in enumerate(rows):
        place_of[row] = place
    for start in range(len(rows)):
        if is_met[start]:
            continue
        order[n_met], is_met[start] = start, True
        at, end = n_met, n_met + size
        n_met += 1
        while at < min(n_met, end):
            for other in indices[order[at]]:
                if other >= 0 and place_of[other] >= 0 and not is_met[place_of[other]]:
                    order[n_met], is_met[place_of[other]] = place_of[other], True
                    n_met += 1
            at += 1
    return order


@njit(nogil=True, cache=True)
def _by_vectors(distance, a, b):
    """The squared distance of two vectors, at `a` and `b` from the mean, seen from there as unit vectors."""
    if a * b == 0:
        # A vector at the mean has no direction: it is like others there, and unlike all else.
        return 0.0 if a == b else 2.0
    squared = (np.float64(distance) ** 2 - (a - b) ** 2) / (a * b)  # |x/a - y/b|² = (|x - y|² - (a - b)²) / ab
    return min(max(squared, 0.0), 4.0)


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
