"""The numbers that compare runs."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from types import SimpleNamespace

import hdbscan
import numpy as np
import pandas as pd
import pytest
from hdbscan.validity import validity_index
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score

from newsclust.clusters.clustering import cluster
from newsclust.errors import NewsclustError
from newsclust.neighbors.neighbors import Neighbors
from newsclust.stories import evaluation as metrics
from newsclust.stories.evaluation import agreement, relative_validity, stability_between, subsample_stability, validity
from points import examples

few = settings(deadline=None, derandomize=True, max_examples=examples(40))
rows = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=15)
SCORES = ("ami", "ari", "v_measure", "b_cubed_f1")


def blobs(n=120, dim=6, n_blobs=5, spread=0.25, seed=0):
    """Unit vectors around a few directions, one in six of them anywhere."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_blobs, dim))
    vectors = centres[np.arange(n) % n_blobs] / np.linalg.norm(centres, axis=1)[np.arange(n) % n_blobs, None]
    vectors += spread * rng.normal(size=(n, dim)) * np.where(np.arange(n) % 6, 1, 6)[:, None]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def lists(vectors, k):
    vectors = vectors.astype(np.float64)
    distances = np.sqrt(((vectors[:, None] - vectors) ** 2).sum(axis=2)).astype(np.float32)
    np.fill_diagonal(distances, -1)
    indices = np.argsort(distances, axis=1, kind="stable")[:, 1 : k + 1]
    return Neighbors(
        ids=np.arange(len(vectors)) * 10,
        indices=indices.astype(np.int32),
        distances=np.take_along_axis(distances, indices, axis=1),
    )


def clustering_of(labels, spanning_tree=None, persistence=()):
    tree = np.empty((0, 3)) if spanning_tree is None else np.array(spanning_tree, dtype=float)
    labels = np.array(labels, dtype=np.int32)
    return SimpleNamespace(labels=labels, spanning_tree=tree, persistence=np.array(persistence))


def split(pairs):
    return np.array([label for label, _ in pairs]), [f"story {story}" for _, story in pairs]


def alone(labels):
    """Noise as clusters of one, written out."""
    return [label if label >= 0 else f"row {row}" for row, label in enumerate(labels)]


# Agreement with known stories


def test_agreement_of_a_small_case_is_what_a_pencil_gives():
    found = agreement(np.array([0, 0, 0, 1, 1]), ["a", "a", "b", "b", "b"])
    # Precision (2/3 + 2/3 + 1/3 + 1 + 1) / 5, recall (1 + 1 + 1/3 + 2/3 + 2/3) / 5.
    assert found["b_cubed_f1"] == pytest.approx(11 / 15)
    # Of 10 pairs 2 are together in both, 4 in each: expected 1.6.
    assert found["ari"] == pytest.approx((2 - 1.6) / (4 - 1.6))
    assert found["n_truth"] == 5


def test_lumping_what_belongs_to_no_story_is_not_rewarded():
    truth = np.array(["flood"] * 3 + ["one-off"] * 3)
    right, lumped = agreement(np.array([0, 0, 0, -1, -1, -1]), truth), agreement(np.array([0, 0, 0, 1, 1, 1]), truth)
    assert [right[name] for name in SCORES] == pytest.approx([1] * 4)
    assert all(lumped[name] < 0.9 for name in SCORES)
    # Precision of the lumped rows 1/3 each.
    assert lumped["b_cubed_precision"] == pytest.approx(2 / 3) and lumped["b_cubed_recall"] == 1
    # And a story left as noise is no story found.
    assert agreement(np.full(6, -1), truth)["b_cubed_recall"] == pytest.approx((3 * 1 / 3 + 3) / 6)


def test_noise_is_scored_as_if_each_document_were_a_cluster():
    truth = ["a", "a", "b", "b", "b"]
    assert agreement(np.array([-1, -1, 0, 0, -1]), truth) == agreement(np.array([1, 2, 0, 0, 3]), truth)


