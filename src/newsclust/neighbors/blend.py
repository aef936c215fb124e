"""Neighbour lists whose distances also use words and days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..cache import zeros
from ..corpus.facts import times
from ..errors import InputError, ParameterError
from ..paths import give_numba_a_folder
from ..stages import stage
from .comparison import on_all_cores
from .weighed import Weighed, learnt, no_words, weighted_words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ..vectors.store import Embeddings
    from .neighbors import Neighbors

PAIRS = 2**18  # pairs measured at a time by a thread: some tens of milliseconds
OFFSET_ROWS = 2**12  # vectors at a time, in float64
DAY = 86_400_000_000  # microseconds


def blend(
    neighbors: Neighbors,
    embeddings: Embeddings,
    documents: pd.DataFrame,
    words: float = 0.0,
    days: float = 0.0,
    day_scale: float = 3.0,
) -> Neighbors:
    """Measure the listed pairs again: by their vectors, their words and the days between them.

    The similarity of two documents is `(1 - words - days) * v + words * w + days * d`:

    - `v` is the cosine of their vectors after the corpus's mean is subtracted, which removes what all documents have
      in common;
    - `w` is the cosine of their words, weighed by the model of the vectors if it has learnt to (BGE-M3; `learnt`),
      else by TF-IDF (`weighted_words`);
    - `d` is `exp(-|days between them| / day_scale)`.

    Each of the three is a kernel with unit diagonal, and so is the blend: `sqrt(2 - 2 * similarity)` is again a
    Euclidean distance. If a document has no date, or no word, its vector gets that weight, too: the missing part weighs
    0 in the document's own unit vector, so that the blend stays a kernel, and a corpus without dates is blended as with
    `days = 0`.

    Only listed pairs are measured, in float64, and words in whole numbers (`newsclust.neighbors.weighed.Weighed`);
    nothing of size n² is made. Neighbours that the vectors' lists miss stay missing, so search for more than the graph
    needs: 80 for a graph of 50 changed nothing on labelled headlines.

    Parameters
    ----------
    neighbors : Neighbors
        Found by the vectors alone.
    embeddings : Embeddings
        Unit vectors, in the order of `neighbors`, and words if the model weighs them.
    documents : DataFrame, n rows
        In the same order, with the columns `text` and `published_at` (ISO 8601, "" where unknown).
    words, days : float
        Weights, 0 or larger, together less than 1. With both 0 the lists are returned unchanged.
    day_scale : float
        Days after which `d` has fallen to 1/e; it halves after 0.69 times as many.

    Returns
    -------
    Neighbors
        The same pairs at their new distances (float32, the same in both directions), each list nearest first, equal
        distances by smaller row.

    Raises
    ------
    ParameterError
        If a weight is negative, both add up to 1 or more, or `day_scale` is not positive.
    InputError
        If the three are not for the same documents.
    """
    if not (words >= 0 <= days and words + days < 1 and 0 < day_scale < np.inf):
        raise ParameterError(
            f"words is {words}, days {days} and day_scale {day_scale}: the weights must be 0 or larger and leave the "
            "vectors some, together less than 1, and the scale a number of days larger than 0."
        )
    if not words and not days:
        return neighbors
    n, k = neighbors.indices.shape
    if not n == len(embeddings.vectors) == len(documents):
        raise InputError(
            f"The lists are of {n:,} documents, the vectors of {len(embeddings.vectors):,} and the texts of "
            f"{len(documents):,}: blend needs all three for the same documents."
        )
    with stage("blend"):
        parts = Parts(embeddings.vectors, embeddings.words, documents, words, days, day_scale)
        indices, distances = parts.measure(np.arange(n), neighbors.indices, neighbors.distances)
    parameters = neighbors.parameters | {"words": words, "days": days, "day_scale": day_scale}
    return replace(neighbors, indices=indices, distances=distances, parameters=parameters)


class Parts:
    """What distances need of each document: its offset from the mean, its words, its day, and their weights' roots.

    A document is one unit vector, `[sqrt(v) vector, sqrt(w) words, sqrt(d) day]`, with v + w + d = 1. `by_model` is
    `Embeddings.words`; if None, TF-IDF weighs the words. The mean and TF-IDF's weights are learnt from the first
    `n_known` documents, from all if it is None.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        by_model: csr_array | None,
        documents: pd.DataFrame,
        words: float,
        days: float,
        day_scale: float,
        n_known: int | None = None,
    ):
        give_numba_a_folder()
        from .pairs import FACTS

        n = len(documents)
        weighed = weigh(documents, by_model, n_known) if words else no_words(n)
        day = days_of(documents) / day_scale if days else np.full(n, np.nan)
        by_words, by_day = np.where(weighed.squares > 0, words, 0.0), np.where(np.isnan(day), 0.0, days)
        self._facts = facts = np.empty(n, FACTS)
        facts["by_vector"], facts["by_words"] = np.sqrt(1 - by_words - by_day), np.sqrt(by_words)
        facts["by_day"], facts["offset"], facts["day"] = np.sqrt(by_day), offsets(vectors, n_known), day
        facts["square"], facts["start"], facts["end"] = weighed.squares, weighed.ends[:-1], weighed.ends[1:]
        longest = int(np.diff(weighed.ends).max(initial=0))
        self._words = weighed.terms, weighed.weights, longest

    def measure(self, rows: np.ndarray, indices: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lists of these documents, measured again and sorted.

        Parameters
        ----------
        rows : ndarray of int, shape (m,)
            Ascending.
        indices : ndarray of int32, shape (m, k)
            Rows of their neighbours; -1 is padding.
        distances : ndarray of float32, shape (m, k)
            Of the vectors.

        Returns
        -------
        indices : ndarray of int32, shape (m, k)
        distances : ndarray of float32, shape (m, k)
        """
        from .pairs import measure_rows

        def measure(places: np.ndarray, *lists: np.ndarray) -> None:
            measure_rows(places, rows[places], indices, distances, self._facts, *self._words, *lists)

        indices, distances = np.ascontiguousarray(indices), np.ascontiguousarray(distances)
        return some_at_a_time(measure, indices.shape, "Blending")


def some_at_a_time(
    measure: Callable[[np.ndarray, np.ndarray, np.ndarray], None], shape: tuple[int, int], what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Lists of this shape, written by `measure` in blocks, on all cores.

    Parameters
    ----------
    measure : callable
        Called with places and two arrays, it writes the new lists at these places; it releases the GIL.
    shape : tuple of int
    what : str
        The label of the progress bar.

    Returns
    -------
    indices : ndarray of int32
    distances : ndarray of float32
    """
    lists = zeros(shape, np.int32), zeros(shape, np.float32)
    blocks = np.array_split(np.arange(shape[0]), max(1, shape[0] * shape[1] // PAIRS))
    on_all_cores(lambda block: measure(block, *lists), blocks, what)
    return lists


def offsets(vectors: np.ndarray, n_known: int | None = None) -> np.ndarray:
    """How far each vector is from the mean of all, or of the first `n_known`: float64, shape (n,)."""
    mean, found = vectors[:n_known].mean(axis=0, dtype=np.float64), np.empty(len(vectors))
    for start in range(0, len(vectors), OFFSET_ROWS):
        some = slice(start, start + OFFSET_ROWS)
        found[some] = np.linalg.norm(vectors[some] - mean, axis=1)
    return found


def weigh(documents: pd.DataFrame, by_model: csr_array | None, n_known: int | None = None) -> Weighed:
    """The words of documents as the model weighs them, as `Embeddings.words`, or by TF-IDF if it has not learnt to."""
    return weighted_words(documents["text"], n_known) if by_model is None else learnt(by_model)


def days_of(documents: pd.DataFrame) -> np.ndarray:
    """Days since 1970, NaN without a date: float64."""
    when = times(documents)
    return np.where(np.isnat(when), np.nan, when.astype(np.int64) / DAY)
