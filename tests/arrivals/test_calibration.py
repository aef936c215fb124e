"""How certain a vote is, learnt from a run's own documents."""

from __future__ import annotations

import numpy as np
import pytest

from newsclust.arrivals.calibration import calibrate, reliability
from newsclust.neighbors.neighbors import Neighbors


@pytest.mark.parametrize("label", [-1, 0], ids=["no story", "one story"])
def test_a_run_that_teaches_nothing_still_gives_probabilities(label):
    indices = np.array([[j for j in range(12) if j != i] for i in range(12)], dtype=np.int32)
    lists = Neighbors(np.arange(12), indices, np.full((12, 11), 0.5, dtype=np.float32))
    clustering = {"k": 11, "min_samples": 2, "min_cluster_size": 3}
    calibration = calibrate(lists, np.full(12, label), clustering, False, 0.42)
    nearest, none = calibration.probabilities(np.array([0.0, 0.9]), np.array([0.0, 1.0]))
    assert np.isfinite(nearest).all() and np.isfinite(none).all() and (nearest + none <= 1 + 1e-9).all()


def test_a_curve_counts_what_was_right_in_each_range():
    curve = reliability(np.array([0.5, 0.82, 0.88, 1.0]), np.array([False, True, False, True]))
    assert curve["documents"].tolist() == [1, 2, 1] and curve["right"].tolist() == [0, 0.5, 1]
    assert curve["said"].tolist() == pytest.approx([0.5, 0.85, 1.0])
