"""A small file of each kind that people have: every headline is read with what belongs to it, or it is refused."""

# ruff: noqa: E501
from __future__ import annotations

import csv
import gzip
import io
import json
import mailbox
import zipfile
from email.message import EmailMessage

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from reading import read_file, refusal

TITLES = [
    "Tram line reopens after repair works",
    "Parliament debates the new water law",
    "Bakers protest against higher flour prices",
    "Lighthouse keeper retires after forty years",
    "School choir wins national singing prize",
    "Farmers fear a second dry summer",
    "Old cinema becomes a public library",
    "Scientists count seals on the sandbanks",
]
BODIES = [f"What happened next was seen by {n} people at the scene, they say." for n in range(21, 29)]
DAYS = [f"2023-09-{day:02d}" for day in range(11, 19)]
URLS = [f"https://paper.example/story/{i}" for i in range(8)]
PAPERS = ["Valley Herald", "Island Times", "Valley Herald", "City Gazette"] * 2
ROWS = list(zip(TITLES, DAYS, PAPERS, URLS, BODIES, strict=True))
ARTICLES = [
    {"title": t, "published": d, "source": {"name": p}, "url": u, "description": b} for t, d, p, u, b in ROWS
]  # fmt: skip


def table(header: str, cells: list[list[object]]) -> str:
    memory = io.StringIO()
    csv.writer(memory).writerows([header.split(","), *cells] if header else cells)
    return memory.getvalue()


def workbook(*rows: list[object], merge: str = "", links: bool = False) -> bytes:
    book, memory = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    for i, url in enumerate(URLS if links else [], start=2):
        book.active.cell(i, 1).hyperlink = url
    book.save(memory)
    return memory.getvalue()


def packed(**files: object) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return memory.getvalue()


def columns(rows: list[dict[str, object]]) -> bytes:
    memory = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), memory)
    return memory.getvalue()


def letter(subject: str, text: str, subtype: str = "plain") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "Morning letter <letter@paper.example>", subject
    message["Date"], message["To"] = "Mon, 11 Sep 2023 07:00:00 +0000", "reader@paper.example"
    message.set_content(text, subtype=subtype)
    return message


def mbox(tmp: str = "box") -> bytes:
    box = mailbox.mbox(tmp)
    for title, body in zip(TITLES, BODIES, strict=True):
        box.add(letter(title, body))
    box.flush()
    return open(tmp, "rb").read()


def lexis(title: str, day: str, paper: str, body: str, number: int) -> str:
    month = f"September {int(day[-2:])}, 2023 Monday"
    return (f"\n\n{' ' * 30}{number} of 8 DOCUMENTS\n\n{' ' * 25}{paper}\n\n{' ' * 25}{month}\n\n{title}\n\n"
            f"BYLINE: Ida Noor\n\nLENGTH: 90 words\n\n{body}\n\nLOAD-DATE: {month}\n\nLANGUAGE: ENGLISH\n")  # fmt: skip


def telegram() -> list[dict[str, object]]:
    return [{"id": 0, "type": "service", "date": f"{DAYS[0]}T01:00:00", "action": "create_channel", "title": "The channel",
             "text": ""}] + [
        {"id": i, "type": "message", "date": f"{day}T09:00:00", "from": "Valley Herald",
         "text": [{"type": "bold", "text": title}, " ", {"type": "hashtag", "text": "#news"}],
         "text_entities": [{"type": "bold", "text": title}]}
        for i, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), start=1)
    ]  # fmt: skip


def halves(name: str) -> dict[str, object]:
    return {f"{name} {i}": {"status": "ok", "articles": ARTICLES[i::2]} for i in range(2)}


