"""The Milvus servers that may get the user's token: those that the user gave, none that only a run's record names."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ..environment import settings


def is_known(uri: str) -> bool:
    """Whether the user gave this server's address: in the environment, in a file .env, or in an earlier run."""
    given = [settings().get("MILVUS_URI") or ""]
    with suppress(OSError, UnicodeDecodeError):
        given += _file().read_text(encoding="utf-8").splitlines()
    return _address(uri) in map(_address, given)


def remember(uri: str) -> None:
    """Store the address of a server that the user gave, outside of any folder that could come from others."""
    with suppress(OSError):
        file = _file()
        if not is_known(uri):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as kept:
                kept.write(f"{_address(uri)}\n")


def _address(uri: str) -> str:
    """The same for two spellings of an address; https and http differ, because http would reveal the token."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(uri.strip())).lower()


def _file() -> Path:
    """The list of known servers; its path must be absolute, which it is not for a user without a home."""
    import platformdirs

    path = platformdirs.user_state_path("newsclust", appauthor=False) / "servers.txt"
    if not path.is_absolute():
        raise OSError("no home")
    return path
