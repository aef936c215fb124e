"""Who reported what, and by whose text, against counts in plain loops; two groups of publishers; none, and many."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, false_discovery_control

import newsclust as nc
from newsclust.corpus.documents import read_corpus
from newsclust.errors import ParameterError
from newsclust.stories.coverage import compare_groups, cover
from newsclust.stories.naming import count_terms, describe_groups

REAL = Path(__file__).resolve().parents[3] / "shared/data/stories_2014.csv"


def made(n_publishers: int = 6, n: int = 400, n_stories: int = 12) -> SimpleNamespace:
    rng = np.random.default_rng(1)
    labels = rng.integers(-1, n_stories, n)
    names = [f"Paper {i}" for i in range(n_publishers)] + [""]
    times = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 10_000, n), unit="min")
    documents = pd.DataFrame({"publisher": rng.choice(names, n), "time": times.where(rng.random(n) > 0.1)})
    documents["published_at"] = documents["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
    documents["text"] = rng.choice([*["Rain"] * 5, "Rain (AP)", "Rain (Reuters)", "Reuters sold"], n)
    documents["repeated_by"] = [
        [(rng.choice(names), pd.Timestamp("2024-03-09") + pd.Timedelta(minutes=row))] * (row % 3) or None
        for row in range(n)
    ]
    return stories_of(documents, labels, np.arange(n) // 2 * 2)


def every_row(stories: SimpleNamespace) -> pd.DataFrame:
    """The rows of the file, as plain loops unfold them."""
    rows = []
    for at, document in enumerate(stories.documents.to_dict("records")):
        source = {"(AP)": "AP", "(Reuters)": "Reuters"}.get(document["text"].split()[-1], "")
        for publisher, time in [(document["publisher"], document["time"]), *(document["repeated_by"] or [])]:
            told = {"publisher": publisher, "time": time, "source": source}
            rows.append({"at": at, "story": stories.labels[at], "copy": stories.repeats[at], **told})
    return pd.DataFrame(rows)


def stories_of(documents: pd.DataFrame, labels: np.ndarray, repeats: np.ndarray) -> SimpleNamespace:
    """The parts of a run's stories that coverage reads."""
    table = describe_groups(documents, labels, count_terms(documents.assign(text=""), labels))
    table["title"] = [f"Story {number}" for number in table.index]
    return SimpleNamespace(documents=documents, labels=labels, table=table, repeats=repeats)


def test_the_first_the_publishers_and_the_reports_of_a_story_are_counted_right():
    stories = made()
    found, rows = cover(stories), every_row(stories)
    for story in stories.table.index:
        told, inside = found.stories.loc[story], rows[rows["story"] == story]
        earliest = inside[inside["time"] == inside["time"].min()]
        assert earliest["publisher"].min() == told["first_publisher"]
        assert told["first"] == inside["time"].min() and told["headlines"] == len(inside)
        assert stories.table.loc[story, "last"] == str(inside["time"].max())[:10]
        sources = {copy: min(set(of["source"]) - {""}, default=copy) for copy, of in inside.groupby("copy")}
        assert told["reports"] == len(set(sources.values())) and told["size"] == inside["at"].nunique()
        assert told["source"] == ", ".join(sorted(set(inside["source"]) - {""}))
        assert told["publishers"] == len(set(inside["publisher"]) - {""})
        entries = found.entries[found.entries["story"] == story]
        assert set(entries["publisher"]) == set(inside["publisher"]) - {""}
        for entry in entries.dropna().itertuples():
            theirs = inside[inside["publisher"] == entry.publisher]
            assert entry.first == theirs["time"].min() and entry.headlines == len(theirs)
            assert entry.hours == pytest.approx((entry.first - told["first"]).total_seconds() / 3600)
            assert entry.source == ", ".join(sorted(set(theirs["source"]) - {""}))
    rows = rows[rows["story"] >= 0]
    assert found.sources.to_dict() == rows["source"].value_counts().drop("").to_dict()
    for publisher, told in found.publishers.iterrows():
        own = rows[rows["publisher"] == publisher]
        theirs = set(own["story"])
        assert told["headlines"] == len(own) and told["sourced"] == (own["source"] != "").sum()
        assert told["stories"] == len(theirs) and told["left_out"] == len(stories.table) - len(theirs)
        assert told["first_with"] == (found.stories["first_publisher"] == publisher).sum()


