"""What `newsclust look` says of a file, before a run."""

from __future__ import annotations

import gzip
import json

import pytest
from typer.testing import CliRunner

from newsclust.cli import app
from newsclust.corpus import look as module
from newsclust.corpus.documents import read_corpus
from newsclust.corpus.look import look
from newsclust.errors import InputError, NewsclustWarning
from reading import DAYS, PAPERS, TITLES, site

ROWS = [{"title": t, "date": d, "source": p} for t, d, p in zip(TITLES, DAYS, PAPERS, strict=True)]


@pytest.fixture
def news(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    articles = [*ROWS, {"title": "https://x.example/1", "date": DAYS[0]}, {**ROWS[0], "extra": "x"}]
    (tmp_path / "news.json").write_text(json.dumps({"articles": articles, "people": [{"name": "Ida"}] * 3}))
    return "news.json"


def test_a_look_says_what_was_made_of_a_file(news):
    facts = look(news).facts
    assert facts["files"] == [{"name": news, "format": "JSON", "encoding": "UTF-8", "rows": 6}]
    assert facts["counts"] == {"rows": 6, "documents": 4, "repeats": 1, "set_aside": 1}
    assert [(c["role"], c["column"], c["found"]) for c in facts["columns"]] == [
        ("title", "title", "by its name"),
        ("publisher", "source", "by its name"),
        ("published_at", "date", "by its name"),
    ]
    assert facts["unused"] == ["extra"] and [one["text"] for one in facts["documents"]] == TITLES[:3]
    assert facts["days"] == [DAYS[0], DAYS[-1]] and facts["publishers"] == {"Coast Post": 2, "Town Crier": 2}
    assert facts["set_aside"] == {"an address, no headline": 1} and facts["others"][0]["name"] == "people"


def test_the_command_prints_it_for_people_and_for_programs(news):
    said = CliRunner().invoke(app, ["look", news]).output
    for part in ("6 rows = 4 documents + 1 repeat + 1 set aside", "title        from title", "people (3: no headline"):
        assert part in said
    assert json.loads(CliRunner().invoke(app, ["look", news, "--json"]).output) == look(news).facts


@pytest.mark.parametrize("written", ["list", "nested", "lines", "table"])
def test_of_a_large_file_the_beginning_is_read_up_to_a_whole_record(news, monkeypatch, written):
    rows = [{"title": f"Headline number {i} of many", "date": DAYS[0]} for i in range(500)]
    text = {
        "list": json.dumps(rows),
        "nested": json.dumps({"status": "ok", "articles": rows}),
        "lines": "\n".join(map(json.dumps, rows)),
        "table": "title,date\n" + "".join(f"{row['title']},{row['date']}\n" for row in rows),
    }[written]
    with open("large", "w") as file:
        file.write(text)
    monkeypatch.setattr(module, "MOST", 10_000)
    facts = look("large").facts
    assert 100 < facts["counts"]["documents"] < 500 and facts["counts"]["set_aside"] == 0
    assert any("only the first" in note for note in facts["notes"])
    monkeypatch.setattr(module, "MOST", 300)
    with open("large.gz", "wb") as file:
        file.write(gzip.compress(text.encode()))
    with pytest.raises(InputError, match="unpack it"):
        look("large.gz")


def test_a_download_is_read_in_part_and_not_kept(news, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2_000)
    text = "title,date\n" + "".join(f"Headline number {i} of many,{DAYS[0]}\n" for i in range(500))
    with site({"/news.csv": (200, text.encode())}) as server:
        facts = look(f"{server.url}/news.csv").facts
    assert 20 < facts["counts"]["documents"] < 100


def test_of_a_file_without_headlines_its_columns_are_shown(news):
    with open("numbers.csv", "w") as file:
        file.write("place,count\n" + "".join(f"A{i},{i}\n" for i in range(9)))
    facts = look("numbers.csv").facts
    assert facts["unused"] == ["place ('A0')", "count ('0')"] and "no column that is recognised" in facts["notes"][-1]
    with pytest.raises(InputError, match="`newsclust look FILE` shows more"):
        read_corpus("numbers.csv")


def test_notices_of_a_run_name_the_look(news):
    with pytest.warns(NewsclustWarning) as told:
        read_corpus(news)
    assert str(told[-1].message).endswith("`newsclust look FILE` shows more.")
