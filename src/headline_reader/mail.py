"""Mails and mailboxes of newsletters and alerts: the links in each are its headlines, else its subject is."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage

from .cells import text_frame
from .errors import ReaderError, refused
from .json_lists import like_headlines
from .tables import Table

_HEADERS = re.compile(rb"(?:From \S+[^\n]*\n)?(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.MULTILINE)
_TOLD = re.compile(rb"(?im)^(?:from|subject|date|received|mime-version|message-id|return-path|delivered-to):")
_ADDRESS = re.compile(r"<?(https?://[^\s<>]+)>?$", re.IGNORECASE)
# Links of a newsletter that are no news.
_SERVICE = re.compile(
    r"unsubscri|abmelden|abbestell|d[ée]sabonn|darse de baja|cancelar|preferences|privacy|view (?:this )?(?:email )?in "
    r"|im browser|see more results|edit this alert|create another alert|sign up|manage|flag as irrelevant",
    re.IGNORECASE,
)


def read_mail(content: bytes, name: str) -> Table | None:
    """A mail (RFC 5322) or a mailbox (mbox, RFC 4155); None where it is neither."""
    begin = content[:20_000].lstrip(b"\xef\xbb\xbf\r\n").replace(b"\r\n", b"\n")
    head = _HEADERS.match(begin)
    if not head or len(set(found.lower() for found in _TOLD.findall(head[0]))) < 2:
        return None
    rows = []
    with refused(name, "a mail or mailbox that cannot be read", "export it again, or its headlines as CSV"):
        mails = re.split(rb"(?m)^From \S+.*\d{4}\r?\n", content) if begin.startswith(b"From ") else [content]
        for number, mail in enumerate(filter(bytes.strip, mails), start=1):
            rows += _items(email.message_from_bytes(mail.lstrip(b"\r\n"), policy=email.policy.default), number)
    if not rows:
        raise ReaderError(f"{name} is a mail without a text: export it again.")
    return Table(text_frame(rows))


def _items(message: EmailMessage, number: int) -> list[dict[str, str]]:
    sender = str(message.get("from", "")).partition("<")[0].strip(' "')
    sent = getattr(message.get("date"), "datetime", None)  # it has the day of the news, but not the time
    day, subject = sent.date().isoformat() if sent else "", str(message.get("subject", ""))
    about = {"date": day, "subject": subject, "mail": str(number)}
    part = message.get_body(("html", "plain"))
    text = part.get_content() if part is not None and part.get_content_maintype() == "text" else ""
    items = list(_linked(text) if part is not None and part.get_content_subtype() == "html" else _blocks(text))
    if items:
        return [{**item, **about, "newsletter": sender} for item in items]
    first = " ".join(re.sub(r"<[^>]*>", " ", text).strip().partition("\n\n")[0].split())
    return [{"title": about["subject"], "summary": first[:500], "publisher": sender, **about}]


def _linked(text: str) -> Iterator[dict[str, str]]:
    """The links of a page whose texts have three words, each address once."""
    from bs4 import BeautifulSoup

    seen = set()
    for link in BeautifulSoup(text, "html.parser").find_all("a", href=re.compile("^https?://")):
        title = " ".join(link.get_text(" ").split())
        if like_headlines([title]) and not _SERVICE.search(title) and link["href"] not in seen:
            seen.add(link["href"])
            yield {"title": title, "url": str(link["href"])}


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Blocks of lines that end with an address: the headline, its newspaper if another line follows, the text."""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        address = next((match[1] for line in lines if (match := _ADDRESS.match(line))), "")
        lines = [line for line in lines if not _ADDRESS.match(line)]
        if address and lines and not _SERVICE.search(lines[0]) and len(lines[0]) > 7:
            paper = lines[1] if len(lines) > 2 and len(lines[1].split()) < 7 else ""
            yield {"title": lines[0], "url": address, "publisher": paper, "summary": " ".join(lines[1 + bool(paper) :])}
