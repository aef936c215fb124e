"""Bytes in, rows of text out: tables with any delimiter, JSON, Parquet, workbooks, feeds and plain lines."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..errors import InputError
from .columns import listed
from .encodings import decoded
from .tables import LONGEST_LINE, Table, read_text_table, table_of_records

#: More cells than this are no table of headlines but a bomb, or more than memory holds.
MOST_CELLS = 200_000_000
_BLANK = b"\xef\xbb\xbf \t\r\n"
_DEEPEST = 6  # levels of JSON in which the list of articles is looked for
_BINARY = {
    b"%PDF": "a PDF",
    b"{\\rtf": "an RTF document",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x89HDF": "an HDF5 file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x80\x04\x95": "a pickle, which can run any program,",
    b"\x80\x05\x95": "a pickle, which can run any program,",
    b"\x93NUMPY": "a NumPy array",
}
_MARKUP = re.compile(
    r"\s*<(\?xml|!--|!doctype|html|head|body|rss|feed|rdf|opml|urlset|channel|\w+[\s>/])", re.IGNORECASE
)
_FEED = re.compile(r"<(?:\w+:)?(rss|feed|rdf|channel)[\s>]", re.IGNORECASE)


@dataclass
class Feeds:
    """A list of feeds' addresses, which hold the headlines that the list itself does not."""

    addresses: list[str] = field(default_factory=list)


def read_rows(content: bytes, name: str) -> Table | Feeds:
    """The rows in `content`, told by what it holds; `name` is what messages call the file.

    Raises
    ------
    InputError
        Where it is empty, of a kind that holds no rows, or damaged.
    """
    start = content[:4096].strip(_BLANK)  # of the beginning: a copy of the whole may not fit into memory
    if not start and not content.strip(_BLANK):
        raise InputError(f"{name} is empty: give a file with headlines in it.")
    for magic, reader in _READERS.items():
        if content.startswith(magic):
            return reader(content, name)
    for magic, kind in _BINARY.items():
        if content.startswith(magic):
            raise InputError(f"{name} is {kind} and holds no table: export the headlines as CSV, Excel or JSON.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<", content):
        start = content[:2000].decode("utf-8", "replace").lstrip("\ufeff")
        if _MARKUP.match(start) and (table := _markup(content, start, name)) is not None:
            return table
    if start[:1] not in (b"{", b"["):
        _refuse_long_lines(content, name)
    text, notes = decoded(content, name)
    is_markup = (start := text[:2000].lstrip()).startswith("<") and _MARKUP.match(start)  # in UTF-16
    if is_markup and (table := _markup(text.encode(), start, name)) is not None:
        return table
    table = _json(text, name) if start[:1] in ("{", "[") else None
    table = table or read_text_table(text, name)
    table.notes[:0] = notes
    return table


def _refuse_long_lines(content: bytes, name: str) -> None:
    """Before anything is copied: a file of which no line ends is no table."""
    position = 0
    while len(content) - position > 4 * LONGEST_LINE:  # four bytes a character at most
        end = max(content.rfind(mark, position, position + 4 * LONGEST_LINE) for mark in (b"\n", b"\r"))
        if end < 0:
            raise InputError(f"{name} has a line of more than {LONGEST_LINE:,} characters: give a headline a line.")
        position = end + 1


# Markup


def _markup(content: bytes, start: str, name: str) -> Table | Feeds | None:
    """A feed's entries, a list of feeds, or the elements of other XML that repeat; None where it is no markup."""
    whole = content[:200_000].decode("utf-8", "replace")
    if re.search(r"<opml[\s>]", whole, re.IGNORECASE):
        addresses = re.findall(r"""xmlUrl\s*=\s*["']([^"']+)["']""", content.decode("utf-8", "replace"), re.IGNORECASE)
        if not addresses:
            raise InputError(f"{name} is a list of feeds (OPML) without an address in it: give the feeds themselves.")
        return Feeds(list(dict.fromkeys(address.replace("&amp;", "&").strip() for address in addresses)))
    if _FEED.search(re.sub(r"<!--.*?-->", "", whole[:20_000], flags=re.DOTALL)) and not re.match(
        r"\s*<(!doctype html|html)", start, re.IGNORECASE
    ):
        return _feed(content, name)
    if re.match(r"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body)", whole, re.IGNORECASE | re.DOTALL) or (
        re.search(r"<html[\s>]", whole[:3000], re.IGNORECASE)
    ):
        raise InputError(
            f"{name} is a web page (HTML), not a table or feed of headlines: download the file in a browser and give "
            "its path as data."
        )
    if re.match(r"\s*<\?xml", start) or re.match(r"\s*<(\w[\w:.-]*)[^<>]*>[\s\S]*</\1>\s*$", _ends(content)):
        return _elements(content, name)
    return None


