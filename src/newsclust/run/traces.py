"""Samples of a run's vectors and neighbours for its record, so that a repetition can be compared with them.

A fingerprint shows whether all of them are the same, bit for bit. If they are not, the numbers of a few documents show
by how much: the last digits differ between processors, the third between precisions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cache import fingerprint
from ..neighbors.neighbors import Neighbors
from ..vectors.store import Embeddings

#: How many documents are kept, how many numbers of their vectors, and how many of their neighbours.
DOCUMENTS, NUMBERS, NEAREST = 24, 12, 10


def traces(embeddings: Embeddings, neighbors: Neighbors, ids: list[int] | None = None) -> dict[str, Any]:
    """Fingerprints of the vectors and of the lists that were clustered, and some documents' numbers.

    Parameters
    ----------
    embeddings : Embeddings
    neighbors : Neighbors
    ids : list of int, optional
        These documents instead of `DOCUMENTS` evenly spread ones; missing documents, and those without a list, are left
        out.

    Returns
    -------
    dict
        ``vectors`` and ``neighbours``, each with ``fingerprint`` and ``documents``: id -> numbers, or ids.
    """
    n = len(embeddings.ids)
    chosen = embeddings.ids[np.linspace(0, n - 1, min(n, DOCUMENTS)).astype(np.intp)] if ids is None else ids
    rows, lists = (np.flatnonzero(np.isin(known, chosen)) for known in (embeddings.ids, neighbors.ids))
    return {
        "vectors": {
            "fingerprint": fingerprint(embeddings.ids, embeddings.vectors),
            "documents": {
                str(embeddings.ids[row]): [round(float(number), 7) for number in embeddings.vectors[row, :NUMBERS]]
                for row in rows
            },
        },
        "neighbours": {
            "fingerprint": fingerprint(neighbors.ids, neighbors.indices),
            "documents": {
                str(neighbors.ids[row]): [str(neighbors.ids[other]) for other in neighbors.indices[row, :NEAREST]]
                for row in lists
            },
        },
    }
