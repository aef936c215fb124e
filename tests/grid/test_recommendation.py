"""Which run is recommended, and why."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from finished_grid import FAILED, with_labels
from newsclust.grid.measures import (
    excluded,
    measures,
)
from newsclust.grid.recommendation import recommend


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


def test_a_sentence_says_that_a_choice_may_not_last(grid):
    shaky = dataclasses.replace(grid, runs=grid.runs.assign(subsample_stability=0.1, noise_fraction=0.6))
    assert "Careful: with a tenth" in str(recommend(shaky)) and "Careful: most documents" in str(recommend(shaky))
