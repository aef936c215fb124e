"""The dialect of a delimited text."""

from __future__ import annotations

import csv
import io

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


def test_quotes_that_are_escaped_by_a_backslash_and_single_quotes_are_found():
    assert find_dialect(["title,url\n", '"he said \\"no\\" again",b\n'] * 5, None).escape == "\\"
    rows = "".join(f"'Storm {i}, again','https://x.example/{i}'\n" for i in range(9))
    assert find_dialect(io.StringIO(f"'title','url'\n{rows}").readlines(), None).quote == "'"
