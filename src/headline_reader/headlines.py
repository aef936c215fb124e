"""From a name, path or address to one table of headlines, and how the input was understood."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from . import languages
from .columns import Found, find_columns
from .decided import Decided
from .downloads import fetched
from .errors import NoHeadlines, ReaderError, listed, notice
from .feeds import Feeds
from .formats import read_rows
from .roles import ROLES, TEXTS, check_columns, is_called
from .source import gather, shown_source
from .tables import Table
from .tidy import ends_left_out, tidy
from .understood import LANGUAGES, deciding_rows, named, set_of_languages, understood_table
from .unpacking import Piece

#: The columns of the table of rows that were set aside.
REJECTED = ["line", "reason", "text"]
Source = str | Path | Piece


@dataclass(frozen=True, eq=False)
class Headlines:
    """Headlines with roles, and what was understood of the input.

    Attributes
    ----------
    table : DataFrame of str, one row per headline, "" where nothing is known
        With title, description, url, publisher, published_at (UTC, like ``2024-06-01T14:30:00Z``), language (a code
        such as "en"), text (title, a line end, description; or the one of the two that is there) and key (what makes
        two texts one, see `headline_reader.text.key`). The index is the row's place in `rows`.
    rows : DataFrame of str
        The input: every column, original names, input order; of several files with a column ``file``. Rows that fit no
        header are in `rejected` alone.
    understood : DataFrame
        One row per role and the column it was found in: role, column, rows (how many have it), example, and found
        ("by its name", "by its contents", "behind the title" or "as asked").
    unused : list of str
        The columns that no role was found for.
    rejected : DataFrame
        What was set aside: line (in the file, counted from 1; in a list of records the number of the record), reason,
        and text; for several files also file.
    notes : list of str
        What else a reader should know about how the input was read: sentences without a full stop.
    left_out : list of ReaderError
        If there are several files, those without headlines and those that can't be read.
    n_unfit : int
        Rows that fit no header.
    files : list of (name, kind, encoding, rows)
        What was read, and how.
    others : list of (name, size, why)
        Lists of records beside the headlines that are not read.
    """

    table: pd.DataFrame
    rows: pd.DataFrame
    understood: pd.DataFrame
    unused: list[str]
    rejected: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    left_out: list[ReaderError] = field(default_factory=list)
    n_unfit: int = 0
    files: list[tuple[str, str, str, int]] = field(default_factory=list)
    others: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass
class _Part:
    """One table and what its columns are."""

    piece: Piece
    table: Table
    roles: dict[str, Found]
    fields: pd.DataFrame
    place: slice  # of its rows among all


def _find(path: str | os.PathLike) -> Path:
    return Path(path).expanduser()


def read(
    source: Source | list[Source],
    columns: Mapping[str, str] | None = None,
    *,
    name: str = "",
    detect: bool = True,
    find: Callable[[str | os.PathLike], Path] = _find,
    shown: Callable[[Path], str] = str,
    downloads: Callable[[], Path] | None = None,
    most: int | None = None,
) -> Headlines:
    """Read headlines, as a reader would read them: without markup, entities and the publisher's name after the title.

    Parameters
    ----------
    source : str, Path, Piece, or a list of them
        The path of a file, of a folder, a pattern such as ``news/*.csv``, an http(s) address, or a file's content with
        its names. Several files are one table.
    columns : mapping, optional
        From a role (title, description, url, publisher, published_at, language) to the name of the column that has it,
        for those that can't be found by name or contents.
    name : str
        What messages call all of the source.
    detect : bool
        Whether to detect the languages that no column gives.
    find, shown : callable
        From what was named to its path, and from a path to what messages call it.
    downloads : callable, optional
        Gives the folder in which downloads are kept, so that they are not fetched again.
    most : int, optional
        The most bytes to read from the beginning of each file and response; a note says where there are more.

    Raises
    ------
    ReaderError
        If there is no such file, it cannot be fetched or read, or has no headlines; the message says where and why.
        NoHeadlines and ColumnsError are subclasses.
    """
    asked = check_columns(columns)
    fetch = fetcher(downloads, shown, most)
    tables, failed = read_all(gather(source, fetch, find, shown, most), fetch)
    given = shown_source(source)
    return headlines_of(tables, failed, asked, name or (given if isinstance(given, str) else ", ".join(given)), detect)


def fetcher(
    downloads: Callable[[], Path] | None, shown: Callable[[Path], str], most: int | None = None
) -> Callable[[str], list[Piece]]:
    """A function that fetches the pieces at an address."""
    return partial(fetched, check=_try, folder=downloads, shown=shown, most=most)


def understand(
    rows: pd.DataFrame, columns: Mapping[str, str] | None = None, *, name: str, key: str = "", detect: bool = True
) -> Headlines:
    """As `read`, for a table in memory: rows of str, "" where there is nothing; messages call it `name`.

    If only one column is named like a text, and its texts have several lines, what follows the first line is the
    description. If no column holds headlines, and none is asked for, the values of `key` are used as titles, without a
    text.
    """
    asked = check_columns(columns)
    texts = [column for column in rows if column in asked.values() or is_called(column, *TEXTS)]
    if len(texts) == 1 and "description" not in asked and rows[texts[0]].str.strip().str.contains("\n").any():
        parts = [text.strip().partition("\n") for text in rows[texts[0]]]
        rows = rows.assign(**{texts[0]: [p[0] for p in parts], "description": [p[2] for p in parts]})
    try:
        return headlines_of([(Piece(name, name, b""), Table(rows))], [], asked, name, detect)
    except NoHeadlines:
        if asked or not key:
            raise
    notice(f"{name} has no column that is recognised as headlines, only {listed(rows.columns)}: {key!r} is used.")
    table = pd.DataFrame(dict.fromkeys([*ROLES, "text"], "") | {"title": rows[key], "key": rows[key]}, dtype=object)
    known = {"role": "title", "column": key, "rows": len(rows), "example": rows[key].iloc[0]}
    understood = pd.DataFrame([known | {"found": "for want of others"}])
    return Headlines(table, rows, understood, [], pd.DataFrame(columns=REJECTED))


def headlines_of(
    tables: list[tuple[Piece, Table]],
    failed: list[ReaderError],
    asked: dict[str, str],
    name: str,
    detect: bool,
    of_table: Decided | None = None,
    of_all: Decided | None = None,
) -> Headlines:
    """`of_table` has earlier decisions about the one table that this is a part of, `of_all` those about all tables."""
    parts, notes, left_out = _understood(tables, asked, of_table)
    left_out = [*failed, *left_out]
    rows, many = _together(parts)
    fields = pd.concat([part.fields for part in parts], ignore_index=True)
    deciding = deciding_rows([len(part.fields) for part in parts])
    decided = Decided() if of_all is None else of_all
    texts = tidy(fields, decided, deciding)
    if of_all is None:
        refuse_nothing(texts["reason"], name)
    notes += ends_left_out(decided)
    rejected = _rejected(parts, texts, many)
    understood, unused = _table_of_roles(parts, fields, texts)
    table = texts.loc[texts["reason"] == "", [*ROLES, "text", "key"]]
    if detect:
        known = table["language"] != ""
        different = table["text"][~known].unique()
        kept = decided.get(LANGUAGES)
        if kept is None and deciding is not None:
            kept = set_of_languages(texts.iloc[deciding])
        found = dict(zip(different, languages.detect(different, kept), strict=True))
        table = table.assign(language=table["language"].where(known, table["text"].map(found)))
    unfit = sum(len(part.table.rejected) for part in parts)
    files = [(p.piece.name, p.table.kind, p.table.encoding, len(p.table.rows) + len(p.table.rejected)) for p in parts]
    others = [other for part in parts for other in part.table.others]
    return Headlines(table, rows, understood, unused, rejected, notes, left_out, unfit, files, others)


def _try(piece: Piece) -> None:
    """Raise an error if no headlines can be read from what was downloaded."""
    if isinstance(table := read_rows(piece.content, piece.name), Table):
        find_columns(table.rows, {}, table.headed, piece.name)


def read_all(
    pieces: list[Piece], fetch: Callable[[str], list[Piece]]
) -> tuple[list[tuple[Piece, Table]], list[ReaderError]]:
    """The tables of all pieces, and why some have none; a piece without one is refused if it is the only one."""
    tables, failures = [], []
    while pieces:
        piece = pieces.pop(0)
        try:
            if piece.failure:
                raise ReaderError(piece.failure)
            tables += _tables(piece, fetch)
        except ReaderError as error:
            failures.append(error)
    if not tables:
        raise failures[0]
    return tables, failures


def _tables(piece: Piece, fetch: Callable[[str], list[Piece]]) -> list[tuple[Piece, Table]]:
    """The rows of a piece; for a list of feeds those of its feeds."""
    table = read_rows(piece.content, piece.name)
    if isinstance(table, Table):
        if piece.cut:
            table.notes.append(f"only the first {len(piece.content):,} bytes of {piece.name} are read; it has more")
        return [(replace(piece, content=b""), table)]
    tables, failures = [], []
    for address in table.addresses:
        try:
            for feed in fetch(address):
                if not isinstance(inner := read_rows(feed.content, feed.name), Feeds):
                    tables.append((Piece(feed.name, address, b""), inner))
        except ReaderError as error:
            failures.append(error.message)
    n = len(table.addresses)
    if not tables:
        holds_none = f"{piece.name} is a list of feeds (OPML) and holds no headlines itself, and none of its"
        why = failures[0] if failures else "they are lists as well."
        raise ReaderError(f"{holds_none} {n:,} feed{'s' * (n != 1)} can be read: {why}")
    if failures:
        notice(f"{len(failures)} of the {n} feeds of {piece.name} can't be read: {failures[0]}")
    return tables


def _understood(
    tables: list[tuple[Piece, Table]], asked: Mapping[str, str], decided: Decided | None = None
) -> tuple[list[_Part], list[str], list[ReaderError]]:
    parts, notes, failures = list[_Part](), [], list[ReaderError]()
    names = {name for _, table in tables for name in table.rows.columns}
    for piece, table in tables:
        here = {r: name for r, name in asked.items() if len(tables) == 1 or name in table.rows or name not in names}
        try:
            roles, fields, said = understood_table(table, here, piece.name, Decided() if decided is None else decided)
        except NoHeadlines as error:
            error.table = table
            failures.append(error)
            continue
        start = parts[-1].place.stop if parts else 0
        parts.append(_Part(piece, table, roles, fields, slice(start, start + len(fields))))
        notes += [*table.notes, *said, *unread_lists(table.others, piece.name)]
    if not parts:
        raise failures[0]
    return parts, notes, failures


def unread_lists(others: list[tuple[str, int, str]], name: str) -> list[str]:
    """A note on lists that are not read; none where there are none."""
    some = ", ".join(f"{what} ({n:,}: {why})" for what, n, why in others[:8])
    more = f" and {len(others) - 8} more" if len(others) > 8 else ""
    return [f"{name} also has lists that are not read: {some}{more}"] if others else []


def _together(parts: list[_Part]) -> tuple[pd.DataFrame, bool]:
    """All rows below each other; for several files with a column that names the file."""
    if len(parts) == 1:
        return parts[0].table.rows, False
    taken = {name for part in parts for name in part.table.rows.columns}
    column = "file"
    while column in taken:
        column += "_"
    frames = [part.table.rows.assign(**{column: part.piece.label}) for part in parts]
    rows = pd.concat(frames, ignore_index=True).fillna("")
    return rows[[name for name in rows.columns if name != column] + [column]], True


def _rejected(parts: list[_Part], texts: pd.DataFrame, many: bool) -> pd.DataFrame:
    rejected = []
    for part in parts:
        reasons = texts["reason"].to_numpy()[part.place]
        found = list(part.table.rejected)
        places = (reasons != "").nonzero()[0]
        for position, given in zip(places, part.table.rows.iloc[places].to_numpy(), strict=True):
            found.append((part.table.lines[position], reasons[position], ", ".join(filter(None, given))[:500]))
        label = [part.piece.label] * many
        rejected += [(int(line), reason, text, *label) for line, reason, text in sorted(found, key=lambda one: one[0])]
    return pd.DataFrame(rejected, columns=[*REJECTED, *["file"] * many])


def refuse_nothing(reasons: pd.Series, name: str) -> None:
    if (reasons == "").any():
        return
    (reason, n), *_ = Counter(reasons).most_common(1)
    none = f"none of the {len(reasons):,} row{'s' * (len(reasons) != 1)} of {name}"
    if reason == "no text":
        raise ReaderError(f"{none} has a title or a description.")
    raise ReaderError(f"{none} is a headline: of {n:,} the reason is: {reason}.")


def _table_of_roles(parts: list[_Part], fields: pd.DataFrame, texts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    rows: dict[tuple[str, str, str], list[Any]] = {}
    used: set[str] = set()
    for part in parts:
        for role in ROLES:
            if found := part.roles.get(role):
                used |= {str(part.table.rows.columns[position]) for position in (*found.positions, *found.instead)}
                where, values = (role, named(part.table, found), found.how), list(fields[role].iloc[part.place])
            elif role == "publisher" and texts[role].iloc[part.place].ne("").any():
                where, values = (role, "title", "behind the title"), list(texts[role].iloc[part.place])
            else:
                continue
            entry = rows.setdefault(where, [0, ""])
            entry[0] += sum(map(bool, map(str.strip, values)))
            entry[1] = entry[1] or next(filter(None, chain(texts[role].iloc[part.place], values)), "")
    understood = [
        {"role": role, "column": column, "rows": n, "example": " ".join(example.split())[:120], "found": how}
        for (role, column, how), (n, example) in sorted(rows.items(), key=lambda item: ROLES.index(item[0][0]))
    ]
    unused = dict.fromkeys(str(name) for part in parts for name in part.table.rows.columns if str(name) not in used)
    return pd.DataFrame(understood, columns=["role", "column", "rows", "example", "found"]), list(unused)
