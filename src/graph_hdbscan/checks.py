"""All checks of arguments and distances."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np


class BadArgument(ValueError):
    """An argument has a wrong type or value, or does not fit the others or the lists."""


class BadDistance(ValueError):
    """A distance from which no graph can be made."""


def check_whole(name: str, value: int, least: int) -> None:
    """Refuse a value that is not a whole number, or is less than `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise BadArgument(f"{name} is {value!r}; it must be a whole number, {least} or larger.")
    if value < least:
        raise BadArgument(f"{name} is {value}; it must be at least {least}.")


def check_tree(indices: np.ndarray, distances: np.ndarray, min_samples: int, distance: str) -> None:
    """Check the arguments of `graph_hdbscan.spanning_tree.spanning_tree`."""
    n, k = indices.shape
    check_whole("min_samples", min_samples, 1)
    if distance not in ["euclidean", "squared"]:  # a list, because the value may not be hashable
        raise BadArgument(f"distance is {distance!r}; it can be 'euclidean' or 'squared'.")
    if min(min_samples, n - 1) > k:
        raise BadArgument(
            f"min_samples is {min_samples}, but the lists hold {k} neighbours per document; search with "
            f"k = {min_samples} or more, or lower min_samples."
        )
    if distances.size and not distances.min() >= 0:  # the minimum is NaN if any of them is
        row, column = np.argwhere(~(distances >= 0))[0]
        raise BadDistance(
            f"The distance in row {row}, column {column} of the neighbour lists is {distances[row, column]}; "
            "distances must be numbers that are not negative."
        )


def check_selection(
    min_cluster_size: int,
    cluster_selection_method: str = "eom",
    cluster_selection_epsilon: float = 0.0,
    max_cluster_size: int = 0,
    allow_single_cluster: bool = False,
) -> None:
    """Check the arguments of `graph_hdbscan.hierarchy.select`."""
    check_whole("min_cluster_size", min_cluster_size, 2)
    check_whole("max_cluster_size", max_cluster_size, 0)
    if 0 < max_cluster_size < min_cluster_size:
        raise BadArgument(
            f"max_cluster_size is {max_cluster_size} and min_cluster_size is {min_cluster_size}, so no cluster is "
            f"possible; raise max_cluster_size to at least {min_cluster_size}, or set it to 0 (no limit)."
        )
    method, epsilon = cluster_selection_method, cluster_selection_epsilon
    if method not in ("eom", "leaf"):
        raise BadArgument(f"cluster_selection_method is {method!r}; it can be 'eom' or 'leaf'.")
    if not isinstance(epsilon, Real) or not 0 <= epsilon < np.inf:
        raise BadArgument(f"cluster_selection_epsilon is {epsilon!r}; it must be a distance, 0 or larger.")
    if not isinstance(allow_single_cluster, (bool, np.bool_)):
        raise BadArgument(f"allow_single_cluster is {allow_single_cluster!r}; it can be True or False.")
