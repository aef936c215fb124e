"""Other tools that group headlines, each as its users would run it on the same vectors.

A peer is a function of vectors, texts and the true number of stories. It returns candidates: labels under a name that
gives the settings. If there are several, a comparison takes the one that agrees best with the truth, which favours the
peer.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

Labels = dict[str, np.ndarray]
#: No peer is run on fewer documents than this (several end with an error).
AT_LEAST = 10
#: Peers that make a matrix of all pairs get no more documents than this: the matrix would need 3 GB.
ALL_PAIRS_UP_TO = 20_000
#: Cosine distances at which average linkage is cut.
THRESHOLDS = (0.4, 0.5, 0.6, 0.7)


def tutorial(vectors: np.ndarray, texts: list[str], n_stories: int) -> Labels:
    """The tutorial's own code: a matrix of all pairs, infinite except 50 squared distances per row, and HDBSCAN.

    FAISS computes what Milvus would answer. The matrix is made symmetric, which is not in the tutorial: without that
    current hdbscan crashes.
    """
    import faiss
    from hdbscan import HDBSCAN

    squared, found = faiss.knn(vectors, vectors, min(50, len(vectors)))
    matrix = np.full((len(vectors), len(vectors)), np.inf)
    np.put_along_axis(matrix, found, np.maximum(squared, 0), axis=1)
    matrix = np.minimum(matrix, matrix.T)
    return {"3 / 3": HDBSCAN(min_samples=3, min_cluster_size=3, metric="precomputed").fit(matrix).labels_}


def bertopic(vectors: np.ndarray, texts: list[str], n_stories: int) -> Labels:
    """BERTopic with its defaults, except the smallest topic: its own 10, and 3, which news needs.

    Both use one reduction, by the UMAP that BERTopic sets up. For fewer than 4,096 texts UMAP would compute all pairs
    one by one in Python, 3 million for 2,500 texts; here it searches for neighbours, as it does for more texts.
    """
    from bertopic import BERTopic
    from bertopic.dimensionality import BaseDimensionalityReduction

    umap = BERTopic().umap_model
    umap.force_approximation_algorithm = True
    reduced, found = umap.fit_transform(vectors), {}
    for size in (3, 10):
        model = BERTopic(min_topic_size=size, umap_model=BaseDimensionalityReduction())
        found[f"min_topic_size {size}"] = np.array(model.fit_transform(texts, reduced)[0])
    return found


def evoc(vectors: np.ndarray, texts: list[str], n_stories: int) -> Labels:
    """EVoC with its defaults: every layer it offers."""
    from evoc import EVoC

    model = EVoC()
    model.fit(vectors)
    return {f"layer {number}": np.asarray(labels) for number, labels in enumerate(model.cluster_layers_)}


def average_linkage(vectors: np.ndarray, texts: list[str], n_stories: int) -> Labels:
    """Average linkage of cosine distances, cut at a threshold."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    merges = linkage(pdist(vectors, "cosine"), "average")
    return {f"cut at {cut:g}": fcluster(merges, cut, "distance") - 1 for cut in THRESHOLDS}


def tritopic(vectors: np.ndarray, texts: list[str], n_stories: int) -> Labels:
    """TriTopic with its defaults: with its own choice of the number of topics, and with the true number."""
    from tritopic import TriTopic

    asked = {"auto": "auto"} | ({f"{n_stories}, the true number": n_stories} if n_stories else {})
    return {
        f"n_topics {said}": np.asarray(TriTopic(n_topics=n, verbose=False).fit_transform(texts, embeddings=vectors))
        for said, n in asked.items()
    }


#: name -> (package it needs, whether it compares all pairs, function that runs it)
PEERS: dict[str, tuple[str, bool, Callable[[np.ndarray, list[str], int], Labels]]] = {
    "the tutorial's own code": ("hdbscan", True, tutorial),
    "BERTopic": ("bertopic", False, bertopic),
    "EVoC": ("evoc", False, evoc),
    "TriTopic": ("tritopic", False, tritopic),
    "average linkage": ("scipy", True, average_linkage),
}


def absent(name: str, n: int) -> str:
    """Why a peer can't take part with `n` documents, in a sentence; "" where it can."""
    package, all_pairs, _ = PEERS[name]
    if find_spec(package) is None:
        return f"{name} is left out: {package} is not installed (pip install 'newsclust[evaluate]')."
    if n < AT_LEAST:
        return f"{name} is left out: {n:,} document{'s are' if n != 1 else ' is'} too few for it."
    if all_pairs and n > ALL_PAIRS_UP_TO:
        return f"{name} is left out: it compares all pairs of documents, and {n:,} are too many for that."
    return ""
