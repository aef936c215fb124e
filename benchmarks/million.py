"""Stored vectors of a million documents to labels and a map, stage by stage, in a process of its own.

    python benchmarks/million.py [--documents N]

The vectors are synthetic, with known clusters (`inputs._mixture`), and in a Milvus Lite file. A Markdown table:
seconds, processor seconds, and the highest resident memory of each stage; then recall and the known clusters.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import inputs
import numpy as np
from inputs import STORED, WORK
from pipelines import N_NEIGHBORS, K, store

CLUSTERS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    n = parser.parse_args().documents
    name = f"synthetic-{n}"
    inputs.INPUTS.setdefault(name, inputs.Input(inputs._mixture(n)))
    inputs.make(name)

    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.layout import lay_out
    from newsclust.neighbors.neighbors import find_neighbors
    from newsclust.stages import stage
    from newsclust.stories.evidence import Evidence
    from newsclust.stories.settings import choose_settings

    warnings.simplefilter("ignore")
    documents = inputs.load_documents(name)
    print(f"{n:,} documents x {inputs.DIM}\n\n| stage | seconds | processor seconds | MiB |\n| :-- | --: | --: | --: |")

    def timed(what: str, call: Callable[[], Any]) -> Any:
        busy = time.process_time()
        with stage(what) as entry:
            found = call()
        busy = time.process_time() - busy
        print(f"| {what} | {entry.seconds:.0f} | {busy:.0f} | {entry.peak_mib:,.0f} |", flush=True)
        return found

    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        path = Path(folder) / STORED
        shutil.copytree(WORK / name / STORED, path)
        embeddings = timed("read from Milvus", lambda: store(documents, path).embed(documents.table))
        neighbors = timed("search", lambda: find_neighbors(embeddings, max(K, N_NEIGHBORS)))
        clustering = timed("cluster", lambda: cluster(neighbors, K, 3, 3))
        chosen = timed("settings", lambda: choose_settings(neighbors, Evidence(embeddings.vectors), K))
        layout = timed("layout", lambda: lay_out(embeddings, neighbors, n_neighbors=N_NEIGHBORS))
        np.save(WORK / name / "layout.npy", layout.coordinates)
    print(f"\n{neighbors}\n{clustering}\n{chosen}")
    truth = documents.table["truth"].to_numpy()
    # Of so many clusters as take seconds: AMI's correction for chance looks at each pair of a cluster and a label.
    told = np.isin(truth, np.unique(truth)[1 : CLUSTERS + 1])
    truth, labels = truth[told], clustering.labels[told]
    agreement = adjusted_mutual_info_score(truth, labels), adjusted_rand_score(truth, labels)
    print("AMI {:.3f}, ARI {:.3f}".format(*agreement), f"of {len(np.unique(truth)):,} known clusters")


if __name__ == "__main__":
    main()
