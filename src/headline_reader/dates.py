"""Dates as people write them, read column by column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import numpy as np
import pandas as pd

from .wordlists import fold, require, words

#: Years outside this range are ignored (0001 and 9999 mean "none" in exports).
YEARS = range(1600, 2101)
#: A column is taken for dates, whatever its name, where this share of its values can be read.
SHARE = 0.8

_NUMBER = re.compile(r"\+?(\d{5,19}|\d(?=[.,]\d+e))([.,]\d*)?(e\+?\d{1,2})?", re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:(?:[T _]\s*|,\s*|:)(.*))?", re.IGNORECASE | re.DOTALL
)  # a colon: Apache's logs
_MOMENT = re.compile(r"(?:1[6-9]|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|\+00:00)?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})\b\.?(.*)", re.DOTALL)
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?\s?m\b\.?)?|(\d{1,2})\s*([ap]\.?m\b\.?)", re.I
)
#: What a spreadsheet writes after a day.
NO_TIME = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?$")
_BARE_CLOCK = re.compile(r"(\d{2})(\d{2})(\d{2})?(?=\D|$)")
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+\-\u2212])(\d{2}):?(\d{2})?\b", re.I)
_STRUCT = re.compile(r"tm_year=(\d+), tm_mon=(\d+), tm_mday=(\d+), tm_hour=(\d+), tm_min=(\d+), tm_sec=(\d+)")
_CJK = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]?")
_NEXT_NUMBER = re.compile(r"\W*(?:de|del|di|of)?\W*\d")
_LAST_NUMBER = re.compile(r"\d\W*(?:er|st|nd|rd|th|de|del|di|of)?\W*$")
_WORDS = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f\u0900-\u097f]+[^\W\d_]*)*")


@cache
def _months() -> dict[str, int]:
    """The number of each month by its names, from ``data/dates.toml``."""
    number_of: dict[str, int] = {}
    for language, lines in words("dates")["months"].items():
        for names in map(str.split, lines):
            require(len(names) == 12, "dates", f"a line of {language} has {len(names)} months")
            for number, name in enumerate(names, start=1):
                known = number_of.setdefault(fold(name), number)
                require(known == number, "dates", f"{name!r} of {language} is the name of months {known} and {number}")
    return number_of


@dataclass(frozen=True, eq=False)
class Dates:
    """A column's dates.

    Attributes
    ----------
    times : Series of datetime64[s], shape (n,)
        In UTC; NaT where there is no date or none that can be read. A time without a zone is taken for UTC.
    n_unreadable : int
        Values that are neither blank nor a date.
    order : str
        How ``3/4/2024`` was read: "day first", "month first", or "" where no date is written so.
    certain : bool
        False where nothing in the column says which of the two comes first.
    """

    times: pd.Series
    n_unreadable: int = 0
    order: str = ""
    certain: bool = True

    @property
    def iso(self) -> pd.Series:
        """Text like ``2024-06-01T14:30:00Z``, "" where there is no date."""
        codes, different = pd.factorize(self.times)
        texts = np.array([*different.strftime("%Y-%m-%dT%H:%M:%SZ"), ""], dtype=object)
        return pd.Series(texts[codes], index=self.times.index, dtype=object)

    @property
    def days(self) -> pd.Series:
        """ISO days in UTC; missing where there is no date."""
        return self.times.dt.strftime("%Y-%m-%d")


def read_dates(values: Iterable[str], order: str = "") -> Dates:
    """Read a column of dates, each different value once.

    It reads ISO 8601 and its variants, RFC 822, seconds to nanoseconds since 1970, Excel's serial numbers,
    ``20030219``, dates with month names in some twenty languages, and numbers between slashes, dots or dashes. For the
    latter, the whole column decides whether the day or the month comes first: by a number above 12, else by am and pm
    (month first) or dots (day first), else by which reading spans less time. A year alone is no date.

    Parameters
    ----------
    values : iterable of str, shape (n,)
    order : {"", "day first", "month first"}
        "" lets the column decide.

    Returns
    -------
    Dates
    """
    column = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    codes, different = pd.factorize(column.to_numpy(dtype=object), use_na_sentinel=True)
    texts = [value.strip() if isinstance(value, str) else str(value) for value in different]
    none, plain = np.iinfo(np.int64).min, [text if _MOMENT.fullmatch(text) else None for text in texts]
    stamps = pd.to_datetime(plain, format="ISO8601", errors="coerce", utc=True).as_unit("s").asi8
    others = np.flatnonzero(stamps == none)
    order, certain = (order, True) if order else _order([texts[place] for place in others])
    stamps = np.append(stamps, none)  # a missing value has the code -1, the last
    for place in others:
        seconds = _seconds(texts[place], order == "month first")
        stamps[place] = none if seconds is None else seconds
    stamps = stamps[codes]
    times = pd.Series(stamps.view("datetime64[s]"), index=column.index)
    there = np.append(np.array([bool(text) for text in texts], dtype=bool), False)[codes]
    return Dates(times, int((there & times.isna().to_numpy()).sum()), order, certain)


def order_of(values: Iterable[str]) -> tuple[str, bool]:
    """`Dates.order` and `Dates.certain` of a column."""
    return _order([text for value in dict.fromkeys(values) if (text := value.strip())])


def looks_like_dates(values: Iterable[str], numbers: bool = True) -> bool:
    """Whether a column holds dates, judged by its values alone; `numbers` may be dates, too."""
    texts = [text for text in dict.fromkeys(value.strip() for value in values) if text][:200]
    if not numbers:
        texts = [text for text in texts if not _NUMBER.fullmatch(text) or re.fullmatch(r"(19|20)\d{6}", text)]
    read = sum(len(text) <= 60 and _seconds(text, False) is not None for text in texts)
    swapped = sum(len(text) <= 60 and _seconds(text, True) is not None for text in texts)
    return bool(texts) and max(read, swapped) >= SHARE * len(texts)


def is_clock(text: str) -> bool:
    """Whether a text is a time of day and nothing else."""
    match = _CLOCK.match(text)
    zone = r"\s*([A-Za-z]{1,5}|(utc|gmt)?[+-]\d\d:?\d\d)?"
    return match is not None and bool(re.fullmatch(zone, text[match.end() :], re.I))


def joined(parts: Sequence[str]) -> str:
    """A date from the cells that each hold a part of it: a day and a time; or year, month and day."""
    first, *others = [part.strip() for part in parts]
    if not first or not any(others):
        return first
    if not re.fullmatch(r"\d{4}(\.0)?", first):
        return f"{NO_TIME.sub('', first)} {others[0]}"
    year, *rest = [part.removesuffix(".0") for part in (first, *others)]
    if rest[0].isdecimal():
        return "-".join([year, *(part.zfill(2) for part in rest if part)])
    return " ".join([*reversed(rest), year])


def _order(texts: list[str]) -> tuple[str, bool]:
    """Whether the day or the month comes first where a date is three numbers that end with the year."""
    written = [(text, match) for text in texts if (match := _YEAR_LAST.match(_digits(text)))]
    if not written:
        return "", True
    first = sum(int(match[1]) > 12 >= int(match[2]) for _, match in written)
    second = sum(int(match[2]) > 12 >= int(match[1]) for _, match in written)
    if first != second:
        return ("day first", True) if first > second else ("month first", True)
    if first == 0:
        if all(match[1] == match[2] for _, match in written):
            return "day first", True  # the same day either way
        if any(re.search(r"\d\s*[ap]\.?m", text, re.IGNORECASE) for text, _ in written):
            return "month first", False
        if all("." in text[:6] for text, _ in written):
            return "day first", True
    spans = {}
    for order in ("day first", "month first"):
        read = [s for text, _ in written if (s := _seconds(text, order == "month first")) is not None]
        spans[order] = max(read) - min(read) if read else 0
    return min(spans, key=spans.__getitem__), False


def _seconds(text: str, month_first: bool) -> int | None:
    """Seconds since 1970 in UTC, or None where `text` is no date."""
    if not text or len(text) > 150:
        return None
    try:
        when = _read(_digits(text), month_first)
    except (ValueError, OverflowError):
        return None
    return None if when is None or when.year not in YEARS else int(when.timestamp())


def _digits(text: str) -> str:
    """The text with Western digits, and a day written as one number that ends in the year (11252024) split in three."""
    if not text.isascii():
        text = "".join(str(unicodedata.digit(c)) if c.isdigit() and unicodedata.digit(c, -1) >= 0 else c for c in text)
    if match := re.fullmatch(r"(\d{1,2})(\d\d)((?:19|20)\d\d)", text):  # as a year first it would have 19 or 20 months
        return "/".join(match.groups())
    return text


def _read(text: str, month_first: bool) -> datetime | None:
    if match := _NUMBER.fullmatch(text):
        return _of_number(text, match[1])
    if match := _STRUCT.search(text):
        y, m, d, hours, minutes, seconds = map(int, match.groups())
        return datetime(y, m, d, hours, minutes, seconds, tzinfo=UTC)
    text = re.sub(r"\[[\w/+-]*\]$", "", text).strip("\"' \t([{}])").replace("\u200e", "").replace("\u200f", "")
    if match := _ISO.fullmatch(text):
        year, _, month, day, rest = match.groups()
        return _at(int(year), int(month), int(day), rest or "")
    if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    if match := _CJK.search(text):
        year, month, day = map(int, match.groups())
        rest = text[match.end() :]
        shift = 12 if re.search("下午|晚上|午後|오후", rest) else 0
        rest = re.sub(r"\s*[時时点點시]\s*", ":", rest).translate(str.maketrans("分秒분초", "    "))
        return _at(year, month, day, re.sub(r":\s*$", ":00", rest.strip()), shift)
    if match := _YEAR_LAST.match(text):
        first, second, year = int(match[1]), int(match[2]), match[3]
        if (month_first or second > 12) and second <= 31 and first <= 12:
            first, second = second, first
        year = int(year) if len(year) == 4 else 1900 + int(year) if int(year) > 68 else 2000 + int(year)
        return _at(year, second, first, match[4])
    return _in_words(text)


def _of_number(text: str, digits: str) -> datetime | None:
    """A day or moment written as one number: its size says which kind."""
    plain = text == digits
    if plain and len(digits) == 8:
        return datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=UTC)
    if plain and len(digits) in (12, 14) and digits[:2] in ("19", "20") and digits[4:6] <= "12":
        year, month, day, hour, minute = (int(digits[i:j]) for i, j in [(0, 4), (4, 6), (6, 8), (8, 10), (10, 12)])
        return datetime(year, month, day, hour, minute, int(digits[12:] or 0), tzinfo=UTC)
    value = float(text.replace(",", "."))
    if 20_000 <= value < 70_000:  # Excel's days: 1954 to 2091
        return datetime(1899, 12, 30, tzinfo=UTC) + timedelta(seconds=round(value * 86_400))
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= value / unit < 4.2e9:  # 1973 to 2103
            return datetime.fromtimestamp(value // unit, UTC)
    return None


def _in_words(text: str) -> datetime | None:
    """A date with the month's name in it, in any order: RFC 822, "June 1, 2024", "1 de junio de 2024, 14:30 h"."""
    folded, number_of = fold(text), _months()
    months = [
        number_of[match[0]]
        for match in _WORDS.finditer(folded)
        if match[0] in number_of
        and (_NEXT_NUMBER.match(folded, match.end()) or _LAST_NUMBER.search(folded[: match.start()]))
    ]  # a month has a number beside it: "Storms may hit 12 towns in 2024" is no date
    if not months:
        return None
    clock = _CLOCK.search(folded)
    rest = folded[: clock.start()] + " " + folded[clock.end() :] if clock else folded
    offset = re.search(r"(?<![\w-])(?:gmt|utc)?[+\-\u2212]\d\d:?\d\d\b", rest) if clock else None
    rest = rest[: offset.start()] + " " + rest[offset.end() :] if offset else rest
    numbers = [n for n in re.findall(r"\d+", rest) if len(n) in (1, 2, 4)]
    years = [n for n in numbers if len(n) == 4]
    days = [n for n in numbers if len(n) <= 2 and 1 <= int(n) <= 31]
    if years:
        year = int(years[0])
    elif len(days) >= 2:  # 19-Feb-03
        year = 2000 + int(days[1]) if int(days[1]) <= 68 else 1900 + int(days[1])
    else:
        return None
    if not days and len(numbers) == 1 and len(_WORDS.findall(folded)) == 1:
        days = ["1"]  # June 2024
    return _at(year, months[0], int(days[0]), folded[clock.start() :] + " " + folded if clock else "") if days else None


