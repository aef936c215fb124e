"""Cells of CSV files that a spreadsheet would run as formulas: written as text, and read back as they were."""

from __future__ import annotations

import re

import pandas as pd

#: What a spreadsheet takes for the beginning of a formula, behind any apostrophe of ours; a mere number is none.
_FORMULA = re.compile(r"(?!\s*[-+]?[\d.,]+(e[-+]?\d+)?%?\s*$)'*[=+\-@\t\r＝＋－＠]", re.IGNORECASE)


def as_csv(rows: pd.DataFrame) -> str:
    """Rows as a file that Excel opens too, its letters marked as UTF-8 and none of its cells a formula."""
    is_number = pd.api.types.is_numeric_dtype
    columns = [
        rows.iloc[:, at] if is_number(kind) else rows.iloc[:, at].map(inert) for at, kind in enumerate(rows.dtypes)
    ]
    written = (pd.concat(columns, axis=1) if columns else rows).set_axis([inert(str(name)) for name in rows], axis=1)
    return "\ufeff" + written.to_csv(index=False, float_format="%.6g")


def inert(cell: object) -> object:
    """A text with an apostrophe before it, as one types in a spreadsheet, where it would be a formula."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def as_it_was(cell: object) -> object:
    """What `inert` was given."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and _FORMULA.match(cell) else cell
