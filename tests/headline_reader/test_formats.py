"""From bytes to rows of text: a file is recognised by its contents."""

from __future__ import annotations

import io

import pytest

from headline_reader import formats
from reading import TABLE, is_the_table, read_file, refusal


def parquet(table) -> bytes:
    memory = io.BytesIO()
    table.to_parquet(memory, index=False)
    return memory.getvalue()


def feather(table) -> bytes:
    memory = io.BytesIO()
    table.to_feather(memory)
    return memory.getvalue()


@pytest.mark.parametrize(
    "content",
    [TABLE.to_csv(index=False), TABLE.to_json(orient="records"), parquet(TABLE), feather(TABLE),
     TABLE.to_csv(index=False).encode("utf-16"), f"<html><body>{TABLE.to_html(index=False)}</body></html>"],
)  # fmt: skip
def test_the_name_of_a_file_says_nothing(content):
    assert is_the_table(read_file(content, "news.pdf"))


@pytest.mark.parametrize(
    ("content", "called"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PAR1\x15\x04", "a damaged or incomplete Parquet file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a damaged or locked workbook"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><title>Sign in</title>", "a web page (HTML)"),
        (b"<HTML><body>", "a web page (HTML)"),
        (b"\x80\x04\x95abc", "a pickle, which can run any program,"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
    ],
)
def test_a_file_that_is_no_table_is_called_what_it_is(content, called):
    assert f"news is {called}" in refusal(content)


def test_a_parquet_file_that_says_it_holds_a_multitude_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_CELLS", 10)
    assert "says that it holds 12 cells: give a smaller part of it" in refusal(parquet(TABLE))
