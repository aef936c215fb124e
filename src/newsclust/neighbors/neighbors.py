"""Each document's nearest neighbours: found by Milvus or in process, measured in process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from .. import cache
from ..errors import NewsclustError, notice
from ..stages import stage
from ..vectors.embedding import check_finite
from ..vectors.store import Embeddings, Store
from ..wording import count
from .comparison import SPARE, exact_neighbors, found_share, nearest_candidates
from .inverted_file import search_lists

SEARCHES = ("auto", "exact", "ivf", "milvus")
#: Up to this number the exact search takes less than a minute on 2 cores (384 dimensions); above, `auto` uses the
#: inverted file, which needed a third of its processor time.
EXACT_UP_TO = 100_000
#: A version, raised with every change that gives other lists, or other last bits.
SEARCH = 2
#: Rows on which the recall of a search that may miss neighbours is measured.
SAMPLE_ROWS = 1000


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k-nearest-neighbour lists of a corpus.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids; row i of the other arrays is document ``ids[i]``.
    indices : ndarray of int32, shape (n, k)
        Row numbers of the k nearest *other* documents, nearest first, equal distances by smaller row. If an approximate
        search found fewer, -1 pads the end.
    distances : ndarray of float32, shape (n, k)
        Euclidean distances, the same in both directions, exactly 0 for equal vectors; infinite where padded.
    search : str
        Which search found them, and why.
    recall : float
        Share of the true neighbours found, on a sample; 1.0 for an exact search.
    parameters : dict
        The notebook's ``search`` and, from the store if one was given, ``index``, ``index_params`` and
        ``search_params``.
    """

    ids: np.ndarray
    indices: np.ndarray
    distances: np.ndarray
    search: str = ""
    recall: float = 1.0
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def k(self) -> int:
        return self.indices.shape[1]

    @property
    def n_padded(self) -> int:
        """How many entries of the lists are padding."""
        return int((self.indices < 0).sum())

    @property
    def limit(self) -> str:
        """Why the lists are no longer, in words."""
        if self.k >= len(self.ids) - 1:
            return f"there are no more than {count(len(self.ids), 'document')}"
        return f"the lists hold {self.k} neighbours each; find more of them first"

    def usable(self, k: int) -> int:
        """How many neighbours `k` means: no more than the lists have.

        If the lists have all documents, longer ones would be the same, so that `k` is unchanged.
        """
        return k if self.k >= len(self.ids) - 1 else min(k, self.k)

    def head(self, k: int) -> Neighbors:
        """The lists cut to the `k` nearest; unchanged if k is larger, with a notice if there are more documents."""
        if k > self.k:
            if self.k < len(self.ids) - 1:  # else the search has already given this notice
                notice(f"k is lowered from {k} to {self.k}: {self.limit}.")
            k = self.k
        indices = np.ascontiguousarray(self.indices[:, :k])
        distances = np.ascontiguousarray(self.distances[:, :k])
        return replace(self, indices=indices, distances=distances)

    @property
    def documents(self) -> np.ndarray:
        """The ids of all documents; not all of them need have lists: see `newsclust.neighbors.folded`."""
        return self.ids

    @property
    def counts(self) -> np.ndarray | None:
        """How many documents each list represents; None if each represents its own document alone."""
        return None

    def own(self, values: np.ndarray) -> np.ndarray:
        """Values for all documents, reduced to the documents that have lists."""
        return values

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the documents that have lists, extended to all documents."""
        return values

    def whole_tree(self, edges: np.ndarray) -> np.ndarray:
        """The spanning tree of all documents, from that of those that have lists: edges in ascending order."""
        return edges

    def among(self, rows: np.ndarray, of: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """All lists, or those `of` some, reduced to some documents, which are renumbered; gaps are closed."""
        renumbered = np.full(len(self.ids) + 1, -1, dtype=self.indices.dtype)
        renumbered[rows] = np.arange(len(rows))
        # The entry beyond the last row stays -1, and -1, the padding, points to it.
        found = renumbered[self.indices[of]]
        listed = found >= 0
        closed = np.arange(found.shape[1]) < listed.sum(axis=1)[:, None]
        indices, distances = np.full_like(found, -1), np.full(found.shape, np.inf, dtype=self.distances.dtype)
        indices[closed], distances[closed] = found[listed], self.distances[of][listed]
        return indices, distances

    def part(self, rows: np.ndarray) -> Self:
        """The lists of some documents among themselves, see `among`."""
        indices, distances = self.among(rows, rows)
        return replace(self, ids=self.ids[rows], indices=indices, distances=distances)

    def __repr__(self) -> str:
        padded = f", of which {self.n_padded:,} are empty" if self.n_padded else ""
        nearest = f"{np.median(self.distances[:, 0]):.3f}" if self.k else "none"
        return (
            f"{len(self.ids):,} documents with {self.k} neighbours each{padded}; median distance to the nearest: "
            f"{nearest}. Search: {self.search}; recall {self.recall:.3f}."
        )


def find_neighbors(embeddings: Embeddings, k: int, search: str = "auto", store: Store | None = None) -> Neighbors:
    """Find each document's `k` nearest neighbours.

    The search only says who they are. Distances are computed afterwards, pair by pair, as the square root of
    sum((x - y)²) in float64: symmetric, exactly 0 for equal vectors, and the same for any search and block size.

    Parameters
    ----------
    embeddings : Embeddings
    k : int
        Lowered, with a notice, if there are fewer other documents.
    search : {"auto", "exact", "ivf", "milvus"}
        ``"exact"`` compares all pairs in process; ``"ivf"`` searches the likely parts of an inverted file, whose recall
        is measured; ``"milvus"`` uses the collection's own index. ``"auto"`` is ``"milvus"`` on a server, and on a
        local file ``"exact"`` up to `EXACT_UP_TO` documents, ``"ivf"`` above.
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
        notice(f"k is lowered from {k} to {n - 1}: there are no more than {count(n, 'document')}.")
        k = n - 1
    kind, why = _choose(search, n, store)
    parameters: dict[str, Any] = {"search": search}
    if store is not None:
        parameters |= {"index": store.index, "index_params": store.index_params, "search_params": store.search_params}
    key: dict[str, Any] = {"vectors": embeddings.fingerprint, "search": kind, "version": SEARCH}
    if kind != "exact":
        # The exact lists begin with those of any smaller k. The result of an approximate search depends on k, and must
        # not depend on earlier searches.
        key["k"] = k
    if kind == "ivf":
        import faiss

        key["faiss"] = faiss.__version__
    elif store is not None and kind == "milvus":
        key |= {"in": str(store.path or store.uri), "collection": store.name, "index": store.index}
        key |= {"index_params": store.index_params, "search_params": store.search_params}
    with stage("search") as entry:
        kept, entry.computed = cache.once(
            "neighbors",
            key,
            lambda: _search(embeddings, k, kind, store),
            lambda arrays: arrays["indices"].shape[1] >= k,
        )
        lists = embeddings.ids, kept["indices"], kept["distances"]
        return Neighbors(*lists, why, float(kept["recall"]), parameters).head(k)


