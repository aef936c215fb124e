"""Every text is in one pack, whole, and packs are full."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.vectors.packing import STEP, fill_packs
from points import examples


@settings(deadline=None, derandomize=True, max_examples=examples(200))
@given(st.lists(st.integers(1, 90), max_size=60), st.integers(1, 70))
def test_every_text_is_in_one_pack_and_whole(lengths, size):
    packs = list(fill_packs(np.array(lengths, dtype=int), size))
    assert sorted(row for pack in packs for row in pack.rows) == list(range(len(lengths)))
    for pack in packs:
        assert all(lengths[row] == span.length for span in pack.spans for row in span.rows)
        bounds = [bound for span in pack.spans for bound in (span.start, span.stop)]
        assert bounds == sorted(bounds)
        assert bounds[-1] <= pack.size
        # The shape of a pass depends on the texts in it alone.
        longest = max(lengths[row] for row in pack.rows)
        alone = len(pack.rows) == 1 and pack.size == -(-longest // STEP) * STEP
        assert pack.size == size if longest <= size else alone


def test_little_is_filled_up():
    lengths = np.random.default_rng(0).integers(8, 80, size=700)
    packs = list(fill_packs(lengths, 1024))
    assert sum(pack.size for pack in packs) < 1.03 * lengths.sum()
