"""Which column has which role: by its name, in the spellings of the field's sources, else by its contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .boilerplate import outlet, programs
from .cells import has_letter, is_text, is_unspaced
from .dates import NO_TIME, is_clock, looks_like_dates, read_dates
from .errors import NoHeadlines, ReaderError, listed
from .roles import ROLES, bare, lists, place_of, rank_of

_URL = re.compile(r"(https?://|www\.)\S+$|[\w-]+(\.[\w-]+)+/\S*$", re.IGNORECASE)
_PARTS = {
    "year": re.compile(r"(?:1[89]|20)\d\d(?:\.0)?$").match,
    "month": re.compile(r"(?:0?[1-9]|1[0-2])(?:\.0)?$|[^\W\d_]{3,12}\.?$").match,
    "day": re.compile(r"(?:0?[1-9]|[12]\d|3[01])(?:\.0)?$").match,
}
_SAMPLE = 400
_WORD = re.compile(r"[^\W\d_]{2,}")
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|ico|mp4|mp3)(?:[?#]\S*)?$", re.IGNORECASE)
_PERSON = re.compile(r"(?:[^\W\d_a-z][\w.'’-]*\s+){1,2}(?:(?:de|van|von|da|di|el|al)\s+)?[^\W\d_a-z][\w'’-]+$")


@dataclass(frozen=True)
class Found:
    """The column that has a role.

    Attributes
    ----------
    position : int
        The column's position in its table.
    how : str
        "by its name", "by its contents", or "as asked".
    also : tuple of int
        For a date, the columns that complete it: the time of day; or month and day, if this is the year.
    instead : tuple of int
        The columns that replace this one where it is blank, in this order.
    rivals : tuple of int
        Columns whose names fit the role, too, and whose contents differ.
    """

    position: int
    how: str
    also: tuple[int, ...] = ()
    instead: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        return (self.position, *self.also)


def find_columns(rows: pd.DataFrame, asked: Mapping[str, str], headed: bool, name: str) -> dict[str, Found]:
    """The column for each role that has one.

    Parameters
    ----------
    rows : DataFrame of str
    asked : mapping of role to column name
        These are taken as they are.
    headed : bool
        Whether the names of the columns are the file's own; where they are not, only contents count.
    name : str
        What messages call the file.

    Raises
    ------
    ReaderError
        Where a column that was asked for is not there; NoHeadlines, where none holds headlines.
    """
    if not len(rows.columns):
        raise NoHeadlines(f"{name} holds records without any field: give those with the headlines.")
    table = _Table(rows)
    found: dict[str, Found] = {}
    for role, column in asked.items():
        found[role] = Found(table.named(column, role, name), "as asked")
    if headed:
        for role in sorted(ROLES, key=lambda role: role == "title"):  # last, so that it can see whether it is needed
            if role not in found and (position := table.by_name(role, found)) is not None:
                found[role] = Found(position, "by its name")
        for role in found:
            found[role] = table.completed(role, found)
    if "title" not in found and "description" not in found and (wide := table.wide(headed)):
        several = f"{name} has headlines in several columns, {listed(wide)}: put them below each other in one."
        raise NoHeadlines(several, wide, several=True)
    if headed and "published_at" not in found and (parts := table.parts_of_dates(found)):
        found["published_at"] = Found(parts[0], "by its name", parts[1:])
    for role in ("url", "published_at", "title", "description", "publisher"):
        guessed = found.get("title", Found(0, "")).how == "by its contents"
        if role in found or (role == "publisher" and headed):
            continue
        if role == "description" and not guessed:
            if (position := table.short_body(found)) is not None:
                found[role] = Found(position, "by its name")
        elif (position := table.by_contents(role, found)) is not None:
            rivals = table.numbered_like(position, found) if headed and role == "title" else ()
            found[role] = Found(position, "by its contents", rivals=rivals)
    if headed and "published_at" not in found and (position := table.unreadable_dates(found)) is not None:
        found["published_at"] = Found(position, "by its name")
    if headed and (date := found.get("published_at")) and not date.also:
        found["published_at"] = replace(date, also=table.clocks(found, date.position))
    if "title" not in found and "description" not in found:
        names = [str(column) for column in rows.columns]
        if not headed and len(names) == 1:
            few = min(rows.iloc[:20, 0].str.strip(), key=lambda line: (len(line.split()), len(line)))
            such = f"{name} holds lines that do not look like headlines, such as {few[:60]!r}"
            raise NoHeadlines(f"{such}: give one headline per line, or a table.")
        raise NoHeadlines(f"{name} has no column that is recognised as headlines, only {listed(names)}.", names)
    return {role: found[role] for role in ROLES if role in found}


class _Table:
    """Questions about a table's columns; samples and profiles are computed once."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.names = [str(name) for name in rows.columns]
        self._samples: dict[int, list[str]] = {}
        self._filled: dict[int, int] = {}
        titles = [p for p, n in enumerate(self.names) if rank_of("title", n) in (0, 1) and self.filled(p)]
        self.title = ""
        self.objects: set[str] = set()  # that have a headline of their own, beside the one whose headline is read
        if (title := self.by_name("title", {}, (0, 1))) is not None:
            own, self.title = self.owner(title), self.names[title]
            objects = {self.owner(p) for p in titles if self.sample(p) != self.sample(title)}
            self.objects = {o for o in objects if o != own and not f"{own}.".startswith(f"{o}.")} - {""}

    def owner(self, position: int) -> str:
        return self.names[position].rpartition(".")[0]

    def is_another(self, position: int) -> bool:
        """Whether a column belongs to another article than the title: "right.url" beside "left.title"."""
        return any(f"{self.owner(position)}.".startswith(f"{other}.") for other in self.objects)

    def named(self, column: str, role: str, name: str) -> int:
        wanted = column.strip().casefold()
        same = [p for p, own in enumerate(self.names) if own == column]
        same += [p for p, own in enumerate(self.names) if own.strip().casefold() == wanted]
        if not same:
            has = f"but {name} has no such column; it has {listed(self.names)}"
            raise ReaderError(f"columns gives {role} as {column!r}, {has}.")
        return same[0]

    def free(self, found: Mapping[str, Found]) -> list[int]:
        """The columns that have no role yet."""
        taken = {position for one in found.values() for position in one.positions}
        return [p for p in range(len(self.names)) if p not in taken]

    def by_name(self, role: str, found: Mapping[str, Found], tiers: tuple[int, ...] = (0, 1, 2)) -> int | None:
        ranks = self.ranks(role, found)
        sparse = None
        for tier in tiers:
            candidates = [p for p in ranks if ranks[p] == tier and self.filled(p) and self.fits(role, p, tier, found)]
            if candidates:
                best = max(candidates, key=lambda p: self.order(role, p))
                if role != "title" or 2 * self.filled(best) >= max(len(self.rows), 4 * self.filled(sparse)):
                    return best
                sparse = best if sparse is None else sparse
        return sparse

    def order(self, role: str, position: int) -> tuple[float, ...]:
        """The sort key of columns with fitting names: how full, "Link" for "Link.Text", the better name, the first."""
        own = self.names[position]
        beside = role == "url" and self.title.casefold().startswith(own.casefold())
        return (self.weight(role, position), beside, -place_of(role, own), -position)

    def ranks(self, role: str, found: Mapping[str, Found]) -> dict[int, int]:
        free = [p for p in self.free(found) if not self.is_another(p)]
        return {p: rank for p in free if (rank := rank_of(role, self.names[p])) is not None}

    def completed(self, role: str, found: Mapping[str, Found]) -> Found:
        """The role's column with those that replace it where it is blank, and those that differ from it."""
        one, ranks = found[role], self.ranks(role, found)
        instead, rivals, own = [], [], self.sample(one.position)
        blank = self.blank(one.position) if ranks and one.how == "by its name" else np.zeros(0, bool)
        weak = role == "title" and 2 * self.filled(one.position) < len(self.rows)
        for p in sorted(ranks, key=lambda p: (ranks[p], -self.filled(p))) if len(blank) and role != "language" else ():
            if ranks[p] > 1 + weak or not self.filled(p) or not self.fits(role, p, ranks[p], {}):
                continue
            if (blank & ~self.blank(p)).any():
                instead.append(p)
                blank = blank & self.blank(p)
            called = {"publisher": ranks[p] == 0, "title": ranks[p] < 2 and self.headline_likeness(p) > 0}
            if (
                called.get(role)
                and self.filled(p) > 0.5 * len(self.rows)
                and 2 * len({*own} & {*self.sample(p)}) < len({*own})
            ):
                rivals.append(p)
        return replace(one, instead=tuple(instead), rivals=tuple(rivals))

    def numbered_like(self, position: int, found: Mapping[str, Found]) -> tuple[int, ...]:
        """Columns of headlines whose names differ from this one's by a number, such as "title2" from "title1"."""
        stems = {p: re.sub(r"\d+", "", bare(self.names[p])) for p in (position, *self.free(found))}
        own = stems.pop(position)
        return tuple(p for p in stems if own and stems[p] == own and self.is_of_headlines(p))

    def short_body(self, found: Mapping[str, Found]) -> int | None:
        """The column of bodies below headlines, if they are no longer than descriptions."""
        if found.get("title", Found(0, "")).how != "by its name":
            return None
        least = 0.9 * self.length(found["title"].position)
        named = (p for p in self.free(found) if bare(self.names[p]) == "body" and not self.is_another(p))
        return next((p for p in named if least < self.length(p) <= 300 and self.headline_likeness(p) > 0), None)

    def blank(self, position: int) -> np.ndarray:
        return np.array([*map(str.strip, self.rows.iloc[:, position].to_numpy(dtype=object))], dtype=object) == ""

    def unreadable_dates(self, found: Mapping[str, Found]) -> int | None:
        """A column that is named like a date but holds none that can be read, which deserves a note."""
        named = [p for p in self.free(found) if rank_of("published_at", self.names[p]) == 0]
        date_words = lists()["contents"]["date_words"]
        called = (p for p in named if any(word in bare(self.names[p]) for word in date_words))
        return next((p for p in called if self.filled(p)), None)

    def parts_of_dates(self, found: Mapping[str, Found]) -> tuple[int, ...]:
        """The columns of year, month and day, or of year and month; none where they are not there."""
        parts = []
        for part, holds in _PARTS.items():
            named = [p for p in self.free(found) if rank_of(part, self.names[p]) == 0]
            named = [p for p in named if _share(self.sample(p), holds) > 0.8]
            if not named:
                break
            parts.append(named[0])
        return tuple(parts) if len(parts) >= 2 else ()

    def clocks(self, found: Mapping[str, Found], date: int) -> tuple[int, ...]:
        """The column of times of day that belongs to a column of days without times."""
        if _share(self.sample(date), lambda v: bool(re.search(r"\d[:h]\d\d", v)) and not NO_TIME.search(v)) > 0.1:
            return ()
        named = [p for p in self.free(found) if rank_of("time", self.names[p]) == 0]
        return next(((p,) for p in named if _share(self.sample(p), is_clock) > 0.8), ())

    def fits(self, role: str, position: int, tier: int, found: Mapping[str, Found]) -> bool:
        """Whether a column's contents fit the role that its name suggests."""
        values = self.sample(position)
        if role == "published_at":
            return sum(t is not pd.NaT for t in read_dates(values[:100]).times) >= 0.3 * len(values[:100])
        if role == "url":
            return _share(values, _URL.match) >= (0.3 if tier == 0 else 0.8) and self.are_articles(position)
        if role == "language":
            return _share(values, lambda v: len(v) <= 30 and v[:1].isalpha()) >= 0.8
        if role == "publisher":
            return bool(tier < 2 or len(set(values)) > 1) and _share(values, lambda v: len(v) <= 300) >= 0.8 and (
                _share(values, has_letter) >= 0.5 and _share(values, programs().search) < 0.5
                and not looks_like_dates(values)
                and (bare(self.names[position]) != "key" or _share(list(set(values)), outlet().search) > 0.5)
            )  # fmt: skip
        if role == "title" and _share(values, _URL.match) > 0.5:
            return False
        if role == "description" and tier == 2:  # "Video" above a headline describes nothing
            return self.headline_likeness(position) > 0
        if role == "title":
            return _share(values, has_letter) > 0 if tier < 2 else self.is_weak_title(position, found)
        return _share(values, has_letter) > 0

    def is_weak_title(self, position: int, found: Mapping[str, Found]) -> bool:
        """Whether "name" or "text" are headlines here: they look like some, and are shorter than the descriptions."""
        description = found.get("description")
        if description is not None and 2 * self.filled(description.position) < self.filled(position):
            description = None
        most = 1.5 if bare(self.names[position]) == "name" else 1  # a text may be what the description sums up
        shorter = description is None or self.length(position) < most * self.length(description.position)
        values = self.sample(position) if description else []  # with descriptions beside them, numbers are titles, too
        different = len(set(values)) > 0.8 * len(values) and _share(values, has_letter) > 0.9
        return shorter and (self.headline_likeness(position) > 0 or different)

    def are_articles(self, position: int) -> bool:
        """Whether addresses are those of articles: no pictures, and not one for all rows."""
        values = self.sample(position)
        return _share(values, _IMAGE.search) < 0.5 and not (len(values) >= 5 and len(set(values)) == 1)

    def length(self, position: int) -> float:
        return float(np.median([len(value) for value in self.sample(position)] or [0]))

    def weight(self, role: str, position: int) -> float:
        """How full a column is: of two with fitting names the fuller one is chosen."""
        share = round(self.filled(position) / max(len(self.rows), 1), 1)
        if role in ("title", "description") and share:
            length = float(np.mean([len(v) for v in self.sample(position)]))
            return share * min(length, 1000 if role == "description" else 300) * (0.1 if length > 2000 else 1)
        return share

    def by_contents(self, role: str, found: Mapping[str, Found]) -> int | None:
        free = [p for p in self.free(found) if self.filled(p) >= 0.2 * len(self.rows)]
        if role == "url":
            named = lists()["addresses"]["unless"]
            free = [p for p in free if not any(bare(self.names[p]).startswith(word) for word in named)]
            return next((p for p in free if _share(self.sample(p), _URL.match) >= 0.8 and self.are_articles(p)), None)
        if role == "published_at":
            words = (*lists()["contents"]["collected"], *lists()["contents"]["no_days"])
            free = [p for p in free if not any(word in bare(self.names[p]) for word in words)]
            return next((p for p in free if looks_like_dates(self.sample(p), numbers=not self.counts(p))), None)
        if role == "publisher":
            return next((p for p in free if self.looks_like_publishers(p)), None)
        no_texts = lists()["contents"]["no_texts"]
        scores = {p: self.headline_likeness(p) for p in free if bare(self.names[p]) not in no_texts}
        if role == "title":  # a headline comes before its description and is shorter
            best = max((p for p in scores if scores[p] > 0), key=scores.__getitem__, default=None)
            text, most = (found["description"].position, 0.9) if "description" in found else (best, 0.75)
            likely = [p for p in scores if scores[p] > 20 and self.length(p) >= 20]
            shorter = [p for p in likely if text is not None and p < text and self.length(p) < most * self.length(text)]
            return max(shorter, key=scores.__getitem__, default=None if "description" in found else best)
        length = self.length(found["title"].position) if "title" in found else 0
        longer = [p for p in scores if scores[p] > 0 and 1.2 * length < self.length(p) < 1000]
        return max(longer, key=lambda p: scores[p], default=None)

    def is_of_headlines(self, position: int) -> bool:
        return self.headline_likeness(position) > 0 and not self.looks_like_publishers(position)

    def headline_likeness(self, position: int) -> float:
        """How much a column looks like headlines: varied texts of several words, not too long."""
        values = self.sample(position)
        if not values or _share(values, is_text) < 0.8 or _share(values, _URL.match) > 0.2 or looks_like_dates(values):
            return 0
        if _share(values, lambda v: v[0] in "[{" and v[-1] in "]}") > 0.5:
            return 0
        words = np.median([len(v.split()) + 2 * is_unspaced(v, 4) for v in values])
        length = np.median([len(v) for v in values])
        varied = len(set(values)) / len(values)
        if words < 2 or length < 8 or (varied < 0.3 and (words < 4 or len(set(values)) < 10)):
            return 0  # posts may share a headline many times, names have fewer words
        return varied * min(length, 100) * (1 if length <= 250 else 250 / length)

    def looks_like_publishers(self, position: int) -> bool:
        values = self.sample(position)
        different = len(set(values))
        return (
            len(values) >= 5
            and 1 < different <= 0.7 * len(values)
            and 4 <= float(np.mean([len(v) for v in values])) <= 40
            and _share(values, lambda v: v[:1].isupper() or re.fullmatch(r"[\w-]+(\.[\w-]+)+", v)) >= 0.7
            and _share(values, _WORD.search) >= 0.9
            and (_share(values, _PERSON.match) < 0.8 or _share(list(set(values)), outlet().search) > 0.2)
        )

    def counts(self, position: int) -> bool:
        """Whether numbers in this column are no times but row numbers, or ids of any size."""
        if not (values := [v for v in self.sample(position) if v.isdecimal() and len(v) < 30]):
            return False
        lengths = {len(v) for v in values}
        seconds = [int(v) for v in values]
        return len(lengths) > 1 or len(values[0]) not in (8, 10, 13, 14, 16, 19) or all(
            b - a == 1 for a, b in zip(seconds, seconds[1:], strict=False)
        )  # fmt: skip

    def wide(self, headed: bool) -> list[str]:
        """Columns whose names differ only in a number and that all look like headlines."""
        series: dict[str, list[int]] = {}
        for position, own in enumerate(self.names if headed else ()):
            if match := re.fullmatch(r"(\D*?)[\s_.-]*\d+", own.strip()):
                series.setdefault(bare(match[1]), []).append(position)
        for stem, positions in series.items():
            if stem and len(positions) >= 3 and np.mean([self.is_of_headlines(p) for p in positions]) > 0.6:
                return [self.names[p] for p in positions]
        # A column of headlines for each section: nearly all columns are texts, and none is much longer than the others.
        likely = [p for p in range(len(self.names)) if self.filled(p) and self.headline_likeness(p) > 0]
        lengths = [self.length(p) for p in likely]
        alike = len(likely) >= max(4, 0.8 * len(self.names)) and max(lengths) < 2 * min(lengths)
        return [self.names[p] for p in likely] if alike else []

    def sample(self, position: int) -> list[str]:
        """Values that are not blank, evenly spread over the column."""
        if position not in self._samples:
            column = self.rows.iloc[:, position].to_numpy(dtype=object)
            step = max(len(column) // (2 * _SAMPLE), 1)
            values = [value.strip() for value in column[::step] if value.strip()]
            if len(values) < 20:  # sparse: look at all
                values = [value.strip() for value in column if value.strip()]
            self._samples[position] = values[:_SAMPLE]
        return self._samples[position]

    def filled(self, position: int | None) -> int:
        if position is None:
            return 0
        if position not in self._filled:
            column = self.rows.iloc[:, position].to_numpy(dtype=object)
            self._filled[position] = sum(map(bool, map(str.strip, column)))
        return self._filled[position]


def _share(values: list[str], holds: Callable[[str], object]) -> float:
    return sum(1 for value in values if holds(value)) / len(values) if values else 0.0
