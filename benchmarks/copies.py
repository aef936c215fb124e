"""Labelled sets with near-copies of their headlines, as wire services and aggregators make them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pandas as pd

#: The endings of twenty copies of one headline.
ENDINGS = """today|now|again|here|update|video|live|photo|report|news|latest|in full|first|more|tonight|online|briefly
|at noon|by phone|on air""".replace("\n", "").split("|")


def thirds(rows: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Every third headline twice more, with a word after it."""
    for _, row in rows.iloc[::3].iterrows():
        for word in (" today", " now"):
            yield {**row, "title": row["title"] + word}


def tenths(rows: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Every tenth headline twenty times more."""
    for _, row in rows.iloc[::10].iterrows():
        for ending in ENDINGS:
            yield {**row, "title": f"{row['title']} {ending}"}


def six_kinds(rows: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Every third headline twice more, each time changed in another of six ways, drawn with a seed."""
    draw = random.Random(0)
    for place, (_, row) in enumerate(rows.iloc[::3].iterrows()):
        for kind in (2 * place % 6, (2 * place + 1) % 6):
            yield {**row, "title": _changed(row["title"], kind, draw)}


#: How copies are made, by their names in the table.
COPIES: dict[str, Callable[[pd.DataFrame], Iterator[dict]]] = {
    "every third headline twice more": thirds,
    "every tenth headline twenty times more": tenths,
    "every third headline twice more, in six ways": six_kinds,
}


def with_copies(path: object, rule: Callable) -> pd.DataFrame:
    """The rows of a CSV file, and copies of some below."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.concat([rows, pd.DataFrame(list(rule(rows)))], ignore_index=True)


def _changed(title: str, kind: int, draw: random.Random) -> str:
    words, place = title.split(), draw.randrange(1, max(2, len(title) - 1))
    if kind == 1 and len(words) > 3:  # two words change places
        first = draw.randrange(len(words) - 1)
        words[first : first + 2] = words[first + 1], words[first]
        return " ".join(words)
    return [
        f"{title} - Daily Courier",
        title,
        title[:place] + title[place + 1 :],  # a typing error
        title[: max(10, int(0.85 * len(title)))],  # cut off
        " ".join(["Now" if words[0] != "Now" else "Today", *words[1:]]),
        f"UPDATE 1-{title}",
    ][kind]
