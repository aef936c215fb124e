"""Packed files: their members as pieces, however often they are packed, and no more of them than memory holds."""

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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from newsclust.errors import InputError

from .columns import listed

#: The Milvus tutorial's file in Kaggle's archive, without repeated headlines; of its files only this one is taken.
KAGGLE_FILE = "news_data_dedup.csv"
TABLES = tuple(
    ".csv .tsv .tab .psv .txt .json .jsonl .ndjson .parquet .pq .feather .arrow .xlsx .xlsm .xls .ods "
    ".xml .rss .atom .rdf .opml .db .sqlite .sqlite3".split()
)
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".tbz2", ".txz")
#: Packed files may grow by this factor, or up to `LEAST_LIMIT`: text shrinks to a tenth, a bomb to a thousandth.
MOST_GROWTH = 150
LEAST_LIMIT = 1 << 28
_MOST_MEMBERS = 20_000
_DEEPEST = 4


@dataclass(frozen=True)
class Piece:
    """One file's content, unpacked.

    Attributes
    ----------
    name : str
        What messages call it.
    label : str
        What a column that tells files apart says.
    content : bytes
    """

    name: str
    label: str
    content: bytes


def unpacked(content: bytes, name: str, label: str = "", depth: int = 0) -> list[Piece]:
    """The files in `content`, however often it is packed; itself where it is not."""
    label = label or PurePosixPath(name.replace("\\", "/")).name
    if depth > _DEEPEST:
        raise InputError(f"{name} is packed more than {_DEEPEST} times: unpack it and give the file in it.")
    try:
        for magic, kind, opened in _PACKINGS:  # noqa: B007
            if content.startswith(magic):
                inner = _read(opened(content), name, len(content))
                return unpacked(inner, name, label, depth + 1)
        if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
            kind = "zip"
            return _unzipped(content, name, label, depth)
        if content[257:262] == b"ustar":
            kind = "tar"
            return _untarred(content, name, label, depth)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        OSError,
        EOFError,
        ValueError,
        IndexError,
        OverflowError,
        RuntimeError,  # a password
        NotImplementedError,  # a version or a method that zipfile lacks
        struct.error,
    ):
        raise InputError(f"{name} is a damaged or incomplete {kind} file: fetch or pack it again.") from None
    return [Piece(name, label, content)]


def _unzstd(content: bytes) -> IO[bytes]:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.BufferReader(content), "zstd")


_PACKINGS: list[tuple[bytes, str, Callable[[bytes], IO[bytes]]]] = [
    (b"\x1f\x8b", "gzip", lambda content: gzip.GzipFile(fileobj=io.BytesIO(content))),
    (b"BZh", "bzip2", lambda content: bz2.BZ2File(io.BytesIO(content))),
    (b"\xfd7zXZ\x00", "xz", lambda content: lzma.LZMAFile(io.BytesIO(content))),  # noqa: SIM115
    (b"\x28\xb5\x2f\xfd", "zstd", _unzstd),
]


def _read(stream: IO[bytes], name: str, packed: int) -> bytes:
    limit, pieces, size = most_bytes(packed), [], 0
    while piece := stream.read(1 << 20):
        size += len(piece)
        if size > limit:
            raise InputError(
                f"{name} unpacks to more than {limit / 1e6:,.0f} MB, {limit // max(packed, 1):,} times its size: "
                "unpack it by hand if it is no bomb."
            )
        pieces.append(piece)
    return b"".join(pieces)


