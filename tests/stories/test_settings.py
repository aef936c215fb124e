"""`auto` finds settings near the best without looking at the truth, the same ones for any order of the rows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.errors import ParameterError
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.stories.evaluation import agreement
from newsclust.stories.evidence import Evidence
from newsclust.stories.noise import assign_noise
from newsclust.stories.settings import ALONE, MIN_CLUSTER_SIZES, MIN_SAMPLES, Settings, choose_settings, separation


def stories(n_stories: int, size: int, seed: int = 0, spread: float = 0.5, one_offs: int = 0):
    """Vectors of some stories of one size, and of documents that are alone; their truth."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_stories + one_offs, 24))
    truth = np.append(np.repeat(np.arange(n_stories), size), n_stories + np.arange(one_offs))
    vectors = 1.0 + centres[truth] + rng.normal(scale=spread, size=(len(truth), 24))
    return make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)), truth


def by_pairs(vectors: np.ndarray, labels: np.ndarray) -> float:
    """The separation by its definition: all pairs, all stories."""
    vectors = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = vectors @ vectors.T
    scores = np.zeros(len(labels))
    for i, own in enumerate(labels):
        others = (labels == own) & (np.arange(len(labels)) != i)
        b = max((similarity[i, labels == c].mean() for c in set(labels.tolist()) - {-1, own}), default=0.0)
        b = max(b, 0.0)
        if own < 0:
            scores[i] = max((ALONE - b) / (1 - min(ALONE, b)), 0.0)
        elif others.any():
            a = similarity[i, others].mean()
            scores[i] = (a - b) / (1 - min(a, b))
    return scores.mean()


