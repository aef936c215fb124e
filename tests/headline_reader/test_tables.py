"""Delimited text as people have it: no row is lost without a word."""

from __future__ import annotations

import pytest

from headline_reader.tables import read_text_table, unique_names
from reading import TABLE, TITLES, is_the_table, read_file, refusal


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('title,url\n"one\ntwo",b\nc,d,e\n', 4),  # the first field takes two lines
        ("title,url\na,b\nd,e,f\n", 3),
        ("# made by a program\nsep=;\ntitle;url\na;b\nd;e;f\n", 5),
        ('title,description\na,"' + "long body, " * 20_000 + '"\nb,c\nd,e,f\n', 4),
    ],
)
def test_a_row_that_fits_no_header_is_set_aside_by_its_line_in_the_file(content, line):
    table = read_text_table(content, "news")
    assert table.rejected[0][0] == line and "fields where the header has 2" in table.rejected[0][1]


def test_where_most_rows_fit_no_header_the_file_is_refused_with_the_first_line():
    message = refusal("title,url\na,b,c\nd,e,f\n")
    assert message.startswith("line 2 of news has 3 fields where the header has 2")
    assert "fields with a comma in them" in message


def test_a_header_without_rows_and_an_empty_file_are_called_so():
    assert "has a header but no rows" in refusal("title,description\n")
    assert "has a header but no rows" in refusal("title,description\ntitle,description\n")
    assert "news is empty" in refusal("\ufeff \n")


def test_the_header_is_found_below_a_preamble_and_again_is_no_row():
    text = TABLE.to_csv(index=False)
    headlines = read_file(f"Media monitoring\nExported on 1 June\n\n{text}title,published,source\n")
    assert is_the_table(headlines)
    assert headlines.rejected[["line", "reason"]].to_numpy().tolist() == [[9, "the header again"]]
    assert any("the header of news is line 4" in note for note in headlines.notes)


def test_row_names_of_r_and_empty_last_columns_do_not_shift_the_header():
    rows = "".join(f'"{i}",{t},{i}/5/2024\n' for i, t in enumerate(TITLES, start=1))
    assert read_file(f"title,date\n{rows}").table["title"].tolist() == TITLES
    assert read_file("title,url,,\n" + "".join(f"{t},x,,\n" for t in TITLES)).rows.columns.tolist() == ["title", "url"]


def test_names_are_made_different_as_pandas_does():
    assert unique_names(["a", "", "a", "a.1", "a"]) == ["a", "Unnamed: 1", "a.1", "a.1.1", "a.2"]
    assert len(set(unique_names(["a"] * 9_000))) == 9_000


def test_a_file_of_a_line_without_end_or_a_million_columns_is_refused():
    assert "fields: give a table" in refusal("," * 20_000 + "\n" + "," * 20_000)
    assert "characters: give a" in refusal("title\n" + "a" * 20_000_001 + "\n")
