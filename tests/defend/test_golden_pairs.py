"""Golden pairs: the exit code, and reasons that are true."""

from __future__ import annotations

import contextlib
import csv
import json

import numpy as np
import pytest

import newsclust as nc
from newsclust.defend.golden_pairs import check_pairs
from newsclust.errors import InputError
from test_cli import call, refused


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    given = {"data": "january", "min_cluster_size": 3, "min_samples": 1, "words": 0.2, "days": 0.15}
    with contextlib.chdir(folder):
        nc.find(**given, uri=str(folder / "m.db"), output=str(folder / "found"))
        return nc.read_run(folder / "found")


def write(rows: list[tuple]) -> None:
    with open("pairs.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("kind", "headline_a", "headline_b"), *rows])


def listed_pairs(run, n: int) -> list[tuple[int, int, float]]:
    """Pairs of neighbours, near and far ones, with their distance in the run's own lists."""
    lists = run.neighbors
    places = np.linspace(0, lists.indices.size - 1, n).astype(int)
    rows, columns = np.divmod(places, lists.k)
    return [(r, int(lists.indices[r, c]), float(lists.distances[r, c])) for r, c in zip(rows, columns, strict=True)]


def test_twenty_pairs_pass_or_fail_each_for_a_reason_that_is_true(run):
    documents, labels = run.documents, run.labels
    pairs = list({(min(a, b), max(a, b)): (a, b, far) for a, b, far in listed_pairs(run, 26)}.values())[:20]
    together = [labels[a] == labels[b] >= 0 for a, b, _ in pairs]
    assert len(pairs) == 20 and 0 < sum(together) < 20
    named = [(f"d{run.ids[a]}", documents["title"][b]) for a, b, _ in pairs]
    write([("same" if one else "apart", *names) for one, names in zip(together, named, strict=True)])
    right = call("check", "pairs.csv", "--run", str(run.folder))
    assert right.exit_code == 0 and right.output.count("ok  ") == 20 and "20 of 20 pairs are" in right.output

    write([("apart" if one else "same", *names) for one, names in zip(together, named, strict=True)])
    wrong = call("check", "pairs.csv", "--run", str(run.folder), "--json")
    told = json.loads(wrong.output)
    assert wrong.exit_code == 1 and told["n_failed"] == told["n_pairs"] == 20
    for (a, b, far), row in zip(pairs, told["pairs"], strict=True):
        assert row["distance"] == pytest.approx(far, abs=1e-5) and f"distance {far:.3f}" in row["reason"]
        days = abs(documents["time"][a] - documents["time"][b]).total_seconds() / 86400
        assert row["days"] == pytest.approx(days) and f"{days:.1f} days apart" in row["reason"]
        assert (row["story_a"], row["story_b"]) == (labels[a], labels[b])
        for word in row["words"]:
            assert word in documents["text"][a].lower() and word in documents["text"][b].lower()
        for story in {labels[a], labels[b]}:
            assert ("no story" if story < 0 else f"story {story} ") in row["reason"]


def test_a_pair_that_is_not_in_the_run_fails_with_a_reason(run):
    titles = run.documents["title"]
    write([("same", "Nowhere to be found", titles[0]), ("apart", titles[0], titles[1])])
    checked = check_pairs("pairs.csv", run)
    assert not checked.table["holds"][0] and "not among these headlines" in str(checked)
    assert call("check", "pairs.csv", "--run", str(run.folder)).exit_code == 1


def test_what_cannot_be_checked_is_one_sentence_and_another_exit_code(run, monkeypatch, capsys):
    folder = str(run.folder)
    assert "there is no file nowhere.csv" in refused(monkeypatch, capsys, "check", "nowhere.csv", "--run", folder)
    write([("alone", run.documents["title"][0], "")])
    with pytest.raises(InputError, match="has no pairs"):
        check_pairs("pairs.csv", run)
    assert "no finished run" in refused(monkeypatch, capsys, "check", "pairs.csv", "--run", "nowhere")


def test_it_ends_well_when_it_is_stopped(run, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("newsclust.defend.golden_pairs.check_pairs", stop)
    stopped = call("check", "pairs.csv", "--run", str(run.folder))
    assert stopped.exit_code == 130 and "Stopped" in stopped.output


def test_a_reason_names_no_stop_words_of_the_runs_own_language(toy_model):
    titles = [f"Das Hochwasser an der Elbe steigt und die Stadt wartet auf Deich {n}" for n in range(8)]
    toy_model.vectors = {title: np.eye(8)[0] + 0.01 * np.eye(8)[row] for row, title in enumerate(titles)}
    with open("mine.csv", "w", encoding="utf-8") as file:
        file.write("\n".join(["title", *titles]))
    nc.find("mine.csv", model="minilm", words=0.2, min_samples=1, min_cluster_size=2, output="out")
    write([("same", titles[0], titles[1])])
    run = nc.read_run("out")
    (words,) = check_pairs("pairs.csv", run).table["words"]
    assert "hochwasser" in words and not {"das", "der", "und", "die"} & set(words)
    assert set(run.languages) == {"de"}
