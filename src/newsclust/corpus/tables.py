"""Delimited text as people have it: which delimiter and quotes, where the header is, and no row lost without a word.

Python's csv reads each record; what it can't tell is decided here: the dialect, by which one gives records of one width
(and a header with a known name), and whether a quotation mark that is still open after several lines is a mistake.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..errors import InputError
from .dates import looks_like_dates
from .roles import is_name_of

#: With more columns than this a file is no table of headlines.
MOST_COLUMNS = 10_000
#: A line longer than this is none of a table: a file without line ends, a bomb.
LONGEST_LINE = 20_000_000
#: If more than this share of the rows do not fit the header, the file is refused rather than read in part.
MOST_MISFITS = 0.5

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "\x01": "control-A", "^": "caret", "~": "tilde"}
_PREAMBLE = 40  # records in which the header is looked for
_SAMPLE = 200_000  # characters that decide the dialect
_URL = re.compile(r"https?://\S+$", re.IGNORECASE)


@dataclass
class Table:
    """Rows of text and where they stood.

    Attributes
    ----------
    rows : DataFrame of str
    lines : sequence of int, shape (n_rows,)
        The line of the file, or the number of the record, that each row begins at.
    rejected : list of (line, reason, text)
        What could not become a row.
    notes : list of str
        What a reader should know of how the file was read: sentences without an end.
    headed : bool
        Whether the columns' names are the file's own.
    """

    rows: pd.DataFrame
    lines: Sequence[int]
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headed: bool = True


@dataclass(frozen=True)
class Dialect:
    """How a text is cut into records. Without a delimiter a line is one field; without a quote, quotes are letters."""

    delimiter: str | None = ","
    quote: str | None = '"'
    escape: str | None = None
    loose: bool = False  # blanks after the delimiter
    bare: bool = False  # most fields stand without quotes, so a field that is quoted amiss keeps its marks

    def reader(self, lines: Iterable[str], strict: bool = True) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.delimiter or "\0",
            quotechar=self.quote or '"',
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            skipinitialspace=self.loose,
            strict=strict,
        )


def read_text_table(text: str, name: str) -> Table:
    """The table in `text`: delimited, or one headline a line.

    Raises
    ------
    InputError
        Where it has no rows, or rows and header do not fit each other.
    """
    lines = _lines(text)
    if len(longest := max(lines, key=len, default="")) > LONGEST_LINE:
        number = next(i for i, line in enumerate(lines, start=1) if line is longest)
        raise InputError(
            f"line {number} of {name} has {len(longest):,} characters: give a file with a headline a line."
        )
    for number, line in enumerate(lines[:5], start=1):
        if '"' not in line and (widest := max(map(line.count, DELIMITERS))) >= MOST_COLUMNS:
            raise InputError(
                f"line {number} of {name} has {widest + 1:,} fields: give a table with a headline in each row."
            )
    limit = csv.field_size_limit(2 * LONGEST_LINE)
    try:
        lines, skipped, delimiter = _without_leading_lines(lines)
        dialect = _dialect(lines, delimiter)
        types = _types(lines, dialect)
        records, opened = _records(lines, dialect, types)
        records = [(number + skipped, record) for number, record in records]
        table = table_of_records(records, name, dialect)
    finally:
        csv.field_size_limit(limit)
    if opened:
        some = f"{len(opened):,} quotation mark{'s' * (len(opened) > 1)} of {name} that nothing closes"
        table.notes.append(f"{some}, the first in line {opened[0] + skipped}, is read as it stands" if len(opened) == 1
                           else f"{some}, the first in line {opened[0] + skipped}, are read as they stand")  # fmt: skip
    return table


def table_of_records(records: list[tuple[int, list[str]]], name: str, dialect: Dialect | None = None) -> Table:
    """A table from records with their line numbers: finds the header, sets aside what does not fit it.

    Raises
    ------
    InputError
        As `read_text_table`.
    """
    dialect = dialect or Dialect()
    records = [(number, record) for number, record in records if len(record) > 1 or any(map(str.strip, record))]
    if not any(cell.strip() for _, record in records for cell in record):
        raise InputError(f"{name} is empty: give a file with headlines in it.")
    if (widest := max(len(record) for _, record in records)) > MOST_COLUMNS:
        raise InputError(f"{name} has {widest:,} columns: give a table with a headline in each row.")
    header_at = _header(records)
    notes: list[str] = []
    rejected: list[tuple[int, str, str]] = []
    if header_at is None:
        width = Counter(len(record) for _, record in records).most_common(1)[0][0]
        names = ["title"] if width == 1 else [f"column {i}" for i in range(1, width + 1)]
        body = records
        if width > 1:
            notes.append(f"{name} has no header")
        before: list[tuple[int, list[str]]] = []
    else:
        line, header = records[header_at]
        names = [re.sub(r"^\s*#+\s*", "", header[0]), *header[1:]]
        before, body = records[:header_at], records[header_at + 1 :]
        if before:
            notes.append(f"the header of {name} is line {line}; what stands above is no row")
    if not body:
        raise InputError(f"{name} has a header but no rows: check that all of it was saved.")
    names, body = _fitted(names, body, header_at is not None)
    width = len(names)
    rows, lines = [], []
    misfits: list[tuple[int, list[str]]] = []
    again = [cell.strip() for cell in names]
    for number, record in body:
        while len(record) > width and not record[-1].strip():
            record = record[:-1]
        if len(record) > width:
            misfits.append((number, record))
        elif header_at is not None and width > 1 and [cell.strip() for cell in record] == again:
            rejected.append((number, "the header again", _joined(record, dialect)))
        else:
            rows.append(record + [""] * (width - len(record)))
            lines.append(number)
    for number, record in misfits:
        reason = f"{len(record)} fields where the {'header has' if header_at is not None else 'others have'} {width}"
        rejected.append((number, reason, _joined(record, dialect)))
    if len(misfits) > MOST_MISFITS * len(body) or not rows:
        if not misfits:
            raise InputError(f"{name} has a header but no rows: check that all of it was saved.")
        number, record = misfits[0]
        fields = DELIMITERS.get(dialect.delimiter or "", "delimiter")
        raise InputError(
            f"line {number} of {name} has {len(record)} fields where the header has {width}: put double quotes around "
            f"fields with a {fields} in them."
        )
    frame = pd.DataFrame(rows, columns=unique_names(names), dtype=object)
    return Table(frame, lines, sorted(rejected), notes, header_at is not None)


def unique_names(names: Iterable[object]) -> list[str]:
    """Names as pandas would make them different: ``title.1``, and ``Unnamed: 0`` for a blank."""
    unique: list[str] = []
    for position, name in enumerate(map(str, names)):
        name = base = name if name.strip() else f"Unnamed: {position}"
        number = 0
        while name in unique if len(unique) < 200 else False:
            number += 1
            name = f"{base}.{number}"
        unique.append(name)
    if len(set(unique)) < len(unique):  # a very wide table
        seen: Counter[str] = Counter()
        for position, name in enumerate(unique):
            seen[name] += 1
            unique[position] = name if seen[name] == 1 else f"{name}.{position}"
    return unique


# Lines and leading lines


def _lines(text: str) -> list[str]:
    """Physical lines, which end in a bare carriage return where that is the file's way, else in a line feed."""
    outside = "".join(text[:_SAMPLE].split('"')[::2]) if "\r" in text else text  # what is in quotes ends no record
    breaks, returns = outside.count("\n"), outside.count("\r") - outside.count("\r\n")
    if returns > breaks:
        return re.findall(r"[^\r]*\r\n?|[^\r]+$", text)
    return text.splitlines(keepends=True) if _plain_breaks(text) else re.findall(r"[^\n]*\n|[^\n]+$", text)


