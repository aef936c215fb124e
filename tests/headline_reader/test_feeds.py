"""Feeds, alerts and lists of feeds."""

from __future__ import annotations

import pytest

from headline_reader import ReaderError
from reading import DAYS, TITLES, read_file


def test_a_feed_whose_declaration_is_damaged_is_refused_in_a_sentence():
    with pytest.raises(ReaderError, match="a feed .* that cannot be read"):
        read_file(
            b"<?xml version='1.0' encoding='utf-\xa5'?><rss><channel><item><title>A</title></item></channel></rss>"
        )


def test_an_alert_links_to_the_article_not_to_its_redirection():
    entries = "".join(
        f"<entry><title type='html'>&lt;b&gt;{title}&lt;/b&gt;</title><published>{day}T09:00:00Z</published>"
        f"<link href='https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://x.example/{i}%3Fa=1&amp;ct=ga'/></entry>"
        for i, (title, day) in enumerate(zip(TITLES, DAYS, strict=True))
    )
    headlines = read_file(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Alert</title>{entries}</feed>")
    assert sorted(headlines.table["title"]) == sorted(TITLES)
    assert sorted(headlines.table["url"]) == [f"https://x.example/{i}?a=1" for i in range(4)]


def test_a_damaged_address_in_a_list_of_feeds_is_reported_in_one_line(monkeypatch):
    import requests

    def unreachable(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", unreachable)
    with pytest.raises(ReaderError, match="none of its 1 feed can be read") as error:
        read_file('<opml version="2.0"><body><outline xmlUrl="https://x.example/a\nb,c\n/feed"/></body></opml>')
    assert "\n" not in str(error.value)
