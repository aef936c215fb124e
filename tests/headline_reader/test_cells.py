"""What no table of headlines is made of is refused before it fills memory."""

from __future__ import annotations

from datetime import date

import pytest

from headline_reader import ReaderError
from headline_reader.cells import escaped_marks, literal, text_frame, text_of
from reading import read_file


def test_millions_of_values_of_a_few_letters_are_refused_before_they_fill_memory():
    with pytest.raises(ReaderError, match="6,000,000 values of a few characters each"):
        read_file(b"[" + b'"ab",' * 5_999_999 + b'"ab"]')
    with pytest.raises(ReaderError, match="6,000,000 lines of a few characters each"):
        read_file(b"title\n" + b"ab\n" * 5_999_999)


def test_values_of_any_kind_are_text():
    values = [None, float("nan"), 3.0, 2.5, True, b"caf\xc3\xa9", ["a", "b"], {"a": 1}, date(2024, 5, 17)]
    assert [text_of(value) for value in values] == [
        "", "", "3", "2.5", "True", "café", "a, b", '{"a": 1}', "2024-05-17",
    ]  # fmt: skip


def test_records_with_different_names_are_one_table():
    assert text_frame([{"a": 1}, {"b": None}]).to_dict("list") == {"a": ["1", ""], "b": ["", ""]}


def test_what_python_has_printed_is_its_value_and_anything_else_nothing():
    assert literal("{'a': [1, None]}") == {"a": [1, None]}
    assert [literal(text) for text in ("open('x')", "[", "[" * 5_000)] == [None, None, None]


def test_half_of_a_pair_of_surrogates_is_no_letter_and_no_obstacle():
    assert text_of("Storm \ud83d") == "Storm \ufffd"
    assert text_of("Storm \ud83c\udf0a") == text_of("Storm \U0001f30a") == "Storm \U0001f30a"


def test_backslashes_that_an_export_put_before_marks_are_removed_with_a_notice():
    rows = [f"Rain again in town {n},https://a.example/story\\?id={n},Town Post \\(blog\\)" for n in range(6)]
    read = read_file("title,url,publisher\n" + "\n".join(rows))
    assert set(read.table["publisher"]) == {"Town Post (blog)"} and read.table["url"].iloc[3].endswith("story?id=3")
    assert sum("backslash before each" in note for note in read.notes) == 2


@pytest.mark.parametrize("other", ["C:\\news (old)", "what (now)", "\\\\server (x)", "a \\ b"])
def test_a_backslash_that_means_something_stays(other):
    values = ["Post \\(blog\\)"] * 6 + [other]
    assert escaped_marks(values) == []
