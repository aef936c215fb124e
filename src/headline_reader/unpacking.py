"""Packed files: their members as pieces, however often they are packed, within the limits of memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from .errors import ReaderError, listed

#: In Kaggle's archive of "News Headlines 2024" this file holds all headlines, without repeats: only it is read.
WHOLE_FILE = "news_data_dedup.csv"
TABLES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".feather", ".arrow",
          ".xlsx", ".xlsm", ".xls", ".ods", ".xml", ".rss", ".atom", ".rdf", ".opml", ".ris", ".bib", ".nbib", ".enw",
          ".eml", ".mbox", ".yml", ".yaml", ".md", ".html", ".htm", ".warc", ".wet", ".db", ".sqlite",
          ".sqlite3")  # fmt: skip
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".tbz2", ".txz")
#: Packed files may grow by this factor, or up to `LEAST_LIMIT`: text shrinks to a tenth, a bomb to a thousandth.
MOST_GROWTH = 150
LEAST_LIMIT = 1 << 28
_ABOUT = r"(read.?me|licen[cs]e|metadata|schema|dataset-metadata|package|index)\b"
_MOST_MEMBERS = 20_000
_DEEPEST = 4


class TooMuch(ReaderError):
    """The unpacked files need more memory than there is, whichever of them it is."""


@dataclass(frozen=True)
class Piece:
    """One file's content, unpacked.

    Attributes
    ----------
    name : str
        What messages call it.
    label : str
        Its value in a column that distinguishes files.
    content : bytes
    failure : str
        Why this file, one of several, can't be read; "" if it can.
    cut : int
        The size in bytes of a file of which this is only the beginning; 0 if it is the whole file.
    """

    name: str
    label: str
    content: bytes
    failure: str = ""
    cut: int = 0


def unpacked(content: bytes, name: str, label: str = "", depth: int = 0, sizes: _Sizes | None = None) -> list[Piece]:
    """The files in `content`, however often it is packed; itself where it is not."""
    sizes = sizes or _Sizes(name, len(content))
    label = label or PurePosixPath(name.replace("\\", "/")).name
    if depth > _DEEPEST:
        raise ReaderError(f"{name} is packed more than {_DEEPEST} times: unpack it and give the file in it.")
    kind = next((kind for magic, kind in KINDS.items() if content.startswith(magic)), "")
    kind = "tar" if not kind and content[257:262] == b"ustar" else kind
    try:
        if kind in _STREAMS:
            return unpacked(_read(_STREAMS[kind](content), sizes), name, label, depth + 1, sizes)
        if kind:
            return (_unzipped if kind == "zip" else _untarred)(content, name, label, depth, sizes)
    except DAMAGES:
        raise ReaderError(f"{name} is a damaged or incomplete {kind} file: fetch or pack it again.") from None
    except MemoryError:
        raise ReaderError(f"{name} needs more memory to unpack than there is: {sizes.advice}.") from None
    return [Piece(name, label, content)]


def _unzstd(content: bytes) -> io.BufferedIOBase:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.BufferReader(content), "zstd")


KINDS = {
    **{b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"},
    **dict.fromkeys([b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"], "zip"),
}
_STREAMS: dict[str, Callable[[bytes], io.BufferedIOBase]] = {
    "gzip": lambda content: gzip.GzipFile(fileobj=io.BytesIO(content)),
    "bzip2": lambda content: bz2.BZ2File(io.BytesIO(content)),
    "xz": lambda content: lzma.LZMAFile(io.BytesIO(content)),  # noqa: SIM115
    "zstd": _unzstd,
}
# RuntimeError: a password; NotImplementedError: a version or a method that zipfile lacks.
DAMAGES = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError,
            ValueError, IndexError, OverflowError, RuntimeError, NotImplementedError)  # fmt: skip


def _read(stream: IO[bytes] | io.BufferedIOBase, sizes: _Sizes) -> bytes:
    """Read a member piece by piece: the size that an archive states may be wrong."""
    pieces = []
    while piece := stream.read(1 << 20):
        sizes.add(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _unzipped(content: bytes, name: str, label: str, depth: int, sizes: _Sizes) -> list[Piece]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > _MOST_MEMBERS:
            raise ReaderError(f"{name} holds {len(members):,} files: unpack it and give those with headlines.")

        def read(info: zipfile.ZipInfo) -> bytes:
            try:
                with archive.open(info) as stream:
                    return _read(stream, sizes)
            except (RuntimeError, NotImplementedError):  # a password or a method of compression that zipfile lacks
                raise ReaderError(f"{name} is a zip file that cannot be unpacked here: give the files in it.") from None

        if not {"[Content_Types].xml", "mimetype", "xl/workbook.xml"}.isdisjoint(info.filename for info in members):
            sizes.advice = "save the table in it as CSV"
            for info in members:
                read(info)
            return [Piece(name, label, content)]
        files = [(info.filename, partial(read, info)) for info in members]
        return _several(files, name, label, "zip", depth, sizes)


def _untarred(content: bytes, name: str, label: str, depth: int, sizes: _Sizes) -> list[Piece]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        files = []
        for info in archive:
            if info.isfile():
                read = partial(lambda info: _read(archive.extractfile(info), sizes), info)  # type: ignore[arg-type]  # a file
                files.append((info.name, read))
            if len(files) > _MOST_MEMBERS:
                more = f"{name} holds more than {_MOST_MEMBERS:,} files"
                raise ReaderError(f"{more}: unpack it and give those with headlines.")
            if info.isfile() and info.size < 0:
                raise tarfile.TarError
        return _several(files, name, label, "tar", depth, sizes)


class _Sizes:
    """How much an archive and those in it have unpacked to so far; more than memory allows is an error."""

    def __init__(self, name: str, packed: int) -> None:
        self.name, self.limit, self.total = name, most_bytes(packed), 0
        self.advice = "unpack it and give the file with the headlines, if you trust it"

    def add(self, size: int) -> None:
        self.total += size
        if self.total > self.limit:
            raise TooMuch(f"{self.name} unpacks to more than {self.limit / 1e6:,.0f} MB: {self.advice}.")


def _several(
    files: Sequence[tuple[str, Callable[[], bytes]]], name: str, label: str, kind: str, depth: int, sizes: _Sizes
) -> list[Piece]:
    pieces: list[Piece] = []
    chosen = _members([member for member, _ in files], name, kind)
    whole = any(PurePosixPath(member).name == WHOLE_FILE for member in chosen)
    beside = [] if whole else [member for member, _ in files]
    for member in tables_among([member for member in beside if member not in chosen and not member.startswith("__")]):
        if not re.match(_ABOUT, PurePosixPath(member.lower()).name):
            why = f"{member} in {name} is beside tables and is not read: give it alone if it holds headlines."
            pieces.append(Piece(f"{member} in {name}", member, b"", why))
    files = [(member, read) for member, read in files if member in chosen]
    for member, read in files:
        own = PurePosixPath(member).name if len(files) > 1 else label
        inside = f"{member} in {name}"
        pieces += one_of(len(files), partial(_member, read, sizes, kind, inside, own, depth), inside, own)
    return labelled(pieces)


def _member(read: Callable[[], bytes], sizes: _Sizes, kind: str, *place: Any) -> list[Piece]:
    name, label, depth = place
    try:
        content = read()
    except DAMAGES:
        raise ReaderError(f"{name} is a damaged or incomplete {kind} file: fetch or pack it again.") from None
    return unpacked(content, name, label, depth + 1, sizes)


def one_of(n: int, unpack: Callable[[], list[Piece]], name: str, label: str) -> list[Piece]:
    """The pieces of one of `n` files; one of several that can't be read becomes a piece that says why."""
    try:
        return unpack()
    except ReaderError as error:
        if n < 2 or isinstance(error, TooMuch):
            raise
        return [Piece(name, label, b"", error.message)]


