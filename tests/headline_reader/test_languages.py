"""Which language a text is in, and what columns call languages."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid import classify

from headline_reader.languages import _classified, _codes, detect, language_code, language_name, shares
from headline_reader.wordlists import words
from points import examples

SAYINGS = """
The early bird catches the worm; Der frühe Vogel fängt den Wurm; L'avenir appartient à ceux qui se lèvent tôt;
A quien madruga, Dios le ayuda; Le ore del mattino hanno l'oro in bocca; Кто рано встаёт, тому бог подаёт;
早起きは三文の徳; 早起的鸟儿有虫吃; 일찍 일어나는 새가 벌레를 잡는다;
الطيور المبكرة تجد الدود; जल्दी उठने वाला पक्षी कीड़ा पाता है
""".replace("\n", " ").split(";")


@settings(deadline=None, derandomize=True, max_examples=examples(60))
@given(
    st.lists(
        st.sampled_from(SAYINGS) | st.sampled_from(SAYINGS).map(str.upper) | st.text(min_size=1), min_size=1, max_size=9
    )
)
def test_languages_detected_all_at_once_are_those_detected_one_by_one(texts):
    alone = [classify(text.lower() if text.isupper() else text)[0] for text in texts]
    assert _classified(texts) == alone


def test_the_automaton_is_that_of_the_version_whose_fields_are_read():
    """`_classified` reads fields of py3langid 0.4 that it does not promise to keep.

    It can go when py3langid classifies many texts at once: with ``classify`` one by one reading takes three times as
    long.
    """
    import py3langid

    assert version("py3langid").startswith("0.4.")
    assert not [name for name in dir(py3langid) if "batch" in name or "many" in name]


def test_each_text_has_a_code_and_an_error_of_the_detector_has_none():
    english, spanish = "The early bird catches the worm", "A quien madruga, Dios le ayuda"
    assert detect([english, spanish, "ab"]) == ["en", "es", ""]
    assert detect([spanish, *[english] * 30]) == ["", *["en"] * 30]
    assert shares(["en", "en", "es", ""]).to_dict() == {"en": 2 / 3, "es": 1 / 3}


@pytest.mark.parametrize("name", words("languages")["names"])
def test_every_name_and_code_of_a_language_is_its_code(name):
    code, *others = words("languages")["names"][name]
    for written in (name, name.upper(), code, f"{code}-XX", f"{code}_xx", *others, *map(str.title, others)):
        assert language_code(written) == (_codes()[2].get(code, code)), written
    assert language_name(code) == name.capitalize()


def test_what_is_no_language_has_no_code():
    assert [language_code(name) for name in ("", "n/a", "unknown", "Español", "espanol", "nb", "en-US")] == [
        "", "", "", "es", "es", "no", "en",
    ]  # fmt: skip