def _plain_breaks(text: str) -> bool:
    return not re.search("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\r(?!\n)", text)


def _without_leading_lines(lines: list[str]) -> tuple[list[str], int, str | None]:
    """Without Excel's ``sep=;`` and comments above the header; how many lines went, and the delimiter named."""
    skipped, delimiter = 0, None
    while skipped < min(len(lines) - 1, 200):
        line = lines[skipped].strip("\ufeff \t\r\n")
        if match := re.fullmatch(r'"?sep=(.|\\t)"?[,;\t]*', lines[skipped].strip("\ufeff\r\n "), re.IGNORECASE):
            delimiter = "\t" if match[1] == "\\t" else match[1]
        elif re.fullmatch(r'"?sep=\t?"?', lines[skipped].strip("\ufeff\r\n "), re.IGNORECASE):
            delimiter = "\t"
        elif line and not (line.startswith("#") and not _is_commented_header(line, lines[skipped + 1])):
            break
        skipped += 1
    if skipped and all(line.lstrip().startswith("#") or not line.strip() for line in lines[: skipped + 1]):
        return lines, 0, None  # every line begins so: hashtags
    first = lines[skipped].lstrip("\ufeff")
    return [first, *lines[skipped + 1 :]], skipped, delimiter


def _is_commented_header(line: str, following: str) -> bool:
    for delimiter in DELIMITERS:
        cells = [cell.strip(" \"'\r\n") for cell in line.lstrip("# ").split(delimiter)]
        if len(cells) > 1 and delimiter in following and any(is_name_of("title", cell) for cell in cells):
            return True
    return False