def _ends(content: bytes) -> str:
    """The beginning and the end, which show whether one element holds all."""
    return (content[:2000] + content[2000:][-2000:]).decode("utf-8", "replace")


def _feed(content: bytes, name: str) -> Table:
    import feedparser

    parsed = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    title = _one_line(parsed.feed.get("title", ""))
    rows = []
    for entry in parsed.entries:
        source = entry.get("source") or {}
        body = entry.get("content") or []
        rows.append(
            {
                "title": entry.get("title", ""),
                "link": entry.get("link", ""),
                "published": entry.get("published") or entry.get("updated", ""),
                "summary": entry.get("summary", "") or (body[0].get("value", "") if body else ""),
                "source": source.get("title", "") or entry.get("publisher", ""),
                "author": entry.get("author", ""),
                "tags": ", ".join(filter(None, (tag.get("term") for tag in entry.get("tags", [])))),
                "feed": title,
                "language": entry.get("language", "") or parsed.feed.get("language", ""),
            }
        )
    if not any(row["title"] or row["summary"] for row in rows):
        raise InputError(f"{name} is a feed (RSS or Atom) without an entry to read: fetch it again, or give another.")
    frame = _text_frame(rows)
    notes = []
    begun = len(re.findall(rb"<(?:\w+:)?(?:item|entry)[\s>]", content))
    if begun > len(rows):
        notes.append(f"{name} begins {begun:,} entries, of which {len(rows):,} can be read")
    return Table(frame.loc[:, (frame != "").any()], range(1, len(frame) + 1), notes=notes)


def _elements(content: bytes, name: str) -> Table:
    """XML that is no feed: the elements that repeat are the rows (sitemaps for news, exports)."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        top = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(
            f"{name} is XML that cannot be read ({_one_line(str(error))}): fetch or export it again."
        ) from None
    groups: Counter[tuple[str, str]] = Counter()
    for parent in top.iter():
        for child in parent:
            if len(child):
                groups[parent.tag, child.tag] += 1
    if not groups:
        raise InputError(f"{name} is XML without repeated entries: give a feed, or export it as CSV.")
    (parent, tag), _ = max(groups.items(), key=lambda item: item[1])
    rows = [_flat_element(child) for p in top.iter(parent) for child in p.findall(tag)]
    return Table(_text_frame(rows), range(1, len(rows) + 1))


def _flat_element(element: Any) -> dict[str, str]:
    row: dict[str, str] = {}

    def walk(node: Any, path: tuple[str, ...]) -> None:
        text = "".join(node.itertext()) if not len(node) else (node.text or "")
        if text.strip():
            row.setdefault(".".join(path), text.strip())
        for child in node:
            walk(child, (*path, child.tag.rpartition("}")[2]))

    for key, value in element.attrib.items():
        row[key.rpartition("}")[2]] = value
    for child in element:
        walk(child, (child.tag.rpartition("}")[2],))
    return row


# JSON


def _json(text: str, name: str) -> Table | None:
    """Records, wrapped or not, columns, or one record a line; None where it is no JSON at all."""
    text = text.lstrip("\ufeff")
    try:
        return _json_table(json.loads(text), name)
    except RecursionError:
        raise InputError(f"{name} is JSON nested too deep to hold a table: give a list of records.") from None
    except ValueError as error:
        failure = error
    records, lines, rejected = _json_lines(text)
    if records and len(records) >= len(rejected):
        if not any(map(_named_so, records)) and any(isinstance(v, list) for record in records for v in record.values()):
            return _json_table(records, name)  # answers that hold lists, one a line
        return Table(_text_frame([_flat(_unwrapped(record)) for record in records]), lines, rejected)
    if re.match(r"\s*(\[\s*)?[\[{]\s*[\"'{\[}]", text):
        line = getattr(failure, "lineno", 1)
        raise InputError(f"line {line} of {name} is no JSON any more ({_reason(failure)}): fetch or export it again.")
    return None


def _reason(failure: ValueError) -> str:
    return _one_line(getattr(failure, "msg", "") or type(failure).__name__)


def _json_lines(text: str) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str, str]]]:
    """Records from JSON lines; values that follow each other in any other way; or Python's way of writing them."""
    rows, lines, rejected = [], [], []
    physical = text.split("\n")
    opened = sum(line.lstrip()[:1] == "{" for line in physical)
    one_a_line = sum(line.lstrip()[:1] == "{" and line.rstrip().rstrip(",")[-1:] == "}" for line in physical)
    if 2 * one_a_line > opened or len(physical) == 1 == opened:
        for number, line in enumerate(physical, start=1):
            line = line.strip()
            if not line or line in ("[", "]"):
                continue
            value = _json_value(line.rstrip(","))
            if isinstance(value, dict):
                rows.append(value)
                lines.append(number)
            else:
                rejected.append((number, "no JSON record", line[:200]))
        if rows:
            return rows, lines, rejected
    rows, lines, rejected = [], [], []
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        start = re.compile(r"[\s,\x1e]*").match(text, position).end()
        if start == len(text):
            break
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            rejected.append((text.count("\n", 0, start) + 1, "no JSON record", text[start : start + 200]))
            break
        for record in value if isinstance(value, list) else [value]:
            if isinstance(record, dict):
                rows.append(record)
                lines.append(len(rows))
    return rows, lines, rejected


