"""Text as a reader would read it, without markup and boilerplate; and which texts count as the same."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from urllib.parse import parse_qs

from .boilerplate import REACH, tails
from .cells import has_letter, literal
from .wordlists import words

#: What pandas (the na_values of pandas.read_csv) and databases write for, or read as, a missing value.
NOTHING = frozenset(
    "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null".split("|")
)

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# AG's corpus of news has lost the ampersand of "&#36;".
_HALF_ENTITY = re.compile(r"(?<![&\w])#(\d{2,5});")
_TAGS = "|".join(words("boilerplate")["html"]["tags"])
_HIDDEN = re.compile(r"<(script|style|noscript|template|svg)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:p|br|div|li|tr|td|h[1-6]|ul|ol|table|blockquote|figure|figcaption|hr)\b[^<>]*>", re.I)
_TAG = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*|/)?>|<!\[CDATA\[|\]\]>", re.IGNORECASE)
_CUT_TAG = re.compile(rf"<(?:{_TAGS})\s[^<>]*$", re.IGNORECASE)  # where an export cut the text
_BYTES = re.compile(r"b(['\"])(.*)\1", re.DOTALL)
# Invisible: soft hyphen, zero-width space and joiners of words, directions, byte-order marks; not the joiners that
# Persian, the scripts of India and emoji need.
_INVISIBLE = {
    c: None for c in [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
}
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_TOKENISED = re.compile(r"(?<=\w) (?=[,.](?:\s|$))|(?<=\w) (?=['\u2019](?:s|t|re|ve|ll|d|m)\b)")

_REDIRECTED = re.compile(
    r"https?://(?:(?:www\.)?google\.[\w.]+/url|l\.facebook\.com/l\.php|[\w-]+\.safelinks\.protection\.outlook\.com/)\?",
    re.IGNORECASE,
)
#: An RE2 expression that is found in every address that `cleaned_address` may change.
REDIRECTS = r"(?i)[^!-~]|/url\?|/l\.php\?|safelinks"
ADDRESSES = re.compile(r"(?:https?://|\bt\.co/|pic\.twitter\.com/)[^\s<>)\]]*", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*(?:https?://|/|#|mailto:)[^)\s]*(?:\s[^)]*)?\)")
_ANGLED = re.compile(r"<https?://[^\s<>|]++(?:\|([^<>]*+))?>")  # Slack's links, perhaps with a text
_SIGNS = re.compile(r"\*\*|~~|(?<![\w/])__(?=\S)|(?<=\S)__(?![\w/])")
_MARKED = re.compile(r"(?<!\w)_{2,}(?!\w)|(?<=\S)_{2,}(?=\s|$)")
# Characters that Unicode's composed form leaves unchanged, whatever is beside them.
STEADY = (
    "\u00a1-\u00ac\u00ae-\u012f\u0132-\u017e\u0180-\u02ff\u0388-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u064a\u066e\u066f\u0671-\u06d3"
    "\u0904-\u0939\u093d-\u0950\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2122\u3001-\u3029\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff9d\U0001f300-\U0001faff"
)
# An RE2 expression that is found in every text that `clean` and `_plain` may change.
UNCLEAN = (
    rf"[^ -~{STEADY}]|[&#<]|^ |  | $| [,.'’]|^b['\"]|^.{{0,8}}$"
    r"|\[http|\]\(|\*\*|__|~~|://|t\.co/|pic\.twitter"
)


def clean(text: str) -> str:
    """A field without entities, tags, invisible letters and runs of blanks; in Unicode's composed form."""
    text = text.strip()
    if not text or text in NOTHING or text == "\\N":
        return ""
    if "&" in text or "#" in text:
        for _ in range(3):  # "&amp;#8217;" was escaped twice
            once = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
            if once == text:
                break
            text = once
        text = _HALF_ENTITY.sub(lambda match: html.unescape(f"&#{match[1]};"), text)
    if "<" in text:
        text = _HIDDEN.sub(" ", text)
        text = _CUT_TAG.sub(" ", _TAG.sub("", _BREAK.sub(" ", text)))
    if text[:1] == "b" and (match := _BYTES.fullmatch(text)):  # Python's way of showing bytes
        text = _of_bytes(text, match[2])
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    text = " ".join(_CONTROL.sub("", text).split())
    if " ," in text or " ." in text or " '" in text or " \u2019" in text:
        text = _TOKENISED.sub("", text)
    return text