@pytest.mark.parametrize("word", ["one-off", " One-Off ", "noise", "NOISE", "-1", -1, -1.0])
def test_a_one_off_in_the_truth_is_a_story_of_its_own_however_it_is_written(word):
    labels = np.array([0, 0, 1, -1, 1])
    named = agreement(labels, ["a", "a", "alone", "alone too", "alone as well"])
    assert agreement(labels, ["a", "a", word, word, word]) == named
    assert agreement(labels, pd.Series(["a", "a", word, word, word])) == named


def test_missing_stories_make_numbers_of_a_column_and_its_one_offs_are_still_known():
    found = agreement(np.array([0, 0, -1, -1, 0]), pd.Series([1, 1, -1, -1, None]))
    assert found["n_truth"] == 4 and found["b_cubed_f1"] == 1


def test_rows_without_a_known_story_are_left_out_and_counted():
    labels = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    truth = pd.Series(["a", "a", "b", "b", "", " ", None, np.nan])
    assert agreement(labels, truth) == agreement(labels[:4], truth[:4])
    assert agreement(labels, truth)["n_truth"] == 4
    assert agreement(labels[:3], pd.Series([1, pd.NA, 2], dtype="Int64"))["n_truth"] == 2


@pytest.mark.parametrize("truth", [[], ["", None]])
def test_agreement_without_any_known_story_is_undefined(truth):
    found = agreement(np.zeros(len(truth), int), truth)
    assert found == {**dict.fromkeys((*SCORES, "b_cubed_precision", "b_cubed_recall")), "n_truth": 0}


def test_agreement_refuses_stories_of_another_length():
    with pytest.raises(NewsclustError, match="truth has 1 rows and labels has 2"):
        agreement(np.array([0, 1]), ["a"])


@few
@given(rows)
def test_b_cubed_is_the_mean_over_rows_of_the_paper(pairs):
    labels, truth = split(pairs)
    precision, recall, clusters = [], [], alone(labels)
    for label, story in zip(clusters, truth, strict=True):
        same_cluster = [t for x, t in zip(clusters, truth, strict=True) if x == label]
        same_story = [x for x, t in zip(clusters, truth, strict=True) if t == story]
        precision.append(same_cluster.count(story) / len(same_cluster))
        recall.append(same_story.count(label) / len(same_story))
    p, r = np.mean(precision), np.mean(recall)
    assert agreement(labels, truth)["b_cubed_f1"] == pytest.approx(2 * p * r / (p + r))


@few
@given(rows, st.permutations(range(4)))
def test_agreement_does_not_depend_on_the_names_of_clusters(pairs, names):
    labels, truth = split(pairs)
    renamed = agreement(np.where(labels < 0, -1, np.array(names)[labels]), truth)
    assert renamed == pytest.approx(agreement(labels, truth))


@few
@given(rows)
def test_agreement_is_symmetric_and_bounded_and_perfect_with_itself(pairs):
    labels, _ = split(pairs)
    stories = np.array([story for _, story in pairs])
    found, swapped = agreement(labels, stories), agreement(stories, labels)
    swapped["b_cubed_precision"], swapped["b_cubed_recall"] = swapped["b_cubed_recall"], swapped["b_cubed_precision"]
    assert found == pytest.approx(swapped)
    assert all(-1 <= found[name] <= 1 + 1e-12 for name in SCORES)
    assert 0 < found["b_cubed_f1"] <= 1 + 1e-12
    assert [agreement(labels, labels)[name] for name in SCORES] == pytest.approx([1] * 4)


@few
@given(rows)
def test_adjusted_mutual_information_is_scikit_learns(pairs):
    labels, stories = (np.array(column) for column in zip(*pairs, strict=True))
    expected = adjusted_mutual_info_score(
        *(pd.factorize(np.array(alone(x), dtype=object))[0] for x in (stories, labels))
    )
    assert agreement(labels, np.where(stories == 3, -1, stories))["n_truth"] == len(pairs)
    assert agreement(labels, stories)["ami"] == pytest.approx(expected, abs=1e-9)


