"""The core without newsclust and what that needs: in a process where none of it can be imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
#: Refuses to import what is named, as though it were not installed; hdbscan too, until the comparison needs it.
ALONE = """
import sys

class Refuse:
    names = {"newsclust", "torch", "pymilvus", "numba", "faiss", "umap", "hdbscan"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is not here")

sys.meta_path.insert(0, Refuse())
"""
WITHOUT_HDBSCAN = """
import numpy as np
from sklearn.datasets import make_blobs
from graph_hdbscan import GraphHDBSCAN

found = GraphHDBSCAN(min_cluster_size=8).fit(make_blobs(90, centers=3, cluster_std=0.3, random_state=1)[0])
assert found.labels_.max() == 2, found.labels_
"""
COMPARED = """
Refuse.names.remove("hdbscan")
import differential

for seed in range(20_000, 20_060):
    for peer, (same_tree, relation) in differential.compare(differential.make_case(seed)).items():
        assert same_tree and relation != differential.UNEXPLAINED, (seed, peer, relation)
"""


def test_it_works_where_nothing_else_of_newsclust_can_be_imported():
    path = os.pathsep.join([str(TOP / "src"), str(TOP / "benchmarks")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE + WITHOUT_HDBSCAN + COMPARED + "print('fine')"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "fine\n", done.stderr
