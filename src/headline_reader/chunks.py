"""The headlines of `read` in chunks: a first pass over large files makes the decisions that need whole columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from .decided import Decided, step
from .errors import NoHeadlines, ReaderError
from .headlines import Headlines, Source, fetcher, headlines_of, read, read_all, refuse_nothing, unread_lists
from .parts import NotInParts, in_parts
from .roles import check_columns
from .source import gather, is_address, paths
from .tables import Table
from .tidy import ends_left_out, tidy
from .understood import LANGUAGES, set_of_languages, understood_table
from .unpacking import Piece

#: Bytes. A source that is no larger is read whole.
WHOLE = 4 << 20


def in_chunks(
    source: Source | list[Source],
    columns: Mapping[str, str] | None = None,
    *,
    rows: int = 20_000,
    detect: bool = True,
    find: Callable[[str | os.PathLike], Path] = lambda path: Path(path).expanduser(),
    shown: Callable[[Path], str] = str,
    **ways: Any,
) -> Iterator[Headlines]:
    """Read headlines as `read` does, at most `rows` of them at a time: together they are the same.

    Large files of delimited text, JSON lines and Parquet are read twice, and are never in memory whole; other files
    are, one at a time. Downloads, and sources of a few megabytes, are read once.

    Parameters
    ----------
    source, columns, detect, find, shown
        As in `headline_reader.read`.
    rows : int
    **ways
        The other parameters of `headline_reader.read`.

    Yields
    ------
    Headlines
        Only the first has the notes and what was left out.

    Raises
    ------
    ReaderError
        As in `headline_reader.read`, before the first headline is given.
    """
    files = _files(source, find)
    if files is None or sum(file.stat().st_size for file in files) <= WHOLE:
        yield from _slices(read(source, columns, detect=detect, find=find, shown=shown, **ways), rows)
        return
    fetch = fetcher(ways.get("downloads"), shown)
    passes = _Passes(files, check_columns(columns), detect, shown, fetch)
    passes.look()
    yield from passes.chunks(rows)


def _files(source: Source | list[Source], find: Callable[[str | os.PathLike], Path]) -> list[Path] | None:
    """The files that a source names; None where it names something else, too."""
    several = source if isinstance(source, (list, tuple)) and source else [source]
    if any(not isinstance(one, (str, os.PathLike)) or not str(one).strip() or is_address(one) for one in several):
        return None
    return [path for one in several for path in paths(str(one), find)]


def _slices(whole: Headlines, rows: int) -> Iterator[Headlines]:
    rest = replace(whole, rejected=whole.rejected[:0], notes=[], left_out=[], n_unfit=0, files=[], others=[])
    for start in range(0, max(len(whole.rows), 1), rows):
        some = {"table": whole.table.loc[start : start + rows - 1], "rows": whole.rows[start : start + rows]}
        yield replace(rest if start else whole, **some)


class _Sample:
    """The deciding rows of a table (`spread_over`), collected while the table is read."""

    def __init__(self) -> None:
        self._frames: list[pd.DataFrame] = []
        self._n, self._step = 0, 1

    def add(self, rows: pd.DataFrame) -> None:
        self._frames.append(rows[-self._n % self._step :: self._step].copy())
        self._n += len(rows)
        while (wanted := step(self._n)) > self._step:
            self._frames = [self.rows()[:: wanted // self._step].copy()]
            self._step = wanted

    def rows(self) -> pd.DataFrame:
        return pd.concat(self._frames, ignore_index=True).fillna("")


@dataclass
class _Passes:
    """Two passes over files, and what the first finds for the second.

    Attributes
    ----------
    files : list of Path
        After the first pass those with headlines.
    whole : set of Path
        Those of them that are read whole.
    tables : dict
        By file, for the others: the names of the columns, and the decisions from them.
    all : Decided
        The decisions from the rows of all files.
    """

    files: list[Path]
    asked: dict[str, str]
    detect: bool
    shown: Callable[[Path], str]
    fetch: Callable[[str], list[Piece]]
    whole: set[Path] = field(default_factory=set)
    tables: dict[Path, tuple[list[str], Decided]] = field(default_factory=dict)
    all: Decided = field(default_factory=Decided)
    notes: list[str] = field(default_factory=list)
    left_out: list[ReaderError] = field(default_factory=list)

    def look(self) -> None:
        """The first pass."""
        sample, named, files = _Sample(), set[str](), []
        for path in self.files:
            try:
                try:
                    found = self._look_at(path, named)
                except NotInParts as why:
                    self.whole.add(path)
                    if path.stat().st_size > WHOLE:
                        self.notes.append(f"{self.shown(path)} is held in memory whole, because {why}")
                    found = self._look_at(path, named)
            except ReaderError as error:
                self.left_out.append(error)
                continue
            for fields in found:
                sample.add(fields)
            files += [path] * bool(found)
        if not files:
            raise self.left_out[0]
        if missing := [f"{role} as {name!r}" for role, name in self.asked.items() if name not in named]:
            raise ReaderError(
                f"columns gives {missing[0]}, but none of the {len(self.files):,} files has such a column."
            )
        self.files = files
        self._texts = tidy(sample.rows(), self.all)
        self.notes += ends_left_out(self.all)
        self.all[LANGUAGES] = set_of_languages(self._texts) if self.detect else set()

    def _look_at(self, path: Path, named: set[str]) -> list[pd.DataFrame]:
        """The deciding rows of each table of a file, with their roles."""
        found, left_out = [], list[ReaderError]()
        for piece, asked, tables in self._tables(path, left_out):
            sample, names, notes, headed = _Sample(), dict[str, None](), list[str](), True
            others = Counter[tuple[str, str]]()
            for table in tables:
                sample.add(table.rows)
                names |= dict.fromkeys(table.rows.columns)
                notes, headed = notes + table.notes, table.headed
                others.update({(what, why): n for what, n, why in table.others})
            asked, decided = asked(names), Decided()
            table = Table(sample.rows()[list(names)], headed=headed)
            try:
                _, fields, said = understood_table(table, asked, piece.name, decided)
            except NoHeadlines as error:
                left_out.append(error)
                continue
            named |= set(asked.values())
            found.append(fields)
            unread = unread_lists([(what, n, why) for (what, why), n in others.items()], piece.name)
            self.notes += [*notes, *said, *unread]
            if path not in self.whole:
                self.tables[path] = list(names), decided
        self.left_out += left_out
        return found

    def _tables(self, path: Path, failed: list[ReaderError]) -> Iterator[tuple[Piece, Any, Iterator[Table]]]:
        """The tables of a file, each in parts, with those of the requested columns that it has."""
        if path not in self.whole:
            every: list[tuple[Piece, Iterator[Table]]] = [
                (Piece(self.shown(path), path.name, b""), in_parts(path, self.shown(path)))
            ]
        else:
            tables, failures = read_all(gather(path, self.fetch, Path, self.shown), self.fetch)
            failed += failures
            every = [(piece, iter([table])) for piece, table in tables]
        several = len(self.files) > 1 or len(every) > 1

        def asked(names: Mapping[str, None]) -> dict[str, str]:
            return {role: name for role, name in self.asked.items() if name in names or not several}

        for piece, parts in every:
            yield piece, asked, parts

    def chunks(self, rows: int) -> Iterator[Headlines]:
        """The second pass."""
        n, first = 0, {"notes": self.notes, "left_out": self.left_out}
        for path in self.files:
            try:
                for found in self._headlines(path):
                    n += len(found.table)
                    for some in _slices(found, rows):
                        yield replace(some, **first)  # type: ignore[arg-type]  # lists of these
                        first = {"notes": [], "left_out": []}
            except NotInParts:
                raise ReaderError(f"{self.shown(path)} was changed while it was read: read it again.") from None
        if not n:
            refuse_nothing(self._texts["reason"], ", ".join(map(self.shown, self.files)))

    def _headlines(self, path: Path) -> Iterator[Headlines]:
        names, decided = self.tables.get(path, (None, None))
        for piece, asked, tables in self._tables(path, []):
            for table in tables:
                if names is not None:
                    table.rows = table.rows.reindex(columns=names, fill_value="")
                here, known = asked(dict.fromkeys(table.rows.columns)), Decided() if decided is None else decided
                with suppress(NoHeadlines):  # it is among those that are left out
                    found = headlines_of([(piece, table)], [], here, piece.name, self.detect, known, self.all)
                    file = {"file": piece.label} if len(self.files) > 1 else {}
                    yield replace(found, rejected=found.rejected.assign(**file))
