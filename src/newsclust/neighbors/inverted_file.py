"""An approximate search among hundreds of thousands of documents: only the likely ones are compared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..cache import zeros
from .comparison import SPARE, Nearest, found_share, half_squares, nearest_candidates, on_all_cores

#: More and more lists are searched until this share of a sample's neighbours is found.
RECALL = 0.97
#: The least number of principal components that are compared.
LEAST_COMPONENTS = 32
PCA_ROWS = 50_000  # rows from which the principal components are learnt
QUERIES = 2**14  # documents that a thread searches for at a time


def search_lists(
    vectors: np.ndarray, k: int, sample: np.ndarray, truth: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Each row's `k` nearest other rows that an inverted file finds (H. Jégou, M. Douze and C. Schmid 2011, *Product
    quantization for nearest neighbor search*, section IV).

    k-means puts the documents into lists, and each document is compared with those in the lists nearest to it. All
    documents are queries here: so the lists are processed one after the other, and one matrix product compares a list
    with all its queries. Processing one document after the other would mostly wait for memory.

    The leading principal components are compared, a quarter of the dimensions, because they only select candidates. If
    they can't reach the recall, the whole vectors are compared.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    k : int
    sample : ndarray of int, shape (m,)
        Rows whose neighbours are known.
    truth : tuple of ndarray, shape (m, k)
        Their neighbours and distances.

    Returns
    -------
    indices : ndarray of int32, shape (n, k)
        Nearest first, padded with -1.
    distances : ndarray of float32, shape (n, k)
    """
    n, dim = vectors.shape
    fewer = max(LEAST_COMPONENTS, dim // 4)
    for n_components in (fewer, dim) if fewer < min(n, dim) else (dim,):
        file = InvertedFile(vectors, n_components, k)
        n_probes = file.probes_for(sample, truth[0])
        while (recall := found_share(file.search(n_probes, sample)[1], truth[1])) < RECALL and n_probes < file.n_lists:
            n_probes = min(file.n_lists, int(n_probes * 1.5) + 1)
        if recall >= RECALL:
            break
    return file.search(n_probes)


class InvertedFile:
    """Documents in lists of similar ones, one list after the other in memory.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
        Distances are measured between these.
    n_components : int
        The number of principal components that select candidates.
    k : int
    """

    def __init__(self, vectors: np.ndarray, n_components: int, k: int) -> None:
        import faiss

        self._vectors, self._k = vectors, k
        n, dim = vectors.shape
        points = vectors if n_components == dim else _principal_components(vectors, n_components)
        self.n_lists = min(n, int(4 * np.sqrt(n)))
        means = faiss.Kmeans(
            points.shape[1], self.n_lists, niter=10, min_points_per_centroid=1, max_points_per_centroid=64
        )
        means.train(points)
        self._centroids = np.asarray(means.centroids)
        self._half_centroids = half_squares(self._centroids)
        self._list_of = means.assign(points)[1]
        self._order = np.argsort(self._list_of, kind="stable").astype(np.int32)
        self._place_of = np.argsort(self._order).astype(np.int32)
        self._points = points[self._order]
        self._halves = half_squares(self._points)
        self._starts = np.searchsorted(self._list_of[self._order], np.arange(self.n_lists + 1))

    def probes_for(self, sample: np.ndarray, neighbors: np.ndarray) -> int:
        """How many lists, nearest first, contain `RECALL` of these neighbours of the sample."""
        ranks = np.empty(neighbors.shape, dtype=int)
        for row, others, rank in zip(sample, neighbors, ranks, strict=True):
            apart = self._half_centroids - self._centroids @ self._points[self._place_of[row]]
            rank[:] = np.searchsorted(np.sort(apart), apart[self._list_of[others]])
        return 1 + int(np.quantile(ranks, RECALL)) if ranks.size else 1

    def search(self, n_probes: int, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The neighbours of `rows`, or of all documents if None, found in `n_probes` lists each."""
        rows = np.arange(len(self._order)) if rows is None else rows
        indices, distances = zeros((len(rows), self._k), np.int32), zeros((len(rows), self._k), np.float32)
        order = np.argsort(self._place_of[rows])  # rows of one list together

        def search(start: int) -> None:
            at = order[start : start + QUERIES]
            some = rows[at]
            queries = self._points[self._place_of[some]]
            nearest = Nearest(queries, self._k + 1 + SPARE)
            for number, places in self._who_looks_where(queries, n_probes):
                members = slice(self._starts[number], self._starts[number + 1])
                nearest.compare(self._points[members], self._halves[members], self._order[members], places)
            indices[at], distances[at] = nearest_candidates(self._vectors, some, nearest.found(), self._k)

        on_all_cores(search, range(0, len(rows), QUERIES), "Searching the inverted file")
        return indices, distances

    def _who_looks_where(self, queries: np.ndarray, n_probes: int) -> Iterator[tuple[int, np.ndarray]]:
        """Each list with the places of the queries to which it is among the nearest `n_probes`."""
        lists = Nearest(queries, n_probes)
        lists.compare(self._centroids, self._half_centroids, np.arange(self.n_lists, dtype=np.int32))
        numbers = lists.found().ravel()
        order = np.argsort(numbers, kind="stable")
        ends = np.cumsum(np.bincount(numbers, minlength=self.n_lists))
        for number, places in enumerate(np.split(order // n_probes, ends[:-1])):
            if len(places):
                yield number, places


def _principal_components(vectors: np.ndarray, n_components: int) -> np.ndarray:
    import faiss

    pca = faiss.PCAMatrix(vectors.shape[1], n_components)
    pca.train(vectors[:: max(1, len(vectors) // PCA_ROWS)])
    return pca.apply(vectors)
