"""From what the user names to bytes: a file, a folder, a pattern, an address, several of them; unpacked."""

from __future__ import annotations

import bz2
import difflib
import glob
import gzip
import hashlib
import io
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from ..errors import InputError, notice
from ..paths import find_input, short, state_dir
from .columns import listed

#: The Milvus tutorial's data set, https://www.kaggle.com/datasets/dylanjcastillo/news-headlines-2024, as a zip.
KAGGLE_URL = "https://www.kaggle.com/api/v1/datasets/download/dylanjcastillo/news-headlines-2024"
#: Its file without repeated headlines, which the tutorial reads.
KAGGLE_FILE = "news_data_dedup.csv"

TABLES = tuple(
    ".csv .tsv .tab .psv .txt .json .jsonl .ndjson .parquet .pq .feather .arrow .xlsx .xlsm .xls "
    ".xml .rss .atom .rdf .opml".split()
)
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".tbz2", ".txz")
TIMEOUT = (10, 60)  # seconds, to connect and between two pieces of the answer
BY_HAND = "download the file in a browser and give its path as data"
#: Packed files may grow by this factor, or up to `LEAST_LIMIT`: text shrinks to a tenth, a bomb to a thousandth.
MOST_GROWTH = 150
LEAST_LIMIT = 1 << 28
_MOST_MEMBERS = 20_000
_DEEPEST = 4
_ADDRESS = re.compile(r"\s*[a-z][\w+.-]+:/", re.IGNORECASE)  # one slash is what pathlib leaves of two


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


def gather(data: object, check: Callable[[Piece], None]) -> list[Piece]:
    """Everything that `data` names, unpacked, in a fixed order.

    Parameters
    ----------
    data : str, Path, or a list of them
        See `newsclust.read_corpus`.
    check : callable
        Raises an InputError where a downloaded piece is not worth keeping.

    Raises
    ------
    InputError
    """
    if isinstance(data, (list, tuple)):
        if not data:
            raise InputError("data is an empty list: name at least one file.")
        pieces = [piece for item in data for piece in gather(item, check)]
        return _labelled(pieces)
    if not isinstance(data, (str, os.PathLike)) or not str(data).strip():
        raise InputError(
            f"data is {data!r}: give 'sample', 'kaggle', or the path or http(s) address of your headlines."
        )
    if isinstance(data, str) and data == "sample":
        return [Piece("the sample", "sample", (resources.files("newsclust") / "data" / "sample.csv").read_bytes())]
    if isinstance(data, str) and data == "kaggle":
        return fetched(KAGGLE_URL, check)
    if _ADDRESS.match(str(data)):
        return fetched(str(data).strip(), check)
    return _labelled([piece for path in _paths(data) for piece in unpacked(_bytes(path), short(path))])


def local_files(data: object) -> list[Path]:
    """The files on this machine that `data` names: none of the sample, of Kaggle and of an address.

    Raises
    ------
    InputError
    """
    if isinstance(data, (list, tuple)):
        return [path for item in data for path in local_files(item)]
    return [] if data in ("sample", "kaggle") or _ADDRESS.match(str(data)) else _paths(data)


def shown(data: object) -> object:
    """`data` without what may be secret in an address."""
    if isinstance(data, (list, tuple)):
        return [shown(item) for item in data]
    return _shown(str(data).strip()) if _ADDRESS.match(str(data)) else str(data)


def _labelled(pieces: list[Piece]) -> list[Piece]:
    """With labels that tell the pieces apart."""
    if len({piece.label for piece in pieces}) == len(pieces):
        return pieces
    return [Piece(piece.name, piece.name, piece.content) for piece in pieces]


# Files


def _paths(data: str | os.PathLike) -> list[Path]:
    try:
        path = find_input(data)
        if path.is_dir():
            return _tables_in(path)
        if path.exists():
            return [path]
        if re.search(r"[*?\[]", str(data)):
            found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
            if found := [file for file in found if file.is_file() and not file.name.startswith((".", "_"))]:
                return found
            raise InputError(f"there is no file that fits {data}: correct the pattern in data.")
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, with an unknown ~user
        raise InputError(f"data, {listed([str(data)])}, cannot be the path of a file: correct it.") from None
    close = difflib.get_close_matches(path.name, beside, n=3)
    advice = f"; did you mean {' or '.join(close)}?" if close else ": correct the path in data."
    raise InputError(f"there is no file {path}{advice}")


def _tables_in(folder: Path) -> list[Path]:
    """The files of a folder that could hold headlines, those of its subfolders where it has none itself."""
    for pattern in ("*", "**/*"):
        files = [
            file for file in sorted(folder.glob(pattern)) if file.is_file() and not file.name.startswith((".", "_"))
        ]
        chosen = _tables_among([str(file) for file in files])
        if chosen:
            return [Path(name) for name in chosen]
    raise InputError(f"{folder} is a folder without a table, feed or list of headlines: give the path of one.")


