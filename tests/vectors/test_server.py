"""A real Milvus server gives the same stories as a local file, and its indexes are told apart by their recall."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import ToyModel, make_documents
from milvus_server import started
from newsclust.clusters.clustering import cluster
from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.neighbors.neighbors import Neighbors, find_neighbors
from newsclust.vectors import collection as collection_module
from newsclust.vectors import connection, embedding, filling
from newsclust.vectors import store as store_module
from newsclust.vectors.store import Embeddings, Store

K = 50
LONG = "é" * 40_000  # 80,000 bytes


@pytest.fixture(scope="module")
def model(sample) -> ToyModel:
    """MiniLM as far as the sample goes, and what was asked of it."""
    vectors = dict(zip(sample.documents["text"], sample.embeddings.vectors, strict=True))
    return ToyModel(dim=384, vectors=vectors)


def use(model: ToyModel, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(embedding, "_loaded", {})
    patch.setattr(store_module, "load_embedder", model.load_embedder)


@pytest.fixture(scope="module")
def ingested(server, sample, model, tmp_path_factory) -> Embeddings:
    """The sample on the server, in a collection with other documents, after an interruption."""
    strangers = make_documents(100)
    strangers.loc[0, "text"] = LONG
    for stranger, text in zip(strangers["text"][1:], sample.documents["text"][1:], strict=False):
        model.vectors[stranger] = model.vectors[text] + 1e-3  # in the way of its neighbours
    everything = pd.concat([strangers, sample.documents[["id", "text"]]]).sort_values("id", ignore_index=True)

    def stop_half_way(texts):
        if len(model.texts) >= 400:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("ingest"))
        patch.setenv("MILVUS_TOKEN", server.token)
        patch.setattr(filling, "FIRST_ROWS", 200)
        patch.setattr(filling, "INSERT_ROWS", 200)
        use(model, patch)
        model.before = stop_half_way
        with pytest.raises(KeyboardInterrupt):
            Store(server.uri).embed(everything)
        model.before = lambda texts: None
        assert Store(server.uri).embed(everything).n_embedded == len(everything) - 400
        return Store(server.uri).embed(sample.documents)


@pytest.fixture
def connected(server, model, monkeypatch):
    """`Store` on the server, with the token and the model in place."""
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    use(model, monkeypatch)
    return lambda **arguments: Store(server.uri, **arguments)


@pytest.fixture
def exact(ingested) -> Neighbors:
    return find_neighbors(ingested, K, "exact")


def test_the_sample_is_embedded_once_although_it_was_interrupted(ingested, sample, model, connected):
    assert ingested.n_embedded == 0
    assert len(model.texts) == len(set(model.texts)) == len(sample.documents) + 100
    again = connected().embed(sample.documents)  # another folder, without a cache
    assert again.n_embedded == 0
    assert np.array_equal(again.vectors, ingested.vectors)
    assert len(model.texts) == len(sample.documents) + 100
    with connected().open() as client:
        count = client.query(connected().name, filter="", output_fields=["count(*)"], consistency_level="Strong")
    assert count[0]["count(*)"] == len(sample.documents) + 100


def test_the_stories_are_those_of_the_local_file(ingested, sample, connected, exact):
    here = Store("milvus.db").embed(sample.documents)
    assert np.array_equal(here.vectors, ingested.vectors)
    local, remote = find_neighbors(here, K, store=Store("milvus.db")), find_neighbors(ingested, K, store=connected())
    assert local.search.startswith("exact, because")
    assert remote.search == "milvus (FLAT), because the vectors are on a server"
    assert remote.recall == 1
    assert remote.n_padded == 0
    assert np.array_equal(remote.distances, local.distances)
    assert np.array_equal(remote.indices, local.indices)
    assert np.array_equal(cluster(remote).labels, cluster(local).labels)
    assert cluster(remote).n_clusters > 20


def test_a_part_of_the_collection_is_searched_as_if_it_were_alone(ingested, sample, connected):
    part = sample.documents[::20].reset_index(drop=True)
    embeddings = connected().embed(part)
    assert embeddings.n_embedded == 0
    asked, exact = find_neighbors(embeddings, 20, "milvus", connected()), find_neighbors(embeddings, 20, "exact")
    assert np.array_equal(asked.indices, exact.indices)


def test_a_long_text_is_stored_cut(ingested, model, connected):
    assert LONG in model.texts
    with connected().open() as client:
        found = client.query(connected().name, ids=[int(make_documents(100)["id"][0])], output_fields=["text"])
    assert found[0]["text"] == LONG[: collection_module.TEXT_BYTES // 2]


def words_of(documents: pd.DataFrame) -> dict[str, dict[int, float]]:
    return {text: {5: 0.5, 10 + row: 0.25} for row, text in enumerate(documents["text"][1:])}  # the first has none


def test_a_server_before_2_4_goes_without_words_and_lives(server, monkeypatch):
    """It would create the field, and crash when loading it."""
    documents = make_documents(6)
    toy = ToyModel(words=words_of(documents))
    monkeypatch.setenv("MILVUS_TOKEN", server.token)
    use(toy, monkeypatch)
    for n_embedded in (6, 0):
        with pytest.warns(NewsclustWarning, match="made by Milvus before 2.4"):
            embeddings = Store(server.uri, collection="words").embed(documents)
        assert (embeddings.n_embedded, embeddings.words, embeddings.weigher) == (n_embedded, None, "TF-IDF")
        shutil.rmtree(".newsclust")


def test_a_server_with_sparse_vectors_keeps_words_beside_the_vectors(monkeypatch, tmp_path):
    """Milvus Lite, spoken to as a server."""
    from milvus_lite.server_manager import server_manager_instance

    documents = make_documents(6)
    toy = ToyModel(words=words_of(documents))
    use(toy, monkeypatch)
    uri = server_manager_instance.start_and_get_uri(str(tmp_path / "served.db"))
    try:
        first = Store(uri).embed(documents)
        shutil.rmtree(".newsclust")
        again = Store(uri).embed(documents)
        with Store(uri).open() as client:
            assert client.list_indexes(Store(uri).name, field_name="words")  # without it no server loads them
    finally:
        server_manager_instance.release_server(str(tmp_path / "served.db"))
    expected = np.zeros((6, 16), dtype=np.float32)
    expected[1:, 5], expected[np.arange(1, 6), np.arange(10, 15)] = 0.5, 0.25
    for embeddings in (first, again):
        np.testing.assert_array_equal(embeddings.words.toarray(), expected[:, : embeddings.words.shape[1]])
    assert again.n_embedded == 0 and again.words.nnz == 10


def test_the_error_about_a_server_that_stopped_says_that_it_is_unreachable(monkeypatch, tmp_path):
    """Milvus Lite, spoken to as a server; pymilvus keeps what it was connected to."""
    from milvus_lite.server_manager import server_manager_instance

    use(ToyModel(), monkeypatch)
    monkeypatch.setattr(connection, "TIMEOUT", 1)
    uri = server_manager_instance.start_and_get_uri(str(tmp_path / "served.db"))
    try:
        Store(uri).embed(make_documents(3))
        with pytest.raises(NewsclustError) as error, Store(uri).open() as client:
            server_manager_instance.release_server(str(tmp_path / "served.db"))
            client.get_server_version(timeout=1)
    finally:
        server_manager_instance.release_server(str(tmp_path / "served.db"))
    assert str(error.value).startswith(f"No Milvus server answered at {uri}")
    assert "check the address, that the server runs" in str(error.value)


def test_hnsw_finds_97_percent(ingested, connected, exact):
    # ef is smaller than what has to be asked for, which the server would refuse
    hnsw = connected(index="HNSW", index_params={"M": 16, "efConstruction": 200}, search_params={"ef": 64})
    found = find_neighbors(ingested, K, "milvus", hnsw)
    with hnsw.open() as client:
        described = client.describe_index(hnsw.name, client.list_indexes(hnsw.name, field_name="embedding")[0])
        assert (described["index_type"], described["M"]) == ("HNSW", "16")
    assert found.recall >= 0.97
    assert (found.distances <= exact.distances[:, -1:]).mean() >= 0.97
    assert found.n_padded == 0


def test_ivf_flat_that_probes_little_says_what_it_missed(ingested, connected, exact):
    store = connected(index="IVF_FLAT", index_params={"nlist": 16}, search_params={"nprobe": 2})
    found = find_neighbors(ingested, K, "milvus", store)
    true_share = (found.distances <= exact.distances[:, -1:]).mean()
    assert 0.2 < true_share < 0.99
    assert found.recall == pytest.approx(true_share)
    every_list = connected(index="IVF_FLAT", index_params={"nlist": 16}, search_params={"nprobe": 16})
    probed = find_neighbors(ingested, K, "milvus", every_list)
    assert probed.recall == 1


@pytest.mark.parametrize("token", ["", "root:Milvus", "nobody:s3cret"])
def test_a_wrong_token_is_an_early_error_that_does_not_show_it(server, connected, monkeypatch, stopwatch, token):
    monkeypatch.setenv("MILVUS_TOKEN", token)
    with pytest.raises(NewsclustError) as error:
        connected().embed(make_documents(3))
    assert server.uri in str(error.value)
    assert not token or token not in str(error.value)
    assert "refused MILVUS_TOKEN: it should be user:password" in str(error.value)
    assert stopwatch() < 60
    assert not list(Path(".newsclust").rglob("*.npz"))


def test_a_database_in_the_address_is_the_one_that_is_used(server, connected, monkeypatch):
    documents = make_documents(6)
    use(ToyModel(), monkeypatch)
    with connection.connect(server.uri, None, "the server") as client:
        client.create_database("archive")
    assert Store(f"{server.uri}/archive", collection="elsewhere").embed(documents).n_embedded == 6
    held = []
    for address in (server.uri, f"{server.uri}/archive"):
        with connection.connect(address, None, "the server") as client:
            held.append(any(name.startswith("elsewhere") for name in client.list_collections()))
    assert held == [False, True]
    with pytest.raises(NewsclustError, match="not found.*Create it on the server, or leave its name out"):
        Store(f"{server.uri}/nowhere", collection="elsewhere").embed(documents)


def test_a_certificate_that_is_not_there_is_named_before_anything_is_sent(monkeypatch):
    monkeypatch.setenv("MILVUS_SERVER_PEM", "nowhere.pem")
    with pytest.raises(NewsclustError, match="MILVUS_SERVER_PEM is 'nowhere.pem', and there is no such file"):
        Store("https://127.0.0.1:1").embed(make_documents(6))


@pytest.mark.soak  # a server of its own
def test_a_server_that_encrypts_is_reached_with_its_certificate_alone(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "server.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = {"tls.serverPemPath": str(certificate), "tls.serverKeyPath": str(key), "common.security.tlsMode": 1}
    with started(tmp_path, **tls) as (uri, _):
        uri = uri.replace("http://127.0.0.1", "https://localhost")
        use(ToyModel(), monkeypatch)
        with pytest.raises(NewsclustError, match="No Milvus server answered.*MILVUS_SERVER_PEM"):
            Store(uri).embed(make_documents(6))
        monkeypatch.setenv("MILVUS_SERVER_PEM", str(certificate))
        assert Store(uri).embed(make_documents(6)).n_embedded == 6
