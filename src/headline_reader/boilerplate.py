"""Text in headline fields that is not news: "Continue reading", pages for robots, names of newspapers."""

from __future__ import annotations

import re
from functools import cache

from .wordlists import words

#: Characters from the end of a description within which text to remove begins.
REACH = 420
REMOVED = re.compile(
    r"[\[(<]\s*(?:removed|deleted|untitled|no title|unavailable|redacted)(?: by \w+)?\s*[\])>]", re.IGNORECASE
)


@cache
def tails() -> list[tuple[tuple[str, ...], re.Pattern[str]]]:
    """Expressions for text to remove from the end of a description, each with strings of which a match contains one.

    Searching for the strings first halves the time.
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
    """An RE2 expression that is found in every description with one of `tails`."""
    letters = [re.escape(some) for several, _ in tails() for some in several if len(some) > 1]
    more = _any_of("tails", "more").replace(r"\b", "").replace(".{0,60}", ".*")
    asked = re.sub("[iı]", "[iıİ]", rf"{'|'.join(letters)}|{more}[ .…»>→›\])|]*$")  # Python matches them alike
    return rf"(?i:{asked})|[\])] *$"


@cache
def may_be_none() -> str:
    """An RE2 expression that is found in every title whose text shows that it is no headline."""
    return rf"^[\[(<]|^(?i:https?://|www\.|{_any_of('titles', 'robots')}$)".replace(r"\w", r"\S")


@cache
def robots() -> re.Pattern[str]:
    """Titles of pages that were served to a program instead of the article."""
    return re.compile(_any_of("titles", "robots"), re.IGNORECASE)


@cache
def programs() -> re.Pattern[str]:
    """Programs that posts are sent with, which X's exports call their source."""
    return re.compile(_any_of("titles", "programs"), re.IGNORECASE)


@cache
def outlet() -> re.Pattern[str]:
    """Words in the names of newspapers, and host names."""
    name, end = _any_of("titles", "outlets"), _any_of("titles", "hosts")
    return re.compile(rf"\b{name}\b|^[\w-]+(?:\.[\w-]+)*\.{end}(?:\.\w\w)?$", re.IGNORECASE)


def _any_of(table: str, name: str) -> str:
    return f"(?:{'|'.join(words('boilerplate')[table][name])})"
