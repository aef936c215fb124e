"""One corpus written in any of the ways that programs write tables: for tests that read it back."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
from hypothesis import strategies as st

ROLES = ["title", "description", "publisher", "published_at"]
HEADERS = {
    "title": "title Title TITLE headline Headline headline_text article_title newsTitle título titre Titel заголовок",
    "description": "description Description summary short_description abstract snippet teaser Beschreibung 摘要",
    "publisher": "publisher source Source sourceName publication media_name Newspaper outlet fuente источник 来源",
    "published_at": "published_at publishedAt date Date publish_date pubDate datetime fecha дата 日期",
}
EXTRA = {
    "id": lambda i: str(1000 + i),
    "category": lambda i: ["World", "Sport", "Science"][i % 3],
    "author": lambda i: ["", "A. Writer"][i % 2],
    "word_count": lambda i: str(300 + 7 * i),
    "image": lambda i: f"https://img.example/{i}.jpg",
}
DATES = {
    "iso": lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso with blank": lambda t: t.strftime("%Y-%m-%d %H:%M:%S+00:00"),
    "rfc822": lambda t: format_datetime(t, usegmt=True),
    "seconds": lambda t: str(int(t.timestamp())),
    "milliseconds": lambda t: str(int(t.timestamp() * 1000)),
    "nanoseconds": lambda t: str(int(t.timestamp()) * 10**9),
    "excel": lambda t: f"{(t.timestamp() / 86_400) + 25_569:.6f}",
    "compact": lambda t: t.strftime("%Y%m%dT%H%M%SZ"),
    "day first": lambda t: t.strftime("%d/%m/%Y %H:%M:%S"),
    "dots": lambda t: t.strftime("%d.%m.%Y %H:%M:%S"),
    "month first": lambda t: t.strftime("%m/%d/%Y %I:%M:%S %p"),
    "words": lambda t: t.strftime("%B %d, %Y %H:%M:%S"),
}
FORMATS = ["csv", "csv", "csv", "json", "wrapped", "jsonl", "columns", "parquet", "xlsx", "rss"]
PACKINGS = ["", "", "", "gz", "bz2", "xz", "zip", "tar"]
ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32"]


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    """A way to write a table."""
    return {
        "format": draw(st.sampled_from(FORMATS)),
        "packing": draw(st.sampled_from(PACKINGS)),
        "encoding": draw(st.sampled_from(ENCODINGS)),
        "delimiter": draw(st.sampled_from([",", ",", ";", "\t", "|"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE])),
        "escape": draw(st.sampled_from([None, None, None, "\\"])),
        "newline": draw(st.sampled_from(["\n", "\r\n", "\n", "\r"])),
        "date": draw(st.sampled_from(sorted(DATES))),
        "names": {role: draw(st.sampled_from(HEADERS[role].split())) for role in ROLES},
        "extra": draw(st.lists(st.sampled_from(sorted(EXTRA)), unique=True, max_size=3)),
        "order": draw(st.randoms(use_true_random=False)),
        "preamble": draw(st.sampled_from(["", "", "", "sep", "comment", "title"])),
        "trailing": draw(st.sampled_from([0, 0, 0, 2])),
        "entities": draw(st.booleans()),
    }


def write(rows: list[dict[str, str]], dialect: dict[str, Any], path: Path) -> Path | None:
    """`rows` (of `ROLES`, dates in ISO form) in a file; None where the dialect can't say them."""
    table = [_renamed(row, dialect, i) for i, row in enumerate(rows)]
    names = list(table[0])
    dialect["order"].shuffle(names)
    table = [{name: row[name] for name in names} for row in table]
    content = _WRITERS[dialect["format"]](table, names, dialect)
    if content is None:
        return None
    path = path.with_suffix(_SUFFIX.get(dialect["format"], ".csv"))
    path.write_bytes(_packed(content, path.name, dialect["packing"]))
    return path


def _renamed(row: dict[str, str], dialect: dict[str, Any], i: int) -> dict[str, str]:
    named = {dialect["names"][role]: row[role] for role in ROLES if role != "published_at"}
    if dialect["entities"]:
        named = {name: escape(value, {"'": "&#39;", '"': "&quot;"}) for name, value in named.items()}
    moment = datetime.fromisoformat(row["published_at"].replace("Z", "+00:00"))
    named[dialect["names"]["published_at"]] = DATES[dialect["date"]](moment)
    return named | {name: EXTRA[name](i) for name in dialect["extra"] if name not in named}


