"""Neighbour lists whose distances also know words and days."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..corpus.words import all_words
from ..errors import InputError, ParameterError
from ..stages import stage

if TYPE_CHECKING:
    from ..vectors.store import Embeddings
    from .neighbors import Neighbors

PAIRS = 2**15  # pairs measured at a time: what that takes stays near the processor's cache
DAY = 86_400_000_000  # microseconds
ROUNDING = 1e-12  # two texts of the same words are this near to similarity 1


def blend(
    neighbors: Neighbors,
    embeddings: Embeddings,
    documents: pd.DataFrame,
    words: float = 0.0,
    days: float = 0.0,
    day_scale: float = 3.0,
) -> Neighbors:
    """Measure the listed pairs anew: by their vectors, their words and the days between them.

    The similarity of two documents is `(1 - words - days) * v + words * w + days * d`:

    - `v` is the cosine of their vectors after the corpus's mean is subtracted, which takes away what all documents
      have in common;
    - `w` is the cosine of their words: `weighted_words`;
    - `d` is `exp(-|days between them| / day_scale)`.

    Each of the three is a kernel of unit diagonal, and so is the blend: `sqrt(2 - 2 * similarity)` is again a Euclidean
    distance. A document without a date, or without a word, gives that weight to its vector: its part weighs 0 in its
    own unit vector, which keeps the blend a kernel, and a corpus without dates is blended as with `days = 0`.

    Only listed pairs are measured, in float64; nothing of size n² is made. Neighbours that the vectors' lists miss stay
    missed, so search for more of them than the graph is to have: 80 for a graph of 50 missed nothing that mattered on
    labelled headlines.

    Parameters
    ----------
    neighbors : Neighbors
        Found by the vectors alone.
    embeddings : Embeddings
        Unit vectors, in the order of `neighbors`.
    documents : DataFrame, n rows
        In the same order, with the columns `text` and `published_at` (ISO 8601, "" where unknown).
    words, days : float
        Weights, 0 or larger, together less than 1. With both 0 the lists come back as they are.
    day_scale : float
        Days after which `d` has fallen to 1/e; by half after 0.69 of them.

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
        If the three are not of the same documents.
    """
    _check(words, days, day_scale)
    if not words and not days:
        return neighbors
    n, k = neighbors.indices.shape
    if not n == len(embeddings.vectors) == len(documents):
        raise InputError(
            f"The lists are of {n:,} documents, the vectors of {len(embeddings.vectors):,} and the texts of "
            f"{len(documents):,}: blend needs all three of the same."
        )
    with stage("blend"):
        parts = _Parts(embeddings.vectors, documents, words, days, day_scale)
        indices = np.empty_like(neighbors.indices)
        distances = np.empty_like(neighbors.distances)
        block = max(1, PAIRS // max(k, 1))
        starts = range(0, n, block)

        def measure(start: int) -> None:
            rows = slice(start, start + block)
            indices[rows], distances[rows] = _measure(neighbors.indices[rows], neighbors.distances[rows], start, parts)

        with ThreadPool() as pool:  # most of it is SciPy's and NumPy's, outside Python's lock
            for _ in tqdm(pool.imap(measure, starts), total=len(starts), desc="Blending", leave=False, delay=2):
                pass
    parameters = neighbors.parameters | {"words": words, "days": days, "day_scale": day_scale}
    return replace(neighbors, indices=indices, distances=distances, parameters=parameters)


def weighted_words(texts: pd.Series) -> csr_array:
    """The TF-IDF of each text's words and pairs of adjacent words, of length one.

    By scikit-learn's definition, with sublinear term frequencies: a term found `f` times in a text and in `d` of `n`
    texts weighs `(1 + log f) (1 + log((1 + n) / (1 + d)))`. Stop words stay: they weigh little, and leaving them out
    changed nothing on labelled headlines.

    Returns
    -------
    csr_array of float64, shape (n, n_terms)
        Rows of unit length; a text without a word is an empty row.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, **all_words(texts))
    try:
        return csr_array(vectorizer.fit_transform(texts))
    except ValueError as error:
        # scikit-learn refuses texts without a single word.
        if "empty vocabulary" not in str(error):
            raise
        return csr_array((len(texts), 1), dtype=np.float64)


