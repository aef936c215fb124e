"""Which languages a corpus is in, what that means for the model, and the words that say nothing in each."""

from __future__ import annotations

import lzma
import unicodedata
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from io import BytesIO

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

#: A language that fewer of the documents than this seem to be in is a detector's slip.
LEAST_SHARE = 0.05
#: From this share on, documents that a model can't read are worth a word.
MISMATCH = 0.2
#: Texts that are classified together: more would take more memory and no less time.
_AT_A_TIME = 10_000
#: Models that were trained on English alone, by what their names hold.
ENGLISH_MODELS = (
    "minilm", "all-mpnet", "bge-small-en", "bge-base-en", "bge-large-en", "gte-small", "gte-base", "e5-base-v2",
)  # fmt: skip
MULTILINGUAL = ("multilingual", "paraphrase-multilingual", "bge-m3", "e5-small", "labse")

# Varieties that the detector takes short headlines for, and the language that they are written in.
_VARIETIES = {
    "pcm": "en", "sco": "en", "bcl": "en", "arz": "ar", "ary": "ar", "acm": "ar", "apc": "ar", "wuu": "zh", "yue": "zh",
    "zh-hans": "zh", "zh-hant": "zh", "nb": "no", "nn": "no", "hr": "hr", "bs": "hr", "sh": "hr", "iw": "he",
    "in": "id",
    "ne": "hi", "mai": "hi", "bho": "hi", "an": "es", "ast": "es", "ext": "es", "gl": "gl", "azb": "fa", "prs": "fa",
    "arg": "es", "rue": "uk", "lmo": "it", "vec": "it", "nds": "de", "als": "de", "bar": "de", "lb": "lb",
}  # fmt: skip
_NAMES = dict(
    pair.split(":")
    for pair in """
    en:English es:Spanish fr:French de:German it:Italian pt:Portuguese nl:Dutch ru:Russian uk:Ukrainian pl:Polish
    tr:Turkish el:Greek ar:Arabic he:Hebrew fa:Persian hi:Hindi bn:Bengali ur:Urdu ta:Tamil te:Telugu mr:Marathi
    zh:Chinese ja:Japanese ko:Korean vi:Vietnamese id:Indonesian ms:Malay th:Thai cs:Czech sk:Slovak hu:Hungarian
    ro:Romanian bg:Bulgarian sr:Serbian hr:Croatian sl:Slovenian sv:Swedish da:Danish no:Norwegian fi:Finnish
    et:Estonian lv:Latvian lt:Lithuanian ca:Catalan eu:Basque gl:Galician sw:Swahili tl:Tagalog af:Afrikaans
    """.split()
)
_CODES = {
    **{name.lower(): code for code, name in _NAMES.items()},
    **dict(
        pair.split(":")
        for pair in """
        eng:en spa:es fra:fr fre:fr deu:de ger:de ita:it por:pt nld:nl dut:nl rus:ru ukr:uk pol:pl tur:tr ell:el
        gre:el ara:ar heb:he fas:fa per:fa hin:hi ben:bn urd:ur zho:zh chi:zh cmn:zh jpn:ja kor:ko vie:vi ind:id
        tha:th ces:cs swe:sv dan:da nor:no fin:fi ron:ro hun:hu español:es espanol:es français:fr francais:fr
        deutsch:de italiano:it português:pt portugues:pt nederlands:nl русский:ru українська:uk polski:pl türkçe:tr
        العربية:ar 中文:zh 日本語:ja 한국어:ko inglés:en anglais:en englisch:en inglese:en
        """.split()
    ),
}


