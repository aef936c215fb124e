"""Bytes to text: byte-order marks decide, then UTF-8, then a detector; a notice says what was uncertain."""

from __future__ import annotations

import codecs
import re

from .errors import ReaderError
from .wordlists import words

_MARKS = {  # those of UTF-32 before UTF-16's, with which they begin
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
_NAMES = {
    **{f"cp125{i}": f"Windows-125{i}" for i in range(9)}, "shift_jis": "Shift JIS", "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR", "koi8_r": "KOI8-R", "koi8_u": "KOI8-U", "big5": "Big5", "gb18030": "GB 18030 (GBK)",
    "mac_roman": "Mac Roman", "cp949": "Korean (EUC-KR, cp949)", "tis_620": "Thai (TIS-620)",
    "iso8859_2": "ISO 8859-2", "iso8859_5": "ISO 8859-5", "iso8859_7": "ISO 8859-7",
}  # fmt: skip
_SAMPLE = 60_000


def decoded(content: bytes, name: str) -> tuple[str, list[str]]:
    """The text in `content`, and notes on how it was read.

    Raises
    ------
    ReaderError
        If it is no text.
    """
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            content = content[len(mark) :]
            text = content.decode(encoding, "replace")
            lost = text.count("\ufffd")
            if encoding == "utf-8" and lost:
                return _nearly_utf8(content, name)
            if lost > len(text) / 20:
                raise _binary(name)
            return text.replace("\0", ""), [f"{lost} characters of {name} are damaged"] if lost else []
    if b"\0" in content:
        if (utf16 := _utf16(content)) is not None:
            return content.decode(utf16, "replace"), [f"{name} is read as UTF-16, which it does not say"]
        if (nuls := content.count(b"\0")) > 0.02 * len(content):
            raise _binary(name)
        text, notes = decoded(content.replace(b"\0", b""), name)
        return text, [f"{nuls:,} NUL byte{'s' * (nuls > 1)} of {name} taken out", *notes]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        return _nearly_utf8(content, name)


def encoding_of(content: bytes, notes: list[str]) -> str:
    """The name of the encoding that `decoded` used, from its notes."""
    marked = (encoding for mark, encoding in _MARKS.items() if content.startswith(mark))
    told = (match[1] for note in notes if (match := re.search(r" read as ([^,]+)", note)) and "byte" not in note)
    return next(told, next(marked, "utf-8").upper())


def _binary(name: str) -> ReaderError:
    return ReaderError(f"{name} is a binary file, not a table: give CSV, JSON, Excel, Parquet or a feed.")


def _utf16(content: bytes) -> str | None:
    head = content[: _SAMPLE // 2 * 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    few, many = sorted((even, odd))
    if many < max(4, 0.02 * len(head)) or few > 0.05 * many:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head.decode(encoding, "replace")
    return encoding if text.count("\ufffd") < 0.01 * len(text) else None


def _nearly_utf8(content: bytes, name: str) -> tuple[str, list[str]]:
    """UTF-8 with a few stray bytes stays UTF-8: those bytes are read as Windows-1252, as their writer meant."""
    strays: list[int] = []

    def stray(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        strays.append(error.start)
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end

    codecs.register_error("headlines-stray", stray)
    text = content.decode("utf-8", "headlines-stray")
    if not strays:  # the file itself holds the sign for what a program could not read
        return text.replace("\0", ""), []
    whole = sum(1 for _ in re.finditer(rb"[\xc3-\xf4][\x80-\xbf]+", content))
    if len(strays) <= 0.2 * whole:
        line = content.count(b"\n", 0, strays[0]) + 1
        some = f"{len(strays)} byte{'s' * (len(strays) > 1)} of {name}, the first in line {line}, "
        return text, [f"{some}{'is' if len(strays) == 1 else 'are'} no UTF-8 and read as Windows-1252"]
    encoding, certain = _detected(content)
    text = content.decode(encoding, "replace")
    control = sum(c < " " and c not in "\t\r\n\x0b\x0c" or "\x7f" <= c < "\xa0" for c in text[:_SAMPLE])
    if control > 0.05 * min(len(text), _SAMPLE):
        raise _binary(name)
    shown = _NAMES.get(encoding, encoding)
    doubt = "" if certain else ", which is a guess: save it as UTF-8 if letters are wrong"
    return text, [f"{name} is read as {shown}{doubt}"]


def _detected(content: bytes) -> tuple[str, bool]:
    """The encoding, and whether the detector is sure of it."""
    from charset_normalizer import from_bytes

    sample, known = _telling_lines(content), words("encodings")["encodings"]
    tried = list(known["tried"])
    best = from_bytes(sample, cp_isolation=tried, enable_fallback=False, preemptive_behaviour=False).best()
    if best is None:
        return "cp1252", False
    if best.encoding in known["multibyte"] and _is_scattered(sample.decode(best.encoding, "replace")):
        return _latin(sample), False
    if best.encoding in known["latin"]:
        return _latin(sample), best.chaos < 0.1
    encoding = {"euc_kr": "cp949"}.get(best.encoding, best.encoding)
    return encoding, best.chaos < 0.1 and (best.coherence > 0.2 or encoding in known["multibyte"])


def _is_scattered(text: str) -> bool:
    """Whether supposed Chinese, Japanese or Korean letters are inside Latin words: "S緌 Paulo"."""
    wide = len(re.findall("[\u2e80-\u9fff\uac00-\ud7a3\uf900-\uffef\ue000-\uf8ff]", text))
    after = "(?<=[A-Za-z])[\u2e80-\u9fff\uac00-\ud7a3\ue000-\uf8ff\uff61-\uff9f]"
    amid = len(re.findall(f"{after}(?![\u2e80-\u9fff\uac00-\ud7a3])", text))
    return amid > 0.5 * wide


def _latin(sample: bytes) -> str:
    """The code page for Latin letters: code pages differ in few letters, so the language decides."""
    from .languages import detect

    western = sample.decode("cp1252", "replace")
    # Windows reads Mac Roman's accented letters as signs, which don't occur between letters.
    signs = "\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u201a-\u201e\u2022\u2014\u02dc\u2122\x8d-\x9d"
    amid = len(re.findall(f"(?<=[a-z])[{signs}](?=[a-z])", western))
    if amid > 0.3 * len(re.findall("[^\x00-\x7f]", western)):
        return "mac_roman"
    for encoding, languages in words("encodings")["languages"].items():
        text = sample.decode(encoding, "replace")
        signs = "[a-z][\xb1\xb6\u013d\u02c7\xa6\xac\xa9\xae\xbb\xab]|[\xb1\xb6][a-z]"  # ISO 8859-2's letters
        if encoding == "cp1250" and re.search(signs, text):
            encoding = "iso8859_2"
            text = sample.decode(encoding, "replace")
        if "\ufffd" not in text and detect([text.replace("\n", " ")])[0] in languages:
            return encoding
    return "cp1252"


def _telling_lines(content: bytes) -> bytes:
    """The lines with bytes beyond ASCII: only these identify the encoding."""
    lines, size = [], 0
    for line in content.splitlines(keepends=True):
        if not line.isascii():
            first = next(i for i, byte in enumerate(line) if byte > 127)
            lines.append(line[max(first - 1000, 0) : first + 1000])
            size += len(lines[-1])
            if size > 20_000:
                break
    return b"".join(lines)
