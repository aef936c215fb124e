"""A run's stories as JSON Feed 1.1 and RSS 2.0, for feed readers: one item a story, its headlines inside."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..errors import RunError
from ..markup import element, escape, link, web_address
from ..paths import short, write_all
from ..run.page_data import read_page_data
from ..run.preflight import find_run
from ..run.record import read_record
from ..wording import count
from .run_page import name_of_data

#: Stories in a feed, those with the latest headlines; and headlines of a story.
ITEMS, HEADLINES = 200, 50
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_of(run: str | Path, address: str = "") -> dict[str, Any]:
    """A finished run's stories as JSON Feed 1.1, those with the latest headlines first.

    Parameters
    ----------
    run : str or Path
        Its folder, or its name under ``reports/``.
    address : str, optional
        Where the run's page is published: items link to their stories there, else to their earliest article.

    Raises
    ------
    RunError
        If there is no finished run, or `address` is not a web address.
    """
    if address and not web_address(address):
        raise RunError(f"{address!r} is no web address: give one such as https://example.org/report.html.")
    record, data = read_record(folder := find_run(run)), read_page_data(folder)
    if record is None:
        raise RunError(f"the record of {short(folder)} is damaged: run it again.")
    held, columns, names = data["headlines"], data["stories"], [*data["publishers"], ""]  # -1 is none
    inside: list[list[tuple]] = [[] for _ in columns["number"]]
    lines = (held[name].split("\n") for name in ("title", "url"))
    for story, at, *texts in zip(held["story"], held["publisher"], held["minute"], *lines, strict=True):
        if story >= 0:
            inside[story].append((names[at], *texts))
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    items = [_item(*both, name_of_data(record), address) for both in zip(rows, inside, strict=True)]
    left = f" These are the {ITEMS} with the latest headlines." if len(items) > ITEMS else ""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"The stories in {name_of_data(record)}",
        **({"home_page_url": address} if address else {}),
        "description": f"{count(len(items), 'story', 'stories')} in {data['n_documents']:,} headlines.{left}",
        "items": sorted(items, key=lambda item: item.get("date_modified", ""), reverse=True)[:ITEMS],
    }


def _item(story: dict[str, Any], inside: list[tuple], name: str, address: str) -> dict[str, Any]:
    inside = sorted(inside, key=lambda row: (row[1] is None, row[1] or 0))  # by time, the undated last
    times = [_time(minute) for _, minute, *_ in inside if minute is not None]
    by = f" by {count(story['publishers'], 'publisher')}" if story["publishers"] else ""
    told, key = f"{count(story['size'], 'headline')}{by}", f"#story-{story['number']}"
    lines = [
        f"<li>{link(title, url)} {escape(', '.join(filter(None, [by, _time(minute)[:10]])))}</li>"
        for by, minute, title, url in inside[:HEADLINES]
    ]
    more = f"<p>And {story['size'] - len(lines):,} more.</p>" if story["size"] > len(lines) else ""
    found = {
        "id": f"newsclust:{name}{key}",
        "title": story["title"],
        "url": address + key if address else next(filter(None, (web_address(url) for *_, url in inside)), None),
        "summary": told,
        "content_html": f"{element('p', told)}<ul>{''.join(lines)}</ul>{more}",
        "date_published": times[0] if times else None,
        "date_modified": times[-1] if times else None,
        "tags": [word for word in story["keywords"].split(", ") if word],
    }
    return {field: value for field, value in found.items() if value}


def _time(minute: int | None) -> str:
    return "" if minute is None else f"{datetime.fromtimestamp(60 * minute, UTC):%Y-%m-%dT%H:%M:%SZ}"


def as_rss(feed: dict[str, Any]) -> str:
    """A JSON Feed of `feed_of` as RSS 2.0."""
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    _add(channel, title=feed["title"], link=feed.get("home_page_url", "report.html"), description=feed["description"])
    for item in feed["items"]:
        node = ElementTree.SubElement(channel, "item")
        when = item.get("date_published")
        _add(node, title=item["title"], link=item.get("url"), description=item["content_html"])
        _add(node, pubDate=when and format_datetime(datetime.fromisoformat(when)), guid=item["id"])
        node[-1].set("isPermaLink", "false")
    return ElementTree.tostring(rss, encoding="unicode", xml_declaration=True) + "\n"


def _add(node: ElementTree.Element, **texts: str | None) -> None:
    for tag, text in texts.items():
        if text:
            ElementTree.SubElement(node, tag).text = _NOT_XML.sub("", text)


def write_feeds(feed: dict[str, Any], folder: Path) -> list[Path]:
    """Write ``feed.json`` and ``feed.xml``.

    Raises
    ------
    NewsclustError
        If they can't be written.
    """
    return write_all(
        folder, {"feed.json": json.dumps(feed, ensure_ascii=False, indent=1) + "\n", "feed.xml": as_rss(feed)}
    )
