"""Compare documents with documents: roughly by matrix products, exactly pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.pool import ThreadPool
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..cache import zeros
from ..paths import give_numba_a_folder

SPARE = 16  # candidates beyond k, so that rounding in the search can't cost a neighbour
QUERY_ROWS = 256  # documents that a thread compares at a time
COLUMNS = 4096  # others at a time, so that the products stay in the processor's cache


def exact_neighbors(
    vectors: np.ndarray,
    k: int,
    rows: np.ndarray | None = None,
    among: np.ndarray | None = None,
    what: str = "Comparing all pairs",
) -> tuple[np.ndarray, np.ndarray]:
    """Each row's `k` nearest other rows, by comparing all pairs, block by block, on all cores.

    Products of matrices propose a few more candidates than needed; if, within the rounding error of float32 (bounded as
    in Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, section 3.1), another row might belong in the
    list, that row's distances are computed one by one. So the lists are those of exact arithmetic, equal distances by
    smaller row, whatever the block size.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    k : int
    rows : ndarray of int, shape (m,), optional
        Only the lists of these.
    among : ndarray of int, optional
        Rows, each once: only these are in the lists.
    what : str
        The label of the progress bar.

    Returns
    -------
    indices : ndarray of int32, shape (m, k)
        Padded with -1, if there are fewer others.
    distances : ndarray of float32, shape (m, k)
        Padded with infinity.
    """
    rows = np.arange(len(vectors)) if rows is None else rows
    indices, distances = zeros((len(rows), k), np.int32), zeros((len(rows), k), np.float32)
    if not indices.size:
        return indices, distances
    everyone = (np.arange(len(vectors)) if among is None else among).astype(np.int32)
    others = vectors if among is None else vectors[among]
    (n, dim), halves = others.shape, half_squares(vectors)
    wanted = min(n, k + 1 + SPARE)
    # |x - y|² comes from |x|² + |y|² - 2 xy, each a sum of dim products in float32
    doubt = 4 * 2 * float(halves.max()) * (dim + 2) * float(np.finfo(np.float32).eps) / 2

    def search(start: int) -> None:
        some, at = rows[start : start + QUERY_ROWS], slice(start, start + QUERY_ROWS)
        nearest = Nearest(vectors[some], wanted)
        for first in range(0, n, COLUMNS):
            numbers = everyone[first : first + COLUMNS]
            nearest.compare(others[first : first + COLUMNS], halves[numbers], numbers)
        indices[at], distances[at] = nearest_candidates(vectors, some, nearest.found(), k)
        if wanted == n:
            return
        # No document that is left out is nearer than this, except for rounding.
        squared = 2 * (nearest.limits.astype(np.float64) + halves[some])
        for place in start + np.flatnonzero(distances[at, -1].astype(np.float64) ** 2 >= squared - doubt):
            found = nearest_candidates(vectors, rows[place : place + 1], everyone[None, :], k)
            indices[place], distances[place] = found[0][0], found[1][0]

    on_all_cores(search, range(0, len(rows), QUERY_ROWS), what)
    return indices, distances


def half_squares(vectors: np.ndarray) -> np.ndarray:
    """Half the squared length of each vector, float32: an argument of `Nearest.compare`."""
    return (np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64) / 2).astype(np.float32)


class Nearest:
    """The nearest documents to each query, within the rounding of float32; documents are compared in blocks.

    Parameters
    ----------
    queries : ndarray of float32, shape (m, dim)
    wanted : int
        The number of nearest documents.

    Attributes
    ----------
    limits : ndarray of float32, shape (m,)
        Half the squared distance of each document left out is at least this plus the query's own half square.
    """

    def __init__(self, queries: np.ndarray, wanted: int) -> None:
        give_numba_a_folder()
        from .nearest import NOBODY, keep_smallest

        self._queries, self._everyone = queries, np.arange(len(queries))
        self._kept = np.full((len(queries), wanted), NOBODY)
        self.limits = np.full(len(queries), np.finfo(np.float32).max)
        self._keep = keep_smallest

    def compare(
        self, others: np.ndarray, halves: np.ndarray, numbers: np.ndarray, some: np.ndarray | None = None
    ) -> None:
        """Compare all queries, or only `some` of them, with the `others`.

        Parameters
        ----------
        others : ndarray of float32, shape (c, dim)
        halves : ndarray of float32, shape (c,)
            Their `half_squares`.
        numbers : ndarray of int32, shape (c,)
            Their numbers in the results; each is compared once.
        some : ndarray of int, optional
            Places of queries.
        """
        queries, places = (self._queries, self._everyone) if some is None else (self._queries[some], some)
        self._keep(queries @ others.T, halves, places, numbers, self._kept, self.limits)

    def found(self) -> np.ndarray:
        """The numbers of the nearest to each query: int32, shape (m, wanted), unordered, padded with -1."""
        return self._kept.astype(np.int32)  # their lower halves


def nearest_candidates(
    vectors: np.ndarray, rows: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest of each row's candidates, nearest first, equal distances by smaller row.

    Each distance is the square root of sum((x - y)²) in float64, rounded to float32: symmetric, exactly 0 for equal
    vectors, and independent of the other candidates.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    rows : ndarray of int, shape (m,)
    candidates : ndarray of int, shape (m, c)
        Rows, each once, in any order; the row itself and -1 are left out.
    k : int

    Returns
    -------
    indices : ndarray of int32, shape (m, k)
        Padded with -1.
    distances : ndarray of float32, shape (m, k)
        Padded with infinity.
    """
    give_numba_a_folder()
    from .nearest import measure

    indices, distances = zeros((len(rows), k), np.int32), zeros((len(rows), k), np.float32)
    # Always the same types: for others numba compiles again, and may add in another order.
    given = np.ascontiguousarray(vectors), rows.astype(np.int64), np.ascontiguousarray(candidates, dtype=np.int32)
    measure(*given, indices, distances)
    return indices, distances


def found_share(distances: np.ndarray, truth: np.ndarray) -> float:
    """The share of the neighbours at the distances `truth` that lists at `distances` have, both of shape (m, k)."""
    # By distance, not by row: any of several equally near neighbours counts.
    return float((distances <= truth[:, -1:]).mean()) if truth.size else 1.0


def on_all_cores(work: Callable[[Any], None], tasks: Sequence[Any], what: str) -> None:
    """Call `work` with each task, in one thread per core, each with single-threaded matrix products.

    `work` releases the GIL; `what` is the label of the progress bar.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"), ThreadPool() as pool:
        for _ in tqdm(pool.imap_unordered(work, tasks), total=len(tasks), desc=what, leave=False, delay=2):
            pass
