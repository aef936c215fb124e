"""Random data sets against hdbscan and scikit-learn; benchmarks/differential.py compares ten times as many."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import differential


@pytest.mark.parametrize("start", range(10_000, 10_360, 60))  # other seeds than the benchmark's
def test_trees_are_those_of_hdbscan_and_scikit_learn_and_partitions_but_for_what_can_be_explained(start):
    for seed in range(start, start + 60):
        for peer, (same_tree, relation) in differential.compare(differential.make_case(seed)).items():
            assert same_tree, f"seed {seed}: another spanning tree than {peer}"
            assert relation != differential.UNEXPLAINED, f"seed {seed}: another partition than {peer}"


def test_the_comparison_would_see_a_wrong_partition(monkeypatch):
    right = differential.cluster_lists

    def wrong(*args, **parameters):
        found = right(*args, **parameters)
        found.labels[: len(found.labels) // 2] = -1
        return found

    monkeypatch.setattr(differential, "cluster_lists", wrong)
    seen = [differential.compare(differential.make_case(seed))["hdbscan"][1] for seed in range(60)]
    assert seen.count(differential.UNEXPLAINED) > 20
