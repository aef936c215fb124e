"""SQLite: the table of headlines, with the names that its keys stand for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from headline_reader import ReaderError
from reading import DAYS, TABLE, TITLES, is_the_table, read_file


def database(*tables: tuple[str, pd.DataFrame], setup: str = "") -> bytes:
    connection = sqlite3.connect("made.db")
    connection.executescript(setup)
    for name, table in tables:
        table.to_sql(name, connection, index=False, if_exists="append")
    connection.commit()
    connection.close()
    return Path("made.db").read_bytes()


def test_the_headlines_of_a_database_are_read_and_no_table_of_its_framework():
    users = pd.DataFrame({"name": ["Can add a user", "Can change a user", "Can delete a user"]})
    feeds = pd.DataFrame({"title": ["All the news of the coast"], "address": ["x"]})
    headlines = read_file(database(("news", TABLE), ("auth_permission", users), ("feeds", feeds)), "news.db")
    assert is_the_table(headlines)
    assert any("only 'news' is read" in note for note in headlines.notes)
    with pytest.raises(ReaderError, match="an SQLite database without a table that has rows"):
        Path("made.db").unlink()
        read_file(database(("django_site", users)))


def test_a_key_into_a_table_of_sources_gives_the_publisher():
    setup = """CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE articles (id INTEGER, source_id INTEGER REFERENCES sources(id), title TEXT, date TEXT);"""
    sources = pd.DataFrame({"id": [7, 9], "name": ["Coast Post", "Town Crier"]})
    articles = pd.DataFrame({"source_id": [7, 7, 9, 9], "title": TITLES, "date": DAYS})
    assert is_the_table(read_file(database(("sources", sources), ("articles", articles), setup=setup)))


def test_a_database_with_a_write_ahead_log_is_read_and_files_beside_it_are_named():
    content = database(("news", TABLE), setup="PRAGMA journal_mode = WAL;")
    assert content[18:20] == b"\2\2"
    headlines = read_file(content, "news.db")
    assert is_the_table(headlines) and any("news.db-wal are missing" in note for note in headlines.notes)


def test_a_damaged_database_is_called_so():
    content = database(("news", TABLE))
    with pytest.raises(ReaderError, match="damaged or locked SQLite database"):
        read_file(content[:4096] + b"\xff" * 4096)
