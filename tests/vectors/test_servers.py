"""The servers that may get the user's token."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclust.vectors.servers import is_known, remember


@pytest.fixture(autouse=True)
def own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MILVUS_URI", raising=False)
    Path(".env").write_text("")


def test_a_token_goes_to_a_server_that_was_given_before_and_to_no_other_port_or_protocol():
    remember("https://A.example:19530/path")
    assert is_known("https://a.example:19530") and not is_known("https://user@a.example:19530")
    assert not any(map(is_known, ["http://a.example:19530", "https://a.example:19531", "https://b.example:19530"]))


@pytest.mark.parametrize("place", ["environment", "file"])
def test_the_address_in_the_environment_or_in_a_file_is_the_users_own(place, monkeypatch):
    if place == "environment":
        monkeypatch.setenv("MILVUS_URI", "http://a.example:19530")
    else:
        Path(".env").write_text("MILVUS_URI=http://a.example:19530\n")
    assert is_known("http://a.example:19530/") and not is_known("http://b.example:19530")


def test_an_address_is_kept_once(tmp_path):
    for _ in range(3):
        remember("http://a.example:19530")
    [file] = tmp_path.rglob("servers.txt")
    assert file.read_text() == "http://a.example:19530\n"
