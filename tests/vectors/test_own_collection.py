"""A collection that newsclust did not fill is clustered unchanged, on any server or file, with any kind of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymilvus import DataType, MilvusClient

import newsclust as nc
from milvus_server import Server
from newsclust.cli import main
from newsclust.corpus.documents import read_corpus
from newsclust.errors import (
    InputError,
    ModelError,
    NewsclustError,
    NewsclustWarning,
    ParameterError,
    RunError,
    StoreError,
)
from newsclust.vectors.embedding import load_embedder
from newsclust.vectors.own_collection import bring_to_length

N_STORIES, SIZE = 6, 8
SETTINGS = {"min_samples": 2, "min_cluster_size": 4}
SMALL = {"min_samples": 1, "min_cluster_size": 2}


@dataclass(frozen=True)
class Place:
    """Where collections are: a file of Milvus Lite, or the server."""

    uri: str
    token: str = ""

    @contextmanager
    def client(self) -> Iterator[MilvusClient]:
        """As anybody has one, without newsclust."""
        client = MilvusClient(self.uri, token=self.token)
        try:
            yield client
        finally:
            client.close()
            if "://" not in self.uri:
                from milvus_lite.server_manager import server_manager_instance

                server_manager_instance.release_server(self.uri)


@pytest.fixture
def lite(tmp_path) -> Place:
    return Place(str(tmp_path / "theirs.db"))


@pytest.fixture(params=["lite", "server"])
def place(request, monkeypatch) -> Place:
    if request.param == "lite":
        return request.getfixturevalue("lite")
    running: Server = request.getfixturevalue("server")
    monkeypatch.setenv("MILVUS_TOKEN", running.token)
    return Place(running.uri, running.token)


@pytest.fixture(scope="module")
def titles() -> pd.DataFrame:
    """Headlines of six stories in turn, with the story of each."""
    corpus = read_corpus("sample")
    rows = corpus.rows[["title", "story"]]
    chosen = rows["story"].value_counts().drop("one-off").index[:N_STORIES]
    rows = rows[rows["story"].isin(chosen)].groupby("story").head(SIZE)
    turn = rows.groupby("story").cumcount()
    return rows.assign(turn=turn).sort_values(["turn", "story"], ignore_index=True)


def vectors_of(stories: pd.Series, dim: int) -> np.ndarray:
    """Unit vectors, those of one story close together."""
    rng = np.random.default_rng(3)
    codes = pd.factorize(stories)[0]
    vectors = rng.normal(size=(codes.max() + 1, dim))[codes] + 0.02 * rng.normal(size=(len(codes), dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def fill(
    place: Place,
    name: str,
    rows: list[dict],
    key: DataType = DataType.INT64,
    metric: str = "L2",
    vector: str = "embedding",
    dynamic: bool = False,
    partitions: int = 0,
    text: str | None = "text",
) -> None:
    """Make a collection of rows; without a value for ``id`` Milvus makes the keys."""
    auto = "id" not in rows[0]
    with place.client() as client:
        if client.has_collection(name):
            client.drop_collection(name)
        schema = client.create_schema(auto_id=auto, enable_dynamic_field=dynamic)
        length = {"max_length": 200} if key == DataType.VARCHAR else {}
        schema.add_field("id", key, is_primary=True, auto_id=auto, **length)
        schema.add_field(vector, DataType.FLOAT_VECTOR, dim=len(rows[0][vector]))
        if text:
            schema.add_field(text, DataType.VARCHAR, max_length=65535)
        index = client.prepare_index_params(vector, index_type="FLAT", metric_type=metric)
        # so that a server shows what is stored at once
        client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")
        for number in range(partitions):
            client.create_partition(name, f"part_{number}")
        for number in range(max(1, partitions)):
            some = rows[number :: max(1, partitions)]
            if some:
                client.insert(name, some, **({"partition_name": f"part_{number}"} if partitions else {}))


def rows_of(titles: pd.DataFrame, dim: int = 16, vector: str = "embedding", **columns: list) -> list[dict]:
    vectors = vectors_of(titles["story"], dim)
    table = {"id": list(range(10, 10 + len(titles))), "text": titles["title"].tolist(), **columns}
    given = {name: values for name, values in table.items() if values is not None}
    return [
        {vector: v.tolist(), **dict(zip(given, row, strict=True))}
        for v, row in zip(vectors, zip(*given.values(), strict=True), strict=True)
    ]


def cluster(place: Place, name: str, **given):
    corpus = nc.read("milvus", uri=place.uri, collection=name, **given)
    return corpus, nc.cluster(nc.link(nc.embed(corpus)), **SETTINGS)


def assert_stories_found(corpus, clusters, titles: pd.DataFrame) -> None:
    """The clusters are the stories."""
    known = dict(zip(titles["title"], titles["story"], strict=True))
    found = corpus.documents["title"].map(known)
    assert clusters.clustering.n_clusters == found.nunique()
    assert pd.Series(clusters.labels).groupby(found.to_numpy()).nunique().eq(1).all() and (clusters.labels >= 0).all()


def state(place: Place, name: str) -> tuple:
    """All that must not change."""
    with place.client() as client:
        client.load_collection(name)
        facts = client.describe_collection(name)
        rows = client.query(name, filter="", limit=1000, output_fields=["*"], consistency_level="Strong")
        fields = [(f["name"], f["type"], f["params"]) for f in facts["fields"]]
        return fields, client.list_partitions(name), sorted((dict(row) for row in rows), key=lambda row: row["id"])


@pytest.fixture(scope="module")
def january(tmp_path_factory) -> tuple[pd.DataFrame, list[str], np.ndarray, np.ndarray]:
    """Documents of a file, texts as the tutorial stores them, their vectors, and the labels of a run on the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("file"))
        vectors = nc.embed(nc.read("january"), uri="ours.db", model="minilm")
        documents = vectors.corpus.documents
        texts = (documents["title"] + "\n" + documents["description"]).tolist()
        return documents, texts, vectors.vectors, nc.cluster(nc.link(vectors), **SMALL).labels


