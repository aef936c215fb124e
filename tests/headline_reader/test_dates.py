"""Dates as people write them."""

from __future__ import annotations

import pandas as pd
import pytest

from headline_reader.dates import _seconds, read_dates
from headline_reader.wordlists import fold, words
from reading import DAYS, TABLE, is_the_table, read_file


@pytest.mark.parametrize("written", ["{m}{d}{y}", "{d}{m}{y}", "{d}.{m}.{y}"])
def test_a_day_with_the_year_at_the_end_of_one_number_is_read(written):
    days = [written.format(y=day[:4], m=day[5:7], d=day[8:]) for day in DAYS]
    assert is_the_table(read_file(TABLE.assign(published=days).to_csv(index=False)))


def months() -> list[tuple[str, str, int]]:
    """Language, name and number of every month in the data file."""
    lines = [(language, line.split()) for language, lines in words("dates")["months"].items() for line in lines]
    return [(language, name, number) for language, names in lines for number, name in enumerate(names, start=1)]


@pytest.mark.parametrize("language", words("dates")["months"])
def test_every_month_of_every_language_is_read_in_any_spelling(language):
    for name, number in ((name, number) for own, name, number in months() if own == language):
        for written in (name, name.capitalize(), name.upper(), fold(name)):
            (day,) = read_dates([f"5 {written} 2024"]).days
            assert day == f"2024-{number:02}-05", written


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("15 Kasım 2024", "2024-11-15"),  # a dotless i, with which these were lost
        ("1 Aralık 2024 14:30", "2024-12-01"),
        ("3 MAYIS 2024", "2024-05-03"),
        ("29 HAZİRAN 2024", "2024-06-29"),
        ("5 Ağustos 2024", "2024-08-05"),
        ("12 września 2024", "2024-09-12"),
        ("2 grudnia 2024 r.", "2024-12-02"),
        ("٥ يناير ٢٠٢٤", "2024-01-05"),
    ],
)
def test_months_with_letters_that_are_no_letter_and_a_mark(written, day):
    assert read_dates([written]).days.tolist() == [day]


def test_a_file_with_turkish_months_has_all_its_days():
    turkish = ["17 Mayıs 2024", "18 Mayıs 2024", "19 Mayıs 2024", "20 Mayıs 2024"]
    assert is_the_table(read_file(TABLE.assign(published=turkish).to_csv(index=False)))


@pytest.mark.parametrize(
    ("values", "days", "order", "certain"),
    [
        (["3/4/2024", "13/4/2024"], ["2024-04-03", "2024-04-13"], "day first", True),
        (["3/4/2024", "4/13/2024"], ["2024-03-04", "2024-04-13"], "month first", True),
        (["3.4.2024", "5.4.2024"], ["2024-04-03", "2024-04-05"], "day first", True),
        (["3/4/2024", "3/5/2024"], ["2024-03-04", "2024-03-05"], "month first", False),
    ],
)
def test_the_whole_column_says_whether_the_day_comes_first(values, days, order, certain):
    dates = read_dates(values)
    assert (dates.days.tolist(), dates.order, dates.certain) == (days, order, certain)


def test_what_is_no_date_is_counted_and_a_moment_is_in_utc():
    dates = read_dates(
        ["2024-06-01T14:30:00+02:00", "1717245000", "45444.5", "soon", "", "Storms may hit 12 towns in 2024"]
    )
    assert dates.iso.tolist()[:3] == ["2024-06-01T12:30:00Z", "2024-06-01T12:30:00Z", "2024-06-01T12:00:00Z"]
    assert dates.n_unreadable == 2 and dates.iso.tolist()[3:] == ["", "", ""]


@pytest.mark.parametrize(
    "written",
    """2024-02-30T10:00:00Z|2024-06-01 24:00:00|2024-06-01T23:59:60Z|1599-01-01T00:00:00Z|
2024-06-01 12:30:00+00:00|1969-12-31T23:59:59|2099-12-31 00:00:00Z|2024-13-01 00:00:00|2024-06-01T25:00:00Z""".split(
        "|"
    ),
)
def test_a_moment_is_the_same_read_with_others_or_alone(written):
    seconds = _seconds(written.strip(), month_first=False)
    stamp = read_dates([written, "2024-06-01T12:30:00Z", "1 June 2024"]).times[0]
    assert stamp is pd.NaT if seconds is None else stamp == pd.Timestamp(seconds, unit="s")
