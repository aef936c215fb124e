"""Files beside delimited text: databases, spreadsheets, web pages, JSON as programs print it; dates in parts."""

from __future__ import annotations

import io
import json
import sqlite3
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from newsclust.corpus.documents import Corpus, read_corpus
from newsclust.errors import InputError, NewsclustWarning

HEADLINES = [
    "Storm nears the coast",
    "Ferry service resumes",
    "Museum buys an old map",
    "Council votes on a new bridge",
]
DAYS = ["2024-05-17", "2024-05-18", "2024-05-19", "2024-05-20"]
PAPERS = ["Coast Post", "Coast Post", "Town Crier", "Town Crier"]
TABLE = pd.DataFrame({"title": HEADLINES, "published": DAYS, "source": PAPERS})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(content: bytes | str, name: str = "news") -> Corpus:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NewsclustWarning)
        return read_corpus(name)


def is_the_table(corpus: Corpus) -> bool:
    documents = corpus.documents.sort_values("published_at")
    return (
        documents["title"].tolist() == HEADLINES
        and documents["published_at"].str[:10].tolist() == DAYS
        and documents["publisher"].tolist() == PAPERS
    )


# Databases


def database(*tables: tuple[str, pd.DataFrame], setup: str = "") -> bytes:
    connection = sqlite3.connect("made.db")
    connection.executescript(setup)
    for name, table in tables:
        table.to_sql(name, connection, index=False, if_exists="append")
    connection.commit()
    connection.close()
    return Path("made.db").read_bytes()


def test_the_headlines_of_a_database_are_read_and_no_table_of_its_framework():
    users = pd.DataFrame({"name": ["Can add a user", "Can change a user", "Can delete a user"]})
    feeds = pd.DataFrame({"title": ["All the news of the coast"], "address": ["x"]})
    corpus = read(database(("news", TABLE), ("auth_permission", users), ("feeds", feeds)), "news.db")
    assert is_the_table(corpus)
    assert any("only 'news' is read" in note for note in corpus.notes)
    with pytest.raises(InputError, match="an SQLite database without a table that has rows"):
        Path("made.db").unlink()
        read(database(("django_site", users)))


def test_a_key_into_a_table_of_sources_gives_the_publisher():
    setup = """CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE articles (id INTEGER, source_id INTEGER REFERENCES sources(id), title TEXT, date TEXT);"""
    sources = pd.DataFrame({"id": [7, 9], "name": ["Coast Post", "Town Crier"]})
    articles = pd.DataFrame({"source_id": [7, 7, 9, 9], "title": HEADLINES, "date": DAYS})
    assert is_the_table(read(database(("sources", sources), ("articles", articles), setup=setup)))


def test_a_database_that_is_written_ahead_is_read_and_what_is_beside_it_told():
    content = database(("news", TABLE), setup="PRAGMA journal_mode = WAL;")
    assert content[18:20] == b"\2\2"
    corpus = read(content, "news.db")
    assert is_the_table(corpus) and any("news.db-wal is not read" in note for note in corpus.notes)


def test_a_damaged_database_is_called_so():
    content = database(("news", TABLE))
    with pytest.raises(InputError, match="damaged or locked SQLite database"):
        read(content[:4096] + b"\xff" * 4096)


# Spreadsheets


def opendocument(rows: str) -> bytes:
    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<o:document-content xmlns:o="{oasis}:office:1.0" xmlns:t="{oasis}:table:1.0" xmlns:x="{oasis}:text:1.0">'
            f'<o:body><o:spreadsheet><t:table t:name="Sheet1">{rows}</t:table></o:spreadsheet></o:body>'
            "</o:document-content>",
        )
    return memory.getvalue()


def cell(text: str, kind: str = "") -> str:
    typed = f' o:value-type="date" o:date-value="{text}"' if kind == "date" else ""
    return f"<t:table-cell{typed}><x:p>{'17 May' if typed else text}</x:p></t:table-cell>"


def test_a_spreadsheet_of_libreoffice_is_read_with_its_dates_and_repeated_cells():
    head = "".join(map(cell, ["Headline", "Date", "", "Source"]))
    rows = [
        f"<t:table-row>{head}</t:table-row>",
        '<t:table-row t:number-rows-repeated="2"><t:table-cell/></t:table-row>',
    ]
    blank = '<t:table-cell t:number-columns-repeated="1"/>'
    for title, day, paper in TABLE.itertuples(index=False):
        rows.append(f"<t:table-row>{cell(title)}{cell(day, 'date')}{blank}{cell(paper)}</t:table-row>")
    rows.append(
        '<t:table-row t:number-rows-repeated="1048570"><t:table-cell t:number-columns-repeated="1024"/></t:table-row>'
    )
    assert is_the_table(read(opendocument("".join(rows)), "news.ods"))


