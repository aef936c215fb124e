"""Near-duplicates: headlines that say the same in almost the same words, such as copies of an agency's report."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from os.path import commonprefix

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..corpus.facts import headlines
from ..corpus.words import word_file
from ..markup import plain
from ..neighbors.neighbors import Neighbors

#: The least Jaccard similarity of two near-duplicates' letter trigrams.
OVERLAP = 0.75
#: The number of a document's nearest neighbours that are compared with it: a copy is among the first.
NEAREST = 20
PAIRS, TEXTS = 2**16, 2**14  # compared, and taken apart, at a time
CLASSES = 64  # of trigrams
_APOSTROPHES = {ord("'"): None, ord("’"): None}
_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def find_repeats(documents: pd.DataFrame, neighbors: Neighbors) -> np.ndarray:
    """For each document the one that it nearly repeats.

    Two documents are near-duplicates if one is among the `NEAREST` neighbours of the other, their headlines share
    `OVERLAP` of their letter trigrams, and neither contradicts the other. Trigrams are taken within words, without case
    and punctuation, and the share is Jaccard's, as in A. Broder's *On the resemblance and containment of documents*
    (1997): spelling, endings and the order of words count little. Numbers contradict if each headline has one that the
    other lacks: "31 hurt" is news to readers of "29 hurt". So do names, including those of days, and a headline that
    denies the other.

    The document with the most near-duplicates represents all of them; so each one nearly repeats its representative,
    which a chain of pairs would not guarantee. The smaller row wins ties.

    Why not the vectors' cosine? It differs from model to model; and on labelled headlines (stories_2014, ECB+ and
    Giveme5W1H) MiniLM gave a median of 0.93 to pairs that share 0.7 of their trigrams, and 0.92 to pairs that differ in
    the one number they report. We read 132 pairs, in steps of 0.05: of those that share 0.75 to 0.8 of their trigrams,
    21 of 22 were one headline, reworded; at 0.7 to 0.75 18 of 22, at 0.65 to 0.7 fewer than half.

    Parameters
    ----------
    documents : DataFrame, n rows
        With the columns `title` and `text`.
    neighbors : Neighbors
        Its `indices` are read.

    Returns
    -------
    ndarray of int32, shape (n,)
        The row of each document's representative: its own if it repeats none.
    """
    n = len(documents)
    if not (documents["text"] != "").any():  # the titles are primary keys
        return np.arange(n, dtype=np.int32)
    one, two = near_copies(documents, *_listed_pairs(neighbors.indices[:, :NEAREST]))
    pairs = csr_array((np.ones(2 * len(one), dtype=np.int8), (np.append(one, two), np.append(two, one))), shape=(n, n))
    return _led(pairs)


def near_copies(
    documents: pd.DataFrame, one: np.ndarray, two: np.ndarray, n_known: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of documents that are near-duplicates by their headlines.

    Names are learnt from the first `n_known` documents, from all if it is None.
    """
    told = [plain(headline) for headline in headlines(documents)]
    near = _alike(told, one, two) if len(one) else np.zeros(0, dtype=bool)
    one, two = one[near], two[near]
    news = _News(told, n_known)
    agree = [news.agree(a, b) for a, b in zip(one.tolist(), two.tolist(), strict=True)]
    return one[agree], two[agree]


