"""Time and quality of a layout, ours and umap-learn's own descent: a Markdown table.

Both have the same neighbours, graph and start. *Placed* is our layout of every fifth document, with the others placed
(`newsclust.neighbors.placing`). Seconds are medians, the rest is the range over the seeds: trustworthiness and
continuity (15 neighbours), the share of a document's 15 nearest that are its 15 nearest on the map too, and, where
stories are known, the share of its 10 nearest on the map, or of as many as its story has, that are of its story.
"""

from __future__ import annotations

import time
import warnings
from statistics import median
from typing import Any

import inputs
import numpy as np
import pandas as pd
from pipelines import N_NEIGHBORS

NAMES = "sample", "stories", "agnews"
EPOCHS = 200, 300, 500
SEEDS = 42, 1, 2


def main() -> None:
    """Print a row per corpus, side and number of epochs."""
    from newsclust.neighbors.comparison import exact_neighbors
    from newsclust.neighbors.layout import _umap
    from newsclust.neighbors.neighbors import Neighbors

    warnings.simplefilter("ignore")
    print("| data | documents | epochs | | seconds | trustworthiness | continuity | neighbours kept | of its story |")
    print("| :-- | --: | --: | :-- | --: | :-- | :-- | :-- | :-- |")
    for name in NAMES:
        source = inputs.INPUTS[name].source
        if source and not source.exists():
            continue
        inputs.make(name)
        documents = inputs.load_documents(name)
        vectors = np.array(documents.vectors)
        known = documents.table["truth"]
        stories = known if known.any() else None
        n = len(vectors)
        lists = Neighbors(np.arange(n), *exact_neighbors(vectors, N_NEIGHBORS - 1))
        sides = {"newsclust": _umap, "umap-learn": _umap_alone, "placed": _placed}
        few = Neighbors(np.arange(500), *exact_neighbors(vectors[:500], 10))
        for lay_out in sides.values():
            lay_out(vectors[:500], few, 2, 11, 0.1, 10, 42)  # compiles
        for epochs in EPOCHS:
            runs: dict[str, list[list[float]]] = {side: [] for side in sides}
            for seed in SEEDS:
                for side, lay_out in sides.items():
                    start = time.perf_counter()
                    points = lay_out(vectors, lists, 2, N_NEIGHBORS, 0.1, epochs, seed)
                    runs[side].append([time.perf_counter() - start, *worth(vectors, lists.indices, points, stories)])
            for side, found in runs.items():
                seconds, *worths = zip(*found, strict=True)
                ranges = [f"{min(w):.3f} to {max(w):.3f}" if not np.isnan(w[0]) else "" for w in worths]
                cells = [name, f"{n:,}", epochs, side, f"{median(seconds):.1f}", *ranges]
                print(f"| {' | '.join(map(str, cells))} |", flush=True)


def worth(vectors: np.ndarray, nearest: np.ndarray, points: np.ndarray, stories: pd.Series | None) -> list[float]:
    """Trustworthiness, continuity, neighbours kept and stories kept together; NaN if no stories are known."""
    from sklearn.manifold import trustworthiness
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=15).fit(points).kneighbors(return_distance=False)
    kept = np.mean([len(np.intersect1d(*pair)) for pair in zip(nearest[:, :15], near, strict=True)]) / 15
    together = np.nan
    if stories is not None:
        story = stories.to_numpy()
        others = pd.Series(story).map(pd.Series(story).value_counts()).to_numpy() - 1
        shared = (story[near[:, :10]] == story[:, None]).sum(axis=1)
        told = ~np.isin(story, ["", "one-off"]) & (others > 0)
        together = np.mean(np.minimum(shared[told] / np.minimum(others[told], 10), 1))
    ours = [trustworthiness(*pair, n_neighbors=15) for pair in ((vectors, points), (points, vectors))]
    return [*ours, kept, together]


def _placed(
    vectors: np.ndarray, lists: Any, n_components: int, n_neighbors: int, min_dist: float, *rest: int
) -> np.ndarray:
    from newsclust.neighbors.comparison import exact_neighbors
    from newsclust.neighbors.layout import _umap
    from newsclust.neighbors.neighbors import Neighbors
    from newsclust.neighbors.placing import place_others

    rows = np.arange(0, len(vectors), 5)
    theirs = Neighbors(rows, *exact_neighbors(vectors[rows], n_neighbors - 1))
    where = _umap(vectors[rows], theirs, n_components, n_neighbors, min_dist, *rest)
    return place_others(vectors, lists, rows, where, min_dist, rest[-1])


def _umap_alone(
    vectors: np.ndarray, lists: Any, n_components: int, n_neighbors: int, min_dist: float, epochs: int, seed: int
) -> np.ndarray:
    from umap import UMAP

    itself = np.arange(len(vectors), dtype=np.int32)[:, None]
    indices = np.hstack([itself, lists.indices])
    distances = np.hstack([np.zeros(itself.shape, np.float32), lists.distances])
    model = UMAP(
        n_components=n_components,
        n_neighbors=n_neighbors,
        min_dist=min_dist,
        n_epochs=epochs,
        random_state=seed,
        n_jobs=1,
        precomputed_knn=(indices, distances, None),
        force_approximation_algorithm=True,
    )
    return model.fit_transform(vectors)


if __name__ == "__main__":
    main()