def test_a_spreadsheet_that_says_it_has_a_billion_rows_is_refused():
    row = f'<t:table-row t:number-rows-repeated="999999999">{cell("Storm nears the coast")}</t:table-row>'
    with pytest.raises(InputError, match="more cells than can be read"):
        read(opendocument(row))


def test_the_xml_that_excel_wrote_in_2003_is_read_with_cells_left_out():
    rows = "<Row><Cell><Data>Title</Data></Cell><Cell><Data>x</Data></Cell><Cell><Data>Date</Data></Cell>"
    rows += "<Cell><Data>Source</Data></Cell></Row>"
    for title, day, paper in TABLE.itertuples(index=False):
        rows += f'<Row><Cell><Data>{title}</Data></Cell><Cell ss:Index="3"><Data>{day}T00:00:00.000</Data></Cell>'
        rows += f"<Cell><Data>{paper}</Data></Cell></Row>"
    namespace = "urn:schemas-microsoft-com:office:spreadsheet"
    book = (
        f'<Workbook xmlns="{namespace}" xmlns:ss="{namespace}"><Worksheet ss:Name="A"><Table>{rows}</Table></Worksheet>'
    )
    assert is_the_table(
        read(f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>{book}</Workbook>', "a.xls")
    )


def test_titles_above_the_header_and_sheets_without_headlines_are_no_rows():
    memory = io.BytesIO()
    with pd.ExcelWriter(memory) as writer:
        TABLE.to_excel(writer, sheet_name="Results", index=False, startrow=4)
        writer.sheets["Results"]["A1"] = "Media monitoring"
        writer.sheets["Results"]["A2"] = "Exported on 1 June 2024"
        pd.DataFrame({"paper": ["Coast Post"], "articles": [2]}).to_excel(writer, sheet_name="Counts", index=False)
    corpus = read(memory.getvalue(), "news.xlsx")
    assert is_the_table(corpus) and any("'Counts' is left out" in note for note in corpus.notes)


# Web pages


def test_a_table_in_a_web_page_is_read_with_its_links():
    rows = "".join(
        f'<tr><td><a href="https://x.example/{i}">{title}</a></td><td>{day}</td><td>{paper}</td></tr>'
        for i, (title, day, paper) in enumerate(TABLE.itertuples(index=False))
    )
    head = "<tr><th>Headline</th><th>Date</th><th>Source</th></tr>"
    menu = "<table><tr><td>Home</td><td>News</td></tr><tr><td>About</td><td>Help</td></tr></table>"
    corpus = read(f"<!DOCTYPE html><html><body>{menu}<table>{head}{rows}</table></body></html>", "page.html")
    assert is_the_table(corpus)
    assert sorted(corpus.documents["url"]) == [f"https://x.example/{i}" for i in range(4)]
    assert is_the_table(read(f"<table>{head}{rows}</table>", "export.xls"))  # what web sites call Excel
    with pytest.raises(InputError, match="is a web page"):
        read(f"<html><body>{menu}</body></html>")
    with pytest.raises(InputError, match="is a web page"):
        read("<html>" + "<table><tr><td>" * 300_000)  # would take minutes to parse


def test_a_feed_whose_declaration_is_damaged_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="a feed .* that cannot be read"):
        read(b"<?xml version='1.0' encoding='utf-\xa58'?><rss><channel><item><title>A</title></item></channel></rss>")


