"""The roles of a table's columns, and their values row by row. Whole columns decide, or some of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from . import languages
from .cells import cleaned, escaped_marks, without_backslashes
from .columns import Found, find_columns
from .dates import joined, order_of, read_dates
from .decided import Decided, spread_over
from .errors import listed
from .roles import ROLES, are_bookmarks, collected
from .tables import Table
from .text import REDIRECTS, UNCLEAN, clean, cleaned_address

#: The name in `Decided` of the languages of texts for which no column gives one.
LANGUAGES = "languages"


def understood_table(
    table: Table, asked: Mapping[str, str], name: str, decided: Decided
) -> tuple[dict[str, Found], pd.DataFrame, list[str]]:
    """The columns that have a role; their values row by row, "" where there is nothing; and notes about them."""
    notes, rows = [], spread_over(len(table.rows))
    some = table.rows if rows is None else table.rows.iloc[rows]
    roles = decided.once("roles", lambda: find_columns(some, asked, table.headed, name))
    fields = {role: [""] * len(table.rows) for role in ROLES}
    for role, found in roles.items():
        # As objects: a loop over Arrow's strings takes ten times as long.
        cells = [table.rows.iloc[:, position].to_numpy(dtype=object) for position in found.positions]
        fields[role] = list(cells[0]) if len(cells) == 1 else [joined(parts) for parts in zip(*cells, strict=True)]
        for position in found.instead:
            others = table.rows.iloc[:, position].to_numpy(dtype=object)
            fields[role] = [own if own.strip() else other for own, other in zip(fields[role], others, strict=True)]
        if role in ("title", "description", "url", "publisher"):
            marks = decided.once(f"marks in {role}", escaped_marks, fields[role], rows=rows)
            fields[role] = without_backslashes(fields[role], marks)
            if marks:
                notes.append(f"{named(table, found)!r} of {name} has a backslash before each {' '.join(marks)}: "
                             "it is left out")  # fmt: skip
        if found.rivals:
            own, *others = (str(table.rows.columns[p]) for p in (found.position, *found.rivals))
            too = "has such a name, too" if len(others) == 1 else "have such names, too"
            notes.append(
                f"{name}: {role} from {own!r}, though {listed(others)} {too}; name it in columns if that is meant"
            )
    guessed = [f"{role} from {table.rows.columns[found.position]!r}" for role, found in roles.items()
               if found.how == "by its contents"]  # fmt: skip
    if guessed and len(table.rows.columns) > 1:
        notes.append(f"{name}: {', '.join(guessed)}, by what they hold; name others in columns if that is wrong")
    fields["language"] = cleaned(fields["language"], "", languages.language_code)
    fields["url"] = cleaned(fields["url"], REDIRECTS, cleaned_address)
    if "published_at" in roles:
        values = cleaned(fields["published_at"], UNCLEAN, clean)
        order, certain = decided.once("order of dates", order_of, values, rows=rows)
        dates = read_dates(values, order or "day first")
        fields["published_at"] = list(dates.iso)
        column = f"{named(table, roles['published_at'])!r} of {name}"
        if one := decided.once("one time", _one_time, fields["published_at"], rows=rows):
            fields["published_at"] = [""] * len(values)
            notes.append(f"{column} has one time for all rows, {one}, when they were collected: no day is read")
        elif collected(named(table, roles["published_at"])) or are_bookmarks(table.rows.columns):
            notes.append(f"{column} says when a headline was collected or changed, not when it was published: it is "
                         "read as its day for want of another")  # fmt: skip
        if not certain:
            example = next(filter(None, values), "")
            which = f"whether day or month comes first, as in {example!r}"
            notes.append(f"nothing in {column} says {which}: it is read with the {order}")
        if n := dates.n_unreadable:
            example = next(v for v, iso in zip(values, fields["published_at"], strict=True) if v and not iso)
            some = f"{n:,} value{'s' * (n != 1)} in {column}"
            notes.append(f"{some} cannot be read as a date, such as {example[:40]!r}")
    return roles, pd.DataFrame(fields, dtype=object), notes


def _one_time(dates: list[str]) -> str:
    """The time that all rows share, which is when they were collected; "" where there is none."""
    known = [iso for iso in dates if iso]
    one = len(known) >= 5 and len(set(known)) == 1 and not known[0].endswith("T00:00:00Z")
    return known[0] if one else ""


def deciding_rows(sizes: list[int]) -> Sequence[int] | None:
    """The rows that decide for all tables, for tables of these sizes below each other; None where all do.

    They are some of those that decide for each table.
    """
    starts = np.cumsum([0, *sizes])
    rows = np.concatenate(
        [start + np.array(spread_over(n) or range(n)) for start, n in zip(starts, sizes, strict=False)]
    )
    some = spread_over(len(rows))
    return None if some is None and len(rows) == starts[-1] else rows[some or slice(None)].tolist()


def set_of_languages(texts: pd.DataFrame) -> set[str]:
    """The detected languages of texts for which no column gives one, without errors of the detector."""
    return {*languages.detect(texts.loc[(texts["reason"] == "") & (texts["language"] == ""), "text"].unique())}


def named(table: Table, found: Found) -> str:
    together = " + ".join(str(table.rows.columns[position]) for position in found.positions)
    return " or ".join([together, *(str(table.rows.columns[position]) for position in found.instead)])
