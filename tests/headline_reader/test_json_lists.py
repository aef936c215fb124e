"""Which lists in a JSON value hold the headlines."""

from __future__ import annotations

from headline_reader.json_lists import chosen, flat, gather, like_headlines, table_of, unwrapped

ARTICLES = [{"title": f"Storm number {i} nears the coast", "url": f"https://a.example/{i}"} for i in range(3)]


def read(value):
    groups = gather(value, "", {}, {})
    return table_of(chosen(groups), groups, "a.json", None)


def test_articles_of_each_newspaper_are_read_with_its_name():
    table = read({"Coast Post": ARTICLES[:2], "Town Crier": ARTICLES[2:]})
    assert table.rows["title"].tolist() == [one["title"] for one in ARTICLES]
    assert table.rows["key"].tolist() == ["Coast Post", "Coast Post", "Town Crier"]


def test_related_articles_are_not_read_beside_their_article_and_are_named():
    related = [{"title": "Quake felt far inland", "url": "https://a.example/9"}]
    table = read({"articles": [{**one, "related": related} for one in ARTICLES]})
    assert table.rows["title"].tolist() == [one["title"] for one in ARTICLES]
    assert table.others == [("articles[].related", 3, "they are part of others")]


def test_of_events_the_articles_are_read_with_the_event_s_day():
    events = [{"title": f"Event {i}", "date": f"2024-05-0{i + 1}", "articles": ARTICLES} for i in range(2)]
    rows = read(events).rows
    assert len(rows) == 6 and rows["date"].tolist() == ["2024-05-01"] * 3 + ["2024-05-02"] * 3
    assert rows["outer title"].tolist() == ["Event 0"] * 3 + ["Event 1"] * 3


def test_records_in_records_are_columns():
    assert flat({"source": {"name": "X"}, "tags": ["a"], "by": [{"name": "Y"}]}) == {
        "source.name": "X", "tags": ["a"], "by.name": "Y",
    }  # fmt: skip
    assert unwrapped({"kind": "t3", "data": {"title": "Storm"}}) == {"kind": "t3", "title": "Storm"}


def test_names_and_addresses_are_not_taken_for_headlines():
    assert like_headlines(["Storm nears the coast", "東京で大きな地震がありました"])
    assert not like_headlines(["Sport", "Ida Noor", "https://a.example/storm nears"]) and not like_headlines([])
