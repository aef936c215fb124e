"""Bytes in, rows of text out: tables with any delimiter, JSON, Parquet, workbooks, databases, feeds and plain lines."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from .cells import MOST_CELLS, text_of
from .databases import read_sqlite
from .encodings import decoded, encoding_of
from .errors import ReaderError, refused
from .exports import read_export, refuse_no_headlines
from .feeds import Feeds, is_markup, read_markup
from .json_records import read_json, records_table, spread, without_name
from .mail import read_mail
from .tables import LONGEST_LINE, Table, read_text_table
from .workbooks import read_xls, read_zipped_document

if TYPE_CHECKING:
    import pyarrow as pa

_SMALLER = "give a smaller part of it"
_BLANK = b"\xef\xbb\xbf \t\r\n"
BINARY = {
    **{b"%PDF": "a PDF", b"{\\rtf": "an RTF document", b"\x89HDF": "an HDF5 file", b"ORC": "an ORC file"},
    **{b"Obj\x01": "an Avro file", b"\x93NUMPY": "a NumPy array", b"Rar!": "a RAR archive"},
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    **dict.fromkeys([b"\x89PNG", b"\xff\xd8\xff", b"GIF8"], "a picture"),
    **dict.fromkeys([b"\x80\x04\x95", b"\x80\x05\x95"], "a pickle, which can run any program,"),
}


def read_rows(content: bytes, name: str) -> Table | Feeds:
    """As `_read_rows`; each table records the kind of its file and its encoding."""
    table = _read_rows(content, name)
    if isinstance(table, Table):
        table.kind = table.kind or next((k for magic, k in _KINDS.items() if content.startswith(magic)), "markup")
    return table


def _read_rows(content: bytes, name: str) -> Table | Feeds:
    """The rows in `content`, whose kind is recognised by its contents; `name` is what messages call the file.

    Raises
    ------
    ReaderError
        If it is empty, of a kind that holds no rows, or damaged.
    """
    start = content[:4096].strip(_BLANK)  # only the beginning: a copy of the whole may not fit into memory
    if not start and not content.strip(_BLANK):
        raise ReaderError(f"{name} is empty: give a file with headlines in it.")
    for magic, reader in READERS.items():
        if content.startswith(magic):
            return reader(content, name)
    for magic, kind in BINARY.items():
        if content.startswith(magic):
            raise ReaderError(f"{name} is {kind} and holds no table: export the headlines as CSV, Excel or JSON.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<", content):
        opening = content[:2000].decode("utf-8", "replace").lstrip("\ufeff")
        if is_markup(opening) and (table := read_markup(content, opening, name)) is not None:
            return table
    if (table := read_mail(content, name)) is not None:
        table.kind = "mail"
        return table
    if start[:1] not in (b"{", b"["):
        _refuse_long_lines(content, name)
    text, notes = decoded(content, name)
    if is_markup(opening := text[:2000].lstrip()) and (table := read_markup(text.encode(), opening, name)) is not None:
        return table  # in UTF-16
    table, kind = (read_json(text, name) if without_name(text[:2000]).lstrip()[:1] in ("{", "[") else None), "JSON"
    if table is None:
        table, kind = read_export(text, name), "export"
    if table is None:
        held = [text]
        del text  # it may take four times the file's bytes, and only its lines are needed
        table, kind = read_text_table(held.pop(), name), "delimited text or lines"
        if not table.headed and list(table.rows) == ["title"]:
            refuse_no_headlines(list(table.rows["title"]), name)
    table.kind, table.encoding, table.rows = kind, encoding_of(content, notes), spread(table.rows)
    table.notes[:0] = notes
    return table


def _refuse_long_lines(content: bytes, name: str) -> None:
    """Refuse, before anything is copied, a file without line ends, which is no table."""
    position = 0
    while len(content) - position > 4 * LONGEST_LINE:  # four bytes a character at most
        end = max(content.rfind(mark, position, position + 4 * LONGEST_LINE) for mark in (b"\n", b"\r"))
        if end < 0:
            raise ReaderError(f"{name} has a line of over {LONGEST_LINE:,} characters: give one headline per line.")
        position = end + 1


def _parquet(content: bytes, name: str) -> Table:
    from pyarrow import feather, parquet

    with refused(name, "a damaged or incomplete Parquet file", "write or fetch it again", _SMALLER):
        if content.startswith(b"PAR1"):
            file = parquet.ParquetFile(io.BytesIO(content))
            size = file.metadata.num_rows * max(file.metadata.num_columns, 1)
            # A bomb repeats one value. Headlines take more than a few hundredths of a byte each.
            if size > MOST_CELLS or size > 5_000_000 and size > 20 * len(content):
                raise ReaderError(f"{name} says that it holds {size:,} cells: {_SMALLER}.")
            table = file.read()
        else:
            table = feather.read_table(io.BytesIO(content))
        return table_of_arrow(table, name)


def table_of_arrow(table: pa.Table, name: str, lines: list[int] | None = None) -> Table:
    """An Arrow table as text, with the fields of records as columns. `lines` are the rows' line numbers."""
    import pyarrow as pa

    if any(pa.types.is_struct(kind) or pa.types.is_list(kind) for kind in table.schema.types) and table.num_rows:
        return records_table(table.to_pylist(), name, lines)
    cells = {}
    for column, values in zip(table.column_names, table.columns, strict=True):
        kind = values.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            values = values.cast(pa.string())
        cells[str(column)] = [text_of(value) for value in values.to_pylist()]
    frame = pd.DataFrame(cells, dtype=object)
    if frame.empty:
        raise ReaderError(f"{name} has columns but no rows: check that all of it was saved.")
    return Table(frame.drop(columns="__index_level_0__", errors="ignore"), lines or ())


_KINDS = {
    **{b"PAR1": "Parquet", b"ARROW1": "Feather", b"FEA1": "Feather", b"SQLite": "SQLite", b"PK": "workbook"},
    **dict.fromkeys([b"\xd0\xcf\x11\xe0", b"\x09\x08"], "workbook"),
}
READERS: dict[bytes, Callable[[bytes, str], Table]] = {
    **dict.fromkeys([b"PAR1", b"ARROW1", b"FEA1"], _parquet),
    b"SQLite format 3\0": read_sqlite,
    b"PK\x03\x04": read_zipped_document,
    **dict.fromkeys([b"\xd0\xcf\x11\xe0", b"\x09\x08\x10\x00\x00\x06\x05\x00"], read_xls),
}
