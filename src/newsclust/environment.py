"""The user's tokens and keys, from the environment or a file .env."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from .errors import StoreError


def read_dotenv() -> str:
    """The text of the nearest file .env, "" if there is none, in UTF-8, or UTF-16 as Windows PowerShell 5 writes it.

    Raises
    ------
    StoreError
        If it can't be read, or is in another encoding: it may well hold the token.
    """
    from dotenv import find_dotenv

    name = find_dotenv(usecwd=True)
    try:
        text = Path(name).read_bytes() if name else b""
        return text.decode("utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise StoreError(f"{name} is not read, because it is not UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise StoreError(f"{name} can't be read ({error.strerror}): check its permissions.") from None


def settings() -> dict[str, str | None]:
    """The settings in the environment, else in the file .env.

    Raises
    ------
    StoreError
        As `read_dotenv`.
    """
    from dotenv import dotenv_values

    return dotenv_values(stream=StringIO(read_dotenv())) | os.environ
