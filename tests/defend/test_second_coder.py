"""A second coder: what is sent, how far it agrees, and that nothing is sent before the user agrees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

import newsclust as nc
from endpoint import KEY, answer
from newsclust.cli import app
from newsclust.defend.second_coder import SecondCoder, sample_pairs, second_coder
from newsclust.errors import NewsclustError

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where a run of 120 headlines is."""
    folder = tmp_path_factory.mktemp("coded")
    rows = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).head(120)
    rows.to_csv(folder / "mine.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        nc.find("mine.csv", model="minilm", output="reports/mine")
    return folder


def said_by(known: dict[str, str], slips: int = 0):
    """Answers by the known stories; every `slips`-th is wrong."""

    def respond(handler, asked):
        pair = json.loads(asked["messages"][1]["content"])
        same = known[pair["a"]] == known[pair["b"]] != "one-off"
        n = len(handler.server.asked)
        handler.send(200, answer("Yes." if same != bool(slips and n % slips == 0) else "no"))

    return respond


@pytest.fixture
def known(folder) -> dict[str, str]:
    return pd.read_csv(folder / "mine.csv", dtype=str).set_index("title")["story"].to_dict()


def test_kappa_is_scikit_learns_and_its_interval_contains_it(folder, endpoint, monkeypatch, known):
    monkeypatch.chdir(folder)
    run = nc.read_run("reports/mine")
    pairs = sample_pairs(run, 60)
    assert pairs.equals(sample_pairs(run, 60)) and set(pairs["run"]) == {"same", "apart"}
    where = run.points.set_index("title")["cluster"]
    for pair in pairs.itertuples():
        one, two = where[pair.headline_a], where[pair.headline_b]
        assert (one == two >= 0) == (pair.run == "same") and pair.headline_a != pair.headline_b
    endpoint.respond = said_by(known, slips=7)
    found = second_coder(run, pairs, "small")
    assert len(found.table) == len(pairs) == len(endpoint.asked)
    assert found.kappa == pytest.approx(cohen_kappa_score(found.table["run"], found.table["coder"]))
    assert found.interval[0] < found.kappa < found.interval[1] and 0.1 < np.diff(found.interval)[0] < 0.8
    again = second_coder(run, pairs, "small")
    assert again.facts == found.facts and len(endpoint.asked) == len(pairs)


def test_unusable_verdicts_are_counted_and_no_answer_at_all_is_an_error(folder, endpoint, monkeypatch, known):
    monkeypatch.chdir(folder)
    run = nc.read_run("reports/mine")
    pairs = sample_pairs(run, 20)
    by_story = said_by(known)
    endpoint.respond = lambda handler, asked: (
        by_story(handler, asked) if len(endpoint.asked) % 4 else handler.send(200, answer("Perhaps, <b>who knows</b>"))
    )
    found = second_coder(run, pairs, "unsure")
    assert 0 < len(found.table) < len(pairs) and "could not be used as a verdict" in str(found)
    endpoint.respond = lambda handler, asked: handler.send(401, b"{}")
    with pytest.raises(NewsclustError, match="no pair of headlines was answered: the endpoint gave no answer") as error:
        second_coder(run, pairs, "closed")
    assert KEY not in str(error.value)


def test_of_two_that_say_the_same_of_all_there_is_no_kappa():
    table = pd.DataFrame({"headline_a": ["x"], "headline_b": ["y"], "run": ["same"], "coder": ["same"]})
    found = SecondCoder("reports/mine", "small", table, float("nan"), (float("nan"), float("nan")), [])
    assert "no kappa" in str(found) and found.facts["kappa"] is None and json.dumps(found.facts, allow_nan=False)


def test_nothing_is_sent_before_the_user_agrees_to_what_goes_where(folder, endpoint, monkeypatch, known):
    monkeypatch.chdir(folder)
    endpoint.respond = said_by(known)
    command = ["second-coder", "reports/mine", "--model", "polite", "--pairs", "10"]
    refused = CliRunner().invoke(app, command, input="n\n")
    assert "go to 127.0.0.1." in refused.output and "nothing was sent" in str(refused.exception)
    nobody = CliRunner().invoke(app, [*command, "--json"])
    assert "nothing was sent" in str(nobody.exception) and not endpoint.asked
    done = CliRunner().invoke(app, [*command, "--yes", "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["n_pairs"] == len(endpoint.asked) == 10 and told["kappa"] > 0
    agreed = CliRunner().invoke(app, command, input="y\n")
    assert agreed.exit_code == 0 and "Cohen's kappa" in agreed.output
    assert len(pd.read_csv("reports/mine/second_coder.csv")) == 10
    assert KEY not in agreed.output + done.output + Path("reports/mine/second_coder.csv").read_text()