def test_a_large_corpus_with_many_one_offs_is_scored_as_scikit_learn_scores_it():
    rng = np.random.default_rng(0)
    stories = np.where(rng.random(3000) < 0.4, -1, rng.zipf(1.5, 3000) % 200)
    labels = np.where(rng.random(3000) < 0.7, stories, rng.integers(-1, 200, 3000))
    expected = adjusted_mutual_info_score(
        *(pd.factorize(np.array(alone(x), dtype=object))[0] for x in (stories, labels))
    )
    assert agreement(labels, stories)["ami"] == pytest.approx(expected, abs=1e-9)


# Validity


@pytest.mark.parametrize("parameters", [(3, 3), (2, 5), (1, 2)])
def test_relative_validity_is_hdbscans_on_its_own_tree(parameters):
    min_samples, min_cluster_size = parameters
    peer = hdbscan.HDBSCAN(min_cluster_size, min_samples, algorithm="generic", gen_min_span_tree=True)
    peer.fit(blobs().astype(np.float64))
    assert relative_validity(peer._min_spanning_tree, peer.labels_) == pytest.approx(peer.relative_validity_)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_relative_validity_is_hdbscans_on_the_full_matrix(seed):
    vectors = blobs(seed=seed)
    ours = cluster(lists(vectors, len(vectors) - 1), min_samples=3, min_cluster_size=4)
    peer = hdbscan.HDBSCAN(4, 3, metric="euclidean", algorithm="generic", gen_min_span_tree=True)
    peer.fit(vectors.astype(np.float64))
    found = relative_validity(ours.spanning_tree, ours.labels)
    if seed < 2:
        assert found == pytest.approx(peer.relative_validity_, rel=1e-5)
    # Ties can give hdbscan another partition (seed 2): it is asked about ours.
    peer.labels_, peer._min_spanning_tree, peer._relative_validity = ours.labels, ours.spanning_tree, None
    assert found == pytest.approx(peer.relative_validity_)


def test_relative_validity_of_a_single_cluster_is_hdbscans():
    peer = hdbscan.HDBSCAN(
        algorithm="generic", allow_single_cluster=True, cluster_selection_epsilon=0.3, gen_min_span_tree=True
    ).fit(blobs(40, n_blobs=1, spread=0.1).astype(np.float64))
    assert peer.labels_.max() == 0 and (peer.labels_ < 0).any()
    assert relative_validity(peer._min_spanning_tree, peer.labels_) == pytest.approx(peer.relative_validity_)


def test_relative_validity_of_a_small_tree_is_what_a_pencil_gives():
    tree = np.array([[0, 1, 1], [1, 2, 4], [2, 3, 2], [3, 4, 8]], dtype=float)
    # Cluster 0: inner 1, outer 4; cluster 1: inner 2, outer 4; one noise document of five.
    assert relative_validity(tree, np.array([0, 0, 1, 1, -1])) == pytest.approx(2 / 5 * 3 / 4 + 2 / 5 * 1 / 2)


def test_cutting_the_graph_to_pieces_does_not_raise_relative_validity():
    tree = np.array([[0, 1, 1], [2, 3, 1], [1, 2, 1.5]])
    labels = np.array([0, 0, 1, 1])
    whole = relative_validity(tree, labels)
    tree[2, 2] = np.inf
    assert 0 <= relative_validity(tree, labels) <= whole
    # One cluster over both components.
    assert relative_validity(tree, np.zeros(4, int)) == pytest.approx(0.5)
    tree[:, 2] = np.inf
    assert relative_validity(tree, labels) is None


def test_relative_validity_without_clusters_is_zero_as_in_hdbscan():
    assert relative_validity(np.array([[0, 1, 1.0]]), np.array([-1, -1])) == 0
    assert relative_validity(np.empty((0, 3)), np.array([-1])) == 0


