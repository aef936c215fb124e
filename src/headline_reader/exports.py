"""Exports of news databases, reference managers and crawlers that are text but no table."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile

from .cells import is_unspaced, text_frame
from .dates import looks_like_dates, read_dates
from .errors import ReaderError, refused
from .json_records import TOML, records_table
from .roles import names_titles
from .tables import Table, below_each_other, table_of_records, with_links

#: Characters from the beginning of a text, which tell whether all of it is searched line by line.
LONG = 2_000_000
_URL = re.compile(r"<?(?:https?://|www\.)\S+$", re.IGNORECASE)
_DATED = re.compile(
    r"[\[(]?((?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|\d{4}\s?[年년]\s?\d\d?\s?[月월]\s?\d\d?\s?[日일]"
    r"|\d\d?\.?(?:\s+de)?\s+[^\W\d_]{3,12}\.?(?:\s+de)?,?\s+\d{4}|[^\W\d_]{3,12}\.?\s+\d\d?,\s+\d{4})"
    r"(?:[T ,]+\d\d?:\d\d(?::\d\d)?(?:Z|\s?[+-]\d\d:?\d\d|\s?[AaPp]\.?[Mm]\b\.?)?)?)[\])]?\s*[-–—:·]?\s+(\S.*)$"
)
_BEHIND = re.compile(r"(?P<title>\S.*\S)\s*[(\[](?P<publication>[^()\[\],]{2,40}),\s*(?P<date>[^()\[\]]{4,30})[)\]]\.?")
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\(\s*<?(https?://[^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?")
_TAG = re.compile(
    r"(?:([A-Z][A-Z0-9]{1,3})\s{0,2}-|(%[A-Z0-9@+~!])|(HD|BY|WC|PD|ET|SN|SC|LA|CY|LP|TD|AN|SE)(?=\s|$)) ?(.*)"
)
_LEXIS = re.compile(r"(?m)^\s*\d+ of \d+ DOCUMENTS\s*$")
_FACTIVA = re.compile(r"(?m)^\s*Document [A-Za-z0-9]{8,}\s*$")
#: The names that the tags of RIS, Medline, Refer and Factiva stand for.
_NAMES = {
    "title": "TI T1 %T HD", "abstract": "AB N2 %X LP", "publication": "T2 JO JF JA JT BT %J %B SN", "url": "UR L2 %U",
    "date": "DA DP %8 PD", "py_date": "PY Y1 %D", "language": "LA %G", "author": "AU %A BY",
}  # fmt: skip
_NAME_OF = {tag: name for name, tags in _NAMES.items() for tag in tags.split()}
_SQL = "a dump of a database (SQL): load it and export the table of headlines as CSV"
#: Formats that are recognised by their beginning and not read, and what to export instead.
_REFUSED = {
    r"WARC/1\.": "a WARC or WET file of a crawler: take the titles out of it, with warcio for example",
    r"\s*(?:%.*\n\s*)*@\w+\s*[{(]\s*[^\s,]+,": "BibTeX: export RIS or CSL-JSON",
    r"[\s\S]*^(?:_{20,}|Document \d+ of \d+)\s*$[\s\S]*^Title: ": "a text of ProQuest: export RIS or XLS",
    r"[\s\S]*^\s*End of Document\s*$": "a text of Nexis: export RIS or Excel",
    r"\d{9,10}\t\d{8}\t\d{6}\t\d{4}\t": "a table of GDELT's events, without headlines: take the GKG of that time",
    r"(?:<!DOCTYPE[^>]*>\s*)?<(?:REUTERS|DOC)[\s>]": "SGML, as of Reuters-21578 or TREC: convert it to CSV or JSON",
    r"(?:\s*(?:--|#|/\*).*\n|\s)*(?:CREATE|DROP|INSERT INTO|SET|USE|BEGIN|LOCK|PRAGMA)\s[^;]{1,400};": _SQL,
}


def read_export(text: str, name: str) -> Table | None:
    """The records of an exported text that is no table; None where it is in none of these formats.

    Raises
    ------
    ReaderError
        If the format is known but can't be read; the message says what to export instead.
    """
    start = text[:6000].lstrip("\ufeff \t\r\n")
    for pattern, what in _REFUSED.items():
        if re.match(pattern, start, re.MULTILINE):
            raise ReaderError(f"{name} is {what}.")
    for pattern, read in _READERS.items():
        if re.match(pattern, start, re.MULTILINE) and (rows := list(read(text))):
            return Table(text_frame(rows))
    return _records(start, text, name) or _lines(text, name)


def _lines(text: str, name: str) -> Table | None:
    """The headlines in lines of a known format. A long text is searched whole if its beginning is in one."""
    if len(text) > LONG and _lines(text[:LONG], name) is None:
        return None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    some = (read(lines) for read in (_links, _dated, _before_dated, _labelled, _pairs))
    return _tables(lines, name) or next(filter(None, some), None)


def refuse_no_headlines(lines: list[str], name: str) -> None:
    """Refuse plain lines that are no headlines: most have one word, or markup, or the names of fields before them."""
    lines = [line.strip() for line in lines if line.strip()][:5000]
    likely = sum(len(line.split()) > 1 or (len(line) > 7 and is_unspaced(line, 6)) for line in lines)
    signs = re.compile(r"[<@%{}\\|>]|#{1,6}\s|[\w-]+\s*=\s*[{\"']|[^`]*`[^`]+`|//|.*[;{]$|={2,}|.*\[\[.+\]\]")
    markup = sum(map(bool, map(signs.match, lines)))
    tags = Counter(match[1] for line in lines if (match := re.match(r"([\w-]{2,25})(?::|\s{1,2}-)(?:\s|$)", line)))
    tagged = [count for count in tags.values() if count > 2]
    fields = len(tagged) > 2 and sum(tagged) > 0.4 * len(lines)
    if len(lines) > 2 and (3 * likely < len(lines) or 4 * markup > len(lines) or fields):
        few = next((line for line in lines if len(line.split()) < 2), lines[0])[:40]
        raise ReaderError(f"{name} holds lines that are no headlines, such as {few!r}: export it as CSV, JSON or RIS.")


def _tagged(text: str) -> Iterator[dict[str, str]]:
    """Lines that begin with a tag; a repetition of the first tag begins a record."""
    record: dict[str, str] = {}
    first = field = ""
    for line in text.splitlines():
        if match := _TAG.match(line.rstrip()):
            tag = match[1] or match[2] or match[3]
            first = first or tag
            if tag == first and record:
                yield record
                record = {}
            field = _NAME_OF.get(tag, tag)
            if not record.get(field):
                record[field] = re.sub(r"^([\d/]+?)/+$", r"\1", match[4].strip())  # "2023/09/11/"
        elif field and line.strip() and len(record[field]) < 1000:
            record[field] = f"{record[field]} {line.strip()}".strip()
    yield record


def _lexis(text: str) -> Iterator[dict[str, str]]:
    """LexisNexis: a paper, a day, an edition, the headline, fields with a colon, the text."""
    for document in _LEXIS.split(text)[1:]:
        head, *parts = re.split(r"(?m)^(?=[A-Z][A-Z-]{3,}: )", document)
        fields = {key.lower(): value for key, _, value in (part.partition(": ") for part in parts)}
        lines = [line for line in head.splitlines() if line.strip()]
        days = [re.sub(r"(?<=\d{4})\W+[^\W\d_]{4,12}(?:\W.*)?$", "", line.strip()) for line in lines]
        day = next((i for i, line in enumerate(days) if looks_like_dates([line])), 0)
        title = fields.get("headline", " ".join(line for line in lines[day + 1 :] if line[:5].strip()))
        body = fields.get("length", "").partition("\n")[2].strip().partition("\n\n")[0]
        own = {name: fields.get(name, "").strip() for name in ("byline", "section", "language")}
        yield {"title": title, "publication": lines[0].strip() if lines else "", "date": days[day] if days else "",
               "abstract": body[:500], **own}  # fmt: skip


def _factiva(text: str) -> Iterator[dict[str, str]]:
    for document in _FACTIVA.split(text)[:-1]:
        yield factiva_record([line.strip() for line in document.splitlines() if line.strip()] or [""])


def factiva_record(lines: list[str]) -> dict[str, str]:
    """One article of Factiva: headline, perhaps an author, the number of words, the day, perhaps a time, the source."""
    words = next((i for i, line in enumerate(lines[:12]) if re.fullmatch(r"[\d,.]+\s+[^\W\d_]{4,10}", line)), 1)
    after = [line for line in lines[words + 1 :] if not re.match(r"\d\d?:\d\d", line)]
    title = " ".join(lines[: max(words - 1, 1)]) if re.match("(?i)by |von |par |por ", lines[words - 1]) else lines[0]
    return {"title": title, **dict(zip(("date", "publication"), after, strict=False))}


def _gkg(text: str) -> Iterator[dict[str, str]]:
    """GDELT's Global Knowledge Graph 2.1 (codebook of 2015): 27 columns; the title is an element in the last."""
    for cells in (line.split("\t") for line in text.splitlines()):
        extra = dict(re.findall(r"<(PAGE_\w+)>(.*?)</\1>", cells[-1]))
        address = cells[4] if cells[2:3] == ["1"] and len(cells) > 5 else ""
        day = extra.get("PAGE_PRECISEPUBTIMESTAMP", "".join(cells[1:2]))
        yield {"title": extra.get("PAGE_TITLE", ""), "url": address, "domain": "".join(cells[3:4]), "date": day}


