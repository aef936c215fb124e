"""Large files in parts: delimited text and lines in UTF-8, JSON lines, Parquet; with the rows of `read_rows`.

Some questions need the whole file, such as whether it holds a second table. They are checked while it is read: in case
of doubt `NotInParts` is raised.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pandas as pd

from .cells import text_frame
from .dialect import DELIMITERS, find_dialect, without_leading_lines
from .errors import ReaderError
from .exports import read_export, refuse_no_headlines
from .feeds import is_markup
from .formats import BINARY, READERS, table_of_arrow
from .json_records import record_a_line, records_table, spread, without_name
from .mail import read_mail
from .records import SAMPLE, Dialect, each_record, types_of_columns
from .roles import bare
from .tables import (
    LONGEST_LINE,
    MOST_COLUMNS,
    MOST_MISFITS,
    Table,
    blocks_of,
    is_header,
    named_columns,
    rows_that_fit,
    unclosed,
    unique_names,
)
from .unpacking import DAMAGES, KINDS

#: Lines, or records, that are read together, and how many more are first searched for a closing quotation mark.
BLOCK, BEYOND = 20_000, 2_000
_LINE = re.compile(r"[^\n]*\n")
_RULE = re.compile(r"^[|:\- \t]*--[|:\- \t]*$", re.MULTILINE)
_ADDRESS = re.compile(r"^<?(?:https?://|www\.)\S+\s*?$", re.MULTILINE)
#: Bytes from the beginning that identify the kind of a file; also the size of one read.
BEGINNING = 1 << 20


class NotInParts(Exception):
    """The file has to be read whole; the message says why."""


def in_parts(path: Path, name: str) -> Iterator[Table]:
    """The rows of a file, as tables of some thousand rows with the same columns; later tables may have new ones.

    Raises
    ------
    NotInParts
        Before or while tables are yielded.
    ReaderError
    """
    try:
        with ExitStack() as opened:
            file = opened.enter_context(_unpacked(path, opened))
            start = file.read(BEGINNING)
            read = _parquet if start.startswith(b"PAR1") else _way(start, name)
            del start
            file = opened.enter_context(path.open("rb") if read is _parquet else _unpacked(path, opened))
            for table in read(file, name):
                if spread(table.rows) is not table.rows:
                    raise NotInParts("cells of it hold records")
                yield table
    except UnicodeDecodeError:
        raise NotInParts("it is not in UTF-8") from None
    except DAMAGES as error:
        raise NotInParts(f"it is damaged ({type(error).__name__})") from None


def _unpacked(path: Path, opened: ExitStack) -> IO[bytes]:
    import pyarrow as pa

    with path.open("rb") as file:
        start = file.read(512)
    kind = next((kind for magic, kind in KINDS.items() if start.startswith(magic)), "")
    if kind == "zip":
        archive = opened.enter_context(zipfile.ZipFile(path))
        if len(members := [info for info in archive.infolist() if not info.is_dir()]) != 1:
            raise NotInParts("it is a folder of files")
        return archive.open(members[0])
    ways: dict[str, Callable[[Path], Any]] = {
        "gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open,
        "zstd": lambda path: pa.CompressedInputStream(str(path), "zstd"),
    }  # fmt: skip
    return ways[kind](path) if kind else path.open("rb")


def _way(start: bytes, name: str) -> Callable[[IO[bytes], str], Iterator[Table]]:
    """The function that reads a text with this beginning."""
    if start.startswith((*READERS, *BINARY, *KINDS)) or start[257:262] == b"ustar" or b"\0" in start:
        raise NotInParts("it is in a form that is only read whole")
    text = start[: start.rfind(b"\n") + 1].decode("utf-8-sig")
    opening = text[:2000].lstrip("\ufeff \t\r\n")
    if not opening or is_markup(opening) or opening[0] == "<" or read_mail(start, name) is not None:
        raise NotInParts("it is in a form that is only read whole")
    outside = "".join(text[:SAMPLE].split('"')[::2])
    if outside.count("\r") - outside.count("\r\n") > outside.count("\n"):
        raise NotInParts("its lines end in carriage returns")
    if without_name(opening).lstrip()[:1] in ("{", "["):
        if opening[0] != "{":
            raise NotInParts("it is one value of JSON")
        return _json_lines
    if read_export(text, name) is not None:
        raise NotInParts("it is an export of a program")
    return _delimited


def _lines(file: IO[bytes]) -> Iterator[str]:
    """The lines of a text, checked for what requires reading it whole."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="\n")
    n = letters = links = addresses = 0
    rest = ""
    while read := text.read(BEGINNING):
        if len(rest) > LONGEST_LINE or "\0" in read:
            raise NotInParts("it has NUL bytes, or a very long line")
        before, mark, behind = read.rpartition("\n")
        read, rest = (rest + before + mark, behind) if mark else ("", rest + behind)
        if "--" in read and "|" in read and _RULE.search(read):
            raise NotInParts("it may hold tables in Markdown")
        lines = _LINE.findall(read)
        n, letters, links = n + len(lines), letters + len(read), links + read.count("](")
        if "\nhttp" in read or "\nwww" in read:
            addresses += len(_ADDRESS.findall(read))
        yield from lines
    yield from [rest] * bool(rest)
    if 4 * links > n or 6 * addresses >= max(n, 1) or 8 * n > letters:
        raise NotInParts("it may be a list of links, or of very short lines")


