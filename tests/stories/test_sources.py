"""The source of a headline: marks of agencies and papers in many languages, and headlines that only speak of one."""

from __future__ import annotations

import pandas as pd
import pytest

from newsclust.corpus import words
from newsclust.corpus.documents import read_corpus
from newsclust.errors import InputError
from newsclust.stories import sources
from newsclust.stories.sources import find_sources

#: Descriptions, and whose text they say that they are.
MARKED = {
    "LONDON, March 3 (AP) - Shares fell on Monday": "AP",
    "NEW YORK (Reuters) - Shares fell": "Reuters",
    "LAKE FOREST, Ill. (AP) Chicago fired its coach": "AP",
    "By Ali Sawafta OFER PRISON, West Bank, Jan 1 (Reuters) - Israel indicted a girl": "Reuters",
    "The firm reports on Friday. MOSCOW (Reuters) - The minister has promised": "Reuters",
    "CAIRNS, Australia (AP/CP) - A shark was seen": "AP, Canadian Press",
    "CHICAGO (Bloomberg) -- Wheat fell": "Bloomberg",
    "(CBS/AP) A video was posted": "AP, CBS",
    "AP - Atlanta was sent home": "AP",
    "Shots were fired, according to Reuters.": "Reuters",
    "Shots were fired, reports the BBC.": "BBC",
    "By The Associated Press": "AP",
    "Two were hurt. Source: Reuters": "Reuters",
    "Berlin (dpa/AFP) - Die Regierung": "AFP, dpa",
    "Berlin (dpa/tmn) - Ein Auto": "dpa",
    "Die Zahl stieg, berichtet dpa.": "dpa",
    "Der Minister tritt nach Informationen von dpa, aber auch der BBC, zurück": "dpa",
    "Zwei Verletzte (Quelle: dpa)": "dpa",
    "(Agence France-Presse) Le président": "AFP",
    "PARIS, 3 mars (AFP) - Le président": "AFP",
    "Selon l’AFP, le président": "AFP",
    "Madrid, 3 mar (EFE).- El Gobierno": "EFE",
    "Agencia EFE - El Gobierno": "EFE",
    "El Gobierno. Fuente: Agencia EFE": "EFE",
    "(ANSA) - ROMA, 3 MAR - Il governo": "ANSA",
    "Due feriti, source: ANSA": "ANSA",
    "МОСКВА, 3 мар — РИА Новости. Президент": "RIA Novosti",
    "МОСКВА, 3 марта. /ТАСС/. Президент": "TASS",
    "Президент приедет, сообщает РИА Новости.": "RIA Novosti",
    "BEIJING, March 3 (Xinhua) -- China": "Xinhua",
    "新华社北京3月3日电 国务院": "Xinhua",
    "据新华社报道，国务院": "Xinhua",
    "［ロンドン 3日 ロイター］ - 英国": "Reuters",
    "(서울=연합뉴스) 김": "Yonhap",
    "الرياض (رويترز) - قال": "Reuters",
}
TITLES = {
    "Shares fall (Reuters)": "Reuters",
    "Quake hits Japan - Reuters": "Reuters",
    "Séisme au Japon | Agence France-Presse": "AFP",
    "Quake hits via The Guardian": "The Guardian",
    "Quake hits (via Reuters)": "Reuters",
    "首相が辞任【共同】": "Kyodo",
}
#: They speak of agencies and papers, and say nothing of whose text they are.
ABOUT = """Reuters cuts jobs|AP poll: voters split|AP Source: Justice Department probing recall|Thomson to buy Reuters
|Reuters: Germany's dependence on Russian gas poses risks|Investors eye Agence France-Presse (AFP)|Who owns Reuters?
|The Associated Press (AP) said on Monday|Source: Reuters to cut jobs|Shares fall, according to a Reuters poll
|Shares fall, according to Reuters data|Guns kill, according to Bloomberg, a former mayor|Gas stays at $3.63 in PA
|A picture (AFP/Getty Images)|A picture (AP Photo)|A picture (File photo/Reuters)|A Reuters witness said so
|The Guardian Angels return|Guardian editor steps down|By Reuters standards, small|Reuters reports a profit
|AP to sell news via internet|According to The Washington Post's Howard Kurtz|Agencia EFE elige presidente
|Agence France-Presse names an editor|dpa: neue Chefin|ANSA, la storia|РИА Новости закрывают|Xinhua opens in Rome
|Nasdaq falls - Dow Jones""".replace("\n", "").split("|")


def test_a_text_that_says_whose_it_is_names_its_source_in_any_language():
    texts = pd.DataFrame({"text": [f"Rain\n{text}" for text in MARKED]})
    assert dict(zip(MARKED, find_sources(texts), strict=True)) == MARKED
    titles = pd.DataFrame({"text": [f"{title}\nIt rained." for title in TITLES]})
    assert dict(zip(TITLES, find_sources(titles), strict=True)) == TITLES


def test_a_headline_about_an_agency_has_no_source():
    for texts in (
        pd.DataFrame({"text": ["Reuters - Thomson deal approved", *ABOUT]}),
        pd.DataFrame({"text": [f"Rain\n{text}" for text in ABOUT]}),
        read_corpus("sample").documents,
    ):
        found = find_sources(texts)
        assert not any(found), texts[found != ""]


def test_two_marks_are_two_names_and_a_description_alone_is_read_as_one():
    texts = ["CEO to step down - WSJ\nNEW YORK (Reuters) - He goes", "AP - Atlanta was sent home."]
    found = find_sources(pd.DataFrame({"text": texts}))
    assert found.tolist() == ["Reuters, The Wall Street Journal", "AP"]
    assert find_sources(pd.DataFrame({"text": []})).tolist() == []


@pytest.mark.parametrize("was, now", [('"AFP", ', '"AFP", "AP", '), ('"dpa", ', '"dpa ", '), ('"laut"', '"Laut"')])
def test_a_list_of_agencies_with_a_mistake_is_refused_and_the_word_named(monkeypatch, tmp_path, was, now):
    text = (words.files("newsclust") / "data/sources.toml").read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sources.toml").write_text(text.replace(was, now, 1), encoding="utf-8")
    monkeypatch.setattr(words, "files", lambda package: tmp_path)
    with pytest.raises(InputError, match="data/sources.toml: '(AP|dpa |Laut)' of (names|marks) should be"):
        sources._rules.__wrapped__()