def _json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if re.match(r"\{\s*u?'", text) and len(text) < 1_000_000:  # print(record)
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass
    return None


def _json_table(value: Any, name: str) -> Table:
    if isinstance(value, dict) and (table := _by_columns(value)) is not None:
        return table
    lists: dict[str, list[list[Any]]] = {}
    _gather(value, "", 0, lists)
    best = max(lists, key=lambda path: _promise(path, lists[path]), default=None)
    if best is not None and _promise(best, lists[best])[0] > 0:
        rows = [_flat(_unwrapped(record)) for records in lists[best] for record in records if isinstance(record, dict)]
        return Table(_text_frame(rows), range(1, len(rows) + 1))
    if isinstance(value, list) and value:
        if all(isinstance(item, str) for item in value):
            return Table(pd.DataFrame({"title": value}, dtype=object), range(1, len(value) + 1))
        if all(isinstance(item, list) for item in value):
            records = [(i, [_text(cell) for cell in item]) for i, item in enumerate(value, start=1)]
            return table_of_records(records, name)
    if isinstance(value, dict) and value:
        if all(isinstance(item, str) for item in value.values()) and _named_so(value):
            return Table(_text_frame([value]), [1])
        records = [item for item in value.values() if isinstance(item, dict)]
        if records and len(records) >= 0.9 * len(value) and (_named_so(records[0]) or len(records) > 20):
            rows = [{"key": key, **_flat(item)} for key, item in value.items() if isinstance(item, dict)]
            return Table(_text_frame(rows), range(1, len(rows) + 1))
        if _named_so(value):
            return Table(_text_frame([_flat(value)]), [1])
        strings = [item for item in value.values() if isinstance(item, list) and item]
        if len(strings) == 1 and all(isinstance(item, str) for item in strings[0]):
            return Table(pd.DataFrame({"title": strings[0]}, dtype=object), range(1, len(strings[0]) + 1))
    raise InputError(f"{name} is JSON without a list of articles or headlines: give the answer that holds them.")


def _gather(value: Any, path: str, depth: int, lists: dict[str, list[list[Any]]]) -> None:
    """Every list of records, by the names that lead to it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            lists.setdefault(path, []).append(value)
        for item in value:
            if isinstance(item, (dict, list)):
                _gather(item, path + "[]", depth + 1, lists)
    elif isinstance(value, dict):
        several = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
        alike = len(several) > 1 and all(_named_so(_unwrapped(item[0])) for item in several)  # a list for each day
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                if alike and isinstance(item, list):
                    item = [{"key": key, **record} if isinstance(record, dict) else record for record in item]
                _gather(item, f"{path}.*" if alike or len(value) >= 200 else f"{path}.{key}", depth + 1, lists)


def _promise(path: str, lists: list[list[Any]]) -> tuple[int, int, int]:
    """Lists whose records have a headline first, then the nearest, then the longest."""
    records = [record for some in lists for record in some[:20] if isinstance(record, dict)][:50]
    named = sum(_named_so(_unwrapped(record)) for record in records)
    length = sum(map(len, lists))
    likely = bool(records) and (2 * named >= len(records))
    return (2 if likely else 1 if length >= 3 and path.count("[]") == 0 else 0, -path.count("[]"), length)


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Reddit's ``{"kind": "t3", "data": {...}}`` and its like."""
    inner = [item for item in record.values() if isinstance(item, dict)]
    if len(inner) == 1 and not _named_so(record) and _named_so(inner[0]):
        (key,) = [key for key, item in record.items() if item is inner[0]]
        return {**{k: v for k, v in record.items() if k != key and k not in inner[0]}, **inner[0]}
    return record