def cleaned_description(text: str) -> str:
    """A clean description without "Continue reading" and the like at the end."""
    for _ in range(4):
        before, end = text, text[-REACH:].lower()
        for letters, pattern in tails():
            if not any(some in end for some in letters):
                continue
            if text and (match := pattern.search(text, max(len(text) - REACH, 0))):
                text = text[: match.start()].rstrip()
                end = text[-REACH:].lower()
        if text == before:
            break
    return text


def cleaned_publisher(text: str) -> str:
    """A publisher's name, from what a program wrote for it: a record, a list, an address."""
    text = text.strip()
    if text[:1] in "{[" and text[-1:] in "}]":
        text = _name_in(_value(text)) or text
    text = clean(text)
    if match := re.match(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", text, re.IGNORECASE):
        text = match[1].lower()
    return re.sub(r"^(?:www|m|amp|feeds|rss)\.(?=[\w-]+\.)", "", text)


def cleaned_address(text: str) -> str:
    """An address without the redirection through Google, Facebook or Outlook that alerts and posts put before it."""
    text = text.strip()
    if not _REDIRECTED.match(text):
        return text
    parameters = parse_qs(text.replace("&amp;", "&").partition("?")[2])
    found = (values[0] for name in ("url", "u", "q") if (values := parameters.get(name)))
    return next((address for address in found if re.match(r"https?://\S+$", address)), text)


def key(text: str) -> str:
    """A text reduced to what does not depend on case, punctuation, blanks, emoji and Unicode's forms."""
    if text.isascii():
        return " ".join(text.encode().translate(_FOLDED_ASCII).decode().split())
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.translate(_FOLD).split())


class _Fold(dict):
    """Each character's replacement in a key: letters, digits, marks and a few signs stay."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        mark = category in ("Sc", "Mn", "Mc") and not 0xFE00 <= code <= 0xFE0F
        stays = mark or category[0] in "LN" or character in "+=<>%"
        self[code] = character if stays else None if category == "Cf" else " "
        return self[code]


_FOLD = _Fold()
_FOLDED_ASCII = "".join(chr(code).lower().translate(_FOLD) for code in range(128)).encode().ljust(256)


def plain(text: str) -> str:
    """The text without Markdown's signs, and without addresses if there are words beside them."""
    if "[http" in text:
        text = re.sub(r"\[https?://\S+\s+([^\]]*)\]", r"\1", text)  # a link of MediaWiki
    if "<http" in text:  # a text of one word is the address again
        rest = _ANGLED.sub(lambda link: link[1] if " " in (link[1] or "") else "", text)
        text = " ".join(rest.split()) if has_letter(rest) else text
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "**" in text or "__" in text or "~~" in text:
        text = " ".join(_MARKED.sub(" ", _SIGNS.sub("", text)).split())
    if ("://" in text or "t.co/" in text or "pic.twitter" in text) and has_letter(rest := ADDRESSES.sub(" ", text)):
        text = " ".join(rest.split())
    return text


def _of_bytes(text: str, inside: str) -> str:
    value = literal(text)
    if value is None:
        return inside.replace("\\'", "'").replace('\\"', '"')
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else inside


def _value(text: str) -> object:
    try:
        return json.loads(text[:5000])
    except (ValueError, RecursionError):
        return literal(text[:5000])


def _name_in(value: object) -> str:
    if isinstance(value, dict):
        for name in ("name", "title", "label", "text", "value", "domain", "href", "url", "uri", "id"):
            if isinstance(value.get(name), str) and value[name].strip():
                return value[name]
    if isinstance(value, list) and value:
        return value[0] if isinstance(value[0], str) else _name_in(value[0])
    return ""
