"""Near-duplicates: what is folded away must be the same headline, and say nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.corpus import words as corpus_words
from newsclust.errors import InputError
from newsclust.neighbors.neighbors import Neighbors
from newsclust.stories import repeats
from newsclust.stories.repeats import OVERLAP, find_repeats
from points import examples


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """A few headlines are taken apart, and compared, in several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "TEXTS", 3)
        patch.setattr(repeats, "PAIRS", 4)
        yield


def found(headlines: list[str], lists: list[list[int]] | None = None, texts: list[str] | None = None) -> list[int]:
    n = len(headlines)
    lists = lists or [[j for j in range(n) if j != i] for i in range(n)]
    indices = np.array(lists, dtype=np.int32).reshape(n, -1)
    documents = pd.DataFrame({"title": headlines, "text": texts or headlines})
    return find_repeats(documents, Neighbors(np.arange(n), indices, np.ones(indices.shape, np.float32))).tolist()


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (
            "Harbour council to modernise the old ferries - mayor",
            "Harbour council to modernize the old ferries: mayor",
            True,
        ),
        ("FERRY LINE CLOSES FOR THE WINTER AGAIN", "Ferry line again closes for the winter", True),
        ("Lorry overturns near the harbour; 31 hurt", "Lorry overturns near the harbour; 29 hurt", False),
        ("Lorry overturns near the harbour; 31 hurt", "Lorry overturns near the harbour", True),
        ("Minister resigns over letters", "Minister denies letters, stays", False),
        ("东京发生强烈地震多人受伤", "东京发生强烈地震多人受伤了", True),
        ("???", "!!!", False),
    ],
)
def test_a_reworded_headline_is_folded_and_another_number_or_message_is_not(one, two, same):
    assert found([one, two]) == ([0, 0] if same else [0, 1])


def test_a_headline_without_a_title_is_compared_by_its_first_line():
    assert found(["", ""], texts=["Storm hits the coast\nabc", "Storm hits the coast\nxyz"]) == [0, 0]


def test_headlines_that_no_search_put_side_by_side_are_not_compared():
    assert found(["the same words", "the same words", "other"], [[2], [2], [-1]]) == [0, 1, 2]


words = st.lists(st.sampled_from("storm hits coast town again 12 13 hurt dies mayor".split()), min_size=1, max_size=6)


def overlap(one: str, two: str) -> float:
    a, b = ({f" {word} "[i : i + 3] for word in line.split() for i in range(len(word))} for line in (one, two))
    return len(a & b) / len(a | b)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(words.map(" ".join), min_size=1, max_size=8))
def test_a_representative_represents_itself_and_is_near_to_each(headlines):
    leaders = found(headlines) if len(headlines) > 1 else [0]
    for row, leader in enumerate(leaders):
        assert leaders[leader] == leader
        assert row == leader or overlap(headlines[row], headlines[leader]) >= OVERLAP
    alone = [row for row, leader in enumerate(leaders) if leaders.count(row) == 1 and leader == row]
    for i, row in enumerate(alone):
        for other in alone[i + 1 :]:
            numbers = [set(headlines[x].split()) & {"12", "13"} for x in (row, other)]
            contradict = numbers[0] - numbers[1] and numbers[1] - numbers[0]
            assert contradict or overlap(headlines[row], headlines[other]) < OVERLAP


CITIES = "Accra Bergen Cairo Dublin Essen Fukuoka Ghent Havana Izmir Jakarta".split()
WHAT = "council votes to close the old harbour line|court hears the case of the missing ferry captain".split("|")
DAYS = "Monday Tuesday Wednesday Thursday Friday".split()


def pairs_that_are_no_copies() -> list[tuple[str, str]]:
    pairs = []
    for what in WHAT:
        for i, city in enumerate(CITIES):
            head, other = f"{city} {what} on {DAYS[i % 5]} after protests", CITIES[i - 1]
            pairs += [
                (f"{head}, {20 + i} hurt", f"{head}, {30 + i} hurt"),
                (head, head.replace(city, other)),
                (head, head.replace(DAYS[i % 5], DAYS[(i + 1) % 5])),
                (head, head.replace("after protests", "but not after protests")),
                (f"Minister in {city} says {what}", f"Minister in {other} says {what}"),
                (f"Report from {city} says {what}", f"Report from {city} denies {what}"),
                (f"{what} is right, {city} says", f"{what} isn't right, {city} says"),
                (f"{city} {what} in 2019", f"{city} {what} in 2020"),
                (f"Rain in {city} ends, {what}", f"Rain in {city} never ends, {what}"),
                (f"{city} and {other} agree: {what}", f"{city} and {CITIES[i - 2]} agree: {what}"),
            ]
    return pairs


def test_another_number_name_or_day_or_a_denial_is_no_copy():
    pairs = pairs_that_are_no_copies()
    headlines = [headline for pair in pairs for headline in pair]
    lists = [[i + 1 - 2 * (i % 2)] for i in range(len(headlines))]
    leaders = np.array(found(headlines, lists))
    folded = [pair for pair, i in zip(pairs, range(0, len(headlines), 2), strict=True) if leaders[i] == leaders[i + 1]]
    assert len(pairs) == 200 and len(folded) <= 2, folded


@pytest.mark.parametrize(
    "copy",
    [
        "{} - Harbour Courier",
        "UPDATE 1-{}",
        "Ferry line for closes the winter after a storm in Bergen",
        "Ferry line closes for the wintr after a storm in Bergen",
        "Ferry line closes for the winter after a storm in Begen",
        "Ferry line closes for the winter after a storm in Be",
        "Now line closes for the winter after a storm in Bergen",
        "{} today",
    ],
)
def test_a_copy_with_a_paper_s_name_a_typing_error_a_cut_end_or_another_first_word_is_folded(copy):
    headline = "Ferry line closes for the winter after a storm in Bergen"
    assert found([headline, copy.format(headline)]) == [0, 0]


def test_a_denial_is_no_copy_in_any_of_the_listed_languages_and_a_broken_list_is_refused(monkeypatch, tmp_path):
    for one, two in [
        ("Minister did sign the harbour deal in May", "Minister didn't sign the harbour deal in May"),
        (
            "Le maire de Lorient quitte son parti au printemps",
            "Le maire de Lorient quitte jamais son parti au printemps",
        ),
        ("Der Zug nach Bremen fährt am Sonntag wieder", "Der Zug nach Bremen fährt am Sonntag nicht wieder"),
    ]:
        assert found([one, two]) == [0, 1]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/repeats.toml").write_text('[denials]\nEnglish = "no not No"\n')
    monkeypatch.setattr(corpus_words, "files", lambda _: tmp_path)
    repeats._words.cache_clear()
    with pytest.raises(InputError, match="'No' of denials should be one word in small letters, and there once"):
        found(["the same words", "the same words"])
    repeats._words.cache_clear()
