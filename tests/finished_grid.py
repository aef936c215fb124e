"""A finished grid of 12 runs, written here, for tests of what compares runs."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from newsclust.grid.runs import Grid

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
FAILED = "min_samples=10,min_cluster_size=8,method=leaf"


def write_grid(folder: Path, n: int = 200, seed: int = 0) -> Path:
    """A finished grid of 12 runs, the last one failed: 10 stories, and more noise the larger min_samples."""
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
        failed = name == FAILED
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
        labels = np.where(strength < 0.04 * min_samples, -1, story if method == "eom" else 2 * story + (x > story))
        labels[rng.uniform(size=n) < 0.02 * min_cluster_size] = 0
        metrics = {
            "n_documents": n,
            "n_rows": n + 3,
            "n_clusters": len(set(labels) - {-1}),
            "noise_fraction": float((labels < 0).mean()),
            "separation": None if min_samples == 10 else min_samples / 20 + (method == "eom") / 5,
            "relative_validity": None if min_samples == 10 else min_samples / 10 + (method == "eom") / 3,
            "dbcv": None,
            "subsample_stability": 0.6 + min_cluster_size / 40,
            "ami": 0.9 - min_samples / 50,
            "seconds": {"search": 0.25},
        }
        (run / "metrics.json").write_text(json.dumps(metrics))
        understood = {"title": {"column": "Title"}, "description": {"column": "description"}, "url": {"column": "URL"}}
        (run / "provenance.json").write_text(json.dumps({"provenance": {"understood": understood}}))
        points = pd.DataFrame(
            {
                "Title": titles,
                "URL": [("javascript:alert(1)", "https://a.example/?q=$1&$2")[i % 2] for i in range(n)],
                "description": "",
                "id": [f"d{i}" for i in ids],
                "cluster": labels,
                "probability": strength,
                "x": x,
                "y": y,
            }
        )
        repeated = points.iloc[[0]]
        blank = pd.DataFrame([dict.fromkeys(points, "")])
        pd.concat([points.sample(frac=1, random_state=1), repeated, blank]).to_csv(
            run / "clusters.csv", index=False, encoding="utf-8-sig"
        )
    grid = {"name": folder.name, "varied": ["min_samples", "min_cluster_size", "method", "k"], "runs": names}
    (folder / "grid.json").write_text(json.dumps(grid))
    return folder


@pytest.fixture(scope="session")
def grid_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("reports") / "grid")


@pytest.fixture(scope="session")
def grid(grid_folder: Path) -> Grid:
    from newsclust.grid.runs import read_grid  # late: few tests need it

    return read_grid(grid_folder)


def with_labels(grid: Grid, labels: pd.DataFrame, **columns) -> Grid:
    """The grid with other clusters, one column of `labels` for each finished run."""
    maps = {run: grid.maps[run].loc[labels.index].assign(cluster=labels[run]) for run in labels if run in grid.maps}
    runs = grid.runs[grid.runs["name"].isin(labels.columns)].reset_index(drop=True).assign(**columns)
    titles, urls = grid.titles.loc[labels.index], grid.urls.loc[labels.index]
    return replace(grid, runs=runs, maps=maps, labels=labels.astype(np.int32), titles=titles, urls=urls)
