"""Delimited text of any dialect: where the header is, which rows fit it, and no row lost without a note."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from .cells import refuse_crumbs
from .dates import looks_like_dates
from .dialect import DELIMITERS, PREAMBLE, find_dialect, without_leading_lines
from .errors import ReaderError
from .records import NUMBER, URL, Dialect, lines_of, records_of, trimmed, types_of, types_of_columns
from .roles import ROLES, bare, is_name_of, names_titles

#: A file with more columns than this is no table of headlines.
MOST_COLUMNS = 10_000
#: A line longer than this belongs to no table, but to a file without line ends, or to a bomb.
LONGEST_LINE = 20_000_000
#: If more than this share of the rows do not fit the header, the file is refused rather than read in part.
MOST_MISFITS = 0.5


@dataclass
class Table:
    """Rows of text and where they were.

    Attributes
    ----------
    rows : DataFrame of str
    lines : sequence of int, shape (n_rows,)
        The line of the file, or the number of the record, that each row begins at; counted from 1 where not given.
    rejected : list of (line, reason, text)
        What could not become a row.
    notes : list of str
        What a reader should know about how the file was read: sentences without a full stop.
    headed : bool
        Whether the columns' names are the file's own.
    others : list of (name, size, why)
        Other lists of records in the file, which are not read.
    kind, encoding : str
        The kind of file, and its encoding, for display.
    """

    rows: pd.DataFrame
    lines: Sequence[int] = ()
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headed: bool = True
    others: list[tuple[str, int, str]] = field(default_factory=list)
    kind: str = ""
    encoding: str = ""

    def __post_init__(self) -> None:
        self.lines = self.lines or range(1, len(self.rows) + 1)


def read_text_table(text: str, name: str) -> Table:
    """The table in `text`: delimited, or one headline a line.

    Raises
    ------
    ReaderError
        If it has no rows, or rows and header do not fit each other.
    """
    refuse_crumbs(text.count("\n"), text, name, "lines")
    lines = lines_of(text)
    del text
    if len(longest := max(lines, key=len, default="")) > LONGEST_LINE:
        long = f"line {lines.index(longest) + 1} of {name} has {len(longest):,} characters"
        raise ReaderError(f"{long}: give a file with one headline per line.")
    for number, line in enumerate(lines[:5], start=1):
        if '"' not in line and (widest := max(map(line.count, DELIMITERS))) >= MOST_COLUMNS:
            wide = f"line {number} of {name} has {widest + 1:,} fields"
            raise ReaderError(f"{wide}: give a table with a headline in each row.")
    limit = csv.field_size_limit(2 * LONGEST_LINE)
    try:
        lines, skipped, delimiter = without_leading_lines(lines)
        dialect = find_dialect(lines, delimiter)
        types = types_of_columns(lines, dialect)
        records, opened = records_of(lines, dialect, types)
        del lines
        records = [(number + skipped, record) for number, record in records] if skipped else records
        table = table_of_records(records, name, dialect)
    finally:
        csv.field_size_limit(limit)
    if opened:
        table.notes.append(unclosed([line + skipped for line in opened], name))
    return table


def unclosed(lines: list[int], name: str) -> str:
    """The note on lines with an unclosed quotation mark."""
    some = f"{len(lines):,} unclosed quotation mark{'s' * (len(lines) > 1)} of {name}"
    read = "is read as it stands" if len(lines) == 1 else "are read as they stand"
    return f"{some}, the first in line {lines[0]}, {read}"


def table_of_records(records: list[tuple[int, list[str]]], name: str, dialect: Dialect | None = None) -> Table:
    """A table from records with their line numbers: finds the header, sets aside what does not fit it.

    Raises
    ------
    ReaderError
        As `read_text_table`.
    """
    dialect = dialect or Dialect()
    records = [(number, record) for number, record in records if len(record) > 1 or any(map(str.strip, record))]
    if not any(cell.strip() for _, record in records for cell in record):
        raise ReaderError(f"{name} is empty: give a file with headlines in it.")
    if (widest := max(len(record) for _, record in records)) > MOST_COLUMNS:
        raise ReaderError(f"{name} has {widest:,} columns: give a table with a headline in each row.")
    if len(blocks := blocks_of(records)) > 1:
        tables = [table_of_records(block, name, dialect) for block in blocks]
        table = below_each_other(tables)
        sizes = ", ".join(f"{len(one.rows):,}" for one in tables)
        table.notes.append(f"{name} has {len(blocks)} tables, of {sizes} rows, which are read below each other")
        return table
    names, body, headed, notes = named_columns(records, name)
    rows, lines, misfits, rejected = rows_that_fit(body, names, headed, dialect)
    if not rows and not misfits:
        raise ReaderError(f"{name} has a header but no rows: check that all of it was saved.")
    if len(misfits) > MOST_MISFITS * len(body) or not rows:
        number, fields = misfits[0]
        with_them = f"fields with a {DELIMITERS.get(dialect.delimiter or '', 'delimiter')} in them"
        unfit = f"line {number} of {name} has {fields} fields where the header has {len(names)}"
        raise ReaderError(f"{unfit}: put double quotes around {with_them}.")
    frame = pd.DataFrame(rows, columns=unique_names(names), dtype=object)
    return Table(frame, lines, rejected, notes, headed)


def named_columns(
    records: list[tuple[int, list[str]]], name: str
) -> tuple[list[str], list[tuple[int, list[str]]], bool, list[str]]:
    """The names of one table's columns, the records below, whether the names are its own; and notes."""
    header_at, notes = _header(records), []
    headed = header_at is not None
    if header_at is not None:
        line, header = records[header_at]
        names = [re.sub(r"^\s*#+\s*", "", header[0]), *header[1:]]
        body = records[header_at + 1 :]
        if header_at:
            notes.append(f"the header of {name} is line {line}; the lines above it are not read")
    else:
        width = Counter(len(record) for _, record in records).most_common(1)[0][0]
        names = ["title"] if width == 1 else [f"column {i}" for i in range(1, width + 1)]
        body = records
        if width > 1:
            notes.append(f"{name} has no header")
    return _fitted(names, body, headed), body, headed, notes


