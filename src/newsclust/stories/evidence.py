"""How similar documents and stories are, by the same blend of vectors, words and days as the clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..cache import zeros
from ..neighbors.blend import days_of, weigh
from ..paths import give_numba_a_folder

BLOCK = 2**14


class Evidence:
    """Documents as unit vectors, whose products are the similarities of `newsclust.neighbors.blend.blend`.

    A document is ``[sqrt(v) vector, sqrt(w) words, sqrt(d) day]``: the vector's direction from the mean of all, its
    words, and its day, whose product with another day is ``exp(-|days between them| / day_scale)``. So the mean
    similarity of a document to a story follows from sums over the story, and no pair of documents is compared.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    documents : DataFrame, n rows, optional
        Needed if words or days have a weight.
    by_model : csr_array, optional
        `Embeddings.words`.
    words, days, day_scale : float
        As in `newsclust.neighbors.blend.blend`.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        documents: pd.DataFrame | None = None,
        by_model: csr_array | None = None,
        words: float = 0.0,
        days: float = 0.0,
        day_scale: float = 3.0,
    ):
        n = len(vectors)
        weighed = weigh(documents, by_model) if words else None
        worded = np.zeros(n) if weighed is None else np.where(weighed.squares > 0, words, 0.0)
        self._day = days_of(documents) / day_scale if days else np.full(n, np.nan)
        dated = np.where(np.isnan(self._day), 0.0, days)
        self.vectors = centred(vectors)
        self.vectors *= np.sqrt(1 - worded - dated).astype(np.float32)[:, None]
        self._dated = np.sqrt(dated)
        self._words = None
        self.itself = np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64) + dated
        if weighed is not None:
            lengths = np.sqrt(np.maximum(weighed.squares, 1).astype(np.float64))
            per_term = np.repeat(np.sqrt(worded) / lengths, np.diff(weighed.ends))
            columns = int(weighed.terms.max(initial=-1)) + 1
            self._words = csr_array((weighed.weights * per_term, weighed.terms, weighed.ends), shape=(n, columns))
            self.itself += self._words.power(2).sum(axis=1)

    def sums(self, labels: np.ndarray, documents: np.ndarray, stories: np.ndarray) -> np.ndarray:
        """For each pair, the sum of the document's similarities to the story's members, including to itself.

        Parameters
        ----------
        labels : ndarray of int, shape (n,)
            -1: in no story.
        documents, stories : ndarray of int, shape (m,)
            Pairs of a row and a story.

        Returns
        -------
        ndarray of float64, shape (m,)
        """
        members, n_stories = np.flatnonzero(labels >= 0), int(labels.max()) + 1
        ones = np.ones(len(members), dtype=np.float32)
        inside = csr_array((ones, (labels[members], members)), shape=(n_stories, len(labels)))
        vectors = inside @ self.vectors
        words = None if self._words is None else (inside @ self._words).T.tocsr()
        found = self._days(labels, documents, stories)
        for start in range(0, len(documents), BLOCK):
            at = slice(start, start + BLOCK)
            found[at] += np.einsum("ij,ij->i", self.vectors[documents[at]], vectors[stories[at]])
            if self._words is not None:
                rows, place = np.unique(documents[at], return_inverse=True)
                found[at] += (self._words[rows] @ words)[place, stories[at]]
        return found

    def pairs(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """The similarity of each pair of rows: float64, shape (m,)."""
        apart = np.abs(self._day[one] - self._day[two])
        found = np.nan_to_num(np.exp(-apart)) * self._dated[one] * self._dated[two]
        for start in range(0, len(one), BLOCK):
            at = slice(start, start + BLOCK)
            found[at] += np.einsum("ij,ij->i", self.vectors[one[at]], self.vectors[two[at]])
            if self._words is not None:
                found[at] += self._words[one[at]].multiply(self._words[two[at]]).sum(axis=1)
        return found

    def _days(self, labels: np.ndarray, documents: np.ndarray, stories: np.ndarray) -> np.ndarray:
        """What days add: along a story's days, each sum over earlier or later members follows from the last."""
        members = np.flatnonzero((labels >= 0) & (self._dated > 0))
        found = np.zeros(len(documents))
        if not len(members):
            return found
        give_numba_a_folder()
        from ..neighbors.pairs import sum_days

        members = members[np.lexsort((self._day[members], labels[members]))]
        starts = np.searchsorted(labels[members], np.arange(int(labels.max()) + 2))
        sum_days(starts, self._day[members], self._dated[members], self._day[documents], stories, found)
        return found * self._dated[documents]


def centred(vectors: np.ndarray) -> np.ndarray:
    """Each vector's direction from the mean of all: unit rows, float32; a vector at the mean stays 0."""
    mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    apart = np.subtract(vectors, mean, out=zeros(vectors.shape, np.float32))
    lengths = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    lengths[lengths == 0] = 1
    apart /= lengths[:, None]
    return apart