def test_dbcv_is_hdbscans_with_noise_as_zero():
    vectors = blobs()
    found = cluster(lists(vectors, 30), min_samples=2, min_cluster_size=4)
    assert found.n_clusters > 1 and found.noise_fraction > 0
    expected = validity_index(vectors.astype(np.float64), found.labels.astype(int))
    assert validity(vectors, found)["dbcv"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_dbcv_is_hdbscans_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.concatenate([np.repeat(np.arange(4), 2), rng.integers(-1, 4, 30)]))
    vectors = rng.normal(size=(len(labels), 5))
    if seed % 2:
        vectors = vectors.round()  # equal vectors, and equal distances
    clustered = labels >= 0
    expected = validity_index(vectors[clustered], labels[clustered], metric="minkowski", p=2) * clustered.mean()
    assert validity(vectors, clustering_of(labels))["dbcv"] == expected


def test_dbcv_is_defined_in_as_many_dimensions_as_bge_m3_has(recwarn):
    vectors = blobs(60, dim=1024, spread=0.01)
    assert 0 < validity(vectors, clustering_of(np.arange(60) % 5))["dbcv"] <= 1
    assert not recwarn.list


@pytest.mark.parametrize("size", [2, 3, 12, 13, 14, 15, 25, 40])
def test_stories_whose_documents_all_have_one_vector_have_a_validity(size, recwarn):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        vectors, labels = np.repeat(blobs(3, dim=384, seed=seed), size, axis=0), np.repeat([0, 1, 2], size)
        order = rng.permutation(len(labels))
        assert validity(vectors[order], clustering_of(labels[order]))["dbcv"] == 1
    assert not recwarn.list


def test_clusters_that_lie_at_one_place_have_no_dbcv():
    assert validity(np.ones((26, 384), np.float32), clustering_of(np.arange(26) % 2))["dbcv"] is None


def test_near_duplicates_are_as_far_apart_as_they_are():
    # In double precision x² + y² - 2xy has no digit left of a squared distance of 1e-16.
    rng = np.random.default_rng(0)
    vectors = np.repeat(rng.normal(size=(2, 8)), 10, axis=0) + 1e-8 * rng.normal(size=(20, 8))
    far = np.repeat(rng.normal(size=(2, 8)), 10, axis=0) * 1e8 + rng.normal(size=(20, 8))
    for given_vectors in (vectors, far):
        assert validity(given_vectors, clustering_of(np.repeat([0, 1], 10)))["dbcv"] == pytest.approx(1, abs=1e-6)


