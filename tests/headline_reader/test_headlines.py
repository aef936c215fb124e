"""The whole way: one table with roles, days, languages and clean text, and nothing lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from headline_reader import read
from headline_reader.roles import ROLES
from reading import DAYS, TABLE, TITLES, is_the_table, read_file, refusal

CSV = TABLE.to_csv(index=False)


def test_the_table_has_every_role_and_clean_text():
    headlines = read_file(
        "Title,Summary,Link,When\n<b>Storm</b>  nears,Boats stay in port.,https://x.example/a,20240517\n"
    )
    (row,) = headlines.table.to_dict("records")
    assert list(row) == [*ROLES, "text", "key"]
    assert row["text"] == "Storm nears\nBoats stay in port." and row["published_at"] == "2024-05-17T00:00:00Z"
    assert (row["url"], row["publisher"], row["language"]) == ("https://x.example/a", "", "en")


def test_every_row_is_a_headline_or_set_aside_with_its_line():
    headlines = read_file(CSV + ",2024-05-21,Coast Post\n[Removed],2024-05-21,Coast Post\na,b,c,d\n")
    assert headlines.table.index.tolist() == [0, 1, 2, 3] and len(headlines.rows) == 6 and headlines.n_unfit == 1
    assert headlines.rejected[["line", "reason"]].to_numpy().tolist() == [
        [6, "no text"], [7, "removed by its publisher"], [8, "4 fields where the header has 3"],
    ]  # fmt: skip
    assert len(headlines.rows) + headlines.n_unfit == len(headlines.table) + len(headlines.rejected)


def test_several_files_are_one_table_and_one_without_headlines_is_left_out():
    Path("a.csv").write_text(CSV)
    Path("b.csv").write_text('title\nA ferry is late, they say\n""\n')
    Path("c.csv").write_text("score;hits\n1;2\n3;4\n")
    headlines = read(["a.csv", "b.csv", "c.csv"])
    assert headlines.rows["file"].tolist() == ["a.csv"] * 4 + ["b.csv"] * 2 and len(headlines.table) == 5
    (left_out,) = headlines.left_out
    assert left_out.column_names == ["score", "hits"] and "c.csv" in str(left_out)


def test_languages_are_detected_where_no_column_says_them():
    spanish = "El gobierno anuncia nuevas medidas contra la sequía en el sur del país"
    english = "The government announces new measures against the drought in the south"
    said = f"title,lang\n{english},\n{spanish},\n{english} today,fr-FR\n"
    assert read_file(said).table["language"].tolist() == ["en", "es", "fr"]
    assert read_file(said, detect=False).table["language"].tolist() == ["", "", "fr"]


def test_what_was_understood_is_listed_role_by_role():
    understood = read_file(CSV).understood.set_index("role")
    assert understood["column"].to_dict() == {"title": "title", "publisher": "source", "published_at": "published"}
    assert understood.loc["published_at", ["rows", "example", "found"]].tolist() == [
        4,
        f"{DAYS[0]}T00:00:00Z",
        "by its name",
    ]
    tails = "title\n" + "".join(
        f"{title} - Coast Post\n" for title in [*TITLES, "Storm ends at last", "Boats sail again"]
    )
    behind = read_file(tails).understood.set_index("role").loc["publisher"]
    assert behind[["column", "rows", "found"]].tolist() == ["title", 6, "behind the title"]


def test_days_that_cannot_be_read_or_be_read_two_ways_are_reported():
    notes = read_file(TABLE.assign(published=["3/4/2024", "3/5/2024", "3/6/2024", "soon"]).to_csv(index=False)).notes
    assert any("whether day or month comes first" in note for note in notes)
    assert any("1 value in 'published' of news cannot be read as a date, such as 'soon'" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title,description,url\n,,a\nnan,,b\n", "none of the 2 rows of news has a title or a description."),
        ("title\n[Removed]\n[Deleted]\n", "is a headline: of 2 the reason is: removed by its publisher."),
    ],
)
def test_rows_without_any_headline_are_called_so(content, said):
    assert said in refusal(content)
    assert "of the morning's file" in refusal(content, name="the morning's file")


def test_the_order_of_rows_is_kept():
    assert is_the_table(read_file(CSV)) and read_file(CSV).rows["title"].tolist() == TITLES