def _records(start: str, text: str, name: str) -> Table | None:
    """The records of TOML or YAML."""
    if TOML.match(text):
        with refused(name, "TOML that cannot be read", "write it again, or give it as JSON"):
            return records_table(tomllib.loads(text), name)
    if not re.match(r"(?:%YAML.*\n)?(?:---\s*\n)?(?:\s*#.*\n)*\s*(?:[\w-]+:\s*\n\s*)?-\s+[\w-]+:(?:\s|$)", start):
        return None
    try:
        import yaml
    except ImportError:
        raise ReaderError(f"{name} is YAML: install PyYAML, or give it as JSON.") from None
    with refused(name, "YAML that cannot be read", "write it again, or give it as JSON"):
        value = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return records_table(value, name)


def _links(lines: list[tuple[int, str]]) -> Table | None:
    """A list of links in Markdown; the text after a link is its newspaper and day."""
    linked = sum("](" in line and bool(_LINK.search(line)) for _, line in lines)
    if linked < 3 or 2 * linked < sum(not line.startswith("#") for _, line in lines):
        return None
    rows, numbers, rejected, section = [], [], [], ""
    for number, line in lines:
        links = list(_LINK.finditer(line))
        if line.startswith("#") and not links:
            section = line.lstrip("# ")
        elif not links:
            rejected.append((number, "no link in it", line[:500]))
        before, behind = (line[: links[0].start()].split(), line[links[0].end() :]) if links else ([], "")
        sentence = len(before) > 4 or re.match(r" ?[^\W\d_]", behind)
        for link in links[:1] if sentence else links:
            row = {"title": _plain(line) if sentence else link[1], "url": link[2], "section": section}
            rest = "" if sentence else line[link.end() :].partition("[")[0]
            for part in filter(None, (p.strip(" .*_–—-()|:") for p in re.split(r",\s|[|()–—]|\s[-·]\s", rest))):
                row.setdefault("date" if read_dates([part]).iso[0] else "publication", part)
            rows.append(row)
            numbers.append(number)
    if 5 * sum("publication" in row for row in rows) < 3 * len(rows):  # it is a text with some links
        rows = [{"note" if name == "publication" else name: cell for name, cell in row.items()} for row in rows]
    return Table(text_frame(rows), numbers, rejected)


