"""What each cluster is about: keywords, a representative headline, its days and its publishers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..corpus.facts import headlines, printed
from ..corpus.words import is_unspaced, number_words, parts_of, silent_words
from ..errors import NewsclustError
from .exemplars import title_rows

#: Keywords per cluster: as many as fit on one line of a table.
KEYWORDS = 5


@dataclass(frozen=True, eq=False)
class Terms:
    """The words and word pairs of clusters, counted once for all uses.

    Attributes
    ----------
    groups : ndarray of int, shape (n_groups,)
        Labels, ascending; -1, all noise together, is one of them if there is noise.
    words : ndarray of object, shape (n_words,)
        In alphabetical order.
    terms : ndarray of int, shape (n_terms, 2)
        The words of each term: one and -1, or a pair. In alphabetical order, too.
    counts, users : csr_array of int, shape (n_groups, n_terms)
        How often the group's documents use each term, and how many of them use it.
    """

    groups: np.ndarray
    words: np.ndarray
    terms: np.ndarray
    counts: csr_array
    users: csr_array

    def names(self, columns: np.ndarray) -> list[str]:
        """Some of the terms, written out."""
        return [
            self.words[one] if next_one < 0 else f"{self.words[one]} {self.words[next_one]}"
            for one, next_one in self.terms[columns].tolist()
        ]

    def joined(self, labels: np.ndarray) -> Terms:
        """The terms of other, larger groups: `labels`, shape (n_groups,), has the larger group of each group."""
        groups, members = _membership(labels)
        return replace(self, groups=groups, counts=members @ self.counts, users=members @ self.users)


def describe_clusters(
    documents: pd.DataFrame,
    labels: np.ndarray,
    probabilities: np.ndarray,
    vectors: np.ndarray | None = None,
    terms: Terms | None = None,
) -> pd.DataFrame:
    """Describe every cluster in one row.

    Keywords are the words and word pairs with the highest class-based TF-IDF: a cluster is one long text `c`, noise is
    another, and a term `t` weighs `tf(t, c) / |c| * log(1 + A / f(t))`, where `tf` counts the term in the cluster,
    `|c|` all terms of the cluster, `f` the term everywhere and `A` is the mean of `|c|` (M. Grootendorst 2022,
    *BERTopic: Neural topic modeling with a class-based TF-IDF procedure*, arXiv:2203.05794, section 3.3; the division
    by `|c|` is from its code and changes no order). A term that only one member uses is no keyword if members share
    others; a bare number is never one, and no two keywords of a cluster share a word.

    The title is the headline of the member that says most of what the others say: see
    `newsclust.stories.exemplars.title_rows`.

    Parameters
    ----------
    documents : DataFrame, one row per document, in ascending order of id
        With the columns `text`, `title`, `publisher` and `published_at` of `Corpus.documents`.
    labels : ndarray, shape (n,)
        Cluster of each document; -1 is noise.
    probabilities : ndarray, shape (n,)
        How firmly each document belongs to its cluster, 0 to 1.
    vectors : ndarray, shape (n, dim), optional
        The documents' embeddings.
    terms : Terms, optional
        From `count_terms` for `labels`, if they are counted already.

    Returns
    -------
    DataFrame, one row per cluster, index `cluster` ascending
        `size` (documents), `title`, `keywords` (joined by ", "), `first` and `last` (ISO days in UTC of the earliest
        and the latest date that could be read; "" without one) and `publishers` (how many different ones) of all rows
        of these texts, `first_publisher` (whose headline is the earliest; "" if no time or no name is known).

    Raises
    ------
    NewsclustError
        If the arguments differ in length.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    for name, rows in {"labels": labels, "probabilities": probabilities, "vectors": vectors}.items():
        if rows is not None and len(rows) != len(documents):
            raise NewsclustError(
                f"{name} has {len(rows)} rows and documents has {len(documents)}: give one per document."
            )
    titles = headlines(documents.iloc[title_rows(documents, labels, probabilities, vectors)])
    table = describe_groups(documents, labels, count_terms(documents, labels) if terms is None else terms)
    table.insert(1, "title", titles.to_numpy())
    return table


def describe_groups(documents: pd.DataFrame, labels: np.ndarray, terms: Terms) -> pd.DataFrame:
    """As `describe_clusters`, without titles."""
    clusters, sizes = np.unique(labels[labels >= 0], return_counts=True)
    rows = printed(documents)
    rows = rows.assign(publisher=rows["publisher"].str.strip(), cluster=labels[rows["document"]])
    days = rows["time"].to_numpy("datetime64[D]").astype(str)
    days = pd.Series(days).where(rows["time"].notna()).groupby(rows["cluster"])
    publishers = rows["publisher"].replace("", None).groupby(rows["cluster"]).nunique()
    dated = rows[: len(documents)].dropna(subset="time")  # of equal texts the earliest is the document
    earliest = dated.sort_values(["time", "publisher"], kind="stable").groupby("cluster")["publisher"].first()
    return pd.DataFrame(
        {
            "size": sizes,
            "keywords": [", ".join(_distinct(weight)) for weight in _term_weights(terms)],
            "first": days.min().reindex(clusters).fillna("").to_numpy(),
            "last": days.max().reindex(clusters).fillna("").to_numpy(),
            "publishers": publishers.reindex(clusters).to_numpy(dtype=np.int64),
            "first_publisher": earliest.reindex(clusters).fillna("").to_numpy(),
        },
        index=pd.Index(clusters, name="cluster"),
    )


