"""Files of corrections, as spreadsheets save them."""

from __future__ import annotations

import csv

import pytest

import newsclust as nc
from browser import open_page  # noqa: F401  (a fixture)
from newsclust.errors import InputError
from newsclust.run.correction_files import read_corrections


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_file_as_spreadsheets_save_it_is_read(tmp_path, mark):
    rows = [["Kind", "headline_a", "headline_b", "my notes"], ["Same", "'=A1 wins, “again”", 'He said "no"', "x"], []]
    with (tmp_path / "c.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=mark).writerows(rows)
    (row,) = read_corrections(tmp_path / "c.csv", "c.csv").to_dict("records")
    assert (row["kind"], row["headline_a"], row["headline_b"]) == ("same", "=A1 wins, “again”", 'He said "no"')
    assert (row["file"], row["row"], row["title"]) == ("c.csv", 2, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind,headline a\nsame,x", "has no column 'headline_a'; did you mean 'headline_a' by 'headline a'"),
        ("", "has no column 'kind'; it has none"),
        ("PK\3\4" + "\0" * 99, "can't be read as a table"),
    ],
)
def test_a_file_without_the_columns_is_one_sentence(tmp_path, text, said):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_corrections(tmp_path / "c.csv", "c.csv")
    with pytest.raises(InputError, match="there is no file"):
        nc.find("january", corrections="nowhere.csv")
