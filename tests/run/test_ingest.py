"""Headlines of any number are stored once, in little memory, whatever happens meanwhile; a run embeds none again."""

from __future__ import annotations

import csv
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pymilvus
import pytest
from typer.testing import CliRunner

import newsclust as nc
from headline_reader import chunks, parts
from milvus_server import started
from newsclust.cli import app
from newsclust.corpus import spool
from newsclust.corpus.documents import read_corpus
from newsclust.errors import NewsclustError
from newsclust.run.ingest import ingest
from newsclust.vectors import collection, connection, filling
from newsclust.vectors.store import Store


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch):
    """Small files are read and stored in many."""
    monkeypatch.setattr(chunks, "WHOLE", -1)
    monkeypatch.setattr(parts, "BLOCK", 40)
    monkeypatch.setattr(filling, "FIRST_ROWS", 10)
    monkeypatch.setattr(filling, "INSERT_ROWS", 25)


def write_rows(n: int = 300, name: str = "mine.csv") -> Path:
    """Headlines, some of them in two spellings on different days, some that are none."""
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["title", "description", "published_at"])
        for i in range(n):
            title = f"Council number {i - i % 6 // 5} votes on the bridge"
            title = title.upper() + "!" if i % 6 == 5 else title
            out.writerow([title if i % 20 else "[Removed]", "", f"2024-05-{28 - i % 27:02d}"])
    return Path(name)


def stored(store: Store) -> dict[int, str]:
    with store.open() as client:
        found = client.query(store.name, filter="id >= 0", output_fields=["id", "text"], consistency_level="Strong")
        count = client.query(store.name, filter="", output_fields=["count(*)"], consistency_level="Strong")
    assert count[0]["count(*)"] == len(found) == len({one["id"] for one in found})
    return {one["id"]: one["text"] for one in found}


def wanted(*files: Path) -> dict[int, str]:
    documents = read_corpus([str(file) for file in files]).documents
    return dict(zip(documents["id"], documents["text"], strict=True))


def test_a_run_of_the_same_file_embeds_nothing(toy_model):
    path = write_rows()
    done = ingest(str(path), model="minilm")
    corpus = read_corpus(str(path))
    assert (done.rows, done.documents, done.repeats) == (corpus.n_rows, corpus.n_documents, corpus.n_repeats)
    assert (done.set_aside, done.embedded) == (corpus.n_set_aside, corpus.n_documents) and done.repeats > 10
    assert stored(Store()) == wanted(path)
    assert Store().embed(corpus.documents).n_embedded == 0
    assert len(toy_model.texts) == len(set(toy_model.texts)) == corpus.n_documents
    again = ingest(str(path), model="minilm")
    assert again.embedded == 0 and again.documents == corpus.n_documents


def test_of_equal_texts_in_different_files_that_of_the_corpus_is_stored(toy_model):
    files = [write_rows(60), write_rows(90, "more.csv")]
    files[1].write_text(files[1].read_text().replace("votes", "VOTES").replace("2024-05", "2024-04"))
    ingest([str(file) for file in files], model="minilm")
    assert stored(Store()) == wanted(*files)
    assert any("VOTES on" in text for text in stored(Store()).values())


def test_the_model_is_the_one_that_a_run_would_choose(monkeypatch):
    path = write_rows(40)
    done = ingest(str(path))
    vectors = nc.embed(nc.read(str(path)))
    assert vectors.embeddings.n_embedded == 0 and vectors.collection in done.where


def test_words_are_stored_beside_the_vectors(toy_model):
    path = write_rows(60)
    texts = list(wanted(path).values())
    toy_model.words = {text: {5: 0.5, 7 + at: 1.0} for at, text in enumerate(texts)}
    ingest(str(path), model="minilm")
    found = Store().embed(read_corpus(str(path)).documents)
    assert found.n_embedded == 0
    rows = found.words.toarray()
    assert all(rows[at, 7 + texts.index(text)] == 1 for at, text in enumerate(wanted(path).values()))


def test_rows_that_are_set_aside_are_in_a_file_and_too_many_stop_before_embedding(toy_model):
    path = write_rows(100)
    done = ingest(str(path), model="minilm")
    rejected = list(csv.DictReader(done.rejected.open(encoding="utf-8-sig")))
    assert len(rejected) == done.set_aside == 5 and {row["reason"] for row in rejected} == {"removed by its publisher"}
    toy_model.texts.clear()
    with pytest.raises(NewsclustError, match=r"5 of 100 rows are set aside, more than 1%.*rejected\.csv says why"):
        ingest(str(path), 0.01, model="minilm", uri="other.db")
    assert not toy_model.texts and not Path("other.db").exists()


