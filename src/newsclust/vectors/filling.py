"""Very many documents into Milvus: batch by batch, over one connection that is made again where it breaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..errors import StoreError, notice
from .collection import Collection
from .embedding import Embedder
from .store import INSERT_LETTERS, INSERT_ROWS, INSERT_SECONDS, Store, check_finite
from .word_weights import stack

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: How many documents the first batch has. Those that follow have more, as long as they take less than half of
#: `INSERT_SECONDS`: an interruption loses one batch.
FIRST_ROWS = 64
#: Seconds of tries after which a server is given up, and between two of them.
PATIENCE, PAUSE = 300.0, 3.0


def fill(store: Store, after: Callable[[int, int], pd.DataFrame], total: int) -> int:
    """Embed and store the documents that are not stored yet, and say how many these were.

    Parameters
    ----------
    store : Store
    after : callable
        ``after(id, n)`` gives the next `n` documents behind an id (`newsclust.corpus.spool.Spool.after`).
    total : int
        How many documents there are.

    Raises
    ------
    NewsclustError
        As `Store.embed`; what was stored is stored, and the same again goes on.
    """
    collection, embedder = store.in_milvus, store.embedder
    last, size, n_embedded, reached, failing = -1, FIRST_ROWS, 0, False, 0.0
    batch: Batch | None = None  # embedded, and not stored yet
    with tqdm(total=total, desc=f"Embedding with {embedder.name}", unit="doc", smoothing=0.05) as bar:
        while True:
            try:
                with collection.open() as client, ThreadPoolExecutor(1) as pool:
                    reached, ahead = True, None
                    while True:
                        start = time.monotonic()
                        if batch is None:
                            ids, texts, held = ahead or _asked(after(last, size), collection, client, pool)
                            if not ids:
                                break
                            new = np.flatnonzero(~held.result())
                            ahead = _asked(after(ids[-1], size), collection, client, pool)  # while these are embedded
                            bar.update(len(ids) - len(new))
                            batch = embedded(embedder, np.array(ids)[new], [texts[row] for row in new], bar.update)
                            embedder = replace(embedder, faster="")  # one notice is enough
                        if len(batch.ids):
                            words = batch.words if collection.has_words(client) else None
                            collection.put(client, batch.ids, batch.vectors, batch.texts, words)
                        last, n_embedded, batch, failing = ids[-1], n_embedded + len(batch.ids), None, 0.0
                        quick = time.monotonic() - start < INSERT_SECONDS / 2
                        size = min(2 * size, INSERT_ROWS) if quick else max(size // 2, 1)
                    client.flush(collection.name)
                return n_embedded
            except StoreError as error:
                failing = failing or time.monotonic()
                if collection.path or not reached or time.monotonic() - failing > PATIENCE:
                    raise
                notice(f"{error} It is tried again for {PATIENCE / 60:g} minutes.")
                time.sleep(PAUSE)


def _asked(
    documents: pd.DataFrame, collection: Collection, client: MilvusClient, pool: ThreadPoolExecutor
) -> tuple[list[int], list[str], Future[np.ndarray]]:
    """Of these documents those that Milvus takes together, one at least, and whether they are stored."""
    letters = documents["text"].str.len().cumsum()
    documents = documents[: max(int((letters <= INSERT_LETTERS).sum()), 1)]
    ids, texts = documents["id"].tolist(), documents["text"].tolist()
    return ids, texts, pool.submit(collection.holds, client, ids, texts)


class Batch(NamedTuple):
    ids: np.ndarray
    vectors: np.ndarray
    texts: list[str]
    words: csr_array | None


def embedded(
    embedder: Embedder, ids: np.ndarray, texts: list[str], tick: Callable[[int], object] = lambda n: None
) -> Batch:
    """Documents with their vectors, in the same order; `tick` gets the number of each part that is done."""
    vectors = np.empty((len(ids), embedder.dim), dtype=np.float32)
    order, weighed = list[int](), list[csr_array | None]()
    for rows, some, words in embedder.stream(texts):
        vectors[rows] = some
        order += rows
        weighed.append(words)
        tick(len(rows))
    check_finite(ids, vectors)
    has_words = embedder.gives_words and len(ids) > 0
    return Batch(ids, vectors, texts, stack(weighed, np.argsort(order)) if has_words else None)