def _choose(search: str, n: int, store: Store | None) -> tuple[str, str]:
    if search == "milvus" and store is None:
        raise NewsclustError("search 'milvus' needs the store of the vectors.")
    if search != "auto":
        return search, f"{search}, as asked"
    if store is not None and not store.is_local:
        return "milvus", f"milvus ({store.index}), because the vectors are on a server"
    if n <= EXACT_UP_TO:
        return "exact", f"exact, because all pairs of {n:,} documents are quickly compared"
    return "ivf", f"ivf, because there are more than {EXACT_UP_TO:,} documents"


def _search(embeddings: Embeddings, k: int, kind: str, store: Store | None) -> dict[str, np.ndarray]:
    vectors = embeddings.vectors
    if kind == "exact" or (kind == "ivf" and len(vectors) <= SAMPLE_ROWS):  # all of them would be compared in any case
        indices, distances = exact_neighbors(vectors, k)
        return {"indices": indices, "distances": distances, "recall": np.array(1.0)}
    n = len(vectors)
    sample = np.sort(np.random.default_rng(0).choice(n, size=min(n, SAMPLE_ROWS), replace=False))
    truth = exact_neighbors(vectors, k, sample)
    if store is None or kind == "ivf":
        indices, distances = search_lists(vectors, k, sample, truth)
    else:
        candidates = store.search(embeddings, min(k + SPARE, len(vectors) - 1))
        indices, distances = nearest_candidates(vectors, np.arange(len(vectors)), candidates, k)
    recall = found_share(distances[sample], truth[1])
    return {"indices": indices, "distances": distances, "recall": np.array(recall)}
