"""What whole columns say of titles and descriptions."""

from __future__ import annotations

import pandas as pd

from headline_reader.decided import Decided
from headline_reader.tidy import ends_left_out, tidy


def fields(titles: list[str], descriptions: list[str] | str = "", publisher: str = "") -> pd.DataFrame:
    return pd.DataFrame({"title": titles, "description": descriptions, "publisher": publisher}, dtype=object)


def test_a_headline_is_not_repeated_in_its_text_and_a_description_alone_is_one():
    descriptions = ["Storm nears.", "Ferry resumes: it sails at noon", "A map"]
    found = tidy(fields(["Storm nears", "Ferry resumes", ""], descriptions))
    assert found["text"].tolist() == ["Storm nears", "Ferry resumes\nit sails at noon", "A map"]
    assert (found["reason"] == "").all() and found["key"].is_unique


def test_the_numbers_of_a_list_are_no_part_of_headlines():
    titles = [f"{i}. Storm {i} nears the coast" for i in range(1, 6)]
    assert tidy(fields(titles))["title"].tolist() == [title.partition(" ")[2] for title in titles]
    assert tidy(fields([*titles[:2], *["Ferry service resumes"] * 3]))["title"][0] == titles[0]


def test_what_a_channel_writes_below_everything_is_left_out_and_once_decided_of_later_rows_too():
    decided = Decided()
    some = [f"Report number {i} on the storm that came by.\nRead us without ads" for i in range(9)]
    assert tidy(fields(some), decided)["title"].tolist() == [text.partition("\n")[0] for text in some]
    assert tidy(fields(["Ferry resumes.\nRead us without ads"]), decided)["title"].tolist() == ["Ferry resumes."]
    assert "Read us" in tidy(fields(["Ferry resumes.\nRead us without ads"]))["title"][0]
    assert ends_left_out(decided) == ["the end that many titles share is left out: 'read us without ads'"]
    tidy(fields(["Storm nears"] * 9), whole := Decided())
    assert ends_left_out(whole) == []


def test_a_publisher_after_the_title_is_left_out_where_its_column_names_it():
    found = tidy(fields(["Storm nears - Coast Post", "Ferry - a story"], publisher="Coast Post"))
    assert found["title"].tolist() == ["Storm nears", "Ferry - a story"]
