"""Large files in parts: the rows of the file, or a refusal that says why it must be read whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from headline_reader import parts

ROWS = pd.DataFrame({"title": [f"Storm {i} nears the coast" for i in range(100)], "date": "2024-05-17"})


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(parts, "BLOCK", 30)
    monkeypatch.setattr(parts, "BEYOND", 3)


FORMS = {
    "csv": lambda: ROWS.to_csv(index=False).encode(),
    "jsonl": lambda: ROWS.to_json(orient="records", lines=True).encode(),
    "csv.gz": lambda: gzip.compress(ROWS.to_csv(index=False).encode()),
    "parquet": lambda: ROWS.to_parquet(index=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_parts_are_the_rows_of_the_file_in_order(form):
    Path("rows").write_bytes(FORMS[form]())
    tables = list(parts.in_parts(Path("rows"), "rows"))
    assert len(tables) > 2 and max(len(table.rows) for table in tables) <= 33
    pd.testing.assert_frame_equal(pd.concat([t.rows for t in tables], ignore_index=True), ROWS, check_dtype=False)


@pytest.mark.parametrize(
    "content, why",
    [
        (json.dumps({"articles": ROWS.to_dict("records")}).encode() + b"\n", "JSON"),
        ("title,date\nCafé,2024-05-17\n".encode("latin-1") * 9, "not in UTF-8"),
        (FORMS["csv.gz"]()[:-30], "damaged"),
        (
            ROWS.head(40).to_csv(index=False).encode() + b"\nheadline,published,source\nStorm nears,2024,Post\n",
            "several",
        ),
    ],
)
def test_what_the_parts_would_get_wrong_is_left_to_reading_it_whole(content, why):
    Path("rows").write_bytes(content)
    with pytest.raises(parts.NotInParts, match=why):
        list(parts.in_parts(Path("rows"), "rows"))
