"""The roles of columns, and their values row by row."""

from __future__ import annotations

import pandas as pd

from headline_reader.decided import ROWS, Decided
from headline_reader.tables import Table
from headline_reader.tidy import tidy
from headline_reader.understood import deciding_rows, set_of_languages, understood_table

TABLE = pd.DataFrame(
    {
        "Headline": ["Storm nears the coast", "Ferry service resumes", "Museum buys a map"],
        "Day": ["17.05.2024", "18.05.2024", "soon"],
        "Source": ["Coast Post", "Town Crier", ""],
    },
    dtype=object,
)


def test_columns_are_read_by_their_roles_and_what_no_date_is_is_named():
    roles, fields, notes = understood_table(Table(TABLE), {}, "a.csv", Decided())
    assert {role: found.position for role, found in roles.items()} == {"title": 0, "published_at": 1, "publisher": 2}
    assert fields["published_at"].str[:10].tolist() == ["2024-05-17", "2024-05-18", ""]
    assert notes == ["1 value in 'Day' of a.csv cannot be read as a date, such as 'soon'"]
    found = tidy(fields, Decided())
    assert found["title"].tolist() == TABLE["Headline"].tolist()
    assert found["publisher"].tolist() == TABLE["Source"].tolist()


def test_a_day_that_may_be_a_month_is_reported():
    table = Table(TABLE.assign(Day=["03/04/2024", "05/06/2024", "07/08/2024"]))
    _, fields, notes = understood_table(table, {}, "a.csv", Decided())
    assert len(notes) == 1 and "says whether day or month comes first, as in '03/04/2024'" in notes[0]
    assert fields["published_at"][0][:10] in ("2024-04-03", "2024-03-04")


def test_the_time_at_which_all_rows_were_collected_is_no_day_of_the_news():
    table = pd.DataFrame({"title": [f"Storm {i} nears the coast" for i in range(6)], "date": "2024-05-17 10:20:30"})
    _, fields, notes = understood_table(Table(table.astype(object)), {}, "a.csv", Decided())
    assert set(fields["published_at"]) == {""} and "has one time for all rows" in notes[0]


def test_of_tables_below_each_other_all_rows_decide_or_evenly_spread_ones_of_each():
    assert deciding_rows([3, 4]) is None
    rows = deciding_rows([2 * ROWS, 10])
    assert rows == [*range(0, 2 * ROWS, 4), *range(2 * ROWS, 2 * ROWS + 10, 2)]


def test_languages_are_detected_where_no_column_says_them():
    texts = pd.DataFrame(
        {"text": ["The storm nears the coast and the ferries wait"] * 3, "language": ["", "", "de"], "reason": ""}
    )
    assert set_of_languages(texts) == {"en"}
