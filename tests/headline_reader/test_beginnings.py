"""The beginning of a large file."""

from __future__ import annotations

import json

import pytest

from headline_reader.beginnings import beginning
from headline_reader.errors import ReaderError


def test_lines_are_cut_where_one_ends():
    assert beginning(b"title,date\nStorm,1\nFerry,2\n", 20, "a.csv") == b"title,date\nStorm,1\n"
    assert beginning(b"one long line", 5, "a.csv") == b"one l"
    lines = b'{"title": "Storm"}\n{"title": "Ferry"}\n'
    assert beginning(lines, 25, "a.jsonl") == b'{"title": "Storm"}\n'


@pytest.mark.parametrize("most", range(90, 200, 11))
def test_json_that_is_cut_anywhere_is_whole_up_to_its_last_record(most):
    records = [{"title": f'Storm {i}, [so] {{far}} "quoted\\\\"'} for i in range(3)]
    cut = json.loads(beginning(json.dumps({"status": "ok", "articles": records}).encode(), most, "a.json"))
    assert cut == {"status": "ok", "articles": [record for i, record in enumerate(records) if ends(records, i) <= most]}


def ends(records: list[dict], last: int) -> int:
    """Where a record ends in the file."""
    return len(json.dumps({"status": "ok", "articles": records[: last + 1]})) - len("]}")


def test_a_packed_file_is_refused_with_what_to_do():
    with pytest.raises(ReaderError, match="a.xlsx has more than 3 MB and is packed .*: unpack it"):
        beginning(b"PK\x03\x04", 3 << 20, "a.xlsx")
