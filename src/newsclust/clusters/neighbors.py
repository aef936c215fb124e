"""Each document's nearest others: found by FAISS or by Milvus, measured by us."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from .. import cache
from ..errors import NewsclustError, notice
from ..stages import stage
from ..vectors.store import Embeddings, Store, check_finite

SEARCHES = ("auto", "exact", "ivf", "milvus")
#: Up to here the exact search takes about a minute on 2 cores (384 dimensions); beyond, `auto` takes the inverted
#: file, which needs less than half of that (see benchmarks/).
EXACT_UP_TO = 100_000
#: The inverted file looks into more and more of its lists until this much of a sample's neighbours is found.
IVF_RECALL = 0.97
#: The inverted file holds no fewer principal components than this.
LEAST_COMPONENTS = 32
PCA_ROWS = 50_000  # rows from which the principal components are learnt
#: Rows on which the recall of a search that may miss neighbours is measured.
SAMPLE_ROWS = 1000
QUERY_ROWS = 4096  # queries per call of FAISS
PAIR_FLOATS = 2**22  # floats per block of recomputed distances: stays near the processor's cache
SPARE = 16  # candidates beyond k, so that rounding in the search can't cost a neighbour


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k-nearest-neighbour lists of a corpus.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids; row i of the other arrays is document ``ids[i]``.
    indices : ndarray of int32, shape (n, k)
        Row numbers of the k nearest *other* documents, nearest first, equal distances by smaller row. Where an
        approximate search found fewer, -1 pads the end.
    distances : ndarray of float32, shape (n, k)
        Euclidean distances, the same in both directions, exactly 0 for equal vectors; infinite where padded.
    search : str
        Which search found them, and why.
    recall : float
        Share of the true neighbours found, on a sample; 1.0 for an exact search.
    n_padded : int
        How many entries of the lists are padding.
    parameters : dict
        The notebook's ``search`` and, of the store that was given, ``index``, ``index_params`` and ``search_params``.
    """

    ids: np.ndarray
    indices: np.ndarray
    distances: np.ndarray
    search: str = ""
    recall: float = 1.0
    n_padded: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def k(self) -> int:
        return self.indices.shape[1]

    @property
    def limit(self) -> str:
        """Why the lists are no longer, in words."""
        if self.k >= len(self.ids) - 1:
            return f"there are no more than {len(self.ids):,} documents"
        return f"the lists hold {self.k} neighbours each; find more of them first"

    def usable(self, k: int) -> int:
        """How many neighbours `k` comes to: no more than the lists hold.

        Lists of everybody are as good as any longer ones, so that `k` then stays as it was asked for.
        """
        return k if self.k >= len(self.ids) - 1 else min(k, self.k)

    def head(self, k: int) -> Neighbors:
        """The lists cut to the `k` nearest; all of them where k is larger, with a notice if others are left out."""
        if k > self.k:
            if self.k < len(self.ids) - 1:  # else the search has said already that there are no more documents
                notice(f"k is lowered from {k} to {self.k}: {self.limit}.")
            k = self.k
        indices = np.ascontiguousarray(self.indices[:, :k])
        distances = np.ascontiguousarray(self.distances[:, :k])
        return replace(self, indices=indices, distances=distances, n_padded=int((indices < 0).sum()))

    def __repr__(self) -> str:
        padded = f", {self.n_padded:,} places of which are empty" if self.n_padded else ""
        nearest = f"{np.median(self.distances[:, 0]):.3f}" if self.k else "none"
        return (
            f"{len(self.ids):,} documents with {self.k} neighbours each{padded}; median distance to the nearest: "
            f"{nearest}. Search: {self.search}; recall {self.recall:.3f}."
        )


