"""Feeds, lists of feeds and other XML: the elements that repeat are the rows."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from .cells import one_line, text_frame
from .errors import SOURCE, ReaderError, refused
from .html_tables import read_html_tables
from .json_records import records_table
from .tables import Table
from .workbooks import read_xml_workbook

_MARKUP = re.compile(
    r"\s*<(\?xml|!--|!doctype|html|head|body|rss|feed|rdf|opml|urlset|channel|\w+[\s>/])", re.IGNORECASE
)
_FEED = re.compile(r"<(?:\w+:)?(rss|feed|rdf|channel)[\s>]", re.IGNORECASE)


@dataclass
class Feeds:
    """A list of addresses of feeds, which hold the headlines; the list itself has none."""

    addresses: list[str] = field(default_factory=list)


def is_markup(start: str) -> bool:
    """Whether a text with this beginning looks like markup."""
    return bool(_MARKUP.match(start))


def read_markup(content: bytes, start: str, name: str) -> Table | Feeds | None:
    """A feed's entries, a list of feeds, or the elements of other XML that repeat; None where it is no markup."""
    whole = content[:200_000].decode("utf-8", "replace")
    if re.search(r"<opml[\s>]", whole, re.IGNORECASE):
        addresses = re.findall(r"""xmlUrl\s*=\s*["']([^"']+)["']""", content.decode("utf-8", "replace"), re.IGNORECASE)
        if not addresses:
            raise ReaderError(f"{name} is a list of feeds (OPML) without an address in it: give the feeds themselves.")
        return Feeds(list(dict.fromkeys(address.replace("&amp;", "&").strip() for address in addresses)))
    if _FEED.search(re.sub(r"<!--.*?-->", "", whole[:20_000], flags=re.DOTALL)) and not re.match(
        r"\s*<(!doctype html|html)", start, re.IGNORECASE
    ):
        return _feed(content, name)
    if re.match(
        r"\s*(<!--.*?-->\s*)*<(!doctype (?:html|netscape)|html|head|body)", whole, re.IGNORECASE | re.DOTALL
    ) or (re.search(r"<html[\s>]", whole[:3000].partition("</")[0], re.IGNORECASE)):
        if (table := read_html_tables(content, name)) is not None:
            return table
        page = f"{name} is a web page (HTML), not a table or feed of headlines"
        if b"from_name" in content and b"chat_page" in content:
            raise ReaderError(f"{name} is a page of Telegram's export: export the chat as JSON.")
        if not re.match("https?://", name):
            raise ReaderError(f"{page}: export its headlines as CSV, JSON or RSS and give that file.")
        raise ReaderError(f"{page}: download the file in a browser and give its path as {SOURCE}.")
    if re.match(r"\s*(<meta[^>]*>\s*)*<table[\s>]", start, re.IGNORECASE):
        return read_html_tables(content, name)
    ends = (content[:2000] + content[2000:][-2000:]).decode("utf-8", "replace")
    if re.match(r"\s*<\?xml", start) or re.match(r"\s*<(\w[\w:.-]*)[^<>]*>[\s\S]*</\1>\s*$", ends):
        return _elements(content, name)
    return None


def _feed(content: bytes, name: str) -> Table:
    import feedparser

    with refused(name, "a feed (RSS or Atom) that cannot be read", "fetch it again"):
        parsed = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    title = one_line(parsed.feed.get("title", ""))
    rows, rejected = [], []
    for number, entry in enumerate(parsed.entries, start=1):
        if (kind := entry.get("wp_post_type", "post")) not in ("post", "page"):  # of an export of WordPress
            rejected.append((number, f"an entry of the kind {kind}, no article", entry.get("title", "")))
            continue
        source = entry.get("source") or {}
        body = entry.get("content") or []
        rows.append(
            {
                "title": entry.get("title", ""),
                "link": entry.get("link", ""),
                "published": entry.get("published") or entry.get("updated", ""),
                "summary": entry.get("summary", "") or (body[0].get("value", "") if body else ""),
                "source": source.get("title", "") or entry.get("publisher", ""),
                "author": entry.get("author", ""),
                "tags": ", ".join(filter(None, (tag.get("term") for tag in entry.get("tags", [])))),
                "feed": title,
                "language": entry.get("language", "") or parsed.feed.get("language", ""),
            }
        )
    if not any(row["title"] or row["summary"] for row in rows):
        raise ReaderError(f"{name} is a feed (RSS or Atom) without an entry to read: fetch it again, or give another.")
    frame = text_frame(rows)
    begun = len(re.findall(rb"<(?:\w+:)?(?:item|entry)[\s>]", content))
    n = len(parsed.entries)
    lost = [f"{name} begins {begun:,} entries, of which {n:,} can be read"] if begun > n else []
    return Table(frame.loc[:, (frame != "").any()], rejected=rejected, notes=lost)


def _elements(content: bytes, name: str) -> Table:
    """XML that is no feed: the elements that repeat are the rows (sitemaps for news, exports)."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        top = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ReaderError(
            f"{name} is XML that cannot be read ({one_line(str(error))}): fetch or export it again."
        ) from None
    if top.tag == "{urn:schemas-microsoft-com:office:spreadsheet}Workbook":
        return read_xml_workbook(top, name)
    if not any(len(child) for child in top):
        raise ReaderError(f"{name} is XML without repeated entries: give a feed, or export it as CSV.")
    return records_table(_value(top), name)


def _value(element: Any) -> Any:
    """An element as a JSON value: repeated children become a list."""
    value: dict[str, Any] = {key.rpartition("}")[2]: text for key, text in element.attrib.items()}
    children: dict[str, list[Any]] = {}
    names = [child.attrib.pop("name", "") for child in element] if all(c.get("name") for c in element) else []
    for child, name in zip(element, names or [""] * len(element), strict=True):  # <str name="title">, as Solr writes
        if isinstance(child.tag, str):
            children.setdefault(name or child.tag.rpartition("}")[2], []).append(_value(child))
    if not children:
        text = "".join(element.itertext()).strip()
        return {**value, "text": text} if value and text else value or text
    for tag, items in children.items():
        records = any(isinstance(item, dict) and not item.keys() <= {"text"} for item in items)
        several = len(items) > 1 or (records and isinstance(element.tag, str) and _is_list(element))
        value[tag] = items if several else items[0]
    return value


def _is_list(element: Any) -> bool:
    """Whether an element only holds other elements of one kind."""
    return len({child.tag for child in element}) == 1 and not element.attrib and any(len(child) for child in element)