def test_a_collection_that_somebody_else_made_is_refused_in_a_sentence(toy_model):
    path = write_rows(20)
    toy_model.dim = 16
    ingest(str(path), model="minilm")
    toy_model.dim = 8
    with pytest.raises(NewsclustError, match=r"was not made by newsclust for this model.*give another name"):
        ingest(str(path), model="minilm")


def test_a_vector_that_is_none_stops_and_what_was_stored_is_stored(toy_model):
    path = write_rows(200)
    last = list(wanted(path).values())[-1]
    toy_model.vectors[last] = np.full(8, np.nan)
    with pytest.raises(NewsclustError, match="NaN"):
        ingest(str(path), model="minilm")
    n = len(stored(Store()))
    assert 100 < n < len(wanted(path))
    del toy_model.vectors[last]
    assert ingest(str(path), model="minilm").embedded == len(wanted(path)) - n


def test_the_command_says_what_became_of_the_rows(toy_model):
    path = write_rows(100)
    Path("empty.csv").write_text("a,b\n1,2\n")
    run = CliRunner().invoke(app, ["ingest", str(path), "--model", "minilm", "--json"], catch_exceptions=False)
    facts = json.loads(run.stdout)
    assert run.exit_code == 0 and facts["rows"] == 100 and facts["documents"] == facts["embedded"]
    run = CliRunner().invoke(app, ["ingest", str(path), "empty.csv", "--model", "minilm"], catch_exceptions=False)
    assert run.exit_code == 1 and "0 embedded now" in run.stdout and "5 set aside" in run.stdout
    with pytest.raises(NewsclustError, match="there is no file"):
        CliRunner().invoke(app, ["ingest", "nowhere.csv"], catch_exceptions=False)


STAND_IN = """
import hashlib, sys, time
from pathlib import Path
import numpy as np
from headline_reader import chunks, parts
from newsclust import cli
from newsclust.vectors import embedding, filling, store
from newsclust.vectors.embedding import Embedder
from newsclust.vectors.passes import Embedded

chunks.WHOLE, parts.BLOCK, filling.FIRST_ROWS, filling.INSERT_ROWS = -1, 40, 10, 25

class Model:
    pack_size = 400
    def tokenize(self, texts):
        return [list(text.encode()) for text in texts]
    def run(self, packs, tokens):
        for pack in packs:
            Path("begun").touch()
            time.sleep(0.02)
            yield Embedded(pack, np.stack([vector(bytes(tokens[row])) for row in pack.rows]))

def vector(text):
    seed = hashlib.blake2b(text, digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(seed, "big")).normal(size=8)

store.load_embedder = lambda name, precision="auto": Embedder(name, name, "1", 8, Model)
sys.argv[1:1] = ["ingest", "--model", "minilm"]
cli.main()
"""


