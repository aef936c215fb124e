"""The beginning of a large file, cut where a record ends."""

from __future__ import annotations

import re

from .errors import ReaderError

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_WHOLE = (b"PK", b"PAR1", b"ARROW1", b"SQLite", b"\xd0\xcf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def beginning(content: bytes, most: int, name: str) -> bytes:
    """At most `most` unpacked bytes from the beginning of a file or response, which may be longer than `content`.

    Raises
    ------
    ReaderError
        If the file can only be read whole.
    """
    if content.startswith(_WHOLE):
        more = f"{name} has more than {most >> 20} MB and is packed or in a form that can only be read whole"
        raise ReaderError(f"{more}, as a run does: unpack it, or give a part of it.")
    is_json = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")
    if is_json and not re.search(rb"\}\s*\n\{", content):
        return _closed(content[:most])
    return content[: content.rfind(b"\n", 0, most) + 1] or content[:most]


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
