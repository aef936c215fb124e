"""Labelled headlines: the numbers are those of the run, and each mistake is shown with its headlines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from newsclust.corpus.documents import read_corpus
from newsclust.errors import InputError, NewsclustWarning
from newsclust.grid import peers
from newsclust.grid.labelled import Evaluation, evaluate, mistakes, read_parameters
from newsclust.grid.verdict import count_pairs, mistake_table


def made(found: list[int], truth: list[str]) -> Evaluation:
    documents = pd.DataFrame({"title": [f"headline {i}" for i in range(len(truth))], "text": "t"})
    labels, known = {"a method": np.array(found)}, np.array(truth, dtype=object)
    return Evaluation(documents, known, np.arange(len(known)), known, labels, pd.DataFrame(), {})


def test_merged_split_assigned_and_left_out_are_distinguished():
    truth = ["fire"] * 2 + ["flood"] * 2 + ["vote"] * 4 + ["one-off", "one-off", "fire", ""]
    wrong = mistakes(made([0, 0, 0, 0, 1, 1, 2, 2, 1, -1, -1, 1], truth), "a method")
    assert wrong["merged"]["known"].tolist() == ["fire", "flood"] and set(wrong["merged"]["found"]) == {0}
    assert wrong["split"]["found"].tolist() == [1, 2] and set(wrong["split"]["known"]) == {"vote"}
    assert wrong["one-offs in a story"].to_numpy().tolist() == [["headline 8", "headline 4"]]
    assert wrong["left out"].to_numpy().tolist() == [["headline 10", "fire"]]
    assert wrong["merged"]["for example"][0] == "headline 0 · headline 1"


def test_a_one_off_is_shown_with_another_headline_of_its_story():
    truth = ["one-off", "fire", "vote", "vote", "one-off", "one-off"]
    wrong = mistakes(made([0, 0, 0, 0, 1, 1], truth), "a method")["one-offs in a story"]
    assert wrong["in the story of"].tolist() == ["headline 2", "headline 5", "headline 4"]


def test_headlines_of_mistakes_are_shown_whole_and_escaped():
    result = made([0, 0, 0, 0, -1], ["a", "a", "b", "b", "one-off"])
    result.documents["title"] = ["<b>" + "long " * 40] * 5
    html = mistake_table(result, "a method")._repr_html_()
    assert html.count("&lt;b&gt;" + "long " * 39) == 4 and "..." not in html and "<b>" not in html
    whole = made([0, 0], ["a", "a"])
    assert repr(mistake_table(whole, "a method")) == "a method made no mistake."


def test_perfect_stories_have_no_mistakes():
    wrong = mistakes(made([0, 0, 1, 1, -1], ["a", "a", "b", "b", "one-off"]), "a method")
    assert all(rows.empty for rows in wrong.values())


@pytest.fixture(scope="module")
def headlines(tmp_path_factory):
    """A file beside which the tests keep the vectors, which one of them makes."""
    path = tmp_path_factory.mktemp("labelled") / "headlines.csv"
    rows = read_corpus("sample").rows.drop(columns="description")  # titles are embedded in a quarter of the time
    kept = rows["story"].isin(rows["story"].value_counts().drop("one-off").index[:8])
    pd.concat([rows[kept], rows[kept].head(7)]).to_csv(path, index=False)  # repeats count as often as they are there
    return path


def test_every_method_is_a_row_and_absent_peers_are_named(headlines, tmp_path, monkeypatch):
    vectors = nc.embed(nc.read(str(headlines), truth="story"), uri=str(headlines.with_name("m.db")))
    files = [tmp_path / "plain.yaml", tmp_path / "auto.yaml"]
    files[0].write_text("fixed:\n  min_samples: 2\n  min_cluster_size: 4\n  data: elsewhere\n")
    files[1].write_text(
        "words: 0.2\ndays: 0.15\nshared_neighbors: 0.3\nmin_samples: auto\nmin_cluster_size: auto\nassign_noise: true\n"
    )
    monkeypatch.setitem(peers.PEERS, "nobody", ("no_such_package", False, None))
    with pytest.warns(NewsclustWarning, match="nobody is left out: no_such_package is not installed"):
        result = evaluate(vectors, files, ["the tutorial's own code", "average linkage", "nobody"])
    named = ["newsclust, plain.yaml", "newsclust, auto.yaml", "the tutorial's own code", "average linkage"]
    assert result.table.index.tolist() == named == list(result.labels)
    assert result.table["settings"].tolist()[0] == "2 / 4" and "chosen" in result.table["settings"].iloc[1]
    curve = result.settings["newsclust, auto.yaml"].curve
    assert curve["ami"].iloc[0] == pytest.approx(result.table.loc["newsclust, auto.yaml", "ami"])
    assert "<table" in result._repr_html_()
    for name, ari in result.table["ari"].items():
        assert f"an ARI of {ari:.3f}, as it was scored" in repr(count_pairs(result, name))


def test_a_corpus_read_without_truth_is_refused(headlines):
    with pytest.raises(InputError, match="There is no truth to evaluate against"):
        evaluate(nc.embed(nc.read(str(headlines)), uri=str(headlines.with_name("m.db"))))


def test_a_parameter_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no parameter file"):
        read_parameters(tmp_path / "none.yaml")


def test_a_peer_that_takes_a_number_gets_that_of_the_known_stories(headlines, monkeypatch):
    monkeypatch.setitem(peers.PEERS, "nosy", ("numpy", False, lambda v, t, n: {str(n): np.zeros(len(t), dtype=int)}))
    vectors = nc.embed(nc.read(headlines, truth="story"), uri=str(headlines.with_name("m.db")))
    assert evaluate(vectors, [], ["nosy"]).table["settings"].tolist() == ["8"]
