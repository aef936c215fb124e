"""The ledger of a run: how long each stage took, how much memory it reached, and whether it was computed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np


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


ledger: dict[str, Stage] = {}
_running: list[str] = []


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Time the block as stage `name` of this run; run again, the stage's entry is replaced.

    Used as a decorator too. A stage inside another belongs to the outer one and leaves no entry of its own.
    """
    entry = Stage(name)
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
        ledger[name] = entry


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
