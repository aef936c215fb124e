"""Workbooks of Excel, new and old, and of LibreOffice: the sheets with headlines, below each other."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from .cells import MOST_CELLS, text_of
from .errors import ReaderError, refused
from .sheets import with_headlines
from .tables import MOST_COLUMNS, Table, table_of_records, with_links

_LARGE = 20_000_000  # bytes: reading a larger workbook again for the links of its cells takes too long
_MARKS = (b"<mergeCell ", b"<hyperlink ", b"HYPERLINK(")
_HYPERLINK = re.compile(r'=HYPERLINK\(\s*"([^"]+)"\s*(?:[,;]\s*"((?:[^"]|"")*)"\s*)?\)', re.IGNORECASE)


def read_zipped_document(content: bytes, name: str) -> Table:
    """A zip that is one document: archives were unpacked before."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.namelist()
        about = archive.read("mimetype")[:100] if "mimetype" in members else b""
    if "xl/workbook.xml" in members:
        return _sheets(_xlsx(content, name), name)
    if b"opendocument.spreadsheet" in about:
        return _sheets(_ods(content, name), name)
    kinds = {"word/document.xml": "a Word document", "ppt/presentation.xml": "a presentation"}
    kinds["xl/workbook.bin"] = "an xlsb"
    kind = next((kind for member, kind in kinds.items() if member in members), "an OpenDocument file")
    raise ReaderError(f"{name} is {kind}: save the table in it as Excel (.xlsx) or CSV and give that file.")


def _xlsx(content: bytes, name: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    import warnings

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns about styles that it leaves out
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = (archive.read(part) for part in archive.namelist() if "/worksheets/sheet" in part)
            more = len(content) < _LARGE and any(mark in xml for xml in sheets for mark in _MARKS)
        try:
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible" and len(book.worksheets) > 1:
                    continue
                sheet.reset_dimensions()  # the size that a sheet states is often wrong
                records, cells = [], 0
                for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                    cells += len(row) + 1
                    if cells > MOST_CELLS // 10:
                        raise ReaderError(f"{name} has more cells than can be read: save the sheet as CSV.")
                    records.append((number, [text_of(cell) for cell in row]))
                if more:
                    _complete(records, content, sheet.title)
                yield sheet.title, records
        finally:
            book.close()


def _complete(records: list[tuple[int, list[str]]], content: bytes, title: str) -> None:
    """Fill in what openpyxl leaves out when it reads row by row: cells merged downwards, and the links of cells."""
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(content))[title]
    for area in sheet.merged_cells.ranges if records else ():
        for row in records[area.min_row : area.max_row] if area.min_col == area.max_col else ():
            first, column = records[area.min_row - 1][1], area.min_col - 1
            row[1].extend([""] * (area.min_col - len(row[1])))
            row[1][column] = row[1][column] or "".join(first[column : column + 1])
    links = []
    for (_, record), cells in zip(records, sheet.iter_rows(max_row=len(records)), strict=False):
        links.append([""] * len(record))
        for i, cell in enumerate(cells[: len(record)]):
            formula = _HYPERLINK.match(cell.value) if isinstance(cell.value, str) else None
            record[i] = record[i] or (formula[2] or formula[1]).replace('""', '"') if formula else record[i]
            target = formula[1] if formula else getattr(cell.hyperlink, "target", None) or ""
            links[-1][i] = target if target.startswith("http") else ""
    if any(map(any, links)):
        with_links(records, links)


def _ods(content: bytes, name: str) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
    """The sheets of an OpenDocument spreadsheet (OpenDocument v1.3, part 3, chapter 9).

    Read by hand: odfpy builds the whole document first, and calamine does not terminate on some damaged files.
    """
    from defusedxml.ElementTree import iterparse

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("content.xml")
    limit = 2_000_000 + len(xml)  # a row that is repeated a million times takes no more bytes than one
    title, number, cells = "", 0, 0
    records: list[tuple[int, list[str]]] = []
    for event, element in iterparse(io.BytesIO(xml), events=("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if event == "start" and tag == "table":
            title, number, records = _attribute(element, "name"), 0, []
        elif event == "end" and tag == "table-row":
            record = _ods_row(element)
            times = _repeats(element, "rows")
            if record:
                cells += times * len(record)
                if cells > limit:
                    raise ReaderError(f"{name} has more cells than can be read: save the sheet as CSV.")
                records += [(number + i, record) for i in range(1, times + 1)]
            number += times
            element.clear()
        elif event == "end" and tag == "table":
            yield title, records
            element.clear()


def _ods_row(row: Any) -> list[str]:
    record: list[str] = []
    for cell in row:
        kind = _attribute(cell, "value-type")
        if kind in ("date", "time", "boolean"):
            text = _attribute(cell, f"{kind}-value")
            if match := re.fullmatch(r"PT(\d+)H(\d+)M([\d.,]+)S", text):
                text = ":".join(part.zfill(2) for part in match.groups())
        elif kind in ("float", "percentage", "currency"):
            text = text_of(float(_attribute(cell, "value") or "nan"))
        else:
            text = "\n".join("".join(p.itertext()) for p in cell if p.tag.endswith("}p"))
        record += [text] * min(_repeats(cell, "columns"), MOST_COLUMNS)
        if len(record) > 2 * MOST_COLUMNS:
            break
    while record and not record[-1]:
        record.pop()
    return record


def _repeats(element: Any, what: str) -> int:
    times = _attribute(element, f"number-{what}-repeated")
    return int(times) if times.isdecimal() and 0 < len(times) < 10 else 1


def _attribute(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def read_xml_workbook(top: Any, name: str) -> Table:
    """Excel's XML of 2003, which web sites still export."""

    def sheets() -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
        for sheet in top.iter():
            if sheet.tag.rpartition("}")[2] != "Worksheet":
                continue
            records: list[tuple[int, list[str]]] = []
            for row in (row for row in sheet.iter() if row.tag.rpartition("}")[2] == "Row"):
                record: list[str] = []
                for cell in row:
                    index = _attribute(cell, "Index")  # cells left out before it are blank
                    if index.isdecimal() and len(record) < int(index[:6]) <= MOST_COLUMNS:
                        record += [""] * (int(index) - 1 - len(record))
                    record.append("".join("".join(part.itertext()) for part in cell if part.tag.endswith("}Data")))
                records.append((len(records) + 1, record))
            yield _attribute(sheet, "Name"), records

    return _sheets(sheets(), name)


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
                records.append((number + 1, cells))
            yield sheet.name, records

    return _sheets(sheets(), name)


def _sheets(sheets: Iterator[tuple[str, list[tuple[int, list[str]]]]], name: str) -> Table:
    """The sheets with headlines, below each other; a note names the others."""
    tables: dict[str, Table] = {}
    without: list[str] = []
    with refused(name, "a damaged or locked workbook", "save it again, or as CSV UTF-8", "save the sheet as CSV"):
        for title, records in sheets:
            if not any(any(cells) for _, cells in records):
                continue
            try:
                tables[title] = table_of_records(records, f"sheet {title} of {name}")
            except ReaderError:
                without.append(title)
    if not tables:
        raise ReaderError(f"{name} is a workbook without a table in it: check that all of it was saved.")
    return with_headlines(tables, without, name, "sheet")