def rows_that_fit(
    body: list[tuple[int, list[str]]], names: list[str], headed: bool, dialect: Dialect
) -> tuple[list[list[str]], list[int], list[tuple[int, int]], list[tuple[int, str, str]]]:
    """Rows as wide as the header, and their lines; the lines and widths of wider records; and all that is set aside."""
    width, again = len(names), [cell.strip() for cell in names]
    again_first = again[0] if headed and width > 1 else None
    rows, lines, misfits, rejected = [], [], [], []
    for number, record in body:
        while len(record) > width and not record[-1].strip():
            record = record[:-1]
        reason = ""
        if len(record) > width:
            misfits.append((number, len(record)))
            reason = f"{len(record)} fields where the {'header has' if headed else 'others have'} {width}"
        elif again_first == record[0].strip() and [cell.strip() for cell in record] == again:
            reason = "the header again"
        if reason:
            rejected.append((number, reason, (dialect.delimiter or ",").join(record)[:500]))
        else:
            rows.append(record + [""] * (width - len(record)) if len(record) < width else record)
            lines.append(number)
    return rows, lines, misfits, rejected


def below_each_other(tables: list[Table], **columns: list[str]) -> Table:
    """One table of several, with the columns of all; `columns` are further ones that have a value for each table."""
    if len(tables) == 1:
        return tables[0]
    frames = [one.rows.assign(**{name: values[i] for name, values in columns.items()}) for i, one in enumerate(tables)]
    parts = ("lines", "rejected", "notes")
    lines, rejected, notes = ([e for one in tables for e in getattr(one, part)] for part in parts)
    return Table(pd.concat(frames, ignore_index=True).fillna(""), lines, rejected, notes, tables[0].headed)


def with_links(records: list[tuple[int, list[str]]], links: list[list[str]]) -> None:
    """For each column most of whose cells are links, append another column with the addresses."""
    width = max((len(record) for _, record in records), default=0)
    linked = [i for i in range(width) if sum(bool(row[i : i + 1] and row[i]) for row in links) >= 0.5 * len(links)]
    head = next((record for _, record in records if sum(map(bool, record)) > 1), records[0][1] if records else [])
    for (_, record), addresses in zip(records, links, strict=True):
        if linked and any(record):
            pad = [""] * (width - len(record))
            names = [f"{(head + pad)[i]}.url" for i in linked] if record is head else []
            record += pad + (names or [(addresses + pad)[i] for i in linked])


def unique_names(names: Iterable[object]) -> list[str]:
    """Names made unique as pandas does: ``title.1``, and ``Unnamed: 0`` for a blank."""
    unique: dict[str, None] = {}
    number_of: Counter[str] = Counter()
    for position, name in enumerate(map(str, names)):
        name = base = name if name.strip() else f"Unnamed: {position}"
        while name in unique:
            number_of[base] += 1
            name = f"{base}.{number_of[base]}"
        unique[name] = None
    return list(unique)


# Header and width


def is_header(record: list[str]) -> bool:
    """Whether a record can only be a table's header, wherever it stands."""
    if any(len(cell) > 40 and len(cell.strip()) > 40 for cell in record):
        return False
    if len(cells := [cell.strip() for cell in record if cell.strip()]) < 2:
        return False
    known = sum(any(is_name_of(role, cell) for role in ROLES) for cell in cells)
    return known >= 2 and 2 * known >= len(cells) and names_titles(record)