class _Parts:
    """What each document brings: its offset from the mean, its words, its day, and the roots of their weights.

    A document is one unit vector, `[sqrt(v) vector, sqrt(w) words, sqrt(d) day]`, with v + w + d = 1.
    """

    def __init__(self, vectors: np.ndarray, documents: pd.DataFrame, words: float, days: float, day_scale: float):
        n = len(vectors)
        self.offset = offsets(vectors)
        self.words: csr_array | None = weighted_words(documents["text"]) if words else None
        self.day = _days(documents["published_at"]) / day_scale if days else np.full(n, np.nan)
        has_words = np.diff(self.words.indptr) > 0 if words else np.zeros(n, dtype=bool)
        if words:
            # A term of one text alone, as most pairs of words are, is part of its length but shared with nobody.
            self.words = self.words[:, np.bincount(self.words.indices, minlength=self.words.shape[1]) > 1]
        by_words, by_days = words * has_words, days * ~np.isnan(self.day)
        self.roots = np.sqrt((1 - by_words - by_days, by_words, by_days))


def offsets(vectors: np.ndarray) -> np.ndarray:
    """How far each vector is from the mean of all: float64, shape (n,)."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    squares = np.empty(len(vectors))
    for start in range(0, len(vectors), 2**14):
        apart = vectors[start : start + 2**14] - mean
        squares[start : start + 2**14] = np.einsum("ij,ij->i", apart, apart)
    return np.sqrt(squares)


def _measure(
    indices: np.ndarray, distances: np.ndarray, first_row: int, parts: _Parts
) -> tuple[np.ndarray, np.ndarray]:
    own, place = np.nonzero(indices >= 0)
    one, other = own + first_row, indices[own, place]
    # Each part of two unit vectors, sqrt(p) x and sqrt(q) y, is (sqrt(p) - sqrt(q))² + sqrt(p q) |x - y|² apart.
    apart = np.zeros(len(own))
    for root, squared in zip(parts.roots, _squared(one, other, distances[own, place], parts), strict=True):
        apart += (root[one] - root[other]) ** 2
        if squared is not None:
            apart += root[one] * root[other] * squared
    measured = np.full(indices.shape, np.inf, dtype=np.float32)
    measured[own, place] = np.sqrt(apart)
    order = np.lexsort((np.where(indices < 0, np.iinfo(indices.dtype).max, indices), measured), axis=1)
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(measured, order, axis=1)


def _squared(one: np.ndarray, other: np.ndarray, distances: np.ndarray, parts: _Parts) -> tuple[np.ndarray | None, ...]:
    """The squared distances, 0 to 4, of pairs by vectors, by words and by days; None where not asked for."""
    by_words = by_days = None
    # Of x and y, at a and b from the mean, as unit vectors from there: |x/a - y/b|² = (|x - y|² - (a - b)²) / ab.
    a, b = parts.offset[one], parts.offset[other]
    apart, product = distances.astype(np.float64) ** 2 - (a - b) ** 2, a * b
    # A vector at the mean has no direction: it is like others there, and unlike all else.
    by_vectors = np.where((a == 0) & (b == 0), 0.0, 2.0)
    np.divide(apart, product, out=by_vectors, where=product > 0)
    np.clip(by_vectors, 0, 4, out=by_vectors)
    if parts.words is not None:
        by_words = 2 - 2 * _shared(parts.words, one, other)
        by_words[by_words < ROUNDING] = 0
    if not np.isnan(parts.day).all():
        by_days = np.nan_to_num(-2 * np.expm1(-np.abs(parts.day[one] - parts.day[other])))
    return by_vectors, by_words, by_days


def _shared(words: csr_array, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The cosine of the words of each pair: the same for either order of the two."""
    sums = words[one].multiply(words[other])
    # Empty rows have no sum of their own in reduceat.
    filled = np.diff(sums.indptr) > 0
    found = np.zeros(len(one))
    if filled.any():
        found[filled] = np.add.reduceat(sums.data, sums.indptr[:-1][filled])
    return found


def _days(dates: pd.Series) -> np.ndarray:
    """Days since 1970, NaN where there is no date: float64."""
    read = pd.to_datetime(dates.replace("", None), format="ISO8601", errors="coerce", utc=True)
    microseconds = read.dt.tz_localize(None).to_numpy("datetime64[us]")
    return np.where(np.isnat(microseconds), np.nan, microseconds.astype(np.int64) / DAY)


def _check(words: float, days: float, day_scale: float) -> None:
    for name, weight in {"words": words, "days": days}.items():
        if not 0 <= weight < 1:
            raise ParameterError(f"{name} is {weight}; it must be a weight, 0 or larger and less than 1.")
    if words + days >= 1:
        raise ParameterError(
            f"words is {words} and days is {days}, which leaves the vectors no weight: together less than 1."
        )
    if not 0 < day_scale < np.inf:
        raise ParameterError(f"day_scale is {day_scale}; it must be a number of days larger than 0.")