def count_terms(documents: pd.DataFrame, labels: np.ndarray) -> Terms:
    """Count the terms of each cluster, and of noise, in the documents' `text`.

    Parameters
    ----------
    documents : DataFrame, n rows
        With `text` and, if known, `language`.
    labels : ndarray of int, shape (n,)
    """
    found = number_words(documents["text"], silent_words(documents.get("language")), "Keywords")
    alphabetical = sorted(range(len(found.names)), key=found.names.__getitem__)
    n_words, rank = np.int64(len(alphabetical)), np.empty(len(alphabetical), dtype=np.int64)
    rank[alphabetical] = np.arange(n_words)
    words = rank[found.numbers]
    # These numbers sort as the terms do: a blank comes before all characters of words.
    pairs = words[found.first] * (n_words + 1) + words[found.first + 1] + 1
    column, terms = pd.factorize(np.append(words * (n_words + 1), pairs), sort=True)
    text = np.append(found.text, found.text[found.first])
    counts = csr_array((np.ones(len(text), dtype=int), (text, column)), shape=(len(documents), len(terms)))
    groups, members = _membership(labels)
    frequencies = members @ counts
    counts.data[:] = 1
    names = np.array(found.names, dtype=object)[alphabetical]
    terms = np.column_stack((terms // (n_words + 1), terms % (n_words + 1) - 1))
    return Terms(groups, names, terms, frequencies, members @ counts)


def _membership(labels: np.ndarray) -> tuple[np.ndarray, csr_array]:
    """The groups, ascending, and for each of them a row with a 1 for each member."""
    groups, group = np.unique(labels, return_inverse=True)
    ones = np.ones(len(group), int)
    return groups, csr_array((ones, (group, np.arange(len(group)))), (len(groups), len(group)))


def _term_weights(terms: Terms) -> list[dict[str, float]]:
    """The class-based TF-IDF of each cluster's heaviest shared terms."""
    if not len(terms.terms):
        return [{} for _ in terms.groups[terms.groups >= 0]]
    frequencies, users = terms.counts, terms.users
    # Both have the same non-zero entries, so sorting aligns their columns.
    frequencies.sort_indices()
    users.sort_indices()
    lengths = frequencies.sum(axis=1)
    rarity = np.log1p(lengths.mean() / np.maximum(frequencies.sum(axis=0), 1))
    heaviest = []
    for row in np.flatnonzero(terms.groups >= 0):
        entries = slice(frequencies.indptr[row], frequencies.indptr[row + 1])
        columns, shared = frequencies.indices[entries], users.data[entries] > 1
        weights = frequencies.data[entries] / max(lengths[row], 1) * rarity[columns]
        if shared.any():
            columns, weights = columns[shared], weights[shared]
        top = np.lexsort((columns, -weights))[: 10 * KEYWORDS]
        heaviest.append(dict(zip(terms.names(columns[top]), weights[top].tolist(), strict=True)))
    return heaviest


def _distinct(weights: dict[str, float]) -> list[str]:
    """The heaviest terms; no two share a word, apart from its ending.

    A pair that weighs at least half as much as its words replaces them: "solar eclipse" rather than "eclipse", whose
    weight is always a little higher because it also occurs alone.
    """

    def rank(term: str) -> tuple[float, int, float, str]:
        words = parts_of(term)
        parts = max((weights.get(word, 0.0) for word in words), default=0.0)
        promoted = max(weights[term], parts) if weights[term] >= parts / 2 else weights[term]
        return -promoted, -len(words), -weights[term], term

    chosen: list[str] = []
    used: set[str] = set()
    for term in sorted(filter(_has_letter, weights), key=rank):
        stems = _pairs(term) if is_unspaced(term) else {_stem(word) for word in term.split(" ")}
        if len(chosen) < KEYWORDS and not stems & used:
            chosen.append(term)
            used |= stems
    return chosen


def _has_letter(term: str) -> bool:
    return any(character.isalpha() for character in term)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:ies|ing|ed|es|s|e|y)$", "", word)


def _pairs(term: str) -> set[str]:
    """Every two neighbouring characters of a term without spaces: two that share a pair overlap."""
    return {term[i : i + 2] for i in range(len(term) - 1)}
