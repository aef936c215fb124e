"""JSON as programs print it."""

from __future__ import annotations

import json

import pytest

from headline_reader.json_records import TOML
from reading import TABLE, TITLES, is_the_table, read_file


@pytest.mark.parametrize(
    "written",
    ["var news = {};", "window.news={}", "export default {};", "show({});", "\ufeff{}"],
    ids="variable window module callback mark".split(),
)
def test_json_with_a_name_before_it_is_read(written):
    assert is_the_table(read_file(written.replace("{}", TABLE.to_json(orient="records"))))


def test_a_whole_file_that_python_has_printed_is_read():
    records = str(TABLE.to_dict("records")).replace("'2024-05-17'", "datetime.datetime(2024, 5, 17, 0, 0)")
    records = records.replace("'source'", "'id': ObjectId('65a1'), 'when': time.struct_time(tm_year=2024), 'source'")
    read_back = read_file(f"{{'feed': {{'title': 'All'}}, 'entries': {records}}}")
    assert sorted(read_back.table["title"]) == sorted(TITLES) and (read_back.table["published_at"] != "").all()


@pytest.mark.parametrize("reverse", [False, True])
def test_headlines_that_are_names_of_their_addresses_are_read(reverse):
    pairs = {title: f"https://x.example/{i}" for i, title in enumerate(TITLES)}
    pairs = {url: title for title, url in pairs.items()} if reverse else pairs
    for value in (pairs, {"world": pairs, "title: local": {}}):
        headlines = read_file(json.dumps(value))
        assert sorted(headlines.table["title"]) == sorted(TITLES)
        assert headlines.table["url"].str.startswith("https://x.example/").all()


def test_lines_of_names_and_values_are_seen_through_once(stopwatch):
    assert not TOML.match("a = b = c = d\n" * 100_000 + "end")
    assert stopwatch() < 20