def test_the_tutorials_own_collection_gives_the_stories_of_the_file(place, january, monkeypatch):
    documents, texts, vectors, labels = january
    with place.client() as client:  # as the tutorial's cells do
        schema = client.create_schema(auto_id=True)
        schema.add_field("id", DataType.INT64, is_primary=True, auto_id=True)
        schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=384)
        schema.add_field("text", DataType.VARCHAR, max_length=65535)
        index_params = client.prepare_index_params()
        index_params.add_index(field_name="embedding", index_type="FLAT", metric_type="L2")
        client.create_collection("hdbscan", schema=schema, index_params=index_params)
        rows = [{"embedding": v, "text": t} for v, t in zip(vectors, texts, strict=True)]
        client.insert("hdbscan", rows[::-1])
    with pytest.warns(NewsclustWarning, match="The stories of 34 rows are in collection hdbscan_stories") as told:
        run = nc.find("milvus", uri=place.uri, collection="hdbscan", write_labels=True, output="theirs", **SMALL)
    corpus, stories = run.links.vectors.corpus, run.stories
    assert corpus.ids == documents["id"].tolist() and corpus.documents["text"].tolist() == documents["text"].tolist()
    assert np.array_equal(run.clusters.labels, labels) and run.clusters.clustering.n_clusters > 3
    fields, _, there = state(place, "hdbscan")
    assert [name for name, *_ in fields] == ["id", "embedding", "text"]
    assert sorted((row["text"], row["embedding"]) for row in there) == sorted(
        (text, vector.tolist()) for text, vector in zip(texts, vectors, strict=True)
    )
    stored = {row["id"]: row for row in state(place, "hdbscan_stories")[2]}
    for key, label in zip(corpus.keys, stories.labels.tolist(), strict=True):
        assert stored[key]["story"] == label
        assert stored[key]["title"] == (stories.table["title"][label] if label >= 0 else "")
    assert len(stored) == 34 and {row["run"] for row in stored.values()} == {run.record.provenance["finished"]}

    command = f"newsclust clean --labels hdbscan --uri {place.uri}"
    assert command in str(told[-1].message)
    monkeypatch.setattr("sys.argv", command.split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    with place.client() as client:
        assert client.list_collections().count("hdbscan") == 1 and not client.has_collection("hdbscan_stories")
        client.drop_collection("hdbscan")


def test_a_run_is_read_again_and_continued(lite, titles):
    fill(lite, "one", rows_of(titles))
    given = {"data": "milvus", "uri": lite.uri, "collection": "one", **SETTINGS}
    run = nc.find(**given, output="theirs")
    stored = nc.read_run("theirs")
    assert np.array_equal(nc.repeat(stored).stories.labels, run.stories.labels)
    assert stored.documents["text"].tolist() == run.links.documents["text"].tolist()
    goes_on = nc.find(**given, filter="id >= 20", previous="theirs")
    before = dict(zip(run.links.vectors.corpus.ids, run.stories.labels.tolist(), strict=True))
    now = dict(zip(goes_on.links.vectors.corpus.ids, goes_on.stories.labels.tolist(), strict=True))
    assert 0 < len(now) < len(before) and now.items() <= before.items()


def test_a_phrase_is_searched_with_the_model_that_made_the_vectors_and_no_other(lite, titles):
    texts = titles["title"].head(10)
    vectors = load_embedder("minilm").encode(texts.tolist())
    fill(lite, "real", [{"embedding": v, "text": t} for v, t in zip(vectors, texts, strict=True)])
    fill(lite, "other", rows_of(titles.head(10), dim=384))
    for name in ("real", "other"):
        nc.find("milvus", uri=lite.uri, collection=name, output=name, **SETTINGS)
    run = nc.read_run("real")
    assert nc.search(run, texts[7], 1).frame["similarity"][0] > 0.99
    with pytest.raises(ModelError, match="can't be searched for in collection other of theirs.db: its vectors of 384"):
        nc.search(nc.read_run("other"), "flooded subway")


def test_newcomers_of_a_collection_are_assigned_by_their_stored_vectors(lite, titles):
    fill(lite, "one", rows_of(titles))
    nc.find("milvus", uri=lite.uri, collection="one", filter="id < 52", output="before", **SETTINGS)
    run, corpus = nc.read_run("before"), nc.read("milvus", uri=lite.uri, collection="one", filter="id >= 40")
    newcomers = nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings)
    assert newcomers.counts["n_known"] == 12 and newcomers.counts["n_newcomers"] == 6
    stories = dict(zip(titles["title"], titles["story"], strict=True))
    known = pd.Series(run.labels, run.documents["title"].map(stories)).groupby(level=0).first()
    assert newcomers.nearest.tolist() == known[corpus.documents["title"].map(stories)].tolist()
    with pytest.raises(RunError, match="january can't be compared with before: vectors in a collection of your own"):
        nc.embed(nc.read("january"), run)


