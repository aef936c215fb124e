"""The benchmarks' data: documents with vectors, and neighbour graphs, made once and stored in .work/."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

WORK = Path(__file__).parent / ".work"
#: Data that may not be part of the project; what needs it is skipped if it is missing.
SHARED = Path(__file__).parents[2] / "shared" / "data"
#: The Milvus Lite file of a data set.
STORED = "milvus.db"
DIM = 384
#: Dimensions in which synthetic vectors differ.
LATENT = 64


@dataclass(frozen=True)
class Input:
    """How a data set is made, and the parameters it is clustered with.

    Attributes
    ----------
    make : callable
        Writes the data set into the folder given.
    source : Path or None
        The file it is made from: if that is missing, there is no such data set; if it changes, the data set is made
        again.
    """

    make: Callable[[Path], None]
    min_samples: int = 3
    min_cluster_size: int = 3
    source: Path | None = None

    @property
    def stamp(self) -> str:
        """Identifies this version."""
        return hashlib.blake2b(self.source.read_bytes(), digest_size=8).hexdigest() if self.source else "seeded"


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents with vectors, which are also in .work/<name>/`STORED`, in the collection of `pipelines.store`.

    Attributes
    ----------
    name : str
    table : DataFrame, n rows
        With columns id (ascending), text, and truth: the known story, "" if there is none.
    vectors : ndarray of float32, shape (n, dim)
        Rows of unit length; memory-mapped, so that only a process that reads them has them in memory.
    min_samples, min_cluster_size : int
    """

    name: str
    table: pd.DataFrame
    vectors: np.ndarray
    min_samples: int
    min_cluster_size: int


@dataclass(frozen=True, eq=False)
class Graph:
    """Neighbour lists: indices and distances of shape (n, k), as in `newsclust.neighbors.neighbors.Neighbors`."""

    indices: np.ndarray
    distances: np.ndarray


def make(name: str) -> None:
    """Make the data set `name` unless it is in .work/ already."""
    folder, recipe = WORK / name, INPUTS[name]
    ready = folder / "ready"  # written last, so that the files of an interrupted run don't count
    if ready.exists() and ready.read_text() == recipe.stamp:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    recipe.make(folder)
    ready.write_text(recipe.stamp)


def load_documents(name: str) -> Documents:
    """The documents of `name`, made before by `make`."""
    folder, recipe = WORK / name, INPUTS[name]
    return Documents(
        name,
        pd.read_pickle(folder / "documents.pickle"),
        np.load(folder / "vectors.npy", mmap_mode="r"),
        recipe.min_samples,
        recipe.min_cluster_size,
    )


def load_graph(name: str) -> Graph:
    """The neighbour lists of `name`, made before by `make`."""
    return Graph(np.load(WORK / name / "indices.npy"), np.load(WORK / name / "distances.npy"))


def shape(name: str) -> tuple[int, int]:
    """Documents and dimensions, or documents and neighbours, of `name`."""
    file = WORK / name / ("indices.npy" if name.startswith("graph") else "vectors.npy")
    return np.load(file, mmap_mode="r").shape


def _headlines(data: Path, truth: str | None = None) -> Callable[[Path], None]:
    """Real headlines, embedded once by MiniLM."""

    def make(folder: Path) -> None:
        from newsclust.corpus.documents import read_corpus
        from newsclust.vectors.embedding import load_embedder

        corpus = read_corpus(data)
        table = corpus.documents[["id", "text"]].copy()
        stories = corpus.rows[truth].groupby(corpus.row_ids).first() if truth else pd.Series(dtype=object)
        table["truth"] = stories.reindex(table["id"]).fillna("").to_numpy()
        vectors = load_embedder("minilm").encode(table["text"].tolist())
        _write(folder, table, vectors)

    return make


