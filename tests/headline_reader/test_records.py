"""Text into records: where a line ends, and an unclosed quotation mark."""

from __future__ import annotations

import pytest

from headline_reader.records import Dialect, lines_of, records_of, types_of
from reading import TABLE, is_the_table, read_file


def test_a_line_feed_within_a_field_ends_no_row_where_rows_end_in_carriage_returns():
    text = TABLE.to_csv(index=False, lineterminator="\r").replace("Storm nears", "Storm\nnears")
    assert is_the_table(read_file(text))


@pytest.mark.parametrize("tail", ["d\ne,f\ng,h\n", "d\n" + "e,f\n" * 5_000, "d\n" + 'e,f\ng,"h\ni,j\n' * 30])
def test_a_quote_that_nothing_closes_swallows_no_row(tail):
    content = 'title,url\na,b\nc,"' + tail
    assert len(read_file(content).rows) == content.count("\n") - 1


def test_an_unclosed_quotation_mark_among_others_that_are_needed_is_reported():
    rows = [f'"Ferry {i}, delayed",2024-01-{i:02}\n' for i in range(10, 30)]
    rows[4] = '"Ferry never came,2024-01-14\n'
    headlines = read_file("title,published_at\n" + "".join(rows))
    assert len(headlines.rows) == 20 and headlines.rows["title"][4] == '"Ferry never came'
    assert any("line 6, is read as it stands" in note for note in headlines.notes)


def test_columns_are_recognised_by_their_contents():
    rows = [["Storm nears", f"https://x.example/{i}", str(i), f"2024-05-{i:02}", ""] for i in range(1, 9)]
    assert types_of(rows) == ["", "url", "number", "date", ""]


def test_a_field_may_hold_delimiters_quotes_and_line_ends():
    text = 'title,url\n"a, ""b""\nc",d\n'
    assert records_of(lines_of(text), Dialect(), ["", ""])[0] == [(1, ["title", "url"]), (2, ['a, "b"\nc', "d"])]
