"""The numbers by which runs are compared."""

from __future__ import annotations

import json
from types import SimpleNamespace

import hdbscan
import numpy as np
import pandas as pd
import pytest
from hdbscan.validity import validity_index
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_samples, silhouette_score

from newsclust.clusters.clustering import cluster
from newsclust.clusters.neighbors import Neighbors
from newsclust.errors import NewsclustError
from newsclust.stories import evaluation as metrics
from newsclust.stories.evaluation import agreement, relative_validity, stability_between, subsample_stability, validity

few = settings(deadline=None, derandomize=True, max_examples=40)
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


# Agreement with known stories


def test_agreement_of_a_small_case_is_what_a_pencil_gives():
    found = agreement(np.array([0, 0, 0, 1, 1]), ["a", "a", "b", "b", "b"])
    # Precision (2/3 + 2/3 + 1/3 + 1 + 1) / 5, recall (1 + 1 + 1/3 + 2/3 + 2/3) / 5.
    assert found["b_cubed_f1"] == pytest.approx(11 / 15)
    # Of 10 pairs 2 are together in both, 4 in each: expected 1.6.
    assert found["ari"] == pytest.approx((2 - 1.6) / (4 - 1.6))
    assert found["n_truth"] == 5


def test_noise_counts_as_one_cluster():
    truth = ["a", "a", "b", "b"]
    assert agreement(np.array([-1, -1, 0, 0]), truth) == agreement(np.array([1, 1, 0, 0]), truth)
    assert agreement(np.array([-1, -1, -1, -1]), truth)["b_cubed_f1"] == pytest.approx(2 / 3)


def test_rows_without_a_known_story_are_left_out_and_counted():
    labels = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    truth = pd.Series(["a", "a", "b", "b", "", " ", None, np.nan])
    assert agreement(labels, truth) == agreement(labels[:4], truth[:4])
    assert agreement(labels, truth)["n_truth"] == 4
    assert agreement(labels[:3], pd.Series([1, pd.NA, 2], dtype="Int64"))["n_truth"] == 2


@pytest.mark.parametrize("truth", [[], ["", None]])
def test_agreement_without_any_known_story_is_undefined(truth):
    found = agreement(np.zeros(len(truth), int), truth)
    assert found == {**dict.fromkeys(SCORES), "n_truth": 0}


def test_agreement_refuses_stories_of_another_length():
    with pytest.raises(NewsclustError, match="truth has 1 rows and labels has 2"):
        agreement(np.array([0, 1]), ["a"])


@few
@given(rows)
def test_b_cubed_is_the_mean_over_rows_of_the_paper(pairs):
    labels, truth = split(pairs)
    precision, recall = [], []
    for label, story in zip(labels, truth, strict=True):
        same_cluster = [t for x, t in zip(labels, truth, strict=True) if x == label]
        same_story = [x for x, t in zip(labels, truth, strict=True) if t == story]
        precision.append(same_cluster.count(story) / len(same_cluster))
        recall.append(same_story.count(label) / len(same_story))
    p, r = np.mean(precision), np.mean(recall)
    assert agreement(labels, truth)["b_cubed_f1"] == pytest.approx(2 * p * r / (p + r))


@few
@given(rows, st.permutations(range(-1, 4)))
def test_agreement_does_not_depend_on_the_names_of_clusters(pairs, names):
    labels, truth = split(pairs)
    renamed = agreement(np.array(names)[labels + 1], truth)
    assert renamed == pytest.approx(agreement(labels, truth))


@few
@given(rows)
def test_agreement_is_symmetric_and_bounded_and_perfect_with_itself(pairs):
    labels, _ = split(pairs)
    stories = np.array([story for _, story in pairs])
    found = agreement(labels, stories)
    assert found == pytest.approx(agreement(stories, labels))
    assert all(-1 <= found[name] <= 1 + 1e-12 for name in SCORES)
    assert 0 < found["b_cubed_f1"] <= 1 + 1e-12
    assert [agreement(labels, labels)[name] for name in SCORES] == pytest.approx([1] * 4)


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


def test_dbcv_is_defined_in_as_many_dimensions_as_bge_m3_has(recwarn):
    vectors = blobs(60, dim=1024, spread=0.01)
    assert 0 < validity(vectors, clustering_of(np.arange(60) % 5))["dbcv"] <= 1
    assert not recwarn.list


