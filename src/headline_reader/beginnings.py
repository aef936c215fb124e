"""The beginning of a large file, cut where a record ends."""

from __future__ import annotations

import re

from .errors import ReaderError
from .unpacking import first_of

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_WHOLE = (b"PK", b"PAR1", b"ARROW1", b"SQLite format 3", b"\xd0\xcf\x11\xe0")


def beginning(content: bytes, most: int, name: str) -> bytes:
    """At most `most` bytes from the beginning of a file or answer that may be longer than `content`, unpacked.

    Raises
    ------
    ReaderError
        Where the file can only be read whole.
    """
    if content.startswith(_WHOLE):
        raise ReaderError(
            f"{name} has more than {most >> 20} MB and can only be read whole, as a run does: give a part of it."
        )
    content = first_of(content, most)
    if (start := content[:200].lstrip(b"\xef\xbb\xbf \t\r\n"))[:1] in (b"[", b"{") and not re.search(
        rb"\}\s*\n\{", content
    ):
        return _closed(content) if start else content
    return content[: content.rfind(b"\n") + 1] or content


def _closed(content: bytes) -> bytes:
    """JSON whose end is missing, up to its last whole value, with the brackets that close it."""
    opened: list[bytes] = []
    end, closing = 0, b""
    for token in _TOKEN.finditer(content):
        mark = token[0]
        if mark in b"[{":
            opened.append(b"]" if mark == b"[" else b"}")
        elif mark in b"]}" and opened:
            opened.pop()
            if opened and opened[-1] == b"]":
                end, closing = token.end(), b"".join(reversed(opened))
    return content[:end] + closing
