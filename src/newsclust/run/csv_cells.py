"""Cells of CSV files that a spreadsheet would run as formulas: written as text, and read back as they were."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

#: Rows that are written at a time.
_BLOCK = 50_000

#: The beginnings of what a spreadsheet takes for a formula, after any apostrophe of ours; a mere number is none.
_FORMULA = re.compile(r"(?!\s*[-+]?[\d.,]+(e[-+]?\d+)?%?\s*$)'*[=+\-@\t\r＝＋－＠]", re.IGNORECASE)


def write_csv(path: Path, rows: pd.DataFrame) -> None:
    """Add rows to a file as `as_csv` writes them, a block at a time: the text of a million takes as much as they do."""
    with path.open("a", encoding="utf-8", newline="") as file:
        for start in range(0, max(len(rows), 1), _BLOCK):
            file.write(as_csv(rows[start : start + _BLOCK], header=file.tell() == 0))


def as_csv(rows: pd.DataFrame, header: bool = True) -> str:
    """Rows as a CSV file that Excel opens, too: marked as UTF-8, and none of its cells a formula."""
    is_number = pd.api.types.is_numeric_dtype
    written = rows.apply(lambda column: column if is_number(column) else column.map(inert))
    written = written.set_axis([inert(str(name)) for name in rows], axis=1)
    return "\ufeff" * header + written.to_csv(index=False, header=header, float_format="%.6g")


def inert(cell: object) -> object:
    """A text that would be a formula, with an apostrophe before it, as people type it in a spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def as_it_was(cell: object) -> object:
    """The text before `inert` changed it."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and _FORMULA.match(cell) else cell
