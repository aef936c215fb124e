"""A file read in chunks gives the headlines that it gives whole, whatever its form and wherever the chunks end."""

from __future__ import annotations

import csv
import gzip
import json
import tracemalloc
import warnings
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given

from dialects import dialects, write
from headline_reader import ReaderError, ReaderNotice, chunks, decided, in_chunks, parts, read
from points import examples
from test_corpus_dialects import MANY, corpora

CASES = sorted(path for path in (Path(__file__).parents[1] / "cases").iterdir() if path.is_file())
INPUTS = Path(__file__).parents[3] / "shared" / "cases" / "inputs"
CASES += sorted(path for path in INPUTS.rglob("*") if path.is_file() and path.name != "README.md")


@pytest.fixture(autouse=True)
def read_twice(monkeypatch):
    """Small files, too."""
    monkeypatch.setattr(chunks, "WHOLE", -1)


def outcome(source, rows: int | None = None, **ways):
    """All rows and what was set aside, or the sentence that refuses them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReaderNotice)
        try:
            found = [read(source, **ways)] if rows is None else list(in_chunks(source, rows=rows, **ways))
        except ReaderError as error:
            return str(error)
    assert rows is None or all(len(one.rows) <= rows for one in found)
    rejected = sorted(tuple(row) for one in found for row in one.rejected[["line", "reason", "text"]].to_numpy())
    table = pd.concat([one.table for one in found], ignore_index=True)
    return (
        table.to_dict("records"),
        rejected,
        sum(len(one.rows) for one in found),
        [note for note in found[0].notes if "held in memory whole" not in note],
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_chunks_are_the_file(path):
    whole = outcome(path)
    for rows in (7, 1000) if examples(100) > 100 else (7,):
        assert outcome(path, rows) == whole


@given(corpora(), dialects())
@MANY
def test_chunks_of_any_dialect_are_the_file(tmp_path, rows, dialect):
    if path := write(rows, dialect, tmp_path / "disguised"):
        assert outcome(path, 7) == outcome(path)


def many(n: int = 300) -> list[list[str]]:
    """Rows with what only whole columns tell: publishers behind titles, a footer, days that may be months."""
    papers = ["Coast Post", "Town Crier", "The Harbour Gazette"]
    rows = []
    for i in range(n):
        title = f"Report {i} on the {'storm' if i % 3 else 'ferry'} that came by - {papers[i % 3]}"
        text = f"What happened {i} times.\nMore was said {i % 7} days later. Follow the Coast Post for more of it."
        rows.append(
            [title, text, papers[0] if i % 50 == 0 else "", f"{i % 12 + 1}/{i % (28 if i == 201 else 12) + 1}/2024"]
        )
    return rows


def as_csv(rows: list[list[str]], header: str = "title,description,publisher,date") -> Path:
    with Path("many.csv").open("w", newline="", encoding="utf-8") as file:
        file.write(f"{header}\n")
        csv.writer(file).writerows(rows)
    return Path("many.csv")


@pytest.fixture
def blocks(monkeypatch):
    monkeypatch.setattr(parts, "BLOCK", 50)
    monkeypatch.setattr(parts, "BEYOND", 3)


@pytest.mark.parametrize("deciding", [16, 100, 20_000])
def test_whole_columns_decide_for_every_chunk(blocks, monkeypatch, deciding):
    monkeypatch.setattr(decided, "ROWS", deciding)
    path = as_csv(many())
    whole = outcome(path)
    assert len(whole[0]) == 300
    assert {row["publisher"] for row in whole[0]} == {"Coast Post", "Town Crier", "The Harbour Gazette"}
    assert not any("Follow the Coast Post" in row["text"] for row in whole[0])
    for rows in (7, 1000):
        assert outcome(path, rows) == whole


@pytest.mark.parametrize("change", [
    lambda rows: rows.insert(150, ["Too", "many", "fields", "in", "this one"]),
    lambda rows: rows.insert(150, ["A text of many lines", "\n".join(map(str, range(700))), "", ""]),
    lambda rows: rows.insert(150, ["title", "description", "publisher", "date"]),
    lambda rows: rows.insert(150, ["headline", "summary", "source", "published"]),
    lambda rows: rows.insert(150, ["\N{REPLACEMENT CHARACTER}", "|---|---|", "", ""]),
    lambda rows: rows.insert(150, ["Storm", '{"a": 1}', "", ""]),
], ids=["misfit", "long field", "header again", "another table", "replacement", "record"])  # fmt: skip
def test_what_comes_late_in_a_file_is_read_as_in_the_whole(blocks, change):
    rows = many()
    change(rows)
    path = as_csv(rows)
    assert outcome(path, 100) == outcome(path)


def test_a_quotation_mark_that_nothing_closes_costs_no_row(blocks):
    path = as_csv(many())
    lines = path.read_text().split("\n")
    lines[401] = '"Nothing closes this' + lines[401]
    path.write_text("\n".join(lines))
    assert outcome(path, 100) == outcome(path)


def test_letters_that_are_no_utf8_late_in_a_file_are_read_as_in_the_whole(blocks):
    path = as_csv([*many(), ["Café", "", "", ""]])
    path.write_bytes(path.read_text().encode("cp1252"))
    assert outcome(path, 100) == outcome(path)


def test_records_a_line_and_parquet_and_what_is_packed_come_in_chunks(blocks):
    names = "title description publisher date".split()
    records = [dict(zip(names, row, strict=True)) for row in many()]
    records[200]["topic"] = "late"
    records[201]["authors"] = ["One", "Two"]
    Path("many.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    pd.DataFrame(records).to_parquet("many.parquet", row_group_size=90)
    Path("many.csv.gz").write_bytes(gzip.compress(as_csv(many()).read_bytes()))
    for name in ("many.jsonl", "many.parquet", "many.csv.gz"):
        assert outcome(name, 100) == outcome(name)
        assert sum(len(table.rows) for table in parts.in_parts(Path(name), name)) == 300


@pytest.mark.parametrize("deciding", [16, 20_000])
def test_the_files_of_a_folder_decide_together(blocks, monkeypatch, deciding):
    monkeypatch.setattr(decided, "ROWS", deciding)
    Path("news").mkdir()
    rows = many()
    for number in range(6):
        as_csv(rows[number * 50 : number * 50 + 50]).rename(f"news/{number}.csv")
    Path("news/6.csv").write_text("a,b\n1,2\n")
    whole, found = outcome("news"), outcome("news", 30)
    assert found[0] == whole[0] and found[2] == whole[2]


def test_a_column_that_is_asked_for_is_taken_or_missed(blocks):
    path = as_csv(many(), "title,description,wire,date")
    assert outcome(path, 100, columns={"publisher": "wire"}) == outcome(path, columns={"publisher": "wire"})
    assert "no such column" in outcome(path, 100, columns={"publisher": "agency"})
    assert "none of the 2 files has such a column" in outcome([path, path], 100, columns={"publisher": "agency"})


def test_a_file_without_headlines_is_refused_as_the_whole_is(blocks):
    path = as_csv([["[Removed]", "", "", ""]] * 300)
    assert "is a headline: of 300 the reason is: removed by its publisher" in outcome(path, 100)


def test_a_larger_file_takes_no_more_memory(monkeypatch):
    peaks = []
    monkeypatch.setattr(parts, "BLOCK", 250)
    monkeypatch.setattr(parts, "BEYOND", 25)
    monkeypatch.setattr(parts, "BEGINNING", 10_000)
    monkeypatch.setattr(decided, "ROWS", 250)
    list(in_chunks(as_csv(many(20)), rows=250))  # what is kept for all files, such as lists of words
    for n in (500, 1_500):
        path = as_csv(many(n))
        tracemalloc.start()
        for _ in in_chunks(path, rows=250, detect=False):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_a_file_that_changes_between_the_passes_is_reported(blocks):
    found = in_chunks(as_csv(many()), rows=10)
    next(found)
    as_csv([*many(), ["headline", "summary", "source", "published"]])
    with pytest.raises(ReaderError, match=r"many\.csv was changed while it was read"):
        list(found)
