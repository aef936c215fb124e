"""What stands in fields of headlines without being news: "Continue reading", pages for robots, names of papers."""

from __future__ import annotations

import re
from functools import cache

from .wordlists import words

#: How far from the end of a description that which goes may begin.
REACH = 420
REMOVED = re.compile(
    r"[\[(<]\s*(?:removed|deleted|untitled|no title|unavailable|redacted)(?: by \w+)?\s*[\])>]", re.IGNORECASE
)


@cache
def tails() -> list[tuple[tuple[str, ...], re.Pattern[str]]]:
    """What goes from the end of a description, each behind letters one of which it can't be without.

    Looking for the letters first halves the time.
    """
    more, always, post, first = (_any_of("tails", name) for name in ("more", "always", "post", "first"))
    after = rf"""(?:^|(?<=[.!?…:;»”"')\]>।。！？])|\s[\[(|]|\s[-–—]|\s(?={always}))\s*[\[(]*"""
    address = r"(?:https?://|www\.|pic\.twitter\.com/|t\.co/)\S+"
    reddit = r"submitted by\s+/?u/\S+(?:\s+to\s+/?r/\S+)?(?:\s*\[link\])?(?:\s*\[comments\])?"
    return [
        (letters, re.compile(pattern, re.IGNORECASE))
        for letters, pattern in (
            (("",), rf"{after}{more}[\s.…»>→›\])|]*$"),
            (
                ("appeared", "apareci", "publicó", "apparu", "erschien", "proviene", "apareceu"),
                rf"(?s:\s*{post} .{{0,300}}?{first} .{{2,100}}$)",
            ),
            (("chars]",), r"\s*(?:\.\.\.|…)?\s*\[\+?\d+ (?-i:chars)\]\s*$"),
            (("]", ")"), r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|\(\s*(?:…|\.\.\.)\s*\))\s*$"),
            (("://", "www.", ".com/", "t.co/"), rf"(?:^|\s+){address}\s*$"),
            (("submitted",), rf"(?:^|\s+){reddit}\s*$"),
            (("[link]", "[comments]"), r"(?:^|\s+)\[(?:link|comments)\]\s*$"),
        )
    ]


@cache
def may_end() -> str:
    """What a description must have, in RE2's words, for one of `tails` to be in it."""
    letters = [re.escape(some) for several, _ in tails() for some in several if len(some) > 1]
    more = _any_of("tails", "more").replace(r"\b", "").replace(".{0,60}", ".*")
    asked = re.sub("[iı]", "[iıİ]", rf"{'|'.join(letters)}|{more}[ .…»>→›\])|]*$")  # which are one to Python
    return rf"(?i:{asked})|[\])] *$"


@cache
def may_be_none() -> str:
    """What a title must have, in RE2's words, to be no headline by what it says."""
    return rf"^[\[(<]|^(?i:https?://|www\.|{_any_of('titles', 'robots')}$)".replace(r"\w", r"\S")


@cache
def robots() -> re.Pattern[str]:
    """Titles of pages that were served to a program instead of the article."""
    return re.compile(_any_of("titles", "robots"), re.IGNORECASE)


@cache
def programs() -> re.Pattern[str]:
    """What a post was sent with, which X's exports call its source."""
    return re.compile(_any_of("titles", "programs"), re.IGNORECASE)


@cache
def outlet() -> re.Pattern[str]:
    """Words by which a name is a paper's, and names of hosts."""
    name, end = _any_of("titles", "outlets"), _any_of("titles", "hosts")
    return re.compile(rf"\b{name}\b|^[\w-]+(?:\.[\w-]+)*\.{end}(?:\.\w\w)?$", re.IGNORECASE)


def _any_of(table: str, name: str) -> str:
    return f"(?:{'|'.join(words('boilerplate')[table][name])})"
