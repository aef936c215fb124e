"""The language of a text, and the names of languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .wordlists import fold, require, words

#: A language detected in fewer of the texts than this is an error of the detector.
LEAST_SHARE = 0.05
_MANY_TOGETHER = 0.4
#: Texts that are classified together: their scores stay in the processor's cache.
_AT_A_TIME = 2000
#: Bits for a feature's number.
_BITS = 17


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
    """The language of each text as a code ("en", "kab"), "" where it can't be detected, or is none of those `kept`."""
    texts = [text[:400] for text in texts]
    found, (names, _, varieties) = [""] * len(texts), _codes()
    # Texts that are too short to classify are left out; texts of one length take the same number of steps.
    rows = sorted((row for row, text in enumerate(texts) if _tells(text)), key=lambda row: len(texts[row]))
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
    # Few texts in each of many languages are no errors if they are many together.
    least = LEAST_SHARE * len(found) if few.sum() < _MANY_TOGETHER * len(found) else 0.01 * len(found)
    kept = set(counts.index[counts >= max(least, 1)]) - {""}
    return [code if code in kept else "" for code in found]


def _tells(text: str) -> bool:
    least = 15 if text.isascii() else 6
    return sum(map(str.isalpha, text[:40])) >= least or sum(map(str.isalpha, text)) >= least


@cache
def _detector() -> tuple[Any, ...]:
    """The model; its automaton: what follows a state and a byte, and the feature met there, counted from 1; weights."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    met = (np.asarray(model.tk_output, dtype=np.int64) + 1).astype(np.uint32)
    weights = np.vstack([np.zeros(len(model.nb_pc)), model.nb_ptc], dtype=np.float32)
    require(met[0] == 0 and len(weights) < 1 << _BITS, "languages", "py3langid has a model of another kind")
    return model, np.asarray(model.tk_nextmove), 256 * np.asarray(model.tk_row, dtype=np.uint32), met, weights


def _classified(texts: list[str]) -> list[str]:
    """What ``py3langid.classify``, which goes letter by letter, gives for each text, none empty; vectorised.

    Its automaton takes a step for each byte and meets features on the way; naive Bayes weighs their counts. This reads
    fields of py3langid 0.4 that are not part of its public interface.
    """
    model, following, row_of, met, weights = _detector()
    written = [model._encode(text) for text in texts]
    lengths = np.array([len(text) for text in written])
    longest_first = np.argsort(-lengths, kind="stable")
    longest, n = lengths.max(), len(texts)
    together = b"".join(written[row].ljust(longest, b"\0") for row in longest_first)
    letters = np.frombuffer(together, dtype=np.uint8).reshape(n, longest).T.copy()
    states = np.zeros((longest, n), dtype=np.uint32)  # 0, the first state, where a text has ended
    state = states[0]
    for step, longer in enumerate(np.searchsorted(-lengths[longest_first], -np.arange(longest))):
        state = following.take(row_of.take(state[:longer]) + letters[step, :longer])
        states[step, :longer] = state
    features = met.take(states.T)
    features.sort(axis=1)
    pairs = (features + (np.arange(n, dtype=np.uint32)[:, None] << _BITS)).ravel()
    first = np.flatnonzero(np.diff(pairs, prepend=pairs[0] + 1))
    times, pairs = np.diff(first, append=len(pairs)).astype(np.float32), pairs[first]
    features = pairs & ((1 << _BITS) - 1)
    rows = np.searchsorted(pairs, np.arange(n + 1) << _BITS)
    counts = csr_array((np.log1p(times), features.astype(np.int32), rows.astype(np.int32)), shape=(n, len(weights)))
    scores = counts.tocsc() @ weights + model.nb_pc  # by columns, so that a feature's weights are fetched once
    scores[features[rows[1:] - 1] == 0] = 0  # for a text without any feature the first language is as likely as others
    found = dict(zip(longest_first, scores.argmax(axis=1), strict=True))
    return [model.nb_classes[found[row]] for row in range(n)]


def language_code(name: str) -> str:
    """The code of a language as columns write it ("en-US", "English", "eng"); "" for no language."""
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
