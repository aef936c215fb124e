"""compare/ on a small grid that is written here, against plain loops."""

from __future__ import annotations

import dataclasses
import html
import itertools
import json
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsclust.grid.charts as figures
from browser import open_page  # noqa: F401  (a fixture)
from newsclust.errors import NewsclustError
from newsclust.grid import runs as finished
from newsclust.grid.measures import (
    METRICS,
    agreement_matrix,
    excluded,
    measures,
    neighbour_stability,
    sensitivity,
    unsettled,
)
from newsclust.grid.recommendation import recommend
from newsclust.grid.runs import Grid, levels, read_grid
from newsclust.grid.table_of_runs import MAP_POINTS, run_table
from points import examples

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
FAILED = "min_samples=10,min_cluster_size=8,method=leaf"


def write_grid(folder: Path, n: int = 200, seed: int = 0) -> Path:
    """A finished grid of 12 runs, the last one failed: 10 stories, and more noise the larger min_samples."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.integers(2**60, 2**62, n))
    story = rng.integers(0, 10, n)
    strength = rng.uniform(size=n)
    x, y = story + rng.normal(0, 0.2, n), story % 3 + rng.normal(0, 0.2, n)
    titles = np.array([f"Story {s}, headline {i}, for $5 & $6" for i, s in enumerate(story)], dtype=object)
    titles[::9] = NASTY + titles[::9]
    names = []
    for min_samples, (min_cluster_size, method) in itertools.product(
        [2, 5, 10], [(3, "eom"), (3, "leaf"), (8, "eom"), (8, "leaf")]
    ):
        name = f"min_samples={min_samples},min_cluster_size={min_cluster_size},method={method}"
        names.append(name)
        run = folder / name
        run.mkdir(parents=True)
        parameters = {
            "min_samples": min_samples,
            "min_cluster_size": min_cluster_size,
            "method": method,
            "k": 50,
            "truth": None,
        }
        failed = name == FAILED
        message = f"NewsclustError: there is no column {NASTY}." if failed else ""
        record = {
            "name": name,
            "status": "failed" if failed else "ok",
            "message": message,
            "seconds": 3.5 + min_samples,
            "parameters": parameters,
            "fingerprint": "0",
        }
        (run / "run.json").write_text(json.dumps(record))
        if failed:
            continue
        labels = np.where(strength < 0.04 * min_samples, -1, story if method == "eom" else 2 * story + (x > story))
        labels[rng.uniform(size=n) < 0.02 * min_cluster_size] = 0
        metrics = {
            "n_documents": n,
            "n_rows": n + 3,
            "n_clusters": len(set(labels) - {-1}),
            "noise_fraction": float((labels < 0).mean()),
            "separation": None if min_samples == 10 else min_samples / 20 + (method == "eom") / 5,
            "relative_validity": None if min_samples == 10 else min_samples / 10 + (method == "eom") / 3,
            "dbcv": None,
            "subsample_stability": 0.6 + min_cluster_size / 40,
            "ami": 0.9 - min_samples / 50,
            "seconds": {"search": 0.25},
        }
        (run / "metrics.json").write_text(json.dumps(metrics))
        understood = {"title": {"column": "Title"}, "description": {"column": "description"}, "url": {"column": "URL"}}
        (run / "provenance.json").write_text(json.dumps({"provenance": {"understood": understood}}))
        points = pd.DataFrame(
            {
                "Title": titles,
                "URL": [("javascript:alert(1)", "https://a.example/?q=$1&$2")[i % 2] for i in range(n)],
                "description": "",
                "id": [f"d{i}" for i in ids],
                "cluster": labels,
                "probability": strength,
                "x": x,
                "y": y,
            }
        )
        repeated = points.iloc[[0]]
        blank = pd.DataFrame([dict.fromkeys(points, "")])
        pd.concat([points.sample(frac=1, random_state=1), repeated, blank]).to_csv(
            run / "clusters.csv", index=False, encoding="utf-8-sig"
        )
    grid = {"name": folder.name, "varied": ["min_samples", "min_cluster_size", "method", "k"], "runs": names}
    (folder / "grid.json").write_text(json.dumps(grid))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_grid(tmp_path_factory.mktemp("reports") / "grid")


@pytest.fixture(scope="module")
def grid(folder: Path):
    return read_grid(folder)


FIGURES = [
    figures.sensitivity_chart,
    figures.parameter_pairs,
    figures.agreement_map,
]


def rewritten(folder: Path, target: Path, change) -> Path:
    """A copy of the grid with other records: `change(name, record)` alters a run's record in place."""
    shutil.copytree(folder, target)
    for path in target.glob("*/run.json"):
        record = json.loads(path.read_text())
        change(path.parent.name, record)
        path.write_text(json.dumps(record))
    return target


