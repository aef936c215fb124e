"""Embedding by Ray."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from newsclust.corpus.documents import read_corpus
from newsclust.errors import NewsclustError
from newsclust.run.ingest import ingest
from newsclust.vectors import by_ray
from newsclust.vectors.store import Store
from test_ingest import in_pieces, stored, wanted, write_rows  # noqa: F401  in_pieces is a fixture for each test


def test_without_ray_its_engine_says_what_to_install(toy_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NewsclustError, match=r"needs Ray Data: run pip install 'ray\[data\]'"):
        ingest(str(write_rows(20)), engine="ray", model="minilm")


def test_an_error_says_that_ray_cannot_start(toy_model, monkeypatch):
    def start(**given):
        raise RuntimeError("The current node timed out\nduring startup.")

    stand_in = SimpleNamespace(init=start, shutdown=lambda: None, data=SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    monkeypatch.setitem(sys.modules, "ray.data", stand_in.data)
    with pytest.raises(NewsclustError, match=r"Ray stopped \(RuntimeError: The current node timed out during startup"):
        ingest(str(write_rows(20)), engine="ray", parquet="files", model="minilm")


def test_ray_stores_every_document_once_on_a_server_and_refuses_a_local_file(server, monkeypatch):
    pytest.importorskip("ray.data", reason="Ray Data is not installed")
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    monkeypatch.setattr(by_ray, "BATCH", 16)
    path = write_rows(60)
    with pytest.raises(NewsclustError, match=r"milvus\.db is a local file"):
        ingest(str(path), engine="ray", model="minilm")
    done = ingest(str(path), engine="ray", uri=server.uri, collection="ray", model="minilm")
    again = ingest(str(path), engine="ray", uri=server.uri, collection="ray", model="minilm")
    assert (done.embedded, again.embedded) == (done.documents, 0)
    assert stored(Store(server.uri, "ray")) == wanted(path)
    embeddings = Store(server.uri, "ray").embed(read_corpus(str(path)).documents)
    assert embeddings.n_embedded == 0
    ingest(str(path), engine="ray", parquet="files", model="minilm")
    files = pd.read_parquet("files").sort_values("id")
    assert np.array_equal(files["id"], embeddings.ids) and files["text"].tolist() == list(wanted(path).values())
    assert np.allclose(np.stack(files["embedding"]), embeddings.vectors, atol=1e-6)
