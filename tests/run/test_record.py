"""What a run leaves behind, on a corpus with made-up vectors: rows, numbers, and files that are whole or not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import Corpus, read_corpus
from newsclust.neighbors.layout import Layout
from newsclust.neighbors.neighbors import Neighbors, find_neighbors
from newsclust.paths import write_whole
from newsclust.run.record import FIGURES, Record, finish, read_record, summary, written
from newsclust.stages import step
from newsclust.stories.evaluation import agreement
from newsclust.stories.evidence import Evidence
from newsclust.stories.settings import choose_settings
from newsclust.stories.stories import Stories, find_stories

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
STORIES, EACH = 4, 8


@pytest.fixture
def given() -> pd.DataFrame:
    """Headlines of four stories and some of none, one repeated, one blank, with columns named as ours are."""
    names = ["flood", "strike", "election", "eclipse"]
    rows = [(f"{names[i % STORIES]} number {i}", names[i % STORIES]) for i in range(STORIES * EACH)]
    rows += [(f"nothing like number {i}", "") for i in range(5)] + [rows[0], ("", "")]
    table = pd.DataFrame(rows, columns=["title", "story"])
    table.loc[3, "title"] = f'{ATTACK}, "quoted",\r\nin two lines'
    return table.assign(id=[f"row {i}" for i in range(len(table))], id_input="mine", x="007", url="NA")


@step
def run_on(
    table: pd.DataFrame,
    assign_noise: bool = False,
    truth: str | None = None,
    n_components: int = 2,
    output: str | None = "out",
    **parameters,
) -> tuple[Record, Corpus, Stories]:
    """Everything from the CSV to the files in ``out``, with vectors that stand close together in a story."""
    table.to_csv("mine.csv", index=False)
    corpus = read_corpus("mine.csv", truth)
    story = dict(zip(corpus.row_ids, table["story"], strict=True))
    rng = np.random.default_rng(0)
    centres = {name: rng.normal(size=16) for name in sorted(set(story.values()))}
    vectors = [rng.normal(scale=0.1 if story[i] else 2, size=16) + centres[story[i]] for i in corpus.documents["id"]]
    embeddings = make_embeddings(np.array(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True))
    neighbors = find_neighbors(embeddings, 10)
    clustering = cluster(neighbors, **{"k": 10, "min_cluster_size": 4, **parameters})
    settings = choose_settings(neighbors, Evidence(embeddings.vectors), 10, 3, 4)
    stories = find_stories(corpus, embeddings, neighbors, clustering, assign_noise, least_support=0)
    layout = Layout(embeddings.ids, embeddings.vectors[:, :n_components], {"n_components": n_components, "seed": 42})
    evidence = Evidence(embeddings.vectors)
    return finish(corpus, embeddings, neighbors, evidence, settings, stories, layout, output), corpus, stories


def test_every_row_and_column_of_the_input_comes_back_in_order(given):
    run_on(given)
    rows = pd.read_csv("out/clusters.csv", dtype=str, keep_default_na=False)
    ours = ["id", "cluster", "probability", "x", "y"]
    assert list(rows) == ["title", "story", "id_input_", "id_input", "x_input", "url", *ours]
    assert rows["title"].tolist() == given["title"].tolist() and rows["id_input_"].tolist() == given["id"].tolist()
    assert set(rows["x_input"]) == {"007"} and set(rows["url"]) == {"NA"} and set(rows["id_input"]) == {"mine"}


def test_equal_texts_share_an_id_and_a_row_without_text_has_none(given):
    _, corpus, _ = run_on(given)
    rows = pd.read_csv("out/clusters.csv", dtype=str, keep_default_na=False)
    repeated, blank = rows.iloc[-2], rows.iloc[-1]
    assert repeated["id"] == rows["id"].iloc[0] and repeated["cluster"] == rows["cluster"].iloc[0]
    assert (blank[["id", "cluster", "probability", "x", "y"]] == "").all()
    assert rows["id"].iloc[:-1].str.removeprefix("d").astype("int64").tolist() == corpus.row_ids.iloc[:-1].tolist()


def test_a_spreadsheet_shows_the_letters_right_and_rounds_no_id(given):
    given.loc[0, "title"] = "Überschwemmung – 洪水"
    run_on(given)
    for name in ("clusters.csv", "stories.csv"):
        assert Path("out", name).read_bytes().startswith(b"\xef\xbb\xbf")
    # Excel and pandas alike make floats of 19 digits as soon as one cell is blank.
    assert pd.read_csv("out/clusters.csv")["id"].dropna().str.fullmatch(r"d\d+").all()


def test_clusters_are_the_stories_that_were_put_in(given):
    run, _, _ = run_on(given, truth="story")
    rows = pd.read_csv("out/clusters.csv").iloc[: STORIES * EACH]
    assert rows.groupby("story")["cluster"].nunique().eq(1).all() and rows["cluster"].nunique() == STORIES
    assert run.metrics["n_clusters"] == STORIES and run.metrics["ami"] > 0.8


def test_stories_csv_has_a_row_per_story_that_adds_up_with_clusters_csv(given):
    run_on(given, assign_noise=True)
    rows = pd.read_csv("out/clusters.csv").dropna(subset="id").drop_duplicates("id")
    table = pd.read_csv("out/stories.csv").set_index("cluster")
    assert table["size"].to_dict() == rows[rows["cluster"] >= 0].groupby("cluster").size().to_dict()
    assert table["title"].notna().all()


@pytest.mark.parametrize("assign_noise", [False, True])
def test_the_share_of_noise_is_the_same_wherever_it_is_shown(given, assign_noise):
    run, corpus, stories = run_on(given, assign_noise=assign_noise, truth="story")
    rows = pd.read_csv("out/clusters.csv")
    documents = rows.dropna(subset="id").drop_duplicates("id")
    counted = (documents["cluster"] < 0).mean()
    assert run.metrics["noise_fraction"] == counted == stories.noise_fraction
    assert dict(run.figures)[FIGURES["noise_fraction"][0]] == written("noise_fraction", counted)
    assert f"{written('noise_fraction', counted)} in no story" in summary(run.metrics)
    assert read_record(Path("out")).metrics == run.metrics
    # What HDBSCAN found before has a name of its own, and what is compared with the truth is what clusters.csv holds.
    before = documents.get("hdbscan_cluster", documents["cluster"])
    assert run.metrics["hdbscan_noise_fraction"] == (before < 0).mean()
    assert run.metrics["hdbscan_noise_fraction"] == pytest.approx(counted + run.metrics["assigned_fraction"])
    texts = rows["id"].notna()
    assert agreement(rows["cluster"][texts].to_numpy(int), corpus.truth[texts])["ami"] == run.metrics["ami"]
    sizes = documents.loc[documents["cluster"] >= 0, "cluster"].value_counts()
    told = [run.metrics[f"size_{name}"] for name in ("median", "max")]
    assert told == sizes.quantile([0.5, 1]).tolist()


def test_noise_that_was_given_a_story_is_marked_with_its_vote_and_its_label_before(given):
    run, _, _ = run_on(given, assign_noise=True)
    rows = pd.read_csv("out/clusters.csv").dropna(subset="id")
    assigned = rows[rows["assigned"].astype(bool)]
    assert len(assigned) and (assigned["cluster"] >= 0).all() and (assigned["hdbscan_cluster"] < 0).all()
    assert assigned["vote"].between(0, 1).all() and rows["vote"].notna().sum() == len(assigned)
    assert run.metrics["assigned_fraction"] > 0


def test_near_duplicates_are_listed_with_the_document_that_stands_for_them(given):
    given.loc[4, "title"] = "The flood has reached the old harbour this morning"
    given.loc[8, "title"] = "Flood has reached the old harbour this morning"
    run_on(given)
    rows = pd.read_csv("out/clusters.csv")
    copies = rows.dropna(subset="near_duplicate_of")
    assert len(copies) == 1 and {*copies["id"], *copies["near_duplicate_of"]} == set(rows.loc[[4, 8], "id"])


def test_a_map_in_space_has_a_third_coordinate(given):
    run_on(given, n_components=3)
    assert list(pd.read_csv("out/clusters.csv"))[-3:] == ["x", "y", "z"]


def test_the_record_speaks_of_the_arguments_of_the_cells_not_of_the_parameters_cell(given):
    run, _, stories = run_on(given, min_samples=2, min_cluster_size=6, cluster_selection_method="leaf")
    assert stories.clustering.parameters.items() >= {"k": 10, "min_samples": 2, "min_cluster_size": 6}.items()
    assert run.parameters.items() >= stories.clustering.parameters.items()
    saved = json.loads(Path("out/provenance.json").read_text())
    assert saved["parameters"] == run.parameters
    for word in ("min_samples:? 2", "min_cluster_size:? 6", "cluster_selection_method:? leaf", "data:? mine.csv"):
        assert re.search(word, saved["provenance"]["command"])


def test_what_shorter_lists_allowed_is_recorded_not_what_was_asked_of_them(given):
    run, _, _ = run_on(given, k=25)  # the lists hold 10 of 37 others
    assert run.parameters["k"] == 10
    everybody = Neighbors(np.arange(3), np.array([[1, 2], [0, 2], [0, 1]]), np.ones((3, 2), dtype=np.float32))
    assert everybody.usable(50) == 50  # lists of everybody are as good as longer ones
    assert everybody.head(1).usable(50) == 1


def test_numbers_and_provenance_are_json_that_any_program_reads(given):
    run, corpus, _ = run_on(given, truth="story")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    metrics = json.loads(Path("out/metrics.json").read_text(), parse_constant=refuse)
    assert metrics == run.metrics
    counts = [metrics[name] for name in ("n_documents", "n_repeats", "n_set_aside")]
    assert counts == [len(given) - 2, 1, 1] and metrics["n_rows"] == sum(counts)
    assert {"search", "metrics"} <= set(metrics["seconds"])
    record = json.loads(Path("out/provenance.json").read_text(), parse_constant=refuse)
    assert record["parameters"]["truth"] == "story"
    assert record["provenance"]["data fingerprint"] == corpus.fingerprint
    assert "papermill notebooks/cluster.ipynb" in record["provenance"]["command"]
    assert {"hdbscan", "umap-learn", "torch"} <= set(record["provenance"]["versions"])


def test_the_record_escapes_what_it_shows(given):
    run, _, _ = run_on(given.rename(columns={"story": ATTACK}).assign(story=given["story"]), truth=ATTACK)
    assert "<script>" not in run._repr_html_() and "&lt;script&gt;" in run._repr_html_()


def test_a_damaged_record_is_no_record(given):
    run_on(given)
    assert read_record(Path("out")) and read_record(Path("nowhere")) is None
    Path("out/metrics.json").write_text("{")
    assert read_record(Path("out")) is None


def test_results_are_there_although_a_metric_cannot_be_computed(given, monkeypatch):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr("newsclust.run.record.validity", fail)
    with pytest.raises(AssertionError):
        run_on(given)
    assert Path("out/clusters.csv").exists() and Path("out/stories.csv").exists()


def test_a_run_without_an_output_folder_writes_nothing(given):
    run, _, _ = run_on(given, output=None)
    assert run.metrics["n_clusters"] == STORIES and not Path("out").exists()


def test_an_interrupted_write_leaves_the_old_file_and_nothing_that_looks_whole(monkeypatch):
    write_whole(Path("clusters.csv"), "old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(Path("clusters.csv"), "new")
    assert Path("clusters.csv").read_text() == "old" and list(Path().iterdir()) == [Path("clusters.csv")]