def with_labels(grid: Grid, labels: pd.DataFrame, **columns) -> Grid:
    """The grid with other clusters, one column of `labels` for each finished run."""
    maps = {run: grid.maps[run].loc[labels.index].assign(cluster=labels[run]) for run in labels if run in grid.maps}
    runs = grid.runs[grid.runs["name"].isin(labels.columns)].reset_index(drop=True).assign(**columns)
    texts = grid.titles.loc[labels.index], grid.urls.loc[labels.index]
    return Grid(grid.name, grid.varied, runs, maps, labels.astype(np.int32), *texts)


# Reading -------------------------------------------------------------------------------------------


def test_the_grid_that_the_notebook_looks_at_is_run_where_it_is_missing(monkeypatch):
    asked = []
    monkeypatch.setattr(finished, "run_plan", lambda plan: asked.append(plan.name) or write_grid(plan.folder))
    assert len(read_grid("reports/grid").runs) == 12 and asked == ["grid"]
    read_grid("reports/grid")
    for name in ("reports/quickstart", "elsewhere/grid", "reports/mine"):
        with pytest.raises(NewsclustError, match="There is no finished grid"):
            read_grid(name)
    assert asked == ["grid"]


def test_every_run_is_there_in_the_order_of_the_grid_with_its_parameters_and_metrics(grid, folder):
    assert grid.runs["name"].tolist() == json.loads((folder / "grid.json").read_text())["runs"]
    assert grid.runs["status"].tolist() == ["ok"] * 11 + ["failed"]
    assert grid.varied == ["min_samples", "min_cluster_size", "method"], "k is the same everywhere"
    first = grid.runs.iloc[0]
    assert (first["min_samples"], first["method"], first["ami"]) == (2, "eom", 0.86)
    assert first["seconds"] == 5.5 and type(first["min_samples"]) is int
    assert NASTY in grid.runs["message"].iloc[-1] and np.isnan(grid.runs["n_clusters"].iloc[-1])


def test_documents_are_aligned_on_exact_ids_and_counted_once(grid, folder):
    table = pd.read_csv(folder / grid.labels.columns[3] / "clusters.csv", dtype=str, keep_default_na=False)
    table = table[table["id"] != ""].drop_duplicates("id")
    expected = pd.Series(table["cluster"].astype(int).to_numpy(), index=[int(i[1:]) for i in table["id"]])
    assert len(grid.labels) == 200 and grid.labels.index.is_monotonic_increasing
    assert grid.labels.iloc[:, 3].to_dict() == expected.to_dict()
    assert grid.titles.to_dict() == dict(zip(expected.index, table["Title"].str.strip(), strict=True))
    assert "12 runs, 1 of them failed, compared on 200 documents" in repr(grid)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: (f / "grid.json").unlink(), "There is no finished grid in"),
        (lambda f: (f / "grid.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "grid.json").write_text('{"name": "g", "runs": []}'), "does not say varied"),
        (lambda f: (f / FAILED / "run.json").unlink(), "1 of the 12 runs of"),
        (lambda f: (next(f.glob("*leaf")) / "metrics.json").unlink(), "metrics.json cannot be read"),
        (
            lambda f: (next(f.glob("*leaf")) / "clusters.csv").write_text("a,b\n1,2\n"),
            "clusters.csv cannot be read",
        ),
    ],
    ids=["no grid", "half-written", "incomplete record", "unfinished", "no metrics", "no clusters"],
)
def test_an_unusable_grid_is_one_sentence_that_says_what_to_do(folder, tmp_path, spoil, sentence):
    copy = rewritten(folder, tmp_path / "mine", lambda name, record: None)
    spoil(copy)
    with pytest.raises(NewsclustError, match=re.escape(sentence)) as caught:
        read_grid(copy)
    assert "run `newsclust run params/mine.yaml` first" in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(NewsclustError, match="newsclust run params/grid.yaml"):
        read_grid(tmp_path / "grid")


