"""Several tables in one file: those with headlines are read, the others named."""

from __future__ import annotations

import io

import pandas as pd

from reading import TABLE, is_the_table, read_file


def test_titles_above_the_header_and_sheets_without_headlines_are_no_rows():
    memory = io.BytesIO()
    with pd.ExcelWriter(memory) as writer:
        TABLE.to_excel(writer, sheet_name="Results", index=False, startrow=4)
        writer.sheets["Results"]["A1"] = "Media monitoring"
        writer.sheets["Results"]["A2"] = "Exported on 1 June 2024"
        pd.DataFrame({"paper": ["Coast Post"], "articles": [2]}).to_excel(writer, sheet_name="Counts", index=False)
    headlines = read_file(memory.getvalue(), "news.xlsx")
    assert is_the_table(headlines) and any("'Counts' is left out" in note for note in headlines.notes)
