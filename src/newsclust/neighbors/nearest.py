"""The nearest of many: the inner loops of the searches, in machine code.

numba compiles this module when it is first called, in some seconds, and keeps the result on disk. Import it where it is
needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

STEP = 64  # columns compared with the limit together
#: Fills the places of a heap that are still empty; its lower half is -1.
NOBODY = 2**63 - 1


@njit(nogil=True, cache=True, fastmath={"nnan", "nsz"})
def keep_smallest(products, halves, rows, columns, kept, limits):
    """Keep the columns with each row's smallest `halves - products`, among these and those kept before.

    Each is kept as one number, the difference's bits above the column's number, which sorts by difference, in a heap
    with the largest on top (J. W. J. Williams 1964, *Algorithm 232: Heapsort*).

    Parameters
    ----------
    products : ndarray of float32, shape (m, c)
    halves : ndarray of float32, shape (c,)
    rows : ndarray of int, shape (m,)
        The rows of `products` in the other arrays.
    columns : ndarray of int32, shape (c,)
        The columns' numbers.
    kept : ndarray of int64, shape (n, wanted)
        `NOBODY` at the start; written to.
    limits : ndarray of float32, shape (n,)
        Differences from this on are too large: the largest float at the start; written to.
    """
    difference = np.empty(1, dtype=np.float32)
    bits = difference.view(np.int32)
    for place in range(len(rows)):
        row = rows[place]
        heap, limit = kept[row], limits[row]
        for start in range(0, len(columns), STEP):
            some, theirs = products[place, start : start + STEP], halves[start : start + STEP]
            n_small = 0
            for column in range(len(some)):
                n_small += theirs[column] - some[column] < limit
            if not n_small:
                continue
            for column in range(len(some)):
                difference[0] = theirs[column] - some[column]
                if difference[0] >= limit:
                    continue
                _replace_top(heap, (np.int64(_ascending(bits[0])) << 32) | columns[start + column])
                if heap[0] != NOBODY:
                    bits[0] = _ascending(np.int32(heap[0] >> 32))
                    limit = difference[0]
        limits[row] = limit


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def measure(vectors, rows, candidates, indices, distances):
    """The nearest of each row's candidates, nearest first, equal distances by smaller row.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    rows : ndarray of int, shape (m,)
    candidates : ndarray of int, shape (m, c)
        Rows, each once; the row itself and -1 are no candidates.
    indices, distances : ndarray of int32 and float32, shape (m, k)
        Written to; -1 and infinity if there are fewer.
    """
    k = indices.shape[1]
    for place in range(len(rows)):
        row, listed, apart_by = rows[place], indices[place], distances[place]
        listed[:], apart_by[:] = -1, np.inf
        for other in candidates[place]:
            if other < 0 or other == row:
                continue
            squared = 0.0
            for dim in range(vectors.shape[1]):
                squared += (np.float64(vectors[row, dim]) - np.float64(vectors[other, dim])) ** 2
            distance, at = np.float32(math.sqrt(squared)), k
            while at > 0 and (distance < apart_by[at - 1] or (distance == apart_by[at - 1] and other < listed[at - 1])):
                at -= 1
                if at + 1 < k:
                    listed[at + 1], apart_by[at + 1] = listed[at], apart_by[at]
            if at < k:
                listed[at], apart_by[at] = other, distance


@njit(nogil=True, cache=True)
def _ascending(bits):
    """The bits of a float32 as an integer with the same order, and back."""
    return bits if bits >= 0 else np.int32(bits ^ np.int32(0x7FFFFFFF))


@njit(nogil=True, cache=True)
def _replace_top(heap, key):
    """Replace the largest number of a heap by `key`."""
    place, below = 0, 1
    while below < len(heap):
        if below + 1 < len(heap) and heap[below + 1] > heap[below]:
            below += 1
        if heap[below] <= key:
            break
        heap[place] = heap[below]
        place, below = below, 2 * below + 1
    heap[place] = key