def test_numbers_are_in_order_names_as_they_come_and_null_is_a_value(folder, tmp_path):
    def change(name, record):
        record["parameters"]["min_samples"] = {2: 10.5, 5: 9, 10: 2}[record["parameters"]["min_samples"]]
        record["parameters"]["k"] = None if "eom" in name else {"ef": 128}

    grid = read_grid(rewritten(folder, tmp_path / "grid", change))
    assert levels(grid, "min_samples")[1:] == (["2", "9", "10.5"], True)
    assert levels(grid, "method")[1:] == (["eom", "leaf"], False)
    assert levels(grid, "k")[1] == ["none", "{'ef': 128}"] and "k" in grid.varied


# Numbers against plain loops -----------------------------------------------------------------------


def rand_index(one, other) -> float:
    """scikit-learn's, noise being a group of its own for every document."""
    from sklearn.metrics import adjusted_rand_score

    alone = [np.where(np.asarray(labels) < 0, -1 - np.arange(len(labels)), labels) for labels in (one, other)]
    return adjusted_rand_score(*alone)


def test_agreement_is_the_adjusted_rand_index_of_scikit_learn(grid):
    matrix = agreement_matrix(grid)
    assert sorted(matrix.index) == sorted(grid.labels) and list(matrix.index) == list(matrix)
    for one, other in itertools.product(matrix, repeat=2):
        assert matrix.loc[one, other] == pytest.approx(rand_index(grid.labels[one], grid.labels[other]), abs=1e-12)


@settings(deadline=None, derandomize=True, max_examples=examples(60))
@given(st.lists(st.tuples(*[st.integers(-1, 3)] * 3), min_size=1, max_size=12))
def test_agreement_is_right_for_any_labels(rows):
    labels = pd.DataFrame(rows, columns=list("abc"))
    grid = Grid("g", [], pd.DataFrame({"name": list("abc")}), {}, labels, pd.Series(dtype=str), pd.Series(dtype=str))
    for one, other in itertools.combinations("abc", 2):
        expected = rand_index(labels[one], labels[other])
        assert grid.agreement.loc[one, other] == pytest.approx(expected, abs=1e-12)


def test_families_of_runs_stand_together(grid):
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 8, 200), rng.integers(0, 8, 200)
    noisy = {
        run: np.where(rng.uniform(size=200) < 0.1, -1, one if i % 2 else other) for i, run in enumerate(grid.labels)
    }
    labels = pd.DataFrame(noisy, index=grid.labels.index)
    order = [list(labels).index(run) % 2 for run in agreement_matrix(with_labels(grid, labels))]
    assert sum(a != b for a, b in itertools.pairwise(order)) == 1


def test_neighbour_stability_is_the_mean_agreement_with_runs_one_step_away(grid):
    steps = {"min_samples": [2, 5, 10], "min_cluster_size": [3, 8], "method": ["eom", "leaf"]}
    rows = grid.runs.to_dict("records")
    found = neighbour_stability(grid)
    for row in rows:
        scores = []
        for other in rows:
            apart = [abs(steps[p].index(row[p]) - steps[p].index(other[p])) for p in steps]
            if sorted(apart) == [0, 0, 1] and {row["status"], other["status"]} == {"ok"}:
                scores.append(rand_index(grid.labels[row["name"]], grid.labels[other["name"]]))
        if scores:
            assert found[row["name"]] == pytest.approx(np.mean(scores), abs=1e-12)
        else:
            assert np.isnan(found[row["name"]])
    assert np.isnan(found[FAILED]) and found.notna().sum() == 11


