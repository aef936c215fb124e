"""The lists of words: a file that holds what can't be meant is refused, with the place."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator

import pytest

from headline_reader import dates, languages, roles, wordlists
from headline_reader.wordlists import BrokenWords, fold, words
from reading import TABLE, read_file

#: What is made of the files once.
LOADED = {languages._codes}
LOADED |= {made for room in (roles, dates, wordlists) for made in vars(room).values() if hasattr(made, "cache_clear")}


@pytest.fixture
def broken(tmp_path, monkeypatch) -> Iterator[Callable[[str, str, str], None]]:
    """Puts other words into a copy of a file, which is then the one that is read."""

    def put(file: str, old: str, new: str) -> None:
        path = tmp_path / "data" / f"{file}.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        forget()

    def forget() -> None:
        for function in LOADED:
            function.cache_clear()

    shutil.copytree(wordlists.FOLDER, tmp_path / "data")
    monkeypatch.setattr(wordlists, "FOLDER", tmp_path / "data")
    forget()
    yield put
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize("file", sorted(path.stem for path in wordlists.FOLDER.glob("*.toml")))
def test_every_file_passes_its_checks(file):
    assert words(file)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("category album", '\\"category album', "'\"category' of titles.unless has a quotation mark"),
        (
            "headline_text ",
            "Headline_text ",
            "'Headline_text' of names.title.strong has a capital letter",
        ),
        ("titular ", "titular título ", "'título' of names.title.strong is there twice"),
        ("título ", "ti\u0301tulo ", "is not in Unicode's composed form"),
        ("শিরোনাম", "শিরোनাম", "mixes BENGALI and DEVANAGARI"),
        ("titel titelzeile", "titel þitill", "has a letter that `fold` leaves as it is"),
        ('weak = "guid loc id mobile_url url_mobile media_url"', 'weak = ""', "names.url.weak is empty"),
        ("[names.url]", "[names.address]", "names are given of other roles than"),
        ("language lang ", "language lang headline ", "'headline' is a name of title and of language"),
        ('weak = "guid loc', 'weak = "sourceurl loc', "'sourceurl' is a name of url and of url"),
    ],
)
def test_a_broken_list_of_names_is_refused(broken, old, new, why):
    broken("roles", old, new)
    with pytest.raises(BrokenWords) as error:
        roles.rank_of("title", "title")
    assert str(error.value).startswith("data/roles.toml: ") and why in str(error.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "why", "load"),
    [
        ("dates", "oca şub mar nis", "oca şub mar", "a line of turkish has 11 months", dates._months),
        ("dates", "kasım aralık", "aralık kasım", "", dates._months),
        ("dates", "juni juli august september", "juli juni august september", "is the name of months", dates._months),
        ("languages", '"en eng', '"e1 en', "the code of english is 'e1', no code", languages._codes),
        ("languages", '"fr fra', '"fr fra spa', "'spa' is es and fr", languages._codes),
        ("languages", "\nde = ", "\nxx = ", "a variety is one of a language without a name", languages._codes),
        ("boilerplate", "'see more'", "'see more', 'see more'", "is there twice", lambda: words("boilerplate")),
        ("boilerplate", "'see more'", "' see more'", "blanks around it", lambda: words("boilerplate")),
    ],
)
def test_other_broken_files_are_refused(broken, file, old, new, why, load):
    broken(file, old, new)
    if not why:  # two months of one language the other way round are well-formed, and read so
        assert load()["kasim"] == 12
        return
    with pytest.raises(BrokenWords, match=f"data/{file}.toml: .*{why}"):
        load()


def test_a_broken_file_is_not_taken_for_a_fault_of_the_headlines(broken):
    broken("dates", "oca şub mar nis", "oca şub mar")
    with pytest.raises(BrokenWords):
        dates.read_dates(["5 May 2024"])
    memory = io.BytesIO()
    TABLE.to_excel(memory, index=False)
    broken("roles", "[names.url]", "[names.address]")
    with pytest.raises(BrokenWords):
        read_file(memory.getvalue(), "news.xlsx")


def test_folding_leaves_plain_letters():
    assert fold("İSTANBUL Kasım łódź Đà Nẵng smørrebrød Straße") == "istanbul kasim lodz da nang smorrebrod strasse"
    assert fold("أغسطس") == "اغسطس" and fold("ΜΑΪΟΥ") == "μαιου"