def _listed_pairs(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair in which one lists the other, once, the smaller row first."""
    n, k = indices.shape
    row, other = np.repeat(np.arange(n, dtype=np.int64), k), indices.ravel().astype(np.int64)
    row, other = row[other >= 0], other[other >= 0]
    pairs = np.unique(np.minimum(row, other) * max(n, 1) + np.maximum(row, other))
    return np.divmod(pairs, max(n, 1))


def _alike(headlines: list[str], one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Which pairs of headlines share enough of their trigrams: bool, shape (n_pairs,)."""
    blocks = [_letters(headlines[start : start + TEXTS]) for start in range(0, len(headlines), TEXTS)]
    columns, sizes, classes = map(np.concatenate, zip(*blocks, strict=True))
    del blocks
    ones, ends = np.ones(len(columns), dtype=np.int8), np.append(0, np.cumsum(sizes))
    parts = csr_array((ones, columns, ends), shape=(len(headlines), 2**63 - 1))
    found = np.zeros(len(one), dtype=bool)
    for start in tqdm(range(0, len(one), PAIRS), desc="Near-duplicates", leave=False, delay=2):
        block = np.arange(start, min(start + PAIRS, len(one)))
        least = OVERLAP / (1 + OVERLAP) * (sizes[one[block]] + sizes[two[block]])  # solved for the common trigrams
        block, least = block[least > 0], least[least > 0]
        likely = np.minimum(classes[one[block]], classes[two[block]]).sum(axis=1, dtype=np.int64) >= least
        block, least = block[likely], least[likely]
        found[block] = np.diff(parts[one[block]].multiply(parts[two[block]]).indptr) >= least
    return found


def _letters(headlines: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The letter trigrams of each headline, with a space before and after each word, ascending, as their characters.

    Also their number, and that of each class: how many two headlines share in the classes bounds how many they share,
    is fast to compute, and mostly too little.
    """
    texts = [f" {_SIGNS.sub(' ', headline.casefold()).strip()} " for headline in headlines]
    signs = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    inside = np.flatnonzero(signs[1:-1] != ord(" "))  # else the trigram is of two words, or of two headlines
    triples = (signs[inside] << 42) | (signs[inside + 1] << 21) | signs[inside + 2]
    rows = np.repeat(np.arange(len(texts)), list(map(len, texts)))[inside]
    order = np.lexsort((triples, rows))
    rows, triples = rows[order], triples[order]
    is_new = np.append(True, (np.diff(rows) != 0) | (np.diff(triples) != 0))[: len(rows)]
    rows, triples = rows[is_new], triples[is_new]
    classes = np.bincount(rows * CLASSES + triples % CLASSES, minlength=len(texts) * CLASSES)
    capped = classes.clip(max=255).astype(np.uint8).reshape(-1, CLASSES)
    return triples, np.bincount(rows, minlength=len(texts)), capped


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """From ``data/repeats.toml``: words that deny, and words before a headline that are no names."""
    tables = word_file(
        "repeats", lambda _, word: _WORD.fullmatch(word) and word == word.casefold(), "one word in small letters"
    )
    denials = tables["denials"]
    contracted = [f"{word}nt" for word in denials.pop("contracted")]
    return frozenset(chain(contracted, *denials.values())), frozenset(chain(*tables["before"].values()))


class _News:
    """What distinguishes one report from another: its numbers, its names, and whether it denies.

    A name, also of a day, is a word that begins with a capital letter and never occurs without one in the headlines.
    """

    def __init__(self, headlines: list[str], n_known: int | None):
        self._headlines = headlines
        self._denials, before = _words()
        self._common = before | {
            word for headline in headlines[:n_known] for word in _WORD.findall(headline) if word[0].islower()
        }
        self._of: dict[int, tuple[set[str], set[str], set[str]]] = {}

    def agree(self, one: int, two: int) -> bool:
        """Whether neither of two headlines contradicts the other by a number, a name or a denial."""
        (numbers, names, denials), (others, other_names, other_denials) = self._read(one), self._read(two)
        lost, new = names - other_names, other_names - names
        return (
            (numbers <= others or others <= numbers)
            and denials == other_denials
            and (
                all(any(_one_word(name, other) for other in new) for name in lost)
                or all(any(_one_word(name, other) for other in lost) for name in new)
            )
        )

    def _read(self, row: int) -> tuple[set[str], set[str], set[str]]:
        if row not in self._of:
            headline = self._headlines[row].translate(_APOSTROPHES)
            words = _WORD.findall(headline)
            names = {word.casefold() for word in words if word[0].isupper() and word.casefold() not in self._common}
            denials = self._denials.intersection(map(str.casefold, words))
            self._of[row] = set(_NUMBER.findall(headline)), names, set(denials)
        return self._of[row]


def _one_word(one: str, two: str) -> bool:
    """Whether two words are the same except for an ending, a cut or a typing error."""
    short, long = sorted((one, two), key=len)
    start = len(commonprefix((short, long)))
    end = len(commonprefix((short[start:][::-1], long[start:][::-1])))
    rest = len(long) - start - end  # letters that differ, without the common beginning and end
    is_cut, is_inflected = start == len(short), start >= 4 and len(long) - start <= 3
    return is_cut or is_inflected or (rest == len(long) - len(short) == 1) or (len(long) >= 6 and rest <= 2)


def _led(pairs: csr_array) -> np.ndarray:
    """Each row's representative: rows with the most pairs first, each represents its pairs that have none yet."""
    degrees = np.diff(pairs.indptr)
    leader = np.arange(pairs.shape[0], dtype=np.int32)
    free = np.ones(len(leader), dtype=bool)
    for row in np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]:
        if free[row]:
            members = pairs.indices[pairs.indptr[row] : pairs.indptr[row + 1]]
            leader[members[free[members]]] = row
            free[members] = free[row] = False
    return leader
