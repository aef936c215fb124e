"""How counts and values are written, in messages, tables and figures alike."""

from __future__ import annotations

from typing import Any


def said(value: Any) -> str:
    """A parameter's value, or a fact of a run, as text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def quoted(value: Any) -> str:
    """The beginning of a value, for a message; what it is where it takes lines, as a table does."""
    said = f"a {type(value).__name__}" if "\n" in repr(value) else repr(value)
    return said if len(said) <= 100 else f"{said[:80]}..."


def count(n: int, noun: str, plural: str = "") -> str:
    """``1 run``, ``2 runs``."""
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def sentence(note: str) -> str:
    """A note with a full stop, if it has none."""
    return f"{note}." if note[-1:] not in ".?!" else note


def assigned(values: dict[str, Any]) -> str:
    """Parameters as assignments: ``words = 0.2, days = 0.15``."""
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())


def said_of_newcomers(n: dict[str, int], run: str = "") -> tuple[str, str, str]:
    """What became of new headlines, by the numbers of an assignment; the page sets the middle part in bold."""
    of = f" of {run}" if run else ""
    joined = f"{n['n_joined']:,} in {count(n['n_joined_stories'], 'story', 'stories')}{of}"
    known = f" In the run already: {n['n_known']:,}." if n.get("n_known") else ""
    return (
        f"{count(n['n_newcomers'], 'new headline')}: {joined}, {n['n_in_emerging']:,} in",
        count(n["n_emerging"], "emerging story", "emerging stories"),
        f", {n['n_alone']:,} in none.{known}",
    )
