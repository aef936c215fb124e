"""What a grid's charts say, in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from newsclust.grid.conclusions import conclude, how_runs_agree, what_parameters_do
from newsclust.grid.runs import Grid


def grid(**metrics) -> Grid:
    """Two by two runs: min_samples 1 and 2, min_cluster_size 3 and 5."""
    names = ["a", "b", "c", "d"]
    runs = pd.DataFrame({"name": names, "status": "ok", "message": "", "seconds": 1.0})
    runs["min_samples"] = pd.Series([1, 1, 2, 2], dtype=object)
    runs["min_cluster_size"] = pd.Series([3, 5, 3, 5], dtype=object)
    defaults = {
        "n_clusters": [10, 6, 10, 6], "noise_fraction": [0.1, 0.1, 0.4, 0.4], "separation": [0.3, 0.2, 0.2, 0.1],
        "relative_validity": [0.1, 0.2, 0.4, 0.3], "subsample_stability": [0.9, 0.8, 0.7, 0.6],
        "ami": [0.9, 0.8, 0.7, 0.6],
    }  # fmt: skip
    for name, values in (defaults | metrics).items():
        runs[name] = values
    rng = np.random.default_rng(3)
    base = np.repeat(np.arange(10), 6)
    labels = pd.DataFrame({name: np.where(rng.random(60) < 0.1 * i, -1, base) for i, name in enumerate(names)})
    labels = labels.astype(np.int32)
    maps = {n: pd.DataFrame({"cluster": labels[n], "probability": 1.0, "x": 0.0, "y": 0.0}) for n in names}
    texts = pd.Series([f"headline {i}" for i in range(60)])
    return Grid("toy", ["min_samples", "min_cluster_size"], runs, maps, labels, texts, texts)


def test_a_grid_says_which_parameter_does_what_and_what_to_try_next():
    told = repr(what_parameters_do(grid()))
    assert "Stories: mostly min_cluster_size, which explains 100%; from 3 to 5 the mean goes from 10 to 6." in told
    assert "Noise: mostly min_samples, which explains 100%; from 1 to 2 the mean goes from 10.0% to 40.0%." in told
    told = repr(conclude(grid()))
    assert "Take min_samples 1, min_cluster_size 3: 10 stories, the best separated." in told
    # Nothing is smaller than min_samples 1; 3 less the step of 2 would be no story.
    assert "Nothing beyond the grid's values is called for" in told
    reverse = grid(separation=[0.1, 0.2, 0.2, 0.3])
    assert "min_samples 2 is the largest that was tried: try 3 next." in repr(conclude(reverse))
    assert "min_cluster_size 5 is the largest that was tried: try 7 next." in repr(conclude(reverse))


def test_agreement_names_the_families_and_the_nearest_run():
    told = repr(how_runs_agree(grid()))
    assert told.startswith("The 4 runs fall into") and "It agrees most with b" in told and "least with d" in told


def test_a_grid_in_which_everything_failed_has_no_argument():
    failed = grid()
    failed.runs["status"] = "failed"
    empty = replace(failed, maps={}, labels=failed.labels.iloc[:, :0])
    for argue in (how_runs_agree, conclude):
        assert repr(argue(empty))
