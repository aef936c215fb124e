"""Workbooks of Excel and LibreOffice: their sheets, dates and repeated cells."""

from __future__ import annotations

import io
import zipfile

import pytest

from headline_reader import ReaderError
from reading import TABLE, is_the_table, read_file


def opendocument(rows: str) -> bytes:
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<o:document-content xmlns:o="{oasis}:office:1.0" xmlns:t="{oasis}:table:1.0" xmlns:x="{oasis}:text:1.0">'
            f'<o:body><o:spreadsheet><t:table t:name="Sheet1">{rows}</t:table></o:spreadsheet></o:body>'
            "</o:document-content>",
        )
    return memory.getvalue()


def cell(text: str, kind: str = "") -> str:
    typed = f' o:value-type="date" o:date-value="{text}"' if kind == "date" else ""
    return f"<t:table-cell{typed}><x:p>{'17 May' if typed else text}</x:p></t:table-cell>"


def test_a_spreadsheet_of_libreoffice_is_read_with_its_dates_and_repeated_cells():
    head = "".join(map(cell, ["Headline", "Date", "", "Source"]))
    rows = [
        f"<t:table-row>{head}</t:table-row>",
        '<t:table-row t:number-rows-repeated="2"><t:table-cell/></t:table-row>',
    ]
    blank = '<t:table-cell t:number-columns-repeated="1"/>'
    for title, day, paper in TABLE.itertuples(index=False):
        rows.append(f"<t:table-row>{cell(title)}{cell(day, 'date')}{blank}{cell(paper)}</t:table-row>")
    rows.append(
        '<t:table-row t:number-rows-repeated="1048570"><t:table-cell t:number-columns-repeated="1024"/></t:table-row>'
    )
    assert is_the_table(read_file(opendocument("".join(rows)), "news.ods"))


def test_a_spreadsheet_that_says_it_has_a_billion_rows_is_refused():
    row = f'<t:table-row t:number-rows-repeated="999999999">{cell("Storm nears the coast")}</t:table-row>'
    with pytest.raises(ReaderError, match="more cells than can be read"):
        read_file(opendocument(row))


def test_the_xml_that_excel_wrote_in_2003_is_read_with_cells_left_out():
    rows = "<Row><Cell><Data>Title</Data></Cell><Cell><Data>x</Data></Cell><Cell><Data>Date</Data></Cell>"
    rows += "<Cell><Data>Source</Data></Cell></Row>"
    for title, day, paper in TABLE.itertuples(index=False):
        rows += f'<Row><Cell><Data>{title}</Data></Cell><Cell ss:Index="3"><Data>{day}T00:00:00.000</Data></Cell>'
        rows += f"<Cell><Data>{paper}</Data></Cell></Row>"
    namespace = "urn:schemas-microsoft-com:office:spreadsheet"
    book = (
        f'<Workbook xmlns="{namespace}" xmlns:ss="{namespace}"><Worksheet ss:Name="A"><Table>{rows}</Table></Worksheet>'
    )
    assert is_the_table(
        read_file(f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>{book}</Workbook>', "a.xls")
    )