def _named_so(record: dict[str, Any], deep: bool = True) -> bool:
    from .columns import is_name_of

    return any(
        is_name_of("title", str(key)) and (isinstance(value, str) or (deep and isinstance(value, dict)))
        for key, value in record.items()
    )


def _by_columns(value: dict[str, Any]) -> Table | None:
    """pandas' other orients: columns as dicts or lists, "split", "table"."""
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        header = [_text(name) for name in value["columns"]]
        rows = [[_text(cell) for cell in row] for row in value["data"] if isinstance(row, list)]
        if rows and all(len(row) == len(header) for row in rows):
            return Table(_unique_names(pd.DataFrame(rows, columns=header, dtype=object)), range(1, len(rows) + 1))
    columns = list(value.values())
    if columns and _any_title(value) and all(isinstance(column, list) for column in columns):
        are_records = any(isinstance(cell, dict) for cell in columns[0][:5])
        if len(set(map(len, columns))) == 1 and not are_records:
            frame = pd.DataFrame({k: [_text(cell) for cell in column] for k, column in value.items()}, dtype=object)
            return Table(frame, range(1, len(frame) + 1))
    if len(columns) >= 1 and _any_title(value) and all(isinstance(column, dict) for column in columns):
        keys = list(dict.fromkeys(key for column in columns for key in column))
        cells = {name: [_text(column.get(key)) for key in keys] for name, column in value.items()}
        if keys and not any(isinstance(next(iter(c.values()), None), (dict, list)) for c in columns[:1]):
            return Table(pd.DataFrame(cells, dtype=object), range(1, len(keys) + 1))
    return None


def _any_title(value: dict[str, Any]) -> bool:
    from .columns import is_name_of

    return any(is_name_of("title", str(key)) for key in value)


def _flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """One level: ``{"source": {"name": "X"}}`` is ``source.name``."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        key = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < 3:
            flat |= _flat(value, "" if key == "_source" else f"{key}.", depth + 1)
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and depth < 3:
            flat |= _flat(value[0], f"{key}.", depth + 1)
        else:
            flat[key] = value
    return flat


# Other tables


def _parquet(content: bytes, name: str) -> Table:
    import pyarrow as pa
    from pyarrow import feather, parquet

    try:
        if content.startswith(b"PAR1"):
            file = parquet.ParquetFile(io.BytesIO(content))
            size = file.metadata.num_rows * max(file.metadata.num_columns, 1)
            # A bomb: one value said often. Headlines take more than a few hundredths of a byte each.
            if size > MOST_CELLS or size > 5_000_000 and size > 20 * len(content):
                raise InputError(f"{name} says that it holds {size:,} cells: give a smaller part of it.")
            table = file.read()
        else:
            table = feather.read_table(io.BytesIO(content))
        cells = {}
        for column, values in zip(table.column_names, table.columns, strict=True):
            kind = values.type
            if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
                values = values.cast(pa.string())
            cells[column] = [_text(value) for value in values.to_pylist()]
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name} needs more memory than there is: give a smaller part of it.") from None
    except Exception as error:  # what Arrow raises depends on which byte is wrong
        raise InputError(
            f"{name} is a damaged or incomplete Parquet file ({type(error).__name__}): write or fetch it again."
        ) from None
    frame = pd.DataFrame(cells, dtype=object)
    if frame.empty:
        raise InputError(f"{name} has columns but no rows: check that all of it was saved.")
    frame.columns = [str(column) for column in frame.columns]
    return Table(frame.drop(columns="__index_level_0__", errors="ignore"), range(1, len(frame) + 1))


def _zip(content: bytes, name: str) -> Table:
    """A zip that is one document: archives were unpacked before."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.namelist()
    if "xl/workbook.xml" in members:
        return _sheets(_xlsx(content, name), name)
    kinds = {
        "word/document.xml": "a Word document",
        "ppt/presentation.xml": "a presentation",
        "xl/workbook.bin": "an xlsb",
    }
    kind = next((kind for member, kind in kinds.items() if member in members), "an OpenDocument file")
    raise InputError(f"{name} is {kind}: save the table in it as Excel (.xlsx) or CSV and give that file.")


