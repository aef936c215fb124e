"""Excel workbooks, new and old: the sheets with headlines, below each other."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pandas as pd

from ..errors import InputError
from .cells import MOST_CELLS, text_of
from .columns import is_name_of, listed
from .tables import Table, table_of_records


def read_zipped_document(content: bytes, name: str) -> Table:
    """A zip that is one document: archives were unpacked before."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.namelist()
    if "xl/workbook.xml" in members:
        return _sheets(_xlsx(content, name), name)
    kinds = {
        "word/document.xml": "a Word document",
        "ppt/presentation.xml": "a presentation",
        "xl/workbook.bin": "an xlsb",
    }
    kind = next((kind for member, kind in kinds.items() if member in members), "an OpenDocument file")
    raise InputError(f"{name} is {kind}: save the table in it as Excel (.xlsx) or CSV and give that file.")


def _xlsx(content: bytes, name: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles that it leaves out
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible" and len(book.worksheets) > 1:
                    continue
                sheet.reset_dimensions()  # what a sheet says of its size is often wrong
                records, cells = [], 0
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells += len(row) + 1
                    if cells > MOST_CELLS // 10:
                        raise InputError(f"{name} has more cells than can be read: save the sheet as CSV.")
                    record = [text_of(cell) for cell in row]
                    while record and not record[-1]:
                        record.pop()
                    records.append((number, record))
                yield sheet.title, records
        finally:
            book.close()


def read_xls(content: bytes, name: str) -> Table:
    import xlrd

    def sheets() -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
        for sheet in book.sheets():
            records = []
            for number in range(sheet.nrows):
                cells = []
                for cell in sheet.row(number):
                    value = cell.value
                    if cell.ctype == xlrd.XL_CELL_DATE:
                        value = xlrd.xldate_as_datetime(value, book.datemode)
                    elif cell.ctype == xlrd.XL_CELL_ERROR:
                        value = ""
                    cells.append(text_of(int(value) if isinstance(value, float) and value.is_integer() else value))
                while cells and not cells[-1]:
                    cells.pop()
                records.append((number + 1, cells))
            yield sheet.name, records

    return _sheets(sheets(), name)


def _sheets(sheets: Iterator[tuple[str, list[tuple[int, list[str]]]]], name: str) -> Table:
    """The sheets with headlines, below each other; others are told."""
    tables: dict[str, Table] = {}
    without: list[str] = []
    try:
        for title, records in sheets:
            if not any(any(cells) for _, cells in records):
                continue
            try:
                tables[title] = table_of_records(records, f"sheet {title} of {name}")
            except InputError:
                without.append(title)
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name} needs more memory than there is: save the sheet as CSV.") from None
    except Exception as error:  # what the readers raise depends on which byte is wrong
        raise InputError(
            f"{name} is a damaged or locked Excel workbook ({type(error).__name__}): save it again, or as CSV UTF-8."
        ) from None
    if not tables:
        raise InputError(f"{name} is a workbook without a table in it: check that all of it was saved.")
    named = {
        title: table
        for title, table in tables.items()
        if table.headed and any(is_name_of("title", str(column)) for column in table.rows.columns)
    }
    if not named:
        title = max(tables, key=lambda title: tables[title].rows.size)
        named = {title: tables[title]}
    without += [title for title in tables if title not in named]
    first, *others = named.values()
    if others:
        frames = [table.rows.assign(sheet=title) for title, table in named.items()]
        lines = [line for table in named.values() for line in table.lines]
        rejected = [row for table in named.values() for row in table.rejected]
        notes = [note for table in named.values() for note in table.notes]
        first = Table(pd.concat(frames, ignore_index=True).fillna(""), lines, rejected, notes, first.headed)
    if without:
        first.notes.append(f"of {name} the sheet {listed(without)} is left out: it has no column of headlines")
    return first