def _csv(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    delimiter, quoting, mark = dialect["delimiter"], dialect["quoting"], dialect["escape"]
    cells = [cell for row in table for cell in row.values()]
    if quoting == csv.QUOTE_NONE:
        if any(c in cell for cell in cells for c in (delimiter, "\n", "\r")):
            return None
        lines = [delimiter.join(row[name] for name in names) for row in table]
        text = dialect["newline"].join([delimiter.join(names), *lines, ""])
    else:
        if mark and any("\\" in cell for cell in cells):
            return None
        out = io.StringIO(newline="")
        writer = csv.writer(
            out, delimiter=delimiter, quoting=quoting, lineterminator=dialect["newline"],
            doublequote=mark is None, escapechar=mark,
        )  # fmt: skip
        pad = [""] * dialect["trailing"]
        writer.writerow(names)
        writer.writerows([[row[name] for name in names] + pad for row in table])
        text = out.getvalue()
    above = {
        "sep": f"sep={delimiter}",
        "comment": f"# made by a program{dialect['newline']}# on a day",
        "title": f"Search results{dialect['newline']}Exported on a day{dialect['newline']}",
    }
    if dialect["preamble"]:
        text = above[dialect["preamble"]] + dialect["newline"] + text
    return _encoded(text, dialect)


def _encoded(text: str, dialect: dict[str, Any]) -> bytes | None:
    try:
        return text.encode(dialect["encoding"])
    except UnicodeEncodeError:
        return None


def _json(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    return _encoded(json.dumps(table, ensure_ascii=dialect["encoding"] == "cp1252"), dialect)


def _wrapped(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    whole = {"status": "ok", "totalResults": len(table), "response": {"articles": table, "tags": [{"name": "x"}]}}
    return _encoded(json.dumps(whole, indent=1, ensure_ascii=False), dialect)


def _jsonl(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    return _encoded("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table), dialect)


def _columns(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    return _encoded(pd.DataFrame(table).to_json(force_ascii=False), dialect)


def _parquet(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(table).to_parquet(out, index=False)
    return out.getvalue()


def _xlsx(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    out = io.BytesIO()
    try:
        pd.DataFrame(table).to_excel(out, index=False)
    except Exception as error:  # openpyxl refuses control characters
        if type(error).__name__ != "IllegalCharacterError":
            raise
        return None
    return out.getvalue()


def _rss(table: list[dict[str, str]], names: list[str], dialect: dict[str, Any]) -> bytes | None:
    own = dialect["names"]
    moment = dialect["date"] in ("iso", "rfc822", "iso with blank")
    if not moment:
        return None
    items = "".join(
        f"<item><title>{escape(row[own['title']])}</title><description>{escape(row[own['description']])}</description>"
        f"<source url='https://x.example'>{escape(row[own['publisher']])}</source>"
        f"<pubDate>{escape(row[own['published_at']])}</pubDate></item>"
        for row in table
    )
    text = f'<rss version="2.0"><channel><title>All</title>{items}</channel></rss>'
    return text.encode()


_WRITERS = {
    "csv": _csv, "json": _json, "wrapped": _wrapped, "jsonl": _jsonl, "columns": _columns, "parquet": _parquet,
    "xlsx": _xlsx, "rss": _rss,
}  # fmt: skip
_SUFFIX = {"json": ".json", "wrapped": ".json", "jsonl": ".jsonl", "columns": ".json", "parquet": ".parquet",
           "xlsx": ".xlsx", "rss": ".xml"}  # fmt: skip


def _packed(content: bytes, name: str, packing: str) -> bytes:
    if packing == "gz":
        return gzip.compress(content)
    if packing == "bz2":
        return bz2.compress(content)
    if packing == "xz":
        return lzma.compress(content, preset=0)
    if packing == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"folder/{name}", content)
            archive.writestr("README.txt", "what this is")
        return out.getvalue()
    if packing == "tar":
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        return out.getvalue()
    return content
