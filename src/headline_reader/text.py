"""Text as a reader would read it, without markup, boilerplate and publishers' tails; and when two texts are one."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from urllib.parse import parse_qs

import pandas as pd

from .boilerplate import REACH, REMOVED, may_be_none, may_end, outlet, robots, tails
from .cells import cleaned, found_in, has_letter, literal
from .wordlists import words

#: What pandas writes for, or reads as, a missing value (the na_values of pandas.read_csv), and databases.
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
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2139")  # Hangul fillers; the sign for information
_TOKENISED = re.compile(r"(?<=\w) (?=[,.](?:\s|$))|(?<=\w) (?=['\u2019](?:s|t|re|ve|ll|d|m)\b)")

_REDIRECTED = re.compile(
    r"https?://(?:(?:www\.)?google\.[\w.]+/url|l\.facebook\.com/l\.php|[\w-]+\.safelinks\.protection\.outlook\.com/)\?",
    re.IGNORECASE,
)
#: What an address must have, in RE2's words, for `cleaned_address` to change it.
REDIRECTS = r"(?i)[^!-~]|/url\?|/l\.php\?|safelinks"
_BULLET = re.compile(r"[-*•‣◦▪–—·]\s+(?=\S)")
_ORDINAL = re.compile(r"[(\[]?\d{1,5}[.):\]]\s+(?=\S)")
_ADDRESSES = re.compile(r"(?:https?://|\bt\.co/|pic\.twitter\.com/)[^\s<>)\]]*", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*(?:https?://|/|#|mailto:)[^)\s]*(?:\s[^)]*)?\)")
_SIGNS = re.compile(r"\*\*|~~|(?<![\w/])__(?=\S)|(?<=\S)__(?![\w/])")
_MARKED = re.compile(r"(?<!\w)_{2,}(?!\w)|(?<=\S)_{2,}(?=\s|$)")
# Letters and signs of the world that Unicode's composed form leaves as they are, whatever stands beside them.
STEADY = (
    "\u00a1-\u00ac\u00ae-\u012f\u0132-\u017e\u0180-\u02ff\u0388-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u064a\u066e\u066f\u0671-\u06d3"
    "\u0904-\u0939\u093d-\u0950\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2122\u3001-\u3029\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff9d\U0001f300-\U0001faff"
)
# What a text must have, in RE2's words, for `clean` and `_plain` to change it.
UNCLEAN = (
    rf"[^ -~{STEADY}]|[&#<]|^ |  | $| [,.'’]|^b['\"]|^.{{0,8}}$"
    r"|\[http|\]\(|\*\*|__|~~|://|t\.co/|pic\.twitter"
)
_TAIL = re.compile(r"^(.*\S)\s+([-–—|·•»]|::|\|\|)\s+(\S.*)$", re.DOTALL)


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
    """A clean description without "Continue reading" and its like at the end."""
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
    """A publisher's name, out of whatever a program wrote for it: a record, a list, an address."""
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


def tidy(fields: pd.DataFrame) -> pd.DataFrame:
    """Clean titles, descriptions and publishers, and say which rows hold no headline, and why.

    Parameters
    ----------
    fields : DataFrame of str
        With title, description and publisher.

    Returns
    -------
    DataFrame
        The same columns cleaned, with `text` (title, a line end, description; or the one of the two that is there),
        `key` (what makes two texts one document) and `reason`, "" where the row is a document's.
    """
    publishers = cleaned(fields["publisher"], "", cleaned_publisher)
    titles = cleaned(_without_footers(list(fields["title"])), UNCLEAN, lambda title: _plain(clean(title)))
    titles = _without_markers(titles)
    descriptions = cleaned(_without_footers(list(fields["description"])), UNCLEAN, lambda said: _plain(clean(said)))
    descriptions = cleaned(descriptions, may_end(), cleaned_description)
    titles, publishers = _without_tails(titles, publishers)
    descriptions = _without_refrains(descriptions)
    reasons, texts, keys = [""] * len(titles), list[str](), list[str]()
    odd = frozenset(found_in([title or text for title, text in zip(titles, descriptions, strict=True)], may_be_none()))
    papers = {publisher: key(publisher) for publisher in set(publishers)}
    for row, (title, description, publisher) in enumerate(zip(titles, descriptions, publishers, strict=True)):
        if title or description:
            reasons[row] = _reason(title, description, row in odd)
        heading, said = key(title), key(description)
        if title and description:
            rest = _without_title(description, title, said, heading, papers[publisher])
            said, description = said if rest == description else key(rest), rest
        if not title:  # a description alone is the headline
            title, description, heading, said = description, "", said, ""
        if REMOVED.fullmatch(description):
            description = said = ""
        texts.append(f"{title}\n{description}" if description else title)
        if not title:
            reasons[row] = "no text"
        keys.append("" if reasons[row] else f"{heading} {said}".strip())
        titles[row], descriptions[row] = title, description
    columns = {"title": titles, "description": descriptions, "publisher": publishers, "text": texts, "key": keys}
    return pd.DataFrame({**columns, "reason": reasons}, index=fields.index, dtype=object)


