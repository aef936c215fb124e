"""Check the lists and the graph against HDBSCAN by its definition, on the distances of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graph_hdbscan.graph import measured

from ..neighbors.blend import blend
from ..neighbors.neighbors import Neighbors
from ..neighbors.shared import NEIGHBOURHOOD, share_neighbors
from .clustering import SELECTION, Clustering, cluster

if TYPE_CHECKING:
    import pandas as pd
    from hdbscan import HDBSCAN

    from ..vectors.store import Embeddings

#: More documents than this have too many pairs for a quick check: 2,000 take two seconds.
ALL_PAIRS = 2000


def check_against_hdbscan(
    clustering: Clustering, neighbors: Neighbors, embeddings: Embeddings, documents: pd.DataFrame
) -> str:
    """Compare the clusters with hdbscan's on the full matrix of distances, and describe the result.

    The lists' distances must be those of all pairs; the full matrix's spanning tree must be as long as hdbscan's, edge
    by edge; and from our trees, the graph's and the matrix's, hdbscan must select our clusters. The labels may still
    differ from hdbscan's own; the sentence then says why: edges of equal length tie, so that several trees are right;
    or `k` is so small that the graph lacks edges of the tree.

    Parameters
    ----------
    clustering : Clustering
    neighbors : Neighbors
        The lists that were clustered, blended or not.
    embeddings : Embeddings
    documents : DataFrame

    Returns
    -------
    str
        One sentence; for more than `ALL_PAIRS` documents, that nothing was compared.

    Raises
    ------
    AssertionError
        If anything differs that must be equal.
    """
    n, made = len(clustering.labels), clustering.parameters
    if n > ALL_PAIRS:
        return f"Not checked: all pairs of {n:,} documents are too many to compare in passing (up to {ALL_PAIRS:,})."
    if neighbors.counts is not None:
        return "Not checked: hdbscan does not fold near-copies. With fold_copies = False it can be compared."
    if n <= made["min_cluster_size"]:
        return f"Not checked: {n} documents are too few for two clusters."
    from hdbscan import HDBSCAN
    from hdbscan.hdbscan_ import _tree_to_labels

    all_pairs = _all_pairs(neighbors, embeddings, documents)
    everybody = share_neighbors(all_pairs, made["shared_neighbors"])
    matrix = np.zeros((n, n))
    lengths = np.maximum(measured(everybody.distances, made["distance"]), made["distance_floor"])
    matrix[np.arange(n)[:, None], everybody.indices] = lengths
    selection = {"min_cluster_size": made["min_cluster_size"], **{name: made[name] for name in SELECTION}}
    samples = min(made["min_samples"], n - 1)
    theirs = HDBSCAN(metric="precomputed", min_samples=samples, **selection).fit(matrix)
    measure = {name: made[name] for name in ("distance", "distance_floor")}
    whole = cluster(everybody, None, samples, **measure, **selection)
    lengths = theirs.single_linkage_tree_.to_numpy()[:, 2]
    assert np.allclose(whole.spanning_tree[:, 2], lengths, rtol=1e-6), "The spanning tree is not as long as hdbscan's."
    limits = [name for name in SELECTION[1:] if made[name]]  # newsclust always obeys them, hdbscan does not
    for ours in (clustering, whole):
        selected = _tree_to_labels(None, ours.linkage, **selection)[0]
        assert limits or _same(ours.labels, selected), "From the same spanning tree hdbscan selects other clusters."

    matrix_of = f"the full matrix of {n:,} × {n:,} distances"
    if _same(clustering.labels, theirs.labels_):
        return f"Right: all {n:,} labels are hdbscan's own on {matrix_of}."
    if _same(clustering.labels, whole.labels):
        told = f"Right: all {n:,} labels are those of {matrix_of}, whose spanning tree is as long as hdbscan's"
        if limits:
            agreed = _agreement(clustering, theirs)
            return f"{told}; hdbscan's own, which do not always obey {' and '.join(limits)}, agree to {agreed}."
        return (
            f"{told} and from which hdbscan selects the same clusters. Edges of one length tie there; with its own "
            f"order of them hdbscan agrees to {_agreement(clustering, theirs)}."
        )
    if not _same_neighbourhoods(neighbors.head(made["k"]), all_pairs, made["shared_neighbors"]):
        return (
            f"With {made['k']} neighbours the lists miss some of the nearest that {matrix_of} has: hdbscan's labels "
            f"there agree with these to {_agreement(clustering, theirs)}. A larger k brings them closer."
        )
    is_longer = clustering.spanning_tree[:, 2].sum() > whole.spanning_tree[:, 2].sum() * (1 + 1e-9)
    assert is_longer, "The labels are not those of the full matrix, although the lists hold the whole spanning tree."
    return (
        f"With {made['k']} neighbours the graph lacks edges that {matrix_of} has: hdbscan's labels there agree with "
        f"these to {_agreement(clustering, theirs)}. A larger k brings them closer."
    )


def _agreement(clustering: Clustering, theirs: HDBSCAN) -> str:
    from sklearn.metrics import adjusted_rand_score

    return f"an adjusted Rand index of {adjusted_rand_score(theirs.labels_, clustering.labels):.3f}"


def _all_pairs(neighbors: Neighbors, embeddings: Embeddings, documents: pd.DataFrame) -> Neighbors:
    """Lists of all documents, measured again: by the vectors, and blended as the lists were."""
    from scipy.spatial.distance import cdist

    n = len(embeddings.vectors)
    vectors = embeddings.vectors.astype(np.float64)
    distances = cdist(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :-1].astype(np.int32)
    everybody = Neighbors(neighbors.ids, order, np.take_along_axis(distances, order, axis=1).astype(np.float32))
    made = neighbors.parameters
    blended: dict[str, Any] = {name: made[name] for name in ("words", "days", "day_scale") if name in made}
    everybody = blend(everybody, embeddings, documents, **blended)

    matrix = np.zeros((n, n), dtype=np.float32)
    rows = np.arange(n)[:, None]
    matrix[rows, everybody.indices] = everybody.distances
    listed = neighbors.indices >= 0
    pairs = np.broadcast_to(rows, listed.shape)[listed], neighbors.indices[listed]
    assert np.allclose(matrix[pairs], neighbors.distances[listed], atol=1e-5), "A listed distance is not the pair's."
    # Equal to the last bit, in both directions: ties in the lists must be ties in the matrix.
    matrix[pairs] = matrix[pairs[::-1]] = neighbors.distances[listed]
    lengths = np.take_along_axis(matrix, everybody.indices, axis=1)
    by_length = np.lexsort((everybody.indices, lengths), axis=1)
    indices, lengths = (np.take_along_axis(array, by_length, axis=1) for array in (everybody.indices, lengths))
    return Neighbors(neighbors.ids, indices, lengths)


def _same_neighbourhoods(neighbors: Neighbors, all_pairs: Neighbors, weight: float) -> bool:
    """Whether the lists have the true nearest neighbours of each document, if shared neighbours count."""
    m = NEIGHBOURHOOD if weight else 0
    return np.array_equal(neighbors.indices[:, :m], all_pairs.indices[:, :m])


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings are one partition with the same noise."""
    pairs = {(int(a), int(b)) for a, b in zip(one, other, strict=True)}
    return (
        len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
        and ((np.asarray(one) < 0) == (np.asarray(other) < 0)).all()
    )
