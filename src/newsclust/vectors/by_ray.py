"""Embed very many documents on all processors of a machine, by Ray Data, into a Milvus server or Parquet files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ModelError, NewsclustError, ParameterError, RunError
from .filling import INSERT_ROWS, embedded
from .store import Store

#: Documents that an actor embeds and stores together.
BATCH = 1024


def fill_by_ray(store: Store, after: Callable[[int, int], pd.DataFrame], parquet: Path | None) -> int:
    """Embed the documents that are not stored yet, and return their number.

    Ray runs on this machine, or on the cluster whose address is in RAY_ADDRESS. One actor embeds on each processor,
    except one, which reads: without it the data would wait forever. If a worker fails, Ray repeats its work; no
    document is stored twice, because ids are hashes.

    Parameters
    ----------
    store, after
        As in `newsclust.vectors.filling.fill`.
    parquet : Path or None
        A folder for files with id, embedding and text, for a bulk import, instead of the server. All machines of a
        cluster write there.

    Raises
    ------
    NewsclustError
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise ModelError("engine 'ray' needs Ray Data: run pip install 'ray[data]', or leave the engine out.") from None
    if store.path and not parquet:
        raise ParameterError(
            f"engine is 'ray', but {store.uri} is a local file, which one process at a time can open: give a server's "
            "address as uri, or a folder with --parquet."
        )
    new = _not_stored(store, after, look=parquet is None)
    if (first := next(new, None)) is None:
        return 0
    n = 0
    try:
        ray.init(ignore_reinit_error=True, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        # In Ray's own store, which every machine of a cluster reads and which moves to disk what memory does not hold.
        blocks = []
        for documents in chain([first], new):
            blocks.append(ray.put(documents))
            n += len(documents)
        actors = max(int(ray.cluster_resources().get("CPU", 1)) - 1, 1)
        data = ray.data.from_pandas_refs(blocks).map_batches(
            _Actor, fn_constructor_kwargs={"store": store, "keep": parquet is None}, batch_size=BATCH,
            compute=ray.data.ActorPoolStrategy(size=actors), num_cpus=1,
        )  # fmt: skip
        if parquet:
            data.write_parquet(str(parquet))
        else:
            data.materialize()
            with store.open() as client:
                client.flush(store.name)
    except NewsclustError:
        raise
    except Exception as error:  # of many types, if Ray can't start, or loses a worker
        why = " ".join(str(error).split())[:200]
        raise RunError(f"Ray stopped ({type(error).__name__}: {why}): run the same again to resume.") from None
    finally:
        ray.shutdown()
    return n


def _not_stored(store: Store, after: Callable[[int, int], pd.DataFrame], look: bool) -> Iterator[pd.DataFrame]:
    """Id and text of the documents that are not stored, some thousand at a time."""
    last = -1
    while len(documents := after(last, INSERT_ROWS)):
        last = int(documents["id"].iloc[-1])
        if look:
            with store.in_milvus.open() as client:
                held = store.in_milvus.holds(client, documents["id"].tolist(), documents["text"].tolist())
            documents = documents[~held]
        if len(documents):
            yield documents[["id", "text"]]


class _Actor:
    """Embeds on one processor."""

    def __init__(self, store: Store, keep: bool) -> None:
        import torch

        torch.set_num_threads(1)
        self._store, self._keep = store, keep

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        ids, texts = batch["id"].astype(np.int64), [str(text) for text in batch["text"]]
        found = embedded(self._store.embedder, ids, texts)
        if not self._keep:
            return {"id": ids, "embedding": found.vectors, "text": batch["text"]}
        with self._store.open() as client:
            self._store.in_milvus.put(client, *found)
        return {"id": ids}
