"""What UMAP's epochs cost and bring: seconds and trustworthiness of the map, as a Markdown table."""

from __future__ import annotations

import time
import warnings
from statistics import median

import inputs
import numpy as np
from pipelines import N_NEIGHBORS

NAMES = "sample", "stories", "agnews"
EPOCHS = 200, 300, 500
SEEDS = 42, 1, 2


def main() -> None:
    """Print a row per corpus and number of epochs."""
    from sklearn.manifold import trustworthiness

    from newsclust.clusters.layout import _umap
    from newsclust.clusters.neighbors import Neighbors, exact_neighbors

    warnings.simplefilter("ignore")
    print("| data | documents | epochs | seconds | trustworthiness |\n| :-- | --: | --: | --: | :-- |")
    for name in NAMES:
        source = inputs.INPUTS[name].source
        if source and not source.exists():
            continue
        inputs.make(name)
        vectors = np.array(inputs.load_documents(name).vectors)
        n = len(vectors)
        lists = Neighbors(np.arange(n), *exact_neighbors(vectors, N_NEIGHBORS - 1))
        _umap(vectors[:500], Neighbors(np.arange(500), *exact_neighbors(vectors[:500], 10)), 2, 11, 0.1, 10, 42)
        for epochs in EPOCHS:
            seconds, kept = [], []
            for seed in SEEDS:
                start = time.perf_counter()
                coordinates = _umap(vectors, lists, 2, N_NEIGHBORS, 0.1, epochs, seed)
                seconds.append(time.perf_counter() - start)
                kept.append(trustworthiness(vectors, coordinates, n_neighbors=15))
            spread = f"{min(kept):.3f} to {max(kept):.3f}"
            print(f"| {name} | {n:,} | {epochs} | {median(seconds):.1f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
