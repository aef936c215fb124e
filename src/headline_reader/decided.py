"""What whole columns decide, so that a file that is read in chunks is decided as one that is read whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
#: The most rows that decide; of a larger table they are evenly spread.
ROWS = 20_000


class Decided(dict[str, Any]):
    """Decisions by name: each is made once, and what is there already holds for all further rows."""

    def once(
        self, what: str, decide: Callable[..., T], *columns: Sequence[Any], rows: Sequence[int] | None = None
    ) -> T:
        """What was decided, else what `decide` says of the columns, or of these rows of them."""
        if what not in self:
            some = columns if rows is None else [[column[row] for row in rows] for column in columns]
            self[what] = decide(*some)
        return self[what]


def step(n: int) -> int:
    """The s of "every s-th of `n` rows decides": a power of two, so that who does not know `n` yet can halve."""
    return 1 << max((n - 1) // ROWS, 0).bit_length()


def spread_over(n: int) -> range | None:
    """The rows that decide, None where all do."""
    return None if n <= ROWS else range(0, n, step(n))