def _unzipped(content: bytes, name: str, label: str, depth: int) -> list[Piece]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > _MOST_MEMBERS:
            raise InputError(f"{name} holds {len(members):,} files: unpack it and give those with headlines.")
        names = [info.filename for info in members]

        def read(info: zipfile.ZipInfo) -> bytes:
            try:
                with archive.open(info) as stream:
                    return _read(stream, name, max(len(content), 1))
            except (RuntimeError, NotImplementedError):  # a password or a method of compression that zipfile lacks
                raise InputError(f"{name} is a zip file that cannot be unpacked here: give the files in it.") from None

        if "[Content_Types].xml" in names or "mimetype" in names or "xl/workbook.xml" in names:
            total = 0
            for info in members:  # what the directory says of sizes need not be true
                total += len(read(info))
                if total > most_bytes(len(content)):
                    raise InputError(f"{name} unpacks to more than {total / 1e6:,.0f} MB: save the table in it as CSV.")
            return [Piece(name, label, content)]
        chosen = _members(names, name, "zip")
        found = [info for info in members if info.filename in chosen]
        return _several(
            [(info.filename, lambda info=info: read(info)) for info in found], name, label, len(content), depth
        )


def _untarred(content: bytes, name: str, label: str, depth: int) -> list[Piece]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        members = []
        for info in archive:
            if info.isfile():
                members.append(info)
            if len(members) > _MOST_MEMBERS:
                raise InputError(
                    f"{name} holds more than {_MOST_MEMBERS:,} files: unpack it and give those with headlines."
                )
        if any(info.size < 0 for info in members):
            raise tarfile.TarError
        chosen = _members([info.name for info in members], name, "tar")
        found = [info for info in members if info.name in chosen]
        return _several(
            [(info.name, lambda info=info: archive.extractfile(info).read()) for info in found],
            name,
            label,
            len(content),
            depth,
        )


def _several(
    members: list[tuple[str, Callable[[], bytes]]], name: str, label: str, packed: int, depth: int
) -> list[Piece]:
    pieces: list[Piece] = []
    total = 0
    for member, read in members:
        content = read()
        total += len(content)
        if total > most_bytes(packed):
            raise InputError(
                f"{name} unpacks to more than {total / 1e6:,.0f} MB: unpack it and give the file with the headlines."
            )
        pieces += unpacked(
            content, f"{member} in {name}", PurePosixPath(member).name if len(members) > 1 else label, depth + 1
        )
    return labelled(pieces)


def _members(names: list[str], name: str, kind: str) -> list[str]:
    files = [m for m in names if not m.startswith("__MACOSX/") and not PurePosixPath(m).name.startswith((".", "_"))]
    if not files:
        raise InputError(
            f"{name} is a {kind} file without a table, it holds {listed(names) or 'nothing'}: give a table."
        )
    tables = tables_among(files) or (files if len(files) == 1 else [])
    tables = [member for member in tables if PurePosixPath(member).name == KAGGLE_FILE] or tables
    if not tables:
        raise InputError(f"{name} is a {kind} file without a table, it holds {listed(files)}: give a table.")
    return tables


def labelled(pieces: list[Piece]) -> list[Piece]:
    """With labels that tell the pieces apart."""
    if len({piece.label for piece in pieces}) == len(pieces):
        return pieces
    return [Piece(piece.name, piece.name, piece.content) for piece in pieces]


def tables_among(names: list[str]) -> list[str]:
    """Those whose ending says that they are tables; text files and databases only where nothing else is."""
    lower = {name: name.lower() for name in names}
    kept = [
        name
        for name in names
        if lower[name].endswith((*TABLES, *PACKED)) or re.match(r"part-\d+", PurePosixPath(name).name)
    ]
    better = [
        name
        for name in kept
        if not re.search(r"\.(txt|db|sqlite3?)(\.\w+)?$", lower[name])
        and not re.match(
            r"(read.?me|licen[cs]e|metadata|schema|dataset-metadata|package|index)\b", PurePosixPath(lower[name]).name
        )
    ]
    texts = [
        name for name in kept if not re.match(r"(read.?me|licen[cs]e|about|notes?)\b", PurePosixPath(lower[name]).name)
    ]
    return better or texts or kept


def most_bytes(packed: int) -> int:
    import psutil

    memory = psutil.virtual_memory().available // 6
    return max(min(max(packed * MOST_GROWTH, LEAST_LIMIT), memory), 1 << 26)
