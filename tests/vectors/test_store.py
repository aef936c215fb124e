"""Documents are embedded once, come back exactly, and never mix; what Milvus refuses is said in a sentence."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pymilvus
import pytest
from filelock import FileLock

from conftest import make_documents
from newsclust.corpus.documents import ID_VERSION
from newsclust.errors import ModelError, NewsclustError, NewsclustWarning
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.vectors import collection as collection_module
from newsclust.vectors import connection, filling
from newsclust.vectors.collection import Collection
from newsclust.vectors.embedding import check_finite
from newsclust.vectors.store import Store


def forget_cache() -> None:
    shutil.rmtree(".newsclust", ignore_errors=True)


def count(store: Store) -> int:
    with store.open() as client:
        return client.query(store.name, filter="", output_fields=["count(*)"])[0]["count(*)"]


def test_documents_are_embedded_once_and_their_vectors_come_back_exactly(toy_model):
    documents = make_documents(50)
    first = Store().embed(documents)
    assert (first.n_embedded, len(toy_model.texts)) == (50, 50)
    cached = Store().embed(documents)
    forget_cache()
    stored = Store().embed(documents)
    assert (cached.n_embedded, stored.n_embedded, len(toy_model.texts)) == (0, 0, 50)
    expected = np.stack([toy_model.vector(text, "minilm") for text in documents["text"]])
    expected = (expected / np.linalg.norm(expected, axis=1, keepdims=True)).astype(np.float32)
    for embeddings in (first, cached, stored):
        assert embeddings.vectors.dtype == np.float32
        assert np.array_equal(embeddings.ids, documents["id"])
        assert np.array_equal(embeddings.vectors, expected)
        assert embeddings.fingerprint == first.fingerprint
    assert "50 documents as vectors of 8 floats" in repr(stored)
    assert "0 embedded now, 50 stored already" in repr(stored)


def test_reading_in_several_batches_changes_nothing(toy_model, monkeypatch):
    documents = make_documents(50)
    whole = Store().embed(documents)
    forget_cache()
    monkeypatch.setattr(collection_module, "READ_ROWS", 7)
    assert np.array_equal(Store().embed(documents).vectors, whole.vectors)
    assert Store().embed(documents).n_embedded == 0


def by_text(documents) -> dict[str, dict[int, float]]:
    """Words of several numbers, of most documents: one in five has none."""
    rng = np.random.default_rng(0)
    return {
        text: {int(token): float(np.float32(rng.random() + 1e-6)) for token in rng.choice(250_000, row % 5) + 4}
        for row, text in enumerate(documents["text"])
    }


def as_dicts(words) -> list[dict[int, float]]:
    pieces, weights = words.indices.tolist(), words.data.tolist()
    ends = zip(words.indptr, words.indptr[1:], strict=False)
    return [dict(zip(pieces[start:end], weights[start:end], strict=True)) for start, end in ends]


def test_words_are_stored_beside_the_vectors_and_come_back_exactly(toy_model, monkeypatch):
    documents = make_documents(50)
    toy_model.words = by_text(documents)
    first = Store().embed(documents)
    cached = Store().embed(documents)
    forget_cache()
    monkeypatch.setattr(collection_module, "READ_ROWS", 7)
    stored = Store().embed(documents)
    recalled, _ = Store().recall(stored.ids)
    expected = [toy_model.words[text] for text in documents["text"]]
    for embeddings in (first, cached, stored, recalled):
        assert embeddings.words.dtype == np.float32 and embeddings.words.shape[0] == 50
        assert [dict(sorted(row.items())) for row in expected] == as_dicts(embeddings.words)
        assert embeddings.weigher == "minilm" and "vectors of 8 floats and weights of their words" in repr(embeddings)
    assert len(toy_model.texts) == 50
    assert not expected[0] and max(map(len, expected)) == 4
    assert find_neighbors(stored, 5, "milvus", Store(index="HNSW")).recall > 0.9  # another index beside the words


def test_models_that_weigh_words_never_share_a_collection_with_what_kept_none(toy_model):
    documents = make_documents(10)
    before = Store().embed(documents)
    assert Store().name == f"news_data_minilm_{ID_VERSION}" and before.words is None and before.weigher == "TF-IDF"
    toy_model.words = by_text(documents)
    assert Store().name == f"news_data_minilm_{ID_VERSION}_words"
    assert Store().embed(documents).n_embedded == 10
    toy_model.words = None
    assert Store().embed(documents).n_embedded == 0


def test_a_document_embedded_again_keeps_no_word_of_what_was_stored_for_it(toy_model):
    documents = make_documents(6)
    toy_model.words = by_text(documents) | {documents["text"][2]: {7: 0.5}, documents["text"][3]: {8: 0.25, 9: 1.0}}
    before = Store().embed(documents)
    wrong = {"id": int(documents["id"][2]), "embedding": before.vectors[2] / 2, "text": documents["text"][2]}
    with Store().open() as client:
        client.upsert(Store().name, [wrong | {"words": {70_000: 3.0}}])
        client.flush(Store().name)
    forget_cache()
    with pytest.warns(NewsclustWarning, match=r"are damaged \(1\)"):
        again = Store().embed(documents)
    assert again.n_embedded == 1 and as_dicts(again.words) == as_dicts(before.words)


def test_a_milvus_without_sparse_vectors_stores_no_words_and_a_notice_says_so(toy_model, monkeypatch):
    documents = make_documents(8)
    toy_model.words = by_text(documents)
    with monkeypatch.context() as patch:
        patch.setattr(collection_module.Collection, "_can_have_words", lambda *_: False)  # as before 2.4
        with pytest.warns(NewsclustWarning, match=r"made by Milvus before 2.4, .* TF-IDF weighs them"):
            first = Store().embed(documents)
    forget_cache()
    with pytest.warns(NewsclustWarning, match=r"made by Milvus before 2.4"):  # newer by now: one collection, one kind
        again = Store().embed(documents)
    for embeddings in (first, again):
        assert embeddings.words is None and embeddings.weigher == "TF-IDF"
    assert again.n_embedded == 0


INTERRUPTED = {"vectors": (KeyboardInterrupt, None), "words": (ValueError, by_text(make_documents(20)))}


@pytest.mark.parametrize(
    ("enough", "stored"),
    [
        ({"INSERT_ROWS": 5}, "vectors"),
        ({"INSERT_LETTERS": 40, "FIRST_ROWS": 64}, "vectors"),
        ({"INSERT_SECONDS": 0}, "vectors"),
        ({"INSERT_ROWS": 5}, "words"),
        pytest.param({"INSERT_LETTERS": 40, "FIRST_ROWS": 64}, "words", marks=pytest.mark.soak),
        pytest.param({"INSERT_SECONDS": 0}, "words", marks=pytest.mark.soak),
    ],
    ids=str,
)
def test_an_interrupted_ingest_is_taken_up_where_it_stopped(toy_model, monkeypatch, enough, stored):
    failure, words = INTERRUPTED[stored]

    def fail_after_ten(texts):
        if len(toy_model.texts) >= 10:
            raise failure

    for name, value in ({"FIRST_ROWS": 5} | enough).items():
        monkeypatch.setattr(filling, name, value)
    documents = make_documents(20)
    toy_model.words = words
    toy_model.before = fail_after_ten
    with pytest.raises(failure):
        Store().embed(documents)
    toy_model.before = lambda texts: None
    resumed = Store().embed(documents)
    assert resumed.n_embedded == 10
    assert len(toy_model.texts) == len(set(toy_model.texts)) == 20
    assert count(Store()) == 20
    forget_cache()
    again = Store().embed(documents)
    assert np.array_equal(again.vectors, resumed.vectors)
    for embeddings in (resumed, again) if words else ():
        assert as_dicts(embeddings.words) == [dict(sorted(words[text].items())) for text in documents["text"]]


def test_a_killed_ingest_is_taken_up_where_it_stopped(toy_model, tmp_path):
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from conftest import ToyModel, make_documents
        from newsclust.vectors import filling, store
        model, filling.FIRST_ROWS, filling.INSERT_ROWS = ToyModel(), 5, 5
        store.load_embedder = model.load_embedder
        model.before = lambda texts: os.kill(os.getpid(), signal.SIGKILL) if len(model.texts) >= 10 else None
        store.Store(model="toy").embed(make_documents(20))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, timeout=300)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert Store(model="toy").embed(make_documents(20)).n_embedded == 10
    assert len(toy_model.texts) == 10
    assert count(Store(model="toy")) == 20


def test_two_corpora_in_one_collection_do_not_mix(toy_model):
    here, there = make_documents(30), make_documents(30, start=20)
    first = Store().embed(here)
    second = Store().embed(there)
    assert second.n_embedded == 20
    assert count(Store()) == 50
    for documents, embeddings in [(here, first), (there, second)]:
        assert np.array_equal(embeddings.ids, documents["id"])
        assert np.array_equal(Store().embed(documents).vectors, embeddings.vectors)
    assert first.fingerprint != second.fingerprint
    shared = np.isin(first.ids, second.ids)
    assert np.array_equal(first.vectors[shared], second.vectors[np.isin(second.ids, first.ids)])


def test_two_models_have_two_collections(toy_model):
    documents = make_documents(5)
    one, other = Store(model="toy").embed(documents), Store(model="other").embed(documents)
    assert other.n_embedded == 5
    assert not np.array_equal(one.vectors, other.vectors)
    assert one.fingerprint != other.fingerprint
    with Store(model="toy").open() as client:
        assert sorted(client.list_collections()) == [f"news_data_{name}_{ID_VERSION}" for name in ("other", "toy")]


def test_a_text_longer_than_milvus_keeps_is_embedded_whole_and_stored_cut(toy_model):
    documents = make_documents(2)
    long = "é" * 40_000  # 80,000 bytes
    documents.loc[0, "text"] = long
    Store().embed(documents)
    assert long in toy_model.texts
    with Store().open() as client:
        found = client.query(Store().name, ids=[int(documents["id"][0])], output_fields=["text"])[0]["text"]
    assert found == "é" * (collection_module.TEXT_BYTES // 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused_with_its_documents_id(toy_model, bad):
    documents = make_documents(12)
    toy_model.vectors[documents["text"][7]] = np.array([bad] + [1.0] * 7)
    said = f"vector of document {documents['id'][7]} .*NaN or infinite"
    with np.errstate(invalid="ignore"), pytest.raises(NewsclustError, match=said):
        Store().embed(documents)
    assert count(Store()) == 0


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RuntimeError("can't start new thread"), "no thread could be started: end other"),
        (MemoryError(), "memory ran out: end other programs"),
        (OSError(24, "Too many open files"), "too many files are open: end other programs"),
        (RuntimeError("something new"), "can't be opened by Milvus Lite .RuntimeError: something new.: run this once"),
    ],
)
def test_a_sound_database_is_not_called_damaged_where_the_machine_is_short_of_something(
    toy_model, monkeypatch, raised, said
):
    def client(*_, **__):
        raise raised

    documents = make_documents(3)
    Store().embed(documents)
    forget_cache()
    with monkeypatch.context() as patch:
        patch.setattr(pymilvus, "MilvusClient", client)
        with pytest.raises(NewsclustError, match=said) as error:
            Store().embed(documents)
        assert "delete" not in str(error.value) and "What is stored is as it was" in str(error.value)
    with pytest.raises(NewsclustError, match="too many files are open") as error, Store().open():
        raise pymilvus.MilvusException(message="[Errno 24] Too many open files: '/wal'")
    assert "delete" not in str(error.value) and Store().embed(documents).n_embedded == 0


def test_a_collection_of_the_tutorials_own_code_is_refused_before_anything_is_embedded(toy_model):
    with Store(collection="mine").open() as client:
        name = Store(collection="tut").name
        schema = client.create_schema(auto_id=True)
        schema.add_field("id", pymilvus.DataType.INT64, is_primary=True, auto_id=True)
        schema.add_field("embedding", pymilvus.DataType.FLOAT_VECTOR, dim=8)
        schema.add_field("text", pymilvus.DataType.VARCHAR, max_length=65_535)
        client.create_collection(name, schema=schema)
    with pytest.raises(
        NewsclustError, match=r"was not made by newsclust .* id \(without auto_id\).* give another name"
    ):
        Store(collection="tut").embed(make_documents(3))
    assert not toy_model.texts


def test_an_index_that_a_server_never_builds_is_not_waited_for_and_the_one_before_is_back(monkeypatch):
    class Server:
        """Builds HNSW and FLAT, and nothing else."""

        index: dict = {"index_type": "HNSW", "metric_type": "L2", "M": "16"}

        def list_indexes(self, *_, **__):
            return ["own"] if self.index else []

        def describe_index(self, *_):
            is_built = self.index["index_type"] in ("HNSW", "FLAT")
            rows = {"total_rows": 9, "indexed_rows": 9 * is_built}
            return self.index | rows | {"state": "Finished" if is_built else "InProgress"}

        def drop_index(self, *_):
            self.index = {}

        def release_collection(self, *_):
            pass

        load_collection = release_collection

        def prepare_index_params(self, field, index_type, metric_type, index_name, params):
            return {"index_type": index_type, "metric_type": metric_type, "index_name": index_name} | params

        def create_index(self, name, wanted, sync):
            assert not sync
            self.index = wanted

    monkeypatch.setattr(collection_module, "INDEX_SECONDS", 1)
    server = Server()
    wanted = collection_module.Collection("http://x:1", None, "news", 8, index="DISKANN")
    with pytest.raises(NewsclustError, match=r"DISKANN made no progress for 1 s on the server, at 0 of 9 documents"):
        wanted._give_index(server)
    assert (server.index["index_type"], server.index["M"]) == ("HNSW", "16")


def test_what_milvus_refuses_is_one_sentence_without_the_token(toy_model, monkeypatch):
    monkeypatch.setenv("MILVUS_TOKEN", "root:s3cret")
    with pytest.raises(NewsclustError) as error, Store().open():
        raise pymilvus.MilvusException(message="no, root:s3cret")
    assert (
        str(error.value) == f"collection news_data_minilm_{ID_VERSION} of milvus.db: Milvus refused, saying 'no, ***'."
    )


def test_a_run_waits_for_the_one_that_has_the_file(toy_model, monkeypatch, tmp_path):
    def hold():
        with FileLock(tmp_path / "milvus.db.lock"):
            held.set()
            waiting.wait(60)

    told, held, waiting = [], threading.Event(), threading.Event()
    monkeypatch.setattr("newsclust.cache.notice", lambda text: (told.append(text), waiting.set()))
    threading.Thread(target=hold).start()
    held.wait()
    assert Store().embed(make_documents(3)).n_embedded == 3
    assert told == ["Waiting for another run that is using milvus.db ..."]


def test_a_file_in_use_by_another_program_is_an_error_and_can_be_used_afterwards(toy_model, stopwatch):
    Store().embed(make_documents(3))
    with Path("milvus.db/LOCK").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        program = Path(sys.executable).name
        with pytest.raises(NewsclustError, match=rf"milvus.db is in use by process {os.getpid()} \(.*{program}"):
            Store().embed(make_documents(4))
        assert stopwatch() < 60
    assert Store().embed(make_documents(4)).n_embedded == 1


def free(path: str) -> bool:
    """Whether another program could open the database now."""
    with Path(path, "LOCK").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def test_the_file_is_free_between_uses_and_after_errors(toy_model):
    Store().embed(make_documents(3))
    assert free("milvus.db")
    toy_model.dim = 9
    with pytest.raises(NewsclustError, match="was not made by newsclust for this model.*another name as collection"):
        Store().embed(make_documents(4))
    assert free("milvus.db")


def test_a_recreated_database_is_not_searched_as_the_old_one(toy_model):
    documents = make_documents(10)
    Store().embed(documents)
    shutil.rmtree("milvus.db")
    Store().embed(make_documents(10, start=5))
    embeddings = Store().embed(documents)
    assert embeddings.n_embedded == 5
    assert find_neighbors(embeddings, 3, "milvus", Store()).recall == 1


def test_documents_that_somebody_deleted_are_not_searched_as_if_they_were_there(toy_model):
    documents = make_documents(10)
    embeddings = Store().embed(documents)
    with Store().open() as client:
        client.delete(Store().name, ids=documents["id"].tolist()[:5])
    with pytest.raises(NewsclustError, match="lacks 5 of the documents .* delete the folder .newsclust/cache"):
        find_neighbors(embeddings, 3, "milvus", Store())
    forget_cache()
    assert Store().embed(documents).n_embedded == 5


def test_a_deleted_database_is_created_again(toy_model):
    documents = make_documents(5)
    Store().embed(documents)
    shutil.rmtree("milvus.db")
    assert Store().embed(documents).n_embedded == 5
    assert os.path.isdir("milvus.db")


def test_nothing_counts_as_stored_in_a_collection_that_is_gone(toy_model):
    documents = make_documents(5)
    Store().embed(documents)
    with Store().open() as client:
        client.drop_collection(Store().name)
    assert Store().embed(documents).n_embedded == 5
    assert count(Store()) == 5


def test_a_run_that_finds_its_vectors_opens_no_database_and_loads_no_model():
    documents = make_documents(3)
    find_neighbors(Store().embed(documents), 2)
    code = """
        import sys
        from newsclust.neighbors.neighbors import find_neighbors
        from newsclust.vectors.store import Store
        from conftest import make_documents
        embeddings = Store().embed(make_documents(3))
        neighbors = find_neighbors(embeddings, 2)
        print(embeddings.n_embedded, *[m for m in ("torch", "transformers", "pymilvus") if m in sys.modules])
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=True)
    assert done.stdout.strip() == "0"


