"""The log of a run: how long each stage took, how much memory it reached, whether it was computed, and the notices."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar
from weakref import WeakSet

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


@dataclass
class Stage:
    """One stage of a run.

    Attributes
    ----------
    seconds : float
        Wall-clock time.
    peak_mib : float
        The highest resident memory of the process during the stage, in MiB (on Linux; on Windows up to
        its end, elsewhere at its end).
    computed : bool
        False where the result was found in the store or the cache.
    """

    name: str
    seconds: float = 0.0
    peak_mib: float = 0.0
    computed: bool = True


@dataclass
class Log:
    """What happened while a result was made, and those before it.

    Attributes
    ----------
    stages : dict
        The stages by name, in the order in which they ended.
    notices : list of str
        The notices that were given.
    """

    stages: dict[str, Stage] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def keep(self, text: str) -> None:
        """Add a notice, unless it is there."""
        if text not in self.notices:
            self.notices.append(text)

    @property
    def seconds(self) -> dict[str, float]:
        """How long each stage took."""
        return {name: round(entry.seconds, 3) for name, entry in self.stages.items()}


#: Files that hold large arrays: when a stage begins, their pages leave the process's memory.
in_files: WeakSet[mmap.mmap] = WeakSet()
_log: ContextVar[Log] = ContextVar("log")
_running: list[str] = []


def current_log() -> Log:
    """The log of the block that runs; outside one a log that nobody keeps."""
    return _log.get(None) or Log()


@contextmanager
def logged(*before: Log) -> Iterator[Log]:
    """Keep a log of the block; it begins with those of the results `before`."""
    log = Log()
    for earlier in before:
        log.stages.update(earlier.stages)
        for text in earlier.notices:
            log.keep(text)
    token = _log.set(log)
    try:
        yield log
    finally:
        _log.reset(token)


@dataclass(frozen=True, eq=False, kw_only=True)
class Logged:
    """A result, with what happened until it was there.

    Attributes
    ----------
    log : Log
    """

    log: Log = field(default_factory=current_log, repr=False)


def step(take: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Let a step go on with the logs of the results that it is given: what else has happened is in none of them."""

    @wraps(take)
    def taken(*args: _Given.args, **given: _Given.kwargs) -> _Result:
        with logged(*(one.log for one in (*args, *given.values()) if isinstance(one, Logged))):
            return take(*args, **given)

    return taken


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Time the block as stage `name` of the log; run again, the stage's entry is replaced.

    Used as a decorator too. A stage inside another belongs to the outer one and leaves no entry of its own.
    """
    import numpy as np

    entry = Stage(name)
    for file in list(in_files):
        file.madvise(mmap.MADV_DONTNEED)  # what was written stays in the file
    _running.append(name)
    if len(_running) == 1:
        _forget_peak()
    start = time.perf_counter()
    try:
        with np.errstate(all="warn", under="ignore"):  # numpy's own, whatever the user has set
            yield entry
    finally:
        entry.seconds = time.perf_counter() - start
        entry.peak_mib = _peak_mib()
        _running.pop()
    if not _running:
        current_log().stages[name] = entry


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak resident set size


def _peak_mib() -> float:
    with suppress(OSError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    import psutil

    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss) / 2**20
