"""From stored vectors of a million documents to labels and a map, stage by stage, in a separate process.

    python benchmarks/million.py [--documents N] [--server]
    python benchmarks/million.py --graph graph-10m

The vectors are synthetic, with known clusters (`inputs._mixture`), and in a Milvus Lite file or, with ``--server``, on
a Milvus 2.3.5 server of its own. A Markdown table: seconds, processor seconds, and the highest resident memory of each
stage, and without the pages of files; then recall and the known clusters. With ``--graph`` HDBSCAN alone, on the
neighbour lists of that name in `inputs.INPUTS`.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack, chdir
from pathlib import Path
from typing import Any

import inputs
import numpy as np
from ingesting import server
from inputs import STORED, WORK
from pipelines import N_NEIGHBORS, K, store

CLUSTERS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--graph")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        if arguments.graph:
            graph_to_labels(arguments.graph)
        else:
            stored_to_map(arguments.documents, Path(folder), arguments.server)


def stored_to_map(n: int, folder: Path, on_server: bool) -> None:
    name = f"vectors-{n}" if on_server else f"synthetic-{n}"
    inputs.INPUTS.setdefault(name, inputs.Input(inputs._mixture(n, in_milvus=not on_server)))
    inputs.make(name)

    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    from newsclust.clusters.clustering import cluster
    from newsclust.neighbors.layout import lay_out
    from newsclust.neighbors.neighbors import find_neighbors
    from newsclust.stories.evidence import Evidence
    from newsclust.stories.settings import choose_settings

    documents = inputs.load_documents(name)
    with ExitStack() as stack:
        if on_server:
            where = stack.enter_context(server(folder))
            inputs.fill(documents, where)
        else:
            where = shutil.copytree(WORK / name / STORED, folder / STORED)
        head(f"{n:,} documents x {inputs.DIM}")
        embeddings = timed("read from Milvus", lambda: store(documents, where).embed(documents.table))
    assert not embeddings.n_embedded
    neighbors = timed("search", lambda: find_neighbors(embeddings, max(K, N_NEIGHBORS)))
    clustering = timed("cluster", lambda: cluster(neighbors, K, 3, 3))
    chosen = timed("settings", lambda: choose_settings(neighbors, Evidence(embeddings.vectors), K))
    layout = timed("layout", lambda: lay_out(embeddings, neighbors, n_neighbors=N_NEIGHBORS))
    np.save(WORK / name / "layout.npy", layout.coordinates)
    print(f"\n{neighbors}\n{clustering}\n{chosen}")
    truth = documents.table["truth"].to_numpy()
    # Only up to a number of clusters: AMI's correction for chance computes each pair of a cluster and a label.
    told = np.isin(truth, np.unique(truth)[1 : CLUSTERS + 1])
    truth, labels = truth[told], clustering.labels[told]
    agreement = adjusted_mutual_info_score(truth, labels), adjusted_rand_score(truth, labels)
    print("AMI {:.3f}, ARI {:.3f}".format(*agreement), f"of {len(np.unique(truth)):,} known clusters")


def graph_to_labels(name: str) -> None:
    from graph_hdbscan.hierarchy import condense, linkage, select
    from graph_hdbscan.spanning_tree import spanning_tree

    inputs.make(name)
    graph = inputs.load_graph(name)
    n = len(graph.indices)
    head(f"{n:,} documents, {graph.indices.shape[1]} neighbours each")
    tree = timed("spanning tree", lambda: spanning_tree(graph.indices, graph.distances, 3))
    merges = timed("hierarchy", lambda: linkage(tree))
    condensed = timed("condensed tree", lambda: condense(merges, 3))
    labels, _, _ = timed("labels", lambda: select(condensed, n, 3))
    print(f"\n{labels.max() + 1:,} clusters, {(labels < 0).mean():.1%} noise")


def head(what: str) -> None:
    columns = "stage", "seconds", "processor seconds", "MiB", "without files"
    print(f"{what}\n\n| {' | '.join(columns)} |\n| :-- | --: | --: | --: | --: |", flush=True)


def timed(what: str, call: Callable[[], Any]) -> Any:
    from newsclust.stages import stage

    anonymous, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            status = Path("/proc/self/status").read_text()
            anonymous[0] = max(anonymous[0], int(status.split("RssAnon:")[1].split()[0]) / 1024)

    threading.Thread(target=watch, daemon=True).start()
    busy = time.process_time()
    with stage(what) as entry:
        found = call()
    busy = time.process_time() - busy
    over.set()
    print(f"| {what} | {entry.seconds:.0f} | {busy:.0f} | {entry.peak_mib:,.0f} | {anonymous[0]:,.0f} |", flush=True)
    return found


if __name__ == "__main__":
    main()
