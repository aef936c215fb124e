"""Which column has which role."""

from __future__ import annotations

import pandas as pd
import pytest

from headline_reader import ColumnsError, NoHeadlines, ReaderError
from reading import DAYS, PAPERS, TABLE, TITLES, is_the_table, read_file


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("date,time", [f"{day},14:30" for day in DAYS]),
        ("Datum,Uhrzeit", [f"{day[8:]}.{day[5:7]}.{day[:4]},14.30 Uhr" for day in DAYS]),
        ("fecha,hora", [f"{day}T00:00:00,2:30 PM" for day in DAYS]),
    ],
)
def test_days_and_times_in_two_columns_are_joined(header, cells):
    lines = [f"{line},{title},{paper}" for line, title, paper in zip(cells, TITLES, PAPERS, strict=True)]
    headlines = read_file("\n".join([f"{header},title,source", *lines]))
    assert is_the_table(headlines) and set(headlines.table["published_at"].str[10:]) == {"T14:30:00Z"}
    assert header.replace(",", " + ") in set(headlines.understood["column"]) and not headlines.unused


def test_a_length_is_no_time_of_day():
    headlines = read_file(
        "date,duration,title\n" + "".join(f"{day},14:30,{t}\n" for day, t in zip(DAYS, TITLES, strict=True))
    )
    assert set(headlines.table["published_at"].str[10:]) == {"T00:00:00Z"} and headlines.unused == ["duration"]


@pytest.mark.parametrize("month", ["5", "05", "May", "mayo"])
def test_years_months_and_days_in_three_columns_are_joined(month):
    lines = [f"{d[:4]},{month},{int(d[8:])},{t},{p}" for t, d, p in TABLE.itertuples(index=False)]
    assert is_the_table(read_file("\n".join(["year,month,day,title,source", *lines])))


def test_a_column_of_headlines_for_each_section_is_called_so():
    sections = {
        f"{name}": [f"{title} in {name}, they say" for title in TITLES] for name in ("uk", "us", "india", "peru")
    }
    table = pd.DataFrame(sections)
    table.iloc[2:, 2:] = ""  # some have fewer
    with pytest.raises(ReaderError, match="headlines in several columns, 'uk', 'us', 'india', 'peru'"):
        read_file(table.to_csv(index=False))


def test_labels_above_headlines_and_keywords_are_no_texts():
    headlines = read_file(TABLE.assign(subtitle=["Video", "NU+", "Video", ""]).to_csv(index=False))
    assert headlines.unused == ["subtitle"] and is_the_table(headlines)
    keywords = [f"{title}, {paper}, economy and more" for title, paper in zip(TITLES, PAPERS, strict=True)]
    with pytest.raises(ReaderError, match="no column that is recognised as headlines"):
        read_file(pd.DataFrame({"keywords": keywords, "published": DAYS}).to_csv(index=False))


def test_columns_that_were_named_are_taken_and_others_are_refused():
    table = TABLE.assign(hed=[f"{title}, they say" for title in TITLES])
    headlines = read_file(table.to_csv(index=False), columns={"title": "HED"})
    assert headlines.table["title"].str.endswith("they say").all()
    assert headlines.understood.set_index("role").loc["title", "found"] == "as asked"
    with pytest.raises(ReaderError, match="columns gives title as 'nope', but news has no such column; it has 'title'"):
        read_file(table.to_csv(index=False), columns={"title": "nope"})


@pytest.mark.parametrize("columns", [{"titel": "title"}, {"title": 3}, ["title"], {"title": " "}])
def test_what_is_no_mapping_of_roles_to_names_is_refused_in_a_sentence(columns):
    with pytest.raises(ColumnsError, match="^columns "):
        read_file(TABLE.to_csv(index=False), columns=columns)


def test_a_table_without_headlines_names_its_columns_for_whoever_words_the_advice():
    with pytest.raises(NoHeadlines) as error:
        read_file("score;hits\n1;2\n3;4\n")
    assert error.value.column_names == ["score", "hits"] and not error.value.several
    assert str(error.value).endswith("only 'score', 'hits'.")


def test_columns_without_a_name_are_recognised_by_their_contents():
    rows = [f"{title},{day},https://x.example/{title[:3]}\n" for title, day in zip(TITLES, DAYS, strict=True)]
    headlines = read_file("".join(rows))
    assert headlines.table["title"].tolist() == TITLES
    assert headlines.understood.set_index("role")["found"].to_dict() == dict.fromkeys(
        ["title", "url", "published_at"], "by its contents"
    )
    assert any("by what they hold" in note for note in headlines.notes)