def test_a_run_without_adjacent_grid_points_has_no_stability(grid):
    lonely = dataclasses.replace(grid, runs=grid.runs.assign(other=range(12)), varied=[*grid.varied, "other"])
    assert neighbour_stability(lonely).notna().sum() == 0


def test_sensitivity_is_eta_squared(grid):
    table = sensitivity(grid)
    known = measures(grid)
    assert list(table) == list(METRICS) and sorted(table.index) == sorted(grid.varied)
    for parameter, metric in itertools.product(table.index, table):
        rows = [
            (value, row[parameter])
            for value, row in zip(known[metric], grid.runs.to_dict("records"), strict=True)
            if not np.isnan(value)
        ]
        mean = np.mean([value for value, _ in rows])
        total = sum((value - mean) ** 2 for value, _ in rows)
        between = 0
        for level in {level for _, level in rows}:
            group = [value for value, own in rows if own == level]
            between += len(group) * (np.mean(group) - mean) ** 2
        assert table.loc[parameter, metric] == pytest.approx(between / total)
    assert table.loc["method", "n_clusters"] == pytest.approx(1)


def test_a_metric_that_never_changes_is_explained_by_nothing(grid):
    same = dataclasses.replace(grid, runs=grid.runs.assign(ami=0.1, relative_validity=None))
    table = sensitivity(same)
    assert table["ami"].isna().all() and "relative_validity" not in table
    assert table.notna().any(axis=1).all()


def slow_instability(labels: pd.DataFrame) -> pd.Series:
    def company(run: str, document: int) -> set[int]:
        cluster = labels.loc[document, run]
        return {document} if cluster < 0 else set(labels.index[labels[run] == cluster])

    found = {}
    for document in labels.index:
        groups = [company(run, document) for run in labels]
        found[document] = np.mean([1 - len(a & b) / len(a | b) for a, b in itertools.combinations(groups, 2)])
    return pd.Series(found)


def test_unsettled_headlines_are_those_whose_company_changes_most(grid):
    expected = slow_instability(grid.labels)
    table = unsettled(grid, 40).frame
    assert (excluded(grid) == "").sum() == 11
    np.testing.assert_allclose(table["instability"], expected[table.index], atol=1e-12)
    np.testing.assert_allclose(table["instability"], np.sort(expected)[::-1][:40], atol=1e-9)
    assert table["noise in"].tolist() == [(grid.labels.loc[i] < 0).sum() for i in table.index]
    assert table["headline"].tolist() == [grid.titles[i] for i in table.index]


def test_unsettled_says_where_a_headline_goes(grid):
    documents = grid.labels.index[:18]
    labels = pd.DataFrame(-1, index=documents, columns=grid.labels.columns[:3])
    labels.iloc[0:6, :] = 0
    labels.iloc[6:12, :] = 1
    labels.iloc[12:18, :] = 2
    labels.iloc[5, 1:] = [1, -1]
    small = with_labels(grid, labels)
    strength = pd.Series(np.linspace(1, 0, 18), index=documents)
    small = dataclasses.replace(small, maps={k: v.assign(probability=strength) for k, v in small.maps.items()})
    table = unsettled(small, 1).frame
    assert table.index.tolist() == [documents[5]] and table["noise in"].tolist() == [1]
    assert table["goes to"].iloc[0] == [
        f"{grid.titles[documents[0]][:51].rstrip()}… (6 headlines, 1 run)",
        f"{grid.titles[documents[6]]} (7 headlines, 1 run)",
    ]


def test_settled_headlines_are_not_called_unsettled(grid):
    same = pd.DataFrame({run: grid.labels.iloc[:, 0] for run in grid.labels})
    assert len(unsettled(with_labels(grid, same)).frame) == 0
    assert "<table" in unsettled(with_labels(grid, same))._repr_html_()


