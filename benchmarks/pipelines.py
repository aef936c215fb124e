"""newsclust's pipelines, as the benchmarks call them.

Every function prepares one run (imports, loading) and returns it, to be called with a new folder that is also the
working folder, because the cache in ``.newsclust/cache`` below it would make the next repetition unfair. The folder has
a copy of the data set's Milvus Lite file, `STORED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import DIM, STORED, Documents, load_documents, load_graph, load_texts

if TYPE_CHECKING:
    from newsclust.vectors.embedding import Embedder
    from newsclust.vectors.packing import Pack

K = 50
N_NEIGHBORS = 80  # the tutorial's UMAP, which counts the document itself

Run = Callable[[Path], dict[str, Any]]


def documents_to_map(name: str) -> Run:
    """Documents whose vectors are given: insert, search, cluster, lay out."""
    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.layout import lay_out
    from newsclust.neighbors.neighbors import find_neighbors

    documents = load_documents(name)

    def run(folder: Path) -> dict[str, Any]:
        embeddings = store(documents, folder / "new.db").embed(documents.table)
        neighbors = find_neighbors(embeddings, max(K, N_NEIGHBORS), "exact")
        clustering = cluster(neighbors, K, 3, 3)
        coordinates = lay_out(embeddings, neighbors, n_neighbors=N_NEIGHBORS).coordinates
        return {"labels": clustering.labels, "coordinates": coordinates}

    return run


def stored_to_labels(name: str, search: str = "exact") -> Run:
    """Vectors in a Milvus Lite file: read, search, cluster."""
    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.neighbors import find_neighbors

    documents = load_documents(name)

    def run(folder: Path) -> dict[str, Any]:
        embeddings = store(documents, folder / STORED).embed(documents.table)
        neighbors = find_neighbors(embeddings, K, search)
        clustering = cluster(neighbors, min_samples=3, min_cluster_size=3)
        return {"labels": clustering.labels, "recall": neighbors.recall}

    return run


def stored_to_labels_ivf(name: str) -> Run:
    """The same with the inverted-file search."""
    return stored_to_labels(name, "ivf")


def vectors_to_labels(name: str) -> Run:
    """Vectors in memory: search, cluster."""
    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.neighbors import find_neighbors
    from newsclust.vectors.store import Embeddings

    documents = load_documents(name)
    ids = documents.table["id"].to_numpy()
    embeddings = Embeddings(ids, np.array(documents.vectors), _given(documents), 0, name, "memory")

    def run(folder: Path) -> dict[str, Any]:
        neighbors = find_neighbors(embeddings, K, "exact")
        clustering = cluster(neighbors, K, documents.min_samples, documents.min_cluster_size)
        return {"labels": clustering.labels}

    return run


def graph_to_labels(name: str) -> Run:
    """HDBSCAN on a neighbour graph in memory."""
    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.neighbors import Neighbors

    graph = load_graph(name)
    neighbors = Neighbors(np.arange(len(graph.indices)), graph.indices, graph.distances)

    def run(folder: Path) -> dict[str, Any]:
        return {"labels": cluster(neighbors, min_samples=3, min_cluster_size=3).labels}

    return run


def graph_to_blend_and_vote(name: str) -> Run:
    """Blend words and days into a graph, and assign noise; the words are weighted before the clock starts."""
    from unittest.mock import patch

    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors import blend as blending
    from newsclust.stories.noise import assign_noise

    neighbors, embeddings, texts = _graph_with_texts(name)
    labels = cluster(neighbors, min_samples=3, min_cluster_size=3).labels
    weighed = blending.weighted_words(texts["text"])

    def run(folder: Path) -> dict[str, Any]:
        with patch.object(blending, "weighted_words", return_value=weighed):
            lists = blending.blend(neighbors, embeddings, texts, 0.2, 0.15)
        return {"labels": assign_noise(lists, labels).labels}

    return run


def texts_to_words(name: str) -> Run:
    """The weighted words of a graph's texts."""
    from newsclust.neighbors.weighed import weighted_words

    texts = load_texts(name)["text"]

    def run(folder: Path) -> dict[str, Any]:
        weighted_words(texts)
        return {}

    return run


def graph_to_settings(name: str) -> Run:
    """`min_samples` and `min_cluster_size` chosen for a neighbour graph."""
    from newsclust.stories.evidence import Evidence
    from newsclust.stories.settings import choose_settings

    neighbors, embeddings, _ = _graph_with_texts(name)

    def run(folder: Path) -> dict[str, Any]:
        choose_settings(neighbors, Evidence(embeddings.vectors))
        return {}

    return run


def _graph_with_texts(name: str) -> tuple[Any, Any, Any]:
    """The lists, the texts, and random vectors with as many dimensions as MiniLM's."""
    from newsclust.neighbors.neighbors import Neighbors
    from newsclust.vectors.store import Embeddings

    graph = load_graph(name)
    ids = np.arange(len(graph.indices))
    vectors = np.random.default_rng(0).standard_normal((len(ids), DIM), dtype=np.float32)
    embeddings = Embeddings(ids, vectors, None, 0, name, "memory")
    return Neighbors(ids, graph.indices, graph.distances), embeddings, load_texts(name)


def store(documents: Documents, uri: Path | str) -> Any:
    """A store at `uri` whose embedder looks each text's vector up."""
    from newsclust.vectors.store import Store

    store = Store(str(uri))
    store.embedder = _given(documents)
    store.name = collection(documents)
    return store


def collection(documents: Documents) -> str:
    """The collection's name in the Milvus Lite file of `documents`."""
    return f"news_data_{_slug(documents)}"


class _Given:
    """Stands in for a model: each text's vector is looked up, and a text has one token, its row number."""

    pack_size = 1024

    def __init__(self, documents: Documents) -> None:
        self._vectors = documents.vectors
        self._row_of = {text: row for row, text in enumerate(documents.table["text"])}

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [[self._row_of[text]] for text in texts]

    def run(self, packs: Iterable[Pack], tokens: list[list[int]]) -> Iterator[tuple[Pack, np.ndarray]]:
        for pack in packs:
            yield pack, self._vectors[[tokens[row][0] for row in pack.rows]]


def _given(documents: Documents) -> Embedder:
    from newsclust.vectors.embedding import Embedder

    dim = documents.vectors.shape[1]
    return Embedder("given vectors", _slug(documents), "given", dim, lambda: _Given(documents))


def _slug(documents: Documents) -> str:
    return documents.name.replace("-", "_")