# The dialect


def _dialect(lines: list[str], delimiter: str | None) -> Dialect:
    sample, size = [], 0
    for line in lines[:2000]:
        size += len(line)
        sample.append(line)
        if size > _SAMPLE:
            break
    text = re.sub("\r\n?", "\n", "".join(sample))
    best, best_score = Dialect(None), 0.6  # below that no delimiter makes records of one width
    for candidate in [delimiter] if delimiter else [d for d in DELIMITERS if d in text]:
        for dialect in _quotings(text, candidate):
            score = _score(sample, dialect)
            if score > best_score + 1e-9:
                best, best_score = dialect, score
    if best.delimiter is None:
        return Dialect(None, *_line_quoting(sample))
    return best


def _quotings(text: str, delimiter: str) -> list[Dialect]:
    d = re.escape(delimiter)
    begins, ends = rf"(?:^|{d})[ ]?", rf"[ ]?(?:$|{d}|\r)"
    marks = {quote: len(re.findall(rf"{begins}{quote}", text, re.MULTILINE)) for quote in ('"', "'")}
    if not marks['"']:
        single = len(re.findall(rf"{begins}'[^'\n]*'{ends}", text, re.MULTILINE))
        if single > 0.5 * text.count("\n") and single >= 0.9 * marks["'"]:
            return [Dialect(delimiter, "'"), Dialect(delimiter, None)]
        return [Dialect(delimiter, '"')]
    loose = len(re.findall(rf'{d} +"', text)) > 0.5 * len(re.findall(rf'{d} *"', text)) > 0
    whole = len(re.findall(rf'{begins}"(?:[^"\\]|""|\\.)*"(?={ends})', text, re.MULTILINE))
    needed = len(re.findall(rf'{begins}"(?:[^"\n]|"")*(?:{d}|"")(?:[^"\n]|"")*"(?={ends})', text, re.MULTILINE))
    spanning = len(re.findall(rf'{begins}"(?:[^"\n]|"")*\n(?:[^"]|"")*"(?={ends})', text, re.MULTILINE))
    lines = max(text.count("\n"), 1)
    bare = whole < 0.3 * lines
    if re.search(rf'[^\\{d}]\\"(?!{ends})', text) or re.search(rf'{begins}"\\"', text, re.MULTILINE):
        return [Dialect(delimiter, '"', "\\", loose), Dialect(delimiter, '"', None, loose)]
    quoted = Dialect(delimiter, '"', None, loose, bare)
    if not needed and bare:
        # Nothing in quotes needs them, and most fields have none: they belong to the text, unless lines say otherwise.
        return [Dialect(delimiter, None), quoted] if spanning else [Dialect(delimiter, None)]
    return [quoted]


def _line_quoting(sample: list[str]) -> tuple[str | None]:
    """One field a line: quotes count where some line needs them, as a program writes a single column."""
    quoted = [line.strip() for line in sample if line.strip()[:1] == '"']
    needed = sum(bool(re.fullmatch(r'"(?:[^"]|"")*(?:,|"")(?:[^"]|"")*"', line)) for line in quoted)
    opened = sum(line.count('"') % 2 for line in sample)
    return ('"',) if quoted and (needed or len(quoted) > 0.9 * len(sample) or 0 < opened <= len(quoted)) else (None,)