def blocks_of(records: list[tuple[int, list[str]]]) -> list[list[tuple[int, list[str]]]]:
    """Tables beside each other with a blank column between, or below each other, each with its header."""
    top = next((i for i, (_, record) in enumerate(records[:PREAMBLE]) if is_header(record)), None)
    if top is None:
        return [records]
    header = records[top][1]
    width = max(len(record) for _, record in records)
    filled = [any(record[i : i + 1] and record[i].strip() for _, record in records[top:]) for i in range(width)]
    gaps = [-1, *(i for i, there in enumerate(filled) if not there), width]
    groups = [slice(a + 1, b) for a, b in zip(gaps, gaps[1:], strict=False) if b - a > 1]
    if len(groups) > 1 and all(is_header(header[group]) for group in groups):
        beside = [[(number, record[group]) for number, record in records[top:]] for group in groups]
        return [block for part in beside for block in blocks_of(part)]
    names, starts = {bare(cell) for cell in header}, [0]
    for i, (_, record) in enumerate(records[top + 1 :], start=top + 1):
        if is_header(record) and {bare(cell) for cell in record if cell.strip()} - names:
            while i - 1 > starts[-1] and sum(map(bool, records[i - 1][1])) < 2:
                i -= 1  # it is the next table's heading
            starts.append(i)
            names = {bare(cell) for cell in record}
    ends = [*starts[1:], len(records)]
    return [records[start:end] for start, end in zip(starts, ends, strict=True) if end - start > 1]


def _header(records: list[tuple[int, list[str]]]) -> int | None:
    """Which record is the header; None where the first is a row already."""
    top = records[:PREAMBLE]
    widths = Counter(len(trimmed(record)) for _, record in records[:2000] if any(map(str.strip, record)))
    usual = max(widths, key=lambda width: (widths[width] * (width > 1 or len(widths) == 1), width))
    for position, (_, record) in enumerate(top):
        filled = [cell for cell in record if cell.strip()]
        if not filled:
            continue
        known = sum(any(is_name_of(role, cell.strip().lstrip("#").strip()) for role in ROLES) for cell in filled)
        if names_titles(record) and (len(filled) > 1 or usual == 1 or position == 0 or position + 1 < len(top)):
            above = [len(trimmed(r)) for _, r in top[:position]]
            below = [2 * len(trimmed(r)) > len(filled) for _, r in records[position + 1 : position + 200]]
            if position and usual > 1 and (len(filled) == 1 or 2 * sum(below) < len(below)):
                continue  # "Headlines" as a heading above the table, or a word in a text
            if position and sum(width == len(filled) for width in above) > 0.5 * position and usual == len(filled) > 1:
                return None if known < 2 else position
            if position and usual == 1 and known < 1:
                continue
            if position and usual == 1:
                return None
            return position
        if len(filled) > 2 and known >= 2 and known >= 0.5 * len(filled):
            return position
    # No name is known: the first row of the usual width is the header, unless it is like those below it.
    start = next((i for i, (_, record) in enumerate(top) if len(trimmed(record)) >= min(usual, 2)), 0)
    if usual == 1:
        return None
    start = next((i for i, (_, record) in enumerate(top) if len(trimmed(record)) == usual), start)
    return start if _is_header(records[start][1], [r for _, r in records[start + 1 : start + 200]]) else None


def _is_header(record: list[str], rows: list[list[str]]) -> bool:
    """Whether a record names columns rather than filling them: short, different words, unlike the rows below."""
    cells = [cell.strip() for cell in record]
    if not rows or len({cell for cell in cells if cell}) < len([cell for cell in cells if cell]):
        return False
    if any(URL.match(cell) or NUMBER.match(cell) or len(cell) > 60 for cell in cells):
        return False
    if any(cell and looks_like_dates([cell]) for cell in cells):
        return False
    rows = [row for row in rows if len(row) >= len(cells)]
    types = types_of([row[: len(cells)] for row in rows])
    if any(kind and cell for kind, cell in zip(types, cells, strict=False)):
        return True  # a word above dates, addresses or numbers
    lengths = [sorted(len(row[i].strip()) for row in rows)[len(rows) // 2] for i in range(len(cells))] if rows else []
    pairs = zip(lengths, cells, strict=False)
    return any(length > 25 and len(cell) < 0.5 * length and len(cell.split()) <= 3 for length, cell in pairs)


def _fitted(names: list[str], body: list[tuple[int, list[str]]], headed: bool) -> list[str]:
    """A name for R's row names, where each row has one field more than the header; none for empty last columns."""
    width = len(names)
    while width > 1 and not names[width - 1].strip() and not any(
        len(record) >= width and record[width - 1].strip() for _, record in body
    ):  # fmt: skip
        width -= 1
    more = [record[0].strip() for _, record in body if len(record) == width + 1 and record[-1].strip()]
    numbered = all(re.fullmatch(r"\d+", cell) for cell in more) and len(set(more)) == len(more)
    return [""] * (headed and numbered and len(more) >= 0.9 * len(body) > 0) + names[:width]
