"""UMAP's stochastic gradient descent on all cores, with the same result on any number of them.

umap-learn moves both ends of an edge as soon as it draws it, so that threads read what others write; with a seed it
therefore uses one core. Here each document moves only itself, and reads only earlier positions of the others: the even
rows move while the odd ones are fixed, then the odd ones. Random draws depend on the row and the epoch, not on the
thread. Edges, their schedule, the forces, their limits and the decreasing step are UMAP's (McInnes, Healy & Melville
2018, algorithm 5, and umap-learn's ``layouts.py``).

numba compiles this module when it is first called, in a second or two, and keeps the result on disk. Import it where it
is needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import os
from multiprocessing.pool import ThreadPool

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from tqdm.auto import tqdm

NEGATIVE_SAMPLES = 5  # documents that repel, for each that attracts; UMAP's default
FURTHEST = np.float32(4)  # the most that a single force moves, before the step; UMAP's limit
SOFT = np.float32(0.001)  # keeps the repulsion of documents at one point finite; UMAP's
FEWEST_ROWS = 256  # for a block of their own

# Forces are tabulated by the upper bits of squared distances, from 2^-30 to 2^30: 64 points per factor of 2.
SHIFT = 23 - 6
LEAST, MOST = (127 - 30) << 6, (127 + 30) << 6

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def descend(
    start: np.ndarray, graph: csr_array, n_epochs: int, a: float, b: float, seed: int, first_step: float = 1.0
) -> np.ndarray:
    """Move the documents to where neighbours are near and others far.

    Parameters
    ----------
    start : ndarray of float32, shape (n, n_components)
    graph : csr_array of float32, shape (n, n)
        UMAP's fuzzy graph: the probability that two documents are neighbours. Symmetric, except that a document without
        a row stays fixed.
    n_epochs : int
        The most probable edges are drawn once in each; edges too improbable to be drawn are left out.
    a, b : float
        Of the curve ``1 / (1 + a d^(2b))`` that `umap.umap_.find_ab_params` fits to a ``min_dist``.
    seed : int
    first_step : float
        How far the forces move in the first epoch; it falls to 0.

    Returns
    -------
    ndarray of float32, shape (n, n_components)
    """
    edges = csr_array(graph, copy=True)
    edges.data[edges.data < edges.data.max(initial=0) / n_epochs] = 0
    edges.eliminate_zeros()
    edges.sort_indices()
    period = (edges.data.max(initial=0) / edges.data).astype(np.float32)  # epochs from one draw of an edge to the next
    due, due_push = period.copy(), period / np.float32(NEGATIVE_SAMPLES)
    lists = edges.indptr, edges.indices, period, due, due_push
    n, dim = start.shape
    where = np.hstack([start, np.zeros((n, 3 - dim))]).astype(np.float32)
    moved = where.copy()
    forces, start_at = _forces(a, b), np.uint64(seed)
    n_threads = os.cpu_count() or 1
    with ThreadPool(n_threads) as pool:
        most = 4 * n_threads  # rows differ in the number of their edges
        halves = [np.arange(parity, len(where), 2) for parity in (0, 1)]
        blocks = [np.array_split(half, np.clip(len(half) // FEWEST_ROWS, 1, most)) for half in halves]
        for epoch in tqdm(range(n_epochs), desc="Laying out", unit="epoch", delay=2, leave=False):
            step = np.float32(first_step * (1 - epoch / n_epochs))

            def move(rows: np.ndarray, epoch: int = epoch, step: np.float32 = step) -> None:
                _move(rows, where, moved, *lists, *forces, step, epoch, start_at)

            for parity, parts in enumerate(blocks):
                pool.map(move, parts, chunksize=1)
                where[parity::2] = moved[parity::2]
    return where[:, :dim].copy()


def _forces(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """UMAP's two forces by squared distance: the attraction of a neighbour and the repulsion of others, for `_force`.

    Each is the gradient of a cross-entropy divided by the distance: `-2ab d^(2b - 2) / (1 + a d^(2b))` and
    `2b / ((0.001 + d²)(1 + a d^(2b)))`. Computing them took two fifths of the descent; linear interpolation between the
    points here differs from them by less than one in 2,500.
    """
    squared = np.arange(LEAST, MOST + 1, dtype=np.int32)
    squared = (squared << SHIFT).view(np.float32).astype(np.float64)
    spread = 1 + a * squared**b
    pull, push = -2 * a * b * squared ** (b - 1) / spread, 2 * b / ((SOFT + squared) * spread)
    return pull.astype(np.float32), push.astype(np.float32)


@njit(nogil=True, fastmath=True, cache=True)
def _move(rows, where, moved, ends, others, period, due, due_push, pull, push, step, epoch, seed):
    """One epoch of these rows, in 3-D; in 2-D everything stays at height 0."""
    n, two = len(where), np.float32(2)
    for row in rows:
        x, y, z = where[row]
        # A stream of random numbers for each row and epoch: SplitMix64 (Steele, Lea & Flood 2014).
        state = _mix(_mix(np.uint64(row) + seed * _GOLDEN) + np.uint64(epoch) * _GOLDEN)
        for edge in range(ends[row], ends[row + 1]):
            if due[edge] > epoch:
                continue
            there = where[others[edge]]
            right, up, high = x - there[0], y - there[1], z - there[2]
            force = _force(pull, right * right + up * up + high * high)
            # Twice, because UMAP draws an edge in both directions and moves both ends each time.
            x += two * step * _limited(force * right)
            y += two * step * _limited(force * up)
            z += two * step * _limited(force * high)
            due[edge] += period[edge]
            between = period[edge] / NEGATIVE_SAMPLES
            n_pushes = int((epoch - due_push[edge]) / between)
            due_push[edge] += n_pushes * between
            # All repulsions are computed from one position: none waits for another, which halves the time.
            to_right = to_up = to_high = np.float32(0)
            for _ in range(n_pushes):
                state += _GOLDEN
                there = where[((_mix(state) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)]
                right, up, high = x - there[0], y - there[1], z - there[2]
                force = _force(push, right * right + up * up + high * high)
                to_right += _limited(force * right)
                to_up += _limited(force * up)
                to_high += _limited(force * high)
            x, y, z = x + step * to_right, y + step * to_up, z + step * to_high
        moved[row] = x, y, z


@njit(nogil=True, fastmath=True, cache=True, inline="always")
def _force(table, squared):
    """The force at a squared distance, from a table of `_forces`."""
    bits = min(max(np.float32(squared).view(np.int32), LEAST << SHIFT), (MOST << SHIFT) - 1)
    place = (bits >> SHIFT) - LEAST
    part = np.float32(bits & ((1 << SHIFT) - 1)) * np.float32(1 / (1 << SHIFT))
    return table[place] + part * (table[place + 1] - table[place])


@njit(nogil=True, cache=True, inline="always")
def _limited(force):
    return min(max(force, -FURTHEST), FURTHEST)


@njit(nogil=True, cache=True, inline="always")
def _mix(state):
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
