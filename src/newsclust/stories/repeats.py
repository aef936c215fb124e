"""Near-duplicates: headlines that say the same in almost the same words, as agencies' copies do."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from os.path import commonprefix
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..corpus.facts import headlines
from ..corpus.words import word_file
from ..markup import plain

if TYPE_CHECKING:
    from ..neighbors.neighbors import Neighbors

#: The share of their letters, three by three, that two near-duplicates have in common at least.
OVERLAP = 0.75
#: The number of a document's nearest neighbours that are compared with it: a copy is among the first.
NEAREST = 20
PAIRS = 2**16  # compared at a time
CLASSES = 64
_APOSTROPHES = {ord("'"): None, ord("’"): None}
_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def find_repeats(documents: pd.DataFrame, neighbors: Neighbors) -> np.ndarray:
    """For each document the one that it nearly repeats.

    Two documents are near-duplicates if one is among the `NEAREST` neighbours of the other, their headlines share
    `OVERLAP` of their letters, and neither contradicts the other. Letters are taken three by three within words,
    without case and signs, and the share is Jaccard's, as in A. Broder's *On the resemblance and containment of
    documents* (1997): spelling, endings and the order of words count little. Numbers contradict where each headline has
    one that the other lacks: "31 hurt" is news to whoever read "29 hurt". So do names, a day's too, and a headline that
    denies.

    Of a group the document with the most near-duplicates stands for all that are near to it; so each of a group nearly
    repeats that one, which a chain of pairs does not promise. The smaller row wins ties.

    Why not the vectors' cosine? It is another for every model; and on labelled headlines (stories_2014, ECB+ and
    Giveme5W1H) MiniLM gave a median of 0.93 to pairs that share 0.7 of their letters, and 0.92 to pairs that differ in
    the one number they report. Of 132 pairs read in steps of 0.05, those that share 0.75 to 0.8 of their letters were
    one headline, reworded, 21 times of 22; of 0.7 to 0.75 18 of 22, of 0.65 to 0.7 not half.

    Parameters
    ----------
    documents : DataFrame, n rows
        With the columns `title` and `text`.
    neighbors : Neighbors
        Of which `indices` are read.

    Returns
    -------
    ndarray of int32, shape (n,)
        The row of the document that stands for each one: its own where it repeats none.
    """
    n = len(documents)
    if not (documents["text"] != "").any():  # their titles are keys
        return np.arange(n, dtype=np.int32)
    one, two = near_copies(documents, *_listed_pairs(neighbors.indices[:, :NEAREST]))
    pairs = csr_array((np.ones(2 * len(one), dtype=np.int8), (np.append(one, two), np.append(two, one))), shape=(n, n))
    return _led(pairs)


def near_copies(
    documents: pd.DataFrame, one: np.ndarray, two: np.ndarray, n_known: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Of pairs of documents those that are near-duplicates by what their headlines say.

    What is a name is learnt from the first `n_known` documents, from all where it is None.
    """
    told = [plain(headline) for headline in headlines(documents)]
    near = _alike(told, one, two) if len(one) else np.zeros(0, dtype=bool)
    one, two = one[near], two[near]
    news = _News(told, n_known)
    agree = [news.agree(a, b) for a, b in zip(one.tolist(), two.tolist(), strict=True)]
    return one[agree], two[agree]


