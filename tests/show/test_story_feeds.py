"""The feeds of a run: what feed readers make of them, and that nothing in a headline is markup."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import feedparser
import pytest
from typer.testing import CliRunner

from newsclust.cli import app
from newsclust.run.page_data import write_page_data
from newsclust.run.record import Record
from newsclust.show import story_feeds

HOSTILE = '<script>alert(1)</script> ]]> & \x0b "more"'


@pytest.fixture
def run(tmp_path):
    """A finished run's folder with two stories, the smaller one later, and a headline in none."""
    data = {
        "n_documents": 6,
        "publishers": ["Courier", "Daily & Press"],
        "stories": {
            "number": [4, 1],
            "title": [HOSTILE, "新闻 in 东京"],
            "keywords": ["flood, harbour", ""],
            "size": [3, 2],
            "publishers": [2, 0],
        },
        "headlines": {
            "n": 6,
            "title": "\n".join([HOSTILE, "Harbour under water", "Ferry stays", "新闻 in 东京", "Second", "Alone"]),
            "url": "\n".join(["javascript:alert(2)", "https://a.example/?a=1&b=2", "", "", "", "https://b.example/"]),
            "story": [0, 0, 0, 1, 1, -1],
            "publisher": [1, 0, -1, -1, -1, 0],
            "minute": [28_400_060, 28_400_000, None, 28_500_000, None, 28_600_000],
        },
    }
    Record({"data": "harbour.csv"}, {"n_documents": 6}, {"data": "harbour.csv: 6 rows"}).write(tmp_path)
    (tmp_path / "clusters.csv").write_text("title\n")
    write_page_data(tmp_path, data)
    return tmp_path


def call(*arguments: object):
    return CliRunner().invoke(app, ["feed", *map(str, arguments)])


def test_a_feed_reader_finds_one_item_a_story_with_its_headlines_the_latest_first(run):
    done = call(run)
    assert done.exit_code == 0 and "feed.json" in done.stdout and "feed.xml" in done.stdout
    rss = feedparser.parse(str(run / "feed.xml"))
    made = json.loads((run / "feed.json").read_text(encoding="utf-8"))
    assert not rss.bozo and rss.version == "rss20" and rss.feed.title == made["title"] == "The stories in harbour"
    assert made["version"] == "https://jsonfeed.org/version/1.1" and "2 stories in 6 headlines" in made["description"]
    for told, item in zip(rss.entries, made["items"], strict=True):
        assert told.id == item["id"] and told.get("link") == item.get("url")
        assert [*told.published_parsed[:5]] == [int(part) for part in re.findall(r"\d+", item["date_published"])[:5]]
    late, flood = made["items"]
    assert late["title"] == rss.entries[0].title == "新闻 in 东京" and late["content_html"].count("<li>") == 2
    assert flood["id"] == "newsclust:harbour#story-4" and flood["tags"] == ["flood", "harbour"]
    assert flood["summary"] == "3 headlines by 2 publishers" and flood["url"] == "https://a.example/?a=1&b=2"
    assert flood["date_published"] < flood["date_modified"] == "2023-12-31T06:20:00Z"
    order = [flood["content_html"].index(word) for word in ("Harbour under", "alert(1)", "Ferry")]
    assert order == sorted(order) and "Alone" not in str(made)


def test_what_strangers_wrote_is_text_and_no_address_runs_a_script(run):
    call(run)
    (html,) = (item["content_html"] for item in json.loads((run / "feed.json").read_text())["items"] if item.get("url"))
    assert "<script" not in html and "&lt;script&gt;alert(1)" in html and "javascript:" not in html
    assert 'href="https://a.example/?a=1&amp;b=2"' in html and "Daily &amp; Press" in html
    described = ElementTree.parse(run / "feed.xml").findall("channel/item/description")[1].text
    assert described == html.replace("\x0b", "")


def test_with_an_address_items_lead_to_the_page_and_json_writes_nothing(run):
    made = json.loads(call(run, "--address", "https://example.org/report.html", "--json").stdout)
    assert made["home_page_url"] == "https://example.org/report.html" and not (run / "feed.json").exists()
    assert [item["url"].partition("#")[2] for item in made["items"]] == ["story-1", "story-4"]
    assert call(run, "--output", run / "there").exit_code == 0 and (run / "there/feed.xml").exists()


def test_of_many_stories_and_headlines_the_feed_says_how_many_it_left_out(run, monkeypatch):
    monkeypatch.setattr(story_feeds, "ITEMS", 1)
    monkeypatch.setattr(story_feeds, "HEADLINES", 1)
    made = story_feeds.feed_of(run)
    assert len(made["items"]) == 1 and "These are the 1 with the latest headlines" in made["description"]
    assert "<p>And 1 more.</p>" in made["items"][0]["content_html"]


def test_what_is_wrong_is_one_sentence(run, tmp_path):
    for arguments, said in (((run, "--address", "javascript:1"), "no web address"), ((run / "no",), "no finished run")):
        assert said in str(call(*arguments).exception)
    (run / "page.json").unlink()
    assert "run it again" in str(call(run).exception)
