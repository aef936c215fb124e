"""Text into records. Python's csv reads each; this module decides what csv can't.

That is, where a physical line ends, and whether a quotation mark that is still open after several lines is a mistake.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .dates import looks_like_dates

#: Characters that decide about a text.
SAMPLE = 200_000
URL = re.compile(r"https?://\S+$", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?\Z")


@dataclass(frozen=True)
class Dialect:
    """How a text is cut into records. Without a delimiter a line is one field; without a quote, quotes are letters."""

    delimiter: str | None = ","
    quote: str | None = '"'
    escape: str | None = None
    loose: bool = False  # blanks after the delimiter
    bare: bool = False  # most fields have no quotes, so a badly quoted field keeps its quotation marks

    def reader(self, lines: Iterable[str], strict: bool = True) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self.delimiter or "\0", quotechar=self.quote or '"', strict=strict,
                          quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
                          escapechar=self.escape, skipinitialspace=self.loose)  # fmt: skip


def lines_of(text: str) -> list[str]:
    """Physical lines, which end in a bare carriage return if the file uses that, else in a line feed."""
    outside = "".join(text[:SAMPLE].split('"')[::2]) if "\r" in text else text  # a line end in quotes ends no record
    breaks, returns = outside.count("\n"), outside.count("\r") - outside.count("\r\n")
    if returns > breaks:
        return re.findall(r"[^\r]*\r\n?|[^\r]+$", text)
    lines = text.splitlines(keepends=True)  # this also ends lines at characters that end none in a table
    return lines if all(line[-1] == "\n" for line in lines[:-1]) else re.findall(r"[^\n]*\n|[^\n]+$", text)


def types_of_columns(lines: list[str], dialect: Dialect) -> list[str]:
    """What each column of the file plainly holds ("date", "url", "number" or ""), from lines that are records."""
    alone = [_alone(line, dialect) for line in lines[:3000]] if dialect.delimiter else []
    rows = [row for row in alone if row is not None]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    return types_of([row for row in rows if len(row) == width][1:][:300])


def types_of(rows: list[list[str]]) -> list[str]:
    types = []
    for column in zip(*rows, strict=True):
        values = [value.strip() for value in column if value.strip()]
        if len(values) < 0.5 * len(rows):
            values = []
        most = (kind for kind in ("url", "number") if sum(_holds(kind, v) for v in values) > 0.9 * len(values))
        types.append(next(most, "") or "date" * looks_like_dates(values[:60]))
    return types


def records_of(lines: list[str], dialect: Dialect, types: list[str]) -> tuple[list[tuple[int, list[str]]], list[int]]:
    """Each record with the line it begins at, counted from 1; and the lines with an unclosed quote."""
    records: list[tuple[int, list[str]]] = []
    opened: list[int] = []
    for start, record, is_open in each_record(lines, dialect, types):
        records.append((start + 1, record))
        if is_open:
            opened.append(start + 1)
    return records, opened


def each_record(
    lines: list[str], dialect: Dialect, types: list[str], start: int = 0
) -> Iterator[tuple[int, list[str], bool]]:
    """Each record with the line it begins at, counted from 0, and whether it has an unclosed quotation mark."""
    quote, delimiter, escape = dialect.quote, dialect.delimiter, dialect.escape
    while start < len(lines):
        line = lines[start]
        if (quote is None or quote not in line) and not (escape and escape in line):
            body = line.rstrip("\r\n")
            cells = body.split(delimiter) if delimiter else [body]
            if dialect.loose and delimiter:
                cells = [cell.lstrip(" ") for cell in cells]
            yield start, cells, False
            start += 1
            continue
        record, end = _quoted(lines, start, dialect, types)
        if record is None:
            yield start, _mended(line, dialect), True
            end = start + 1
        else:
            yield start, record, False
        start = end


def _quoted(lines: list[str], start: int, dialect: Dialect, types: list[str]) -> tuple[list[str] | None, int]:
    """The record that begins at line `start` and the line after it; None where an open quote there is a mistake."""
    if dialect.delimiter is None and (cells := _alone(lines[start], dialect)) is not None and len(cells) == 1:
        return cells, start + 1
    taken = 0

    def feed() -> Iterator[str]:
        nonlocal taken
        while start + taken < len(lines):
            at_power = taken >= 2 and taken & (taken - 1) == 0
            if at_power and _are_rows(lines[start : start + taken], dialect, types, whole=False):
                return  # at 2, 4, 8, ... lines, so that a mistake does not cost reading all the rest
            if taken > 100_000:
                return
            taken += 1
            yield lines[start + taken - 1]

    try:
        record = next(dialect.reader(feed()))
    except (csv.Error, StopIteration):
        if (whole := _undoubled(lines, start, dialect)) is not None:
            return whole
        if taken == 1:
            return _mended(lines[start], dialect), start + 1
        return None, start
    if taken > 1 and _are_rows(lines[start : start + taken], dialect, types, whole=True):
        return None, start
    if dialect.delimiter is None and len(record) > 1:
        record = ["".join(lines[start : start + taken]).strip("\r\n")]
    return record, start + taken


def _undoubled(lines: list[str], start: int, dialect: Dialect) -> tuple[list[str], int] | None:
    """A record with all fields in quotes, and quotes within them that a program did not double."""
    quote, between = dialect.quote or "", f"{dialect.quote}{dialect.delimiter}{dialect.quote}"
    width = len(_alone(lines[0], dialect) or ())
    if width < 2 or dialect.bare or not lines[start].startswith(quote):
        return None
    for end in range(start + 1, min(start + 1000, len(lines)) + 1):
        if lines[end - 1].rstrip().endswith(quote) and (end == len(lines) or lines[end].startswith(quote)):
            cells = "".join(lines[start:end]).strip()[1:-1].split(between)
            return ([cell.replace(quote * 2, quote) for cell in cells], end) if len(cells) == width else None
    return None


def _alone(line: str, dialect: Dialect) -> list[str] | None:
    """The record of a single line, None where it does not end with it."""
    if dialect.quote is None or dialect.quote not in line:
        return line.rstrip("\r\n").split(dialect.delimiter) if dialect.delimiter else [line.rstrip("\r\n")]
    try:
        return next(dialect.reader([line]), [])
    except csv.Error:
        return None


def _are_rows(lines: list[str], dialect: Dialect, types: list[str], whole: bool) -> bool:
    """Whether lines that one quoted field spans look like rows of their own.

    If `whole`, the field ends in the last line. Text seldom has as many delimiters in each line as the table has
    columns; where it may (a comma between two columns), a column of dates, addresses or numbers has to fit as well.
    """
    if dialect.delimiter is None or not types or len(types) < 2:
        return False
    width, typed = len(types), [i for i, kind in enumerate(types) if kind]
    first = lines[0].rstrip("\r\n").split(dialect.delimiter)
    fit = 0
    for position, line in enumerate(lines):
        cells = _alone(line, dialect)
        if cells is None:
            cells = _mended(line, dialect)
        fit += len(cells) == width and all(_is(types[i], cells[i]) for i in typed)
        if position == 0 and (len(first) < width or not all(_is(types[i], first[i - width]) for i in typed)):
            return False
        if fit < 0.8 * (position + 1) and position > 3:
            return False
    certain = bool(typed) or dialect.delimiter != "," or len(lines) >= 8
    if not certain and whole:
        return False
    return fit >= 0.8 * len(lines) and certain and (whole or len(lines) >= 2)


def _is(kind: str, cell: str) -> bool:
    cell = cell.strip().strip('"')
    return not cell or _holds(kind, cell)


def _holds(kind: str, value: str) -> bool:
    return looks_like_dates([value]) if kind == "date" else bool((URL if kind == "url" else NUMBER).match(value))


def _mended(line: str, dialect: Dialect) -> list[str]:
    """A line with misplaced quotes: a field ends at a quote before a delimiter or, failing that, at the delimiter."""
    line = line.rstrip("\r\n")
    if dialect.delimiter is None:
        return [line]
    delimiter, quote = dialect.delimiter, dialect.quote
    if quote is None or quote not in line:
        return line.split(delimiter)
    fields, position = [], 0
    closing = re.compile(rf"{re.escape(quote)}[ ]*(?={re.escape(delimiter)}|$)")
    while position <= len(line):
        following = line.find(delimiter, position)
        following = len(line) if following < 0 else following
        start = position
        if dialect.loose:
            while line[start : start + 1] == " ":
                start += 1
        end = closing.search(line, start + 1) if line.startswith(quote, start) else None
        inside = line[start + 1 : end.start()].replace(quote * 2, "") if end else ""
        if end and end.end() == following and dialect.bare and quote in inside:
            end = None  # quotes within quotes, and no delimiter that would need them
        if end:
            fields.append(line[start + 1 : end.start()].replace(quote * 2, quote))
            position = end.end() + 1
        else:
            fields.append(line[position:following])
            position = following + 1
    return fields


def trimmed(record: list[str]) -> list[str]:
    end = len(record)
    while end > 1 and not record[end - 1].strip():
        end -= 1
    return record[:end]