def _tables(lines: list[tuple[int, str]], name: str) -> Table | None:
    """The tables in a Markdown text that have headlines, each row with the heading above its table."""
    tables, sections, seen = [], [], set()
    for rule in (i for i, (_, line) in enumerate(lines) if i and "|" in line and _RULE.fullmatch(line)):
        within = [lines[rule - 1], *takewhile(lambda line: "|" in line[1], lines[rule + 1 :])]
        cells = [re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|")) for _, line in within]
        if len(within) > 1 and names_titles(list(map(_plain, cells[0]))):
            records = [(number, list(map(_plain, row))) for (number, _), row in zip(within, cells, strict=True)]
            with_links(records, [[link[2] if (link := _LINK.search(c)) else "" for c in row] for row in cells])
            tables.append(table_of_records(records, name))
            seen |= {number for number, _ in [*within, lines[rule]]}
            sections.append(next((line.lstrip("# ") for _, line in lines[rule::-1] if line.startswith("#")), ""))
    if not tables:
        return None
    table = below_each_other(tables, section=sections)
    left = [(number, line) for number, line in lines if number not in seen and not line.startswith("#")]
    table.rejected += [(number, "no row of a table", line[:500]) for number, line in left]
    return table


def _plain(text: str) -> str:
    """Markdown without links, bullets and emphasis."""
    return re.sub(r"^(?:[-*+•>]|\d+\.)\s+|\*\*|__|`", "", _LINK.sub(r"\1", text).strip()).strip(" *_")


def _dated(lines: list[tuple[int, str]]) -> Table | None:
    """One headline per line, each after its day, and in a chat after its sender."""
    some = [match for _, line in lines[:300] if (match := _DATED.match(line))]
    table = any(sum(mark in match[0].replace(match[1], "") for match in some) > 0.8 * len(some) for mark in "\t|;,")
    if len(some) < max(3, 0.8 * len(lines[:300])) or table or not looks_like_dates([match[1] for match in some]):
        return None
    parts = [(match[2], match[1]) if (match := _DATED.match(line)) else (line, "") for _, line in lines]
    senders = [title.partition(": ")[0] for title, day in parts if ":" in day and ": " in title[:40]]
    if len(senders) > 0.8 * len(parts) and 2 * len(set(senders)) <= len(senders):
        parts = [(title.partition(": ")[2] or title, day) for title, day in parts]
    return Table(text_frame([{"title": title, "date": day} for title, day in parts]), [n for n, _ in lines])


def _before_dated(lines: list[tuple[int, str]]) -> Table | None:
    """One headline per line, each before its paper and day in brackets."""
    found = [(number, match) for number, line in lines if (match := _BEHIND.fullmatch(line))]
    if len(found) < max(3, 0.8 * len(lines)) or not looks_like_dates([match["date"] for _, match in found]):
        return None
    rejected = [(number, "no day behind it", line[:500]) for number, line in lines if not _BEHIND.fullmatch(line)]
    rows = [{**match.groupdict(), "title": _plain(match["title"])} for _, match in found]
    return Table(text_frame(rows), [number for number, _ in found], rejected)


def _labelled(lines: list[tuple[int, str]]) -> Table | None:
    """One headline per line with its class: after a separator, or before the headline as fastText writes it."""
    for pattern in (r"__label__(?P<label>[\w-]+)\s+(?P<title>.+)", r"(?P<title>.*\S)\s*[@#~^](?P<label>[\w-]{1,20})"):
        if not all(re.fullmatch(pattern, line) for _, line in lines[:5]):
            continue
        found = [(number, match) for number, line in lines if (match := re.fullmatch(pattern, line))]
        if len(found) > max(4, 0.9 * len(lines)) and len({m["label"] for _, m in found}) < min(30, 0.5 * len(found)):
            rejected = [(n, "no class behind it", line) for n, line in lines if not re.fullmatch(pattern, line)]
            return Table(text_frame([m.groupdict() for _, m in found]), [n for n, _ in found], rejected)
    return None


def _pairs(lines: list[tuple[int, str]]) -> Table | None:
    """Headlines and their addresses on alternating lines, perhaps with other lines between them."""
    places = [i for i, (_, line) in enumerate(lines) if _URL.match(line)]
    steps = {b - a for a, b in zip(places, places[1:], strict=False)}
    if len(places) < 3 or len(steps) != 1 or not 2 <= (period := steps.pop()) <= 5 or len(lines) > 6 * len(places):
        return None
    rows, numbers = [], []
    for begin in range(max(places[0] - period + 1, 0) if places[0] else 0, len(lines), period):
        block = [line for _, line in lines[begin : begin + period]]
        texts = [line for line in block if not _URL.match(line)]
        row = {"title": "", **dict(zip(("title", "line 2", "line 3", "line 4"), texts, strict=False))}
        rows.append({**row, "url": next(filter(_URL.match, block), "").strip("<>")})
        numbers.append(lines[begin][0])
    return Table(text_frame(rows), numbers)


_READERS = {
    r"(?:TY|PMID)\s{0,2}- ?\S|%0 \w|[\s\S]*^HD(?:\s.*)?$[\s\S]*^PD\s.*$": _tagged,
    r"[\s\S]*^\s*\d+ of \d+ DOCUMENTS\s*$": _lexis,
    r"[\s\S]*^\s*[\d,.]+ words\s*$[\s\S]*^\s*Document [A-Za-z0-9]{8,}\s*$": _factiva,
    r"\d{14}-T?\d+\t\d{14}\t\d\t": _gkg,
}
