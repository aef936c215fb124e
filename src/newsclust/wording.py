"""How counts and values are said, in messages, tables and figures alike."""

from __future__ import annotations

from typing import Any


def said(value: Any) -> str:
    """A parameter's value, or a fact of a run, as one would say it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def count(n: int, noun: str, plural: str = "") -> str:
    """``1 run``, ``2 runs``."""
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def sentence(note: str) -> str:
    """A note with the end of a sentence, where it has none."""
    return f"{note}." if note[-1:] not in ".?!" else note


def assigned(values: dict[str, Any]) -> str:
    """Parameters as one would set them: ``words = 0.2, days = 0.15``."""
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())
