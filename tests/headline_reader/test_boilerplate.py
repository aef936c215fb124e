"""What stands in fields of headlines without being news."""

from __future__ import annotations

import re

import pytest

from headline_reader.boilerplate import REMOVED, outlet, robots, tails
from headline_reader.text import cleaned_description
from headline_reader.wordlists import words


def plain(name: str) -> list[str]:
    """The phrases of a list that are no patterns."""
    return [phrase for phrase in words("boilerplate")["tails"][name] if not re.search(r"[\\(\[{.?*+|]", phrase)]


@pytest.mark.parametrize("phrase", plain("more"))
def test_every_way_to_say_continue_reading_goes(phrase):
    for written in (phrase, phrase.capitalize(), f"{phrase}..."):
        assert cleaned_description(f"Boats stay in port. {written}") == "Boats stay in port."


def test_a_post_that_appeared_first_elsewhere_loses_that_sentence():
    said = "Boats stay in port. The post Storm nears appeared first on Coast Post."
    assert cleaned_description(said) == "Boats stay in port."


@pytest.mark.parametrize("title", ["Just a moment...", "403 Forbidden", "Access denied", "Subscribe to read"])
def test_pages_for_robots_are_known_and_headlines_are_none(title):
    assert robots().fullmatch(title)
    assert not robots().fullmatch(f"{title} for ferries in the storm") and not REMOVED.fullmatch(title)


def test_papers_and_hosts_are_known_by_their_names():
    assert outlet().search("Coast Post") and outlet().search("coast.example.com")
    assert not outlet().search("Storm nears the coast")


def test_every_tail_has_letters_to_look_for_first():
    assert all(letters for letters, _ in tails()) and len(tails()) == 7
