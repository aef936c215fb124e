"""Tables of headlines in web pages, and in files that web sites call Excel: HTML with the ending .xls."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from .cells import text_frame
from .errors import ReaderError
from .exports import factiva_record
from .sheets import has_titles, with_headlines
from .tables import MOST_COLUMNS, Table, table_of_records, with_links

_DEEPEST = 1000
_EXPORT = re.compile(rb"NETSCAPE-Bookmark|\b(?:add_date|time_added)=|class=.?\w*Headline\b", re.IGNORECASE)
_BARE = re.compile(r"\s*(<meta[^>]*>\s*)*<table[\s>]", re.IGNORECASE)
_OFFICE = re.compile(r"schemas-microsoft-com:office", re.IGNORECASE)


def read_html_tables(content: bytes, name: str) -> Table | None:
    """The tables of headlines in a page, with a column for the addresses that cells link to; None if it has none."""
    if not re.search(rb"<table[\s>]", content, re.IGNORECASE) and not _EXPORT.search(content) or _is_too_deep(content):
        return None
    from bs4 import BeautifulSoup, UnicodeDammit

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = UnicodeDammit(content, is_html=True).unicode_markup or content.decode("utf-8", "replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bs4 finds XML in it
            page = BeautifulSoup(text.replace("\0", ""), "lxml")  # which knows the end tags that may be left out
        if _EXPORT.search(content) and (rows := [*_bookmarks(page), *_articles(page)]):
            return Table(text_frame(rows))
        tables = {}
        for number, element in enumerate(page.find_all("table"), start=1):
            if element.find("table") is None and (table := _table(element, f"table {number} of {name}")) is not None:
                tables[str(number)] = table
    except (RecursionError, AssertionError, ValueError):  # what a parser raises for markup beyond repair
        return None
    if _BARE.match(text) or _OFFICE.search(text[:2000]):  # made for a spreadsheet
        return with_headlines(tables, [], name, "table") if tables else None
    named = {number: table for number, table in tables.items() if has_titles(table)}
    return with_headlines(named, [], name, "table") if named else None


def _bookmarks(page: Any) -> Iterator[dict[str, str]]:
    """A browser's bookmarks (Netscape's format), and Pocket's list."""
    for link in page.find_all("a", href=re.compile("^https?://")):
        if added := link.get("add_date") or link.get("time_added"):
            above = link.find_previous(["h1", "h2", "h3"])
            folder = " ".join(above.get_text(" ").split()) if above is not None else ""
            title = " ".join(link.get_text(" ").split())
            yield {"title": title, "url": link["href"], "time_added": added, "folder": folder}


def _articles(page: Any) -> Iterator[dict[str, str]]:
    """Factiva's article format."""
    for article in page.find_all(class_="article"):
        if title := article.find(class_=re.compile("Headline$")):
            heading = " ".join(title.get_text(" ").split())
            parts = (part for part in article.find_all(["div", "p"]) if not part.find(["div", "p"]))
            lines = [" ".join(part.get_text(" ").split()) for part in parts]
            row = factiva_record([heading, *(line for line in lines if line and line != heading)]) or {}
            yield {**row, "title": heading}


def _is_too_deep(content: bytes) -> bool:
    """Whether elements are nested so deep that the parser would not finish."""
    depth = 0
    for match in re.finditer(rb"<(/?)(?:table|div|span|ul|ol|section|article|font|center|b|i)[\s>]", content, re.I):
        depth += -1 if match[1] else 1
        if depth > _DEEPEST:
            return True
    return False


def _table(element: Any, name: str) -> Table | None:
    records: list[tuple[int, list[str]]] = []
    links: list[list[str]] = []
    for number, row in enumerate(element.find_all("tr"), start=1):
        cells = row.find_all(["td", "th"])
        record, addresses = [], []
        for cell in cells:
            span = cell.get("colspan") or "1"
            empty = [""] * (min(int(span), MOST_COLUMNS) - 1 if span.isdecimal() and len(span) < 6 else 0)
            link = cell.find("a", href=True)
            record += [" ".join(cell.get_text(" ").split()), *empty]
            addresses += [link["href"] if link and re.match("https?://", link["href"]) else "", *empty]
        records.append((number, record))
        links.append(addresses)
    with_links(records, links)
    try:
        return table_of_records(records, name) if len(records) > 1 else None
    except ReaderError:
        return None
