"""New headlines and a finished run, both real: Milvus Lite, MiniLM, titles of the bundled sample."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from newsclust.arrivals.calibration import calibrate
from newsclust.corpus.documents import read_corpus
from newsclust.errors import InputError, NewsclustError, ParameterError, RunError
from newsclust.grid import assign
from newsclust.neighbors.layout import Layout
from newsclust.pipeline import Map
from newsclust.run.continuation import continue_run
from newsclust.run.parameters import check_parameters, make_parameters
from newsclust.run.phrase import Found
from newsclust.run.stored import StoredRun
from newsclust.stories.finer import part_stories
from newsclust.stories.outline import outline
from test_cli import call, refused
from test_smallest import run_cells

TOP = Path(__file__).parents[2]
SCRIPT = "<script>alert(1)</script> & <b>Wajima</b> quake $x$ \x1b[31m"
#: Held out whole: no story of the run.
EMERGING = "crowdstrike-outage"
GIVEN = {
    "words": 0.2,
    "days": 0.15,
    "shared_neighbors": 0.3,
    "fold_copies": True,
    "distance_floor": 0.8,
    "min_samples": 2,
    "min_cluster_size": 4,
    "assign_noise": True,
}


@dataclass
class Days:
    folder: Path
    run: StoredRun
    today: pd.DataFrame

    def bytes(self) -> dict[str, str]:
        files = sorted(path for path in self.run.folder.rglob("*") if path.is_file())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def cluster_file(data: Path, output: Path, previous: str | None = None, **more):
    """What cluster.ipynb does."""
    given = make_parameters({"data": str(data), "uri": str(data.with_name("milvus.db")), **GIVEN, **more})
    links = nc.link(nc.embed(nc.read(given), given), given)
    named = nc.name(nc.cluster(links, given), assign_noise=True, previous=previous)
    embeddings = links.vectors.embeddings
    layout = Layout(embeddings.ids, embeddings.vectors[:, :2].copy(), {"n_components": 2})
    nc.finish(Map(named, layout, named.made_with), output=str(output))
    return named.continuation


@pytest.fixture(scope="module")
def days(tmp_path_factory) -> Days:
    """Yesterday's run over 24 stories and some one-offs; today's file has a fifth of them, and a whole story more."""
    folder = tmp_path_factory.mktemp("days")
    before = os.getcwd()
    os.chdir(folder)
    try:
        sample = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).drop(columns="description")
        largest = sample["story"].value_counts().drop("one-off").index[:25]
        rows = pd.concat([sample[sample["story"].isin(largest)], sample[sample["story"] == "one-off"].head(12)])
        rows = rows.reset_index(drop=True)
        new = (rows["story"] == EMERGING) | (rows.index % 5 == 0)
        rows[~new].drop(columns="story").to_csv(folder / "yesterday.csv", index=False)
        known = rows[~new].head(2)
        today = pd.concat([rows[new], known], ignore_index=True)
        today["url"] = "https://example.org/1"
        hostile = {
            "title": SCRIPT,
            "publisher": '"Daily" <i>',
            "published_at": today["published_at"][0],
            "story": "one-off",
        }
        today.loc[len(today)] = hostile | {"url": "javascript:alert(1)"}
        today.to_csv(folder / "today.csv", index=False)
        cluster_file(folder / "yesterday.csv", folder / "reports/monday")
        return Days(folder, nc.read_run(folder / "reports/monday"), today)
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def corpus(days):
    return read_corpus(str(days.folder / "today.csv"))


@pytest.fixture(scope="module")
def newcomers(days, corpus):
    return nc.assign_newcomers(days.run, corpus, days.run.store.embed(corpus.documents))


def truth_of(days: Days, ids: np.ndarray) -> np.ndarray:
    corpus = read_corpus(str(days.folder / "today.csv"), "story")
    known = dict(zip(corpus.row_ids, corpus.truth, strict=True))
    return np.array([known[id] for id in ids])


def test_most_new_headlines_join_their_own_story_and_a_story_held_out_whole_emerges(days, newcomers):
    truth = truth_of(days, newcomers.documents["id"])
    sample = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).set_index("title")["story"]
    of_run = sample[days.run.documents["title"]].to_numpy()
    labels = days.run.labels
    most = pd.Series(of_run[labels >= 0]).groupby(labels[labels >= 0]).agg(lambda part: part.mode()[0])
    joined = newcomers.has_joined
    assert joined.sum() >= 20
    assert (most[newcomers.labels[joined]].to_numpy() == truth[joined]).mean() >= 0.75
    held_out = truth == EMERGING
    numbers, counts = np.unique(newcomers.labels[held_out & newcomers.is_emerging], return_counts=True)
    assert counts.max() >= 0.6 * held_out.sum() and numbers.min() >= days.run.next_number
    title = newcomers.emerging["title"][numbers[counts.argmax()]]
    assert sample[title] == EMERGING and newcomers.emerging["keywords"].all()


def test_what_a_headline_joins_depends_neither_on_the_order_nor_on_what_else_comes(days):
    found = []
    for rows in ([3, 7, 12], [12, 20, 7]):  # too few to make a story of their own
        days.today.iloc[rows].to_csv("some.csv", index=False)
        some = read_corpus("some.csv")
        told = nc.assign_newcomers(days.run, some, days.run.store.embed(some.documents))
        found.append(pd.DataFrame({"label": told.labels, "said": told.probability}, index=some.documents["id"]))
    one, other = found[0].align(found[1], join="inner")
    assert len(one) == 2 and one["label"].equals(other["label"])
    np.testing.assert_allclose(one["said"], other["said"], rtol=1e-5)


def test_a_copy_of_a_headline_goes_where_that_one_is(days, tmp_path):
    known = days.run.documents.assign(story=days.run.labels)
    known = known[(known["story"] >= 0) & (known["title"].str.len() > 40)].iloc[::9]
    pd.DataFrame({"title": known["title"] + " today"}).to_csv(tmp_path / "copies.csv", index=False)
    corpus = nc.read(str(tmp_path / "copies.csv"))
    found = nc.assign_newcomers(days.run, corpus, days.run.store.embed(corpus.documents))
    titles = found.documents["title"].str.removesuffix(" today")
    np.testing.assert_array_equal(found.labels, known.set_index("title")["story"].reindex(titles).to_numpy())


def test_headlines_whose_texts_are_cleaned_otherwise_today_are_the_runs_own(days, tmp_path):
    held = days.run.documents.iloc[::40]
    changed = held.assign(description=[f"A line that is read now, {i}." for i in range(len(held))])
    changed = changed[["title", "description", "published_at"]]
    changed.to_csv(tmp_path / "cleaned.csv", index=False)
    corpus = nc.read(str(tmp_path / "cleaned.csv"))
    with pytest.warns(UserWarning, match=f"{len(held)} headlines of .* are recognised by address or title"):
        found = nc.assign_newcomers(days.run, corpus, days.run.store.embed(corpus.documents))
    assert found.counts["n_known"] == len(held) and found.counts["n_newcomers"] == 0
    story = pd.Series(days.run.labels[::40], index=held["title"])
    assert found.labels.tolist() == story.reindex(found.documents["title"]).tolist()


def test_headlines_that_the_run_holds_keep_its_story(days, newcomers):
    held = newcomers.documents["id"][newcomers.is_known].to_numpy()
    assert newcomers.is_known.sum() == 2 and newcomers.counts["n_known"] == 2
    expected = days.run.labels[np.searchsorted(days.run.ids, held)]
    np.testing.assert_array_equal(newcomers.labels[newcomers.is_known], expected)
    assert np.isnan(newcomers.probability[newcomers.is_known]).all()
    assert ((newcomers.probability >= 0) & (newcomers.probability <= 1))[~newcomers.is_known].all()


def test_the_report_of_new_headlines_is_made_and_not_a_byte_of_the_run_changes(days, monkeypatch):
    monkeypatch.chdir(days.folder)
    before, vectors = days.bytes(), days.run.embeddings.vectors
    done = call("assign", "today.csv", "--run", "monday")
    page = days.folder / "reports/assigned/monday-today/report.html"
    assert done.exit_code == 0 and "Report: reports/assigned/monday-today/report.html" in done.stdout
    assert "new headlines: " in done.stdout.splitlines()[2]
    assert days.bytes() == before
    again, _ = days.run.store.recall(days.run.ids)
    np.testing.assert_array_equal(again.vectors, vectors)
    rows = pd.read_csv(page.with_name("assigned.csv"), dtype=str, keep_default_na=False)
    assert rows["title"].tolist() == pd.read_csv("today.csv", dtype=str)["title"].tolist()
    assert set(rows["what"]) <= {"joins", "emerging", "new", "in the run already"} and "joins" in set(rows["what"])
    assert rows["title_of_story"][rows["what"] == "joins"].ne("").all()
    text = page.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in text and "javascript:alert" not in text and "monday-today" in text
    assert call("report", "reports/assigned/monday-today/assign.ipynb").exit_code == 0


def test_a_hostile_headline_is_text_in_every_table_and_on_the_map(newcomers):
    texts = {"title": SCRIPT, "publisher": SCRIPT, "url": "javascript:alert(1)"}
    hostile = replace(
        newcomers,
        documents=newcomers.documents.assign(**texts),
        emerging=newcomers.emerging.assign(title=SCRIPT, keywords=SCRIPT),
        run=replace(newcomers.run, table=newcomers.run.table.assign(title=SCRIPT)),
    )
    tables = [
        view(hostile)._repr_html_() for view in (nc.show.joined_stories, nc.show.emerging_stories, nc.show.least_sure)
    ]
    figure = nc.show.newcomers_map(hostile).to_dict()
    hovers = [text for trace in figure["data"] for text in trace["text"]]
    names = [trace["name"] for trace in figure["data"]]
    found = Found(
        SCRIPT, pd.DataFrame([{**texts, "headline": SCRIPT, "published": "", "story": 1, "similarity": 0.5}]), ""
    )
    for text in [*tables, *hovers, *names, found._repr_html_()]:
        assert "<script>alert" not in text and "javascript:" not in text
    assert all("&lt;script&gt;" in text for text in [*tables, found._repr_html_()]) and "&lt;script&gt;" in "".join(
        hovers
    )
    assert "\x1b" not in str(found)


def test_a_phrase_finds_the_runs_headlines_and_no_others_of_the_collection(days, newcomers):
    title = days.run.documents["title"][5]
    found = nc.search(days.run, title, 5)
    assert found.frame["headline"][0] == title and found.frame["similarity"][0] > 0.999
    assert found.frame["similarity"].is_monotonic_decreasing
    # Today's headlines are in the same collection.
    other = next(title for title in days.today["title"] if title not in set(days.run.documents["title"]))
    assert other not in set(nc.search(days.run, other, 5).frame["headline"])
    assert "\x1b" not in str(found) and title in str(found)
    with pytest.raises(ParameterError, match="no word"):
        nc.search(days.run, " -- ")


def test_search_shows_headlines_and_stories_in_a_terminal(days, monkeypatch):
    monkeypatch.chdir(days.folder)
    done = call("search", "computers crash at airports", "--run", "reports/monday", "-n", "3")
    assert done.exit_code == 0 and len(done.stdout.strip().splitlines()) == 6


def test_words_of_a_bge_m3_run_are_weighed_by_the_model_for_old_and_new_headlines(checkpoint, monkeypatch, tmp_path):
    def write(name: str, start: int, n: int) -> Path:
        kinds = ["ferry storm", "museum map", "chip profit", "the map of the ferry"]
        titles = [f"the {kinds[i % 4]} {chr(97 + i % 26)}{i} {'!' * (i % 3)}" for i in range(start, start + n)]
        pd.DataFrame({"title": titles}).to_csv(name, index=False)
        return tmp_path / name

    def fail(*_):
        raise AssertionError("TF-IDF")

    monkeypatch.setattr("newsclust.neighbors.blend.weighted_words", fail)
    cluster_file(write("monday.csv", 0, 60), tmp_path / "monday", model=str(checkpoint))
    record = json.loads(Path("monday/provenance.json").read_text())["provenance"]
    assert record["words weighed by"] == str(checkpoint) and record["precision"] == "float32"
    run = nc.read_run("monday")
    corpus = read_corpus(str(write("tuesday.csv", 60, 10)))
    embeddings = run.store.embed(corpus.documents)
    found = nc.assign_newcomers(run, corpus, embeddings)
    assert found.counts["n_newcomers"] == 10
    assert nc.arrivals.finish_assignment(corpus, found).provenance["words weighed by"] == str(checkpoint)
    with pytest.raises(InputError, match=r"words are weighed by .*, those of the new headlines by TF-IDF: embed"):
        nc.assign_newcomers(run, corpus, replace(embeddings, words=None))
    path = Path("monday/provenance.json")
    path.write_text(path.read_text().replace('"words weighed by"', '"otherwise"'))
    with pytest.raises(RunError, match=r"words of monday were weighed by TF-IDF; here it would be .*: run it again"):
        nc.assign_newcomers(nc.read_run("monday"), corpus, embeddings)


def test_a_record_that_says_the_precision_in_the_models_sentence_is_still_read(days):
    shutil.copytree(days.run.folder, "reports/monday")
    path = Path("reports/monday/provenance.json")
    record = json.loads(path.read_text())
    facts = record["provenance"]
    assert facts["precision"] == "float32" and "float32" not in facts["model"] and facts["words weighed by"] == "TF-IDF"
    facts["model"] += f", {facts.pop('precision')}"
    del facts["words weighed by"]
    path.write_text(json.dumps(record))
    earlier = nc.read_run("reports/monday")
    assert earlier.parameters.precision == "float32"
    np.testing.assert_array_equal(earlier.neighbors.distances, days.run.neighbors.distances)


def _damaged(run: Path) -> None:
    (run / "provenance.json").write_text("{")


def _of_another_model(run: Path) -> None:
    record = json.loads((run / "provenance.json").read_text())
    record["provenance"]["model"] = "minilm, revision 0, 384 dimensions"
    (run / "provenance.json").write_text(json.dumps(record))


def _of_another_version(run: Path) -> None:
    record = json.loads((run / "provenance.json").read_text())
    record["parameters"]["later"] = 1
    (run / "provenance.json").write_text(json.dumps(record))


def _without_vectors(run: Path) -> None:
    record = json.loads((run / "provenance.json").read_text())
    record["parameters"]["uri"] = str(run / "milvus.db")
    (run / "provenance.json").write_text(json.dumps(record))


def _cut_off(run: Path) -> None:
    (run / "clusters.csv").write_text("title,id\nx,d1\n")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (shutil.rmtree, "there is no finished run in 'reports/monday'"),
        (_damaged, "its record is damaged"),
        (_of_another_model, "was made with minilm, revision 0"),
        (_of_another_version, "no parameter 'later'"),
        (_without_vectors, "are gone"),
        (_cut_off, "can't be read as a run's results"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.strip("_"),
)
def test_a_run_that_cannot_be_used_is_refused_in_one_line_before_anything_is_read(
    days, monkeypatch, capsys, harm, sentence
):
    shutil.copytree(days.run.folder, "reports/monday")
    harm(Path("reports/monday"))
    assert sentence in refused(monkeypatch, capsys, "assign", "nowhere.csv", "--run", "reports/monday")
    assert sentence in refused(monkeypatch, capsys, "search", "a phrase", "--run", "reports/monday")
    assert not Path("reports/assigned").exists() and not Path("milvus.db").exists()
    assert not Path("reports/monday/milvus.db").exists()


def test_results_are_not_written_over_the_run(days):
    with pytest.raises(ParameterError, match="the run's own folder"):
        nc.arrivals.check_assignment({"output": str(days.run.folder)}, days.run)
    with pytest.raises(ParameterError, match="least_emerging"):
        nc.arrivals.check_assignment({"least_emerging": "many"}, days.run)


def test_tomorrows_run_keeps_the_numbers_of_stories_that_go_on(days):
    monday = pd.read_csv(days.folder / "yesterday.csv", dtype=str)
    grown = pd.concat([monday, days.today.drop(columns="story")], ignore_index=True).drop_duplicates("title")
    path = days.folder / "tuesday.csv"
    grown.to_csv(path, index=False)
    tuesday = cluster_file(path, days.folder / "reports/tuesday", str(days.run.folder))
    before = pd.Series(days.run.labels, index=days.run.ids)
    read = nc.read_run(days.folder / "reports/tuesday")
    now = pd.Series(read.labels, index=read.ids)[before.index]
    assert (now == before)[before >= 0].mean() > 0.8
    stories = tuesday.stories
    assert read.next_number == tuesday.identity.next_number > stories.table.index.max()
    assert stories.table["size"].sum() == (stories.labels >= 0).sum()
    np.testing.assert_array_equal(stories.table.index, np.unique(stories.labels[stories.labels >= 0]))
    members = stories.clustering.labels >= 0
    np.testing.assert_array_equal(stories.hdbscan_labels[members], stories.labels[members])
    by_size = stories.by_cluster.reset_index(drop=True).rename_axis("cluster")
    one, other = outline(replace(stories, numbers=None, table=by_size)), outline(stories)
    named = one["kind"] == "story"
    np.testing.assert_array_equal(stories.numbers[one["story"][named]], other["story"][named])
    assert part_stories(stories).eom["title"].equals(stories.table["title"])
    assert "story continues" in repr(tuesday) or "stories continue" in repr(tuesday)
    assert len(tuesday.told) and tuesday.told["title"].notna().all() and "<table" in tuesday._repr_html_()


def test_a_run_cannot_continue_itself_or_what_is_no_run(days):
    folder = str(days.run.folder)
    with pytest.raises(ParameterError, match="previous is .* own results"):
        check_parameters({"previous": folder, "output": folder})
    with pytest.raises(RunError, match="no finished run"):
        check_parameters({"previous": "nowhere"})
    with pytest.raises(RunError, match="no finished run"):
        continue_run(None, "nowhere")


def test_predicted_probabilities_are_about_the_share_that_is_right(days):
    run = days.run
    calibration = calibrate(run.neighbors, run.labels, run.clustering, True, 0.42)
    curve = calibration.curve
    assert curve["documents"].sum() == len(run.ids)
    many = curve[curve["documents"] >= 25]
    off = np.abs(many["said"] - many["right"])
    assert len(many) >= 3 and off.max() < 0.2 and np.average(off, weights=many["documents"]) < 0.08
    nearest, none = calibration.probabilities(np.array([0.0, 0.3, 0.6, 0.9]), np.array([0, 0.5, 1, 1]))
    assert nearest[0] == 0 and (np.diff(nearest) > 0).all() and (nearest + none <= 1 + 1e-9).all()


def test_a_file_without_headlines_is_refused_in_one_line(days, monkeypatch, capsys):
    def execute_here(notebook, executed, parameters, **_) -> str:
        """What a kernel says; starting one takes three seconds."""
        try:
            run_cells(notebook.stem, **parameters)
        except NewsclustError as error:
            return str(error)

    monkeypatch.chdir(days.folder)
    monkeypatch.setattr(assign, "execute", execute_here)
    Path("empty.csv").write_text("title\n")
    with pytest.raises(NewsclustError):
        read_corpus("empty.csv")
    assert "empty.csv" in refused(monkeypatch, capsys, "assign", "empty.csv", "--run", "monday")
