"""Store documents in Milvus, batch by batch, in memory that does not grow with their number."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..errors import StoreError, notice
from .collection import Collection
from .embedding import Embedder, check_finite
from .word_weights import stack

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: Documents of the first batch. Later batches have more, up to `INSERT_ROWS`, while they take less than half of
#: `INSERT_SECONDS`, because an interruption loses one batch. Over one connection less than half of `IDLE_SECONDS`:
#: Milvus cuts a connection that is idle for longer, because pymilvus asks every ten seconds whether it is there.
FIRST_ROWS, INSERT_ROWS, INSERT_SECONDS, IDLE_SECONDS = 64, 4096, 60, 20
#: A batch has no more letters than these: a server takes 64 MiB at once.
INSERT_LETTERS = 2**23
#: Seconds of waiting from which a notice says that another precision would be faster.
LONG_WAIT = 20
#: Seconds for which a server that fails is tried again, and between two tries.
PATIENCE, PAUSE = 300.0, 3.0


def fill(
    collection: Collection,
    embedder: Embedder,
    after: Callable[[int, int], pd.DataFrame],
    total: int,
    look: bool = True,
) -> int:
    """Embed and store documents, and say how many these were.

    Parameters
    ----------
    collection : Collection
    embedder : Embedder
    after : callable
        ``after(id, n)`` gives the next `n` documents behind an id (`newsclust.corpus.spool.Spool.after`).
    total : int
        How many documents there are.
    look : bool
        Whether to leave out those that are stored with their texts, which takes one connection for all. Otherwise each
        batch is stored over one of its own: a local file is not locked while a model works.

    Raises
    ------
    NewsclustError
        As `newsclust.vectors.store.Store.embed`; what was stored is stored, and the same again goes on.
    """
    last, size, n_embedded, left, reached, failing = -1, FIRST_ROWS, 0, total, False, 0.0
    batch: Batch | None = None  # embedded, and not stored yet
    faster, seconds = embedder.faster, IDLE_SECONDS if look else INSERT_SECONDS

    def take(client: MilvusClient | None = None) -> Batch | None:
        nonlocal last, size, left, faster
        start, documents = time.monotonic(), _fitting(after(last, size))
        if documents.empty:
            return None
        ids, texts = documents["id"].to_numpy(np.int64), documents["text"].to_numpy(object)
        new = ~collection.holds(client, ids.tolist(), texts.tolist()) if client else slice(None)
        taken = embedded(embedder, ids[new], texts[new].tolist(), bar.update)
        bar.update(len(ids) - (n := len(taken.ids)))
        took, left = time.monotonic() - start, left - len(ids)
        # The first batch waits for the model to be loaded.
        if n and n_embedded and faster and (wait := took / n * left) > LONG_WAIT:
            notice(f"Embedding takes about {wait:.0f} s more; {faster}.")
            faster = ""
        last, size = int(ids[-1]), min(2 * size, INSERT_ROWS) if took < seconds / 2 else max(size // 2, 1)
        return taken

    with tqdm(total=total, desc=f"Embedding with {embedder.name}", unit="doc", smoothing=0.05, leave=False) as bar:
        while True:
            try:
                if not look:
                    batch = batch or take()
                with collection.open() as client:
                    reached = True
                    while batch := batch or take(client):
                        if len(batch.ids):
                            collection.put(client, *batch)
                        n_embedded, batch, failing = n_embedded + len(batch.ids), None, 0.0
                        if not look:
                            break
                    else:
                        client.flush(collection.name)
                        return n_embedded
            except StoreError as error:
                failing = failing or time.monotonic()
                if collection.path or not reached or time.monotonic() - failing > PATIENCE:
                    raise
                notice(f"{error} It is tried again for {PATIENCE / 60:g} minutes.")
                time.sleep(PAUSE)


def _fitting(documents: pd.DataFrame) -> pd.DataFrame:
    """Of these documents those that Milvus takes together, one at least."""
    letters = documents["text"].str.len().cumsum()
    return documents[: max(int((letters <= INSERT_LETTERS).sum()), 1)]


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
