"""The cleaning of titles and descriptions that needs whole columns: a channel's footers, numbers of lists, publishers
after titles; and which rows hold no headline.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from .boilerplate import REMOVED, may_be_none, may_end, outlet, robots
from .cells import cleaned, found_in, has_letter
from .decided import Decided
from .errors import listed
from .text import ADDRESSES, UNCLEAN, clean, cleaned_description, cleaned_publisher, key, plain

_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2139")  # Hangul fillers; the sign for information
_BULLET = re.compile(r"[-*•‣◦▪–—·]\s+(?=\S)")
_ORDINAL = re.compile(r"[(\[]?\d{1,5}[.):\]]\s+(?=\S)")
_TAIL = re.compile(r"^(.*\S)\s+([-–—|·•»]|::|\|\|)\s+(\S.*)$", re.DOTALL)
_ENDS = "footers of titles"

#: A title in parts: what it says, a separator, and what may be a publisher.
_Parts = tuple[str, ...] | None


def tidy(fields: pd.DataFrame, decided: Decided | None = None, rows: Sequence[int] | None = None) -> pd.DataFrame:
    """Clean titles, descriptions and publishers, and say which rows hold no headline, and why.

    Parameters
    ----------
    fields : DataFrame of str
        With title, description and publisher.
    decided : Decided, optional
        Earlier decisions about footers and publishers' names; missing ones are added.
    rows : sequence of int, optional
        The rows of `fields` that decide these, instead of all.

    Returns
    -------
    DataFrame
        The same columns, these three cleaned, with `text` (title, a line end, description; or the one of the two that
        is there), `key` (what makes two texts one document) and `reason`, "" where the row is a document.
    """
    decided = Decided() if decided is None else decided
    publishers = cleaned(fields["publisher"], "", cleaned_publisher)
    titles, descriptions = list(fields["title"]), list(fields["description"])
    titles = _without_footers(titles, decided.once(_ENDS, _footers, titles, rows=rows))
    titles = cleaned(titles, UNCLEAN, _plainly)
    titles = _without_markers(titles, decided.once("markers", _marker, titles, rows=rows))
    descriptions = _without_footers(descriptions, decided.once("footers", _footers, descriptions, rows=rows))
    descriptions = cleaned(cleaned(descriptions, UNCLEAN, _plainly), may_end(), cleaned_description)
    split: list[_Parts] = [None] * len(titles)
    for place in found_in(titles, r" (?:[-–—|·•»]|::|\|\|) "):
        split[place] = match.groups() if (match := _TAIL.match(titles[place])) else None
    tails = decided.once("tails", _tails, split, titles, publishers, rows=rows)
    titles, publishers = _without_tails(titles, publishers, split, *tails)
    descriptions = _without_refrains(descriptions, *decided.once("refrains", _refrains, descriptions, rows=rows))
    reasons, texts, keys = [""] * len(titles), list[str](), list[str]()
    odd = frozenset(found_in([title or text for title, text in zip(titles, descriptions, strict=True)], may_be_none()))
    papers = {publisher: key(publisher) for publisher in set(publishers)}
    for row, (title, description, publisher) in enumerate(zip(titles, descriptions, publishers, strict=True)):
        reasons[row] = _reason(title, description, row in odd) if title or description else "no text"
        heading, said = key(title), key(description)
        if title and description:
            rest = _without_title(description, title, said, heading, papers[publisher])
            said, description = said if rest == description else key(rest), rest
        if not title:  # a description alone is the headline
            title, description, heading, said = description, "", said, ""
        if REMOVED.fullmatch(description):
            description = said = ""
        texts.append(f"{title}\n{description}" if description else title)
        keys.append("" if reasons[row] else f"{heading} {said}".strip())
        titles[row], descriptions[row] = title, description
    columns = {"title": titles, "description": descriptions, "publisher": publishers, "text": texts, "key": keys}
    return pd.DataFrame({**fields, **columns, "reason": reasons}, index=fields.index, dtype=object)


def ends_left_out(decided: Decided) -> list[str]:
    """A note about what `tidy` took from the ends of titles, if it did."""
    ends = [end for often in decided.get(_ENDS, []) for end in sorted(often)]
    return [f"the end that many titles share is left out: {listed(ends)}"] if ends else []


def _plainly(text: str) -> str:
    return plain(clean(text))


def _reason(title: str, description: str, odd: bool) -> str:
    """Why a row is no document, "" if it is one."""
    head = title or description
    if odd:
        if REMOVED.fullmatch(head):
            return "removed by its publisher"
        if re.fullmatch(r"(?:https?://|www\.)\S+", head):
            return "an address, no headline"
        if len(head) < 120 and robots().fullmatch(head):
            return "a page for robots, no headline"
    if sum(map(str.isalpha, head[:24])) > 12:
        return ""
    text = f"{title} {description}"
    letters = sum(map(str.isalpha, text[:300]))
    if letters > 12:
        return ""
    letters -= sum(c in _BLANK_LETTERS for c in text)
    if letters <= 0:
        return "no word in it"
    if not text.isascii():
        signs = sum(unicodedata.category(c) in ("So", "Sk", "Cs") for c in text)
        words = len(re.findall(r"[^\W\d_]{2,}", text)) + len(re.findall("[\u3400-\u9fff]", text)) // 2
        if signs and words < 2:
            return "no word in it" if not words else "signs and one word, no headline"
    return ""


def _without_title(description: str, title: str, said: str, heading: str, paper: str) -> str:
    """The description; if it repeats the title, only what it adds. `said` and so on are the keys."""
    if not said or said == heading or said == f"{heading} {paper}".strip():
        return ""
    if description.startswith(title) and (rest := description[len(title) :]) and not rest[0].isalnum():
        rest = rest.lstrip(" .:;,-–—|…!?\n\"'”’")
        if paper and key(rest) == paper:
            return ""
        return rest if len(rest.split()) > 3 or len(rest) > 25 else ""
    if description[-1] in " .…" and len(said) > 15 and heading.startswith(said):
        return ""  # the title again, cut short
    return description


def _footers(texts: list[str]) -> list[set[str]]:
    """The lines, or sentences, that end a third of the texts or more, which are a channel's footers; the last first."""
    found: list[set[str]] = []
    for _ in range(4):
        different = list(dict.fromkeys(filter(None, texts)))
        some = different[:: len(different) // 2000 + 1]
        ends = Counter(_end(text) for text in some)
        often = {end for end, n in ends.items() if n >= max(5, 0.3 * len(some)) and len(end) > 3}
        if not often:
            break
        found.append(often)
        texts = _without_footers(texts, [often])
    return found


def _without_footers(texts: list[str], footers: list[set[str]]) -> list[str]:
    for often in footers:
        texts = [text[: _footer(text)].rstrip() if _end(text) in often else text for text in texts]
    return texts


def _end(text: str) -> str:
    return key(ADDRESSES.sub(" ", text[cut:])) if (cut := _footer(text)) else ""


def _footer(text: str) -> int:
    """Where the last line begins, or in a single line the last sentence; 0 where there is only one."""
    if "\n" in (text := text.rstrip()):
        return text.rfind("\n") + 1
    return _last_sentence(text) if len(text) > 40 else 0


def _marker(titles: list[str]) -> re.Pattern[str] | None:
    """The dots or numbers of a list, where nearly all titles begin with one."""
    for marker in (_BULLET, _ORDINAL):
        if len(titles) >= 3 and sum(bool(marker.match(title)) for title in titles) >= 0.8 * sum(map(bool, titles)) > 0:
            return marker
    return None


def _without_markers(titles: list[str], marker: re.Pattern[str] | None) -> list[str]:
    return [marker.sub("", title) for title in titles] if marker else titles


def _refrains(descriptions: list[str]) -> tuple[set[str], set[str]]:
    """The descriptions, and the last sentences of some, that the feed puts under everything."""
    n = sum(map(bool, descriptions))
    often = max(5, 0.05 * n)
    whole = Counter(filter(None, descriptions))
    refrains = {text for text, count in whole.items() if count >= often and len(whole) > 1}
    different = [text for text in whole if text not in refrains]
    ends = Counter(text[-8:] for text in different)  # the last letters of a common ending are as common
    may = [text for text in different if ends[text[-8:]] >= often]
    last = Counter(text[cut:] for text in may if (cut := _last_sentence(text)))
    return refrains, {tail for tail, count in last.items() if count >= often and len(tail) >= 15}


def _without_refrains(descriptions: list[str], refrains: set[str], tails: set[str]) -> list[str]:
    ends = {tail[-8:] for tail in tails}
    for place, text in enumerate(descriptions):
        if text in refrains:
            descriptions[place] = ""
        elif text[-8:] in ends and (cut := _last_sentence(text)) and text[cut:] in tails:
            descriptions[place] = text[:cut].rstrip()
    return descriptions


def _last_sentence(text: str) -> int:
    """Where the last sentence begins; 0 where there is only one."""
    cut = max(text.rfind(end, 0, len(text) - 2) for end in (". ", "! ", "? ", "… ", "| "))
    return cut + 2 if cut > 0 else 0


def _tails(split: list[_Parts], titles: list[str], publishers: list[str]) -> tuple[set[str], set[str], set[str]]:
    """What identifies a publisher after a title: the keys of known publishers, separators, and tails that recur.

    A tail is removed if it is the publisher of its row or of another one, or if it recurs like a publisher: most titles
    have a tail after the same separator and few different tails cover many titles, or it names a kind of newspaper.
    """
    known = {key(publisher) for publisher in set(publishers) if publisher} - {""}
    n_titles = max(len(set(filter(None, titles))), 1)  # a repeated title is no evidence
    by_sign: dict[str, Counter[str]] = {}
    for parts in dict.fromkeys(split):
        if parts and _names_someone(parts[2]):
            by_sign.setdefault(parts[1], Counter())[parts[2]] += 1
    everywhere, recurring = set(), set()
    for sign, ends in by_sign.items():
        total = sum(ends.values())
        again = sum(count for count in ends.values() if count > 1)
        if total >= 5 and total >= 0.6 * n_titles and again >= 0.3 * total and len(ends) <= 0.7 * total:
            everywhere.add(sign)
        often = max(3, 0.002 * n_titles)
        recurring |= {end for end, count in ends.items() if count >= often and outlet().search(end)}
    return known, everywhere, recurring


def _without_tails(
    titles: list[str],
    publishers: list[str],
    split: list[_Parts],
    known: set[str],
    everywhere: set[str],
    recurring: set[str],
) -> tuple[list[str], list[str]]:
    """Titles without " - Publisher", and the publishers that were only named there."""
    for place, parts in enumerate(split):
        if parts:
            body, sign, tail = parts
            cut = _same(tail, publishers[place]) or (
                _names_someone(tail) and (key(tail) in known or sign in everywhere or tail in recurring)
            )  # fmt: skip
            if cut and has_letter(body):
                titles[place], publishers[place] = body.rstrip(" -–—|·"), publishers[place] or tail
    return titles, publishers


def _same(tail: str, publisher: str) -> bool:
    """Whether a tail is the publisher, as a name or as an address: "The New York Times", "nytimes.com"."""
    if not publisher or not tail:
        return False
    one, other = key(tail).removeprefix("the "), key(publisher).removeprefix("the ")
    if one == other:
        return True
    if "." in publisher or "." in tail:
        squeezed = [re.sub(r"\W", "", re.sub(r"\.(?:com|org|net|co|\w\w)\b", "", t.lower())) for t in (tail, publisher)]
        return min(map(len, squeezed)) >= 3 and squeezed[0].removeprefix("the") == squeezed[1].removeprefix("the")
    return len(one) > 3 and (other.startswith(one + " ") or one.startswith(other + " ")) and len(tail) <= 50


def _names_someone(tail: str) -> bool:
    """Whether a tail could be a name: short, with capitals where the script has them."""
    if len(tail) > 50 or len(tail.split()) > 6 or not has_letter(tail) or tail[-1:] in "?!":
        return False
    first = next(c for c in tail if c.isalpha())
    return not first.islower() or bool(re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", tail))
