"""From bytes to text: what is read without a notice, what with one, and what is no text at all."""

from __future__ import annotations

import pytest

from headline_reader.encodings import decoded
from headline_reader.wordlists import words
from reading import TABLE, is_the_table, read_file, refusal

FRENCH = "title\nLe café fermé à Orléans rouvre après l'été\nLa tempête approche de la côte, les ferries annulés\n"
ACCENTS = "title\nLe président a déclaré la fermeture générale\nUne tempête sévère frappe la région côtière\n"
POLISH = "title\nBurza zbliża się do wybrzeża, łodzie wróciły\nMuzeum kupuje starą mapę świata, źródło nieznane\n"
RUSSIAN = "title\nШторм приближается к побережью, паромы стоят\nМузей купил старую карту города у коллекционера\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_and_utf_8_are_read_without_a_notice(encoding):
    assert decoded(FRENCH.encode(encoding), "news") == (FRENCH, [])


@pytest.mark.parametrize(
    ("text", "encoding", "called"),
    [(FRENCH, "cp1252", "Windows-1252"), (POLISH, "cp1250", "Windows-1250"), (POLISH, "iso8859_2", "ISO 8859-2"),
     (RUSSIAN, "cp1251", "Windows-1251"), (RUSSIAN, "koi8_r", "KOI8-R"), (ACCENTS, "mac_roman", "Mac Roman")],
)  # fmt: skip
def test_old_encodings_are_recognised_by_their_letters_and_named(text, encoding, called):
    read, notes = decoded(text.encode(encoding), "news")
    assert read == text and notes[0].startswith(f"news is read as {called}")


def test_stray_bytes_in_utf_8_are_read_and_their_line_reported():
    content = FRENCH.encode() + b"Caf\xe9 ferm\xc3\xa9\n"
    read, notes = decoded(content, "news")
    assert read.endswith("Café fermé\n") and "1 byte of news, the first in line 4, is no UTF-8" in notes[0]


def test_utf_16_without_a_mark_and_single_nul_bytes_are_recognised():
    assert is_the_table(read_file(TABLE.to_csv(index=False).encode("utf-16-le")))
    read, notes = decoded(b"title\n" + b"Storm nears the coast\n" * 9 + b"\0", "news")
    assert "\0" not in read and notes == ["1 NUL byte of news taken out"]


def test_a_binary_file_is_refused():
    assert "is a binary file, not a table" in refusal(bytes(range(256)) * 4)


def test_every_encoding_that_is_tried_is_known_to_python():
    known = words("encodings")["encodings"]
    assert all(b"a".decode(encoding) == "a" for encoding in known["tried"])
    assert {*known["multibyte"], *known["latin"], *words("encodings")["languages"]} <= {*known["tried"]}


def test_a_replacement_character_that_stands_in_the_file_is_read_as_it_is():
    assert decoded("Caf\ufffd\n".encode("utf-8-sig"), "news") == ("Caf\ufffd\n", [])
