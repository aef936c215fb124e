"""What the notebooks argue: their checks fail when what they check is broken, and their sentences are computed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from graph_hdbscan import hierarchy
from graph_hdbscan import lists as core
from newsclust.clusters import check, clustering
from newsclust.clusters.check import check_against_hdbscan
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.grid.conclusions import conclude, how_runs_agree, what_parameters_do
from newsclust.grid.labelled import Evaluation
from newsclust.grid.runs import Grid
from newsclust.grid.verdict import count_pairs, what_went_wrong, who_finds_them
from newsclust.markup import Sentences
from newsclust.neighbors.blend import blend
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.show.arguments import borderline, doubtful_stories, knee, nearest, noise_by_nearness
from newsclust.stories.evaluation import agreement
from newsclust.stories.evidence import Evidence
from newsclust.stories.settings import Settings
from newsclust.stories.stories import find_stories


@pytest.fixture(scope="module")
def lists(small_corpus):
    return find_neighbors(small_corpus.embeddings, 60)


@pytest.fixture(scope="module")
def found(lists):
    return cluster(lists, 60, 3, 3)


def checked(clustering, neighbors, corpus):
    return check_against_hdbscan(clustering, neighbors, corpus.embeddings, corpus.documents)


@pytest.mark.parametrize("distance", ["euclidean", "squared"])
@pytest.mark.parametrize("words", [0.0, 0.2])
def test_labels_are_found_right_where_they_are(lists, small_corpus, distance, words):
    blended = blend(lists, small_corpus.embeddings, small_corpus.documents, words, words)
    assert checked(cluster(blended, 60, 2, 4, distance), blended, small_corpus).startswith("Right: all")


@pytest.mark.parametrize("k", [60, 5])
def test_labels_with_neighbours_in_common_are_checked_too(lists, small_corpus, k):
    blended = blend(lists, small_corpus.embeddings, small_corpus.documents, 0.2)
    told = checked(cluster(blended, k, 2, 4, shared_neighbors=0.3), blended, small_corpus)
    assert told.startswith("Right: all" if k == 60 else "With 5 neighbours the ")


def test_a_wrong_label_a_wrong_distance_or_a_wrong_tree_fails_loudly(lists, found, small_corpus, monkeypatch):
    labels = found.labels.copy()
    labels[0] = (labels[0] + 1) % found.n_clusters
    with pytest.raises(AssertionError, match="selects other clusters"):
        checked(replace(found, labels=labels), lists, small_corpus)
    distances = lists.distances.copy()
    distances[5, 3] *= 1.01
    with pytest.raises(AssertionError, match="listed distance"):
        checked(found, replace(lists, distances=distances), small_corpus)

    right = clustering.spanning_tree

    def wrong(indices, distances, min_samples, distance):
        return right(indices, distances, min_samples + 1, distance)

    monkeypatch.setattr(clustering, "spanning_tree", wrong)
    with pytest.raises(AssertionError, match="not as long as hdbscan's"):
        checked(cluster(lists, 60, 3, 3), lists, small_corpus)
    monkeypatch.undo()
    monkeypatch.setattr(core, "condense", lambda merges, size: hierarchy.condense(merges, size + 3))
    with pytest.raises(AssertionError):
        checked(cluster(lists, 60, 3, 3), lists, small_corpus)


def test_too_small_a_k_is_said_and_is_no_failure(lists, small_corpus):
    told = checked(cluster(lists, 3, 3, 3), lists, small_corpus)
    assert told.startswith("With 3 neighbours the graph lacks edges") and "A larger k" in told


def test_limits_that_hdbscan_does_not_keep_are_no_failure(lists, small_corpus):
    assert "Right" in checked(cluster(lists, 60, 2, 3, max_cluster_size=8), lists, small_corpus)


def test_large_and_tiny_piles_are_not_compared(lists, found, small_corpus, monkeypatch):
    monkeypatch.setattr(check, "ALL_PAIRS", 10)
    assert "too many" in checked(found, lists, small_corpus)
    tiny = make_embeddings(np.eye(3))
    two = find_neighbors(tiny, 2)
    few = cluster(two, 2, 1, 3)
    assert "too few" in check_against_hdbscan(few, two, tiny, pd.DataFrame({"text": ["a", "b", "c"]}))


def test_the_knee_is_where_the_curve_turns_and_the_sentence_counts(lists):
    assert knee(np.array([1, 1.1, 1.2, 1.3, 5, 9])) == 1.3
    assert knee(np.full(4, 2.0)) == 2 and knee(np.empty(0)) == 0
    near = knee(lists.distances[:, 0])
    said = repr(nearest(SimpleNamespace(distances=lists.distances)))
    assert said.startswith(f"{(lists.distances[:, 0] <= near).mean():.0%} of the headlines have another one nearer")
    assert f"{(lists.distances[:, 1] <= near).mean():.0%} have 2" in said


@pytest.fixture(scope="module")
def stories(lists, found, small_corpus):
    corpus = read_corpus("sample")
    object.__setattr__(corpus, "documents", small_corpus.documents)
    return find_stories(corpus, small_corpus.embeddings, lists, found)


def test_noise_that_nearly_belonged_is_what_the_vote_supports_most(stories):
    table = borderline(stories, 3).frame
    noise = stories.labels < 0
    most = np.sort(stories.vote.support[noise & (stories.vote.nearest >= 0)])[::-1][:3]
    assert set(table["what"]) == {"left out, nearest to"}
    assert table["support"].tolist() == [f"{value:.2f}" for value in most]
    assert set(table["story"]) <= set(stories.table["title"])


def test_close_calls_are_told_on_both_sides_of_the_line(stories, lists, small_corpus):
    corpus = read_corpus("sample")
    object.__setattr__(corpus, "documents", small_corpus.documents)
    joined = find_stories(corpus, small_corpus.embeddings, lists, stories.clustering, assign_noise=True)
    told = borderline(joined, 2).frame
    assert set(told["what"]) <= {"left out, nearest to", "joined"} and "joined" in set(told["what"])
    assert set(told["story"]) <= set(joined.table["title"])


def test_the_story_that_was_made_wrong_is_the_doubtful_one(stories, lists, small_corpus):
    # Two stories that have nothing in common become one; another is cut in two.
    labels = stories.labels.copy()
    labels[labels == 4] = 3
    mixed = replace(stories, labels=labels, table=stories.table.drop(4))
    told = doubtful_stories(mixed, Evidence(small_corpus.embeddings.vectors), lists, 3).frame.set_index("story")["why"]
    assert "several events in one" in told[stories.table["title"][3]]
    labels = stories.labels.copy()
    halves = np.flatnonzero(labels == 0)
    labels[halves[::2]] = len(stories.table)
    rows = pd.concat([stories.table, stories.table.loc[[0]].set_axis([len(stories.table)])])
    rows.index.name = "cluster"
    cut = replace(stories, labels=labels, table=rows)
    worst = doubtful_stories(cut, Evidence(small_corpus.embeddings.vectors), lists, 2).frame
    assert set(worst["story"]) == {stories.table["title"][0]}
    assert worst["why"].str.contains("one event in two stories").any()


def test_without_stories_or_noise_the_arguments_say_so(stories, lists, small_corpus):
    none = np.full(len(stories.labels), -1)
    empty = replace(stories, labels=none, table=stories.table.head(0))
    assert doubtful_stories(empty, Evidence(small_corpus.embeddings.vectors), lists).frame.empty
    told = repr(noise_by_nearness(stories, lists))
    assert "with a near neighbour HDBSCAN leaves" in told
    whole = replace(stories, clustering=replace(stories.clustering, labels=np.zeros(len(none), int)))
    assert repr(noise_by_nearness(whole, lists)) == "No headline is noise."


def test_sentences_are_escaped():
    assert "<b>" not in Sentences("a <b> story", "")._repr_html_() and repr(Sentences("a", "")) == "a"


def grid(**metrics) -> Grid:
    """Two by two runs: min_samples 1 and 2, min_cluster_size 3 and 5."""
    names = ["a", "b", "c", "d"]
    runs = pd.DataFrame({"name": names, "status": "ok", "message": "", "seconds": 1.0})
    runs["min_samples"] = pd.Series([1, 1, 2, 2], dtype=object)
    runs["min_cluster_size"] = pd.Series([3, 5, 3, 5], dtype=object)
    defaults = {
        "n_clusters": [10, 6, 10, 6], "noise_fraction": [0.1, 0.1, 0.4, 0.4], "separation": [0.3, 0.2, 0.2, 0.1],
        "relative_validity": [0.1, 0.2, 0.4, 0.3], "subsample_stability": [0.9, 0.8, 0.7, 0.6],
        "ami": [0.9, 0.8, 0.7, 0.6],
    }  # fmt: skip
    for name, values in (defaults | metrics).items():
        runs[name] = values
    rng = np.random.default_rng(3)
    base = np.repeat(np.arange(10), 6)
    labels = pd.DataFrame({name: np.where(rng.random(60) < 0.1 * i, -1, base) for i, name in enumerate(names)})
    labels = labels.astype(np.int32)
    maps = {n: pd.DataFrame({"cluster": labels[n], "probability": 1.0, "x": 0.0, "y": 0.0}) for n in names}
    texts = pd.Series([f"headline {i}" for i in range(60)])
    return Grid("toy", ["min_samples", "min_cluster_size"], runs, maps, labels, texts, texts)


def test_a_grid_says_which_parameter_does_what_and_what_to_try_next():
    told = repr(what_parameters_do(grid()))
    assert "Stories: mostly min_cluster_size, which explains 100%; from 3 to 5 the mean goes from 10 to 6." in told
    assert "Noise: mostly min_samples, which explains 100%; from 1 to 2 the mean goes from 10.0% to 40.0%." in told
    told = repr(conclude(grid()))
    assert "Take min_samples 1, min_cluster_size 3: 10 stories, the best separated." in told
    # Nothing is smaller than min_samples 1; 3 less the step of 2 would be no story.
    assert "Nothing beyond the grid's values is called for" in told
    reverse = grid(separation=[0.1, 0.2, 0.2, 0.3])
    assert "min_samples 2 is the largest that was tried: try 3 next." in repr(conclude(reverse))
    assert "min_cluster_size 5 is the largest that was tried: try 7 next." in repr(conclude(reverse))


def test_agreement_names_the_families_and_the_nearest_run():
    told = repr(how_runs_agree(grid()))
    assert told.startswith("The 4 runs fall into") and "It agrees most with b" in told and "least with d" in told


def test_a_grid_in_which_everything_failed_has_no_argument():
    failed = grid()
    failed.runs["status"] = "failed"
    empty = replace(failed, maps={}, labels=failed.labels.iloc[:, :0])
    for argue in (how_runs_agree, conclude):
        assert repr(argue(empty))


def evaluation(truth, labels) -> Evaluation:
    documents = pd.DataFrame({"title": [f"h{i}" for i in range(len(truth))], "text": ""})
    curve = pd.DataFrame({"min_samples": [1, 2], "min_cluster_size": [3, 3], "separation": [0.3, 0.2]})
    scored = agreement(labels, truth)["ari"]
    table = pd.DataFrame({"ami": [0.8, 0.9], "ari": [scored, 0.0]}, index=["ours", "theirs"])
    settings = {"ours": Settings(1, 3, curve.assign(ami=[0.8, 0.85]))}
    truth = np.array(truth, dtype=object)
    return Evaluation(documents, truth, np.arange(len(truth)), truth, {"ours": np.array(labels)}, table, settings)


def test_pairs_are_counted_one_by_one_and_a_wrong_score_fails():
    result = evaluation(["x", "x", "x", "y", "y", "one-off", ""], [0, 0, 1, 1, 1, -1, 0])
    told = repr(count_pairs(result, "ours"))
    assert (
        "Of 4 pairs that it puts together 50.0% belong together; of the 4 that belong together it finds 50.0%" in told
    )
    result.table["ari"] = 0.123
    with pytest.raises(AssertionError, match="where 0.123 was scored"):
        count_pairs(result, "ours")


def test_the_verdict_counts_the_mistakes_and_names_the_best():
    result = evaluation(["x", "x", "x", "y", "y", "one-off", "x"], [0, 0, 0, 0, 0, 0, -1])
    told = repr(what_went_wrong(result, "ours"))
    assert "1 story holds several known ones, 0 known stories are split, 1 one-off is in a story, 1 headline of" in told
    told = repr(who_finds_them(result))
    assert "theirs agrees best with the known stories: AMI 0.900; next is ours with 0.800." in told
    assert "the chosen one has 0.800, the best of the 2 that were tried 0.850" in told


def test_distances_that_differ_in_their_last_bit_alone_can_be_drawn():
    one = np.float32(0.7)
    distances = np.column_stack([np.where(np.arange(30) % 2, one, np.nextafter(one, np.float32(1)))] * 3)
    assert "near" in repr(nearest(SimpleNamespace(distances=distances)))