@settings(deadline=None, derandomize=True, max_examples=examples(150))
@given(
    st.integers(0, 10**6),
    st.integers(0, 30),
    st.sampled_from([1, 2, 3, 50, 384, 1024]),
    st.sampled_from([0.0, 1e-300, 1e-30, 1e-8, 1.0, 1e8, 1e19, 1e30, 1e160, 1e300, np.inf, np.nan]),
    st.sampled_from(["none", "some", "all"]),
)
def test_a_number_that_cannot_be_computed_is_none_and_never_an_error(seed, n, dim, scale, duplicates):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dim))
    if duplicates != "none" and n:
        vectors = vectors[rng.integers(0, 1 + rng.integers(n), n) if duplicates == "some" else np.zeros(n, int)]
    with np.errstate(all="ignore"):
        vectors *= scale if rng.random() < 0.5 else np.where(rng.random((n, 1)) < 0.3, scale, 1.0)
        vectors = vectors.astype(rng.choice([np.float32, np.float64]))
    labels = rng.integers(-1, 1 + rng.integers(n + 1), n)
    tree = np.column_stack((np.arange(n), np.arange(1, n + 1), np.sort(rng.choice([0, 1e-300, 1, 1e300, np.inf], n))))[
        : max(n - 1, 0)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = validity(vectors, clustering_of(labels, tree, rng.random(labels.max(initial=-1) + 1)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for name in ("dbcv", "relative_validity", "silhouette"):
        assert found[name] is None or -1.000001 <= found[name] <= 1.000001


def test_dbcv_is_left_out_where_it_would_take_too_long(monkeypatch):
    vectors, clustering = blobs(60), clustering_of(np.arange(60) % 5)
    monkeypatch.setattr(metrics, "DBCV_CLUSTERS", 4)
    assert validity(vectors, clustering)["dbcv"] is None
    monkeypatch.setattr(metrics, "DBCV_CLUSTERS", 5)
    monkeypatch.setattr(metrics, "VALIDITY_DOCUMENTS", 59)
    assert validity(vectors, clustering)["dbcv"] is None
    monkeypatch.setattr(metrics, "VALIDITY_DOCUMENTS", 60)
    assert validity(vectors, clustering)["dbcv"] is not None


def test_silhouette_is_scikit_learns_without_noise():
    vectors = blobs()
    labels = np.array([0, 1, 2, 3, -1] * 23 + [0, 1, 2, 3, 4])  # cluster 4 has one document
    expected = silhouette_score(vectors[labels >= 0], labels[labels >= 0])
    assert validity(vectors, clustering_of(labels))["silhouette"] == pytest.approx(expected, abs=1e-5)


def test_silhouette_is_left_out_where_it_would_take_too_long(monkeypatch):
    vectors, clustering = blobs(60), clustering_of(np.append(np.arange(59) % 5, -1))
    monkeypatch.setattr(metrics, "VALIDITY_DOCUMENTS", 58)
    assert validity(vectors, clustering)["silhouette"] is None
    monkeypatch.setattr(metrics, "VALIDITY_DOCUMENTS", 59)
    assert validity(vectors, clustering)["silhouette"] is not None


def test_persistence_is_the_mean_over_the_clusters():
    found = validity(blobs(10), clustering_of([0] * 5 + [1] * 3 + [-1] * 2, persistence=[0.5, 0.25]))
    assert found["persistence"] == pytest.approx(0.375)


@pytest.mark.parametrize("labels", [[], [-1], [-1] * 4, [0] * 4, [0, 0, -1, -1], [0, 0, 1, 1], [0, 1, -1, -1]])
@pytest.mark.parametrize("vector", [None, [1.0, 0.0]])
def test_degenerate_clusterings_give_numbers_or_none_and_valid_json(labels, vector):
    n = len(labels)
    vectors = np.zeros((n, 2), np.float32) + vector if vector else np.eye(max(n, 1), dtype=np.float32)[:n]
    tree = [[i, i + 1, 0.0 if vector else 2**0.5] for i in range(n - 1)]
    clustering = clustering_of(labels, np.array(tree).reshape(-1, 3), [0.5] * (max(labels, default=-1) + 1))
    with np.errstate(all="raise"):
        found = validity(vectors, clustering)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {type(value) for value in found.values()} <= {float, int, type(None)}
    if max(labels, default=-1) < 1:
        assert found["silhouette"] is None


@few
@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_validity_does_not_depend_on_the_names_of_clusters(seed, names):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.repeat(np.arange(4), 2), rng.integers(-1, 4, 12)])
    vectors = rng.normal(size=(20, 3)).astype(np.float32)
    tree = np.column_stack([np.arange(19), np.arange(1, 20), rng.random(19)])
    renamed = np.where(labels < 0, -1, np.array(names)[labels])
    found = validity(vectors, clustering_of(labels, tree, [0.5]))
    assert found == pytest.approx(validity(vectors, clustering_of(renamed, tree, [0.5])), rel=1e-5)
    assert all(-1 <= found[name] <= 1 for name in ("dbcv", "relative_validity", "silhouette"))


# Stability


def test_stability_looks_at_common_documents_alone():
    ids_a, labels_a = np.array([1, 2, 3, 4, 9]), np.array([0, 0, 1, 1, 1])
    ids_b, labels_b = np.array([4, 3, 2, 1, 7]), np.array([0, 0, 1, 1, 1])
    assert stability_between(labels_a, ids_a, labels_b, ids_b) == 1
    assert stability_between(labels_a, ids_a, labels_b, ids_b + 100) is None


def test_two_runs_that_leave_most_as_noise_do_not_agree_for_that():
    ids, ours, theirs = np.arange(100), np.full(100, -1), np.full(100, -1)
    ours[:10], theirs[10:20] = np.arange(10) % 2, np.arange(10) % 2
    assert stability_between(ours, ids, theirs, ids) == pytest.approx(0, abs=0.01)


@few
@given(rows)
def test_stability_is_the_symmetric_adjusted_rand_index(pairs):
    a, b = np.array(pairs).T
    ids = np.arange(len(a)) * 7
    expected = adjusted_rand_score(alone(a), alone(b))
    assert stability_between(a, ids, b, ids) == pytest.approx(expected)
    assert stability_between(b, ids[::-1], a, ids[::-1]) == pytest.approx(expected)
    assert stability_between(a, ids, a, ids) == 1


def test_clear_clusters_are_stable_and_noise_is_not():
    clear = lists(blobs(200, spread=0.02), 20)
    found = cluster(clear, min_samples=3, min_cluster_size=5)
    stability = subsample_stability(clear, found)
    assert stability > 0.9
    assert stability == subsample_stability(clear, found)
    chance = replace(found, labels=np.random.default_rng(0).integers(0, 5, 200))
    assert subsample_stability(clear, chance) < 0.1


def test_stability_speaks_of_the_clustering_it_is_given_and_of_nothing_else():
    # Blobs in two levels: with other parameters, or with longer lists, there are other clusters.
    neighbors = lists(blobs(240, spread=0.1), 30)
    for parameters in ({"k": 5}, {"k": 12, "min_samples": 6}, {"k": 30, "cluster_selection_method": "leaf"}):
        found = cluster(neighbors, **parameters)
        rows = np.sort(np.random.default_rng(42).choice(240, 216, replace=False))
        again = cluster(neighbors.head(parameters["k"]).part(rows), **parameters)
        expected = stability_between(found.labels[rows], found.ids[rows], again.labels, again.ids)
        assert subsample_stability(neighbors, found) == expected


@few
@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.9]))
def test_survivors_keep_what_survives_of_their_lists(seed, fraction):
    rng = np.random.default_rng(seed)
    n, k = 20, 6
    full = lists(rng.normal(size=(n, 3)), k)
    short = rng.integers(0, k + 1, n)
    for row, length in enumerate(short):
        full.indices[row, length:], full.distances[row, length:] = -1, np.inf
    rows = np.sort(rng.choice(n, round(fraction * n), replace=False))
    part = full.part(rows)
    assert part.ids.tolist() == full.ids[rows].tolist()
    assert part.indices.shape == part.distances.shape == (len(part.ids), k)
    assert part.indices.dtype == np.int32 and part.distances.dtype == np.float32
    assert part.n_padded == (part.indices < 0).sum()
    alive = set(part.ids.tolist())
    for row, document in enumerate(part.ids):
        old = document // 10
        kept = [
            (full.ids[i], d)
            for i, d in zip(full.indices[old], full.distances[old], strict=True)
            if i >= 0 and full.ids[i] in alive
        ]
        expected = kept + [(None, np.inf)] * (k - len(kept))
        found = zip(part.indices[row], part.distances[row], strict=True)
        assert [(part.ids[i] if i >= 0 else None, d) for i, d in found] == expected


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_stability_of_a_handful_of_documents_is_a_number_or_undefined(n):
    few_lists = lists(blobs(max(n, 1)), max(n - 1, 0))
    if not n:
        few_lists = Neighbors(np.empty(0, np.int64), np.empty((0, 3), np.int32), np.empty((0, 3), np.float32))
    found = subsample_stability(few_lists, cluster(few_lists))
    assert (found is None) if not n else found == 1