def test_two_groups_are_compared_story_by_story_and_corrected_for_the_number_of_tests():
    stories = made()
    one, two = ["Paper 0", "Paper 1"], ["Paper 2"]
    only = np.flatnonzero(stories.labels == 3)
    stories.documents.loc[only, "publisher"] = "Paper 2"
    stories.documents.loc[only, "repeated_by"] = None
    found, rows = compare_groups(stories, one, two), every_row(stories)
    inside, names = rows["story"] >= 0, rows["publisher"]
    usual = (inside & names.isin(one)).sum() / (inside & names.isin(one + two)).sum()
    for story, told in found.iterrows():
        a, b = (int(((rows["story"] == story) & names.isin(group)).sum()) for group in (one, two))
        test = binomtest(a, a + b, usual)
        span = test.proportion_ci(method="wilson")
        assert (told["one"], told["two"], told["share"]) == (a, b, a / (a + b))
        assert (told["low"], told["high"], told["p"]) == pytest.approx((span.low, span.high, test.pvalue))
        assert told["effect"] == pytest.approx(2 * (np.arcsin((a / (a + b)) ** 0.5) - np.arcsin(usual**0.5)))
    np.testing.assert_allclose(found.sort_index()["q"], false_discovery_control(found.sort_index()["p"]))
    assert found.index[0] == 3 and found.loc[3, "only"] == "two" and found.loc[3, "q"] < 0.001
    shown = nc.show.coverage(stories, {"left": one, "right": two})
    assert shown.frame["only"][0] == "right" and "unusual (q < 0.05)" in repr(shown)


def test_without_publishers_it_says_so_and_of_three_hundred_it_shows_the_largest():
    stories = made()
    stories.documents = stories.documents.assign(publisher="", repeated_by=None)
    assert repr(nc.show.coverage(stories)) == "No headline in a story names its publisher."
    assert "No story has a headline" in repr(nc.show.coverage(stories, {"left": ["A"], "right": ["B"]}))
    many = nc.show.coverage(made(300, 4_000))
    assert len(many.frame) == 12 and "300 publishers reported 12 stories" in repr(many) and "The 12 with" in repr(many)


def test_groups_that_cannot_be_compared_are_one_sentence():
    with pytest.raises(ParameterError, match="groups are 3; give two"):
        nc.show.coverage(made(), {"left": ["Paper 0"], "right": ["Paper 1"], "centre": ["Paper 2"]})
    with pytest.raises(ParameterError, match="Paper 1 is in both groups"):
        nc.show.coverage(made(), {"left": ["Paper 0", "Paper 1"], "right": ["Paper 1"]})


def test_of_the_largest_stories_those_without_a_headline_of_a_publisher_are_left_out():
    stories = made(40, 300)
    found = cover(stories)
    largest = sorted(stories.table.index, key=lambda story: (-stories.table["size"][story], story))[:5]
    rows = every_row(stories)
    for publisher in found.publishers.index:
        theirs = set(rows.loc[rows["publisher"] == publisher, "story"])
        assert found.left_out(publisher, 5) == [story for story in largest if story not in theirs]


def test_a_run_read_back_covers_what_the_file_says_also_where_texts_repeat(toy_model):
    rows = pd.read_csv(resources.files("newsclust") / "data/january.csv", keep_default_na=False)
    copies = rows.iloc[::3].assign(
        publisher=np.resize(["The Evening Post", "A Paper"], len(rows.iloc[::3])), published_at="2025-01-20T08:00:00Z"
    )
    rows = pd.concat([copies, rows, copies.assign(publisher="The Late Post", published_at="")])  # the copies first
    rows["description"] = [f"LONDON (Reuters) - {text}" if text[0] in "AST" else text for text in rows["description"]]
    rows.drop(columns="story").to_csv("copied.csv", index=False)
    run = nc.find("copied.csv", min_cluster_size=2, min_samples=1, output="out")
    assert run.corpus.n_documents == 34 and run.corpus.n_repeats == len(rows) - 34
    held = pd.read_csv("out/clusters.csv", keep_default_na=False)
    held = held[held["cluster"] >= 0]
    written = pd.read_csv("out/coverage.csv", encoding="utf-8-sig", keep_default_na=False)
    named = written.set_index(["story", "publisher"]).sort_index()
    by = held.groupby(["cluster", "publisher"])
    assert named["headlines"].tolist() == by.size().tolist() and list(named.index) == list(by.size().index)
    is_wire = held["description"].str.contains("Reuters")
    assert (named["source"] == "Reuters").tolist() == is_wire.groupby(
        [held["cluster"], held["publisher"]]
    ).any().tolist()
    stories = pd.read_csv("out/stories.csv", index_col="cluster", keep_default_na=False)
    by_story = held.groupby("cluster")
    assert stories["publishers"].sort_index().tolist() == by_story["publisher"].nunique().tolist()
    assert stories["last"].sort_index().tolist() == by_story["published_at"].max().str[:10].tolist()
    assert json.loads(Path("out/page.json").read_text("utf-8"))["sources"] == [["Reuters", int(is_wire.sum())]]
    again = cover(nc.repeat(nc.read_run("out")).stories)
    for name, table in vars(cover(run.stories)).items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(getattr(again, name)), check_dtype=False)