def test_a_hundred_runs_of_ten_thousand_headlines_are_compared():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 300, 10_000)
    columns = {f"r{i}": np.where(rng.uniform(size=10_000) < 0.2, -1, base) for i in range(100)}
    labels = pd.DataFrame(columns).astype(np.int32)
    labels.index.name = "id"
    points = {run: pd.DataFrame({"cluster": labels[run], "probability": 1.0}) for run in labels}
    runs = pd.DataFrame({"name": list(labels), "status": "ok"})
    grid = Grid("g", [], runs, points, labels, *[pd.Series("t", index=labels.index)] * 2)
    assert agreement_matrix(grid).shape == (100, 100) and len(unsettled(grid).frame) == 15


# The recommendation --------------------------------------------------------------------------------


def test_the_recommended_run_has_the_best_mean_rank_and_says_why(grid):
    known = measures(grid).drop(index=FAILED)
    known["coverage"] = 1 - known["noise_fraction"]
    criteria = known[["relative_validity", "subsample_stability", "neighbour_stability", "coverage"]]
    ranks = criteria.rank(ascending=False).mean(axis=1)
    choice = recommend(grid)
    assert ranks[choice.run] == pytest.approx(ranks.min())
    assert choice.parameters == grid.runs.set_index("name").loc[choice.run, grid.varied].to_dict()
    said = str(choice)
    assert f"mean rank, {ranks.min():.1f}" in said and "Excluded: 1 of 12 runs. Of these 1 failed." in said
    assert "adjusted mutual information 0.860, the highest of all runs" in said


def test_the_recommended_run_is_the_one_whose_stories_stand_apart_best(grid):
    rising = dataclasses.replace(grid, runs=grid.runs.assign(separation=np.linspace(0.1, 0.4, len(grid.runs))))
    sound = excluded(rising)
    choice = recommend(rising)
    assert choice.run == sound.index[sound == ""][-1]
    assert "its stories stand apart best: separation 0." in str(choice) and "The top is flat" not in str(choice)
    flat = recommend(dataclasses.replace(grid, runs=grid.runs.assign(separation=0.3)))
    assert "The top is flat: 11 runs are within 0.5% of it" in str(flat)


def test_separations_of_other_vectors_are_not_compared(grid):
    runs = grid.runs.assign(separation=np.linspace(0.1, 0.4, len(grid.runs)), model="minilm")
    other = dataclasses.replace(grid, runs=runs, varied=[*grid.varied, "model"])
    assert recommend(other).run == recommend(grid).run and "mean rank" in str(recommend(other))


def test_known_stories_do_not_change_the_choice(grid):
    upside_down = dataclasses.replace(grid, runs=grid.runs.assign(ami=1 - grid.runs["ami"]))
    without = dataclasses.replace(grid, runs=grid.runs.drop(columns="ami"))
    assert recommend(upside_down).run == recommend(without).run == recommend(grid).run
    assert "the highest of all runs is 0.300, reached by" in str(recommend(upside_down))
    assert "known stories" not in str(recommend(without))


@pytest.mark.parametrize(
    ("clusters", "fault"),
    [
        (lambda old: np.where(old == 0, 0, -1), "found hardly any stories"),
        (
            lambda old: np.where(np.arange(200) < 102, 0, old + 1),
            "put more than 50% of the documents into one",
        ),
        (
            lambda old: np.where(np.arange(200) < 152, -1, old),
            "left more than 75% of the documents in no",
        ),
    ],
    ids=["hardly any", "one giant", "all noise"],
)
def test_a_run_nobody_would_believe_never_wins_however_well_it_scores(grid, clusters, fault):
    poor = grid.labels.columns[4]
    labels = grid.labels.copy()
    labels[poor] = clusters(np.abs(labels[poor].to_numpy()))
    runs = grid.runs.copy()
    runs.loc[runs["name"] == poor, ["relative_validity", "subsample_stability"]] = 1.0
    runs.loc[runs["name"] == poor, "noise_fraction"] = 0.0
    maps = grid.maps | {poor: grid.maps[poor].assign(cluster=labels[poor])}
    changed = dataclasses.replace(grid, labels=labels, maps=maps, runs=runs)
    assert fault in excluded(changed)[poor] and "Of these 1 " + fault in str(recommend(changed))
    assert recommend(changed).run != poor