def overwrite(id: int, vector: np.ndarray, text: str) -> None:
    with Store().open() as client:
        client.upsert(Store().name, [{"id": id, "embedding": vector, "text": text}])
        client.flush(Store().name)
    forget_cache()


def test_a_stored_vector_that_is_not_of_unit_length_is_embedded_again(toy_model):
    documents = make_documents(6)
    before = Store().embed(documents)
    overwrite(int(documents["id"][2]), before.vectors[2] * 0.991, documents["text"][2])
    with pytest.warns(NewsclustWarning, match=r"Vectors in .* are damaged \(1\): they are embedded again"):
        again = Store().embed(documents)
    assert again.n_embedded == 1
    assert np.array_equal(again.vectors, before.vectors)
    forget_cache()
    assert Store().embed(documents).n_embedded == 0


def test_a_vector_stored_for_another_text_is_embedded_again(toy_model):
    documents = make_documents(6)
    before = Store().embed(documents)
    overwrite(int(documents["id"][2]), before.vectors[3], documents["text"][3])
    with pytest.warns(NewsclustWarning, match=r"Documents in .* have another text there \(1\)"):
        again = Store().embed(documents)
    assert again.n_embedded == 1
    assert np.array_equal(again.vectors, before.vectors)


def test_another_spelling_of_a_document_has_a_vector_of_its_own(toy_model):
    documents = make_documents(6)
    Store().embed(documents)
    spelled = documents.assign(text=documents["text"].str.replace("document 2", "Document 2"))
    changed = np.flatnonzero(spelled["text"] != documents["text"])
    with pytest.warns(NewsclustWarning, match="have another text there"):
        embeddings = Store().embed(spelled)
    assert embeddings.n_embedded == len(changed) == 1
    expected = toy_model.vector(spelled["text"][changed[0]], "minilm")
    np.testing.assert_allclose(embeddings.vectors[changed[0]], expected / np.linalg.norm(expected), rtol=1e-6)


