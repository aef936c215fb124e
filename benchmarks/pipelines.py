"""What newsclust does, as the benchmarks call it.

Every function prepares one run (imports, loading) and gives it back, to be called with a fresh folder that is the
working folder too: what newsclust keeps in ``.newsclust/cache`` below it would make the next repetition unfair. The
folder holds a copy of the data set's Milvus Lite file, `STORED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import STORED, Documents, load_documents, load_graph

if TYPE_CHECKING:
    from newsclust.vectors.embedding import Embedder
    from newsclust.vectors.packing import Pack

K = 50
N_NEIGHBORS = 80  # the tutorial's UMAP, which counts the document itself

Run = Callable[[Path], dict[str, Any]]


def documents_to_map(name: str) -> Run:
    """Documents whose vectors are given: insert, search, cluster, lay out."""
    from newsclust.clusters.clustering import cluster
    from newsclust.clusters.layout import lay_out
    from newsclust.clusters.neighbors import find_neighbors

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
    from newsclust.clusters.neighbors import find_neighbors

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
    from newsclust.clusters.neighbors import find_neighbors
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
    from newsclust.clusters.neighbors import Neighbors

    graph = load_graph(name)
    neighbors = Neighbors(np.arange(len(graph.indices)), graph.indices, graph.distances)

    def run(folder: Path) -> dict[str, Any]:
        return {"labels": cluster(neighbors, min_samples=3, min_cluster_size=3).labels}

    return run


def store(documents: Documents, path: Path) -> Any:
    """A store at `path` whose embedder looks each text's vector up."""
    from newsclust.vectors.store import Store

    store = Store(str(path))
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
