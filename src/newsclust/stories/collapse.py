"""Notice a useless result: one story with most of the corpus, or no story at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

#: One story with this share of the documents has most likely swallowed others.
MOST = 0.5
#: In fewer documents than this a large story is no surprise.
_FEW = 50


def collapse_notice(labels: np.ndarray, parameters: Mapping[str, Any]) -> str | None:
    """What to try if the clusters collapsed, in one sentence; None if they did not.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        The cluster of each document, before noise is assigned; -1 is noise.
    parameters : mapping
        Those of the clustering: min_cluster_size, min_samples, cluster_selection_method, allow_single_cluster; those
        that are absent count as their defaults.
    """
    labels = np.asarray(labels)
    n, size = len(labels), int(parameters.get("min_cluster_size") or 0)
    if not n:
        return None
    sizes = np.bincount(labels[labels >= 0]) if (labels >= 0).any() else np.array([], dtype=int)
    if not len(sizes):
        return _no_story(n, size, parameters)
    largest = int(sizes.max())
    if largest <= MOST * n or n < _FEW and len(sizes) > 1:
        return None
    if parameters.get("allow_single_cluster") and len(sizes) == 1:
        return (
            f"One story holds {largest:,} of {n:,} documents: if they are about more than one event, try "
            "allow_single_cluster False."
        )
    advice = "try cluster_selection_method leaf, which keeps the stories inside it"
    if parameters.get("cluster_selection_method") == "leaf":
        advice = f"try a smaller min_cluster_size than {size}" if size > 2 else "try a larger min_samples"
    return (
        f"One story holds {largest:,} of {n:,} documents ({largest / n:.0%}): rows that are no headlines, or a few "
        f"that are unlike all the rest, can make HDBSCAN merge all others; look at the smallest stories, or "
        f"{advice}."
    )


def _no_story(n: int, size: int, parameters: Mapping[str, Any]) -> str:
    if n == 1:
        return "No story was found: there is 1 document, and a story has 2 or more."
    if n < size:
        return (
            f"No story was found: there are {n:,} documents and min_cluster_size is {size}; try min_cluster_size "
            f"{max(2, n // 4)}."
        )
    smaller = f"a smaller min_cluster_size than {size}" if size > 2 else "a smaller min_samples"
    single = (
        "" if parameters.get("allow_single_cluster") else ", or allow_single_cluster True if all are about one event"
    )
    return f"No story was found, all {n:,} documents are noise: try {smaller}{single}."