def kill_and_resume(path: Path, kills: int, *options: str) -> str:
    """Start an ingest again and again, kill it at random moments, and let the last one end; what they printed."""
    Path("stand_in.py").write_text(STAND_IN)
    chance, said = random.Random(kills), ""
    for number in range(kills + 1):
        run = subprocess.Popen(
            [sys.executable, "stand_in.py", str(path), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if number < kills:
            begun, deadline = Path("begun"), time.monotonic() + 60
            begun.unlink(missing_ok=True)
            while chance.random() < 0.99 and not begun.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(chance.uniform(0, 2))
            run.send_signal(signal.SIGKILL)
        said += run.communicate(timeout=300)[0].decode()
    assert run.returncode == 0, said
    return said


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_at_any_moment_the_same_command_goes_on(toy_model, kills):
    path = write_rows(900)
    kill_and_resume(path, kills)
    assert stored(Store()) == wanted(path)


class Gate:
    """Lets connections through to a server, except while it is shut."""

    def __init__(self, port: int) -> None:
        self.port, self._open, self._sockets = port, True, list[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def shut(self, seconds: float) -> None:
        self._open = False
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        threading.Timer(seconds, setattr, (self, "_open", True)).start()

    def _listen(self) -> None:
        while True:
            here, _ = self._listener.accept()
            if not self._open:
                here.close()
                continue
            there = socket.create_connection(("127.0.0.1", self.port))
            self._sockets += here, there
            for pair in ((here, there), (there, here)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


def test_a_server_gone_for_a_while_costs_nothing_and_its_token_is_not_shown(server, toy_model, monkeypatch, capfd):
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    monkeypatch.setattr(connection, "TIMEOUT", 2)
    monkeypatch.setattr(filling, "PAUSE", 0.5)
    gate, path = Gate(int(server.uri.rpartition(":")[2])), write_rows(200)

    def shut_once(texts):
        if len(toy_model.texts) == 90:
            gate.shut(8)

    toy_model.before = shut_once
    done = ingest(str(path), uri=gate.uri, collection="gate", model="minilm")
    assert stored(Store(server.uri, "gate")) == wanted(path)
    assert done.embedded == len(toy_model.texts) == len(set(toy_model.texts))
    ingest(str(path), uri=gate.uri, collection="gate", model="minilm")
    with pytest.raises(NewsclustError):
        ingest(str(path), 0.0, uri=gate.uri, collection="gate", model="minilm")
    said = "".join(capfd.readouterr()) + done.rejected.read_text() + str(done)
    assert server.token not in said and server.token.partition(":")[2] not in said


@pytest.mark.soak  # a server of its own, which takes a minute to come back
def test_a_server_that_is_killed_five_times_costs_no_document(tmp_path, toy_model, monkeypatch):
    monkeypatch.setattr(connection, "TIMEOUT", 2)
    path, at = write_rows(600), [90, 180, 270, 360, 450]
    (tmp_path / "server").mkdir()
    with started(tmp_path / "server") as (uri, kill_and_start):

        def kill(texts):
            if at and len(toy_model.texts) >= at[0]:
                at.pop(0)
                threading.Thread(target=kill_and_start).start()

        toy_model.before = kill
        done = ingest(str(path), uri=uri, collection="killed", model="minilm")
        assert not at and done.embedded == len(set(toy_model.texts)) == len(wanted(path))
        assert stored(Store(uri, "killed")) == wanted(path)
        again = Store(uri, "killed").embed(read_corpus(str(path)).documents)
    shutil.rmtree(".newsclust")
    elsewhere = Store().embed(read_corpus(str(path)).documents)
    assert again.n_embedded == 0 and np.array_equal(again.vectors, elsewhere.vectors)


def test_a_server_that_does_not_come_back_is_reported_and_the_same_command_resumes(server, toy_model, monkeypatch):
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    monkeypatch.setattr(connection, "TIMEOUT", 1)
    monkeypatch.setattr(filling, "PATIENCE", 1)
    path = write_rows(200)
    put, n = collection.Collection.put, []

    def away(self, *given):
        n.append(1)
        if len(n) == 4:
            with socket.create_server(("127.0.0.1", 0)) as closed:
                address = f"http://127.0.0.1:{closed.getsockname()[1]}"
            with connection.connect(address, None, "elsewhere"):
                pass
        put(self, *given)

    with monkeypatch.context() as patch, pytest.raises(NewsclustError, match="No Milvus server answered"):
        patch.setattr(collection.Collection, "put", away)
        patch.setattr(filling, "PATIENCE", -1)
        ingest(str(path), uri=server.uri, collection="away", model="minilm")
    before = len(stored(Store(server.uri, "away")))
    assert 0 < before < len(wanted(path))
    assert ingest(str(path), uri=server.uri, collection="away", model="minilm").embedded == len(wanted(path)) - before


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_killed_while_a_server_stores_the_same_command_goes_on(server, toy_model, monkeypatch, kills):
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    path = write_rows(400)
    said = kill_and_resume(path, kills, "--uri", server.uri, "--collection", f"killed_{kills}")
    assert stored(Store(server.uri, f"killed_{kills}")) == wanted(path) and server.token not in said
    assert Store(server.uri, f"killed_{kills}").embed(read_corpus(str(path)).documents).n_embedded == 0


def test_a_full_disk_is_reported_and_the_same_command_resumes(toy_model, monkeypatch):
    path, put, n = write_rows(200), collection.Collection.put, []

    def full(self, *given):
        n.append(1)
        if len(n) == 4:
            raise pymilvus.MilvusException(message="[errno 28] No space left on device")
        put(self, *given)

    with monkeypatch.context() as patch, pytest.raises(NewsclustError, match=r"Make room on the disk .* run again"):
        patch.setattr(collection.Collection, "put", full)
        ingest(str(path), model="minilm")
    before = len(stored(Store()))
    assert ingest(str(path), model="minilm").embedded == len(wanted(path)) - before < len(wanted(path))


def test_a_temporary_folder_without_room_for_the_documents_is_reported(monkeypatch):
    monkeypatch.setattr(spool, "_TABLE", f"PRAGMA max_page_count = 4; {spool._TABLE}")
    with pytest.raises(NewsclustError, match=r"can't be kept in the temporary folder .* make room there"):
        ingest(str(write_rows(300)), model="minilm")


def test_control_c_ends_with_a_sentence(toy_model, monkeypatch):
    def stop(texts):
        if len(toy_model.texts) > 50:
            raise KeyboardInterrupt

    toy_model.before = stop
    run = CliRunner().invoke(app, ["ingest", str(write_rows()), "--model", "minilm"], catch_exceptions=False)
    assert run.exit_code == 130 and "Stopped." in run.stderr
    toy_model.before = lambda texts: None
    assert ingest("mine.csv", model="minilm").embedded < len(wanted(Path("mine.csv")))
    assert stored(Store()) == wanted(Path("mine.csv"))
