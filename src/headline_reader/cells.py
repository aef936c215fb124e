"""Values of any kind as the text in a table of headlines."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .errors import ReaderError

#: A table with more cells than this is a decompression bomb, or too large for memory.
MOST_CELLS = 200_000_000
# Scripts that don't put spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_MANY, _LEAST = 5_000_000, 8  # values; and the least characters of each if there are more


def refuse_crumbs(values: int, text: str, name: str, what: str = "values") -> None:
    """Refuse millions of values of a few characters each, which are no headlines, before they fill memory."""
    if values > _MANY and values > len(text) / _LEAST:
        raise ReaderError(
            f"{name} has {values:,} {what} of a few characters each, which are no headlines: give a smaller part of it."
        )


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a point, times in ISO form, nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, str):  # half of a surrogate pair, as in truncated JSON, is no letter
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (dict, list)):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return ", ".join(value)
        if isinstance(value, list) and value and all(is_run(item) for item in value):
            return "".join(item if isinstance(item, str) else item["text"] for item in value)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and _is_day(value[0]):
            return "-".join(f"{int(part):02d}" for part in value[0])
        return json.dumps(value, ensure_ascii=False, default=str)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def is_run(item: Any) -> bool:
    """Whether this is a piece of formatted text, as Telegram's ``{"type": "bold", "text": "Storm"}``."""
    return isinstance(item, str) or (isinstance(item, dict) and "type" in item and isinstance(item.get("text"), str))


def _is_day(parts: list[Any]) -> bool:
    """``[2024, 3, 4]``, as CSL writes dates."""
    numbers = [str(part) for part in parts]
    return 2 <= len(numbers) <= 3 and all(map(str.isdecimal, numbers)) and 1600 < int(numbers[0]) < 2101


def text_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Records as a table of text, with a column for each name in any of them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) * len(rows) > MOST_CELLS:
        raise ReaderError(f"the records have {len(names):,} different names: give a list of articles.")
    cells = {str(name): [text_of(row.get(name)) for row in rows] for name in names}
    return pd.DataFrame(cells, index=range(len(rows)), dtype=object)


def is_text(value: str) -> bool:
    """Whether two letters or more make up most of it."""
    letters = sum(c.isalpha() for c in value)
    return letters >= 2 and letters >= 0.4 * len(value) or is_unspaced(value)


def is_unspaced(text: str, letters: int = 1) -> bool:
    """Whether a text has this number of letters in scripts that put no spaces between words."""
    return not text.isascii() and len(_UNSPACED.findall(text)) >= letters


def has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def literal(text: str) -> Any:
    """The value of a printed Python literal, None where it is no literal."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def one_line(text: str) -> str:
    """The beginning of a library's message, to quote in one of ours."""
    return " ".join(text.split())[:200]


def without_backslashes(values: list[str], marks: list[str]) -> list[str]:
    """The values without the backslashes before these marks."""
    if not marks:
        return values
    escaped = re.compile(rf"\\(?=[{re.escape(''.join(marks))}])")
    return [escaped.sub("", value) for value in values]


def escaped_marks(values: list[str]) -> list[str]:
    r"""The punctuation marks that an export escaped with a backslash: ``Slate \(blog\)`` and ``page\?id=1``.

    A mark counts if the column never has it without a backslash. A column with a backslash before a letter, as in
    paths, has none.
    """
    if not any("\\" in value for value in values):
        return []
    text = "\n".join(values)
    followed = Counter(re.findall(r"\\(.)", text))
    marks = [mark for mark, n in followed.items() if text.count(mark) == n]
    if sum(followed[mark] for mark in marks) < 5 or any(re.match(r"[\w\s\\]", mark) for mark in followed):
        return []
    return sorted(marks)


def cleaned(values: Iterable[str], may_change: str, change: Callable[[str], str]) -> list[str]:
    """The values, changed where the RE2 expression `may_change` is found; each distinct value is changed once."""
    out, known = list(values), dict[str, str]()
    for place in found_in(out, may_change):
        value = out[place]
        if value not in known:
            known[value] = change(value)
        out[place] = known[value]
    return out


def found_in(texts: list[str], expression: str) -> Iterator[int]:
    """The positions of the texts in which RE2 finds an expression; Arrow tests many while Python tests one."""
    for start in range(0, len(texts), 20_000):
        some = pa.array(texts[start : start + 20_000], pa.large_string())
        yield from (start + np.flatnonzero(pc.match_substring_regex(some, expression))).tolist()
