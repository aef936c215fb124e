"""The user's settings, from the environment or a file .env."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclust.environment import read_dotenv, settings
from newsclust.errors import StoreError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_any_editor_is_read_and_the_environment_comes_before_it(encoding, monkeypatch):
    Path(".env").write_text("MILVUS_URI=http://a.example\nOTHER=from the file\n", encoding=encoding)
    monkeypatch.setenv("MILVUS_URI", "http://b.example")
    monkeypatch.delenv("OTHER", raising=False)
    assert settings()["MILVUS_URI"] == "http://b.example" and settings()["OTHER"] == "from the file"


def test_a_file_in_another_encoding_is_refused_without_what_it_says():
    Path(".env").write_bytes("MILVUS_TOKEN=sécret".encode("latin-1"))
    with pytest.raises(StoreError, match="save it as UTF-8") as error:
        settings()
    assert "cret" not in str(error.value)


def test_without_a_file_there_is_no_text(monkeypatch):
    monkeypatch.setattr("dotenv.find_dotenv", lambda **_: "")
    assert read_dotenv() == ""