def _listed_pairs(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of which one lists the other, once, the smaller row first."""
    n, k = indices.shape
    row, other = np.repeat(np.arange(n, dtype=np.int64), k), indices.ravel().astype(np.int64)
    row, other = row[other >= 0], other[other >= 0]
    pairs = np.unique(np.minimum(row, other) * max(n, 1) + np.maximum(row, other))
    return np.divmod(pairs, max(n, 1))


def _alike(headlines: list[str], one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Which pairs of headlines share enough of their letters: bool, shape (n_pairs,)."""
    parts = _letters(headlines)
    sizes = np.diff(parts.indptr)
    # What two share is at most what their counts in some classes of letters share: quickly seen, and mostly too little.
    rows = np.repeat(np.arange(len(sizes)), sizes)
    classes = np.bincount(rows * CLASSES + parts.indices % CLASSES, minlength=len(sizes) * CLASSES)
    capped = classes.clip(max=255).astype(np.uint8).reshape(-1, CLASSES)
    found = np.zeros(len(one), dtype=bool)
    for start in tqdm(range(0, len(one), PAIRS), desc="Near-duplicates", leave=False, delay=2):
        block = np.arange(start, min(start + PAIRS, len(one)))
        least = OVERLAP / (1 + OVERLAP) * (sizes[one[block]] + sizes[two[block]])  # Jaccard's share, solved for theirs
        block, least = block[least > 0], least[least > 0]
        likely = np.minimum(capped[one[block]], capped[two[block]]).sum(axis=1, dtype=np.int64) >= least
        block, least = block[likely], least[likely]
        found[block] = parts[one[block]].multiply(parts[two[block]]).sum(axis=1) >= least
    return found


def _letters(headlines: list[str]) -> csr_array:
    """Which three letters in a row, a space before and behind each word, each headline has: ones, sorted columns."""
    texts = [f" {_SIGNS.sub(' ', headline.casefold()).strip()} " for headline in headlines]
    signs = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    triples = (signs[:-2] << 42) | (signs[1:-1] << 21) | signs[2:]
    inside = signs[1:-1] != ord(" ")  # else the three are of two words, or of two headlines
    rows = np.repeat(np.arange(len(texts)), list(map(len, texts)))[:-2][inside]
    kinds, columns = np.unique(triples[inside], return_inverse=True)
    cells = np.unique(rows * max(len(kinds), 1) + columns)
    rows, columns = np.divmod(cells, max(len(kinds), 1))
    shape = (len(texts), max(len(kinds), 1))
    return csr_array((np.ones(len(cells), dtype=np.int32), (rows, columns)), shape=shape)


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """From ``data/repeats.toml``: what denies, and what is set before a headline and is no name."""
    tables = word_file(
        "repeats", lambda _, word: _WORD.fullmatch(word) and word == word.casefold(), "one word in small letters"
    )
    denials = tables["denials"]
    contracted = [f"{word}nt" for word in denials.pop("contracted")]
    return frozenset(chain(contracted, *denials.values())), frozenset(chain(*tables["before"].values()))


class _News:
    """What makes another report of a headline: its numbers, its names, and whether it denies.

    A name, a day's too, is a word that begins with a capital and is nowhere in the pile without one.
    """

    def __init__(self, headlines: list[str], n_known: int | None):
        self._headlines = headlines
        self._denials, before = _words()
        self._common = before | {
            word for headline in headlines[:n_known] for word in _WORD.findall(headline) if word[0].islower()
        }
        self._of: dict[int, tuple[set[str], set[str], set[str]]] = {}

    def agree(self, one: int, two: int) -> bool:
        """Whether neither of two headlines has a number or a name that contradicts the other, nor denies it."""
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
    """Whether two words are one, in another form, cut off, or with a typing error."""
    short, long = sorted((one, two), key=len)
    start = len(commonprefix((short, long)))
    end = len(commonprefix((short[start:][::-1], long[start:][::-1])))
    rest = len(long) - start - end  # letters in which they differ, once what both begin and end with is gone
    is_cut, is_inflected = start == len(short), start >= 4 and len(long) - start <= 3
    return is_cut or is_inflected or (rest == len(long) - len(short) == 1) or (len(long) >= 6 and rest <= 2)


def _led(pairs: csr_array) -> np.ndarray:
    """Who stands for whom: the rows with the most pairs first, each for those that no other stands for yet."""
    degrees = np.diff(pairs.indptr)
    leader = np.arange(pairs.shape[0], dtype=np.int32)
    free = np.ones(len(leader), dtype=bool)
    for row in np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]:
        if free[row]:
            members = pairs.indices[pairs.indptr[row] : pairs.indptr[row + 1]]
            leader[members[free[members]]] = row
            free[members] = free[row] = False
    return leader
