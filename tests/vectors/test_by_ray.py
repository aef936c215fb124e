"""Embedding by Ray."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest

from newsclust.corpus.documents import read_corpus
from newsclust.errors import NewsclustError
from newsclust.run.ingest import ingest
from newsclust.vectors import by_ray
from newsclust.vectors.store import Store
from test_ingest import in_pieces, stored, wanted, write_rows  # noqa: F401  in_pieces is a fixture for each test


def test_without_ray_its_engine_says_what_to_install(toy_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NewsclustError, match=r"needs Ray Data: run pip install 'ray\[data\]'"):
        ingest(str(write_rows(20)), engine="ray", model="minilm")


def test_an_error_says_that_ray_cannot_start(toy_model, monkeypatch):
    def start(**given):
        raise RuntimeError("The current node timed out\nduring startup.")

    stand_in = SimpleNamespace(init=start, shutdown=lambda: None, data=SimpleNamespace())
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    monkeypatch.setitem(sys.modules, "ray.data", stand_in.data)
    with pytest.raises(NewsclustError, match=r"Ray stopped \(RuntimeError: The current node timed out during startup"):
        ingest(str(write_rows(20)), engine="ray", parquet="files", model="minilm")


def test_ray_stores_every_document_once_on_a_server_and_refuses_a_local_file(server, monkeypatch):
    pytest.importorskip("ray.data", reason="Ray Data is not installed")
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    monkeypatch.setattr(by_ray, "BATCH", 16)
    path = write_rows(60)
    with pytest.raises(NewsclustError, match=r"milvus\.db is a local file"):
        ingest(str(path), engine="ray", model="minilm")
    done = ingest(str(path), engine="ray", uri=server.uri, collection="ray", model="minilm")
    again = ingest(str(path), engine="ray", uri=server.uri, collection="ray", model="minilm")
    assert (done.embedded, again.embedded) == (done.documents, 0)
    assert stored(Store(server.uri, "ray")) == wanted(path)
    embeddings = Store(server.uri, "ray").embed(read_corpus(str(path)).documents)
    assert embeddings.n_embedded == 0
    ingest(str(path), engine="ray", parquet="files", model="minilm")
    files = pd.read_parquet("files").sort_values("id")
    assert np.array_equal(files["id"], embeddings.ids) and files["text"].tolist() == list(wanted(path).values())
    assert np.allclose(np.stack(files["embedding"]), embeddings.vectors, atol=1e-6)


BY_RAY = """
import sys
from headline_reader import chunks, parts
from newsclust import cli
from newsclust.vectors import by_ray, filling

chunks.WHOLE, parts.BLOCK, filling.FIRST_ROWS, filling.INSERT_ROWS, by_ray.BATCH = -1, 40, 10, 25, 8
sys.argv[1:1] = ["ingest", "--engine", "ray", "--model", "minilm"]
cli.main()
"""


def workers(process: subprocess.Popen) -> list[psutil.Process]:
    """Ray's processes that embed."""
    found = []
    with suppress(psutil.Error):
        for one in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if "MapWorker" in " ".join(one.cmdline()):
                    found.append(one)
    return found


@pytest.mark.soak
@pytest.mark.parametrize("kills", [10])
def test_where_workers_are_killed_and_ray_with_them_every_document_is_stored_once(server, monkeypatch, kills):
    pytest.importorskip("ray.data", reason="Ray Data is not installed")
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    Path("by_ray.py").write_text(BY_RAY)
    path, chance, by_itself = write_rows(400), random.Random(kills), 0
    for number in range(kills):
        where = ["--uri", server.uri, "--collection", f"ray_{number}"]
        command = [sys.executable, "by_ray.py", str(path), *where]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while not (embedding := workers(run)) and run.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 8))
        for worker in embedding:
            with suppress(psutil.Error):
                worker.kill()
        if number % 2:
            time.sleep(chance.uniform(0, 2))
            run.send_signal(signal.SIGKILL)
        said = run.communicate(timeout=300)[0]
        by_itself += run.returncode == 0
        if run.returncode:
            assert number % 2 or "run the same again" in said, said
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr
            said += done.stdout + done.stderr
        assert stored(Store(server.uri, f"ray_{number}")) == wanted(path) and server.token not in said
    assert by_itself >= kills // 2  # where only a worker is killed, Ray repeats its work