def test_keys_that_are_texts_are_data_whatever_is_in_them(place, titles):
    keys = [f"k\"{number}\\' or 1 == 1\n\té]" for number in range(len(titles))]
    fill(place, "texts", rows_of(titles, id=keys), DataType.VARCHAR)
    corpus, clusters = cluster(place, "texts")
    assert sorted(corpus.keys) == sorted(keys)
    assert_stories_found(corpus, clusters, titles)


def test_all_of_a_hundred_partitions_are_read(place, titles):
    fill(place, "parts", rows_of(titles), partitions=100 if "://" not in place.uri else 10)
    corpus, clusters = cluster(place, "parts")
    assert corpus.keys and sorted(corpus.keys) == list(range(10, 10 + len(titles)))
    assert_stories_found(corpus, clusters, titles)


@pytest.mark.parametrize("metric", ["COSINE", "IP"])
def test_other_metrics_and_a_field_of_768(place, titles, metric):
    rows = rows_of(titles, 768, "dense")
    for number, row in enumerate(rows):
        row["dense"] = (np.array(row["dense"]) * (1 + number)).tolist()
    fill(place, "wide", rows, metric=metric, vector="dense")
    with pytest.warns(NewsclustWarning, match="lengths of vectors go from 1 to 48; all are scaled to length 1"):
        corpus, clusters = cluster(place, "wide")
    assert clusters.links.vectors.vectors.shape == (len(titles), 768)
    assert_stories_found(corpus, clusters, titles)


def test_a_filter_chooses_rows_and_a_dynamic_field_has_a_role(place, titles):
    days = [f"2024-03-{1 + number % 28:02}" for number in range(len(titles))]
    years = [2023 + (story == titles["story"][0]) for story in titles["story"]]
    fill(place, "dynamic", rows_of(titles, date=days, year=years, kind=["x"] * len(titles)), dynamic=True)
    corpus, clusters = cluster(place, "dynamic", filter="year < 2024", columns={"published_at": "date"})
    assert_stories_found(corpus, clusters, titles)
    assert clusters.clustering.n_clusters == N_STORIES - 1
    assert set(corpus.documents["published_at"].str[:10]) <= set(days)
    with pytest.raises(StoreError, match="collection dynamic of .*: Milvus refused, saying"):
        cluster(place, "dynamic", filter="year <")
    with pytest.raises(InputError, match="collection dynamic of .* has no row that matches filter"):
        cluster(place, "dynamic", filter="year < 1900")


def test_equal_texts_are_one_document_and_all_their_keys_get_its_label(place, titles):
    doubled = pd.concat([titles, titles.head(12).assign(title=titles["title"].str.upper())], ignore_index=True)
    fill(place, "doubled", rows_of(doubled), dynamic=True)
    run = nc.find("milvus", uri=place.uri, collection="doubled", write_labels="inside", **SETTINGS)
    assert run.links.vectors.corpus.n_repeats == 12
    fields, _, rows = state(place, "doubled")
    assert len(rows) == len(doubled) and [name for name, *_ in fields] == ["id", "embedding", "text"]
    stories = pd.Series([row["newsclust_story"] for row in rows])
    assert stories.groupby(doubled["story"]).nunique().eq(1).all() and (stories >= 0).all()
    assert [row["text"] for row in rows] == doubled["title"].tolist()