def test_no_run_is_recommended_where_none_is_any_good(grid):
    useless = with_labels(grid, grid.labels * 0)
    choice = recommend(useless)
    assert choice.run is None and "Recommended: none of the runs" in str(choice)
    assert "Try other values" in choice.reasons[-1]


def test_a_choice_that_may_not_last_is_said_to_be_so(grid):
    shaky = dataclasses.replace(grid, runs=grid.runs.assign(subsample_stability=0.1, noise_fraction=0.6))
    assert "Careful: with a tenth" in str(recommend(shaky)) and "Careful: most documents" in str(recommend(shaky))


# Nothing to compare --------------------------------------------------------------------------------


def all_failed(grid: Grid) -> Grid:
    runs = grid.runs[["name", *grid.varied, "seconds"]].assign(status="failed", message="no")
    return Grid("g", grid.varied, runs, {}, pd.DataFrame(index=pd.Index([], name="id")), *[pd.Series(dtype=str)] * 2)


def one_run(grid: Grid) -> Grid:
    return dataclasses.replace(with_labels(grid, grid.labels.iloc[:, :1]), varied=[])


def nothing_shared(grid: Grid) -> Grid:
    return dataclasses.replace(grid, labels=grid.labels.iloc[:0], titles=grid.titles.iloc[:0], urls=grid.urls.iloc[:0])


def no_metrics(grid: Grid) -> Grid:
    return dataclasses.replace(grid, runs=grid.runs.drop(columns=["relative_validity", "subsample_stability", "ami"]))


@pytest.mark.parametrize("poor", [all_failed, one_run, nothing_shared, no_metrics])
def test_the_index_of_a_poor_grid_is_still_made(grid, poor):
    poor = poor(grid)
    assert "<table" in run_table(poor)._repr_html_() and recommend(poor).reasons
    assert len(unsettled(poor).frame) <= 15 and sensitivity(poor) is not None
    for figure in FIGURES:
        said = repr(figure(poor))
        assert said.endswith(".") and "nan" not in said


# Pages ---------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Start tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags, self.text, self.inside = [], "", ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        self.text += "" if self.inside in {"script", "style"} else data

    @staticmethod
    def outside_scripts(markup: str) -> str:
        return re.sub(r"<(script|style)>.*?</\1>", "", markup, flags=re.DOTALL)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_table_links_every_run_to_its_report_beside_the_index(grid, folder):
    page = Page(run_table(grid)._repr_html_())
    targets = [link["href"] for link in page.all("a")]
    assert [unquote(target) for target in targets] == [f"{name}/report.html" for name in grid.runs["name"]]
    assert all(re.fullmatch(r"[\w%.-]+/report\.html", target) for target in targets)
    assert all((folder / unquote(target)).parent.is_dir() for target in targets)


def test_the_table_shows_every_finished_map_and_why_a_run_failed(grid):
    page = Page(run_table(grid)._repr_html_())
    assert len(page.all("svg")) == 11 and len(page.all("tr")) == 13 and len(page.all("script")) == 1
    assert all("stories" in svg["aria-label"] and svg["role"] == "img" for svg in page.all("svg"))
    dots = "".join(path["d"] for path in page.all("path"))
    assert 0.75 * 11 * MAP_POINTS < dots.count("M") <= 11 * MAP_POINTS  # some fall on the same place
    assert "failed: NewsclustError: there is no column <script>" in page.text and "recommended" in page.text
    assert "runs sortable filterable" in page.all("table")[0]["class"]


