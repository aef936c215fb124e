"""JSON: records, wrapped or not, in lists or under names that are data; columns; or one record per line."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

import pandas as pd

from .cells import literal, one_line, refuse_crumbs, text_frame, text_of
from .errors import ReaderError
from .json_lists import Group, chosen, flat, gather, named_so, table_of
from .records import URL
from .roles import any_title, rank_of
from .tables import Table, table_of_records, unique_names

#: Comments, names with values and tables up to the first list of tables; possessive, so that it never backtracks.
TOML = re.compile(r"(?:\s*+(?:#.*+|[\w.\"-]++[ \t]*+=.*+|\[[\w.-]++\]))*+\s*+\[\[[\w.-]+\]\][ \t]*\n")
_NAME = re.compile(
    r"\s*(?:(?:export|var|let|const|default)\s+)*(?:[\w.$]+\s*=\s*|[\w.$]*\(\s*)?(?=[\[{]\s*[\"'{\[}\]])"
)
# Printed Python values that are no literals: the text between the brackets is enough.
_CALLS = re.compile(r"\b(?:time\.struct_time|(?:datetime\.)?datetime|Timestamp|ObjectId)\(([^()]*)\)")


def read_json(text: str, name: str) -> Table | None:
    """Records, wrapped or not, columns, or one record per line; None where it is no JSON at all."""
    if TOML.match(text):
        return None
    text = without_name(text)
    refuse_crumbs(text.count(",") + 1, text, name)
    try:
        return records_table(json.loads(text), name)
    except RecursionError:
        raise ReaderError(f"{name} is JSON nested too deep to hold a table: give a list of records.") from None
    except ValueError as error:
        failure = error
    if (value := _python_value(text)) is not None:
        return records_table(value, name)
    records, lines, rejected = _json_lines(text)
    if records and len(records) >= len(rejected):
        if not any(isinstance(v, (list, dict)) for record in records for v in record.values()):
            return Table(text_frame(records), lines, rejected)
        table = records_table(records, name, lines)
        table.rejected = rejected
        return table
    if re.match(r"\s*(\[\s*)?[\[{]\s*[\"'{\[}]", text):
        line, reason = getattr(failure, "lineno", 1), one_line(getattr(failure, "msg", "") or type(failure).__name__)
        raise ReaderError(f"{name} is not valid JSON from line {line} on ({reason}): fetch or export it again.")
    return None


def without_name(text: str) -> str:
    """The text without the name that a program gives the value: ``var news = [...];``, ``show({...})``."""
    text = text.lstrip("\ufeff")
    if (match := _NAME.match(text)) and match[0].strip():
        return text[match.end() :].rstrip().rstrip(";").rstrip().rstrip(")" if "(" in match[0] else "")
    return text


def _json_lines(text: str) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str, str]]]:
    """Records from JSON lines, from values that follow each other in another way, or as Python prints them."""
    physical = text.split("\n")
    opened = sum(line.lstrip()[:1] == "{" for line in physical)
    one_a_line = sum(line.lstrip()[:1] == "{" and line.rstrip().rstrip(",")[-1:] == "}" for line in physical)
    if 2 * opened < len(physical) - text.count("\n\n") and opened < len(physical) - 100_000:
        return [], [], []  # a few records among many other lines: no JSON lines
    if 2 * one_a_line > opened or len(physical) == 1 == opened:
        rows, lines, rejected = record_a_line(physical)
        if rows:
            return rows, lines, rejected
    rows, lines, rejected = [], [], []
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        start = re.compile(r"[\s,\x1e]*").match(text, position).end()  # type: ignore[union-attr]  # fits nothing, too
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


def record_a_line(
    physical: list[str], above: int = 0
) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str, str]]]:
    """The records of lines that have one each, the lines' numbers, and the lines that have none."""
    rows, lines, rejected = [], [], []
    for number, line in enumerate(physical, start=above + 1):
        line = line.strip()
        if not line or line in ("[", "]"):
            continue
        value = _json_value(line.rstrip(","))
        if isinstance(value, dict):
            rows.append(value)
            lines.append(number)
        else:
            rejected.append((number, "no JSON record", line[:200]))
    return rows, lines, rejected


def _python_value(text: str) -> Any:
    """The value of a whole file of printed Python, None where it is none."""
    if len(text) > 5_000_000 or not re.match(r"\s*[\[{]\s*(?:\{\s*)?['}\]]", text):
        return None
    return literal(_CALLS.sub(_printed, text.strip()))


def _printed(call: re.Match[str]) -> str:
    inside = call[1].strip("'\"")
    if numbers := re.match(r"\d+(?:, \d+){2,5}", inside):  # a datetime's
        parts = [part.zfill(2) for part in numbers[0].split(", ")] + ["00"] * 3
        inside = "-".join(parts[:3]) + " " + ":".join(parts[3:6])
    return repr(inside)


