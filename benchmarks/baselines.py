"""What newsclust is compared with. As in `pipelines`, every function prepares one run and returns it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from inputs import STORED, Documents, load_documents, load_graph, load_texts
from pipelines import N_NEIGHBORS, K, Run, collection

#: From this number of documents on UMAP searches neighbours with pynndescent instead of comparing all pairs.
UMAP_APPROXIMATES = 4096


def tutorial_to_map(name: str) -> Run:
    """The tutorial *HDBSCAN Clustering with Milvus*, from documents whose vectors are given to labels and map."""
    documents = load_documents(name)
    _compile_umap(len(documents.table), "euclidean", seed=42)

    def run(folder: Path) -> dict[str, Any]:
        from umap import UMAP

        path = folder / "new.db"
        _insert_one_by_one(documents, path)
        labels, vectors = _tutorial_labels(path, "news_data")
        # From here the tutorial only reads the texts again and draws, which newsclust is not timed for either.
        umap = UMAP(n_components=2, random_state=42, n_neighbors=N_NEIGHBORS, min_dist=0.1)
        return {"labels": labels, "coordinates": umap.fit_transform(np.array(vectors))}

    return run


def tutorial_to_labels(name: str) -> Run:
    """The part of the tutorial between the stored vectors and the labels."""
    documents = load_documents(name)

    def run(folder: Path) -> dict[str, Any]:
        labels, _ = _tutorial_labels(folder / STORED, collection(documents))
        return {"labels": labels}

    return run


def stream_and_flat(name: str) -> Run:
    """Read the vectors from Milvus and search them with FAISS: the minimum for any exact pipeline."""
    import faiss

    documents = load_documents(name)
    n, dim = documents.vectors.shape

    def run(folder: Path) -> dict[str, Any]:
        from pymilvus import MilvusClient

        client = MilvusClient(str(folder / STORED))
        vectors = np.empty((n, dim), dtype=np.float32)
        try:
            client.load_collection(collection(documents))
            iterator = client.query_iterator(collection(documents), batch_size=1000, output_fields=["id", "embedding"])
            start = 0
            while batch := iterator.next():
                vectors[start : start + len(batch)] = [document["embedding"] for document in batch]
                start += len(batch)
            iterator.close()
        finally:
            client.close()
            _release(folder / STORED)
        assert start == n
        faiss.knn(vectors, vectors, K + 1)  # the document itself is among the answers
        return {}

    return run


def hdbscan_on_vectors(name: str) -> Run:
    """hdbscan's own search and spanning tree."""
    from hdbscan import HDBSCAN

    documents = load_documents(name)
    vectors = np.array(documents.vectors)

    def run(folder: Path) -> dict[str, Any]:
        model = HDBSCAN(min_samples=documents.min_samples, min_cluster_size=documents.min_cluster_size)
        return {"labels": model.fit(vectors).labels_}

    return run


def fast_hdbscan_on_graph(name: str) -> Run:
    """fast_hdbscan's code for precomputed graphs."""
    from fast_hdbscan import HDBSCAN
    from scipy.sparse import csr_matrix

    graph = load_graph(name)
    n, k = graph.indices.shape
    matrix = csr_matrix((graph.distances.ravel(), graph.indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))

    def run(folder: Path) -> dict[str, Any]:
        return {"labels": HDBSCAN(min_samples=3, min_cluster_size=3, metric="precomputed").fit(matrix).labels_}

    return run


def evoc_on_vectors(name: str) -> Run:
    """EVoC with its defaults."""
    from evoc import EVoC

    vectors = np.array(load_documents(name).vectors)

    def run(folder: Path) -> dict[str, Any]:
        return {"labels": EVoC().fit_predict(vectors)}

    return run


def bertopic_recipe(name: str) -> Run:
    """BERTopic's default models: UMAP to five dimensions, unseeded, then HDBSCAN."""
    from hdbscan import HDBSCAN

    vectors = np.array(load_documents(name).vectors)
    _compile_umap(len(vectors), "cosine", seed=None)

    def run(folder: Path) -> dict[str, Any]:
        from umap import UMAP

        umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine")
        model = HDBSCAN(min_cluster_size=10, metric="euclidean", cluster_selection_method="eom", prediction_data=True)
        return {"labels": model.fit(umap.fit_transform(vectors)).labels_}

    return run


def _insert_one_by_one(documents: Documents, path: Path) -> None:
    from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections

    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=True),
        FieldSchema("embedding", DataType.FLOAT_VECTOR, dim=documents.vectors.shape[1]),
        FieldSchema("text", DataType.VARCHAR, max_length=65_535),
    ]
    connections.connect(uri=str(path))
    try:
        collection = Collection("news_data", CollectionSchema(fields))
        for text, vector in zip(documents.table["text"], documents.vectors, strict=True):
            collection.insert({"text": text, "embedding": vector})
        collection.create_index("embedding", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
        collection.flush()
    finally:
        connections.disconnect("default")


def _tutorial_labels(path: Path, name: str) -> tuple[np.ndarray, list]:
    from hdbscan import HDBSCAN
    from pymilvus import Collection, connections

    connections.connect(uri=str(path))
    try:
        collection = Collection(name)
        collection.load()
        found, vectors = {}, []
        iterator = collection.query_iterator(batch_size=10, expr="id > 0", output_fields=["id", "embedding"])
        while batch := iterator.next():
            queries = [document["embedding"] for document in batch]
            vectors.extend(queries)
            answers = collection.search(
                data=queries,
                anns_field="embedding",
                param={"metric_type": "L2", "params": {"nprobe": 10}},
                limit=50,
                output_fields=["id"],
            )
            for document, hits in zip(batch, answers, strict=True):
                found[document["id"]] = [(hit.id, hit.distance) for hit in hits]
    finally:
        connections.disconnect("default")
        _release(path)

    row_of = {key: row for row, key in enumerate(found)}
    matrix = np.full((len(found), len(found)), np.inf)
    for key, hits in found.items():
        for other, distance in hits:
            matrix[row_of[key]][row_of[other]] = distance
    # Not in the tutorial, whose one-sided matrix crashes hdbscan 0.8.44.
    matrix = np.minimum(matrix, matrix.T)
    return HDBSCAN(min_samples=3, min_cluster_size=3, metric="precomputed").fit(matrix).labels_, vectors


def _release(path: Path) -> None:
    """Close the file, because disconnecting alone keeps it locked."""
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(os.fspath(path))


def tf_idf_of_scikit_learn(name: str) -> Run:
    """The weighted words of a graph's texts, entirely by scikit-learn."""
    from newsclust.corpus.words import WORD

    texts = load_texts(name)["text"]

    def run(folder: Path) -> dict[str, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=WORD).fit_transform(texts)
        return {}

    return run


def _compile_umap(n: int, metric: str, seed: int | None) -> None:
    """Compile pynndescent before the clock starts, because the run on a small data set does not."""
    if n < UMAP_APPROXIMATES:
        return
    from umap import UMAP

    vectors = np.random.default_rng(0).random((500, 16), dtype=np.float32)
    UMAP(metric=metric, random_state=seed, force_approximation_algorithm=True).fit(vectors)
