"""compare*.py on a small grid that is written here, against plain loops."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from newsclust import compare, compare_figures
from newsclust.compare_choice import recommend
from newsclust.compare_grid import read_grid
from newsclust.compare_table import run_table
from newsclust.errors import NewsclustError

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
FAILED = "min_samples=5,min_cluster_size=8,truth=missing"


def write_grid(folder: Path, n: int = 200, seed: int = 0) -> Path:
    """A finished grid of 12 runs, the last one failed: 10 stories, and the larger the parameters the more is noise."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.integers(2**60, 2**62, n))
    story = rng.integers(0, 10, n)
    strength = rng.uniform(size=n)
    x, y = story + rng.normal(0, 0.2, n), story % 3 + rng.normal(0, 0.2, n)
    titles = np.array([f"Story {s}, headline {i}, for $5 & $6" for i, s in enumerate(story)], dtype=object)
    titles[::9] = NASTY + titles[::9]
    names = []
    for min_samples, (min_cluster_size, method) in itertools.product(
        [2, 5, 10], [(3, "eom"), (3, "leaf"), (8, "eom"), (8, "leaf")]
    ):
        name = f"min_samples={min_samples},min_cluster_size={min_cluster_size},method={method}"
        names.append(name)
        run = folder / name
        run.mkdir(parents=True)
        parameters = {
            "min_samples": min_samples,
            "min_cluster_size": min_cluster_size,
            "method": method,
            "k": 50,
            "truth": None,
        }
        failed = (min_samples, min_cluster_size, method) == (10, 8, "leaf")
        message = f"NewsclustError: there is no column {NASTY}." if failed else ""
        record = {
            "name": name,
            "status": "failed" if failed else "ok",
            "message": message,
            "seconds": 3.5 + min_samples,
            "parameters": parameters,
            "fingerprint": "0",
        }
        (run / "run.json").write_text(json.dumps(record))
        if failed:
            continue
        labels = np.where(
            strength < 0.04 * min_samples, -1, story if method == "eom" else 2 * story + (x > story)
        )
        labels[rng.uniform(size=n) < 0.02 * min_cluster_size] = 0
        metrics = {
            "n_documents": n + 1,
            "n_unique": n,
            "n_clusters": len(set(labels) - {-1}),
            "noise_fraction": float((labels < 0).mean()),
            "relative_validity": None if min_samples == 10 else min_samples / 10 + (method == "eom") / 3,
            "dbcv": None,
            "subsample_stability": 0.6 + min_cluster_size / 40,
            "ami": 0.9 - min_samples / 50,
            "seconds": {"search": 0.25},
        }
        (run / "metrics.json").write_text(json.dumps(metrics))
        points = pd.DataFrame(
            {
                "Title": titles,
                "description": "",
                "id": ids,
                "cluster": labels,
                "probability": strength,
                "x": x,
                "y": y,
            }
        )
        repeated = points.iloc[[0]]
        blank = pd.DataFrame([dict.fromkeys(points, "")])
        pd.concat([points.sample(frac=1, random_state=1), repeated, blank]).to_csv(
            run / "clusters.csv", index=False
        )
    grid = {"name": folder.name, "varied": ["min_samples", "min_cluster_size", "method", "k"], "runs": names}
    (folder / "grid.json").write_text(json.dumps(grid))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("reports") / "grid")


@pytest.fixture(scope="module")
def grid(folder: Path):
    return read_grid(folder)