def key(text: str) -> str:
    """What is left of a text when case, punctuation, blanks, emoji and Unicode's forms make no difference."""
    if text.isascii():
        return " ".join(text.encode().translate(_FOLDED_ASCII).decode().split())
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.translate(_FOLD).split())


class _Fold(dict):
    """What becomes of each character in a key: letters, digits, marks and a few signs stay."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        mark = category in ("Sc", "Mn", "Mc") and not 0xFE00 <= code <= 0xFE0F
        stays = mark or category[0] in "LN" or character in "+=<>%"
        self[code] = character if stays else None if category == "Cf" else " "
        return self[code]


_FOLD = _Fold()
_FOLDED_ASCII = "".join(chr(code).lower().translate(_FOLD) for code in range(128)).encode().ljust(256)


def _reason(title: str, description: str, odd: bool) -> str:
    """Why a row is no document, "" if it is one."""
    head = title or description
    if odd:
        if REMOVED.fullmatch(head):
            return "removed by its publisher"
        if re.fullmatch(r"(?:https?://|www\.)\S+", head):
            return "an address, no headline"
        if len(head) < 120 and robots().fullmatch(head):
            return "a page for robots, no headline"
    if sum(map(str.isalpha, head[:24])) > 12:
        return ""
    text = f"{title} {description}"
    letters = sum(map(str.isalpha, text[:300]))
    if letters > 12:
        return ""
    letters -= sum(c in _BLANK_LETTERS for c in text)
    if letters <= 0:
        return "no word in it"
    if not text.isascii():
        signs = sum(unicodedata.category(c) in ("So", "Sk", "Cs") for c in text)
        words = len(re.findall(r"[^\W\d_]{2,}", text)) + len(re.findall("[\u3400-\u9fff]", text)) // 2
        if signs and words < 2:
            return "no word in it" if not words else "signs and one word, no headline"
    return ""


def _without_title(description: str, title: str, said: str, heading: str, paper: str) -> str:
    """The description, unless all it does is say the title again; then what it adds. `said` and so on are the keys."""
    if not said or said == heading or said == f"{heading} {paper}".strip():
        return ""
    if description.startswith(title) and (rest := description[len(title) :]) and not rest[0].isalnum():
        rest = rest.lstrip(" .:;,-–—|…!?\n\"'”’")
        if paper and key(rest) == paper:
            return ""
        return rest if len(rest.split()) > 3 or len(rest) > 25 else ""
    if description[-1] in " .…" and len(said) > 15 and heading.startswith(said):
        return ""  # the title again, cut short
    return description


def _plain(text: str) -> str:
    """Without Markdown's signs, and without addresses where words stand beside them."""
    if "[http" in text:
        text = re.sub(r"\[https?://\S+\s+([^\]]*)\]", r"\1", text)  # a link of MediaWiki
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "**" in text or "__" in text or "~~" in text:
        text = " ".join(_MARKED.sub(" ", _SIGNS.sub("", text)).split())
    if ("://" in text or "t.co/" in text or "pic.twitter" in text) and has_letter(rest := _ADDRESSES.sub(" ", text)):
        text = " ".join(rest.split())
    return text


