"""The dialect of a delimited text: the one that gives records of one width, and a header with a known name."""

from __future__ import annotations

import re
from collections import Counter

from .records import SAMPLE, Dialect, records_of, trimmed, types_of
from .roles import ROLES, is_name_of, names_titles

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "\x01": "control-A", "^": "caret", "~": "tilde"}
#: Records that are searched for the header.
PREAMBLE = 40


def find_dialect(lines: list[str], delimiter: str | None) -> Dialect:
    sample, size = [], 0
    for line in lines[:2000]:
        size += len(line)
        sample.append(line)
        if size > SAMPLE:
            break
    text = re.sub("\r\n?", "\n", "".join(sample))
    best, best_score = Dialect(None), 0.6  # below that no delimiter makes records of one width
    for candidate in [delimiter] if delimiter else [*(d for d in DELIMITERS if d in text), *_own_sign(sample)]:
        for dialect in _quotings(text, candidate):
            score = _score(sample, dialect)
            if score > best_score + 1e-9:
                best, best_score = dialect, score
    if best.delimiter is None:
        return Dialect(None, *_line_quoting(sample))
    return best


def _own_sign(sample: list[str]) -> list[str]:
    """An unusual delimiter, if it separates known names in the first line and occurs in the lines below."""
    signs = dict.fromkeys(c for c in "".join(sample[:1]) if not c.isalnum() and c not in {*DELIMITERS, *" _-.\"'\r\n"})
    return [c for c in signs if names_titles(sample[0].split(c)) and all(c in line for line in sample[1:4]) and
            sum(any(is_name_of(role, cell) for role in ROLES) for cell in sample[0].split(c)) > 1]  # fmt: skip


def without_leading_lines(lines: list[str]) -> tuple[list[str], int, str | None]:
    """The lines without Excel's ``sep=;`` and comments above the header; how many were removed; the delimiter named."""
    skipped, delimiter = 0, None
    while skipped < min(len(lines) - 1, 200):
        line = lines[skipped].strip("\ufeff \t\r\n")
        if match := re.fullmatch(r'"?sep=(.|\\t)?"?[,;\t]*', lines[skipped].strip("\ufeff\r\n "), re.IGNORECASE):
            delimiter = "\t" if match[1] in (None, "\\t") else match[1]
        elif line and not (line.startswith("#") and not _is_commented_header(line, lines[skipped + 1])):
            break
        skipped += 1
    if skipped and all(line.lstrip().startswith("#") or not line.strip() for line in lines[: skipped + 1]):
        return lines, 0, None  # every line begins so: hashtags
    first = lines[skipped].lstrip("\ufeff")
    return [first, *lines[skipped + 1 :]], skipped, delimiter


def _is_commented_header(line: str, following: str) -> bool:
    for delimiter in DELIMITERS:
        cells = [cell.strip(" \"'\r\n") for cell in line.lstrip("# ").split(delimiter)]
        if len(cells) > 1 and delimiter in following and any(is_name_of("title", cell) for cell in cells):
            return True
    return False


def _quotings(text: str, delimiter: str) -> list[Dialect]:
    d = re.escape(delimiter)
    begins, ends = rf"(?:^|{d})[ ]?", rf"[ ]?(?:$|{d}|\r)"
    marks = {quote: len(re.findall(rf"{begins}{quote}", text, re.MULTILINE)) for quote in ('"', "'")}
    if not marks['"']:
        single = len(re.findall(rf"{begins}'[^'\n]*'{ends}", text, re.MULTILINE))
        if single > 0.5 * text.count("\n") and single >= 0.9 * marks["'"]:
            return [Dialect(delimiter, "'"), Dialect(delimiter, None)]
        return [Dialect(delimiter, '"')]
    loose = len(re.findall(rf'{d} +"', text)) > 0.5 * len(re.findall(rf'{d} *"', text)) > 0
    whole = len(re.findall(rf'{begins}"(?:[^"\\]|""|\\.)*"(?={ends})', text, re.MULTILINE))
    needed = len(re.findall(rf'{begins}"(?:[^"\n]|"")*(?:{d}|"")(?:[^"\n]|"")*"(?={ends})', text, re.MULTILINE))
    spanning = len(re.findall(rf'{begins}"(?:[^"\n]|"")*\n(?:[^"]|"")*"(?={ends})', text, re.MULTILINE))
    lines = max(text.count("\n"), 1)
    bare = whole < 0.3 * lines
    if re.search(rf'[^\\{d}]\\"(?!{ends})', text) or re.search(rf'{begins}"\\"', text, re.MULTILINE):
        return [Dialect(delimiter, '"', "\\", loose), Dialect(delimiter, '"', None, loose)]
    quoted = Dialect(delimiter, '"', None, loose, bare)
    if not needed and bare:
        # Nothing in quotes needs them, and most fields have none: they belong to the text, unless lines say otherwise.
        return [Dialect(delimiter, None), quoted] if spanning else [Dialect(delimiter, None)]
    return [quoted]


def _line_quoting(sample: list[str]) -> tuple[str | None]:
    """For one field per line: quotes count if some line needs them, as when a program writes a single column."""
    quoted = [line.strip() for line in sample if line.strip()[:1] == '"']
    needed = sum(bool(re.fullmatch(r'"(?:[^"]|"")*(?:,|"")(?:[^"]|"")*"', line)) for line in quoted)
    opened = sum(line.count('"') % 2 for line in sample)
    return ('"',) if quoted and (needed or len(quoted) > 0.9 * len(sample) or 0 < opened <= len(quoted)) else (None,)


def _score(sample: list[str], dialect: Dialect) -> float:
    """The share of records that have one width, and more where a header has a known name."""
    records, _ = records_of(sample, dialect, [])
    records = [(n, r) for n, r in records if any(cell.strip() for cell in r)][:1000]
    if len(records) > 2 and len("".join(sample)) >= SAMPLE:
        records.pop()  # the sample's end may cut it
    widths = Counter(len(trimmed(record)) for _, record in records)
    wide = Counter({width: count for width, count in widths.items() if width > 1})
    whole = Counter(len(record) for _, record in records if len(record) > 1)
    if whole and (not wide or max(whole.values()) > max(wide.values())):
        wide = whole  # columns of different lengths: the last fields of later rows are blank
    if not wide:
        return 0.0
    header = next((i for i, (_, r) in enumerate(records[:PREAMBLE]) if len(trimmed(r)) > 1 and names_titles(r)), None)
    if header is not None:
        width = len(trimmed(records[header][1]))
        after = records[header + 1 :]
        share = sum(2 <= len(trimmed(r)) <= width + 1 for _, r in after) / max(len(after), 1)
        tidy = sum(len(r) in (width, width + 1) or len(trimmed(r)) == width for _, r in after) / max(len(after), 1)
        return 2 + share / 2 + tidy + 0.001 * width if after else 2.5
    torn = sum(any(cell.count("(") != cell.count(")") for cell in record) for _, record in records)
    if 2 * torn > len(records):
        return 0.0  # what is in brackets belongs together
    width, count = wide.most_common(1)[0]
    share = count / max(len(records) - min(len(records) - count, 5), 1)
    typed = types_of([r for _, r in records if len(r) == width][1:])  # the first may be a header
    if len(records) == 1 or (not any(typed) and (share < 0.9 or len(records) < 3)):
        return 0.0
    return share + 0.05 * min(width, 8) / 8 + 0.1 * any(typed)
