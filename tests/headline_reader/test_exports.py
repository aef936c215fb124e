"""Exports that are text but no table. `test_kinds` has a file of each kind; here is what each reads of a line."""

from __future__ import annotations

import pytest

from headline_reader import exports
from headline_reader.errors import ReaderError
from headline_reader.exports import factiva_record, read_export, refuse_no_headlines

LINES = ["Storm nears the coast", "Ferry service resumes", "Museum buys an old map"]


def test_a_reference_manager_s_tags_are_columns_and_a_broken_line_continues():
    text = "TY  - NEWS\nTI  - Storm nears\n      the coast\nT2  - Coast Post\nDA  - 2024/05/17//\nER  - \n"
    rows = read_export(text + "TY  - NEWS\nTI  - Ferry service resumes\nER  - \n", "a.ris").rows
    assert rows["title"].tolist() == LINES[:2]
    assert (rows["publication"][0], rows["date"][0]) == ("Coast Post", "2024/05/17")


@pytest.mark.parametrize("behind", ["90 words", "By Ida Noor|1,090 words"])
def test_an_article_of_factiva_has_its_day_and_paper_with_or_without_an_author(behind):
    lines = [LINES[0], *behind.split("|"), "17 May 2024", "09:15", "Coast Post", "CP"]
    assert factiva_record(lines) == {"title": LINES[0], "date": "17 May 2024", "publication": "Coast Post"}


def test_a_day_before_each_line_is_its_date():
    rows = read_export("\n".join(f"2024-05-1{i} {line}" for i, line in enumerate(LINES)), "a.txt").rows
    assert rows["title"].tolist() == LINES and rows["date"].tolist() == ["2024-05-10", "2024-05-11", "2024-05-12"]


def test_a_long_file_of_lines_is_read_to_its_end_and_a_long_table_is_not_searched(monkeypatch):
    monkeypatch.setattr(exports, "LONG", 200)
    dated = "\n".join(f"2024-05-{i:02} {LINES[i % 3]}" for i in range(1, 31))
    assert len(read_export(dated, "a.txt").rows) == 30
    table = "\n".join(f"{line},1" for line in LINES * 4)
    assert len(table) > 200 and read_export(f"{table}\n{dated}", "a.csv") is None


def test_links_of_markdown_have_an_address_and_what_is_no_link_is_set_aside():
    text = "# May\n" + "\n".join(f"- [{line}](https://a.example/{i}), Coast Post" for i, line in enumerate(LINES))
    table = read_export(f"{text}\nRead them all.", "a.md")
    assert table.rows["url"].tolist() == [f"https://a.example/{i}" for i in range(3)]
    assert set(table.rows["section"]) == {"May"} and set(table.rows["publication"]) == {"Coast Post"}
    assert table.rejected == [(5, "no link in it", "Read them all.")]


def test_plain_headlines_are_no_export_and_code_is_no_headline():
    assert read_export("\n".join(LINES), "a.txt") is None
    refuse_no_headlines(LINES, "a.txt")
    with pytest.raises(ReaderError, match="a.py holds lines that are no headlines, such as 'import'"):
        refuse_no_headlines(["import", "x = {'a': 1}", "y = [2]", "z = {3}", "# what it does is this"], "a.py")
    with pytest.raises(ReaderError, match="a.bib is BibTeX: export RIS or CSL-JSON"):
        read_export("@article{a1,\n  title = {Storm}\n}", "a.bib")
