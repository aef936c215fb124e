"""The one error a user meets: a sentence that says what is wrong, where, and what to do."""

from __future__ import annotations


class NewsclustError(Exception):
    """Something the user can put right.

    Notebooks show the message alone, without a traceback of anybody's insides.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython calls this instead of formatting the stack (IPython.core.interactiveshell.showtraceback).
        return [f"{type(self).__name__}: {self}"]
