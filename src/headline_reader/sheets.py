"""Several tables in one file, as workbooks and databases have them: those with headlines, below each other."""

from __future__ import annotations

from .errors import listed
from .roles import any_title
from .tables import Table, below_each_other


def has_titles(table: Table) -> bool:
    """Whether a column of the table is named like headlines."""
    return table.headed and any_title(table.rows.columns)


def with_headlines(tables: dict[str, Table], without: list[str], name: str, kind: str) -> Table:
    """One table from all that have such a column, else from the largest; a note names the others.

    Parameters
    ----------
    tables : dict of str to Table
        By name, at least one.
    without : list of str
        Names of other parts of the file, in which no table was found.
    name, kind : str
        What messages call the file, and such a part of it: "sheet", "table".
    """
    named = {title: table for title, table in tables.items() if has_titles(table)}
    if not named:
        title = max(tables, key=lambda title: tables[title].rows.size)
        named = {title: tables[title]}
    without = without + [title for title in tables if title not in named]
    read = below_each_other(list(named.values()), **{kind: list(named)})
    if without:
        n = sum(len(tables[title].rows) for title in without if title in tables)
        many = f" ({n:,} row{'s' * (n != 1)})" * (n > 0)
        read.notes.append(f"of {name} the {kind} {listed(without)} is left out: it has no column of headlines{many}")
    return read