def test_two_precisions_never_share_a_collection():
    names = {Store(precision=precision).name for precision in ("float32", "bfloat16", "float16")}
    assert len(names) == 3
    assert Store(precision="bfloat16").embedder.slug == "minilm_bf16"
    with pytest.raises(NewsclustError, match="precision is 'half'; it can be 'auto', 'float32', 'bfloat16', 'float16'"):
        Store(precision="half")


@pytest.mark.parametrize("pattern", ["collections/*/partitions/_default/indexes/*.idx", "collections/*/schema.json"])
def test_the_error_about_a_damaged_database_says_what_to_do(toy_model, pattern):
    documents = make_documents(20)
    Store().embed(documents)
    forget_cache()
    for path in Path("milvus.db").glob(pattern):
        path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(NewsclustError, match="milvus.db is damaged .*: delete this folder"):
        Store().embed(documents)
    shutil.rmtree("milvus.db")
    assert Store().embed(documents).n_embedded == 20


@pytest.fixture
def silent(monkeypatch):
    """Makes Milvus Lite's server stand at a port where nobody answers, the given number of times.

    Silence is waited for in a second; a server that answers may take its time on a busy machine.
    """
    from milvus_lite.server_manager import server_manager_instance

    def make_silent(times: int) -> list[str]:
        start, asked = server_manager_instance.start_and_get_uri, []
        monkeypatch.setattr(connection, "TIMEOUT", 1)

        def start_elsewhere(path: str) -> str:
            asked.append(start(path))
            if len(asked) == times:
                monkeypatch.setattr(connection, "TIMEOUT", 60)
            return closed if len(asked) <= times else asked[-1]

        monkeypatch.setattr(server_manager_instance, "start_and_get_uri", start_elsewhere)
        return asked

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{held.getsockname()[1]}"
        yield make_silent