def find_neighbors(embeddings: Embeddings, k: int, search: str = "auto", store: Store | None = None) -> Neighbors:
    """Find each document's `k` nearest others.

    The search only says who they are. Distances are computed afterwards, pair by pair, as the square root of
    sum((x - y)²) in float64: symmetric, exactly 0 for equal vectors, and the same for any search and block size.

    Parameters
    ----------
    embeddings : Embeddings
    k : int
        Lowered with a notice where there are not that many other documents.
    search : {"auto", "exact", "ivf", "milvus"}
        ``"exact"`` compares all pairs in process with FAISS; ``"ivf"`` looks into the likely parts of an
        inverted file, whose recall is measured; ``"milvus"`` lets the collection's own index answer. ``"auto"`` is
        ``"milvus"`` on a server, and on a local file ``"exact"`` up to `EXACT_UP_TO` documents, ``"ivf"`` beyond.
    store : Store, optional
        Where ``"milvus"`` searches.

    Returns
    -------
    Neighbors

    Raises
    ------
    NewsclustError
        If a vector is not finite, or `search` is none of the four.
    """
    if search not in SEARCHES:
        raise NewsclustError(f"search is {search!r}; it can be {', '.join(map(repr, SEARCHES))}.")
    check_finite(embeddings.ids, embeddings.vectors)
    n = len(embeddings.ids)
    if k > n - 1:
        notice(f"k is lowered from {k} to {n - 1}: there are no more than {n:,} documents.")
        k = n - 1
    kind, why = _choose(search, n, store)
    parameters: dict[str, Any] = {"search": search}
    if store is not None:
        parameters |= {"index": store.index, "index_params": store.index_params, "search_params": store.search_params}
    key: dict[str, Any] = {"vectors": embeddings.fingerprint, "search": kind}
    if kind != "exact":
        # The exact lists begin with those of any smaller k. What an approximate search finds depends on k, and must
        # not depend on what was searched before.
        key["k"] = k
    if kind == "ivf":
        import faiss

        key["faiss"] = faiss.__version__
    elif kind == "milvus":
        key |= {"in": str(store.path or store.uri), "collection": store.name, "index": store.index}
        key |= {"index_params": store.index_params, "search_params": store.search_params}
    with stage("search") as entry:
        kept, entry.computed = cache.once(
            "neighbors",
            key,
            lambda: _search(embeddings, k, kind, store),
            lambda arrays: arrays["indices"].shape[1] >= k,
        )
        return Neighbors(
            embeddings.ids,
            np.ascontiguousarray(kept["indices"][:, :k]),
            np.ascontiguousarray(kept["distances"][:, :k]),
            search=why,
            recall=float(kept["recall"]),
            n_padded=int((kept["indices"][:, :k] < 0).sum()),
            parameters=parameters,
        )


def _choose(search: str, n: int, store: Store | None) -> tuple[str, str]:
    if search == "milvus" and store is None:
        raise NewsclustError("search 'milvus' needs the store that holds the vectors.")
    if search != "auto":
        return search, f"{search}, as asked"
    if store is not None and not store.is_local:
        return "milvus", f"milvus ({store.index}), because the vectors are on a server"
    if n <= EXACT_UP_TO:
        return "exact", f"exact, because all pairs of {n:,} documents are quickly compared"
    return "ivf", f"ivf, because there are more than {EXACT_UP_TO:,} documents"


def _search(embeddings: Embeddings, k: int, kind: str, store: Store | None) -> dict[str, np.ndarray]:
    vectors = embeddings.vectors
    if kind == "exact":
        indices, distances = exact_neighbors(vectors, k)
        return {"indices": indices, "distances": distances, "recall": np.float64(1.0)}
    wanted = min(k + SPARE, len(vectors) - 1)
    candidates = _search_ivf(vectors, k) if kind == "ivf" else store.search(embeddings, wanted)
    indices, distances = nearest_candidates(vectors, np.arange(len(vectors)), candidates, k)
    return {"indices": indices, "distances": distances, "recall": np.float64(_recall(vectors, distances))}