def _members(names: list[str], name: str, kind: str) -> list[str]:
    files = [m for m in names if not m.startswith("__MACOSX/") and not PurePosixPath(m).name.startswith((".", "_"))]
    tables = tables_among(files) or (files if len(files) == 1 else [])
    if not tables:
        held = listed(files or names) or "nothing"
        raise ReaderError(f"{name} is a {kind} file without a table, it holds {held}: give a table.")
    return [member for member in tables if PurePosixPath(member).name == WHOLE_FILE] or tables


def labelled(pieces: list[Piece]) -> list[Piece]:
    """With labels that tell the pieces apart."""
    if len({piece.label for piece in pieces}) == len(pieces):
        return pieces
    return [replace(piece, label=piece.name) for piece in pieces]


def tables_among(names: list[str]) -> list[str]:
    """The names whose ending marks a table; text files and databases only if there is nothing else."""

    def without(pattern: str) -> list[str]:
        return [name for name in kept if not re.match(pattern, PurePosixPath(name.lower()).name)]

    ends, part = (*TABLES, *PACKED), re.compile(r"part-\d+")
    kept = [name for name in names if name.lower().endswith(ends) or part.match(PurePosixPath(name).name)]
    better = without(rf"{_ABOUT}|[\s\S]*\.(txt|db|sqlite3?|ya?ml|md|html?)(\.\w+)?$")
    return better or without(r"(read.?me|licen[cs]e|about|notes?)\b") or kept


def most_bytes(packed: int) -> int:
    import psutil

    memory = psutil.virtual_memory().available // 6
    return max(min(max(packed * MOST_GROWTH, LEAST_LIMIT), memory), 1 << 26)