def _json_lines(file: IO[bytes], name: str) -> Iterator[Table]:
    above, source = 0, _lines(file)
    while block := list(islice(source, BLOCK)):
        opened = sum(line.lstrip()[:1] == "{" for line in block)
        whole = sum(line.lstrip()[:1] == "{" and line.rstrip().rstrip(",")[-1:] == "}" for line in block)
        records, lines, rejected = record_a_line(block, above)
        crumbs = 8 * sum(line.count(",") for line in block) > sum(map(len, block))
        few = 2 * whole <= opened or 2 * opened < len(block) or len(rejected) > len(records) or len(records) < 2 > above
        if few or crumbs:
            raise NotInParts("it is not JSON with a record a line throughout")
        above += len(block)
        yield _of_records(records, name, lines, rejected)


def _of_records(
    records: list[dict[str, Any]], name: str, lines: list[int], rejected: list[tuple[int, str, str]]
) -> Table:
    if any(isinstance(value, (list, dict)) for record in records for value in record.values()):
        table = _at_the_top(records_table, records, name, lines)
    else:
        table = Table(text_frame(records), lines)
    table.rejected, table.kind, table.encoding = rejected, "JSON", "UTF-8"
    return table


def _at_the_top(read: Callable[[Any, str, list[int]], Table], value: Any, name: str, lines: list[int]) -> Table:
    """A table of the records themselves, not of lists in them."""
    try:
        table = read(value, name, lines)
    except ReaderError:
        table = Table(pd.DataFrame())
    if table.lines is not lines:
        raise NotInParts("its headlines are within its records")
    return table


def _parquet(file: IO[bytes], name: str) -> Iterator[Table]:
    import pyarrow as pa
    from pyarrow import parquet

    above = 0
    try:
        for batch in parquet.ParquetFile(file).iter_batches(BLOCK):
            lines = list(range(above + 1, above + 1 + len(batch)))
            above += len(batch)
            if lines:
                yield _at_the_top(table_of_arrow, pa.Table.from_batches([batch]), name, lines)
    except pa.ArrowException:
        raise NotInParts("it is damaged") from None


class _Seen(list[str]):
    """Lines that record how far they were read."""

    furthest = -1

    def __getitem__(self, at: Any) -> Any:
        self.furthest = max(self.furthest, at.stop - 1 if isinstance(at, slice) else at)
        return super().__getitem__(at)


def _delimited(file: IO[bytes], name: str) -> Iterator[Table]:
    limit = csv.field_size_limit(2 * LONGEST_LINE)
    try:
        yield from _rows(_lines(file), name)
    finally:
        csv.field_size_limit(limit)


def _rows(source: Iterator[str], name: str) -> Iterator[Table]:
    lines = list(islice(source, BLOCK + BEYOND))
    if any('"' not in line and max(map(line.count, DELIMITERS)) >= MOST_COLUMNS for line in lines[:5]):
        raise NotInParts("it has very many columns")
    lines, above, delimiter = without_leading_lines(lines)
    dialect = find_dialect(lines, delimiter)
    types = types_of_columns(lines, dialect)
    first, begin = lines[0], 0
    names, headed, header, notes = list[str](), True, set[str](), list[str]()
    widths, count, opened = Counter[int](), Counter[str](), list[int]()
    while len(lines) > begin:
        records, marks, following = _records(lines, begin, above, dialect, types, source)
        opened += marks
        # The first line goes before each block: `each_record` looks at it.
        lines, begin, above = [first, *lines[following:], *islice(source, BLOCK)], 1, above + following - 1
        body = records
        if not names:
            if not records or len(blocks_of(records)) > 1:
                raise NotInParts("it holds several tables")
            names, body, headed, notes = named_columns(records, name)
            own = records[-len(body) - 1][1] if headed else names
            header = {bare(cell) for cell in own}
            if not headed and names == ["title"]:
                refuse_no_headlines([record[0] for _, record in body], name)
        if any(
            len(record[0]) <= 60 and is_header(record) and {bare(cell) for cell in record if cell.strip()} - header
            for _, record in body
        ):
            raise NotInParts("it holds several tables")
        rows, at, misfits, rejected = rows_that_fit(body, names, headed, dialect)
        widths.update(len(record) for _, record in body)
        count.update(body=len(body), rows=len(rows), misfits=len(misfits))
        if len(names) > len(own) or (misfits and len(names) < len(own)) or max(widths, default=0) > MOST_COLUMNS:
            raise NotInParts("its header has another width than its rows")
        frame = pd.DataFrame(rows, columns=unique_names(names), dtype=object)
        yield Table(frame, at, rejected, notes, headed, kind="delimited text or lines", encoding="UTF-8")
        notes = []
    if count["misfits"] > MOST_MISFITS * count["body"] or not count["rows"]:
        raise NotInParts("its header has another width than its rows")
    if not headed and widths.most_common(1)[0][0] != len(names):
        raise NotInParts("its rows have several widths")
    if opened:
        notes = [unclosed(opened, name)]
        yield Table(frame.iloc[:0], headed=headed, notes=notes)


def _records(
    lines: list[str], begin: int, above: int, dialect: Dialect, types: list[str], source: Iterator[str]
) -> tuple[list[tuple[int, list[str]]], list[int], int]:
    """The records of a block with their lines in the file, those with an open quote, and where the next block begins.

    More lines are taken from `source` where a record depends on them.
    """
    while True:
        seen, found, opened, following = _Seen(lines), list[tuple[int, list[str]]](), list[int](), len(lines)
        for start, record, is_open in each_record(seen, dialect, types, begin):
            if start >= begin + BLOCK:
                following = start
                break
            if len(record) > 1 or any(map(str.strip, record)):
                found.append((above + start + 1, record))
            if is_open:
                opened.append(above + start + 1)
        if seen.furthest < len(lines) - 1 or not (more := list(islice(source, len(lines)))):
            return found, opened, following
        lines += more
