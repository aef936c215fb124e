"""Errors and notices for users: a sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .stages import current_log, logged


class NewsclustError(Exception):
    """An error that the user can fix.

    Notebooks show only the message, without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython calls this instead of formatting the stack (IPython.core.interactiveshell.showtraceback).
        return [f"{type(self).__name__}: {self}"]


class ParameterError(NewsclustError):
    """A parameter has a wrong name, type or value, or does not fit the others."""


class InputError(NewsclustError):
    """The headlines can't be found, fetched or read."""


class ModelError(NewsclustError):
    """The embedding model can't be found or loaded, or gives invalid vectors."""


class StoreError(NewsclustError):
    """The Milvus collection can't be opened or reached, or holds other data than it should."""


class RunError(NewsclustError):
    """A run or a grid is missing, not finished, damaged, or in use."""


def shortage(error: BaseException | str) -> str:
    """What the machine lacked, and what to do, if an error says so; "" if it is about something else."""
    text = f"{type(error).__name__}: {error}".casefold()
    return next((said for words, said in _SHORT_OF.items() if any(word in text for word in words)), "")


_SHORT_OF = {
    ("new thread", "pthread_create", "resource temporarily unavailable"): "no thread could be started: end other "
    "programs, or raise the limit (ulimit -u, ulimit -v, or a container's pids limit), and run again.",
    ("memoryerror", "cannot allocate memory", "unable to allocate", "bad_alloc", "out of memory"): "memory ran out: "
    "end other programs, or raise the limit (ulimit -v, or a container's), and run again.",
    ("too many open files",): "too many files are open: end other programs, or raise the limit (ulimit -n), and run "
    "again.",
}


class NewsclustWarning(UserWarning):
    """Something was done differently from what was asked, or is worth a look."""


def notice(text: str) -> None:
    """Show the user `text` as a `NewsclustWarning`, on one line and without a place in our code.

    The log keeps it also where the user's own filters hide warnings.
    """
    current_log().keep(text)
    warnings.warn(text, NewsclustWarning, stacklevel=3)


@contextmanager
def no_notices() -> Iterator[None]:
    """Neither show nor keep the notices of the block: they are about something else than the user's run."""
    with logged(), warnings.catch_warnings():
        warnings.simplefilter("ignore", NewsclustWarning)
        yield


def _show(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
    if not issubclass(category, NewsclustWarning):
        return _show_others(message, category, *where, **how)
    print(f"Note: {message}", file=sys.stderr)


_show_others = warnings.showwarning
warnings.showwarning = _show
warnings.simplefilter("always", NewsclustWarning, append=True)  # each time; a user's own filters go first
