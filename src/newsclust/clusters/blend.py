"""Neighbour lists whose distances also know words and days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..corpus.words import number_words
from ..errors import InputError, ParameterError
from ..paths import give_numba_a_folder
from ..stages import stage
from .comparison import on_all_cores

if TYPE_CHECKING:
    from ..vectors.store import Embeddings
    from .neighbors import Neighbors

PAIRS = 2**18  # pairs measured at a time by a thread: some tens of milliseconds
WALK = 2**10  # documents of a story and near it that are measured one after the other: about what the cache holds
OFFSET_ROWS = 2**12  # vectors at a time: a millisecond or two
DAY = 86_400_000_000  # microseconds

#: Indices and distances.
Lists = tuple[np.ndarray, np.ndarray]


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
    - `w` is the cosine of their words, weighed by the model of the vectors where it has learnt to (BGE-M3; `learnt`),
      else by TF-IDF (`weighted_words`);
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
        Unit vectors, in the order of `neighbors`, and words where the model weighs them.
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
        parts = Parts(embeddings.vectors, embeddings.words, documents, words, days, day_scale)
        indices, distances = parts.measure(np.arange(n), neighbors.indices, neighbors.distances)
    parameters = neighbors.parameters | {"words": words, "days": days, "day_scale": day_scale}
    return replace(neighbors, indices=indices, distances=distances, parameters=parameters)


class Parts:
    """What each document brings to a distance: its offset from the mean, its words, its day, and their weights' roots.

    A document is one unit vector, `[sqrt(v) vector, sqrt(w) words, sqrt(d) day]`, with v + w + d = 1. `by_model` are
    `Embeddings.words`; where they are None, TF-IDF weighs the words. The mean and TF-IDF's weights are learnt from the
    first `n_known` documents, from all where it is None.
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
        from .pairs import shared_spans

        n = len(documents)
        if not words:
            terms, n_shared = csr_array((n, 1)), 0
        elif by_model is None:
            terms, n_shared = weighted_words(documents["text"], n_known)
        else:
            terms, n_shared = learnt(by_model)
        numbers = terms.indices.astype(np.int32, copy=False)
        self._words = shared_spans(terms.indptr.astype(np.int64), numbers, n_shared), numbers, terms.data
        day = _days(documents["published_at"]) / day_scale if days else np.full(n, np.nan)
        by_words, by_days = words * (np.diff(terms.indptr) > 0), days * ~np.isnan(day)
        roots = np.sqrt((1 - by_words - by_days, by_words, by_days))
        self._facts = np.column_stack((*roots, offsets(vectors, n_known), day))

    def measure(self, rows: np.ndarray, indices: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The lists of these documents, measured anew and put in order.

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

        def measure(rows: np.ndarray, indices: np.ndarray, distances: np.ndarray) -> Lists:
            return measure_rows(rows, indices, distances, self._facts, *self._words, longest)

        longest = int(np.diff(self._words[0]).max(initial=1))
        return story_by_story(measure, rows, indices, distances, len(self._facts), "Blending")


def story_by_story(
    measure: Callable[[np.ndarray, np.ndarray, np.ndarray], Lists],
    rows: np.ndarray,
    indices: np.ndarray,
    distances: np.ndarray,
    n: int,
    what: str,
) -> Lists:
    """The lists of `rows` as `measure` gives them, which is called with some of them at a time, on all cores.

    Documents of one story come one after the other, so that what is read of them stays in the processor's cache.

    Parameters
    ----------
    measure : callable
        Of rows, indices and distances, gives new indices and distances; lets go of the interpreter's lock.
    rows : ndarray of int, shape (m,)
    indices : ndarray of int32, shape (m, k)
        The lists of these documents; -1 is padding.
    distances : ndarray of float32, shape (m, k)
    n : int
        All documents.
    what : str
        Stands before the progress bar.

    Returns
    -------
    indices : ndarray of int32, shape (m, k)
    distances : ndarray of float32, shape (m, k)
    """
    from .pairs import walk

    indices, distances = np.ascontiguousarray(indices), np.ascontiguousarray(distances)
    after = np.empty_like(indices), np.empty_like(distances)
    order = walk(rows, indices, n, WALK)

    def one(block: np.ndarray) -> None:
        after[0][block], after[1][block] = measure(rows[block], indices[block], distances[block])

    blocks = np.array_split(order, max(1, indices.size // PAIRS))
    on_all_cores(one, blocks, what)
    return after


def weighted_words(texts: Iterable[str], n_known: int | None = None) -> tuple[csr_array, int]:
    """The TF-IDF of each text's words and pairs of adjacent words, of length one.

    By scikit-learn's definition, with sublinear term frequencies: a term found `f` times in a text and in `d` of `n`
    texts weighs `(1 + log f) (1 + log((1 + n) / (1 + d)))`. Stop words stay: they weigh little, and leaving them out
    changed nothing on labelled headlines. Terms are numbers from the start, in order of appearance, because
    scikit-learn's vectorizer takes three to four times as long, most of it for writing pairs out and for sorting.

    Parameters
    ----------
    texts : iterable of str
    n_known : int, optional
        `n` and `d` are counted in the first so many texts alone: later ones do not change what words weigh.

    Returns
    -------
    csr_array of float64, shape (n, n_terms)
        Rows of unit length, their terms ascending; a text without a word is an empty row.
    n_shared : int
        The first so many terms are found more than once. The others, as most pairs of words, are part of a text's
        length, but shared with nobody.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    words = number_words(texts)
    if not words.names:
        return csr_array((words.n_texts, 1)), 0
    one, next_one = words.numbers[words.first], words.numbers[words.first + 1]
    pairs = pd.factorize(one * np.int64(len(words.names)) + next_one)[0] + len(words.names)
    terms = np.append(words.numbers, pairs.astype(np.int32))
    text = np.append(words.text, words.text[words.first])
    is_single = np.bincount(terms) == 1
    n_shared = len(is_single) - int(is_single.sum())
    column = np.empty(len(is_single), dtype=np.int32)
    column[~is_single], column[is_single] = np.arange(n_shared), np.arange(n_shared, len(is_single))
    counts = csr_array((np.ones(len(terms)), (text, column[terms])), shape=(words.n_texts, len(column)))
    return csr_array(TfidfTransformer(sublinear_tf=True).fit(counts[:n_known]).transform(counts, copy=False)), n_shared


def learnt(words: csr_array) -> tuple[csr_array, int]:
    """What a model has learnt of how much each word of a text says, as rows of length one.

    BGE-M3's own lexical score of two texts is the dot product of these weights as they are (J. Chen et al. 2024, *BGE
    M3-Embedding*, section 3.2): it grows with the texts' lengths, and has no bound. A kernel needs the same similarity,
    1, of every text to itself: so this is the cosine.

    Parameters
    ----------
    words : csr_array of float32, shape (n, n_pieces)
        `newsclust.vectors.store.Embeddings.words`; token ids ascending in each row, weights above 0.

    Returns
    -------
    csr_array of float64, shape (n, n_terms)
        Rows of unit length, their terms ascending; a text without a word is an empty row.
    n_shared : int
        The first so many terms are found in more than one text, in the order of their token ids.
    """
    texts = np.bincount(words.indices, minlength=words.shape[1])
    found = np.append(np.flatnonzero(texts > 1), np.flatnonzero(texts == 1))
    number = np.zeros(words.shape[1], dtype=np.int32)
    number[found] = np.arange(len(found), dtype=np.int32)
    weights, row = words.data.astype(np.float64), np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    lengths = np.sqrt(np.bincount(row, weights**2, minlength=words.shape[0]))
    terms = csr_array(
        (weights / lengths[row], number[words.indices], words.indptr), (words.shape[0], max(1, len(found)))
    )
    terms.sort_indices()
    return terms, int((texts > 1).sum())


def offsets(vectors: np.ndarray, n_known: int | None = None) -> np.ndarray:
    """How far each vector is from the mean of all, or of the first `n_known`: float64, shape (n,)."""
    give_numba_a_folder()
    from .pairs import distances_from

    known, starts = vectors[:n_known], range(0, len(vectors), OFFSET_ROWS)
    with ThreadPool() as pool:
        # The sums of blocks are added up in one order, and are the same on any number of cores.
        sums = pool.map(lambda start: known[start : start + OFFSET_ROWS].sum(axis=0, dtype=np.float64), starts)
        mean = sum(sums) / len(known)
        return np.concatenate(
            pool.map(lambda start: distances_from(vectors[start : start + OFFSET_ROWS], mean), starts)
        )


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
