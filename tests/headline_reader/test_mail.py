"""Mails of newsletters and alerts."""

from __future__ import annotations

from email.message import EmailMessage

from headline_reader.mail import read_mail


def letter(text: str, subtype: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = (
        "Coast Post <a@b.example>",
        "The week",
        "Fri, 17 May 2024 07:00:00 +0000",
    )
    mail.set_content(text, subtype=subtype)
    return mail.as_bytes()


def test_the_links_of_a_letter_are_its_headlines_and_those_to_its_sender_are_not():
    links = {
        "a": "Storm nears the coast",
        "b": "Unsubscribe from this letter",
        "c": "More",
        "d": "Ferry service resumes",
    }
    text = "".join(f'<a href="https://a.example/{name}">{said}</a>' for name, said in links.items())
    rows = read_mail(letter(f'{text}<a href="https://a.example/a">Storm nears the coast</a>', "html"), "a.eml").rows
    assert rows["title"].tolist() == [links["a"], links["d"]]
    assert rows["url"].tolist() == ["https://a.example/a", "https://a.example/d"]
    assert set(rows["date"]) == {"2024-05-17"} and set(rows["newsletter"]) == {"Coast Post"}


def test_an_alert_has_a_newspaper_and_a_summary_before_each_address():
    rows = read_mail(letter("Storm nears\nTown Crier\nIt may turn.\n<https://a.example/a>\n", "plain"), "a.eml").rows
    assert rows[["title", "publisher", "summary"]].to_numpy().tolist() == [
        ["Storm nears", "Town Crier", "It may turn."]
    ]


def test_a_letter_without_links_is_its_subject():
    rows = read_mail(letter("It may turn.\n\nMore tomorrow.", "plain"), "a.eml").rows
    assert rows[["title", "summary"]].to_numpy().tolist() == [["The week", "It may turn."]]


def test_a_table_with_colons_is_no_mail():
    assert read_mail(b"title: a\nday: b\n\ntitle: c\n", "a.txt") is None
