"""Very many documents into Milvus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conftest import make_documents
from newsclust.errors import NewsclustWarning
from newsclust.vectors import filling, store
from newsclust.vectors.filling import embedded, fill
from newsclust.vectors.store import Store


def test_documents_are_stored_batch_by_batch_and_those_that_are_stored_are_not_embedded_again(toy_model, monkeypatch):
    monkeypatch.setattr(filling, "FIRST_ROWS", 7)
    documents = make_documents(40)

    def after(id: int, n: int):
        return documents[documents["id"] > id].head(n)

    def filled(after, total: int) -> int:
        return fill(Store().in_milvus, Store().embedder, after, total)

    assert filled(lambda id, n: after(id, n)[:5] if id < 0 else after(id, n)[:0], 5) == 5
    assert filled(after, 40) == 35 and sorted(toy_model.texts) == sorted(documents["text"])
    stored = Store().embed(documents)
    assert stored.n_embedded == 0 and filled(after, 40) == 0
    expected = np.array([toy_model.vector(text, "minilm") for text in documents["text"]])
    np.testing.assert_allclose(stored.vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_vectors_are_in_the_order_of_the_documents_whatever_order_they_were_embedded_in(toy_model):
    texts = ["storm " * n for n in (1, 9, 3, 5)]
    toy_model.words = {text: {n: 0.5} for n, text in enumerate(texts, start=1)}
    done: list[int] = []
    batch = embedded(toy_model.load_embedder("toy"), np.arange(4), texts, done.append)
    assert sum(done) == 4 and batch.texts == texts
    for row, text in enumerate(texts):
        assert batch.vectors[row] @ toy_model.vector(text) == pytest.approx(np.linalg.norm(toy_model.vector(text)))
    assert batch.words.indices.tolist() == [1, 2, 3, 4]


def test_a_long_wait_says_once_what_would_shorten_it(toy_model, monkeypatch, recwarn):
    monkeypatch.setattr(filling, "LONG_WAIT", 0)
    monkeypatch.setattr(filling, "FIRST_ROWS", 3)
    monkeypatch.setattr(store, "load_embedder", lambda *_: replace(toy_model.load_embedder("toy"), faster="be quick"))
    Store().embed(make_documents(40))
    said = [str(warning.message) for warning in recwarn.list if warning.category is NewsclustWarning]
    assert len(said) == 1 and said[0].endswith("s more; be quick.")
