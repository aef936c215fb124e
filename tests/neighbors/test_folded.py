"""Near-copies count once when clusters are made, and are headlines like all others in what comes out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

import newsclust as nc
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.grid.labelled import group, read_parameters, story_labels
from newsclust.neighbors.folded import Folded
from newsclust.neighbors.neighbors import Neighbors
from newsclust.pipeline import Vectors
from newsclust.stories.evaluation import agreement, stability_between
from newsclust.stories.noise import assign_noise, copies_alone
from points import distance_matrix, examples, neighbor_lists

SHARED = Path(__file__).parents[3] / "shared/data/giveme5w1h.csv"


def folded(n: int, seed: int, copied: float) -> Folded:
    """Lists of points, some of which stand for copies of themselves, in any order of all documents."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(max(2, n // 5) + 1, 3))[rng.integers(max(2, n // 5), size=n)]
    lists = neighbor_lists(distance_matrix(points + rng.normal(scale=0.3, size=(n, 3))))
    place = np.append(np.arange(n), np.flatnonzero(rng.random(n) < copied).repeat(3))
    place = place[rng.permutation(len(place))]
    rows = np.array([rng.choice(np.flatnonzero(place == own)) for own in range(n)])
    return Folded(**vars(lists), all_ids=np.arange(len(place)), rows=rows, place=place)


@settings(deadline=None, derandomize=True, max_examples=examples(40))
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(1, 3), st.integers(2, 6), st.sampled_from([0.0, 0.4]))
def test_a_copy_is_in_the_cluster_of_what_it_copies(seed, n, min_samples, min_cluster_size, floor):
    lists = folded(n, seed, 0.4)
    found = cluster(lists, None, min_samples, min_cluster_size, distance_floor=floor)
    assert len(found.labels) == len(lists.place) == len(found.spanning_tree) + 1
    np.testing.assert_array_equal(found.labels, lists.spread(lists.own(found.labels)))
    assert (np.diff(found.spanning_tree[:, 2]) >= 0).all() and (found.spanning_tree[:, 2] >= floor).all()
    kept = np.bincount(found.labels[found.labels >= 0])
    assert not len(kept) or kept.min() >= min_cluster_size


@settings(deadline=None, derandomize=True, max_examples=examples(25))
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_where_nothing_is_copied_the_clusters_are_the_same(seed, n):
    lists = folded(n, seed, 0.0)
    order = np.argsort(lists.place)
    plain = Neighbors(lists.ids, lists.indices, lists.distances)
    whole, found = cluster(plain, None, 1, 2), cluster(lists, None, 1, 2)
    np.testing.assert_array_equal(np.sort(whole.spanning_tree[:, 2]), np.sort(found.spanning_tree[:, 2]))
    assert adjusted_rand_score(whole.labels, found.labels[order]) > 0.99 or n < 6


def test_without_who_stands_for_it_a_group_of_copies_goes_on():
    lists = folded(12, 3, 0.5)
    kept = np.setdiff1d(np.arange(len(lists.place)), lists.rows[np.bincount(lists.place) > 1])
    part = lists.part(kept)
    assert set(part.place) == set(range(len(part.ids))) and len(part.all_ids) == len(kept)
    np.testing.assert_array_equal(lists.ids[lists.place[kept]], part.ids[part.place])
    np.testing.assert_array_equal(part.place[part.rows], np.arange(len(part.rows)))


def test_one_report_and_its_copies_are_a_story_and_a_vote_gives_copies_what_it_gives_the_one():
    distances = distance_matrix(np.array([[0.0], [0.5], [0.7], [9.0], [20.0]]))
    place = np.array([0, 1, 2, 3, 4, 3, 3, 2])
    lists = Folded(**vars(neighbor_lists(distances)), all_ids=np.arange(8), rows=np.arange(5), place=place)
    labels = np.array([0, 0, -1, -1, -1, -1, -1, -1], dtype=np.int32)
    assert copies_alone(lists, labels).tolist() == [0, 0, -1, 1, -1, 1, 1, -1]
    assert assign_noise(lists, labels).labels.tolist() == [0, 0, 0, -1, -1, -1, -1, 0]


def test_headlines_that_are_all_copies_of_one_are_one_story(tmp_path):
    same = [f"Ferry line closes for the winter after storm{end}" for end in ("", " today", " now", ", mayor says")]
    pd.DataFrame({"title": same}).to_csv(tmp_path / "mine.csv", index=False)
    found = nc.find(str(tmp_path / "mine.csv"), fold_copies=True, uri=str(tmp_path / "m.db"))
    assert found.labels.tolist() == [0] * 4


@pytest.mark.soak  # it embeds 1,600 headlines
@pytest.mark.skipif(not SHARED.is_file(), reason="needs shared/data beside the project")
def test_copies_do_not_part_the_stories_of_real_headlines_nor_fool_the_choice_of_settings(tmp_path):
    given = read_parameters("params/stories.yaml")
    rows = pd.read_csv(SHARED, dtype=str, keep_default_na=False)
    third = rows.iloc[::3]
    copies = [third.assign(title=third["title"] + word) for word in (" today", " now")]
    pd.concat([rows, *copies]).to_csv(tmp_path / "copied.csv", index=False)
    labels, truths = [], []
    for source in (SHARED, tmp_path / "copied.csv"):
        corpus = read_corpus(str(source), "story")
        embeddings = given.store.embed(corpus.documents)
        clusters = group(Vectors(SimpleNamespace(documents=corpus.documents), embeddings, None, {}), given)
        found = pd.Series(story_labels(clusters, given), index=corpus.documents["id"])
        labels.append(found.reindex(corpus.row_ids.astype("int64")).to_numpy())
        truths.append(corpus.truth)
    plain, copied = (agreement(found, truth)["ami"] for found, truth in zip(labels, truths, strict=True))
    assert plain > 0.965 and copied > 0.965
    ids = np.arange(len(rows))
    assert stability_between(labels[0], ids, labels[1][: len(rows)], ids) > 0.94
