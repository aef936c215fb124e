"""Rows of a collection that newsclust did not fill."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from newsclust.errors import NewsclustWarning, StoreError
from newsclust.vectors import own_rows
from newsclust.vectors.own_rows import Schema, literal, one_of, read_keys, read_rows

NUMBERS = Schema("news", "the collection news", {}, {"key": "INT64"}, "key", "vector", 4, "L2", 0)


class Milvus:
    """Answers as a collection with these keys does, a page at a time."""

    def __init__(self, keys: list[int], n: int | None = None):
        self.keys, self.n, self.asked = keys, len(keys) if n is None else n, []

    def query(self, name, filter="", limit=None, output_fields=(), **_):
        self.asked.append(filter)
        if output_fields == ["count(*)"]:
            return [{"count(*)": self.n}]
        after = int(filter.rpartition("> ")[2]) if "> " in filter else -1
        return [{"key": key, "text": f"text {key}"} for key in self.keys if key > after][:limit]


def test_a_key_is_data_whatever_is_in_it():
    assert literal(-7) == "-7" and literal('a"b\\c\n') == r'"a\"b\\c\n"'
    assert one_of(SimpleNamespace(key="guid"), ["a", 'b" or 1 == 1']) == r'guid in ["a", "b\" or 1 == 1"]'


def test_all_keys_are_read_page_by_page(monkeypatch):
    monkeypatch.setattr(own_rows, "MAX_LIMIT", 3)
    keys = [2, 3, 5, 8, 13, 21, 34]
    found = read_keys(Milvus(keys), NUMBERS)
    assert found.dtype == np.int64 and found.tolist() == keys


def test_keys_missing_from_the_count_give_a_notice_and_keys_out_of_order_are_refused(monkeypatch):
    monkeypatch.setattr(own_rows, "STALE_SECONDS", 0)
    with pytest.warns(NewsclustWarning, match="the collection news counts 9 rows, and 3 different keys were read"):
        assert read_keys(Milvus([1, 2, 3], 9), NUMBERS).tolist() == [1, 2, 3]
    with pytest.raises(StoreError, match="does not answer in the order of the keys, so rows could be lost"):
        read_keys(Milvus([2, 1]), NUMBERS)


def test_each_row_goes_to_the_place_of_its_key_and_a_lost_one_is_an_error():
    found = {place: row["text"] for place, row in read_rows(Milvus([7, 5]), NUMBERS, np.array([5, 7]), ["text"])}
    assert found == {0: "text 5", 1: "text 7"}
    with pytest.raises(StoreError, match="lost rows while it was read, such as that of 9"):
        list(read_rows(Milvus([5]), NUMBERS, np.array([5, 9]), ["text"]))