def test_an_alert_links_to_the_article_not_to_its_redirection():
    entries = "".join(
        f"<entry><title type='html'>&lt;b&gt;{title}&lt;/b&gt;</title><published>{day}T09:00:00Z</published>"
        f"<link href='https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://x.example/{i}%3Fa=1&amp;ct=ga'/></entry>"
        for i, (title, day) in enumerate(zip(HEADLINES, DAYS, strict=True))
    )
    corpus = read(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Google Alert - coast</title>{entries}</feed>")
    assert sorted(corpus.documents["title"]) == sorted(HEADLINES)
    assert sorted(corpus.documents["url"]) == [f"https://x.example/{i}?a=1" for i in range(4)]


def test_a_damaged_address_in_a_list_of_feeds_is_told_in_one_line(monkeypatch):
    import requests

    def unreachable(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", unreachable)
    with pytest.raises(InputError, match="none of its 1 feed can be read") as error:
        read('<opml version="2.0"><body><outline xmlUrl="https://x.example/a\nb,c\n/feed"/></body></opml>')
    assert "\n" not in str(error.value)


# JSON as programs print it


@pytest.mark.parametrize(
    "written",
    ["var news = {};", "window.news={}", "export default {};", "show({});", "\ufeff{}"],
    ids="variable window module callback mark".split(),
)
def test_json_with_a_name_before_it_is_read(written):
    assert is_the_table(read(written.replace("{}", TABLE.to_json(orient="records"))))


def test_a_whole_file_that_python_has_printed_is_read():
    records = str(TABLE.to_dict("records")).replace("'2024-05-17'", "datetime.datetime(2024, 5, 17, 0, 0)")
    records = records.replace("'source'", "'id': ObjectId('65a1'), 'when': time.struct_time(tm_year=2024), 'source'")
    read_back = read(f"{{'feed': {{'title': 'All'}}, 'entries': {records}}}")
    assert sorted(read_back.documents["title"]) == sorted(HEADLINES) and read_back.undated == 0


@pytest.mark.parametrize("reverse", [False, True])
def test_headlines_that_are_names_of_their_addresses_are_read(reverse):
    pairs = {title: f"https://x.example/{i}" for i, title in enumerate(HEADLINES)}
    pairs = {url: title for title, url in pairs.items()} if reverse else pairs
    for value in (pairs, {"world": pairs, "title: local": {}}):
        corpus = read(json.dumps(value))
        assert sorted(corpus.documents["title"]) == sorted(HEADLINES)
        assert corpus.documents["url"].str.startswith("https://x.example/").all()


def test_millions_of_values_of_a_few_letters_are_refused_before_they_fill_memory():
    with pytest.raises(InputError, match="6,000,000 values of a few characters each"):
        read(b"[" + b'"ab",' * 5_999_999 + b'"ab"]')
    with pytest.raises(InputError, match="6,000,000 lines of a few characters each"):
        read(b"title\n" + b"ab\n" * 5_999_999)


# Columns


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("date,time", [f"{day},14:30" for day in DAYS]),
        ("Datum,Uhrzeit", [f"{day[8:]}.{day[5:7]}.{day[:4]},14.30 Uhr" for day in DAYS]),
        ("fecha,hora", [f"{day}T00:00:00,2:30 PM" for day in DAYS]),
    ],
)
def test_days_and_times_in_two_columns_are_joined(header, cells):
    lines = [f"{line},{title},{paper}" for line, title, paper in zip(cells, HEADLINES, PAPERS, strict=True)]
    corpus = read("\n".join([f"{header},title,source", *lines]))
    assert is_the_table(corpus) and set(corpus.documents["published_at"].str[10:]) == {"T14:30:00Z"}
    assert header.replace(",", " + ") in set(corpus.understood["column"]) and not corpus.unused


def test_a_length_is_no_time_of_day():
    corpus = read(
        "date,duration,title\n" + "".join(f"{day},14:30,{t}\n" for day, t in zip(DAYS, HEADLINES, strict=True))
    )
    assert set(corpus.documents["published_at"].str[10:]) == {"T00:00:00Z"} and corpus.unused == ["duration"]


@pytest.mark.parametrize("month", ["5", "05", "May", "mayo"])
def test_years_months_and_days_in_three_columns_are_joined(month):
    lines = [f"{d[:4]},{month},{int(d[8:])},{t},{p}" for t, d, p in TABLE.itertuples(index=False)]
    assert is_the_table(read("\n".join(["year,month,day,title,source", *lines])))


@pytest.mark.parametrize("written", ["{m}{d}{y}", "{d}{m}{y}", "{d}.{m}.{y}"])
def test_a_day_with_the_year_at_the_end_of_one_number_is_read(written):
    days = [written.format(y=day[:4], m=day[5:7], d=day[8:]) for day in DAYS]
    assert is_the_table(read(TABLE.assign(published=days).to_csv(index=False)))


def test_a_column_of_headlines_for_each_section_is_called_so():
    sections = {
        f"{name}": [f"{title} in {name}, they say" for title in HEADLINES] for name in ("uk", "us", "india", "peru")
    }
    table = pd.DataFrame(sections)
    table.iloc[2:, 2:] = ""  # some have fewer
    with pytest.raises(InputError, match="headlines in several columns, 'uk', 'us', 'india', 'peru'"):
        read(table.to_csv(index=False))


def test_labels_above_headlines_and_keywords_are_no_texts():
    corpus = read(TABLE.assign(subtitle=["Video", "NU+", "Video", ""]).to_csv(index=False))
    assert corpus.unused == ["subtitle"] and is_the_table(corpus)
    keywords = [f"{title}, {paper}, economy and more" for title, paper in zip(HEADLINES, PAPERS, strict=True)]
    with pytest.raises(InputError, match="no column of headlines that can be told"):
        read(pd.DataFrame({"keywords": keywords, "published": DAYS}).to_csv(index=False))


def test_a_publisher_that_is_an_address_is_its_host_even_where_it_is_damaged():
    addresses = [
        "https://www.Coast.example/a",
        "https://[coast.example/b",
        "http://u:p@crier.example:80/c?d",
        "https://",
    ]
    publishers = read(TABLE.assign(source=addresses).to_csv(index=False)).documents["publisher"]
    assert sorted(publishers) == ["[coast.example", "coast.example", "crier.example", "https://"]


def test_a_line_feed_within_a_field_ends_no_row_where_rows_end_in_carriage_returns():
    text = TABLE.to_csv(index=False, lineterminator="\r").replace("Storm nears", "Storm\nnears")
    assert is_the_table(read(text))
