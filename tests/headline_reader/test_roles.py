"""What columns are called: the role that a name stands for, in any spelling, and none where it speaks of another."""

from __future__ import annotations

import pytest

from headline_reader.roles import ROLES, any_title, bare, lists, rank_of
from reading import TABLE, is_the_table, read_file


def names() -> list[tuple[str, str]]:
    """Every name in the data file with its role."""
    return [(role, name) for role, kinds in lists()["names"].items() for name in kinds["strong"]]


@pytest.mark.parametrize("role", ROLES)
def test_every_name_is_known_as_programs_write_it(role):
    for name in (name for own, name in names() if own == role):
        for written in (name, name.title(), name.upper(), name.replace("_", " "), name.replace("_", "-")):
            assert rank_of(role, written) == 0, written


@pytest.mark.parametrize("name", ["category_title", "languageTitle", "image title", "title_length", "author.title"])
def test_a_title_of_something_else_is_no_headline(name):
    assert rank_of("title", name) is None


def test_headlines_beside_the_title_of_their_category_stay_apart():
    """A quotation mark in the list of words made one document of these eight headlines."""
    rows = "".join(f'World,"Storm number {i} nears the coast"\n' for i in range(8))
    headlines = read_file(f"category_title,text\n{rows}")
    assert len(set(headlines.table["title"])) == 8 and headlines.unused == ["category_title"]


@pytest.mark.parametrize("name", ["BAŞLIK", "başlık", "Baslik", "TYTUŁ", "tytul", "Überschrift", "ÇEKİM TARİHİ"])
def test_letters_that_unicode_does_not_take_apart_are_folded(name):
    assert any_title([name]) == (name != "ÇEKİM TARİHİ")
    assert bare(name).isascii()


@pytest.mark.parametrize("name", ["نص", "মাস"])
def test_words_once_typed_with_a_letter_of_another_script_are_known(name):
    assert rank_of("title", name) == 2 or rank_of("month", name) == 0


def test_nested_names_count_by_their_last_part_unless_their_owner_is_another_thing():
    assert rank_of("title", "item.headline") == 1 and rank_of("title", "title.rendered") == 1
    assert rank_of("title", "source.title") is None and rank_of("publisher", "source.title") == 0


def test_names_in_other_languages_are_read_in_a_whole_file():
    table = TABLE.set_axis(["Başlık", "Tarih", "Kaynak"], axis=1)
    assert is_the_table(read_file(table.to_csv(index=False)))
