"""From a file of headlines through a Milvus server to stories that are written back, stage by stage.

    python benchmarks/from_files.py [--documents 1000000] [--stories 1000]

Headlines and stories are synthetic. A stand-in for the model gives each headline a vector of 384 dimensions near that
of its story at no cost. `newsclust ingest` stores them on a Milvus 2.3.5 server of its own; then the collection is
clustered as one of the user's own (``data: milvus``). A Markdown table: seconds, processor seconds and the highest
resident memory of each stage, without the server; then the known stories.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from contextlib import chdir
from pathlib import Path

import numpy as np
from ingesting import DIM, server, write
from million import head, timed


class StandIn:
    """A model whose vectors lie around those of stories; the number in a headline says which."""

    pack_size = 4096

    def __init__(self, stories: int) -> None:
        rng = np.random.default_rng(1)
        self._centres = rng.normal(scale=DIM**-0.5, size=(stories, DIM)).astype(np.float32)
        self._noise = rng.normal(scale=0.035, size=(1 << 16, DIM)).astype(np.float32)

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [[number_of(text)] for text in texts]

    def run(self, packs, tokens):
        from newsclust.vectors.passes import Embedded

        for pack in packs:
            numbers = np.array([tokens[row][0] for row in pack.rows])
            vectors = self._centres[numbers % len(self._centres)] + self._noise[numbers % len(self._noise)]
            yield Embedded(pack, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def number_of(headline: str) -> int:
    return int(headline.rpartition(" ")[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--stories", type=int, default=1000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")

    import newsclust as nc
    from newsclust.run.ingest import ingest
    from newsclust.stories.evaluation import agreement
    from newsclust.vectors import store
    from newsclust.vectors.embedding import Embedder

    store.load_embedder = lambda name, precision="auto": Embedder(name, name, "1", DIM, lambda: StandIn(given.stories))
    with tempfile.TemporaryDirectory() as folder, chdir(folder), server(Path(folder)) as uri:
        write(file := Path("headlines.csv"), given.documents)
        head(f"{given.documents:,} documents x {DIM}, {file.stat().st_size / 2**20:,.0f} MiB")
        timed("ingest", lambda: ingest(str(file), uri=uri, collection="news", model="minilm"))
        name = store.Store(uri, "news", "minilm").name
        corpus = timed("read texts", lambda: nc.read("milvus", uri=uri, collection=name))
        vectors = timed("read vectors", lambda: nc.embed(corpus))
        links = timed("link", lambda: nc.link(vectors, k=15, n_neighbors=15))
        clusters = timed("cluster", lambda: nc.cluster(links, min_samples=3, min_cluster_size=20))
        stories = timed("name", lambda: nc.name(clusters, assign_noise=True))
        points = timed("map", lambda: nc.map(stories))
        timed("write results and labels", lambda: nc.finish(points, output="out", write_labels=True))
        truth = corpus.documents["text"].map(number_of).to_numpy() % given.stories
        found = agreement(stories.labels, truth)
        print(f"\n{stories.labels.max() + 1:,} stories; AMI {found['ami']:.3f}, ARI {found['ari']:.3f}")
        with vectors.milvus() as client:
            told = client.query(f"{name}_stories", filter="", output_fields=["count(*)"], consistency_level="Strong")
        print(f"{told[0]['count(*)']:,} labels on the server")


if __name__ == "__main__":
    main()
