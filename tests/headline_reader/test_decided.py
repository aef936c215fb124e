"""Decisions from whole columns are made once."""

from __future__ import annotations

from headline_reader.decided import ROWS, Decided, spread_over


def test_the_second_chunk_of_a_file_is_understood_as_the_first():
    decided = Decided()
    assert decided.once("longest", max, [3, 9, 4]) == 9
    assert decided.once("longest", max, [100]) == 9 and decided == {"longest": 9}
    assert Decided().once("rows", lambda a, b: (a, b), "abcd", "efgh", rows=[0, 3]) == (["a", "d"], ["e", "h"])


def test_a_large_table_is_decided_by_evenly_spread_rows_of_which_half_remain_as_it_grows():
    assert spread_over(ROWS) is None
    few, more = spread_over(ROWS + 1), spread_over(2 * ROWS + 1)
    assert len(few) == ROWS // 2 + 1 and (few.step, more.step) == (2, 4)
    assert set(more) & set(range(ROWS + 1)) == set(list(few)[::2])