AFTER = "published_at"
KINDS = {
    # JSON under names that are data, in events, in sides, of two schemas.
    "object of papers": (json.dumps({p: {"url": "x", "articles": [a for a in ARTICLES if a["source"]["name"] == p]}
                                     for p in PAPERS}), "url publisher published_at"),
    "object of pages": (json.dumps(halves("page")), "url publisher published_at"),
    "object of searches": (json.dumps({"query": halves("tram")}), "url publisher published_at"),
    "days with texts": (json.dumps({d: TITLES[i::4] for i, d in enumerate(DAYS[:4])}), "days"),
    "papers with days with texts": (json.dumps({p: {DAYS[i]: TITLES[i::3]} for i, p in enumerate(dict.fromkeys(PAPERS))}),
                                    "days papers"),
    "records of a day with texts": (json.dumps([{"date": d, "headlines": TITLES[i::2]} for i, d in enumerate(DAYS[:2])]),
                                    "days"),
    "events with articles": (json.dumps([{"title": f"Event {i}", "articles": ARTICLES[i::2]} for i in range(2)]),
                             "url published_at publisher"),
    "three sides": (json.dumps([{"topic": "x", "date": DAYS[0], "news": {side: {"newsTitle": TITLES[2 * i + j],
                    "newsLink": URLS[2 * i + j], "newsSource": PAPERS[2 * i + j]} for j, side in enumerate(["left", "right"])}}
                    for i in range(4)]), "url publisher days"),
    "lines of two schemas": ("\n".join(json.dumps({"headline": t, "published_at": d} if i % 2 else {"title": t, "date": d})
                                       for i, (t, d, *_) in enumerate(ROWS)), AFTER),
    "rows below a header": (json.dumps({"meta": {"n": 8}, "rows": [["title", "url", "date"], *([t, u, d] for t, d, _, u, _ in
                                                                                              ROWS)]}), "url published_at"),
    "CSL-JSON": (json.dumps([{"id": u, "title": t, "container-title": p, "URL": u, "issued": {"date-parts": [[2023, 9, int(
        d[-2:])]]}, "accessed": {"date-parts": [[2024, 1, 1]]}} for t, d, p, u, _ in ROWS]), "url publisher published_at"),
    "Feedly": (json.dumps({"id": "stream", "items": [{"title": t, "published": 1694390400000 + 86400000 * i, "origin": {
        "title": p, "htmlUrl": "https://paper.example"}, "alternate": [{"href": u, "type": "text/html"}],
        "summary": {"content": b}} for i, (t, _, p, u, b) in enumerate(ROWS)]}), "url publisher published_at description"),
    "Mastodon": (json.dumps([{"id": str(i), "created_at": f"{d}T08:00:00Z", "content": f"<p>{t}</p>", "url": u,
        "spoiler_text": "", "card": {"title": "A card", "url": "https://x.example"} if i % 4 == 0 else None,
        "account": {"acct": "x"}} for i, (t, d, _, u, _) in enumerate(ROWS)]), "url published_at"),
    "Mastodon's outbox": (json.dumps({"orderedItems": [{"type": "Create", "published": f"{d}T08:00:00Z", "object": {
        "type": "Note", "content": f"<p>{t}</p>", "url": u, "published": f"{d}T08:00:00Z", "summary": None}}
        for t, d, _, u, _ in ROWS]}), "url published_at"),
    "Bluesky": (json.dumps({"feed": [{"post": {"uri": f"at://did:x/{i}", "author": {"handle": "x.example"}, "record": {
        "createdAt": f"{d}T08:00:00Z", "text": t, "langs": ["en"]}, "replyCount": 0}} for i, (t, d, *_) in enumerate(ROWS)],
        "cursor": "x"}), AFTER),
    "X's archive": ("window.YTD.tweets.part0 = " + json.dumps([{"tweet": {"id": str(i), "full_text": f"{t} https://t.co/a{i}",
        "created_at": f"Mon Sep {d[-2:]} 08:00:00 +0000 2023", "source": '<a href="https://x.example">Twitter Web App</a>'}}
        for i, (t, d, *_) in enumerate(ROWS)]), "published_at anonymous"),
    "Telegram's channel": (json.dumps({"name": "The channel", "messages": telegram()}), "hashtag published_at papers"),
    "Telegram's account": (json.dumps({"about": "x", "chats": {"about": "y", "list": [{"name": "The channel", "type": "public",
                                       "messages": telegram()}]}}), "hashtag published_at papers"),
    "Telegram's channel without formats": (json.dumps({"messages": [{"id": i, "type": "message", "date": f"{d}T09:00:00",
        "from": p, "text": t} for i, (t, d, p, *_) in enumerate(ROWS)]}), "published_at publisher"),
    "messages of another program": (json.dumps([{"type": "post", "timestamp": f"{d}T09:00:00Z", "text": t}
                                                for t, d, *_ in ROWS]), AFTER),
    "Slack": (json.dumps([{"type": "message", "subtype": "channel_join", "text": "<@U1> has joined the channel", "user": "U1",
        "ts": "1694390400.0001"}, {"type": "message", "subtype": "pinned_item", "text": "<@U1> pinned a message", "ts":
        "1694390401.0001"}] + [{"type": "message", "text": f"{t} <{u}|paper.example>", "user": "U1",
        "subtype": "bot_message", "ts": f"{1694390400 + 86400 * i}.000200"} for i, (t, _, _, u, _) in enumerate(ROWS)]), AFTER),
    "TOML": ('# the week\nname = "A = b = c"\n\n[meta]\nn = 8\n\n' + "".join(f'[[articles]]\ntitle = {json.dumps(t)}\nurl = "{u}"\ndate = {d}\npaper = "{p}"\n\n'
                     for t, d, p, u, _ in ROWS), "url published_at publisher"),
    "posts with a footer": (json.dumps([{"id": i, "date": d, "text": f"**{t}** {u}\n\n__Read us without ads: ____https://x.y__"}
                                        for i, (t, d, _, u, _) in enumerate(ROWS)]), AFTER),
    # Tables of which names or contents mislead.
    "author without a header": (table("", [[t, d, "Ana Petrova" if i % 2 else "Jon Berg", u] for i, (t, d, _, u, _) in
                                           enumerate(ROWS)]), "url published_at anonymous"),
    "heading and body": (table("id,image_link,site_link,heading,body,publish_date,added_at", [[i, f"https://x.y/{i}.jpg", u, t,
                         b, d, "2024-01-01 10:00:00"] for i, (t, d, _, u, b) in enumerate(ROWS)]), "url published_at description"),
    "head and desc": (table("head,desc", [[t, b] for t, _, _, _, b in ROWS]), "description"),
    "headline shared often": (table("Page.Name,Created,URL,Link,Link.Text", [[f"Friends {i}", d, f"https://s.example/{i}{n}", u, t]
                              for n in range(15) for i, (t, d, _, u, _) in enumerate(ROWS)]), "url repeated"),
    "repeated row": (table("headline,published", [*([t, d] for t, d, *_ in ROWS), *([["Who paid - Radio inquiry", DAYS[0]]] * 5)]),
                     "published_at anonymous more"),
    "scraped at": (table("Headline,Scraped At", [[t, "2023-12-01 10:00:50"] for t in TITLES]), "undated"),
    "thumbnail": (table("title,thumbnail", [[t, f"https://x.y/{i}.png"] for i, t in enumerate(TITLES)]), "homeless"),
    "start address": (table("start-url,links-href,headline", [["https://paper.example/", u, t] for t, _, _, u, _ in ROWS]), "url"),
    "title almost empty": (table("title,text,date", [["", t, d] if i else ["Digest", t, d] for i, (t, d, *_) in enumerate(ROWS)]),
                           AFTER),
    "addresses for titles": (table("title,url", [*([t, u] for t, _, _, u, _ in ROWS), ["https://x.y/1", "https://x.y/1"]]), "url"),
    "posts with addresses": (table("date,text", [[d, f"{t} https://t.co/x{i}"] for i, (t, d, *_) in enumerate(ROWS)]), AFTER),
    "cells of Python's": (table("title,summary,source,links,published", [[t, str({"sentences": [b]}), str({"name": p, "more": "x" *
                          300}), str({"permalink": u, "canonical": None}), d] for t, d, p, u, b in ROWS]),
                          "url published_at publisher description"),
    "a sign that few tables are cut by": ("@Title@URL@Date\n" + "\n".join(f"{i}@{t}, they say@{u}@{d}".replace(", they say", "")
                                          for i, (t, d, _, u, _) in enumerate(ROWS)), "url published_at"),
    "quotes that nothing doubles": ('"title","body","url"\n' + "\n".join(f'"{t}","Ida said "no", "yes" and left.\nif (x) {{ a, b, c }}","{u}"'
                                    for t, _, _, u, _ in ROWS), "url"),
    "day, tag and post without a header": (table("", [[d, f"#talk of {t[:9]}#", f"{t}"] for t, d, *_ in ROWS]), AFTER),
    "name beside description": (json.dumps([{"@type": "NewsArticle", "name": t, "description": b, "datePublished": d, "url": u}
                                for t, d, _, u, b in ROWS]), "url published_at description"),
    "mark and a lost letter": ("\ufefftitle,date\n" + "\n".join(f"{t},{d}" for t, d, *_ in ROWS) + "\nCaf\ufffd opens again,x\n",
                               "more"),
    "two tables below each other": (table("title,date", [[t, d] for t, d, *_ in ROWS[:4]]) + "\n" + table(
                                    "headline,published,source", [[t, d, p] for t, d, p, *_ in ROWS[4:]]), AFTER),
    # Lines.
    "dated lines": ("\n".join(f"{d} {t}" for t, d, *_ in ROWS), AFTER),
    "dated lines, German": ("\n".join(f"{int(d[8:])}. September 2023: {t}" for t, d, *_ in ROWS), AFTER),
    "headline, then address": ("\n\n".join(f"{t}\n{u}" for t, _, _, u, _ in ROWS), "url"),
    "links of Markdown": ("# The week\n\n" + "\n".join(f"- [{t}]({u}) — {p}, {d}" for t, d, p, u, _ in ROWS),
                          "url publisher published_at"),
    "tables of Markdown": ("# News\n\nCollected by hand.\n" + "\n".join(f"\n## {p}\n| # | Title | Published | Link |\n|---|:---|---|---|\n" +
                           "\n".join(f"| {i} | **{t}** | {d} | [read]({u}) |" for i, (t, d, own, u, _) in enumerate(ROWS) if own == p)
                           for p in dict.fromkeys(PAPERS)), "url published_at"),
    "sentences with a link": ("\n".join(f"- {t.rsplit(' ', 1)[0]} [{t.rsplit(' ', 1)[1]}]({u})" for t, _, _, u, _ in ROWS), "url anonymous"),
    "lines with a class": ("\n".join(f"{t}@{'up' if i % 2 else 'down'}" for i, t in enumerate(TITLES)), ""),
    "lines of fastText": ("\n".join(f"__label__{'up' if i % 2 else 'down'} {t}" for i, t in enumerate(TITLES)), ""),
    "a chat": ("\n".join(f"{int(d[8:]):02d}/09/2023, 09:{i:02d} - Desk: {t} {u}" for i, (t, d, _, u, _) in enumerate(ROWS)), AFTER),
    "paper and day in brackets": ("\n".join(f"{i}. {t} ({p}, {int(d[8:])} September 2023)" for i, (t, d, p, *_) in
                                  enumerate(ROWS, start=1)), "publisher published_at"),
    # Exports.
    "Bing's name": (json.dumps({"value": [{"name": t, "url": u, "description": b[:35], "provider": [{"name": p}],
                    "datePublished": d} for t, d, p, u, b in ROWS]}), "url publisher published_at"),
    "thread beside post": (json.dumps({"posts": [{"thread": {"site": p, "title": t, "url": u}, "url": u, "title": t, "published": d,
                           "text": b} for t, d, p, u, b in ROWS]}), "url publisher published_at"),
    "names of columns that say nothing": (table("v1,v2,v3", [[t, p, f"{int(d[8:]):02d}sep2023"] for t, d, p, *_ in ROWS]), AFTER),
    "a page's birthday": (table("Page Name,Page Created,Post Created,Link,Link Text", [[f"Friends {i}", "2009-01-01", f"{d} 10:00:00 EST",
                          u, t] for i, (t, d, _, u, _) in enumerate(ROWS)]), "url published_at"),
    "NewsML": ("<?xml version='1.0'?><newsMessage><header><sent>2024-01-01</sent></header><itemSet>" + "".join(
        f"<newsItem guid='{i}'><itemMeta><versionCreated>{d}T08:00:00Z</versionCreated></itemMeta><contentMeta><headline>{t}</headline>"
        f"</contentMeta><contentSet><inlineXML><html><body><p>{b}</p></body></html></inlineXML></contentSet></newsItem>"
        for i, (t, d, _, _, b) in enumerate(ROWS)) + "</itemSet></newsMessage>", AFTER),
    "NITF": ("<?xml version='1.0'?><articles>" + "".join(f"<nitf><head><title>{t}</title><pubdata date.publication='{d}'/></head>"
             f"<body><p>{b}</p></body></nitf>" for t, d, _, _, b in ROWS) + "</articles>", "published_at anonymous"),
    "RIS": ("\n".join(f"TY  - NEWS\nTI  - {t}\nAU  - X\nT2  - {p}\nDA  - {d.replace('-', '/')}\nUR  - {u}\nER  - \n"
                      for t, d, p, u, _ in ROWS), "url publisher published_at"),
    "Medline": ("\n".join(f"PMID- {i}\nTI  - {t.partition(' ')[0]}\n      {t.partition(' ')[2]}\nDP  - {d}\nJT  - {p}\n"
                          for i, (t, d, p, *_) in enumerate(ROWS)), "publisher"),
    "LexisNexis": ("".join(lexis(t, d, p, b, i) for i, (t, d, p, _, b) in enumerate(ROWS, start=1)),
                   "publisher published_at description"),
    "Factiva's page": ("<html><body>" + "".join(f"<div class='article enArticle'><div id='hd'><span class='enHeadline'>{t}</span>"
        f"</div><div>By Ida Noor</div><div>90 words</div><div>{int(d[8:])} September 2023</div><div>{p}</div><div>VH</div>"
        f"<p>{b}</p></div>" for t, d, p, _, b in ROWS) + "</body></html>", "publisher published_at"),
    "Factiva's text": ("\n".join(f"{t}\nBy Ida Noor\n90 words\n{int(d[8:])} September 2023\n{p}\nVH\nEnglish\n(c) 2023\n\n{b}\n\n"
                                 f"Document VH00000{i}0x\n" for i, (t, d, p, _, b) in enumerate(ROWS)), "publisher published_at"),
    "GKG": ("\n".join("\t".join([f"202309110000{i:02d}-{i}", "20230911000000", "1", "paper.example", u, *[""] * 21,
            f"<PAGE_TITLE>{t}</PAGE_TITLE>"]) for i, (t, _, _, u, _) in enumerate(ROWS)), "url days"),
    "YAML below a comment": ("# made by a program\n\n- id: 1\n  " + "\n- id: 2\n  ".join(f"title: \"{t}\"\n  date: {d}" for t, d, *_ in ROWS), AFTER),
    "YAML": ("\n".join(f"- title: \"{t}\"\n  date: {d}\n  source: {p}\n  url: {u}" for t, d, p, u, _ in ROWS),
             "url publisher published_at"),
    "alert": (letter("Alert - tram", "=== News ===\n\n" + "\n\n".join(f"{t}\n{p}\n{b}\n<https://www.google.com/url?url={u}>"
              for t, _, p, u, b in ROWS)).as_bytes(), "url publisher days"),
    "newsletter": (letter("The week", "<html><body>" + "".join(f'<a href="{u}">{t}</a>' for t, _, _, u, _ in ROWS) +
                   '<a href="https://x.y/u">Unsubscribe from this letter</a></body></html>', "html").as_bytes(), "url days"),
    "bookmarks": ("<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Menu</H1><DL><p>\n" + "\n".join(
        f'<DT><A HREF="{u}" ADD_DATE="{1694390400 + 86400 * i}">{t}</A>' for i, (t, _, _, u, _) in enumerate(ROWS)) + "\n</DL>",
        "url published_at"),
    "XML of two parents": ("<?xml version='1.0'?><root><a>" + "".join(f"<item><title>{t}</title><date>{d}</date></item>"
                           for t, d, *_ in ROWS[:3]) + "</a><b>" + "".join(f"<story><title>{t}</title><date>{d}</date></story>"
                           for t, d, *_ in ROWS[3:]) + "</b></root>", AFTER),
    # Workbooks, Parquet, archives.
    "formulas that link": (workbook(["Headline", "Paper"], *([f'=HYPERLINK("{u}","{t}")', p] for t, _, p, u, _ in ROWS)),
                           "url publisher"),
    "cells that link": (workbook(["Headline", "Paper"], *([t, p] for t, _, p, *_ in ROWS), links=True), "url publisher"),
    "merged days": (workbook(["Headline", "Date"], *([t, DAYS[0] if i == 0 else None] for i, t in enumerate(TITLES)),
                             merge="B2:B9"), "days"),
    "tables side by side": (workbook(["title", "date", None, "title", "date"], *(
        [*a[:2], None, *b[:2]] for a, b in zip(ROWS[:4], ROWS[4:], strict=True))), AFTER),
    "Parquet of structs": (columns([{"article": {"title": t, "url": u}, "source": {"name": p}, "published": d}
                                    for t, d, p, u, _ in ROWS]), "url publisher published_at"),
    "Parquet of translations": (columns([{"translation": {"en": t, "x": "?"}, "id": i} for i, t in enumerate(TITLES)]), ""),
    "a side file": (packed(part_0__csv=table("title,url", [[t, u] for t, _, _, u, _ in ROWS]), side__json='{"a": 1}'), "url told"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_headline_of_a_kind_is_read_with_what_belongs_to_it(kind):
    content, said = KINDS[kind]
    headlines = read_file(content)
    documents = headlines.table.drop_duplicates("key")
    of = {
        title.removesuffix(" #news"): row
        for title, row in zip(documents["title"], documents.to_dict("records"), strict=True)
    }
    assert set(of) >= set(TITLES) and len(of) == len(TITLES) + ("more" in said)
    assert len(headlines.rows) + headlines.n_unfit == len(headlines.table) + len(headlines.rejected)
    for i, title in enumerate(TITLES):
        row = of[title]
        for role, own in (
            ("url", URLS[i]),
            ("publisher", PAPERS[i]),
            ("published_at", DAYS[i]),
            ("description", BODIES[i]),
        ):
            if role in said.split():
                assert row[role].startswith(own), (title, role)
        amiss = {"days": not row["published_at"], "undated": row["published_at"], "papers": not row["publisher"],
                 "anonymous": row["publisher"], "homeless": row["url"]}  # fmt: skip
        assert not [name for name in said.split() if amiss.get(name)]
    assert "told" not in said or any("side.json" in error.message for error in headlines.left_out)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n", "WARC"),
        ("@article{a1,\n  title = {A new water law},\n}\n", "BibTeX"),
        ("____________________________________\nDocument 1 of 2\nTitle: A new water law\n", "ProQuest"),
        ("A new water law\n\nValley Herald\n\nEnd of Document\n", "Nexis"),
        ("-- dump\n\nDROP TABLE IF EXISTS `news`;\nCREATE TABLE `news` (`id` int);\n", "SQL"),
        (
            "// ====\n// a program (Titles, Headlines, Days)\n" + "let a = [\n'one, two',\n];\nplay();\n" * 9,
            "no headlines",
        ),
        ("== March ==\n" + "".join(f"* [[{t[:9]}]]{t[9:]}\n" for t in TITLES), "no headlines"),
        ("\n\n".join(f"{t}\nIda\nBody\n{d}" for t, d, *_ in ROWS), "such as 'Ida'"),
        ("# Sources\n\n" + "- **Paper** is read from `https://paper.example/feed`\n" * 9, "no headlines"),
        (
            '<!DOCTYPE lewis SYSTEM "lewis.dtd">\n'
            + "".join(
                f"<REUTERS NEWID='{i}'>\n<TOPICS><D>tin</D></TOPICS>\n<TEXT>&#2;\n<TITLE>{t}</TITLE>\n</TEXT>\n"
                "</REUTERS>\n"
                for i, t in enumerate(TITLES)
            ),
            "SGML",
        ),  # fmt: skip
        ("410412347\t20130203\t201302\t2013\t2013.1\tUSA\n", "GDELT"),
        ("<!DOCTYPE html><html><body><p>Some page</p></body></html>", "web page"),
        ("<!DOCTYPE html><html><body class='chat_page'><div class='from_name'>x</div></body></html>", "as JSON"),
        ("\n".join(f"word{i}" for i in range(30)), "no headlines"),
        ("\n".join(f"name: value {i}\nkind: thing {i}\nplace: town {i}" for i in range(9)), "no headlines"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name_with_what_to_give_instead(content, told):
    assert told in refusal(content)


def test_packed_texts_of_a_crawler_are_refused():
    assert "WARC" in refusal(gzip.compress(b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 3\r\n\r\nabc"))


def test_a_mailbox_gives_the_subjects_of_letters_without_links():
    headlines = read_file(mbox())
    assert list(headlines.table["title"]) == TITLES and list(headlines.table["description"]) == BODIES


def test_of_a_folder_a_bad_file_is_named_and_the_good_ones_are_read(tmp_path):
    (tmp_path / "a.csv").write_text(table("title,url", [[t, u] for t, _, _, u, _ in ROWS]))
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.csv.gz").write_bytes(b"\x1f\x8b\x08damaged")
    from headline_reader import read

    headlines = read(str(tmp_path))
    assert list(headlines.table["title"]) == TITLES
    assert [name in error.message for name, error in zip(["c.csv.gz", "b.json"], headlines.left_out, strict=True)]


def test_lists_that_are_not_read_are_named_with_their_sizes():
    headlines = read_file(
        json.dumps({"articles": ARTICLES, "people": [{"name": "Ida"}] * 3, "topics": [{"title": "Sport"}] * 2})
    )
    assert [(name, n) for name, n, _ in headlines.others] == [("people", 3), ("topics", 2)]
    assert any("people (3" in note and "topics (2" in note for note in headlines.notes)


def test_one_article_is_read_for_itself_and_not_for_the_sources_it_names():
    article = {"title": TITLES[0], "text": BODIES[0], "date": DAYS[0], "sources": [{"name": p, "url": u} for p, u in
                                                                                   zip(PAPERS, URLS, strict=True)]}  # fmt: skip
    headlines = read_file(json.dumps(article))
    assert list(headlines.table["title"]) == TITLES[:1] and headlines.others == [("sources", 8, "no headlines")]


def test_texts_beside_articles_are_no_headlines_unless_they_are_called_so():
    looked = {"checked": {"agents": ["The front page of the paper", "All pages on the harbour"]}, "articles": ARTICLES}
    headlines = read_file(json.dumps(looked))
    assert sorted(headlines.table["title"]) == sorted(TITLES) and headlines.others[0][1] == 2


def test_of_two_columns_that_are_called_so_the_other_is_named():
    cells = [[t, t.upper()[::-1], u] for t, _, _, u, _ in ROWS]
    assert any("'title'" in note and "columns" in note for note in read_file(table("headline,title,url", cells)).notes)


@pytest.mark.parametrize("names", ["title_en,title_fr", "title1,title2", "head 1,head 2"])
def test_of_a_pair_of_headlines_in_a_row_the_one_that_is_not_read_is_named(names):
    cells = [[t, f"Titre de la page {t[::-1]}"] for t in TITLES]
    assert any(repr(names.split(",")[1]) in note for note in read_file(table(names, cells)).notes)


def test_the_day_on_which_a_reader_kept_a_bookmark_is_not_taken_for_that_of_the_article_without_a_word():
    cells = [[u, t, "Unread", f"{1694390400 + 86400 * i}", "[]"] for i, (t, _, _, u, _) in enumerate(ROWS)]
    notes = read_file(table("URL,Title,Folder,Timestamp,Tags", cells)).notes
    assert any("when a headline was collected" in note for note in notes)


def test_of_an_archive_texts_beside_tables_are_named_and_headings_between_tables_are_no_rows():
    files = {
        "a__csv": table("title,url", [[t, u] for t, _, _, u, _ in ROWS]),
        "notes__txt": "Some lines",
        "README__txt": "x",
    }
    assert ["notes.txt" in error.message for error in read_file(packed(**files)).left_out] == [True]
    months = [["News of May"], ["Titel", "Datum"], *map(list, [row[:2] for row in ROWS[:4]]), [], ["News of June"]]
    content = workbook(*months, ["Titel", "Datum", "Quelle"], *map(list, [row[:3] for row in ROWS[4:]]))
    assert sorted(read_file(content).table["title"]) == sorted(TITLES)
