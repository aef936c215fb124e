"""Each document's place on the map: UMAP with the neighbours that are already known, on all cores."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import cache
from ..errors import notice
from ..stages import stage
from ..vectors.store import Embeddings
from .neighbors import Neighbors, find_neighbors
from .placing import PLACED_BY, as_umap_has_them, place_others, umap_learn

#: UMAP gives every document 500 epochs of optimisation up to 10,000 documents and 200 beyond. Here the number falls to
#: 200 without a jump: this many documents times epochs, within the same bounds. See benchmarks/README.md.
DOCUMENT_EPOCHS = 2_000_000
EPOCHS = 200, 500
#: Above this number the layout starts from the two leading principal components, which make as good a map as UMAP's
#: spectral start (see benchmarks/README.md; D. Kobak and G. C. Linderman 2021, *Initialization is critical for
#: preserving global data structure in both t-SNE and UMAP*). The spectral one needs the square root of n numbers per
#: document, 8 GB for a million.
SPECTRAL_UP_TO = 100_000
#: With more documents UMAP lays out only `SAMPLE` of them, evenly drawn (ids are hashes, so this is a random sample),
#: and `newsclust.neighbors.placing` places the others beside their neighbours. UMAP takes about 12 KB per document.
WHOLE_UP_TO = 200_000
SAMPLE = 100_000
#: A version, raised with every change to `newsclust.neighbors.descent` that moves a document.
DESCENT = 4
#: A version, raised with every change to `newsclust.neighbors.placing` that moves a document.
PLACING = 2


@dataclass(frozen=True, eq=False)
class Layout:
    """Each document's place on the map.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids.
    coordinates : ndarray of float32, shape (n, n_components)
        Row i belongs to ``ids[i]``.
    parameters : dict
        ``n_components, n_neighbors, min_dist, seed``; ``n_neighbors`` as the lists allowed it.
    """

    ids: np.ndarray
    coordinates: np.ndarray
    parameters: dict[str, Any]


def lay_out(
    embeddings: Embeddings,
    neighbors: Neighbors,
    n_components: int = 2,
    n_neighbors: int = 80,
    min_dist: float = 0.1,
    seed: int | None = 42,
    among: Callable[[np.ndarray], Neighbors] | None = None,
) -> Layout:
    """Lay the documents out in 2-D or 3-D with UMAP (McInnes, Healy & Melville 2018).

    With more than `WHOLE_UP_TO` documents a sample is laid out, and the others are placed beside their neighbours; a
    notice says so.

    Parameters
    ----------
    embeddings : Embeddings
    neighbors : Neighbors
        Lists of at least ``n_neighbors - 1`` others (UMAP counts the document itself).
    n_components : {2, 3}
    n_neighbors : int
        Lowered, with a notice, if the lists are shorter.
    min_dist : float
        How closely points may be packed.
    seed : int or None
        None gives another layout each time, which is not cached.
    among : callable, optional
        Gives the lists within the sample, from its rows; without it the sample's vectors are searched.

    Returns
    -------
    Layout
    """
    n = len(embeddings.ids)
    parameters = {
        "n_components": n_components,
        "n_neighbors": neighbors.usable(n_neighbors - 1) + 1,
        "min_dist": min_dist,
        "seed": seed,
    }
    if n_neighbors > max(2, neighbors.k + 1):
        notice(f"n_neighbors is lowered from {n_neighbors} to {neighbors.k + 1}: {neighbors.limit}.")
        n_neighbors = neighbors.k + 1
    from importlib.metadata import version

    n_epochs = round(np.clip(DOCUMENT_EPOCHS / max(n, 1), *EPOCHS))
    sample = np.arange(SAMPLE) * n // SAMPLE if n > WHOLE_UP_TO else None
    lists = neighbors.head(min(n_neighbors - 1 if sample is None else PLACED_BY, neighbors.k))
    # The map depends on the bytes of the lists, not on the search that found them.
    key = {
        "neighbors": cache.fingerprint(lists.indices, lists.distances),
        "vectors": embeddings.fingerprint,
        "layout": [n_components, n_neighbors, min_dist, n_epochs, seed],
        "spectral": n <= SPECTRAL_UP_TO,
        "descent": DESCENT,
        "umap": version("umap-learn"),
    }
    if sample is not None:
        key |= {"sample": [SAMPLE, PLACING]}
        notice(
            f"The map was laid out with {SAMPLE:,} of the {n:,} documents, evenly drawn; the others are placed beside "
            "their neighbours."
        )

    def compute() -> dict[str, np.ndarray]:
        if sample is None:
            coordinates = _umap(embeddings.vectors, lists, n_components, n_neighbors, min_dist, n_epochs, seed)
            return {"coordinates": coordinates}
        theirs = among(sample) if among else find_neighbors(embeddings.part(sample), n_neighbors - 1)
        theirs = theirs.head(min(n_neighbors - 1, theirs.k))
        where = _umap(embeddings.vectors[sample], theirs, n_components, theirs.k + 1, min_dist, n_epochs, seed)
        return {"coordinates": place_others(embeddings.vectors, lists, sample, where, min_dist, seed or 0)}

    with stage("layout") as entry:
        kept, entry.computed = (compute(), True) if seed is None else cache.once("layout", key, compute)
        return Layout(embeddings.ids, kept["coordinates"], parameters)


def _umap(
    vectors: np.ndarray,
    lists: Neighbors,
    n_components: int,
    n_neighbors: int,
    min_dist: float,
    n_epochs: int,
    seed: int | None,
) -> np.ndarray:
    n = len(vectors)
    if n <= n_components + 2:  # too few for UMAP's spectral start: a line of points is as good a map
        line = np.zeros((n, n_components), dtype=np.float32)
        line[:, 0] = np.arange(n)
        return line
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        umap = umap_learn()
        from .descent import descend

        itself = np.arange(n, dtype=np.int32)[:, None]  # UMAP counts it as its first neighbour
        known = (
            np.hstack([itself, lists.indices]),
            np.hstack([np.zeros((n, 1), dtype=np.float32), as_umap_has_them(lists)]),
            None,
        )
        seed = int(np.random.default_rng().integers(2**32)) if seed is None else seed
        model = umap.UMAP(
            n_components=n_components,
            n_neighbors=n_neighbors,
            n_epochs=0,  # only its graph and its initial layout are used: the descent is ours
            init="spectral" if n <= SPECTRAL_UP_TO else "pca",
            random_state=seed,
            n_jobs=1,
            precomputed_knn=known,
            force_approximation_algorithm=True,  # below 4,096 documents UMAP would compute all distances again
        ).fit(vectors)
        a, b = umap.umap_.find_ab_params(spread=1.0, min_dist=min_dist)
        start, graph = model.embedding_, model.graph_
        del model  # and its copies of lists and graph, some gigabytes for a million documents
        return descend(start, graph, n_epochs, a, b, seed)