def detect(texts: Iterable[str]) -> list[str]:
    """The language of each text as a code of two letters ("en"), "" where it can't be told."""
    texts = [text[:400] for text in texts]
    found = [""] * len(texts)
    # Not those that say too little to tell.
    rows = [row for row, text in enumerate(texts) if sum(map(str.isalpha, text)) >= (15 if text.isascii() else 6)]
    for start in range(0, len(rows), _AT_A_TIME):
        some = rows[start : start + _AT_A_TIME]
        for row, code in zip(some, _classified([texts[row] for row in some]), strict=True):
            code = _VARIETIES.get(code, code)
            found[row] = code if code in _NAMES else ""
    counts = pd.Series(found, dtype=object).value_counts()
    kept = set(counts.index[counts >= max(LEAST_SHARE * len(found), 1)]) - {""}
    return [code if code in kept else "" for code in found]


@cache
def load_detector() -> Future[dict[str, np.ndarray]]:
    """Begin to unpack py3langid's model, for which the interpreter is not needed; py3langid unpacks it in steps."""

    def load() -> dict[str, np.ndarray]:
        from py3langid.langid import MODEL_DIR, MODEL_FILE

        return dict(np.load(BytesIO(lzma.decompress((MODEL_DIR / MODEL_FILE).read_bytes())), allow_pickle=False))

    return ThreadPoolExecutor(1).submit(load)


def _classified(texts: list[str]) -> list[str]:
    """What ``py3langid.classify``, which goes letter by letter, says of each text, none empty; all of them at once.

    Its automaton takes a step for each byte and meets features on the way; naive Bayes weighs their counts.
    """
    model = load_detector().result()
    following, row_of, met = model["nextmove"].reshape(-1, 256), model["nextmove_row"], model["out_feat"]
    written = [unicodedata.normalize("NFC", t.lower() if t.isupper() else t) for t in texts]
    written = [text.encode("utf-8", errors="surrogatepass") for text in written]
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
    scores = counts.log1p() @ model["ptc"][used].astype(np.float32) + model["pc"]
    scores[np.diff(counts.indptr) == 0] = 0  # of a text without any feature the first language is as likely as others
    return model["classes"][scores.argmax(axis=1)].tolist()


def language_code(name: str) -> str:
    """A code of two letters for whatever a column calls a language: "en-US", "English", "eng"; "" for no language."""
    name = name.strip().lower()
    code = _CODES.get(name) or name.replace("_", "-").partition("-")[0]
    code = _CODES.get(code, code)
    return _VARIETIES.get(code, code) if len(code) == 2 and code.isascii() and code.isalpha() else ""


def language_name(code: str) -> str:
    return _NAMES.get(code, code)


def language_notice(languages: Iterable[str], model: str) -> str | None:
    """What a model that reads English costs a corpus in other languages, and what to do; None where all is well.

    Parameters
    ----------
    languages : iterable of str
        Of each document, as in `Corpus.documents`; "" where it is not known.
    model : str
        As the notebook's parameter `model`.
    """
    name = str(model).lower()
    if any(part in name for part in MULTILINGUAL) or not any(part in name for part in ENGLISH_MODELS):
        return None
    others = shares(languages).drop("en", errors="ignore")
    if (share := others.sum()) < MISMATCH:
        return None
    listed = ", ".join(f"{language_name(code)} {part:.0%}" for code, part in others.head(3).items())
    return (
        f"{share:.0%} of the documents are not English ({listed}), but {model} reads English: on labelled stories in "
        "four other languages it found 0.23 to 0.63 of the agreement (AMI), a multilingual model 0.54 to 0.89. "
        "Use -p model BAAI/bge-m3, or without a download -p model e5 (pip install 'newsclust[e5]')."
    )


def shares(languages: Iterable[str]) -> pd.Series:
    """The share of each language among texts whose language is known, largest first."""
    known = pd.Series([code for code in languages if code], dtype=object)
    return known.value_counts(normalize=True)


@cache
def stop_words(codes: frozenset[str]) -> frozenset[str]:
    """Words that say nothing in the given languages; English ones are scikit-learn's."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words: set[str] = set(ENGLISH_STOP_WORDS) if "en" in codes or not codes else set()
    others = codes - {"en"}
    if others:
        import stopwordsiso

        for code in others:
            if stopwordsiso.has_lang(code):
                words |= set(stopwordsiso.stopwords(code))
    return frozenset(words)
