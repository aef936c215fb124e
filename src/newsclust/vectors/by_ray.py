"""Embed very many documents on all processors of a machine, by Ray Data, into a Milvus server or Parquet files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
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

    One actor embeds on each processor, except one, which reads: without it the data would wait forever. If a worker
    fails, Ray repeats its work; no document is stored twice, because ids are hashes.

    Parameters
    ----------
    store, after
        As in `newsclust.vectors.filling.fill`.
    parquet : Path or None
        A folder for files with id, embedding and text, for a bulk import, instead of the server.

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
    with TemporaryDirectory(prefix="newsclust-") as folder:
        if n := _write_new(store, after, Path(folder), look=parquet is None):
            try:
                ray.init(
                    ignore_reinit_error=True, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR
                )
                actors = max(int(ray.cluster_resources().get("CPU", 1)) - 1, 1)
                data = ray.data.read_parquet(folder).map_batches(
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


def _write_new(store: Store, after: Callable[[int, int], pd.DataFrame], folder: Path, look: bool) -> int:
    """Write files of the documents that are not stored, for the actors to read, and return their number."""
    n, last, collection = 0, -1, store.in_milvus
    while len(documents := after(last, INSERT_ROWS)):
        last = int(documents["id"].iloc[-1])
        if look:
            with collection.open() as client:
                held = collection.holds(client, documents["id"].tolist(), documents["text"].tolist())
            documents = documents[~held]
        if len(documents):
            documents[["id", "text"]].to_parquet(folder / f"{n}.parquet", index=False)
        n += len(documents)
    return n


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