def _at(year: int, month: int, day: int, rest: str, shift: int = 0) -> datetime:
    """The moment that `rest`, a time and perhaps a zone, adds to a day."""
    hour = minute = second = 0
    clock = _CLOCK.search(rest) or (_BARE_CLOCK.match(rest.strip()) if rest.strip() else None)
    zone = ""
    if clock:
        found = clock.groups()
        if clock.re is _CLOCK and found[4] is not None:
            hour, half = int(found[4]), found[5]
        else:
            hour, minute, second = int(found[0]), int(found[1]), int(found[2] or 0)
            half = found[3] if clock.re is _CLOCK else None
        if half:
            hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
        elif shift and hour < 12:
            hour += shift
        if hour == 24 and minute == second == 0:
            return _at(year, month, day, "") + timedelta(days=1)
        zone = rest[clock.end() :]
        if second == 60:
            second = 59
    minutes = 0
    if offset := _OFFSET.match(zone.strip()):
        minutes = (int(offset[2]) * 60 + int(offset[3] or 0)) * (1 if offset[1] == "+" else -1)
    else:
        ahead = words("dates")["zones"]
        minutes = next((ahead[name] for name in re.findall(r"[a-z]+", zone.lower()) if name in ahead), 0)
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone(timedelta(minutes=minutes)))
