"""Decisions from whole columns, so that a file read in chunks is understood as if it were read whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
#: The most rows that decide; in a larger table they are evenly spread.
ROWS = 20_000


class Decided(dict[str, Any]):
    """Decisions by name: each is made once, and then holds for all further rows."""

    def once(
        self, what: str, decide: Callable[..., T], *columns: Sequence[Any], rows: Sequence[int] | None = None
    ) -> T:
        """The decision `what`, which `decide` makes at first from the columns, or from these rows of them."""
        if what not in self:
            some = columns if rows is None else [[column[row] for row in rows] for column in columns]
            self[what] = decide(*some)
        return self[what]


def step(n: int) -> int:
    """The s in "every s-th of `n` rows decides": a power of two, so that a sample can be halved while `n` grows."""
    return 1 << max((n - 1) // ROWS, 0).bit_length()


def spread_over(n: int) -> range | None:
    """The rows that decide, None where all do."""
    return None if n <= ROWS else range(0, n, step(n))
