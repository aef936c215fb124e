"""Which language a text is in, and what languages are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .wordlists import fold, require, words

#: A language that fewer of the texts than this seem to be in is a detector's slip.
LEAST_SHARE = 0.05
_MANY_TOGETHER = 0.4
#: Texts that are classified together: more would take more memory and no less time.
_AT_A_TIME = 10_000


@cache
def _codes() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """From ``data/languages.toml``: code -> name, name or code -> code, variety -> the code of its language."""
    read, names, codes = words("languages"), dict[str, str](), dict[str, str]()
    for name, (code, *others) in read["names"].items():
        require(re.fullmatch("[a-z]{2,3}", code), "languages", f"the code of {name} is {code!r}, no code")
        names[code] = name.capitalize()
        for other in (name, code, *others):
            require(fold(other) not in codes, "languages", f"{other!r} is {codes.get(fold(other))} and {code}")
            codes[fold(other)] = code
    varieties = {variety: code for code, several in read["varieties"].items() for variety in several}
    require(names.keys() >= read["varieties"].keys(), "languages", "a variety is one of a language without a name")
    return names, codes, varieties


def detect(texts: Iterable[str], kept: Collection[str] | None = None) -> list[str]:
    """The language of each text as a code ("en", "kab"), "" where it can't be told, or is none of those `kept`."""
    texts = [text[:400] for text in texts]
    found, (names, _, varieties) = [""] * len(texts), _codes()
    # Not those that say too little to tell.
    rows = [row for row, text in enumerate(texts) if sum(map(str.isalpha, text)) >= (15 if text.isascii() else 6)]
    for start in range(0, len(rows), _AT_A_TIME):
        some = rows[start : start + _AT_A_TIME]
        for row, code in zip(some, _classified([texts[row] for row in some]), strict=True):
            code = varieties.get(code, code)
            found[row] = code if code in names else ""
    if kept is not None:
        return [code if code in kept else "" for code in found]
    counts = pd.Series(found, dtype=object).value_counts()
    few = counts.drop("", errors="ignore")
    few = few[few < LEAST_SHARE * len(found)]
    # Few texts in each of many languages are no slips where they are many together.
    least = LEAST_SHARE * len(found) if few.sum() < _MANY_TOGETHER * len(found) else 0.01 * len(found)
    kept = set(counts.index[counts >= max(least, 1)]) - {""}
    return [code if code in kept else "" for code in found]


@cache
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _classified(texts: list[str]) -> list[str]:
    """What ``py3langid.classify``, which goes letter by letter, says of each text, none empty; all of them at once.

    Its automaton takes a step for each byte and meets features on the way; naive Bayes weighs their counts. Fields of
    py3langid 0.4 are read here that it does not promise to keep: with ``classify`` alone all reading takes three times
    as long.
    """
    model = _detector()
    following, row_of = np.asarray(model.tk_nextmove).reshape(-1, 256), np.asarray(model.tk_row)
    met, written = np.asarray(model.tk_output), [model._encode(text) for text in texts]
    lengths = np.array([len(text) for text in written])
    starts, letters = np.cumsum(lengths) - lengths, np.frombuffer(b"".join(written), dtype=np.uint8)
    longest_first = np.argsort(-lengths, kind="stable")
    state = np.zeros(len(texts), dtype=np.intp)
    texts_met, features = [], []
    for step, n in enumerate(np.searchsorted(-lengths[longest_first], -np.arange(lengths.max()))):
        rows = longest_first[:n]  # the texts that are longer than this
        state = following[row_of[state[:n]], letters[starts[rows] + step]]
        feature = met[state]
        hit = np.flatnonzero(feature >= 0)
        texts_met.append(rows[hit])
        features.append(feature[hit])
    used, column = np.unique(np.concatenate(features), return_inverse=True)
    pairs = np.concatenate(texts_met), column
    counts = csr_array((np.ones(len(column), np.float32), pairs), shape=(len(texts), len(used)))
    counts.sum_duplicates()
    scores = counts.log1p() @ model.nb_ptc[used].astype(np.float32) + model.nb_pc
    scores[np.diff(counts.indptr) == 0] = 0  # of a text without any feature the first language is as likely as others
    return [model.nb_classes[best] for best in scores.argmax(axis=1)]


def language_code(name: str) -> str:
    """The code of whatever a column calls a language ("en-US", "English", "eng"); "" for no language."""
    names, codes, varieties = _codes()
    name = fold(name.strip())
    code = codes.get(name) or name.replace("_", "-").partition("-")[0]
    code = codes.get(code, code)
    code = varieties.get(code, code)
    return code if code in names or re.fullmatch("[a-z]{2}", code) else ""


def language_name(code: str) -> str:
    return _codes()[0].get(code, code)


def shares(languages: Iterable[str]) -> pd.Series:
    """The share of each language among texts whose language is known, largest first."""
    known = pd.Series([code for code in languages if code], dtype=object)
    return known.value_counts(normalize=True)
