"""What is behind an address, fetched once and kept."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from newsclust.errors import InputError, notice
from newsclust.paths import short, state_dir

from .unpacking import Piece, most_bytes, unpacked

TIMEOUT = (10, 60)  # seconds, to connect and between two pieces of the answer
BY_HAND = "download the file in a browser and give its path as data"


def fetched(url: str, check: Callable[[Piece], None]) -> list[Piece]:
    """What is behind `url`, fetched once; it is kept only if headlines can be read from it."""
    try:
        parts = urlsplit(url)
        valid = parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid:
        raise InputError("the address in data is not valid: give http(s)://host/path, special characters as %xx.")
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{shown_address(url)} is neither http nor https: {BY_HAND}.")
    # Neither the name nor the hash of what is kept may hold a password.
    anonymous = url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
    name = re.sub(r"[^\w.-]+", "_", unquote(PurePosixPath(parts.path).name))[-60:] or "data"
    kept = state_dir("downloads") / f"{hashlib.blake2b(anonymous.encode(), digest_size=8).hexdigest()}-{name}"
    label = PurePosixPath(parts.path).name or parts.hostname or "feed"
    if kept.exists():
        _tell_of_age(kept, url)
        return unpacked(kept.read_bytes(), shown_address(url), label)
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        _fetch(url, part)
        pieces = unpacked(part.read_bytes(), shown_address(url), label)
        for piece in pieces:
            check(piece)
        os.replace(part, kept)
    finally:
        part.unlink(missing_ok=True)
    return pieces


def _tell_of_age(kept: Path, url: str) -> None:
    import time

    age = time.time() - kept.stat().st_mtime
    if age > 86_400:
        day = time.strftime("%Y-%m-%d", time.gmtime(kept.stat().st_mtime))
        notice(f"{shown_address(url)} is read as it was fetched on {day}: delete {short(kept)} to fetch it again.")


def _fetch(url: str, part: Path) -> None:
    import requests
    from tqdm.auto import tqdm

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT) as answer:
            if not answer.ok:
                status = f"{answer.status_code} {answer.reason or ''}".strip()
                raise InputError(f"{shown_address(url)} answered {status}: check the address, or {BY_HAND}.")
            total = int(answer.headers.get("Content-Length", 0)) or None
            limit, size = most_bytes(1 << 40), 0
            with (
                part.open("wb") as file,
                tqdm(total=total, unit="B", unit_scale=True, desc="downloading", leave=False) as progress,
            ):
                for piece in answer.iter_content(1 << 16):
                    size += len(piece)
                    if size > limit:
                        raise InputError(
                            f"{shown_address(url)} holds more than the {limit / 1e9:.1f} GB that memory holds here."
                        )
                    file.write(piece)
                    progress.update(len(piece))
    except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a host name that is none
        # The error's own text holds the whole address; its type says enough.
        reason = type(error).__name__
        raise InputError(
            f"{shown_address(url)} could not be fetched ({reason}): check the address and the connection, or {BY_HAND}."
        ) from None


def shown_address(url: str) -> str:
    """The address without what may be secret: user, password, and the query, where signed addresses keep keys."""
    public = re.sub(r"[?#].*", "?...", re.sub(r"//[^/?#]*@", "//", url), flags=re.DOTALL)
    return " ".join(public.split())[:300]  # in a damaged list of feeds it may be anything
