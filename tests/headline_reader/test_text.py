"""Text as a reader would read it."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headline_reader import text
from headline_reader.boilerplate import may_be_none, may_end
from headline_reader.cells import cleaned, found_in
from headline_reader.text import (
    REDIRECTS,
    STEADY,
    UNCLEAN,
    clean,
    cleaned_address,
    cleaned_description,
    cleaned_publisher,
    key,
    plain,
)
from headline_reader.tidy import _reason, tidy
from points import examples
from reading import TABLE, read_file


def test_a_publisher_that_is_an_address_is_its_host_even_where_it_is_damaged():
    addresses = [
        "https://www.Coast.example/a",
        "https://[coast.example/b",
        "http://u:p@crier.example:80/c?d",
        "https://",
    ]
    publishers = read_file(TABLE.assign(source=addresses).to_csv(index=False)).table["publisher"]
    assert sorted(publishers) == ["[coast.example", "coast.example", "crier.example", "https://"]


def test_what_pandas_writes_for_missing_values_is_not_taken_for_text():
    from pandas._libs.parsers import STR_NA_VALUES

    assert {value.strip() for value in STR_NA_VALUES} - {""} == text.NOTHING


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("<b>Storm</b> &amp;amp; ferry", "Storm & ferry"),
        ("Storm&#8217;s end costs #36;5", "Storm\u2019s end costs $5"),
        ("b'Storm \\xc3\\xa9'", "Storm \u00e9"),
        ("Storm\u200b  nears\n the coast .", "Storm nears the coast."),
        ("Profit <5 % and x < y", "Profit <5 % and x < y"),
        ("NaN", ""),
    ],
)
def test_a_field_is_cleaned_of_what_programs_put_into_it(given, cleaned):
    assert clean(given) == cleaned


def test_publishers_and_addresses_are_taken_out_of_what_programs_wrote():
    assert cleaned_publisher("{'id': None, 'name': 'Coast Post'}") == "Coast Post"
    assert cleaned_publisher('["Coast Post", "x"]') == "Coast Post"
    assert cleaned_address("https://www.google.com/url?rct=j&url=https://x.example/a&ct=ga") == "https://x.example/a"


def test_continue_reading_and_its_like_go_from_the_end():
    assert cleaned_description("The storm nears. Continue reading...") == "The storm nears."
    assert cleaned_description("The storm nears [+123 chars]") == "The storm nears"
    assert cleaned_description("They read more books") == "They read more books"


def test_other_spellings_of_a_headline_are_one():
    assert key("Storm's END \u2013 \u201cnow\u201d") == key("storm\u2019s end - now") != key("storm ends now")


def test_rows_without_a_headline_say_why_and_tails_go_to_the_publisher():
    titles = ["[Removed]", "Are you a robot?", "\U0001f600", "", *[f"Storm {i} nears - Coast Post" for i in range(6)]]
    fields = pd.DataFrame({"title": titles, "description": "", "publisher": ""}, dtype=object)
    tidied = tidy(fields)
    assert tidied["reason"].tolist()[:4] == [
        "removed by its publisher", "a page for robots, no headline", "no word in it", "no text",
    ]  # fmt: skip
    assert tidied["title"].tolist()[4:] == [f"Storm {i} nears" for i in range(6)]
    assert set(tidied["publisher"][4:]) == {"Coast Post"}


PIECES = """
Storm nears the coast|in|&amp;|&#39;|#39;|<b>|</p>|  | ,|.| .| 's| ’s|\u200b|\u00ad|e\u0301|
é|ß|İ|ı|ſ|\u212a|क़|क\u093c|\u0301|\u0670|nan|N/A|\\N|b'x'|[x](http://a.b)|**|__|~~|
https://a.b/c|t.co/x|\t|\x0b|\x1f|\x85|\u3000|\u2028|가|\u1100\u1161|Ω|\u2126|🎉|
Continue reading|CONTİNUE READİNG|devamını oku|DEVAMINI OKU|Read more about it|[...]|(…)|
[+12 chars]|The post x appeared first on y|[Removed]|(deleted)|just a moment...|
Access denied|are you a robot?|élan - are you human|www.x.com|submitted by /u/x|[link]|
https://www.google.com/url?q=https://a.b|HTTPS://L.FACEBOOK.COM/l.php?u=https://a.b|1 ½ 2|«|
»|阅读全文|続きを読む|더 보기
""".replace("\n", "").split("|")
TEXTS = st.lists(st.sampled_from([*PIECES, "", " "]), max_size=6).flatmap(
    lambda parts: st.sampled_from(["".join(parts), " ".join(parts)])
)
MANY = settings(deadline=None, derandomize=True, max_examples=examples(400))
#: Found once: a strategy that filters letters tries each again in every example.
LETTERS = "".join(re.findall(f"[{STEADY}]", "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))))


@given(TEXTS)
@MANY
def test_no_text_is_passed_over_that_cleaning_would_change(text):
    made = plain(clean(text))
    assert cleaned([text], UNCLEAN, lambda said: plain(clean(said))) == [made]
    assert cleaned([made], may_end(), cleaned_description) == [cleaned_description(made)]
    assert cleaned([text], REDIRECTS, cleaned_address) == [cleaned_address(text)]
    if made:
        assert _reason(made, "", bool(list(found_in([made], may_be_none())))) == _reason(made, "", True)


@given(TEXTS, TEXTS)
@MANY
def test_a_text_has_the_key_of_its_title_and_its_description(title, description):
    assert key(f"{title}\n{description}") == f"{key(title)} {key(description)}".strip()


@given(st.text(LETTERS, min_size=1))
@MANY
def test_letters_that_are_taken_as_they_stand_are_clean(text):
    assert clean(f"Storm{text}nears") == f"Storm{text}nears"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ferry resumes <https://paper.example/a|paper.example>", "Ferry resumes"),
        ("<https://paper.example/a|Ferry resumes after the storm>", "Ferry resumes after the storm"),
        ("Ferry resumes <https://paper.example/a>", "Ferry resumes"),
        ("<https://paper.example/a|paper.example>", "<https://paper.example/a|paper.example>"),
    ],
)
def test_a_link_in_angle_brackets_leaves_its_text_where_it_has_one(written, read):
    assert plain(written) == read


def test_a_link_that_never_ends_takes_no_longer_than_its_text(stopwatch):
    for endless in ("<https://paper.example/a|" + "word " * 200_000, "<https://a|" * 50_000):
        plain(endless)
    assert stopwatch() < 20
