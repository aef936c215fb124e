"""SQLite databases: the table of headlines, with the names that its keys stand for."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pandas as pd

from .cells import MOST_CELLS, text_of
from .errors import ReaderError, refused
from .roles import is_name_of
from .sheets import has_titles, with_headlines
from .tables import Table, unique_names

#: Tables of web frameworks, which have names in them.
_FRAMEWORK = re.compile(r"(auth|django|alembic|knex|authtoken|socialaccount|account)_", re.IGNORECASE)
_AS_CSV = "export the table of headlines as CSV"
_WAL = b"\2\2"  # at byte 18: pages are first written to a file beside this one


def read_sqlite(content: bytes, name: str) -> Table:
    """The table of headlines in a database; if there are several, the largest and those with the same columns.

    Where a row names its source by a key (`source_id`), a column `source.name` says what the key stands for.

    Raises
    ------
    ReaderError
        Where it is damaged or has no table with rows.
    """
    beside = content[18:20] == _WAL
    if beside:  # from memory, SQLite opens such a file only if its header says that it is written in place
        content = content[:18] + b"\1\1" + content[20:]
    damaged, again = "a damaged or locked SQLite database", "copy it again while no program writes to it"
    in_memory = closing(sqlite3.connect(":memory:"))
    with refused(name, damaged, again, _AS_CSV, (sqlite3.Error, UnicodeError, OverflowError)), in_memory as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        database.deserialize(content)
        database.execute("PRAGMA trusted_schema = OFF")  # the file's own definitions may not run anything
        database.execute("PRAGMA query_only = ON")
        tables = _tables(database, len(content), name)
    if not tables:
        empty = f"{name} is an SQLite database without a table that has rows"
        raise ReaderError(f"{empty}: check that all of it was saved.")
    tables, smaller = _alike(tables)
    table = with_headlines(tables, [], name, "table")
    if smaller:
        table.notes.append(f"of {name} only {', '.join(map(repr, tables))} is read, which has more headlines than "
                           f"{', '.join(map(repr, smaller))}")  # fmt: skip
    if beside:
        table.notes.append(f"changes that may still be in {name}-wal are missing")
    return table


def _tables(database: sqlite3.Connection, size: int, name: str) -> dict[str, Table]:
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    tables, cells = {}, 0
    for (table,) in names:
        if _FRAMEWORK.match(table):
            continue
        cursor = database.execute(f"SELECT * FROM {_quoted(table)}")
        columns = unique_names([column[0] for column in cursor.description])
        rows = []
        while some := cursor.fetchmany(1000):
            cells += len(some) * len(columns)
            if cells > min(MOST_CELLS // 10, 4 * size):  # a damaged tree of pages may have no end
                raise ReaderError(f"{name} has more cells than can be read: {_AS_CSV}.")
            rows += [[text_of(cell) for cell in row] for row in some]
        if rows:
            frame = pd.DataFrame(rows, columns=columns, dtype=object)
            frame = frame.assign(**_spelt_out(database, table, frame))
            tables[table] = Table(frame)
    return tables


def _spelt_out(database: sqlite3.Connection, table: str, rows: pd.DataFrame) -> dict[str, list[str]]:
    """For each foreign key, the names that the other table gives."""
    spelt = {}
    for key in database.execute(f"PRAGMA foreign_key_list({_quoted(table)})").fetchall():
        other, own, there = key[2], key[3], key[4]
        columns = [row[1:6] for row in database.execute(f"PRAGMA table_info({_quoted(other)})").fetchall()]
        there = there or next((column[0] for column in columns if column[4]), None)
        called = next((c[0] for role in ("publisher", "title") for c in columns if is_name_of(role, c[0])), None)
        called = next((c[0] for c in columns if c[0].lower() == "name"), called)
        if own in rows and there and called:
            chosen = f"SELECT {_quoted(there)}, {_quoted(called)} FROM {_quoted(other)} LIMIT 1000000"
            known = {text_of(k): text_of(value) for k, value in database.execute(chosen)}
            spelt[f"{own.removesuffix('_id').removesuffix('Id')}.{called}"] = [known.get(k, "") for k in rows[own]]
    return spelt


def _alike(tables: dict[str, Table]) -> tuple[dict[str, Table], list[str]]:
    """The largest of several tables with headlines, and those with its columns: feeds have titles, too."""
    named = [title for title, table in tables.items() if has_titles(table)]
    if len(named) < 2:
        return tables, []
    largest = max(named, key=lambda title: len(tables[title].rows))
    columns = set(tables[largest].rows.columns)
    smaller = [t for t in named if len(columns & set(tables[t].rows.columns)) < 0.8 * len(columns)]
    return {title: table for title, table in tables.items() if title not in smaller}, smaller


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