def test_a_local_server_that_does_not_answer_at_once_is_asked_again(toy_model, silent):
    documents = make_documents(3)
    Store().embed(documents)
    forget_cache()
    asked = silent(1)
    assert Store().embed(documents).n_embedded == 0
    assert len(asked) > 1


def test_a_local_server_that_does_not_answer_is_no_reason_to_delete_anything(toy_model, silent):
    documents = make_documents(3)
    Store().embed(documents)
    forget_cache()
    with pytest.raises(NewsclustError) as error:
        silent(1000)
        Store().embed(documents)
    assert "milvus.db but does not answer" in str(error.value)
    assert "run this once more" in str(error.value) and "delete" not in str(error.value)


def test_a_local_server_that_stops_meanwhile_is_no_reason_to_delete_anything(toy_model):
    from milvus_lite.server_manager import server_manager_instance

    Store().embed(make_documents(3))
    with pytest.raises(NewsclustError) as error, Store().open() as client:
        server_manager_instance.release_server(str(Path("milvus.db").absolute()))
        client.get_server_version(timeout=1)
    assert "does not answer" in str(error.value) and "delete" not in str(error.value)
    assert Store().embed(make_documents(3)).n_embedded == 0


def test_vectors_that_fill_half_of_the_memory_can_be_read_and_checked(monkeypatch):
    """Nothing but the array itself grows with their number: not the rows as Milvus answers, and no copy in float64."""
    monkeypatch.setattr(collection_module, "READ_ROWS", 256)
    dim, ids = 64, np.arange(20_000)

    class Client:
        def query(self, name, ids, **_):
            return [{"id": id, "embedding": [0.125 + 0.0 * id] * dim, "text": "a"} for id in ids]

    tracemalloc.start()
    vectors, _, _ = Collection("http://somewhere", None, "news", dim).read(Client(), ids)
    check_finite(ids, vectors)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (vectors == 0.125).all()
    assert peak < 1.6 * vectors.nbytes
    vectors[[7, 9], 3] = np.inf, np.nan
    with pytest.raises(ModelError, match=r"document 7 \(and 1 more\)"):
        check_finite(ids, vectors)