def _without_footers(texts: list[str]) -> list[str]:
    """Without the lines, or the sentence, that stand under a third of the texts or more: a channel's own words."""
    for _ in range(4):
        different = list(dict.fromkeys(filter(None, texts)))
        some = different[:: len(different) // 2000 + 1]
        ends = Counter(_end(text) for text in some)
        often = {end for end, n in ends.items() if n >= max(5, 0.3 * len(some)) and len(end) > 3}
        if not often:
            return texts
        texts = [text[: _footer(text)].rstrip() if _end(text) in often else text for text in texts]
    return texts


def _end(text: str) -> str:
    return key(_ADDRESSES.sub(" ", text[cut:])) if (cut := _footer(text)) else ""


def _footer(text: str) -> int:
    """Where the last line begins, or of one line the last sentence; 0 where there is only one."""
    if "\n" in (text := text.rstrip()):
        return text.rfind("\n") + 1
    return _last_sentence(text) if len(text) > 40 else 0


def _without_markers(titles: list[str]) -> list[str]:
    """Without the dots and numbers of a list, where nearly all titles begin with one."""
    for marker in (_BULLET, _ORDINAL):
        if len(titles) >= 3 and sum(map(bool, map(marker.match, titles))) >= 0.8 * sum(map(bool, titles)) > 0:
            return [marker.sub("", title) for title in titles]
    return titles


def _without_refrains(descriptions: list[str]) -> list[str]:
    """Without a description, or its last sentence, that the feed puts under everything."""
    n = sum(map(bool, descriptions))
    often = max(5, 0.05 * n)
    whole = Counter(filter(None, descriptions))
    refrains = {text for text, count in whole.items() if count >= often and len(whole) > 1}
    different = [text for text in whole if text not in refrains]
    ends = Counter(text[-8:] for text in different)  # what ends many texts ends in letters that end as many
    may = [text for text in different if ends[text[-8:]] >= often]
    last = Counter(text[cut:] for text in may if (cut := _last_sentence(text)))
    tails = {tail for tail, count in last.items() if count >= often and len(tail) >= 15}
    if not refrains and not tails:
        return descriptions
    places = [place for place, text in enumerate(descriptions) if text in refrains or ends[text[-8:]] >= often]
    for place in places:
        text, cut = descriptions[place], _last_sentence(descriptions[place])
        if text in refrains or (cut and text[cut:] in tails):
            descriptions[place] = "" if text in refrains else text[:cut].rstrip()
    return descriptions


def _last_sentence(text: str) -> int:
    """Where the last sentence begins; 0 where there is only one."""
    cut = max(text.rfind(end, 0, len(text) - 2) for end in (". ", "! ", "? ", "… ", "| "))
    return cut + 2 if cut > 0 else 0


def _without_tails(titles: list[str], publishers: list[str]) -> tuple[list[str], list[str]]:
    """Titles without " - Publisher", and the publishers that were only named there.

    The tail goes where it is the row's publisher or another row's; and where it recurs as a publisher's would: most
    titles have one after the same sign and few different ones make up many of them, or it names a kind of newspaper.
    """
    places = found_in(titles, r" (?:[-–—|·•»]|::|\|\|) ")
    split = {place: match.groups() for place in places if (match := _TAIL.match(titles[place]))}
    known = {key(publisher) for publisher in set(publishers) if publisher} - {""}
    n_titles = max(len(set(filter(None, titles))), 1)  # a title again is no witness
    by_sign: dict[str, Counter[str]] = {}
    for parts in dict.fromkeys(split.values()):
        if _names_someone(parts[2]):
            by_sign.setdefault(parts[1], Counter())[parts[2]] += 1
    everywhere, recurring = set(), set()
    for sign, ends in by_sign.items():
        total = sum(ends.values())
        again = sum(count for count in ends.values() if count > 1)
        if total >= 5 and total >= 0.6 * n_titles and again >= 0.3 * total and len(ends) <= 0.7 * total:
            everywhere.add(sign)
        often = max(3, 0.002 * n_titles)
        recurring |= {end for end, count in ends.items() if count >= often and outlet().search(end)}
    for place, (body, sign, tail) in split.items():
        cut = _same(tail, publishers[place]) or (
            _names_someone(tail) and (key(tail) in known or sign in everywhere or tail in recurring)
        )  # fmt: skip
        if cut and has_letter(body):
            titles[place], publishers[place] = body.rstrip(" -–—|·"), publishers[place] or tail
    return titles, publishers


def _same(tail: str, publisher: str) -> bool:
    """Whether a tail is the publisher, as a name or as an address: "The New York Times", "nytimes.com"."""
    if not publisher or not tail:
        return False
    one, other = key(tail).removeprefix("the "), key(publisher).removeprefix("the ")
    if one == other:
        return True
    if "." in publisher or "." in tail:
        squeezed = [re.sub(r"\W", "", re.sub(r"\.(?:com|org|net|co|\w\w)\b", "", t.lower())) for t in (tail, publisher)]
        return min(map(len, squeezed)) >= 3 and squeezed[0].removeprefix("the") == squeezed[1].removeprefix("the")
    return len(one) > 3 and (other.startswith(one + " ") or one.startswith(other + " ")) and len(tail) <= 50


def _names_someone(tail: str) -> bool:
    """Whether a tail could be a name: short, with capitals where the script has them."""
    if len(tail) > 50 or len(tail.split()) > 6 or not has_letter(tail) or tail[-1:] in "?!":
        return False
    first = next(c for c in tail if c.isalpha())
    return not first.islower() or bool(re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", tail))


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
