"""UMAP's stochastic gradient descent on all cores, with the same result on any number of them.

umap-learn moves both ends of an edge as soon as it draws it, so that what one thread writes another reads, and with a
seed it therefore keeps to one core. Here a document moves itself alone, and reads of the others only where they stood
before: the even rows move while the odd ones stand, then the odd ones. What is drawn depends on the row and the epoch,
not on the thread. Edges, their schedule, the forces, their limits and the falling step are UMAP's (McInnes, Healy &
Melville 2018, algorithm 5, and umap-learn's ``layouts.py``).

numba compiles this module for a second or two when it is first called, and keeps the result on disk. Import it where it
is needed, after `newsclust.paths.give_numba_a_folder`.
"""

from __future__ import annotations

import os
from multiprocessing.pool import ThreadPool

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from tqdm.auto import tqdm

NEGATIVE_SAMPLES = 5  # documents that push, for each that pulls; UMAP's default
FURTHEST = np.float32(4)  # that a single force moves, before the step; UMAP's limit
SOFT = np.float32(0.001)  # keeps a push from documents in one place finite; UMAP's
FEWEST_ROWS = 256  # that are worth a thread of their own

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def descend(start: np.ndarray, graph: csr_array, n_epochs: int, a: float, b: float, seed: int) -> np.ndarray:
    """Move the documents to where neighbours are near and others far.

    Parameters
    ----------
    start : ndarray of float32, shape (n, n_components)
    graph : csr_array of float32, shape (n, n)
        UMAP's fuzzy graph: how surely two documents are neighbours, symmetric.
    n_epochs : int
        The surest edges are drawn once in each; those that would not be drawn at all are left out.
    a, b : float
        Of the curve ``1 / (1 + a d^(2b))`` that `umap.umap_.find_ab_params` fits to a ``min_dist``.
    seed : int

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
    where = np.array(start, dtype=np.float32, order="C")
    moved = where.copy()
    a, b, seed = np.float32(a), np.float32(b), np.uint64(seed)
    n_threads = os.cpu_count() or 1
    with ThreadPool(n_threads) as pool:
        most = 4 * n_threads  # rows differ in the number of their edges
        halves = [np.arange(parity, len(where), 2) for parity in (0, 1)]
        blocks = [np.array_split(half, np.clip(len(half) // FEWEST_ROWS, 1, most)) for half in halves]
        for epoch in tqdm(range(n_epochs), desc="Laying out", unit="epoch", delay=2, leave=False):
            step = np.float32(1 - epoch / n_epochs)

            def move(rows: np.ndarray, epoch: int = epoch, step: np.float32 = step) -> None:
                _move(rows, where, moved, *lists, a, b, step, epoch, seed)

            for parity, parts in enumerate(blocks):
                if len(parts) == 1:
                    move(parts[0])
                else:
                    pool.map(move, parts, chunksize=1)
                where[parity::2] = moved[parity::2]
    return where


@njit(nogil=True, fastmath=True, cache=True)
def _move(rows, where, moved, ends, others, period, due, due_push, a, b, step, epoch, seed):
    """One epoch of these rows."""
    n, dim = where.shape
    one, two, push_apart = np.float32(1), np.float32(2), np.float32(2) * b
    pull_together = -push_apart * a
    here, pushed = np.empty(dim, np.float32), np.empty(dim, np.float32)
    for row in rows:
        for axis in range(dim):
            here[axis] = where[row, axis]
        # A stream of random numbers for each row and epoch: SplitMix64 (Steele, Lea & Flood 2014).
        state = _mix(_mix(np.uint64(row) + seed * _GOLDEN) + np.uint64(epoch) * _GOLDEN)
        for edge in range(ends[row], ends[row + 1]):
            if due[edge] > epoch:
                continue
            other = others[edge]
            squared = np.float32(0)
            for axis in range(dim):
                squared += (here[axis] - where[other, axis]) ** 2
            if squared > 0:
                power = squared**b
                force = pull_together * power / (squared * (a * power + one))
                for axis in range(dim):
                    # Twice, because UMAP draws an edge in both directions and moves both ends each time.
                    here[axis] += two * step * _limited(force * (here[axis] - where[other, axis]))
            due[edge] += period[edge]
            between = period[edge] / NEGATIVE_SAMPLES
            n_pushes = int((epoch - due_push[edge]) / between)
            due_push[edge] += n_pushes * between
            # All pushes from one place: none waits for another, which takes half the time.
            pushed[:] = 0
            for _ in range(n_pushes):
                state += _GOLDEN
                other = ((_mix(state) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)
                squared = np.float32(0)
                for axis in range(dim):
                    squared += (here[axis] - where[other, axis]) ** 2
                if squared > 0:
                    force = push_apart / ((SOFT + squared) * (a * squared**b + one))
                    for axis in range(dim):
                        pushed[axis] += _limited(force * (here[axis] - where[other, axis]))
            for axis in range(dim):
                here[axis] += step * pushed[axis]
        for axis in range(dim):
            moved[row, axis] = here[axis]


@njit(nogil=True, cache=True, inline="always")
def _limited(force):
    return min(max(force, -FURTHEST), FURTHEST)


@njit(nogil=True, cache=True, inline="always")
def _mix(state):
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