def exact_neighbors(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Each row's `k` nearest other rows, by comparing all pairs, block by block.

    FAISS proposes a few more candidates than needed; where the rounding of its float32 distances (bounded as in
    Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, section 3.1) leaves a doubt whether another row
    belongs into the list, that row's distances are computed one by one. So the lists are those of exact arithmetic,
    equal distances by smaller row, whatever the block size.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, dim)
    k : int
        Less than n.

    Returns
    -------
    indices : ndarray of int32, shape (n, k)
    distances : ndarray of float32, shape (n, k)
    """
    import faiss

    n, dim = vectors.shape
    indices = np.empty((n, k), dtype=np.int32)
    distances = np.empty((n, k), dtype=np.float32)
    if not k:
        return indices, distances
    n_candidates = min(n, k + 1 + SPARE)
    squared_norm = float(np.einsum("nd,nd->n", vectors, vectors).max())
    # |x - y|² comes from |x|² + |y|² - 2 xy, each a sum of dim products in float32
    doubt = 4 * squared_norm * dim * float(np.finfo(np.float32).eps) / 2
    for start in tqdm(range(0, n, QUERY_ROWS), desc="Comparing all pairs", leave=False, disable=n <= 4 * QUERY_ROWS):
        rows = np.arange(start, min(n, start + QUERY_ROWS))
        squared, candidates = faiss.knn(vectors[rows], vectors, n_candidates)
        indices[rows], distances[rows] = nearest_candidates(vectors, rows, candidates, k)
        if n_candidates < n:
            unsure = rows[distances[rows, -1].astype(np.float64) ** 2 >= squared[:, -1] - doubt]
            for row in unsure:
                everyone = np.arange(n, dtype=np.int32)[None, :]
                indices[row], distances[row] = nearest_candidates(vectors, np.array([row]), everyone, k)
    return indices, distances


def _search_ivf(vectors: np.ndarray, k: int) -> np.ndarray:
    """Candidates from an inverted file (Jégou et al. 2011), probed until a sample's recall is `IVF_RECALL`.

    The file holds the leading principal components, a quarter of the dimensions, which takes a third of the time:
    who the candidates are is all that is asked here. Where they can't reach the recall, it holds the whole vectors.
    """
    import faiss

    n, dim = vectors.shape
    n_lists = min(n, int(4 * np.sqrt(n)))
    wanted = min(k + 1 + SPARE, n)
    sample = _sample(n)
    _, truth = exact_sample(vectors, sample, k)
    fewer = max(LEAST_COMPONENTS, dim // 4)
    for n_components in (fewer, dim) if fewer < min(n, dim) else (dim,):
        points = vectors if n_components == dim else _principal_components(vectors, n_components)
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(n_components), n_components, n_lists)
        index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, 64  # no warning; a bounded training
        index.train(points)
        index.add(points)
        recall, index.nprobe = 0.0, 5
        while recall < IVF_RECALL and index.nprobe < n_lists:
            index.nprobe = min(n_lists, int(index.nprobe * 1.5) + 1)
            _, found = index.search(points[sample], wanted)
            recall = _share(nearest_candidates(vectors, sample, found, k)[1], truth)
        if recall >= IVF_RECALL:
            break
    candidates = np.empty((n, wanted), dtype=np.int32)
    # Those of one list look into the same others, which stay in the processor's cache: a quarter of the time less.
    order = np.argsort(index.quantizer.search(points, 1)[1][:, 0], kind="stable")
    for start in tqdm(range(0, n, QUERY_ROWS), desc="Searching the inverted file", leave=False):
        rows = order[start : start + QUERY_ROWS]
        candidates[rows] = index.search(points[rows], wanted)[1]
    return candidates


def _principal_components(vectors: np.ndarray, n_components: int) -> np.ndarray:
    import faiss

    pca = faiss.PCAMatrix(vectors.shape[1], n_components)
    pca.train(vectors[:: max(1, len(vectors) // PCA_ROWS)])
    return pca.apply(vectors)


def nearest_candidates(
    vectors: np.ndarray, rows: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest of each row's candidates, the row itself (wherever it stands) and padding left out."""
    n_rows, width = candidates.shape
    distances = np.empty((n_rows, width), dtype=np.float32)
    block = max(1, PAIR_FLOATS // (width * vectors.shape[1]))
    for start in range(0, n_rows, block):
        stop = start + block
        pairs = np.subtract(vectors[candidates[start:stop]], vectors[rows[start:stop], None, :], dtype=np.float64)
        distances[start:stop] = np.sqrt(np.einsum("rcd,rcd->rc", pairs, pairs))
    distances[(candidates < 0) | (candidates == rows[:, None])] = np.inf
    by_row = np.argsort(candidates, axis=1, kind="stable")
    candidates = np.take_along_axis(candidates, by_row, axis=1)
    distances = np.take_along_axis(distances, by_row, axis=1)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    indices = np.take_along_axis(candidates, order, axis=1).astype(np.int32)
    distances = np.take_along_axis(distances, order, axis=1)
    indices[np.isinf(distances)] = -1
    if indices.shape[1] < k:
        pad = ((0, 0), (0, k - indices.shape[1]))
        indices = np.pad(indices, pad, constant_values=-1)
        distances = np.pad(distances, pad, constant_values=np.inf)
    return indices, distances


def exact_sample(vectors: np.ndarray, sample: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """As `exact_neighbors`, for the rows in `sample` alone and to the rounding of FAISS."""
    import faiss

    _, candidates = faiss.knn(vectors[sample], vectors, min(len(vectors), k + 1 + SPARE))
    return nearest_candidates(vectors, sample, candidates, k)


def _recall(vectors: np.ndarray, distances: np.ndarray) -> float:
    """Share of the true neighbours found, on a seeded sample of rows."""
    sample = _sample(len(vectors))
    _, truth = exact_sample(vectors, sample, distances.shape[1])
    return _share(distances[sample], truth)


def _share(found: np.ndarray, truth: np.ndarray) -> float:
    # By distance, not by name: of equally near neighbours any will do.
    return float((found <= truth[:, -1:]).mean()) if truth.size else 1.0


def _sample(n: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).choice(n, size=min(n, SAMPLE_ROWS), replace=False))
