"""Representative headlines of a story: the one that is its title, and a few that show its range."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..corpus.facts import headlines
from ..corpus.words import vectorizer_options

#: How many headlines of a story a language model reads to write its title.
EXEMPLARS = 8
#: A title of this length fits on two lines of a phone; each further letter lowers a headline's score.
LETTERS = 90
#: The penalty of a headline that is cut short or announces a kind of page rather than news. Similarities of the members
#: of one story differ by about as much.
FAULT = 0.1
#: Members compared at a time. NumPy sums buffers of 8,192 numbers: a multiple of that gives the bits of all at once.
BLOCK = 2**14
#: Live blogs, galleries and other pages about a story, in the languages in which they were found.
_KIND = """
    live|liveblog|live blog|watch|listen|video|photos?|pictures|gallery|slideshow|podcast|opinion|analysis|explainer
    comment|editorial|column|review|recap|quiz|fact check|timeline|transcript|list|q&a|as it happened|preview
    infographic|liveticker|newsblog|bilder|fotos|fotostrecke|kommentar|analyse|meinung|interview|en direct|direct|vidéo
    tribune|en vivo|en directo|última hora|vídeo|opinión|análisis|fotogalería|diretta|foto|opinione|ao vivo|opinião
"""
_KIND = "(?:" + "|".join(line.strip() for line in _KIND.strip().splitlines()) + ")"
_PAGE = re.compile(
    rf"^{_KIND}(?: \w+)?\s?[:|–—]|^{_KIND} - |^(?:watch|listen|update \d+|corrected|wrapup \d*|refile)\b"
    rf"|\blive(?: |-)?(?:blog|updates?|coverage|ticker)\b|[\[(](?:\w+ )?{_KIND}\b[^\])]*[\])]"
    r"|\bin (?:pictures|photos)\b|\b(?:round-?up|recap)\b|[?？]\s*$",
    re.IGNORECASE,
)
_CUT = re.compile(r"(?:\.\.\.|…)\s*$")


def title_rows(
    documents: pd.DataFrame, labels: np.ndarray, probabilities: np.ndarray, vectors: np.ndarray | None = None
) -> np.ndarray:
    """The member of each cluster whose headline says most of what the others say.

    Candidates are the more certain half: at least as probable as the median of the cluster's members, without assigned
    noise. A candidate's score is the sum of two means over the other members: the cosine of the vectors; and, with
    TF-IDF weights, the dot product of the headline and the other's whole text, the latter of unit length. Divided by
    the headline's own length this would be a cosine and favour the shortest, undivided the longest, so the divisor is
    the geometric mean of its length and the cluster's median. Subtracted are `FAULT` for a headline that is cut short
    and for one that announces a page about the story (a live blog, a gallery, a question), and 1 for every `LETTERS`
    letters beyond `LETTERS`. Ties, to nine digits, go to the smaller id.

    Parameters
    ----------
    documents : DataFrame, n rows in ascending order of id
        With ``title, text`` and, if known, ``language``.
    labels : ndarray of int, shape (n,)
        -1 is noise.
    probabilities : ndarray, shape (n,)
        0 for assigned noise.
    vectors : ndarray, shape (n, dim), optional
        Unit rows.

    Returns
    -------
    ndarray of int, shape (n_clusters,)
        Row numbers, one for each cluster in ascending order.
    """
    members = np.flatnonzero(labels >= 0)
    if not len(members):
        return np.empty(0, dtype=np.intp)
    clusters, group, sizes = np.unique(labels[members], return_inverse=True, return_counts=True)
    others = np.maximum(sizes - 1, 1)[group]
    chosen = documents.iloc[members]
    titles = headlines(chosen)
    score = _shared_words(chosen, titles, group) / others
    if vectors is not None:
        score += _nearness(vectors, members, group) / others
    score -= np.maximum(titles.str.len().to_numpy() - LETTERS, 0) / LETTERS
    score -= FAULT * (titles.str.contains(_CUT).to_numpy().astype(float) + titles.str.contains(_PAGE).to_numpy())
    score[~_certain(probabilities[members], group)] = -np.inf
    order = np.lexsort((members, -score.round(9), group))
    return members[order[np.unique(group[order], return_index=True)[1]]]


def spread_out(
    labels: np.ndarray,
    probabilities: np.ndarray,
    vectors: np.ndarray,
    first: np.ndarray,
    n: int = EXEMPLARS,
) -> list[np.ndarray]:
    """Up to `n` members of each cluster, certain and unlike each other.

    Candidates are the more certain half (in a tie those nearer to the cluster's mean), but at least `n`. Starting with
    `first`, the candidate farthest from all chosen ones is added (T. F. Gonzalez 1985, *Clustering to minimize the
    maximum intercluster distance*, Theoretical Computer Science 38); in a tie the smaller id.

    Parameters
    ----------
    labels, probabilities, vectors
        As for `title_rows`.
    first : ndarray of int, shape (n_clusters,)
        From `title_rows`.
    n : int

    Returns
    -------
    list of ndarray of int
        Row numbers, for each cluster in ascending order; ``first`` comes first.
    """
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], labels[first], side="right")
    starts = np.searchsorted(labels[order], labels[first])
    found = []
    for row, start, end in zip(first, starts, ends, strict=True):
        members = order[start:end]
        mean = vectors[members].mean(axis=0, dtype=np.float64)
        offsets = np.linalg.norm(vectors[members] - mean, axis=1).round(6)
        best = members[np.lexsort((members, offsets, -probabilities[members]))]
        pool = np.union1d(best[: max(n, -(-len(best) // 2))], row)
        taken, distance = [row], np.full(len(pool), np.inf)
        while len(taken) < min(n, len(pool)):
            # Rounded, because equal distances differ in the last bits.
            distance = np.minimum(distance, np.linalg.norm(vectors[pool] - vectors[taken[-1]], axis=1).round(6))
            distance[np.isin(pool, taken)] = -1  # duplicates are at distance 0, too
            taken.append(pool[np.argmax(distance)])
        found.append(np.array(taken))
    return found


def _certain(probabilities: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Which members are at least as probable as their cluster's median; all if none has a probability."""
    known = pd.Series(np.where(probabilities > 0, probabilities, np.nan))
    median = known.groupby(group).transform("median").fillna(0).to_numpy()
    return probabilities >= median


def _nearness(vectors: np.ndarray, members: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Each member's cosines with the other members of its group, summed."""
    shape = int(group.max()) + 1, len(vectors)
    sums = csr_array((np.ones(len(group), dtype=vectors.dtype), (group, members)), shape=shape) @ vectors
    found = np.empty(len(members))
    for start in range(0, len(members), BLOCK):
        at = slice(start, start + BLOCK)
        own, all_of_group = vectors[members[at]], sums[group[at]]
        itself = np.einsum("ij,ij->i", own, own, dtype=np.float64)
        found[at] = np.einsum("ij,ij->i", own, all_of_group, dtype=np.float64) - itself
    return found


def _shared_words(documents: pd.DataFrame, titles: pd.Series, group: np.ndarray) -> np.ndarray:
    """The weighted sum of each headline's words in common with the other texts of its group; see `title_rows`."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    options = vectorizer_options(documents.get("language"), documents["text"])
    vectorizer = TfidfVectorizer(binary=True, norm=None, **options)
    try:
        texts = csr_array(vectorizer.fit_transform(documents["text"]))
    except ValueError as error:
        if "empty vocabulary" not in str(error):
            raise
        return np.zeros(len(titles))
    heads = csr_array(vectorizer.transform(titles))
    texts = texts.multiply(1 / _lengths(texts)[:, None]).tocsr()
    lengths = _lengths(heads)
    usual = pd.Series(lengths).groupby(group).transform("median").to_numpy()
    itself = heads.multiply(texts).sum(axis=1)
    all_said = csr_array((np.ones(len(group)), (group, np.arange(len(group))))) @ texts
    said = _look_up(all_said, group, heads)
    return (said - itself) / np.sqrt(lengths * usual)


def _lengths(rows: csr_array) -> np.ndarray:
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    return np.where(lengths > 0, lengths, 1.0)


def _look_up(sums: csr_array, group: np.ndarray, heads: csr_array) -> np.ndarray:
    """The dot product of each row of `heads` with its group's row of `sums`.

    A copy of a group's row for each of its members would fill the memory.
    """
    n_terms = np.int64(heads.shape[1])
    sums.sort_indices()
    keys = np.repeat(np.arange(sums.shape[0]), np.diff(sums.indptr)) * n_terms + sums.indices
    rows = np.repeat(np.arange(heads.shape[0]), np.diff(heads.indptr))
    # A headline's words are in its text, and so in the sum: every key is found.
    place = np.searchsorted(keys, group[rows] * n_terms + heads.indices)
    return np.bincount(rows, heads.data * sums.data[place], minlength=len(group))
