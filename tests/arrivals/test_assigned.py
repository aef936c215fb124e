"""What is checked before new headlines are assigned, and where their results go."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from newsclust.arrivals.assigned import check_assignment, finish_assignment
from newsclust.errors import NewsclustError
from newsclust.show.run_page import write_page


@pytest.fixture
def run():
    Path("reports/monday").mkdir(parents=True)
    return SimpleNamespace(folder=Path("reports/monday").resolve())


@pytest.mark.parametrize(
    "given, said",
    [
        ({"least_emerging": 1}, "least_emerging is 1; it should be a whole number of at least 2"),
        ({"least_emerging": True}, "least_emerging is True"),
        ({"output": "reports/monday"}, "the run's own folder: give another one"),
        ({"output": ""}, "output is ''; it should be a folder"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_read(given, said, run):
    with pytest.raises(NewsclustError, match=said):
        check_assignment(given, run)


def test_what_is_right_passes_and_writes_nothing(run):
    check_assignment({"least_emerging": 2, "output": "out/tuesday", "columns": {"title": "Head"}}, run)
    assert not list(run.folder.iterdir()) and not [path for path in Path(".").rglob("*") if path.is_file()]


def test_every_new_row_says_what_became_of_it_and_the_record_has_the_numbers(toy_model):
    rng, topics = np.random.default_rng(0), np.eye(3, 8)
    titles = [f"{topic} report {n}" for topic in ("storm", "chip", "museum") for n in range(12)]
    toy_model.vectors = {t: topics[row // 12] + rng.normal(0, 0.05, 8) for row, t in enumerate(titles)}
    given = [title for row, title in enumerate(titles) if row % 12]
    pd.DataFrame({"title": given}).to_csv("mine.csv", index=False)
    pd.DataFrame({"title": [titles[12], given[0], titles[0]]}).to_csv("more.csv", index=False)
    nc.find("mine.csv", output="out", model="minilm")
    run, corpus = nc.read_run("out"), nc.read("more.csv")
    newcomers = nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings)
    record = finish_assignment(corpus, newcomers, "tuesday")
    rows = pd.read_csv("tuesday/assigned.csv")
    story = run.points.set_index("title")["cluster"]
    assert rows["title"].tolist() == [titles[12], given[0], titles[0]]
    assert rows["story"].tolist() == [story[titles[13]], story[given[0]], story[titles[1]]]
    assert rows["what"].tolist() == ["joins", "in the run already", "joins"]
    assert record.metrics["n_joined"] == 2 and record.metrics["n_known"] == 1
    assert "notices" not in record.provenance and {"read", "assign"} <= set(record.metrics["seconds"])


def test_a_joined_story_counts_the_publishers_of_all_its_headlines_and_no_reports(toy_model):
    rng, topics = np.random.default_rng(0), np.eye(2, 8)
    titles = [f"{topic} report {n}" for topic in ("storm", "chip") for n in range(12)]
    toy_model.vectors = {t: topics[row // 12] + rng.normal(0, 0.05, 8) for row, t in enumerate(titles)}
    by = [(title, ["Courier", "Daily"][row % 2]) for row, title in enumerate(titles)]
    given = [row for row in by if not row[0].endswith(("t 0", "t 1"))] + [("storm report 5", "Evening"), by[12], by[13]]
    more = [by[0], ("storm report 1", "Night Mail"), ("Storm report 1!", "Weekly"), ("storm report 1", "")]
    for name, rows in (("mine.csv", given), ("more.csv", more)):
        pd.DataFrame(rows, columns=["title", "publisher"]).to_csv(name, index=False)
    nc.find("mine.csv", output="out", model="minilm")
    run, corpus = nc.read_run("out"), nc.read("more.csv")
    finish_assignment(corpus, nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings), "tuesday")
    before, after = (
        json.loads(Path(at, "page.json").read_text(encoding="utf-8"))["stories"] for at in ("out", "tuesday")
    )
    joined = after["mark"].index(["joined", 2])
    assert [after[name][joined] for name in ("size", "publishers", "reports", "source")] == [12, 5, None, ""]
    assert [before[name][joined] for name in ("size", "publishers")] == [10, 3]
    for name in ("size", "publishers", "reports", "source"):
        assert after[name][1 - joined] == before[name][1 - joined] is not None


def test_headlines_that_their_titles_do_not_tell_apart_are_corrected_by_their_ids(toy_model):
    reports = "".join(f"storm report {n},,2024-03-01\n" for n in range(12))
    long = "storm over the coast " * 20
    more = f"storm report 3,and floods,2024-03-02\n{long}a,,2024-03-02\n{long}b,,2024-03-02\nferry sails,,2024-03-02\n"
    for name, rows in (("mine.csv", reports), ("more.csv", more)):
        Path(name).write_text(f"title,description,published_at\n{rows}")
    nc.find("mine.csv", output="out", model="minilm")
    run, corpus = nc.read_run("out"), nc.read("more.csv")
    finish_assignment(corpus, nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings), "tuesday")
    shown = json.loads(Path("tuesday/page.json").read_text(encoding="utf-8"))["headlines"]
    titles, documents = shown["title"].split("\n"), pd.concat([run.documents, corpus.documents])
    named = {titles[at]: name for at, name in shown["ids"]}
    assert len(shown["ids"]) == 4 and set(named) == {"storm report 3", long[:300]}
    expected = documents[(documents["title"] == "storm report 3") | documents["title"].str.startswith(long)]["id"]
    assert {name for _, name in shown["ids"]} == {f"d{one}" for one in expected}


def test_the_notices_about_new_headlines_are_on_their_page(toy_model):
    Path("mine.csv").write_text("title\n" + "".join(f"storm report {n}\n" for n in range(12)))
    Path("more.csv").write_text("title,body\nStorm report of the day,\n,\nStorm,over the coast\n")
    nc.find("mine.csv", output="out", model="minilm")
    run, corpus = nc.read_run("out"), nc.read("more.csv")
    record = finish_assignment(corpus, nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings), "tuesday")
    (told,) = record.provenance["notices"]
    assert told.startswith("1 of 3 rows is set aside") and told in write_page("tuesday").read_text(encoding="utf-8")