def _json_value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        printed = re.match(r"\{\s*u?'", text) and len(text) < 1_000_000  # print(record)
        return literal(text) if printed else None


def records_table(value: Any, name: str, lines: list[int] | None = None) -> Table:
    """The records in a JSON value, wherever they are in it."""
    if isinstance(value, dict):
        if (rows := _linked(value)) is not None:
            return Table(text_frame(rows))
        if (table := _by_columns(value)) is not None:
            return table
    groups = gather(value, "", {}, {})
    read = chosen(groups)
    if isinstance(value, dict) and named_so(value) and read and all(group.belongs() for group in read):
        read = [Group("", [value], [{}])]  # one article, with what it refers to
    if read:
        return table_of(read, groups, name, lines)
    if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
        records = [(i, [text_of(cell) for cell in item]) for i, item in enumerate(value, start=1)]
        return table_of_records(records, name)
    if isinstance(value, dict) and value:
        inner = [item for item in value.values() if isinstance(item, dict)]
        if len(inner) > 20 and len(inner) >= 0.9 * len(value):
            rows = [{"key": key, **flat(item)} for key, item in value.items() if isinstance(item, dict)]
            return Table(text_frame(rows))
        if named_so(value):
            return Table(text_frame([flat(value)]))
    if texts := max((group for group in groups.values() if group.texts), key=lambda g: len(g.records), default=None):
        return table_of([texts], groups, name, lines)
    held = ", ".join(f"{group.shown} ({len(group.records):,})" for group in groups.values())[:200]
    only = f"{name} is JSON without a list of articles or headlines" + f", it holds {held}" * bool(held)
    raise ReaderError(f"{only}: give the answer that holds them.")


def spread(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a column for each field of records in their cells, as pandas and Python write them."""
    columns: dict[str, pd.Series] = {}
    for name, cells in rows.items():
        some = list(islice(filter(None, cells), 200))
        records = sum(cell[0] == "{" and cell[-1] == "}" for cell in some) > 0.8 * len(some)
        if records and (rank_of("publisher", name) is None or max(map(len, some)) > 300):  # short ones are seen through
            values = [_json_value(cell) for cell in cells]
            inner = text_frame([flat(v, f"{name}.") if isinstance(v, dict) else {name: cell}
                                for v, cell in zip(values, cells, strict=True)])  # fmt: skip
            columns |= {inside: inner[inside].set_axis(rows.index) for inside in inner}
        else:
            columns[name] = cells
    return rows if len(columns) == len(rows.columns) else pd.DataFrame(columns, index=rows.index, dtype=object)


def _linked(value: dict[str, Any]) -> list[dict[str, str]] | None:
    """Headlines that are the names of their addresses, or the other way round, perhaps in sections."""
    parts = {"": value}
    if value and all(isinstance(item, dict) for item in value.values()):
        parts = value
    pairs = [(part, key, item) for part, items in parts.items() for key, item in items.items()]
    if len(pairs) < 3 or not all(isinstance(item, str) for _, _, item in pairs):
        return None
    for title, url in ((1, 2), (2, 1)):
        linked = sum(bool(URL.match(pair[url])) and not URL.match(pair[title]) for pair in pairs)
        texts = sum(len(pair[title].split()) > 2 or not pair[title].isascii() for pair in pairs)
        if min(linked, texts) > 0.8 * len(pairs):
            return [{"section": pair[0], "title": pair[title], "url": pair[url]} for pair in pairs]
    return None


def _by_columns(value: dict[str, Any]) -> Table | None:
    """pandas' other orients: columns as dicts or lists, "split", "table"."""
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        header = [text_of(name) for name in value["columns"]]
        rows = [[text_of(cell) for cell in row] for row in value["data"] if isinstance(row, list)]
        if rows and all(len(row) == len(header) for row in rows):
            return Table(pd.DataFrame(rows, columns=unique_names(header), dtype=object))
    columns = list(value.values())
    if columns and any_title(value) and all(isinstance(column, list) for column in columns):
        are_records = any(isinstance(cell, dict) for cell in columns[0][:5])
        if len(set(map(len, columns))) == 1 and not are_records:
            cells = {name: [text_of(cell) for cell in column] for name, column in value.items()}
            return Table(pd.DataFrame(cells, dtype=object))
    if len(columns) >= 1 and any_title(value) and all(isinstance(column, dict) for column in columns):
        keys = list(dict.fromkeys(key for column in columns for key in column))
        cells = {name: [text_of(column.get(key)) for key in keys] for name, column in value.items()}
        if keys and not any(isinstance(next(iter(c.values()), None), (dict, list)) for c in columns[:1]):
            return Table(pd.DataFrame(cells, dtype=object))
    return None