def test_separation_is_that_of_all_pairs():
    embeddings, truth = stories(6, 5, one_offs=4)
    everyone = find_neighbors(embeddings, len(truth) - 1, "exact")
    for labels in (truth, np.where(truth < 6, truth, -1), truth // 2, np.zeros_like(truth)):
        found = separation(Evidence(embeddings.vectors), labels, everyone)
        assert found == pytest.approx(by_pairs(embeddings.vectors, labels), abs=1e-5)


def test_separation_prefers_the_true_stories_to_halves_pairs_and_noise():
    embeddings, truth = stories(8, 6)
    lists = find_neighbors(embeddings, 20, "exact")
    directions = Evidence(embeddings.vectors)
    best = separation(directions, truth, lists)
    halves, pairs = truth * 2 + np.arange(len(truth)) % 2, truth // 2
    mostly_noise = np.where(truth == 0, 0, -1)
    assert all(separation(directions, labels, lists) < best for labels in (halves, pairs, mostly_noise))
    assert separation(directions, np.full(len(truth), -1), lists) == 0


def test_separation_prefers_one_offs_alone_to_one_offs_in_pairs_but_not_members_alone():
    embeddings, truth = stories(4, 4, one_offs=60)
    lists, directions = find_neighbors(embeddings, 40, "exact"), Evidence(embeddings.vectors)
    alone = np.where(truth < 4, truth, -1)
    pairs = alone.copy()  # each one-off with the nearest that is still free
    for row in np.flatnonzero(truth >= 4):
        free = [other for other in lists.indices[row] if pairs[other] < 0]
        if pairs[row] < 0 and free:
            pairs[[row, free[0]]] = pairs.max() + 1
    assert pairs.max() > 20
    best = separation(directions, alone, lists)
    assert separation(directions, pairs, lists) < best > separation(directions, np.where(alone == 0, 0, -1), lists)


def test_large_corpora_are_scored_on_a_part_of_them(monkeypatch):
    embeddings, truth = stories(40, 8)
    lists, directions = find_neighbors(embeddings, 20, "exact"), Evidence(embeddings.vectors)
    whole = separation(directions, truth, lists)
    monkeypatch.setattr("newsclust.stories.settings.SCORED", 100)
    assert separation(directions, truth, lists) == pytest.approx(whole, abs=0.05)


@pytest.mark.parametrize(
    "n_stories, size, one_offs, shared",
    [
        (40, 3, 20, 0.0),
        (12, 15, 0, 0.3),
        *(pytest.param(*given, marks=pytest.mark.soak) for given in [(40, 3, 20, 0.3), (12, 15, 0, 0.0)]),
        *(pytest.param(5, 60, 30, shared, marks=pytest.mark.soak) for shared in (0.0, 0.3)),
    ],
)
def test_auto_is_near_the_best_setting_of_its_grid(n_stories, size, one_offs, shared):
    embeddings, truth = stories(n_stories, size, spread=0.75, one_offs=one_offs)
    lists = find_neighbors(embeddings, 40, "exact")
    chosen = choose_settings(lists, Evidence(embeddings.vectors), shared_neighbors=shared)
    scores = []
    for row in chosen.curve.itertuples():
        found = cluster(lists, None, int(row.min_samples), int(row.min_cluster_size), shared_neighbors=shared)
        labels = assign_noise(lists, found.labels).labels
        assert labels.max() + 1 == row.n_stories and (labels < 0).mean() == row.noise_fraction
        scores.append(agreement(labels, truth)["ami"])
    assert scores[0] >= 0.985 * max(scores)
    assert (np.diff(chosen.curve["separation"]) <= 1e-9).all()
    assert (chosen.min_samples, chosen.min_cluster_size) == tuple(chosen.curve.iloc[0, :2].astype(int))


@pytest.mark.parametrize("n_stories, size", [(40, 3), (12, 15)])
def test_a_search_along_the_axes_finds_about_what_the_whole_grid_finds(monkeypatch, n_stories, size):
    embeddings, _ = stories(n_stories, size, spread=0.8, one_offs=10)
    lists = find_neighbors(embeddings, 40, "exact")
    whole = choose_settings(lists, Evidence(embeddings.vectors))
    monkeypatch.setattr("newsclust.stories.settings.WHOLE_GRID_UP_TO", 50)
    searched = choose_settings(lists, Evidence(embeddings.vectors))
    assert len(searched.curve) <= 13 and len(whole.curve) > 25
    assert searched.curve["separation"][0] >= 0.97 * whole.curve["separation"][0]


def test_order_of_rows_changes_nothing():
    embeddings, _ = stories(15, 5, one_offs=10)
    shuffled = np.random.default_rng(3).permutation(len(embeddings.vectors))
    other = make_embeddings(embeddings.vectors[shuffled])
    first, second = (
        choose_settings(find_neighbors(each, 30, "exact"), Evidence(each.vectors)) for each in (embeddings, other)
    )
    assert (first.min_samples, first.min_cluster_size) == (second.min_samples, second.min_cluster_size)
    np.testing.assert_allclose(first.curve["separation"], second.curve["separation"], atol=1e-6)


def test_a_given_number_is_kept_and_the_other_chosen():
    embeddings, _ = stories(10, 6)
    lists = find_neighbors(embeddings, 20, "exact")
    chosen = choose_settings(lists, Evidence(embeddings.vectors), min_cluster_size=7)
    assert chosen.min_cluster_size == 7 and sorted(chosen.curve["min_samples"]) == list(MIN_SAMPLES)
    chosen = choose_settings(lists, Evidence(embeddings.vectors), min_samples=4)
    assert chosen.min_samples == 4 and sorted(chosen.curve["min_cluster_size"]) == list(MIN_CLUSTER_SIZES)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_a_handful_of_documents_has_settings_too(n):
    embeddings = make_embeddings(np.eye(8)[:n])
    lists = find_neighbors(embeddings, n - 1, "exact")
    chosen = choose_settings(lists, Evidence(embeddings.vectors))
    assert chosen.min_samples >= 1 and chosen.min_cluster_size >= 2 and repr(chosen)


def test_the_result_says_that_the_top_is_flat_and_ties_go_to_the_smaller_numbers():
    embeddings, _ = stories(6, 25, spread=0.05)
    chosen = choose_settings(find_neighbors(embeddings, 40, "exact"), Evidence(embeddings.vectors))
    ties = chosen.curve[chosen.curve["separation"].round(9) == round(chosen.curve["separation"][0], 9)]
    assert len(ties) > 1 and chosen.min_samples == ties["min_samples"].min()
    assert "The top is flat" in repr(chosen) and repr(chosen).count(" and ") == 4


def test_another_word_than_auto_is_refused():
    lists = SimpleNamespace(ids=np.arange(3), documents=np.arange(3), indices=np.zeros((3, 2), int))
    with pytest.raises(ParameterError, match="min_cluster_size is 'automatic'; it can be a whole number or 'auto'"):
        choose_settings(lists, Evidence(np.eye(3, dtype=np.float32)), min_cluster_size="automatic")


def test_a_chosen_size_is_never_larger_than_the_largest_story_that_was_allowed():
    embeddings, truth = stories(6, 5)
    lists = find_neighbors(embeddings, 20, "exact")
    settings = choose_settings(lists, Evidence(embeddings.vectors), max_cluster_size=4)
    assert settings.curve["min_cluster_size"].max() <= 4
    cluster(lists, None, settings.min_samples, settings.min_cluster_size, max_cluster_size=4)


@pytest.mark.parametrize(
    ("n_stories", "separation", "doubtful"), [(58, 0.094, True), (58, 0.08, False), (9, 0.0955, False)]
)
def test_where_many_more_stories_are_separated_nearly_as_well_the_choice_is_called_a_guess(
    n_stories, separation, doubtful
):
    rows = [(5, 10, 0.096, 3, 0.66), (5, 12, 0.0959, 3, 0.66), (1, 4, separation, n_stories, 0.3)]
    columns = ["min_samples", "min_cluster_size", "separation", "n_stories", "noise_fraction"]
    settings = Settings(5, 10, pd.DataFrame(rows, columns=columns))
    said = "others separate 58 nearly as well (0.094). Look at these, too: -p min_samples 1 -p min_cluster_size 4."
    assert (said in settings.doubt) == doubtful and (settings.doubt == "") == (not doubtful)
    assert ("hardly matters" in repr(settings)) == (not doubtful)
    assert Settings(5, 10, pd.DataFrame(columns=columns)).doubt == ""