def test_without_a_text_stories_have_numbers_and_documents_their_keys(lite, titles):
    rows = [{name: value for name, value in row.items() if name != "text"} for row in rows_of(titles)]
    fill(lite, "bare", rows, text=None)
    with pytest.warns(NewsclustWarning, match="no column that is recognised as headlines, only 'id': 'id' is used"):
        run = nc.find("milvus", uri=lite.uri, collection="bare", output="bare", fold_copies=True, **SETTINGS)
    assert sorted(run.stories.table["title"]) == [f"story {number}" for number in range(N_STORIES)]
    written = pd.read_csv("bare/clusters.csv")
    assert written["cluster"].groupby(titles["story"]).nunique().eq(1).all()
    assert Path("bare/report.html").exists()
    assert nc.read_run("bare").documents["title"].tolist() == run.links.documents["title"].tolist()


def test_lengths_count_if_the_metric_depends_on_them():
    vectors = np.array([[3, 4], [0, 1], [0, 2]], dtype=np.float32)
    assert "divided by 2, their median" in bring_to_length(vectors, "L2")
    assert np.allclose(vectors, [[1.5, 2], [0, 0.5], [0, 1]])
    zero = np.array([[0, 0], [0, 2]], dtype=np.float32)
    assert "but 1 of length 0" in bring_to_length(zero, "COSINE") and np.allclose(zero, [[0, 0], [0, 1]])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"collection": "nowhere"},
            "there is no collection nowhere of theirs.db; the collections there are 'one', 'two'",
        ),
        (
            {"collection": "two"},
            "collection two of theirs.db has 2 fields of FLOAT_VECTOR: name one, for example columns=",
        ),
        (
            {"collection": "one", "columns": {"vector": "vec"}},
            "columns gives vector as 'vec', which is no FLOAT_VECTOR of collection one of theirs.db; its fields are "
            "'id (INT64)', 'embedding (FLOAT_VECTOR)', 'text (VARCHAR)'.",
        ),
        ({"collection": "one", "columns": {"id": "key"}}, "the primary key of collection one of theirs.db is 'id'"),
        (
            {"collection": "one", "columns": {"title": "hed"}},
            "title is 'hed', but collection one of theirs.db has no such",
        ),
        ({"collection": "one", "uri": "none.db"}, "uri is 'none.db', but there is no database none.db"),
        (
            {"collection": "one", "write_labels": "inside"},
            "nothing can be written into collection one of theirs.db: it has",
        ),
        ({"collection": "one", "search": "milvus"}, "are searched in process"),
        ({"data": "january", "filter": "id > 3"}, "filter is read where data is 'milvus', but data is 'january'"),
    ],
)
def test_a_wrong_name_is_one_sentence_that_lists_the_right_ones(tmp_path_factory, titles, given, said, request):
    lite = Place(str(Path("theirs.db").absolute()))
    fill(lite, "one", rows_of(titles.head(3)))
    with lite.client() as client:
        schema = client.create_schema()
        schema.add_field("id", DataType.INT64, is_primary=True)
        for name in ("a", "b"):
            schema.add_field(name, DataType.FLOAT_VECTOR, dim=4)
        client.create_collection("two", schema=schema)
    with pytest.raises(NewsclustError) as error:
        nc.find(**{"data": "milvus", "uri": "theirs.db", **given})
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_notice_says_that_a_folder_called_milvus_is_not_read(lite, titles):
    fill(lite, "one", rows_of(titles))
    Path("milvus").mkdir()
    titles.to_csv("milvus/mine.csv", index=False)
    with pytest.warns(NewsclustWarning, match=r"collection one of theirs.db is read, not milvus, which is ./milvus"):
        assert nc.read("milvus", uri=lite.uri, collection="one").n_documents == len(titles)
    assert nc.read("./milvus").n_documents == len(titles)


def test_a_collection_of_the_tutorial_is_refused_as_a_store_and_clustered_as_it_is(lite, titles):
    rows = [{name: value for name, value in row.items() if name != "id"} for row in rows_of(titles, 384)]
    fill(lite, "tut_minilm_text2", rows)
    with pytest.raises(StoreError, match="-p data milvus -p collection tut_minilm_text2"):
        nc.find("january", uri=lite.uri, collection="tut", model="minilm")
    assert_stories_found(*cluster(lite, "tut_minilm_text2"), titles)


def test_the_labels_are_those_of_the_same_rows_in_another_order(lite, titles):
    rows = rows_of(titles)
    fill(lite, "one", rows)
    fill(lite, "two", rows[::-1])
    (corpus, one), (other, two) = cluster(lite, "one"), cluster(lite, "two")
    assert corpus.ids == other.ids and np.array_equal(one.labels, two.labels)


def test_a_role_of_vectors_belongs_to_collections_alone():
    with pytest.raises(ParameterError, match="columns names 'vector', which is no role"):
        nc.read("january", columns={"vector": "embedding"})
