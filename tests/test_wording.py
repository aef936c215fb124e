"""How counts and values are written."""

from __future__ import annotations

import pytest

from newsclust.wording import assigned, count, said, said_of_newcomers, sentence


@pytest.mark.parametrize(
    "value, written",
    [(None, "none"), (True, "yes"), (False, "no"), (0.30000000000000004, "0.3"), (5, "5"), ("eom", "eom")],
)
def test_a_value_reads_as_a_person_writes_it(value, written):
    assert said(value) == written


def test_one_has_no_plural_and_thousands_have_a_comma():
    assert [count(n, "run") for n in (0, 1, 2, 1234)] == ["0 runs", "1 run", "2 runs", "1,234 runs"]
    assert count(2, "story", "stories") == "2 stories"


@pytest.mark.parametrize("note, ended", [("no day", "no day."), ("no day.", "no day."), ("why?", "why?"), ("", "")])
def test_a_note_ends_with_one_full_stop(note, ended):
    assert sentence(note) == ended


def test_changed_parameters_can_be_pasted_into_a_cell():
    assert assigned({"words": 0.2, "search": "exact"}) == "words = 0.2, search = 'exact'"


def test_what_became_of_new_headlines_adds_up():
    n = {
        "n_newcomers": 1200,
        "n_joined": 1,
        "n_joined_stories": 1,
        "n_in_emerging": 6,
        "n_emerging": 2,
        "n_alone": 1193,
    }
    assert "".join(said_of_newcomers(n, "may")) == (
        "1,200 new headlines: 1 in 1 story of may, 6 in2 emerging stories, 1,193 in none."
    )
    assert said_of_newcomers(n | {"n_known": 3})[2].endswith("In the run already: 3.")
