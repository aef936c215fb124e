"""Tables in web pages, with the addresses that their cells link to."""

from __future__ import annotations

import pytest

from headline_reader import ReaderError
from reading import DAYS, TABLE, TITLES, is_the_table, read_file


def test_a_table_in_a_web_page_is_read_with_its_links():
    rows = "".join(
        f'<tr><td><a href="https://x.example/{i}">{title}</a></td><td>{day}</td><td>{paper}</td></tr>'
        for i, (title, day, paper) in enumerate(TABLE.itertuples(index=False))
    )
    head = "<tr><th>Headline</th><th>Date</th><th>Source</th></tr>"
    menu = "<table><tr><td>Home</td><td>News</td></tr><tr><td>About</td><td>Help</td></tr></table>"
    headlines = read_file(f"<!DOCTYPE html><html><body>{menu}<table>{head}{rows}</table></body></html>", "page.html")
    assert is_the_table(headlines)
    assert sorted(headlines.table["url"]) == [f"https://x.example/{i}" for i in range(4)]
    assert is_the_table(read_file(f"<table>{head}{rows}</table>", "export.xls"))  # what web sites call Excel
    with pytest.raises(ReaderError, match="is a web page"):
        read_file(f"<html><body>{menu}</body></html>")
    with pytest.raises(ReaderError, match="is a web page"):
        read_file("<html>" + "<table><tr><td>" * 300_000)  # would take minutes to parse


def test_rows_and_cells_whose_end_tags_are_left_out_are_rows_and_cells():
    """HTML allows it. Nested, each would hold all that follow, and a thousand would take minutes."""
    titles = [f"{TITLES[i % 4]} {i}" for i in range(1000)]
    rows = [f"<tr><td><a href=https://x.example/{i}>{t}</a><td>{DAYS[i % 4]}" for i, t in enumerate(titles)]
    headlines = read_file("<!doctype html><table><tr><th>Headline<th>Date" + "".join(rows) + "</table>")
    assert headlines.table["title"].tolist() == titles
    assert headlines.table["published_at"].str.startswith("2024-05").all()
    assert headlines.table["url"].str.startswith("https://x.example/").all()
