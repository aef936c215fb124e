"""Neighbour lists whose distances also count the near neighbours that two documents have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import ParameterError
from ..paths import give_numba_a_folder
from .blend import some_at_a_time
from .neighbors import Neighbors

#: How many nearest neighbours, besides the document itself, form its neighbourhood.
NEIGHBOURHOOD = 8
#: A neighbour counts as its similarity to this power.
POWER = 2


def share_neighbors(neighbors: Neighbors, weight: float) -> Neighbors:
    """Increase the distance of listed pairs that have few near neighbours in common, and of no others.

    Two documents about one event have the same neighbourhood; two events of one kind, such as two strikes or two
    verdicts, may be as near to each other by words and vectors, but have different neighbourhoods. The similarity
    `s = 1 - d**2 / 2` of a pair at distance `d` becomes `s * (1 - weight + weight * c)`, with `c` the cosine of the two
    documents' neighbourhoods. A document's neighbourhood is a vector of weights: 1 for itself, `s ** 2` (0 where `s` is
    negative) for each of its `NEIGHBOURHOOD` nearest neighbours, and 0 for all others.

    Common neighbours are an old measure (R. A. Jarvis and E. A. Patrick 1973, *Clustering using a similarity measure
    based on shared near neighbors*), and their cosine keeps its meaning where distances lose theirs (M. E. Houle, H.-P.
    Kriegel, P. Kröger, E. Schubert and A. Zimek 2010, *Can shared-neighbor distances defeat the curse of
    dimensionality?*). Both count every neighbour equally, which makes unrelated documents similar: the list of a
    document without near neighbours is full, too, and the far neighbours of two such documents are often the same. So
    here neighbours are weighted by nearness: far ones count almost nothing, a document without near neighbours is its
    own neighbourhood, and two of these stay as far apart as any unrelated pair. The effect on labelled headlines and on
    other corpora is in ``benchmarks/evaluation.md`` and ``benchmarks/piles.md``.

    A cosine of vectors is a kernel, and so are sums and products of kernels: if the distances are those of unit
    vectors, as a blend's are, the new ones are again Euclidean. Documents at distance 0 stay there.

    Parameters
    ----------
    neighbors : Neighbors
        Nearest first, the same distance in both directions of a pair. Lists of `NEIGHBOURHOOD` or more neighbours give
        the same distances for any length.
    weight : float
        0 to 1; with 0 the lists are returned unchanged.

    Returns
    -------
    Neighbors
        The same pairs at their new distances (float32, the same in both directions), each list nearest first, equal
        distances by smaller row.

    Raises
    ------
    ParameterError
        If the weight is not from 0 to 1.
    """
    if not 0 <= weight <= 1:
        raise ParameterError(f"shared_neighbors is {weight}; it must be a weight, 0 to 1.")
    if not weight or not neighbors.indices.size:
        return neighbors
    give_numba_a_folder()
    from .pairs import share_rows

    indices, n = np.ascontiguousarray(neighbors.indices), len(neighbors.indices)
    distances = np.ascontiguousarray(neighbors.distances)
    near, apart = indices[:, :NEIGHBOURHOOD], distances[:, :NEIGHBOURHOOD].astype(np.float64)
    counts = np.column_stack([np.ones(n), np.where(near < 0, 0, np.maximum(1 - apart**2 / 2, 0) ** POWER)])
    counts = (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)
    rows = np.column_stack([np.arange(n), np.where(near < 0, n, near)]).astype(np.int32)
    order = np.argsort(rows, axis=1, kind="stable")
    neighbourhood, counts = (np.take_along_axis(one, order, axis=1) for one in (rows, counts))

    def measure(places: np.ndarray, *lists: np.ndarray) -> None:
        share_rows(places, indices, distances, neighbourhood, counts, weight, *lists)

    listed, apart_by = some_at_a_time(measure, indices.shape, "Neighbourhoods")
    return replace(neighbors, indices=listed, distances=apart_by)