@pytest.fixture(scope="module")
def real():
    """The stories of stories_2014 as people labelled them."""
    if not REAL.is_file():
        pytest.skip("the data set stories_2014.csv is not in ../shared/data")
    corpus = read_corpus(REAL, truth="story")
    labels = pd.factorize(corpus.known, sort=True)[0]
    return stories_of(corpus.documents, labels, np.arange(len(labels)))


def rows_of(real) -> pd.DataFrame:
    """Every row of the file as pandas reads it, those of equal texts, too, in the story of its text."""
    rows = pd.read_csv(REAL, dtype=str, keep_default_na=False)
    for column in ("publisher", "url"):
        rows[column] = rows[column].str.replace("\\", "")  # before signs: the file was escaped by a database
    rows["publisher"] = rows["publisher"].str.removeprefix("www.")
    ids = read_corpus(REAL).row_ids
    story = pd.Series(real.labels, real.documents["id"]).reindex(ids).to_numpy()
    when = pd.to_datetime(rows["published_at"], utc=True).dt.tz_localize(None)
    return rows.assign(time=when, story=story)[story >= 0]


@pytest.mark.filterwarnings("ignore::newsclust.errors.NewsclustWarning")
def test_real_coverage_is_what_pandas_counts(real):
    rows, found = rows_of(real), cover(real)
    assert len(found.stories) == rows["story"].nunique() > 40 and len(found.publishers) > 1_000
    named = rows[rows["publisher"] != ""]
    pd.testing.assert_series_equal(
        found.publishers["stories"].sort_index(), named.groupby("publisher")["story"].nunique(), check_names=False
    )
    earliest = rows.sort_values(["time", "publisher"]).groupby("story")["publisher"].first()
    assert found.stories["first_publisher"].tolist() == earliest.tolist()
    assert found.publishers["first_with"].sum() == (earliest != "").sum()
    assert found.stories["publishers"].tolist() == named.groupby("story")["publisher"].nunique().tolist()
    after = named.groupby(["story", "publisher"])["time"].min() - rows.groupby("story")["time"].min()
    told = found.entries.set_index(["story", "publisher"])["hours"].sort_index()
    np.testing.assert_allclose(told, after.sort_index().dt.total_seconds() / 3600)


def test_real_groups_by_a_column_differ_as_pandas_counts(real):
    rows = rows_of(real)
    rows["side"] = np.where(rows["url"].str.contains(r"^https?://[^/]*\.(?:uk|au|in|ie|nz)/"), "abroad", "home")
    home = rows.groupby("publisher")["side"].agg(lambda sides: sides.value_counts().idxmax())
    rows["side"] = rows["publisher"].map(home)
    groups = rows[rows["publisher"] != ""].groupby("side")["publisher"].unique()
    counted = rows[rows["publisher"] != ""].groupby(["story", "side"]).size().unstack(fill_value=0)
    shown = nc.show.coverage(real, groups, n=100).frame.set_index("story").sort_index()
    assert shown[["abroad", "home"]].to_numpy().tolist() == counted[["abroad", "home"]].to_numpy().tolist()
    np.testing.assert_allclose(shown["share"], counted["abroad"] / counted.sum(axis=1), atol=5e-4)
    assert set(shown.index[shown["only"] == "home"]) == set(counted.index[counted["abroad"] == 0])
    assert (shown["low"] <= shown["share"]).all() and (shown["share"] <= shown["high"]).all()
    assert 0 < (shown["q"] < 0.05).sum() < len(shown)