def _score(sample: list[str], dialect: Dialect) -> float:
    """The share of records that have one width, and more where a header has a known name."""
    records, _ = _records(sample, dialect, [])
    records = [(n, r) for n, r in records if any(cell.strip() for cell in r)][:1000]
    if len(records) > 2 and len("".join(sample)) >= _SAMPLE:
        records.pop()  # cut by the sample's end
    widths = Counter(len(_trimmed(record)) for _, record in records)
    wide = Counter({width: count for width, count in widths.items() if width > 1})
    whole = Counter(len(record) for _, record in records if len(record) > 1)
    if whole and (not wide or max(whole.values()) > max(wide.values())):
        wide = whole  # columns of different lengths: the last fields of later rows are blank
    if not wide:
        return 0.0
    header = next(
        (i for i, (_, r) in enumerate(records[:_PREAMBLE]) if len(_trimmed(r)) > 1 and _names_titles(r)), None
    )
    if header is not None:
        width = len(_trimmed(records[header][1]))
        after = records[header + 1 :]
        share = sum(2 <= len(_trimmed(r)) <= width + 1 for _, r in after) / max(len(after), 1)
        tidy = sum(len(r) in (width, width + 1) or len(_trimmed(r)) == width for _, r in after) / max(len(after), 1)
        return 2 + share / 2 + tidy + 0.001 * width if after else 2.5
    width, count = wide.most_common(1)[0]
    share = count / max(len(records) - min(len(records) - count, 5), 1)
    typed = _types_of([r for _, r in records if len(r) == width][1:])  # the first may be a header
    if len(records) == 1 or (not any(typed) and (share < 0.9 or len(records) < 3)):
        return 0.0
    return share + 0.05 * min(width, 8) / 8 + 0.1 * any(typed)


def _trimmed(record: list[str]) -> list[str]:
    end = len(record)
    while end > 1 and not record[end - 1].strip():
        end -= 1
    return record[:end]


# Records


def _types(lines: list[str], dialect: Dialect) -> list[str]:
    """What each column of the file plainly holds ("date", "url", "number" or ""), from lines that are records."""
    if dialect.delimiter is None:
        return []
    rows = []
    for line in lines[:3000]:
        if (record := _alone(line, dialect)) is not None:
            rows.append(record)
    widths = Counter(map(len, rows))
    if not widths:
        return []
    width = widths.most_common(1)[0][0]
    return _types_of([row for row in rows if len(row) == width][1:][:300])


def _types_of(rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    types = []
    for column in zip(*rows, strict=True):
        values = [value.strip() for value in column if value.strip()]
        if len(values) < 0.5 * len(rows):
            types.append("")
        elif sum(bool(_URL.match(value)) for value in values) > 0.9 * len(values):
            types.append("url")
        elif sum(bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", value)) for value in values) > 0.9 * len(values):
            types.append("number")
        elif looks_like_dates(values[:60]):
            types.append("date")
        else:
            types.append("")
    return types


def _records(lines: list[str], dialect: Dialect, types: list[str]) -> tuple[list[tuple[int, list[str]]], list[int]]:
    """Each record with the line it begins at, counted from 1; and the lines with a quote that nothing closes."""
    records: list[tuple[int, list[str]]] = []
    opened: list[int] = []
    start, quote, delimiter, escape = 0, dialect.quote, dialect.delimiter, dialect.escape
    while start < len(lines):
        line = lines[start]
        if (quote is None or quote not in line) and not (escape and escape in line):
            body = line.rstrip("\r\n")
            if dialect.loose:
                records.append(
                    (start + 1, [cell.lstrip(" ") for cell in body.split(delimiter)] if delimiter else [body])
                )
            else:
                records.append((start + 1, body.split(delimiter) if delimiter else [body]))
            start += 1
            continue
        record, end = _quoted(lines, start, dialect, types)
        if record is None:
            opened.append(start + 1)
            record, end = _mended(line, dialect), start + 1
        records.append((start + 1, record))
        start = end
    return records, opened


def _quoted(lines: list[str], start: int, dialect: Dialect, types: list[str]) -> tuple[list[str] | None, int]:
    """The record that begins at line `start` and the line after it; None where an open quote there is a mistake."""
    if dialect.delimiter is None and (cells := _alone(lines[start], dialect)) is not None and len(cells) == 1:
        return cells, start + 1
    taken = 0

    def feed() -> Iterator[str]:
        nonlocal taken
        while start + taken < len(lines):
            if (
                taken & (taken - 1) == 0
                and taken >= 2
                and _are_rows(lines[start : start + taken], dialect, types, whole=False)
            ):
                return  # at 2, 4, 8, ... lines, so that a mistake does not cost a reading of all the rest
            if taken > 100_000:
                return
            taken += 1
            yield lines[start + taken - 1]

    try:
        record = next(dialect.reader(feed()))
    except (csv.Error, StopIteration):
        if taken == 1:
            return _mended(lines[start], dialect), start + 1
        return None, start
    if taken > 1 and _are_rows(lines[start : start + taken], dialect, types, whole=True):
        return None, start
    if dialect.delimiter is None and len(record) > 1:
        record = ["".join(lines[start : start + taken]).strip("\r\n")]
    return record, start + taken


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

    The last of `whole` is where the field ends. Text seldom has as many delimiters in each line as the table has
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
    if not cell:
        return True
    if kind == "url":
        return bool(_URL.match(cell))
    if kind == "number":
        return bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell))
    return looks_like_dates([cell])


