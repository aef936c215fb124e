"""Downloads, fetched once and kept where the caller says."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from threading import Event, Thread
from urllib.parse import unquote, urlsplit

from .beginnings import beginning
from .errors import SOURCE, ReaderError, notice
from .unpacking import Piece, most_bytes, unpacked

TIMEOUT = (10, 60)  # seconds, to connect and between two pieces of the answer
#: Seconds that a download may take, and bytes that add one more second.
PATIENCE, SLOWEST = 120, 2_000
BY_HAND = f"download the file in a browser and give its path as {SOURCE}"


def fetched(
    url: str, check: Callable[[Piece], None], folder: Callable[[], Path] | None, shown: Callable[[Path], str],
    most: int | None = None,
) -> list[Piece]:  # fmt: skip
    """The content of `url`, fetched once; it is kept in `folder` only if headlines can be read from it.

    Parameters
    ----------
    url : str
    check : callable
        Raises a ReaderError if a piece is not worth keeping.
    folder, shown, most
        As `downloads`, `shown` and `most` in `headline_reader.read`.
    """
    try:
        parts = urlsplit(url)
        valid = parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid:
        raise ReaderError(f"the address in {SOURCE} is not valid: give http(s)://host/path, special characters as %xx.")
    if parts.scheme not in ("http", "https"):
        raise ReaderError(f"{shown_address(url)} is neither http nor https: {BY_HAND}.")
    label = PurePosixPath(parts.path).name or parts.hostname or "feed"
    kept = kept_file(url, folder()) if folder else None
    if kept and kept.exists():
        day = time.strftime("%Y-%m-%d", time.gmtime(kept.stat().st_mtime))
        notice(f"{shown_address(url)} is read as it was fetched on {day}: delete {shown(kept)} to fetch it again.")
        return unpacked(kept.read_bytes(), shown_address(url), label)
    content = _fetch(url, most)
    if most is not None and len(content) > most:
        return [Piece(shown_address(url), label, beginning(bytes(content), most, shown_address(url)), cut=len(content))]
    pieces = unpacked(content, shown_address(url), label)
    failures = []
    for piece in pieces:
        try:
            check(piece)
        except ReaderError as error:
            failures.append(error)
    if failures and len(failures) == len(pieces):
        raise failures[0]
    if kept:
        part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
        try:
            part.write_bytes(content)
            os.replace(part, kept)
        except OSError as error:
            notice(f"{shown_address(url)} is not kept ({error.strerror}): it is fetched again the next time.")
        finally:
            part.unlink(missing_ok=True)
    return pieces


def kept_file(url: str, folder: Path) -> Path:
    """Where the content of `url` is kept in `folder`: neither the name nor the hash in it may hold a password."""
    parts = urlsplit(url)
    anonymous = url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
    name = re.sub(r"[^\w.-]+", "_", unquote(PurePosixPath(parts.path).name))[-60:] or "data"
    return folder / f"{hashlib.blake2b(anonymous.encode(), digest_size=8).hexdigest()}-{name}"


def _fetch(url: str, most: int | None = None) -> bytes:
    from tqdm.auto import tqdm

    content, ended, given_up = bytearray(), SimpleQueue[BaseException | None](), Event()
    total: list[int | None] = [None]

    def work() -> None:
        try:
            _read(url, content, total, given_up, most)
            ended.put(None)
        except BaseException as error:
            ended.put(error)

    # A server that sends a byte per second keeps every limit between two pieces: the whole is timed from outside.
    Thread(target=work, daemon=True).start()
    start = time.monotonic()
    try:
        with tqdm(unit="B", unit_scale=True, desc="downloading", leave=False) as progress:
            while time.monotonic() - start < PATIENCE + len(content) / SLOWEST:
                with suppress(Empty):
                    if error := ended.get(timeout=0.5):
                        raise error
                    return bytes(content)
                progress.total = total[0]
                progress.update(len(content) - progress.n)
    finally:
        given_up.set()
    sent = f"sent {len(content):,} bytes in {time.monotonic() - start:.0f} s, too slowly to wait for"
    raise ReaderError(f"{shown_address(url)} {sent}: try again later, or {BY_HAND}.")


def _read(url: str, content: bytearray, total: list[int | None], given_up: Event, most: int | None) -> None:
    """Append what the server sends, still packed, to `content`, and its expected size to `total`."""
    import requests
    from requests.packages.urllib3.exceptions import HTTPError  # type: ignore[import-not-found]  # made as it runs

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "gzip"}) as answer:
            if not answer.ok:
                status = f"{answer.status_code} {answer.reason or ''}".strip()
                raise ReaderError(f"{shown_address(url)} answered {status}: check the address, or {BY_HAND}.")
            said = answer.headers.get("Content-Length", "")  # some servers give it twice, or in words
            total[0] = int(said) if said.isascii() and said.isdigit() else None
            limit, packed = most_bytes(1 << 40), "gzip" in answer.headers.get("Content-Encoding", "").lower()
            for piece in answer.raw.stream(1 << 14, decode_content=not packed):  # truncated gzip is noticed later
                content += piece
                if given_up.is_set() or (most is not None and len(content) > most):
                    return
                if len(content) > limit:
                    more = f"holds more than the {limit / 1e9:.1f} GB that memory holds here"
                    raise ReaderError(f"{shown_address(url)} {more}.")
    except (OSError, HTTPError, UnicodeError) as error:  # no bundle of certificates; a host name that is none
        # The error's own text holds the whole address; its type says enough.
        said = f"{shown_address(url)} could not be fetched ({type(error).__name__})"
        raise ReaderError(f"{said}: check the address and the connection, or {BY_HAND}.") from None


def shown_address(url: str) -> str:
    """The address without what may be secret: user, password, and the query, where signed addresses keep keys."""
    public = re.sub(r"[?#].*", "?...", re.sub(r"//[^/?#]*@", "//", url), flags=re.DOTALL)
    return " ".join(public.split())[:300]  # in a damaged list of feeds it may be anything