def _mixture(n: int, in_milvus: bool = True) -> Callable[[Path], None]:
    """Synthetic vectors: clusters of very different size and density, and noise.

    Like sentence embeddings they lie on the unit sphere, near a space of fewer dimensions (`LATENT`, of falling
    variance); a fifth of them belongs to no cluster.
    """

    def make(folder: Path) -> None:
        rng = np.random.default_rng(n)
        n_clusters = max(2, n // 40)
        spread = 1 / np.sqrt(1 + np.arange(LATENT) / 16)
        sizes = rng.lognormal(sigma=1.2, size=n_clusters)
        cluster = rng.choice(n_clusters, size=n, p=sizes / sizes.sum())
        tightness = rng.uniform(0.2, 0.7, n_clusters)[cluster, None]
        latent = rng.normal(size=(n_clusters, LATENT))[cluster] + tightness * rng.normal(size=(n, LATENT))
        noise = rng.random(n) < 0.2
        latent[noise] = rng.normal(size=(noise.sum(), LATENT))
        vectors = (latent * spread).astype(np.float32) @ rng.normal(size=(LATENT, DIM)).astype(np.float32)
        vectors += (
            0.2
            * np.linalg.norm(vectors, axis=1, keepdims=True)
            / np.sqrt(DIM)
            * rng.standard_normal((n, DIM), dtype=np.float32)
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        # Ids like those of real documents: large, ascending, with gaps.
        ids = np.cumsum(rng.integers(1, 2**62 // n, size=n))
        truth = np.where(noise, "", cluster.astype(str))
        _write(
            folder,
            pd.DataFrame({"id": ids, "text": [f"document {i}" for i in ids], "truth": truth}),
            vectors,
            in_milvus,
        )

    return make


def _neighbor_graph(n: int, k: int = 15) -> Callable[[Path], None]:
    """The exact neighbour lists of a mixture with noise and some equal points, in four dimensions so that a
    k-d tree finds them quickly."""

    def make(folder: Path) -> None:
        from scipy.spatial import cKDTree

        rng = np.random.default_rng(n)
        n_clusters = max(2, n // 100)
        side = n_clusters ** (1 / 4)
        cluster = rng.choice(n_clusters, size=n, p=rng.dirichlet(np.full(n_clusters, 0.7)))
        points = rng.uniform(0, side, (n_clusters, 4))[cluster]
        points += rng.uniform(0.02, 0.2, n_clusters)[cluster, None] * rng.normal(size=(n, 4))
        noise = rng.random(n) < 0.2
        points[noise] = rng.uniform(0, side, (noise.sum(), 4))
        equal = rng.random(n) < 0.01
        points[equal] = points[rng.integers(0, n, equal.sum())]

        _, indices = cKDTree(points).query(points, k + 1, workers=-1)
        itself = indices == np.arange(n)[:, None]
        itself[~itself.any(axis=1), -1] = True  # missing because of equal points
        indices = indices[~itself].reshape(n, k).astype(np.int32)
        distances = np.empty((n, k), dtype=np.float32)
        for start in range(0, n, 100_000):
            rows = slice(start, start + 100_000)
            distances[rows] = np.sqrt(((points[rows, None] - points[indices[rows]]) ** 2).sum(axis=2))
        order = np.lexsort((indices, distances), axis=1)
        np.save(folder / "indices.npy", np.take_along_axis(indices, order, axis=1))
        np.save(folder / "distances.npy", np.take_along_axis(distances, order, axis=1))

    return make


def _side_by_side(n: int, graph: str) -> Callable[[Path], None]:
    """Neighbour lists of `n` documents: those of a smaller graph over and over, each time a little wider apart, and all
    rows in random order."""

    def make(folder: Path) -> None:
        globals()["make"](graph)
        lists = load_graph(graph)
        size, k = lists.indices.shape
        place = np.random.default_rng(n).permutation(n).astype(np.int32)
        indices = np.lib.format.open_memmap(folder / "indices.npy", "w+", np.int32, (n, k))
        distances = np.lib.format.open_memmap(folder / "distances.npy", "w+", np.float32, (n, k))
        for number, rows in enumerate(place.reshape(-1, size)):
            indices[rows] = rows[lists.indices]
            distances[rows] = lists.distances * np.float32(1 + number / 100)

    return make


def _texts(graph: str) -> Callable[[Path], None]:
    """Texts for the documents of a graph, as long as AG News's: half of the words are the story's, in its phrases, half
    are common. Neighbours are of one story if their lists lead to the same document."""

    def make(folder: Path) -> None:
        globals()["make"](graph)
        lists = load_graph(graph)
        n = len(lists.indices)
        np.save(folder / "indices.npy", lists.indices)
        np.save(folder / "distances.npy", lists.distances)
        rng, story = np.random.default_rng(n), _leads(lists.indices)
        vocabulary = np.array([f"w{number:x}" for number in range(200_000)], dtype=object)
        commonness = np.cumsum(1 / np.arange(1, len(vocabulary) + 1) ** 1.05)

        def words(*shape: int) -> np.ndarray:
            drawn = np.searchsorted(commonness, rng.random(shape, dtype=np.float32) * commonness[-1])
            return np.minimum(drawn, len(vocabulary) - 1)

        phrases = rng.integers(0, 10, size=(n, 3, 1)) * 6 + np.arange(6)
        of_story = np.take_along_axis(words(story.max() + 1, 60)[story], phrases.reshape(n, 18), axis=1)
        texts = [" ".join(row) for row in vocabulary[np.hstack([of_story, words(n, 20)])]]
        day = pd.Timestamp("2024-01-01", tz="UTC")
        day += pd.to_timedelta(rng.integers(365 * 24, size=n)[story] + rng.integers(72, size=n), unit="h")
        table = pd.DataFrame({"text": texts, "published_at": day.strftime("%Y-%m-%dT%H:%M:%SZ")})
        table.to_pickle(folder / "texts.pickle")

    return make


def _leads(indices: np.ndarray) -> np.ndarray:
    """For each row the smallest row that can be reached over a few lists: mostly the same for rows of one story."""
    from numba import njit

    @njit
    def reach(indices: np.ndarray, leader: np.ndarray) -> None:
        for row in range(len(indices)):
            for other in indices[row]:
                leader[row] = min(leader[row], leader[other])

    leader = np.arange(len(indices), dtype=np.int32)
    reach(indices, leader)
    reach(indices, leader)
    return leader


def load_texts(name: str) -> pd.DataFrame:
    """The texts and dates of a graph's documents."""
    return pd.read_pickle(WORK / name / "texts.pickle")


def _write(folder: Path, table: pd.DataFrame, vectors: np.ndarray, in_milvus: bool = True) -> None:
    table.to_pickle(folder / "documents.pickle")
    np.save(folder / "vectors.npy", vectors)
    if in_milvus:
        fill(Documents(folder.name, table, vectors, 0, 0), folder / STORED)


def fill(documents: Documents, uri: Path | str) -> None:
    """Insert the documents into the collection that `pipelines.store` reads at `uri`."""
    from pipelines import store

    target, table = store(documents, uri), documents.table
    with target.open() as client:
        for start in range(0, len(table), 4096):
            vectors = list(documents.vectors[start : start + 4096])
            rows = table[["id", "text"]][start : start + 4096].assign(embedding=vectors)
            client.insert(target.name, rows.to_dict("records"))
        client.flush(target.name)


SAMPLE = Path(__file__).parents[1] / "src" / "newsclust" / "data" / "sample.csv"
AGNEWS, STORIES = SHARED / "agnews_2004.csv", SHARED / "stories_2014.csv"
INPUTS = {
    "sample": Input(_headlines(SAMPLE, truth="story"), 3, 5, SAMPLE),
    "agnews": Input(_headlines(AGNEWS), source=AGNEWS),
    "stories": Input(_headlines(STORIES, truth="story"), 5, 10, STORIES),
    "synthetic-500": Input(_mixture(500)),
    "synthetic-10k": Input(_mixture(10_000), 5, 10),
    "synthetic-100k": Input(_mixture(100_000)),
    "graph-1k": Input(_neighbor_graph(1_000)),
    "graph-100k": Input(_neighbor_graph(100_000)),
    "graph-1m": Input(_neighbor_graph(1_000_000)),
    "graph-10m": Input(_side_by_side(10_000_000, "graph-1m")),
    "graph-1k-texts": Input(_texts("graph-1k")),
    "graph-1m-texts": Input(_texts("graph-1m")),
}
