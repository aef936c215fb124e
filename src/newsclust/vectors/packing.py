"""Texts of all lengths in batches of one shape."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

#: A text longer than a pack gets a pack of its own, with its length rounded up to a multiple of this.
STEP = 64


@dataclass(frozen=True)
class Span:
    """Texts of one length, one after the other in a pack."""

    start: int
    length: int
    rows: list[int]

    @property
    def stop(self) -> int:
        return self.start + len(self.rows) * self.length


@dataclass(frozen=True)
class Pack:
    """The input of one forward pass: whole texts, end to end, in `size` places for tokens.

    Every matrix product of a pass has `size` rows, for any number and lengths of texts, and attention is within each
    text. So a text's vector depends on the text alone, and only the last pack is padded.
    """

    size: int
    spans: list[Span]

    @property
    def rows(self) -> list[int]:
        """Row numbers of the texts, in the order of the pack."""
        return [row for span in self.spans for row in span.rows]


def fill_packs(lengths: np.ndarray, size: int, rows: Sequence[int] | None = None) -> Iterator[Pack]:
    """Put texts into packs of `size` places: long ones next to one another, and short ones into the remaining places.

    Parameters
    ----------
    lengths : ndarray of int, shape (n,)
        Tokens per text.
    size : int
        Places per pack.
    rows : sequence of int, optional
        Row numbers of the texts to pack; by default all of them.

    Yields
    ------
    Pack
        Longest texts first, so that too little memory shows at once.
    """
    order = np.arange(len(lengths)) if rows is None else np.asarray(rows)
    left = deque(order[np.argsort(-lengths[order], kind="stable")].tolist())
    length_of: list[int] = lengths.tolist()
    while left:
        longest = length_of[left[0]]
        alone = longest > size
        total = -(-longest // STEP) * STEP if alone else size
        chosen, room = [left.popleft()], total - longest
        while left and not alone and length_of[left[-1]] <= room:
            chosen.append(left.popleft() if length_of[left[0]] <= room else left.pop())
            room -= length_of[chosen[-1]]
        spans, start = [], 0
        for length, some in groupby(chosen, key=length_of.__getitem__):
            spans.append(Span(start, length, list(some)))
            start = spans[-1].stop
        yield Pack(total, spans)
