"""The words of texts in any script; for keywords, without the stop words of the corpus's languages."""

from __future__ import annotations

import re
import tomllib
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from functools import cache
from importlib.resources import files
from itertools import chain, count
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ..errors import InputError

# Digits keep their separators, so that "10,000" is no keyword "000"; marks belong to the letter they follow,
# so that Hindi, Thai, Arabic and Hebrew words stay whole (\w leaves combining marks out).
MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff"
WORD = rf"\d+(?:[.,]\d+)+|\w[\w{MARKS}]+"
_WORD = re.compile(WORD)

# Scripts that put no spaces between words: Chinese characters, Japanese katakana (a run of it is one word; hiragana is
# grammar), and those of Thailand, Laos, Myanmar and Cambodia.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005"
_THAI = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<kana>[\u30a1-\u30fa\u30fc]{{2,}})|(?P<thai>[{_THAI}]{{2,}})|[\u3041-\u309f]+"
)
# Characters that join words in Chinese rather than being part of a meaningful one.
_JOINING = frozenset("的了在是和与與及将將被把对對为為于於也而但或等并並其这這那从從由向以所之就都又还還")
#: A language with a smaller share of the documents leaves its stop words in.
_SHARE = 0.05
# What is left of elided French and Italian words once the apostrophe has cut them.
_ELIDED = {"fr": "qu jusqu lorsqu puisqu quelqu aujourd hui", "it": "dell nell sull dall all coll quell quest sant"}


def split(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, in lower case and in order, and its terms in scripts that put no spaces between words."""
    text = text.lower()
    if text.isascii() or not _UNSPACED.search(text):
        return _WORD.findall(text), []
    return _WORD.findall(_UNSPACED.sub(" ", text)), list(_unspaced_terms(text))


class Numbered(NamedTuple):
    """The words of texts as numbers: counting pairs of numbers takes a fraction of the time of pairs of strings.

    Attributes
    ----------
    n_texts : int
    names : list of str
        Each word, and each term of a script without spaces, once, in order of appearance.
    numbers : ndarray of int32, shape (m,)
        The words as positions in `names`, text after text; in each text the words in order, then the other terms.
    text : ndarray of int32, shape (m,)
        The text of each.
    first : ndarray of int
        The positions in `numbers` of words that are followed by another word.
    """

    n_texts: int
    names: list[str]
    numbers: np.ndarray
    text: np.ndarray
    first: np.ndarray


def number_words(texts: Iterable[str], silent: Set[str] = frozenset(), what: str = "Reading words") -> Numbered:
    """Split texts into words, without those in `silent`; `what` labels the progress bar."""
    number_of: defaultdict[str, int] = defaultdict(count().__next__)
    numbers, lengths, n_words = array("i"), array("i"), array("i")
    for text in tqdm(texts, desc=what, leave=False, delay=2):
        words, others = split(text)
        if silent:
            words, others = ([term for term in terms if term not in silent] for terms in (words, others))
        numbers.extend(map(number_of.__getitem__, words))
        numbers.extend(map(number_of.__getitem__, others))
        lengths.append(len(words) + len(others))
        n_words.append(len(words))
    text = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    within = np.arange(len(text)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.flatnonzero(within < np.repeat(n_words, lengths) - 1)
    return Numbered(len(lengths), list(number_of), np.array(numbers, dtype=np.int32), text, first)


def word_file(name: str, is_word: Callable[[str, str], object], should: str) -> dict[str, dict[str, list[str]]]:
    """The tables of ``data/<name>.toml``: a string is a list of its words, a list is as it stands.

    Raises
    ------
    InputError
        If a word is in its table twice, or `is_word` of the table's name and the word is not true.
    """
    tables = tomllib.loads((files("newsclust") / f"data/{name}.toml").read_text(encoding="utf-8"))
    for table, lists in tables.items():
        lists.update({key: words.split() if isinstance(words, str) else words for key, words in lists.items()})
        counts = Counter(chain.from_iterable(lists.values()))
        for word, n in counts.items():
            if n > 1 or not is_word(table, word):
                raise InputError(f"data/{name}.toml: {word!r} of {table} should be {should}, and there once.")
    return tables


def silent_words(languages: pd.Series | None) -> set[str]:
    """The stop words of a corpus: those of the languages of a large enough share of its documents, or of English.

    Parameters
    ----------
    languages : Series of str or None
        The code of each text's language, "" where it is not known.
    """
    known = pd.Series(dtype=str) if languages is None else languages[languages != ""]
    shares = known.value_counts(normalize=True)
    codes = frozenset(shares.index[shares >= _SHARE]) or frozenset({"en"})
    # Those that the tokeniser leaves whole, and the halves of elided ones.
    words = {stop for stop in map(str.lower, stop_words(codes)) if _WORD.fullmatch(stop)}
    return words.union(*(half.split() for code, half in _ELIDED.items() if code in codes))


def vectorizer_options(languages: pd.Series | None, texts: pd.Series) -> dict[str, object]:
    """Options that make a scikit-learn vectorizer use these words, without stop words.

    Parameters
    ----------
    languages : Series of str or None
        The code of each text's language, "" where it is not known.
    texts : Series of str
    """
    silent = silent_words(languages)
    if not any(_UNSPACED.search(text) for text in texts if not text.isascii()):
        return {"stop_words": sorted(silent), "token_pattern": WORD}

    def analyze(text: str) -> list[str]:
        return [word for words in split(text) for word in words if word not in silent]

    return {"analyzer": analyze}


def is_unspaced(term: str) -> bool:
    return bool(_UNSPACED.match(term))


def parts_of(term: str) -> list[str]:
    """The words of a term; of one without spaces the shorter runs of characters in it."""
    if not is_unspaced(term):
        return term.split(" ")
    return [term[i : i + n] for n in range(2, len(term)) for i in range(len(term) - n + 1)]


@cache
def stop_words(codes: frozenset[str]) -> frozenset[str]:
    """The stop words of the given languages; English ones are scikit-learn's."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = ENGLISH_STOP_WORDS if "en" in codes else frozenset[str]()
    others = codes - {"en"}
    if others:
        import stopwordsiso

        words |= stopwordsiso.stopwords(others)  # none of a language that it does not have
    return words


def _unspaced_terms(text: str) -> Iterator[str]:
    for match in _UNSPACED.finditer(text):
        run = match[0]
        if match["kana"]:
            yield run
        elif match["han"]:
            for n in (2, 3, 4):
                for i in range(len(run) - n + 1):
                    term = run[i : i + n]
                    if not _JOINING.intersection(term):
                        yield term
        elif match["thai"]:
            for n in sorted({*range(3, min(len(run), 8) + 1), *([len(run)] if len(run) <= 16 else [])}):
                for i in range(len(run) - n + 1):
                    if not _is_mark(run[i]) and (i + n == len(run) or not _is_mark(run[i + n])):
                        yield run[i : i + n]


def _is_mark(character: str) -> bool:
    """A vowel or tone sign that can't begin a word."""
    return character in "ะัาำิีึืฺุู็่้๊๋์ํ" or not character.isalnum()
