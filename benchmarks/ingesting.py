"""The time of `newsclust ingest` without embedding, in turn with a bare `MilvusClient.insert` of the same batches.

    python benchmarks/ingesting.py [--documents 20000 200000] [--repeats 3]

A Milvus 2.3.5 server from PyPI is started for it. A stand-in for the model gives vectors of 384 dimensions at no cost.
Each side has its own process and its own collection; peak memory is that of the process, without the server. On a
machine in use, seconds of a side that mostly waits for the server mean little: so the process's processor seconds are
shown, too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

DIM = 384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=["ingest", "bare"], help="one process of it: uri, then file or documents")
    parser.add_argument("given", nargs="*")
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps({"ingest": ingest, "bare": bare}[arguments.side](*arguments.given)))
        return
    print("| documents | | seconds | processor seconds | ratio | of seconds | peak memory |")
    print("| --: | :-- | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as uri:
        for n in arguments.documents:
            file = Path(folder, f"{n}.csv")
            write(file, n)
            found: dict[str, list[dict[str, float]]] = {"bare": [], "ingest": []}
            for number in range(arguments.repeats):
                for side, given in (("bare", str(n)), ("ingest", str(file))):
                    found[side].append(run(side, uri, given, f"c{n}_{number}_{side}", cwd=folder))
            for side, runs in found.items():
                facts = {name: median(run[name] for run in runs) for name in runs[0]}
                ratio = {
                    name: median(a[name] / b[name] for a, b in zip(runs, found["bare"], strict=True)) for name in facts
                }
                print(
                    f"| {n:,} | {side} | {facts['seconds']:.1f} | {facts['processor']:.1f} | "
                    f"{ratio['processor']:.2f} | {ratio['seconds']:.2f} | {facts['mib']:,.0f} MiB |",
                    flush=True,
                )


def run(side: str, *given: str, cwd: str) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", str(Path(__file__).resolve()), "--side", side, *given]
    done = subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


def texts(n: int) -> Iterator[str]:
    """Different headlines of about ten words."""
    words = """council votes bridge harbour storm ferry museum market river school strike budget court police fire rail
    airport election minister doctor tunnel festival library stadium factory farmers drought harvest heatwave""".split()
    rng = np.random.default_rng(0)
    for number, row in enumerate(rng.integers(len(words), size=(n, 8))):
        yield f"{' '.join(words[word] for word in row).capitalize()} in district {number}"


def write(file: Path, n: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("title,published_at,source\n")
        for number, text in enumerate(texts(n)):
            out.write(f"{text},2024-{number % 12 + 1:02d}-{number % 28 + 1:02d},Paper {number % 40}\n")


def ingest(uri: str, file: str, collection: str) -> dict[str, float]:
    from newsclust.run import ingest as module
    from newsclust.vectors import store
    from newsclust.vectors.embedding import Embedder

    vectors, spent = some_vectors(), [0.0, 0.0]

    @dataclass(frozen=True)
    class StandIn(Embedder):
        def stream(self, texts: list[str]) -> Iterator[tuple[list[int], np.ndarray, None]]:
            clock = time.perf_counter(), time.process_time()
            new = vectors[np.arange(len(texts)) % len(vectors)]
            spent[:] = spent[0] + time.perf_counter() - clock[0], spent[1] + time.process_time() - clock[1]
            if texts:
                yield list(range(len(texts))), new, None

    store.load_embedder = lambda name, precision="auto": StandIn(name, name, "1", DIM, lambda: None)
    start = time.perf_counter(), time.process_time()
    done = module.ingest(file, uri=uri, collection=collection, model="minilm")
    assert done.embedded == done.documents
    return taken(start[0] + spent[0], start[1] + spent[1])


def bare(uri: str, n: str, collection: str) -> dict[str, float]:
    from pymilvus import MilvusClient

    from newsclust.corpus.documents import text_id
    from newsclust.vectors.filling import FIRST_ROWS, INSERT_ROWS
    from newsclust.vectors.store import Store

    vectors, given, size = some_vectors(), [(text_id(text), text) for text in texts(int(n))], FIRST_ROWS
    store = Store(uri, collection, "minilm")
    client = MilvusClient(uri)
    with store.open():  # makes the collection as newsclust does
        pass
    start = time.perf_counter(), time.process_time()
    while given:
        some, given = given[:size], given[size:]
        rows = zip(some, vectors[np.arange(len(some)) % len(vectors)], strict=True)
        client.insert(store.name, [{"id": id, "embedding": vector, "text": text} for (id, text), vector in rows])
        size = min(2 * size, INSERT_ROWS)
    client.flush(store.name)
    return taken(*start)


def some_vectors() -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(4096, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def taken(wall: float, processor: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor, "mib": peak}


class server:
    """Milvus 2.3.5 on its own ports for the block; yields its address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> str:
        import socket

        from milvus import MilvusServer, MilvusServerConfig

        sockets = [socket.socket() for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        port, etcd, peer = (one.getsockname()[1] for one in sockets)
        for one in sockets:
            one.close()
        (self.folder / "etcd.yaml").write_text(
            f"listen-client-urls: http://127.0.0.1:{etcd}\nadvertise-client-urls: http://127.0.0.1:{etcd}\n"
            f"listen-peer-urls: http://127.0.0.1:{peer}\ninitial-advertise-peer-urls: http://127.0.0.1:{peer}\n"
            f"initial-cluster: default=http://127.0.0.1:{peer}\n"
        )
        os.environ["ETCD_CONFIG_PATH"] = str(self.folder / "etcd.yaml")
        config = MilvusServerConfig(data_dir=str(self.folder / "milvus"), proxy_port=port, etcd_port=etcd)
        self.running = MilvusServer(config)
        self.running.start()
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: Any) -> None:
        self.running.server_proc.kill()
        self.running.server_proc.wait(60)  # `stop` alone waits for four seconds, then fails
        self.running.stop()
        self.running.cleanup()


if __name__ == "__main__":
    main()