def _mended(line: str, dialect: Dialect) -> list[str]:
    """A line whose quotes are amiss: a field ends at a quote before a delimiter, or, in vain, at the delimiter."""
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
        if (
            end
            and end.end() == following
            and dialect.bare
            and quote in line[start + 1 : end.start()].replace(quote * 2, "")
        ):
            end = None  # quotes within quotes, and no delimiter that would need them
        if end:
            fields.append(line[start + 1 : end.start()].replace(quote * 2, quote))
            position = end.end() + 1
        else:
            fields.append(line[position:following])
            position = following + 1
    return fields


# Header and width


def _names_titles(record: list[str]) -> bool:
    cells = [cell.strip().lstrip("#").strip() for cell in record]
    return any(is_name_of("title", cell) for cell in cells if len(cell) <= 60)


def _header(records: list[tuple[int, list[str]]]) -> int | None:
    """Which record is the header; None where the first is a row already."""
    top = records[:_PREAMBLE]
    widths = Counter(len(_trimmed(record)) for _, record in records[:2000] if any(map(str.strip, record)))
    usual = max(widths, key=lambda width: (widths[width] * (width > 1 or len(widths) == 1), width))
    for position, (_, record) in enumerate(top):
        filled = [cell for cell in record if cell.strip()]
        if not filled:
            continue
        known = sum(any(is_name_of(role, cell.strip().lstrip("#").strip()) for role in _ALL) for cell in filled)
        if _names_titles(record) and (len(filled) > 1 or usual == 1 or position == 0 or position + 1 < len(top)):
            above = [len(_trimmed(r)) for _, r in top[:position]]
            if position and len(filled) == 1 and usual > 1:
                continue  # "Headlines" as a heading above the table
            if position and sum(width == len(filled) for width in above) > 0.5 * position and usual == len(filled) > 1:
                return None if known < 2 else position
            if position and usual == 1 and known < 1:
                continue
            if position and usual == 1:
                return None
            return position
        if len(filled) > 2 and known >= 2 and known >= 0.5 * len(filled):
            return position
    # No name that is known: the first row of the usual width, unless it is like those below it.
    start = next((i for i, (_, record) in enumerate(top) if len(_trimmed(record)) >= min(usual, 2)), 0)
    if usual == 1:
        return None
    start = next((i for i, (_, record) in enumerate(top) if len(_trimmed(record)) == usual), start)
    return start if _is_header(records[start][1], [r for _, r in records[start + 1 : start + 200]]) else None


_ALL = ("title", "description", "url", "publisher", "published_at", "language")


def _is_header(record: list[str], rows: list[list[str]]) -> bool:
    """Whether a record names columns rather than filling them: short, different words, unlike what stands below."""
    cells = [cell.strip() for cell in record]
    if not rows or len({cell for cell in cells if cell}) < len([cell for cell in cells if cell]):
        return False
    if any(_URL.match(cell) or re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell) or len(cell) > 60 for cell in cells):
        return False
    if any(cell and looks_like_dates([cell]) for cell in cells):
        return False
    rows = [row for row in rows if len(row) >= len(cells)]
    types = _types_of([row[: len(cells)] for row in rows])
    if any(kind and cell for kind, cell in zip(types, cells, strict=False)):
        return True  # a word above dates, addresses or numbers
    lengths = [sorted(len(row[i].strip()) for row in rows)[len(rows) // 2] for i in range(len(cells))] if rows else []
    return any(
        length > 25 and len(cell) < 0.5 * length and len(cell.split()) <= 3
        for length, cell in zip(lengths, cells, strict=False)
    )


def _fitted(
    names: list[str], body: list[tuple[int, list[str]]], headed: bool
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """A name for R's row names, where each row has one field more than the header; none for empty last columns."""
    width = len(names)
    while width > 1 and not names[width - 1].strip() and not any(
        len(record) >= width and record[width - 1].strip() for _, record in body
    ):  # fmt: skip
        width -= 1
    names = names[:width]
    more = [record for _, record in body if len(record) == width + 1 and record[-1].strip()]
    if headed and len(more) >= 0.9 * len(body):
        first = [record[0].strip() for record in more]
        if all(re.fullmatch(r"\d+", cell) for cell in first) and len(set(first)) == len(first):
            return ["", *names], body
    return names, body


def _joined(record: list[str], dialect: Dialect) -> str:
    return (dialect.delimiter or ",").join(record)[:500]
