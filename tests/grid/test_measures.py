"""The numbers that compare runs, against plain loops."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finished_grid import FAILED, with_labels
from newsclust.grid.measures import (
    METRICS,
    agreement_matrix,
    excluded,
    measures,
    neighbour_stability,
    sensitivity,
    unsettled,
)
from newsclust.grid.runs import Grid
from points import examples
from test_table_of_runs import Page


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


def test_unsettled_headlines_are_those_whose_stories_change_most(grid):
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


def test_unsettled_headlines_link_to_their_articles_where_they_have_a_web_address(grid):
    table = unsettled(grid, 40)
    links = Page(table._repr_html_()).all("a")
    assert len(links) == (grid.urls[table.frame.index] != "javascript:alert(1)").sum() > 0
    assert {(link["href"], link["rel"]) for link in links} == {("https://a.example/?q=$1&$2", "noopener noreferrer")}
