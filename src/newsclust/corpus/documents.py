"""Headlines from wherever they are: rows as they came, documents with ids, and what was made of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from headline_reader import languages as _languages
from headline_reader.columns import Found, NoHeadlines, check_columns, find_columns, listed
from headline_reader.dates import joined, read_dates
from headline_reader.downloads import fetched
from headline_reader.feeds import Feeds
from headline_reader.formats import read_rows
from headline_reader.roles import ROLES
from headline_reader.source import gather, shown
from headline_reader.tables import Table
from headline_reader.text import ID_VERSION, clean, cleaned_address, text_id, tidy
from headline_reader.unpacking import Piece

from ..errors import InputError, notice
from ..stages import stage
from ..wording import count, sentence
from .corpus import REJECTED, Corpus

__all__ = ["ID_VERSION", "Corpus", "check_columns", "read_corpus"]

#: What a document holds beside its id and text.
FIELDS = ("title", "description", "url", "publisher", "published_at", "language")


@stage("read")
def read_corpus(
    data: str | Path | list[str | Path], truth: str | None = None, columns: Mapping[str, str] | None = None
) -> Corpus:
    """Read headlines and give each distinct text an id.

    A document is ``title + "\\n" + description``, or the one of the two that is not empty, as a reader would read them:
    without markup, entities, "Continue reading" and the publisher's name behind the title. Its id is a hash of what is
    left of that text when case, punctuation and blanks make no difference, so that other spellings of a headline are
    repeats of it, whatever the order of the rows.

    Parameters
    ----------
    data : str, Path, or a list of them
        "sample" (comes with newsclust), "kaggle" (`headline_reader.source.KAGGLE_URL`), or the path of a file, of a
        folder, a pattern such as ``news/*.csv``, or an http(s) address. Read are CSV and its kin, JSON and JSON lines,
        Parquet, Excel and OpenDocument, SQLite, RSS and Atom, OPML (its feeds are fetched), tables in web pages, and
        plain lines; packed by zip, gzip, bzip2, xz, zstd or tar. Several files are one corpus. Downloads are kept in
        ``.newsclust/downloads`` and not fetched again.
    truth : str, optional
        The name of a column with known stories, to compare with.
    columns : mapping, optional
        From a role (title, description, url, publisher, published_at, language) to the name of the column that has it,
        for those that are not to be found by name or contents.

    Raises
    ------
    InputError
        Where there is no such file, it cannot be fetched or read, or has no headlines; the message says where and why.
    ParameterError
        Where `columns` is no such mapping.
    """
    asked = check_columns(columns)
    pieces = gather(data, _try)
    source = _source(data)
    tables = _tables(pieces, source)
    parts, notes = _understood(tables, asked, source)
    rows, many = _together(parts)
    if truth is not None and truth not in rows:
        raise InputError(f"truth is {truth!r}, but {source} has no such column; it has {listed(rows.columns)}.")
    fields = pd.concat([part.fields for part in parts], ignore_index=True)
    if (fields["language"] == "").any():
        _languages.load_detector()  # while texts are tidied
    texts = tidy(fields).assign(**{name: fields[name] for name in ("url", "published_at", "language")})
    rejected = _rejected(parts, texts, many)
    if not (texts["reason"] == "").any():
        raise InputError(_nothing_left(texts, source))
    ids = {key: text_id(key) for key in texts["key"].unique() if key}
    if len(set(ids.values())) < len(ids):
        raise InputError(f"two different texts of {source} have the same 63-bit id: change a character in one.")
    row_ids = pd.Series([ids.get(key, pd.NA) for key in texts["key"]], dtype="Int64", name="id")
    documents = _unique(texts.assign(id=row_ids)[row_ids.notna()])
    undetected = documents["language"] == ""
    if undetected.any():
        documents.loc[undetected, "language"] = _languages.detect(documents.loc[undetected, "text"])
    digest = hashlib.blake2b(documents["id"].to_numpy().astype("<i8").tobytes(), digest_size=8)
    known = rows[truth].str.strip() if truth is not None else None
    found, unused = _table_of_roles(parts, fields, texts)
    unused = [name for name in unused if name != truth]
    unfit = sum(len(part.table.rejected) for part in parts)
    corpus = Corpus(
        source,
        rows,
        row_ids,
        documents,
        digest.hexdigest(),
        known,
        found,
        unused,
        rejected,
        notes,
        asked,
        unfit,
        shown(data),
    )
    _tell(corpus)
    return corpus


@dataclass
class _Part:
    """One table and what its columns are."""

    piece: Piece
    table: Table
    roles: dict[str, Found]
    fields: pd.DataFrame


def _source(data: object) -> str:
    names = shown(data)
    if isinstance(names, list):
        return ", ".join(map(str, names)) if len(names) <= 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return str(names)


def _try(piece: Piece) -> None:
    """Whether headlines can be read from what was downloaded."""
    if isinstance(table := read_rows(piece.content, piece.name), Table):
        find_columns(table.rows, {}, table.headed, piece.name)


def _tables(pieces: list[Piece], source: str) -> list[tuple[Piece, Table]]:
    """The rows of every piece; for a list of feeds those of its feeds."""
    tables: list[tuple[Piece, Table]] = []
    for piece in pieces:
        table = read_rows(piece.content, piece.name)
        if isinstance(table, Feeds):
            tables += _feeds(table, piece)
        else:
            tables.append((piece, table))
    return tables


def _feeds(feeds: Feeds, piece: Piece) -> list[tuple[Piece, Table]]:
    tables, failures = [], []
    for address in feeds.addresses:
        try:
            for feed in fetched(address, _try):
                table = read_rows(feed.content, feed.name)
                if isinstance(table, Table):
                    tables.append((Piece(feed.name, address, feed.content), table))
        except InputError as error:
            failures.append(str(error))
    if not tables:
        raise InputError(
            f"{piece.name} is a list of feeds (OPML) and holds no headlines itself, and none of its "
            f"{count(len(feeds.addresses), 'feed')} can be read: "
            f"{failures[0] if failures else 'they are lists as well.'}"
        )
    if failures:
        notice(f"{len(failures)} of the {len(feeds.addresses)} feeds of {piece.name} can't be read: {failures[0]}")
    return tables


def _understood(
    tables: list[tuple[Piece, Table]], asked: Mapping[str, str], source: str
) -> tuple[list[_Part], list[str]]:
    parts, notes, failures = [], [], []
    names = {name for _, table in tables for name in table.rows.columns}
    for piece, table in tables:
        here = {r: name for r, name in asked.items() if len(tables) == 1 or name in table.rows or name not in names}
        try:
            roles = find_columns(table.rows, here, table.headed, piece.name)
        except NoHeadlines as error:
            failures.append(error)
            continue
        fields, said = _fields(table, roles, piece.name)
        parts.append(_Part(piece, table, roles, fields))
        notes += [*table.notes, *said]
    if not parts:
        raise failures[0]
    notes += [f"left out: {str(failure).rstrip('.')}" for failure in failures]
    return parts, notes


def _fields(table: Table, roles: dict[str, Found], name: str) -> tuple[pd.DataFrame, list[str]]:
    """Per row what has a role, "" where there is nothing; and what is to be said of it."""
    notes = []
    fields = {role: [""] * len(table.rows) for role in ROLES}
    for role, found in roles.items():
        # As objects: walking through Arrow's strings one by one takes ten times as long.
        cells = [table.rows.iloc[:, position].to_numpy(dtype=object) for position in found.positions]
        fields[role] = list(cells[0]) if len(cells) == 1 else [joined(parts) for parts in zip(*cells, strict=True)]
    guessed = [f"{role} from {table.rows.columns[found.position]!r}" for role, found in roles.items()
               if found.how == "by its contents"]  # fmt: skip
    if guessed and len(table.rows.columns) > 1:
        notes.append(f"{name}: {', '.join(guessed)}, by what they hold; name others in columns if that is wrong")
    fields["language"] = [_languages.language_code(value) for value in fields["language"]]
    fields["url"] = [cleaned_address(value) for value in fields["url"]]
    if "published_at" in roles:
        values = [clean(value) for value in fields["published_at"]]
        dates = read_dates(values)
        fields["published_at"] = list(dates.iso)
        column = _named(table, roles["published_at"])
        if not dates.certain:
            example = next(value for value in values if value)
            notes.append(
                f"nothing in {column!r} of {name} says whether day or month comes first, as in {example!r}: it is read "
                f"with the {dates.order}"
            )
        if dates.n_unreadable:
            example = next(v for v, iso in zip(values, fields["published_at"], strict=True) if v and not iso)
            notes.append(
                f"{count(dates.n_unreadable, 'value')} in {column!r} of {name} cannot be read as a date, such as "
                f"{example[:40]!r}"
            )
    return pd.DataFrame(fields, dtype=object), notes


def _together(parts: list[_Part]) -> tuple[pd.DataFrame, bool]:
    """All rows below each other; those of several files with a column that says which."""
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
    rejected, start = [], 0
    for part in parts:
        end = start + len(part.fields)
        rows = texts["reason"].to_numpy()[start:end]
        label = {"file": part.piece.label} if many else {}
        found = [(line, reason, text) for line, reason, text in part.table.rejected]
        for position in (rows != "").nonzero()[0]:
            given = part.table.rows.iloc[position]
            found.append((part.table.lines[position], rows[position], ", ".join(filter(None, given))[:500]))
        for line, reason, text in sorted(found, key=lambda item: item[0]):
            rejected.append({"line": int(line), "reason": reason, "text": text, **label})
        start = end
    return pd.DataFrame(rejected, columns=[*REJECTED, *(["file"] if many else [])])


def _nothing_left(texts: pd.DataFrame, source: str) -> str:
    (reason, n), *_ = Counter(texts["reason"]).most_common(1)
    if reason == "no text":
        return f"none of the {count(len(texts), 'row')} of {source} has a title or a description."
    return f"none of the {count(len(texts), 'row')} of {source} is a headline: of {n:,} the reason is: {reason}."


def _table_of_roles(parts: list[_Part], fields: pd.DataFrame, texts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    rows: dict[tuple[str, str, str], list[Any]] = {}
    used: set[str] = set()
    start = 0
    for part in parts:
        end = start + len(part.fields)
        for role in ROLES:
            values = fields[role].iloc[start:end]
            if found := part.roles.get(role):
                column = _named(part.table, found)
                used |= {str(part.table.rows.columns[position]) for position in found.positions}
                entry = rows.setdefault((role, column, found.how), [0, ""])
                entry[0] += int(sum(1 for value in values if value.strip()))
                shown_as = texts[role].iloc[start:end] if role in ("title", "description", "publisher") else values
                entry[1] = entry[1] or next((value for value in [*shown_as, *values] if value), "")
            elif role == "publisher" and (named := texts["publisher"].iloc[start:end]).ne("").any():
                entry = rows.setdefault((role, "title", "behind the title"), [0, ""])
                entry[0] += int(named.ne("").sum())
                entry[1] = entry[1] or next(value for value in named if value)
        start = end
    understood = [
        {"role": role, "column": column, "rows": n, "example": " ".join(example.split())[:120], "found": how}
        for (role, column, how), (n, example) in sorted(rows.items(), key=lambda item: ROLES.index(item[0][0]))
    ]
    unused = dict.fromkeys(str(name) for part in parts for name in part.table.rows.columns if str(name) not in used)
    return pd.DataFrame(understood, columns=["role", "column", "rows", "example", "found"]), list(unused)


def _named(table: Table, found: Found) -> str:
    return " + ".join(str(table.rows.columns[position]) for position in found.positions)


def _unique(texts: pd.DataFrame) -> pd.DataFrame:
    """One row per id: of equal texts the earliest dated, then by publisher and url, whatever the file's order."""
    repeated = texts[texts.duplicated("id", keep=False)]
    shouted = [text.isupper() or text.islower() for text in repeated["title"]]
    repeated = repeated.assign(shouted=["1" if s else "0" for s in shouted]).sort_values(
        ["published_at", "publisher", "url", "shouted", "title", "description"],
        key=lambda column: column.where(column != "", "\U0010ffff"),  # a row that says more goes first
    )
    documents = pd.concat([texts.drop_duplicates("id", keep=False), repeated.drop_duplicates("id")])
    documents = documents.astype({"id": "int64", **dict.fromkeys(["text", *FIELDS], str)})
    return documents.sort_values("id", ignore_index=True)[["id", "text", *FIELDS]]


def _tell(corpus: Corpus) -> None:
    """One sentence each about what was set aside and what a reader could have wanted otherwise."""
    if corpus.n_set_aside:
        counts = Counter(corpus.rejected["reason"])
        why = ", ".join(f"{n:,}: {reason}" for reason, n in counts.most_common(4))
        why += f" and {len(counts) - 4} more reasons" if len(counts) > 4 else ""
        first = corpus.rejected.iloc[0]
        where = f" of {first['file']}" if "file" in corpus.rejected else ""
        is_ = "is" if corpus.n_set_aside == 1 else "are"
        notice(
            f"{corpus.n_set_aside:,} of {count(corpus.n_rows, 'row')} {is_} set aside ({why}); the first is line "
            f"{first['line']}{where}."
        )
    for note in corpus.notes:
        notice(sentence(note))
