"""The model that `model = "auto"` chooses, and that it never changes without a notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from newsclust.errors import NewsclustWarning
from newsclust.vectors import model_choice
from newsclust.vectors.model_choice import choose_model
from newsclust.vectors.store import Store

LANGUAGES = Path(__file__).parents[1] / "languages.csv"


def documents(english: int, german: int) -> pd.DataFrame:
    languages = ["en"] * english + ["de"] * german
    texts = [f"{code} {number}" for number, code in enumerate(languages)]
    found = pd.DataFrame({"language": languages, "text": texts, "title": texts, "url": "", "publisher": ""})
    return found.sample(frac=1, random_state=0).assign(id=np.arange(1, len(found) + 1)).reset_index(drop=True)


@pytest.fixture(autouse=True)
def both_installed(monkeypatch, toy_model):
    monkeypatch.setattr(model_choice, "installed", lambda: ["minilm", "e5"])


def test_a_fifth_in_other_languages_takes_e5_and_says_so_and_less_does_not():
    store, why = choose_model(Store(), documents(81, 19))
    assert store.model == "minilm" and why == "19% of the headlines are in other languages than English"
    with pytest.warns(NewsclustWarning, match='model "auto" is e5 here: 20% of the headlines are in other languages'):
        assert choose_model(Store(), documents(80, 20))[0].model == "e5"


def test_the_first_2000_documents_decide_whatever_comes_behind_them():
    mixed = documents(1900, 100)
    more = pd.concat([mixed, documents(0, 3000).assign(id=lambda d: d["id"] + 2000)], ignore_index=True)
    assert choose_model(Store(), more)[0].model == "minilm"


def test_headlines_that_are_stored_already_keep_their_model_and_an_earlier_run_its_own():
    german = documents(0, 30)
    Store(model="minilm").embed(german.head(20))
    with pytest.warns(NewsclustWarning, match="is minilm here: 20 of these headlines are stored with it"):
        assert choose_model(Store(), german)[0].model == "minilm"
    with pytest.warns(NewsclustWarning):
        assert choose_model(Store(), documents(0, 30).assign(id=lambda d: d["id"] + 100))[0].model == "e5"
    with pytest.warns(NewsclustWarning, match="is minilm here: it is the model of monday, which this run continues"):
        assert choose_model(Store(), german.tail(5), "monday", "minilm")[0].model == "minilm"


@pytest.mark.parametrize(("precision", "why"), [("auto", "is not installed"), ("bfloat16", "has no other precision")])
def test_where_e5_cannot_be_had_minilm_is_used_and_its_warning_stays(monkeypatch, precision, why):
    if precision == "auto":
        monkeypatch.setattr(model_choice, "installed", lambda: ["minilm"])
    store, said = choose_model(Store(precision=precision), documents(0, 30))
    assert store.model == "minilm" and said.endswith(f", but e5 {why}")
    with pytest.warns(NewsclustWarning, match="100% of the documents are not English"):
        store.embed(documents(0, 30))


def test_a_run_records_its_model_and_why_and_the_next_run_keeps_it(tmp_path):
    with pytest.warns(NewsclustWarning, match='"auto" is e5 here: 75% of the headlines'):
        run = nc.find(LANGUAGES, output="monday")
    assert run.record.parameters["model"] == "e5" and run.record.provenance["model"].startswith("e5, ")
    assert "75% of the headlines" in run.record.provenance["why this model"]
    assert "75% of the headlines" in (tmp_path / "monday/report.html").read_text()
    with pytest.warns(NewsclustWarning, match="e5 here: it is the model of monday"):
        assert nc.find("sample", previous="monday").record.parameters["model"] == "e5"