def _xlsx(content: bytes, name: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles that it leaves out
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible" and len(book.worksheets) > 1:
                    continue
                sheet.reset_dimensions()  # what a sheet says of its size is often wrong
                records, cells = [], 0
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells += len(row) + 1
                    if cells > MOST_CELLS // 10:
                        raise InputError(f"{name} has more cells than can be read: save the sheet as CSV.")
                    record = [_text(cell) for cell in row]
                    while record and not record[-1]:
                        record.pop()
                    records.append((number, record))
                yield sheet.title, records
        finally:
            book.close()


def _xls(content: bytes, name: str) -> Table:
    import xlrd

    def sheets() -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
        for sheet in book.sheets():
            records = []
            for number in range(sheet.nrows):
                cells = []
                for cell in sheet.row(number):
                    value = cell.value
                    if cell.ctype == xlrd.XL_CELL_DATE:
                        value = xlrd.xldate_as_datetime(value, book.datemode)
                    elif cell.ctype == xlrd.XL_CELL_ERROR:
                        value = ""
                    cells.append(_text(int(value) if isinstance(value, float) and value.is_integer() else value))
                while cells and not cells[-1]:
                    cells.pop()
                records.append((number + 1, cells))
            yield sheet.name, records

    return _sheets(sheets(), name)


def _sheets(sheets: Iterator[tuple[str, list[tuple[int, list[str]]]]], name: str) -> Table:
    """The sheets with headlines, below each other; others are told."""
    tables: dict[str, Table] = {}
    without: list[str] = []
    try:
        for title, records in sheets:
            if not any(any(cells) for _, cells in records):
                continue
            try:
                tables[title] = table_of_records(records, f"sheet {title} of {name}")
            except InputError:
                without.append(title)
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name} needs more memory than there is: save the sheet as CSV.") from None
    except Exception as error:  # what the readers raise depends on which byte is wrong
        raise InputError(
            f"{name} is a damaged or locked Excel workbook ({type(error).__name__}): save it again, or as CSV UTF-8."
        ) from None
    if not tables:
        raise InputError(f"{name} is a workbook without a table in it: check that all of it was saved.")
    named = {
        title: table
        for title, table in tables.items()
        if table.headed and _any_title(dict.fromkeys(table.rows.columns))
    }
    if not named:
        title = max(tables, key=lambda title: tables[title].rows.size)
        named = {title: tables[title]}
    without += [title for title in tables if title not in named]
    first, *others = named.values()
    if others:
        frames = [table.rows.assign(sheet=title) for title, table in named.items()]
        lines = [line for table in named.values() for line in table.lines]
        rejected = [row for table in named.values() for row in table.rejected]
        notes = [note for table in named.values() for note in table.notes]
        first = Table(pd.concat(frames, ignore_index=True).fillna(""), lines, rejected, notes, first.headed)
    if without:
        first.notes.append(f"of {name} the sheet {listed(without)} is left out: it has no column of headlines")
    return first


_READERS: dict[bytes, Callable[[bytes, str], Table]] = {
    b"PAR1": _parquet,
    b"ARROW1": _parquet,
    b"FEA1": _parquet,
    b"PK\x03\x04": _zip,
    b"\xd0\xcf\x11\xe0": _xls,
    b"\x09\x08\x10\x00\x00\x06\x05\x00": _xls,
}


def _text(value: Any) -> str:
    """A cell as text: whole numbers without a point, times in ISO form, nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (dict, list)):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return ", ".join(value)
        return json.dumps(value, ensure_ascii=False, default=str)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _text_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) * len(rows) > MOST_CELLS:
        raise InputError(f"the records have {len(names):,} different names: give a list of articles.")
    cells = {str(name): [_text(row.get(name)) for row in rows] for name in names}
    return pd.DataFrame(cells, index=range(len(rows)), dtype=object)


def _unique_names(frame: pd.DataFrame) -> pd.DataFrame:
    from .tables import unique_names

    return frame.set_axis(unique_names(frame.columns), axis=1)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
