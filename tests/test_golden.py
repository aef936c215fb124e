"""The labels of known headlines stay what they were: a change here is a change of every user's results.

golden.npz holds the neighbour lists of the bundled sample (MiniLM, the 12 nearest), the labels and probabilities that
newsclust gave it at commit 60077c0 with (min_samples, min_cluster_size) = (3, 3) and (2, 4), and the labels of
stories_2014.csv with (5, 10), which test_reproducible.py looks at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newsclust.clusters.clustering import cluster
from newsclust.neighbors.neighbors import Neighbors
from points import spanning_tree_by_ranks

GOLDEN = np.load(Path(__file__).parent / "golden.npz")


@pytest.mark.parametrize(("min_samples", "min_cluster_size"), [(3, 3), (2, 4)])
def test_the_sample_is_clustered_as_ever_bit_for_bit(min_samples, min_cluster_size):
    neighbors = Neighbors(np.arange(659), GOLDEN["indices"].astype(np.int32), GOLDEN["distances"])
    for k in (8, None):
        found = cluster(neighbors, k, min_samples, min_cluster_size)
        np.testing.assert_array_equal(found.labels, GOLDEN[f"labels_{min_samples}_{min_cluster_size}"])
        np.testing.assert_array_equal(found.probabilities, GOLDEN[f"probabilities_{min_samples}_{min_cluster_size}"])
    np.testing.assert_array_equal(
        found.spanning_tree, spanning_tree_by_ranks(GOLDEN["indices"], GOLDEN["distances"], min_samples)
    )
