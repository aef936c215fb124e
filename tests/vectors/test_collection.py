"""One collection in Milvus, and its index."""

from __future__ import annotations

import pytest

from conftest import make_documents
from newsclust.errors import NewsclustError
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.vectors import collection as collection_module
from newsclust.vectors.store import Store
from test_store import forget_cache


def test_an_index_that_milvus_refuses_leaves_the_collection_as_usable_as_before(toy_model):
    documents = make_documents(20)
    embeddings = Store().embed(documents)
    with pytest.raises(NewsclustError, match="Milvus refused, saying .*FOO"):
        find_neighbors(embeddings, 5, "milvus", Store(index="FOO"))
    forget_cache()
    assert Store().embed(documents).n_embedded == 0
    assert find_neighbors(embeddings, 5, "milvus", Store()).recall == 1


def test_a_collection_without_an_index_gets_one(toy_model):
    documents = make_documents(5)
    Store().embed(documents)
    with Store().open() as client:  # as if a change of index had been interrupted
        Store().in_milvus._drop_index(client)
    forget_cache()
    assert Store().embed(documents).n_embedded == 0


def test_numbers_given_as_text_are_understood(toy_model):
    documents = make_documents(30)
    embeddings = Store().embed(documents)
    store = Store(index="HNSW", index_params={"M": "16"}, search_params={"ef": "64"})
    assert find_neighbors(embeddings, 5, "milvus", store).recall > 0.9


def test_an_index_with_default_parameters_is_not_the_one_built_with_others_before(toy_model, monkeypatch):
    embeddings = Store().embed(make_documents(30))
    built = []
    load = collection_module.Collection._load_with
    monkeypatch.setattr(
        collection_module.Collection, "_load_with", lambda self, *given: built.append(given[1:3]) or load(self, *given)
    )
    Store(index="HNSW", index_params={"M": 4}).search(embeddings, 3)
    Store(index="HNSW").search(embeddings, 3)
    assert built == [("HNSW", {"M": 4}), ("HNSW", {})]
