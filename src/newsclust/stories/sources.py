"""The source of a headline: the agency or paper that its title or description names as such."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd

from ..corpus.words import word_file

_DASH, _CAPITALS, _SMALL = "[-–—―]", "A-ZÀ-ÖØ-ÞА-ЯЁ", "a-zß-öø-ÿа-яё"


def find_sources(documents: pd.DataFrame) -> np.ndarray:
    """The agencies and papers that each headline names as its source.

    Only a marked source counts, not any name: "(Reuters)" after a title, before a dash or after the place that a text
    begins with; "AP - " before a description and " - AP" after one; a dateline ("МОСКВА, 3 мар — РИА Новости."); "via",
    "source:" or "according to" before a name that ends its sentence or clause; a byline. So a headline about Reuters
    has no source. Only the names and words of `data/sources.toml` are recognised.

    Parameters
    ----------
    documents : DataFrame, n rows
        With `text`: the title, and after a line break the description.

    Returns
    -------
    ndarray of str, shape (n,)
        Names in alphabetical order, joined by ", "; "" if the text names none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names, anywhere, rules, prose = _rules()
    texts = documents["text"].to_numpy(dtype=object)
    may = pc.match_substring_regex(pa.array(texts, pa.large_string()), anywhere)
    found = np.full(len(texts), "", dtype=object)
    for row in np.flatnonzero(may.to_numpy(zero_copy_only=False)).tolist():
        said: set[str] = set()
        title, _, description = texts[row].partition("\n")
        for text in filter(None, (title, description)):
            is_prose = text is description or (not description and text[-1] in ".…")
            for rule in (*rules, *(prose if is_prose else ())):
                for match in rule.finditer(text):
                    parts = (
                        [match[1]] if match[1] in names else re.split(r"\s*[/,;&+]\s*| (?:and|und|et|y|e) ", match[1])
                    )
                    if not _is_spelt_out(text[: match.start(1)], parts[0]):
                        said |= {names[part] for part in parts if part in names}
        found[row] = ", ".join(sorted(said, key=str.casefold))
    return found


def _is_spelt_out(before: str, short: str) -> bool:
    """Whether the words before an abbreviation in brackets are its own: "Agence France-Presse (AFP)"."""
    initials = "".join(word[0] for word in re.findall(r"\w+", before)[-len(short) :])
    return before.endswith(("(", "[")) and len(short) > 1 and initials.upper() == short.upper()


@cache
def _rules() -> tuple[dict[str, str], str, list[re.Pattern[str]], list[re.Pattern[str]]]:
    """From ``data/sources.toml``: names by spelling, a pattern for any of these, and patterns for sources.

    The first group of a pattern is the name of the source. The last patterns are for descriptions alone.
    """
    tables = word_file("sources", _is_word, "composed, trimmed, and of marks in small letters")
    spelt, bracketed = tables["names"], tables["only_in_brackets"]
    names = {spelling: name for table in (spelt, bracketed) for name, all_of in table.items() for spelling in all_of}
    known, one = _any(names), _any(spelling for all_of in spelt.values() for spelling in all_of)
    mark = {name: _any(words) for name, words in tables["marks"].items()}
    name = rf"(?:(?i:{mark['article']})(?:(?<=['’])|\s+))*\(?({one})(?!\w)"
    ends = r"(?=['\"”’»]?\s*(?:$|[.)\]|\n](?!\w)))"
    several = rf"{known}(?:\s*(?:[/,;&+]|\b(?:and|und|et|y|e)\b)\s*(?:{known}|[a-z]{{2,4}}(?=[/)\]])))*"
    brackets = rf"[(\[（［【]({several})[)\]）］】]"
    date = r"\d{1,2}\.? [^\W\d_]{3,9}|[^\W\d_]{3,9}\.? \d{1,2}"
    rules = [
        rf"{brackets}\s*\.?$",
        rf"{brackets}\s*\.?,?\s*{_DASH}",
        rf"^{brackets}",
        rf"^[{_CAPITALS}]{{2}}[{_CAPITALS} .'’/-]*(?:,[^()\[\]]{{0,40}})?\s{brackets}",
        rf"^[^\W\d_][^.,!?:]{{1,30}}[.,]\s+(?:{date})\.?,?\s*[-–—―/]?\s*({one})/?(?=[.,:]|\s+{_DASH})",
        rf"^.{{0,60}}?(?:{date})\.?\s*/({one})/",
        rf"^[(\[［（【][^)\]］）】]{{0,20}}[ =＝]({one})[)\]］）】]",
        rf"^({one})\w{{1,14}}[电電讯訊]",
        rf"据({one})(?:\w{{0,12}})?(?:报道|消息|电)",
        rf"\S\s+[-–—―|]+\s*(?:[Tt]he\s+)?({one})\s*\.?$",
        rf"(?:^|[\s(\[])(?i:via)\s+@?{name}{ends}",
        rf"(?<!\w)(?i:{mark['source']})\s*[:：]\s*{name}{ends}",
        rf"(?<!\w)(?i:{mark['according']})\s+{name}(?=\s*(?:$|[.,;)\n](?!\w)))",
        rf"[,\"”“»]\s*(?i:{mark['reports']})\s+{name}{ends}",
        rf"^(?i:{mark['by']})\s+{name}(?=\s*(?:$|[.|,;\n]|{_DASH}))",
    ]
    prose = [rf"^(?:[Tt]he\s+)?({one})\s+{_DASH}+\s+(?![\s{_SMALL}])"]
    anywhere = "|".join(map(re.escape, sorted(names)))
    return names, anywhere, [re.compile(rule) for rule in rules], [re.compile(rule) for rule in prose]


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


def _is_word(table: str, word: str) -> bool:
    is_one = len(word) > 1 and word.strip() == word and unicodedata.is_normalized("NFC", word)
    return is_one and (table != "marks" or word == word.lower())
