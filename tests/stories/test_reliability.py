"""The reliability of a story: the same in any row order, low for mixed stories; and how many stories samples show."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.show import least_reliable
from newsclust.show import stories_seen as drawn
from newsclust.stories.corrections import COLUMNS, resolve
from newsclust.stories.evidence import Evidence
from newsclust.stories.reliability import draw, reliability, stories_seen
from newsclust.stories.stories import correct_stories, find_stories


@pytest.fixture(scope="module")
def found():
    """Two dense stories, one of two similar events, and unrelated headlines."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(4, 24))
    beside = centres[2] + 0.2 * rng.normal(size=24)
    groups = [centres[0]] * 10 + [centres[1]] * 10 + [centres[2]] * 8 + [beside] * 8
    vectors = np.array(groups) + rng.normal(scale=0.08, size=(36, 24))
    vectors = np.vstack([vectors, rng.normal(size=(12, 24))])
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    documents = pd.DataFrame({"id": embeddings.ids, "text": [f"headline {i}" for i in range(48)]})
    documents = documents.assign(title=documents["text"], url="", publisher="", published_at="", language="en")
    neighbors = find_neighbors(embeddings, 20)
    clustering = cluster(neighbors, 20, 2, 4, max_cluster_size=20)
    corpus = SimpleNamespace(documents=documents)
    stories = find_stories(corpus, embeddings, neighbors, clustering)
    return neighbors, stories, Evidence(embeddings.vectors), embeddings


def test_a_mixed_story_is_less_reliable_than_pure_ones_though_its_pairs_stay_together(found):
    neighbors, stories, evidence, _ = found
    table = reliability(neighbors, stories, evidence)
    mixed = stories.labels[20]
    assert stories.labels[30] == mixed and stories.labels[0] != mixed
    assert table.index.equals(stories.table.index) and table["reliability"].between(0, 1).all()
    assert table["reliability"].idxmin() == mixed == 0 and table["together"][mixed] > 0.9


def test_pairs_together_are_those_of_a_plain_count(found, monkeypatch):
    neighbors, stories, evidence, _ = found
    labels, together, pairs = stories.labels, np.zeros(len(stories.table)), np.zeros(len(stories.table))
    for time in range(4):
        fifth = (draw(neighbors.ids, time) * 5).astype(int)
        for left_out in range(5):
            rows = np.flatnonzero(fifth != left_out)
            again = cluster(neighbors.part(rows), **stories.clustering.parameters).labels
            for a in range(len(rows)):
                for b in range(a):
                    if labels[rows[a]] == labels[rows[b]] >= 0:
                        pairs[labels[rows[a]]] += 1
                        together[labels[rows[a]]] += again[a] == again[b] >= 0
    assert np.allclose(reliability(neighbors, stories, evidence)["together"], together / pairs)


def corrected(found, *told: tuple) -> tuple:
    """Both tables of reliability, without these corrections and with them, and the stories with them."""
    neighbors, stories, evidence, embeddings = found
    rows = pd.DataFrame([(*row, *[""] * (len(COLUMNS) - len(row))) for row in told], columns=COLUMNS)
    rows = resolve(rows.assign(file="corrections.csv", row=range(len(rows))), stories.documents)
    made = correct_stories(stories, rows, embeddings, neighbors, evidence)
    return reliability(neighbors, stories, evidence), reliability(neighbors, made, evidence), made


def test_pairs_that_a_correction_put_together_neither_lower_nor_raise_what_a_story_can_be_relied_on(found):
    labels, sure = found[1].labels, found[1].clustering.probabilities
    one, two = (int(np.argmax(np.where(labels == labels[row], sure, 0))) for row in (0, 10))  # they bring their stories
    before, after, made = corrected(found, ("same", f"headline {one}", f"headline {two}"))
    both, parts, alone = made.labels[one], labels[[one, two]], np.flatnonzero(labels < 0)
    assert made.labels[two] == both and len(after) == len(before) - 1
    assert after["together"][both] == before.loc[parts, "together"].mean() == 1
    assert after["reliability"][both] > before.loc[parts, "reliability"].min()
    rest = before.index.difference(parts)
    pd.testing.assert_frame_equal(after.loc[rest], before.loc[rest])
    before, after, made = corrected(found, ("same", "headline 0", f"headline {alone[0]}"))
    assert made.labels[alone[0]] == made.labels[0]
    pd.testing.assert_frame_equal(after, before)


def test_a_story_that_corrections_alone_made_has_no_reliability_and_a_part_that_of_its_own_pairs(found):
    labels = found[1].labels
    alone = np.flatnonzero(labels < 0)
    before, after, made = corrected(found, ("same", *(f"headline {row}" for row in alone[:2])))
    assert after.loc[made.labels[alone[0]]].isna().all() and len(after) == len(before) + 1
    before, after, made = corrected(found, ("apart", "headline 20", "headline 30"))
    parts = made.labels[[20, 30]]
    assert parts[0] != parts[1] and (after["reliability"][parts] > before["reliability"][labels[20]]).all()


def test_who_is_left_out_depends_on_the_id_alone_and_each_is_left_out_once():
    ids = np.random.default_rng(0).integers(0, 2**63 - 1, 5000)
    drawn = draw(ids, 3)
    assert np.array_equal(draw(ids[::-1], 3), drawn[::-1]) and not np.array_equal(draw(ids, 2), drawn)
    counts = np.bincount((drawn * 5).astype(int))
    assert len(counts) == 5 and counts.min() > 900


def test_more_of_the_data_shows_more_of_the_stories_and_all_of_it_all(found):
    neighbors, stories, *_ = found
    seen = stories_seen(neighbors, stories)
    assert seen["share"].iloc[-1] == 1 and seen["mean"].iloc[-1] == len(stories.table)
    assert (seen["least"] <= seen["mean"]).all() and (seen["mean"] <= seen["most"]).all()
    assert seen["mean"].iloc[0] < seen["mean"].iloc[-1]
    figure = drawn(seen)
    assert f"of {len(stories.table)} stories" in figure.sentence and figure.png.startswith(b"\x89PNG")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_so_few_documents_that_no_fifth_is_left_do_no_harm(n):
    embeddings = make_embeddings(np.eye(4)[:n])
    neighbors = find_neighbors(embeddings, n - 1)
    clustering = cluster(neighbors, n - 1, 1, 2, allow_single_cluster=True)
    labels = np.zeros(n, dtype=np.int32)
    vote = SimpleNamespace(support=np.zeros(n))
    table = pd.DataFrame(index=pd.Index([0], name="cluster"))
    given = {"least_support": 0.4, "assign_noise": True}
    stories = SimpleNamespace(
        labels=labels,
        table=table,
        clustering=clustering,
        vote=vote,
        assigned=labels > 0,
        parameters=given,
        corrected=None,
    )
    assert len(reliability(neighbors, stories, Evidence(embeddings.vectors))) == 1
    assert len(stories_seen(neighbors, stories)) == 10


def test_the_least_reliable_stories_come_first_and_an_earlier_run_says_that_it_has_none(found):
    neighbors, stories, evidence, _ = found
    table = stories.table.join(reliability(neighbors, stories, evidence))
    shown = least_reliable(table, 2).frame
    assert shown["story"].iloc[0] == table["title"][0] and len(shown) == 2
    assert "earlier version" in repr(least_reliable(stories.table))
