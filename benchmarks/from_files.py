"""From a file of headlines through a Milvus server to stories that are written back, stage by stage.

    python benchmarks/from_files.py [--documents 1000000] [--stories 1000] [--engine ray]

Headlines and stories are synthetic. A stand-in for the model gives each headline a vector of 384 dimensions near that
of its story at no cost. `newsclust ingest` stores them on a Milvus 2.3.5 server of its own, or by Ray with
``--engine ray``; then the collection is clustered as one of the user's own (``data: milvus``). A Markdown table:
seconds, processor seconds and the highest resident memory of each stage, without the server; then the known stories.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import warnings
from contextlib import chdir
from pathlib import Path

import numpy as np
from ingesting import DIM, server
from million import head, timed

WORDS = """council votes bridge harbour storm ferry museum market river school strike budget court police fire rail
airport election minister doctor tunnel festival library stadium factory farmers drought harvest heatwave""".split()


class StandIn:
    """A model whose vectors lie around those of stories; a headline's last word is its story's number."""

    pack_size = 4096

    def __init__(self) -> None:
        self._noise = np.random.default_rng(1).normal(scale=0.035, size=(1 << 16, DIM)).astype(np.float32)

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [[int(number) for number in re.findall(r"\d+", text)] for text in texts]

    def run(self, packs, tokens):
        from newsclust.vectors.passes import Embedded

        for pack in packs:
            numbers = np.array([tokens[row] for row in pack.rows])
            centres = {story: np.random.default_rng(story).normal(size=DIM) for story in np.unique(numbers[:, 1])}
            vectors = np.stack([centres[story] / np.sqrt(DIM) for story in numbers[:, 1]])
            vectors = (vectors + self._noise[numbers[:, 0] % len(self._noise)]).astype(np.float32)
            yield Embedded(pack, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def write(file: Path, n: int, stories: int) -> None:
    rng = np.random.default_rng(0)
    with file.open("w", encoding="utf-8") as out:
        out.write("title,published_at,source\n")
        for number, words in enumerate(rng.integers(len(WORDS), size=(n, 7))):
            text = " ".join(WORDS[word] for word in words).capitalize()
            day = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
            out.write(f"{text} {number} in district {number % stories},{day},Paper {number % 40}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--stories", type=int, default=1000)
    parser.add_argument("--engine", choices=["process", "ray"], default="process")
    given = parser.parse_args()
    warnings.simplefilter("ignore")

    import newsclust as nc
    from newsclust.run.ingest import ingest
    from newsclust.stories.evaluation import agreement
    from newsclust.vectors import store
    from newsclust.vectors.embedding import Embedder

    store.load_embedder = lambda name, precision="auto": Embedder(name, name, "1", DIM, StandIn)
    with tempfile.TemporaryDirectory() as folder, chdir(folder), server(Path(folder)) as uri:
        write(file := Path("headlines.csv"), given.documents, given.stories)
        head(f"{given.documents:,} documents x {DIM}, {file.stat().st_size / 2**20:,.0f} MiB")
        timed("ingest", lambda: ingest(str(file), engine=given.engine, uri=uri, collection="news", model="minilm"))
        name = store.Store(uri, "news", "minilm").name
        corpus = timed("read texts", lambda: nc.read("milvus", uri=uri, collection=name))
        vectors = timed("read vectors", lambda: nc.embed(corpus))
        links = timed("link", lambda: nc.link(vectors, k=15, n_neighbors=15))
        clusters = timed("cluster", lambda: nc.cluster(links, min_samples=3, min_cluster_size=20))
        stories = timed("name", lambda: nc.name(clusters, assign_noise=True))
        points = timed("map", lambda: nc.map(stories))
        timed("write results and labels", lambda: nc.finish(points, output="out", write_labels=True))
        truth = corpus.documents["text"].str.extract(r"(\d+)$")[0].to_numpy()
        found = agreement(stories.labels, truth)
        print(f"\n{stories.labels.max() + 1:,} stories; AMI {found['ami']:.3f}, ARI {found['ari']:.3f}")
        with vectors.milvus() as client:
            told = client.query(f"{name}_stories", filter="", output_fields=["count(*)"], consistency_level="Strong")
        print(f"{told[0]['count(*)']:,} labels on the server")


if __name__ == "__main__":
    main()
