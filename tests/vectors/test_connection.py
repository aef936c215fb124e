"""Connections to Milvus: the address, the token, and the message if no server answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pymilvus
import pytest
from pymilvus.client.connection_manager import ConnectionManager

from conftest import make_documents
from newsclust.errors import NewsclustError
from newsclust.vectors import servers
from newsclust.vectors.store import Store


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("milvus", "uri 'milvus' is neither a file whose name ends in .db nor a server's address"),
        ("localhost:19530", "uri 'localhost:19530' is neither a file"),
        ("nowhere/milvus.db", "uri 'nowhere/milvus.db': there is no folder"),
        ("old.db", "uri 'old.db' is a file of Milvus Lite 2, which Milvus Lite 3 can't read"),
        ("http://root:s3cret@localhost:19530", "uri contains a user or password: put it into"),
        ("root:s3cret@localhost:19530", "uri contains a user or password: put it into"),
    ],
)
def test_a_wrong_uri_is_refused_before_anything_is_opened(uri, said):
    Path("old.db").write_bytes(b"SQLite format 3")
    with pytest.raises(NewsclustError) as error:
        Store(uri)
    assert str(error.value).startswith(said)
    assert "s3cret" not in str(error.value)
    assert [path.name for path in Path().iterdir()] == ["old.db"]


def test_a_folder_may_have_an_at_sign(toy_model):
    Path("me@work").mkdir()
    assert Store("me@work/news.db").embed(make_documents(3)).n_embedded == 3


def test_a_connection_ends_with_its_block_so_that_no_dead_server_is_taken_for_one_that_answers(toy_model):
    """pymilvus keeps a shared connection after `close`, and gives it, unchecked, to the next client of its address."""
    kept = ConnectionManager.get_instance().get_stats
    before = kept()["total_connections"]
    with Store().open() as client:
        assert client.list_collections()
        assert kept()["total_connections"] == before + 1
    assert kept()["total_connections"] == before


def test_an_unreachable_server_is_an_early_error_without_the_token(toy_model, monkeypatch, stopwatch):
    monkeypatch.setenv("MILVUS_TOKEN", "root:s3cret")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(NewsclustError) as error:
            Store(uri).embed(make_documents(3))
    assert str(error.value).startswith(f"No Milvus server answered at {uri}")
    assert "s3cret" not in str(error.value)
    assert error.value.__suppress_context__
    assert stopwatch() < 60


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_the_token_is_read_from_dot_env_and_never_shown(toy_model, monkeypatch, folder):
    def client(uri, token, **kwargs):
        given.append(token)
        raise pymilvus.MilvusException(message=f"wrong token {token}")

    given = []
    monkeypatch.setattr(pymilvus, "MilvusClient", client)
    monkeypatch.setenv("MILVUS_TOKEN", "")  # so that what is read below is forgotten after the test
    monkeypatch.delenv("MILVUS_TOKEN")
    Path(".env").write_text("MILVUS_TOKEN=user:s3cret\n")
    Path(folder).mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    with pytest.raises(NewsclustError) as error:
        Store("http://127.0.0.1:1").embed(make_documents(3))
    assert given == ["user:s3cret"]
    assert "s3cret" not in str(error.value)


def test_a_server_that_only_a_runs_record_names_gets_no_token_until_the_user_gives_its_address(toy_model, monkeypatch):
    def client(uri, token, **kwargs):
        given.append(token)
        raise pymilvus.MilvusException(message="nobody here")

    given = []
    monkeypatch.setattr(pymilvus, "MilvusClient", client)
    monkeypatch.setenv("MILVUS_TOKEN", "root:s3cret")
    monkeypatch.setenv("XDG_STATE_HOME", str(Path("state").resolve()))
    with pytest.raises(NewsclustError, match=r"MILVUS_TOKEN is not sent to stranger.example:19530, .* MILVUS_URI=http"):
        Store("http://stranger.example:19530", given=False).exists()
    assert given == []
    Path(".env").write_text("MILVUS_URI=http://Stranger.example:19530/\n")
    with pytest.raises(NewsclustError, match="No Milvus server answered"):
        Store("http://stranger.example:19530", given=False).exists()
    with pytest.raises(NewsclustError, match="is not sent to stranger.example:19531"):
        Store("http://stranger.example:19531", given=False).exists()
    servers.remember("http://stranger.example:19531")
    servers.remember("https://other.example:19530")
    with pytest.raises(NewsclustError, match="No Milvus server answered"):
        Store("http://stranger.example:19531", given=False).exists()
    with pytest.raises(NewsclustError, match="is not sent to other.example:19530"):
        Store("http://other.example:19530", given=False).exists()  # not encrypted, unlike the one that was given
    assert given == ["root:s3cret"] * 2


def test_a_token_that_is_refused_is_called_so(toy_model, monkeypatch):
    def client(uri, **kwargs):
        refused = RuntimeError("StatusCode.UNAUTHENTICATED: auth check failure, please check username and password")
        raise pymilvus.MilvusException(code=2, message="Fail connecting to server") from refused

    monkeypatch.setattr(pymilvus, "MilvusClient", client)
    with pytest.raises(
        NewsclustError, match=r"The Milvus server at http://127.0.0.1:1 refused MILVUS_TOKEN: it should"
    ):
        Store("http://127.0.0.1:1").exists()


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY"])
def test_a_local_file_is_opened_without_a_proxy(toy_model, monkeypatch, name):
    monkeypatch.setenv(name, "http://user:s3cret@127.0.0.1:9")
    assert Store().embed(make_documents(3)).n_embedded == 3


@pytest.mark.parametrize("named", ["127.0.0.1", ".0.0.1", "*", ""])
def test_a_proxy_is_named_where_it_may_be_in_the_way_of_a_server(toy_model, monkeypatch, named):
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://user:s3cret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", named)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NewsclustError) as error:
            Store(f"http://127.0.0.1:{closed.getsockname()[1]}").embed(make_documents(3))
    assert str(error.value).startswith("No Milvus server answered at")
    told = "through the proxy 127.0.0.1, which the environment variable http_proxy names" in str(error.value)
    assert told is not bool(named)
    assert "s3cret" not in str(error.value)


def test_an_env_file_in_another_encoding_does_not_stop_a_run_on_a_local_file(toy_model, tmp_path):
    Path(".env").write_text("MILVUS_TOKEN=user:password\n", encoding="utf-16")
    code = "from newsclust.vectors.connection import _import_milvus, _token; _import_milvus(); print(_token())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "user:password"
    Path(".env").write_bytes("# Schlüssel\n".encode("latin-1"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr.strip() == f"Note: {tmp_path / '.env'} is not read, because it is not UTF-8: save it as UTF-8."


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_the_error_about_a_folder_without_permission_says_so(toy_model):
    Store().embed(make_documents(3))
    os.chmod("milvus.db", 0o555)
    try:
        with pytest.raises(NewsclustError, match="can't be opened .*check its permissions"):
            Store().embed(make_documents(4))
    finally:
        os.chmod("milvus.db", 0o755)
