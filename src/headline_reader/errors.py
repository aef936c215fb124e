"""Errors for callers: one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .wordlists import BrokenWords

#: A placeholder in messages for the caller's name of the source of headlines; no path and no text contains it.
SOURCE = "\0"


class ReaderError(Exception):
    """The headlines can't be found, fetched or read.

    Attributes
    ----------
    message : str
        The sentence, with `SOURCE` where it names the argument; ``str(error)`` has "source" there.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.replace(SOURCE, "source"))
        self.message = message


class ColumnsError(ReaderError):
    """`columns` is not a mapping of roles to names of columns."""


class NoHeadlines(ReaderError):
    """A table without headlines: if there are other files it is left out, alone it is refused.

    Attributes
    ----------
    column_names : list of str
        The columns of which the user may name one; empty if there are none.
    several : bool
        Whether each of them holds headlines.
    table : Table or None
        What was read, for display.
    """

    table: object = None

    def __init__(self, message: str, column_names: list[str] | None = None, several: bool = False) -> None:
        super().__init__(message)
        self.column_names, self.several = column_names or [], several


class ReaderNotice(UserWarning):
    """Not all that was asked for was read, or the result is worth a look; `message` is as in `ReaderError`."""

    def __init__(self, message: str) -> None:
        super().__init__(message.replace(SOURCE, "source"))
        self.message = message


def notice(message: str) -> None:
    warnings.warn(ReaderNotice(message), stacklevel=3)


@contextmanager
def refused(
    name: str, what: str, advice: str, smaller: str = "", errors: tuple[type[Exception], ...] = (Exception,)
) -> Iterator[None]:
    """Turn whatever a library raises, which depends on the damaged byte, into a sentence: `name` is `what`: `advice`.

    If memory runs out, the advice is `smaller`.
    """
    try:
        yield
    except (ReaderError, BrokenWords):
        raise
    except errors + (MemoryError,) as error:
        if smaller and isinstance(error, MemoryError):
            raise ReaderError(f"{name} needs more memory than there is: {smaller}.") from None
        raise ReaderError(f"{name} is {what} ({type(error).__name__}): {advice}.") from None


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names for a message: quoted, only the first few, long ones cut."""
    quoted = [repr(name if len(name) <= 60 else name[:57] + "...") for name in map(str, names)]
    return ", ".join(quoted[:most]) + (f" and {len(quoted) - most} more" if len(quoted) > most else "")