def test_a_large_grid_stays_a_small_page(grid):
    points = pd.concat([next(iter(grid.maps.values()))] * 50, ignore_index=True)
    names = [f"run {i}" for i in range(30)]
    labels = pd.DataFrame({name: points["cluster"] for name in names}).astype(np.int32)
    runs = pd.DataFrame(
        {
            "name": names,
            "status": "ok",
            "message": "",
            "seconds": 1.0,
            "n_clusters": 10,
            "noise_fraction": 0.1,
        }
    )
    large = Grid("g", [], runs, dict.fromkeys(names, points), labels, *[pd.Series("t", index=labels.index)] * 2)
    assert len(run_table(large)._repr_html_()) < 400_000


def test_attack_in_names_values_messages_and_headlines_is_text_everywhere(grid):
    evil = f"{NASTY}\"'/../{NASTY}"
    names = {name: f"{evil}{i}" for i, name in enumerate(grid.runs["name"])}
    runs = grid.runs.assign(name=grid.runs["name"].map(names), method=[evil, "leaf"] * 6)
    nasty = Grid(
        "g",
        grid.varied,
        runs,
        {names[run]: points for run, points in grid.maps.items()},
        grid.labels.rename(columns=names),
        grid.titles.map(lambda title: NASTY),
        grid.urls,
    )
    shown = [run_table(nasty)._repr_html_(), recommend(nasty)._repr_html_(), unsettled(nasty)._repr_html_()]
    for markup in shown:
        page = Page(markup)
        assert not page.all("img") and len(page.all("script")) == (markup is shown[0])
        assert NASTY in page.text
        assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for link in Page(shown[0]).all("a"):
        assert link["href"].count("/") == 1 and ":" not in link["href"] and "<" not in link["href"]
    for figure in FIGURES:
        assert set(figure(nasty)._repr_mimebundle_()) == {"image/png", "text/plain"}


def test_dollars_in_headlines_are_no_formulas(grid):
    for shown in (unsettled(grid), recommend(grid), run_table(grid)):
        texts = [html.unescape(text) for text in re.split("<[^>]+>", Page.outside_scripts(shown._repr_html_()))]
        assert all(text.count("$") + text.count("\\") < 2 for text in texts)


def test_unsettled_headlines_link_to_their_articles_where_they_have_a_web_address(grid):
    table = unsettled(grid, 40)
    links = Page(table._repr_html_()).all("a")
    assert len(links) == (grid.urls[table.frame.index] != "javascript:alert(1)").sum() > 0
    assert {(link["href"], link["rel"]) for link in links} == {("https://a.example/?q=$1&$2", "noopener noreferrer")}


# Figures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_come_with_a_sentence_and_a_number_in_every_cell(grid, figure):
    fig = figure(grid)
    assert fig.sentence.endswith(".") and fig.sentence.count(". ") == 0
    for axes in fig.drawing.axes:
        cells = cells_of(axes)
        assert len(axes.texts) in (0, cells.size) and not [text for text in axes.texts if "nan" in text.get_text()]
    assert fig.png


def cells_of(axes) -> np.ndarray:
    return np.ma.filled(axes.collections[0].get_array(), np.nan) if axes.collections else np.empty(0)


def test_cells_over_pairs_of_parameters_are_means_of_runs(grid):
    fig = figures.parameter_pairs(grid, "noise_fraction")
    first = fig.drawing.axes[0]
    runs = grid.runs[(grid.runs["min_samples"] == 10) & (grid.runs["min_cluster_size"] == 8)]
    assert cells_of(first)[2, 1] == pytest.approx(runs["noise_fraction"].mean())
    assert [text.get_text() for text in first.texts][2 * 2 + 1] == f"{runs['noise_fraction'].mean():.1%}"
    assert (first.get_ylabel(), first.get_xlabel()) == ("min_samples", "min_cluster_size")
    assert len(fig.drawing.axes) == 3
    with pytest.raises(NewsclustError, match="metric is 'niose'"):
        figures.parameter_pairs(grid, "niose")


