"""Where corrections come from: the parameter's file, the file in the run's folder, and the run that is continued."""

from __future__ import annotations

import csv
import difflib
import io
from pathlib import Path

import pandas as pd

from headline_reader.encodings import decoded
from headline_reader.errors import ReaderError

from ..errors import InputError, NewsclustError
from ..markup import plain
from ..paths import find_input, find_output
from ..stories.corrections import COLUMNS
from .csv_cells import as_it_was
from .page_data import read_page_data
from .preflight import find_run

#: The file in a run's folder, which no run writes or removes.
CORRECTIONS = "corrections.csv"
NEEDED = COLUMNS[:2]
_FROM = ["file", "row"]


def read_corrections(path: Path, name: str) -> pd.DataFrame:
    """The rows of a file of corrections, or of pairs to check; messages call it `name`.

    Returns
    -------
    DataFrame of str
        `COLUMNS`, ``file``, and ``row``, an int, as a spreadsheet counts it: the header is row 1.

    Raises
    ------
    InputError
        If it can't be read, or lacks a column.
    """
    try:
        text, _ = decoded(path.read_bytes(), name)
        header = text.lstrip("\ufeff\r\n").partition("\n")[0]
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=max(",;\t", key=header.count)))
    except FileNotFoundError:
        raise InputError(f"there is no file {name}: give the path of a file of corrections.") from None
    except (OSError, ReaderError, csv.Error) as error:
        raise InputError(f"{name} can't be read as a table ({error}): save it as CSV, in UTF-8.") from None
    columns = [plain(as_it_was(cell)).casefold() for cell in rows[0]] if rows else []
    for column in NEEDED:
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            found = (
                f"did you mean {column!r} by {near[0]!r}?"
                if near
                else f"it has {', '.join(column[:40] for column in columns[:9]) or 'none'}."
            )
            raise InputError(f"{name} has no column {column!r}; {found} The columns are {', '.join(COLUMNS)}.")
    given = []
    for at, cells in enumerate(rows[1:], start=2):
        if any(map(str.strip, cells)):
            row = dict(zip(columns, map(as_it_was, cells), strict=False))
            given.append([plain(row.get(column, "")) for column in COLUMNS] + [name, at])
    frame = pd.DataFrame(given, columns=[*COLUMNS, *_FROM])
    return frame.assign(kind=frame["kind"].str.casefold())


def gather_corrections(
    given: str | None = None, output: str | None = None, previous: str | None = None
) -> pd.DataFrame:
    """The corrections for a run: the rows of the file `given`, of its folder's, and of the run that is continued."""
    parts = []
    if previous:
        rows = corrections_of(find_run(previous))
        parts.append(rows.replace({"file": {CORRECTIONS: f"{previous}/{CORRECTIONS}"}}))
    if given:
        parts.append(read_corrections(find_input(given), f"./{given}" if given == CORRECTIONS else given))
    if output and (path := find_output(output) / CORRECTIONS).is_file():
        parts.append(read_corrections(path, CORRECTIONS))
    return pd.concat([_none(), *parts], ignore_index=True).drop_duplicates(list(COLUMNS[:4]), ignore_index=True)


def corrections_of(folder: Path) -> pd.DataFrame:
    """The corrections of a finished run: its folder's file as it is now, and other files as the run recorded them."""
    recorded, path = recorded_corrections(folder), folder / CORRECTIONS
    own = read_corrections(path, CORRECTIONS) if path.is_file() else _none()
    return pd.concat([recorded[recorded["file"] != CORRECTIONS], own], ignore_index=True)


def recorded_corrections(folder: Path) -> pd.DataFrame:
    """The corrections that a finished run was made with."""
    try:
        rows = read_page_data(folder).get("corrections", [])
    except NewsclustError:  # of an earlier version
        rows = []
    return pd.DataFrame(rows, columns=[*COLUMNS, *_FROM])


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=[*COLUMNS, *_FROM])