def _tables_among(names: list[str]) -> list[str]:
    """Those whose ending says that they are tables; text files only where nothing else is."""
    lower = {name: name.lower() for name in names}
    kept = [
        name
        for name in names
        if lower[name].endswith((*TABLES, *PACKED)) or re.match(r"part-\d+", PurePosixPath(name).name)
    ]
    better = [
        name
        for name in kept
        if not re.search(r"\.txt(\.\w+)?$", lower[name])
        and not re.match(
            r"(read.?me|licen[cs]e|metadata|schema|dataset-metadata|package|index)\b", PurePosixPath(lower[name]).name
        )
    ]
    texts = [
        name for name in kept if not re.match(r"(read.?me|licen[cs]e|about|notes?)\b", PurePosixPath(lower[name]).name)
    ]
    return better or texts or kept


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > (limit := _limit(1 << 40)):
            raise InputError(
                f"{short(path)} has {size / 1e9:.1f} GB, more than the {limit / 1e9:.1f} that memory holds here."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None


def _limit(packed: int) -> int:
    import psutil

    memory = psutil.virtual_memory().available // 6
    return max(min(max(packed * MOST_GROWTH, LEAST_LIMIT), memory), 1 << 26)


# Unpacking


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
    limit, pieces, size = _limit(packed), [], 0
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
                if total > _limit(len(content)):
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
        if total > _limit(packed):
            raise InputError(
                f"{name} unpacks to more than {total / 1e6:,.0f} MB: unpack it and give the file with the headlines."
            )
        pieces += unpacked(
            content, f"{member} in {name}", PurePosixPath(member).name if len(members) > 1 else label, depth + 1
        )
    return _labelled(pieces)


def _members(names: list[str], name: str, kind: str) -> list[str]:
    files = [m for m in names if not m.startswith("__MACOSX/") and not PurePosixPath(m).name.startswith((".", "_"))]
    if not files:
        raise InputError(
            f"{name} is a {kind} file without a table, it holds {listed(names) or 'nothing'}: give a table."
        )
    tables = _tables_among(files) or (files if len(files) == 1 else [])
    tables = [member for member in tables if PurePosixPath(member).name == KAGGLE_FILE] or tables
    if not tables:
        raise InputError(f"{name} is a {kind} file without a table, it holds {listed(files)}: give a table.")
    return tables


# Addresses


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
        raise InputError(f"{_shown(url)} is neither http nor https: {BY_HAND}.")
    # Neither the name nor the hash of what is kept may hold a password.
    anonymous = url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
    name = re.sub(r"[^\w.-]+", "_", unquote(PurePosixPath(parts.path).name))[-60:] or "data"
    kept = state_dir("downloads") / f"{hashlib.blake2b(anonymous.encode(), digest_size=8).hexdigest()}-{name}"
    label = PurePosixPath(parts.path).name or parts.hostname or "feed"
    if kept.exists():
        _tell_of_age(kept, url)
        return unpacked(_bytes(kept), _shown(url), label)
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        _fetch(url, part)
        pieces = unpacked(part.read_bytes(), _shown(url), label)
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
        notice(f"{_shown(url)} is read as it was fetched on {day}: delete {short(kept)} to fetch it again.")


def _fetch(url: str, part: Path) -> None:
    import requests
    from tqdm.auto import tqdm

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT) as answer:
            if not answer.ok:
                status = f"{answer.status_code} {answer.reason or ''}".strip()
                raise InputError(f"{_shown(url)} answered {status}: check the address, or {BY_HAND}.")
            total = int(answer.headers.get("Content-Length", 0)) or None
            limit, size = _limit(1 << 40), 0
            with (
                part.open("wb") as file,
                tqdm(total=total, unit="B", unit_scale=True, desc="downloading", leave=False) as progress,
            ):
                for piece in answer.iter_content(1 << 16):
                    size += len(piece)
                    if size > limit:
                        raise InputError(
                            f"{_shown(url)} holds more than the {limit / 1e9:.1f} GB that memory holds here."
                        )
                    file.write(piece)
                    progress.update(len(piece))
    except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a host name that is none
        # The error's own text holds the whole address; its type says enough.
        reason = type(error).__name__
        raise InputError(
            f"{_shown(url)} could not be fetched ({reason}): check the address and the connection, or {BY_HAND}."
        ) from None


def _shown(url: str) -> str:
    """The address without what may be secret: user, password, and the query, where signed addresses keep keys."""
    return re.sub(r"[?#].*", "?...", re.sub(r"//[^/?#]*@", "//", url), flags=re.DOTALL)