def test_dbcv_is_left_out_where_it_would_take_too_long(monkeypatch):
    vectors, clustering = blobs(60), clustering_of(np.arange(60) % 5)
    monkeypatch.setattr(metrics, "DBCV_CLUSTERS", 4)
    assert validity(vectors, clustering)["dbcv"] is None
    monkeypatch.setattr(metrics, "DBCV_CLUSTERS", 5)
    monkeypatch.setattr(metrics, "DBCV_DOCUMENTS", 59)
    assert validity(vectors, clustering)["dbcv"] is None
    monkeypatch.setattr(metrics, "DBCV_DOCUMENTS", 60)
    assert validity(vectors, clustering)["dbcv"] is not None


def test_silhouette_is_scikit_learns_without_noise():
    vectors = blobs()
    labels = np.array([0, 1, 2, 3, -1] * 23 + [0, 1, 2, 3, 4])  # cluster 4 has one document
    expected = silhouette_score(vectors[labels >= 0], labels[labels >= 0])
    assert validity(vectors, clustering_of(labels))["silhouette"] == pytest.approx(expected, abs=1e-5)


def test_sampling_thins_the_documents_scored_and_not_their_clusters(monkeypatch):
    monkeypatch.setattr(metrics, "SILHOUETTE_DOCUMENTS", 50)
    vectors, labels = blobs(300), np.arange(300) % 60
    found = validity(vectors, clustering_of(labels), seed=3)["silhouette"]
    scored = np.random.default_rng(3).choice(300, 50, replace=False)
    assert found == pytest.approx(silhouette_samples(vectors, labels)[scored].mean(), abs=1e-5)
    assert found == validity(vectors, clustering_of(labels), seed=3)["silhouette"]
    assert found != validity(vectors, clustering_of(labels), seed=4)["silhouette"]


def test_validity_describes_sizes_noise_and_persistence():
    found = validity(blobs(10), clustering_of([0] * 5 + [1] * 3 + [-1] * 2, persistence=[0.5, 0.25]))
    assert found["noise_fraction"] == pytest.approx(0.2) and found["n_clusters"] == 2
    sizes = [found[f"size_{name}"] for name in ("min", "q25", "median", "q75", "max")]
    assert sizes == [3, 3.5, 4, 4.5, 5]
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
    ids_b, labels_b = np.array([4, 3, 2, 1, 7]), np.array([0, 0, -1, -1, -1])
    assert stability_between(labels_a, ids_a, labels_b, ids_b) == 1
    assert stability_between(labels_a, ids_a, labels_b, ids_b + 100) is None


@few
@given(rows)
def test_stability_is_the_symmetric_adjusted_rand_index(pairs):
    a, b = np.array(pairs).T
    ids = np.arange(len(a)) * 7
    assert stability_between(a, ids, b, ids) == pytest.approx(adjusted_rand_score(a, b))
    assert stability_between(b, ids[::-1], a, ids[::-1]) == pytest.approx(adjusted_rand_score(a, b))
    assert stability_between(a, ids, a, ids) == 1


def test_clear_clusters_are_stable_and_noise_is_not():
    clear = lists(blobs(200, spread=0.02), 20)
    labels = cluster(clear, min_samples=3, min_cluster_size=5).labels
    stability = subsample_stability(clear, labels, cluster, min_samples=3, min_cluster_size=5)
    assert stability > 0.9
    assert stability == subsample_stability(clear, labels, cluster, min_samples=3, min_cluster_size=5)
    assert subsample_stability(clear, np.random.default_rng(0).integers(0, 5, 200), cluster) < 0.1


@few
@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.9]))
def test_survivors_keep_what_survives_of_their_lists(seed, fraction):
    rng = np.random.default_rng(seed)
    n, k = 20, 6
    full = lists(rng.normal(size=(n, 3)), k)
    short = rng.integers(0, k + 1, n)
    for row, length in enumerate(short):
        full.indices[row, length:], full.distances[row, length:] = -1, np.inf
    seen = {}

    def spy(neighbors, min_samples):
        seen["neighbors"], seen["min_samples"] = neighbors, min_samples
        return SimpleNamespace(labels=np.zeros(len(neighbors.ids), int))

    assert subsample_stability(full, np.zeros(n, int), spy, fraction, seed, min_samples=2) == 1
    part = seen["neighbors"]
    assert seen["min_samples"] == 2 and len(part.ids) == round(fraction * n)
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


def test_stability_without_documents_is_undefined():
    nothing = Neighbors(np.empty(0, np.int64), np.empty((0, 3), np.int32), np.empty((0, 3), np.float32))
    assert subsample_stability(nothing, np.empty(0, int), cluster) is None
