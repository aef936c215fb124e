"""Garbage is collected less often where a process makes little of it, or ends soon."""

from __future__ import annotations

import atexit
import gc


def collect_less() -> None:
    """Look for garbage less often, since imports make little, and no more at the end, which took half a second."""
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)
