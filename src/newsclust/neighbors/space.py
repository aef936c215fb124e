"""Distances of documents that a run has not seen from the run's documents, by the run's own measure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .blend import Parts
from .comparison import exact_neighbors


class Space:
    """The documents of a run and newcomers, at the distances that the run itself would measure.

    The mean of the vectors and, with TF-IDF, the weights of words are learnt from the run's documents alone. So a
    newcomer's distance from any other document does not depend on the other newcomers, nor on their order.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
        Unit vectors; those of the run's `n_known` documents come first.
    by_model : csr_array of float32, shape (n, n_terms), or None
        Words as the model weighs them, in the same order; None if TF-IDF weighs them.
    documents : DataFrame, n rows
        With the columns `text` and `published_at`, in the same order.
    n_known : int
    words, days, day_scale : float
        As in `newsclust.neighbors.blend.blend`, with the run's values.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        by_model: csr_array | None,
        documents: pd.DataFrame,
        n_known: int,
        words: float = 0.0,
        days: float = 0.0,
        day_scale: float = 3.0,
    ):
        self.vectors, self.n_known = vectors, n_known
        self._parts = None
        if words or days:
            self._parts = Parts(vectors, by_model, documents, words, days, day_scale, n_known)

    def nearest(self, rows: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The `k` documents of `among` that are nearest to each of `rows`, without itself.

        All of them are compared, by their vectors; the `k` nearest are then measured with words and days, and sorted,
        as in `newsclust.neighbors.blend.blend`.

        Parameters
        ----------
        rows : ndarray of int, shape (m,)
        among : ndarray of int, shape (a,)
            Ascending.
        k : int

        Returns
        -------
        indices : ndarray of int32, shape (m, k)
            Rows, nearest first, equal distances by smaller row; -1 pads the end.
        distances : ndarray of float32, shape (m, k)
            Infinite where padded.
        """
        indices, distances = exact_neighbors(self.vectors, k, rows, among, "Comparing with the run")
        if self._parts is not None:
            indices, distances = self._parts.measure(rows, indices, distances)
        return indices, distances
