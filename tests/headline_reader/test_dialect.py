"""The dialect of a delimited text."""

from __future__ import annotations

import csv

import pytest

from headline_reader.dialect import DELIMITERS, find_dialect, without_leading_lines
from reading import TABLE, is_the_table, read_file


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_each_delimiter_is_found_whatever_is_quoted(delimiter, quoting):
    text = TABLE.to_csv(index=False, sep=delimiter, quoting=quoting)
    assert find_dialect(text.splitlines(keepends=True), None).delimiter == delimiter
    assert is_the_table(read_file(text))


def test_excels_line_names_the_delimiter_and_comments_are_no_rows():
    lines = ["# made by a program\n", "sep=;\n", "title;url\n", "a;b\n"]
    assert without_leading_lines(lines) == (lines[2:], 2, ";")


def test_hashtags_are_no_comments():
    lines = ["#storm nears\n", "#ferry stays\n"]
    assert without_leading_lines(lines)[0] == lines


def test_quotes_that_are_escaped_by_a_backslash_are_found():
    assert find_dialect(["title,url\n", '"he said \\"no\\" again",b\n'] * 5, None).escape == "\\"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_what_excel_and_others_save_as_csv_is_read(delimiter, bom, newline):
    lines = ["id|title|description", '1|Café 1|"a, b; c"', '2|Café 2|"a, b; c"', ""]
    read = read_file(bom + newline.join(line.replace("|", delimiter).encode() for line in lines))
    assert read.rows.columns.tolist() == ["id", "title", "description"]
    assert read.rows["title"].tolist() == ["Café 1", "Café 2"]
    assert read.rows["description"].tolist() == ["a, b; c"] * 2


def test_blank_lines_and_short_rows_are_no_obstacle():
    read = read_file("\n \ntitle,description,url\n\nA\nB,c\n\n")
    assert read.rows.to_numpy().tolist() == [["A", "", ""], ["B", "c", ""]]


def test_a_single_column_may_hold_commas():
    assert read_file("title\nfirst, second\n").table["text"].tolist() == ["first, second"]
