"""Lists of words, from the files in ``data/``: each is read once, when first needed, and refused if a word is wrong."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("data")
# Letters that Unicode does not decompose into a plain one and a mark; the marks of Latin, Greek and Arabic letters.
_PLAIN = str.maketrans("łđøı", "ldoi") | dict.fromkeys([*range(0x300, 0x370), *range(0x64B, 0x656)])
_QUOTES = re.compile("[\"'`´\u2018-\u201f«»‹›「」]")
# Scripts that are written together.
_TOGETHER = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "LATIN"}


class BrokenWords(Exception):
    """A file in ``data/`` is wrong; a class of its own, so that code for damaged input does not catch it."""


def fold(text: str) -> str:
    """In lower case, without accents, and ``ł đ ø ı`` as ``l d o i``; in Unicode's composed form."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return unicodedata.normalize("NFC", text)


@cache
def words(file: str) -> dict[str, Any]:
    """The tables of ``data/<file>.toml``: a string is a tuple of its words, a list is as it stands.

    Raises
    ------
    BrokenWords
        Where a list is empty or has a word twice; a word has a capital, a quotation mark, a blank at its end or
        letters of two scripts, or is not in Unicode's composed form.
    """
    tables = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
    return _checked(tables, file)


def require(holds: object, file: str, why: str) -> None:
    """Refuse a file of words unless `holds`."""
    if not holds:
        raise BrokenWords(f"data/{file}.toml: {why}")


def _checked(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        return {name: _checked(part, f"{place}.{name}") for name, part in value.items()}
    if isinstance(value, int):
        return value
    items = tuple(value.split()) if isinstance(value, str) else tuple(value)
    file, _, where = place.partition(".")
    folded = [fold(item) if isinstance(value, str) else item for item in items]  # expressions are not folded
    require(items, file, f"{where} is empty")
    for item, one in zip(items, folded, strict=True):
        why = _amiss(item) or ("is there twice" if folded.count(one) > 1 else "")
        if isinstance(value, str) and any(not c.isascii() and "LATIN" in unicodedata.name(c, "") for c in one):
            why = "has a letter that `fold` leaves as it is"
        require(not why, file, f"{item!r} of {where} {why}")
    return items


def _amiss(item: str) -> str:
    letters = re.sub(r"\\.", "", item)  # not those of a regular expression's classes
    if not item or item != " ".join(item.split()):
        return "is empty or has blanks around it"
    if _QUOTES.search(letters):
        return "has a quotation mark"
    if letters != letters.lower():
        return "has a capital letter"
    if item != unicodedata.normalize("NFC", item):
        return "is not in Unicode's composed form"
    scripts = {unicodedata.name(c, "?").split()[0].split("-")[0] for c in letters if unicodedata.category(c)[0] in "LM"}
    if len(scripts) > 1 and not scripts <= _TOGETHER:
        return f"mixes {' and '.join(sorted(scripts))}"
    return ""
