"""What a run leaves behind, on a corpus with made-up vectors: rows, numbers, and files that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.clusters.neighbors import find_neighbors
from newsclust.corpus.documents import Corpus, read_corpus
from newsclust.paths import write_whole
from newsclust.run.parameters import make_parameters
from newsclust.run.record import RUN_MIME, Run, finish, place
from newsclust.stories.naming import assign_noise, describe_clusters

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


def run_on(table: pd.DataFrame, assigned: bool = False, **parameters) -> tuple[Run, Corpus]:
    """Everything from the CSV to the files in ``out``, with vectors that stand close together in a story."""
    table.to_csv("mine.csv", index=False)
    corpus = read_corpus("mine.csv", parameters.get("truth"))
    story = dict(zip(corpus.row_ids, table["story"], strict=True))
    rng = np.random.default_rng(0)
    centres = {name: rng.normal(size=16) for name in sorted(set(story.values()))}
    vectors = [rng.normal(scale=0.1 if story[i] else 2, size=16) + centres[story[i]] for i in corpus.documents["id"]]
    embeddings = make_embeddings(np.array(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True))
    neighbors = find_neighbors(embeddings, 10)
    parameters = make_parameters({"data": "mine.csv", "k": 10, "min_cluster_size": 4, "output": "out", **parameters})
    clustering = cluster(neighbors, **parameters.hdbscan)
    labels = assign_noise(neighbors, clustering.labels) if assigned else clustering.labels
    topics = describe_clusters(corpus.documents, labels, clustering.probabilities, embeddings.vectors)
    coordinates = embeddings.vectors[:, : parameters.n_components]
    points = place(corpus, clustering, labels, topics, coordinates)
    return finish(parameters, corpus, embeddings, neighbors, clustering, points), corpus


def test_every_row_and_column_of_the_input_comes_back_in_order(given):
    run_on(given)
    rows = pd.read_csv("out/clusters.csv", dtype=str, keep_default_na=False)
    ours = ["id", "cluster", "probability", "x", "y"]
    assert list(rows) == ["title", "story", "id_input_", "id_input", "x_input", "url", *ours]
    assert rows["title"].tolist() == given["title"].tolist() and rows["id_input_"].tolist() == given["id"].tolist()
    assert set(rows["x_input"]) == {"007"} and set(rows["url"]) == {"NA"} and set(rows["id_input"]) == {"mine"}


def test_equal_texts_share_an_id_and_a_row_without_text_has_none(given):
    _, corpus = run_on(given)
    rows = pd.read_csv("out/clusters.csv", dtype=str, keep_default_na=False)
    repeated, blank = rows.iloc[-2], rows.iloc[-1]
    assert repeated["id"] == rows["id"].iloc[0] and repeated["cluster"] == rows["cluster"].iloc[0]
    assert (blank[["id", "cluster", "probability", "x", "y"]] == "").all()
    assert rows["id"].iloc[:-1].astype("int64").tolist() == corpus.row_ids.iloc[:-1].tolist()


def test_clusters_are_the_stories_that_were_put_in(given):
    run, _ = run_on(given, truth="story")
    rows = pd.read_csv("out/clusters.csv").iloc[: STORIES * EACH]
    assert rows.groupby("story")["cluster"].nunique().eq(1).all() and rows["cluster"].nunique() == STORIES
    assert run.metrics["n_clusters"] == STORIES and run.metrics["ami"] > 0.8


def test_noise_that_was_given_a_story_is_marked(given):
    run, _ = run_on(given, assigned=True)
    rows = pd.read_csv("out/clusters.csv").dropna(subset="id")
    assert rows["assigned"].any() and (rows.loc[rows["assigned"], "cluster"] >= 0).all()
    assert run.metrics["assigned_fraction"] > 0


def test_a_map_in_space_has_a_third_coordinate(given):
    run_on(given, n_components=3)
    assert list(pd.read_csv("out/clusters.csv"))[-3:] == ["x", "y", "z"]


def test_numbers_and_provenance_are_json_that_any_program_reads(given):
    run, corpus = run_on(given, truth="story")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    metrics = json.loads(Path("out/metrics.json").read_text(), parse_constant=refuse)
    assert metrics == run.metrics
    assert (metrics["n_documents"], metrics["n_unique"]) == (len(given) - 1, len(given) - 2)
    assert {"search", "metrics"} <= set(metrics["seconds"])
    record = json.loads(Path("out/provenance.json").read_text(), parse_constant=refuse)
    assert record["parameters"]["truth"] == "story"
    assert record["provenance"]["data fingerprint"] == corpus.fingerprint
    assert "papermill notebooks/cluster.ipynb" in record["provenance"]["command"]
    assert {"hdbscan", "umap-learn", "torch"} <= set(record["provenance"]["versions"])


def test_the_notebooks_record_keeps_its_order_and_escapes_what_it_shows(given):
    run, _ = run_on(given.rename(columns={"story": ATTACK}).assign(story=given["story"]), truth=ATTACK)
    bundle = run._repr_mimebundle_()
    assert bundle[RUN_MIME]["parameters"][0] == ["data", "mine.csv"] and "truth" in bundle[RUN_MIME]["changed"]
    assert [name for name, _ in bundle[RUN_MIME]["provenance"]] == list(run.provenance)
    assert "<script>" not in bundle["text/html"] and "&lt;script&gt;" in bundle["text/html"]
    json.dumps(bundle)


def test_a_run_without_an_output_folder_writes_nothing(given):
    run, _ = run_on(given, output=None)
    assert run.metrics["n_clusters"] == STORIES and not Path("out").exists()


def test_an_interrupted_write_leaves_the_old_file_and_nothing_that_looks_whole(monkeypatch):
    write_whole(Path("clusters.csv"), "old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(Path("clusters.csv"), "new")
    assert Path("clusters.csv").read_text() == "old" and list(Path().iterdir()) == [Path("clusters.csv")]
