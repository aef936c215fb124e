"""Texts of all lengths in batches of one shape."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: A text longer than a pack has one of its own, of its length rounded up to a multiple of this.
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
    """What one forward pass embeds: whole texts, end to end, in `size` places for tokens.

    Every matrix product of a pass has `size` rows, however many texts it holds and however long they are, and
    attention looks at each text alone. So a text's vector depends on the text alone, and nothing is padded but the
    last pack.
    """

    size: int
    spans: list[Span]

    @property
    def rows(self) -> list[int]:
        """Row numbers of the texts, in the order of the pack."""
        return [row for span in self.spans for row in span.rows]


def fill_packs(lengths: np.ndarray, size: int) -> Iterator[Pack]:
    """Put texts of these `lengths` into as few packs of `size` places as best fit decreasing finds.

    Parameters
    ----------
    lengths : ndarray of int, shape (n,)
        Tokens per text.
    size : int
        Places per pack.

    Yields
    ------
    Pack
        Longest texts first: memory that does not suffice is seen at once.
    """
    waiting: dict[int, deque[int]] = {}
    for row in np.argsort(lengths, kind="stable").tolist():
        waiting.setdefault(int(lengths[row]), deque()).append(row)
    left = sorted(waiting)
    while left:
        longest = left[-1]
        room = total = size if longest <= size else -(-longest // STEP) * STEP
        spans = []
        while left:
            fits = bisect_right(left, room) - 1
            if fits < 0 or (longest > size and spans):
                break
            length = left[fits]
            count = 1 if longest > size else min(len(waiting[length]), room // max(length, 1))
            spans.append(Span(total - room, length, [waiting[length].popleft() for _ in range(count)]))
            room -= count * length
            if not waiting[length]:
                left.pop(fits)
        yield Pack(total, spans)