def test_many_parameters_are_not_drawn_in_all_pairs(grid):
    runs = grid.runs.assign(a=[*range(6)] * 2, b=[0, 1] * 6, c=[0, 0, 1] * 4)
    wide = dataclasses.replace(grid, runs=runs.astype(dict.fromkeys("abc", object)), varied=[*grid.varied, *"abc"])
    assert len(figures.parameter_pairs(wide).drawing.axes) == figures.MOST_PAIRS


# In a browser --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table_page(grid, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>t</title>{run_table(grid)._repr_html_()}", encoding="utf-8"
    )
    return path


def column(page, n: int) -> list[str]:
    return page.locator(f"table.runs tbody tr:not([hidden]) > :nth-child({n})").all_inner_texts()


def test_a_click_or_a_key_on_a_heading_sorts_numbers_as_numbers(open_page, table_page):  # noqa: F811
    page = open_page(table_page)
    assert column(page, 3) == ["2"] * 4 + ["5"] * 4 + ["10"] * 4
    heading = page.locator("table.runs th", has_text="noise").first
    button = heading.get_by_role("button")
    button.click()
    noise = [float(text.rstrip("%")) for text in column(page, 7)[:-1]]
    assert noise == sorted(noise) and heading.get_attribute("aria-sort") == "ascending"
    assert column(page, 7)[-1] == "–", "what is missing stays last"
    button.press("Enter")
    assert [float(text.rstrip("%")) for text in column(page, 7)[:-1]] == noise[::-1]
    assert heading.get_attribute("aria-sort") == "descending" and column(page, 7)[-1] == "–"
    page.locator("table.runs th", has_text="samples").get_by_role("button").press("Space")
    assert column(page, 3) == ["2"] * 4 + ["5"] * 4 + ["10"] * 4
    assert page.locator("th[aria-sort]").count() == 1
    assert page.locator("thead th").first.get_by_role("button").count() == 0, "pictures have no order"
    assert page.troubles == []


def test_the_box_filters_runs_by_all_its_words(open_page, table_page):  # noqa: F811
    page = open_page(table_page)
    box = page.get_by_label("Filter")
    box.fill("min_samples=5 LEAF")
    assert len(column(page, 2)) == 2 and "2 of 12 rows" in page.get_by_role("status").inner_text()
    box.fill("failed")
    assert len(column(page, 2)) == 1
    box.fill("")
    assert len(column(page, 2)) == 12 and page.troubles == []


def test_without_scripts_the_table_is_whole(grid):
    page = Page(Page.outside_scripts(run_table(grid)._repr_html_()))
    assert len(page.all("tr")) == 13 and len(page.all("svg")) == 11
    assert not page.all("button") and not page.all("input"), "nothing that would do nothing"


def test_the_index_made_by_the_notebook_opens_offline_and_sorts(folder, open_page, tmp_path):  # noqa: F811
    import papermill

    from newsclust.grid.pages import render_notebook

    here = tmp_path / "grid"
    shutil.copytree(folder, here)
    notebook = Path(__file__).parents[2] / "notebooks" / "compare.ipynb"
    source = str(Path(__file__).parents[2] / "src")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), source])))
        papermill.execute_notebook(
            str(notebook), str(here / "compare.ipynb"), parameters={"grid": str(here)}, progress_bar=False
        )
    index = render_notebook(here / "compare.ipynb", here / "index.html")
    assert index.stat().st_size < 6 * 2**20
    text = index.read_text(encoding="utf-8")
    assert html.escape(NASTY, quote=False) in text
    for width in (1400, 400):
        page = open_page(index, width=width)
        assert page.locator("img[src^='data:image/png']").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            "the page itself never scrolls sideways"
        )
        page.locator("table.runs th", has_text="noise").get_by_role("button").click()
        noise = [float(text.rstrip("%")) for text in column(page, 7)[:-1]]
        assert noise == sorted(noise)
        page.get_by_label("Filter").fill("leaf")
        assert len(column(page, 2)) == 6
        assert page.troubles == []
