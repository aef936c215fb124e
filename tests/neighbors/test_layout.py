"""The map comes from the neighbours that are known already, and the same seed draws the same map."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conftest import make_embeddings
from newsclust.corpus.documents import read_corpus
from newsclust.errors import NewsclustWarning
from newsclust.neighbors import layout
from newsclust.neighbors.layout import lay_out
from newsclust.neighbors.neighbors import Neighbors, find_neighbors
from newsclust.neighbors.placing import umap_learn
from newsclust.stages import logged


def coordinates_of(*arguments, **parameters) -> np.ndarray:
    return lay_out(*arguments, **parameters).coordinates


def forget_cache() -> None:
    shutil.rmtree(".newsclust")


def notices(recwarn) -> str:
    """What has been said since the last call."""
    said = [str(warning.message) for warning in recwarn.list if warning.category is NewsclustWarning]
    recwarn.clear()
    return " ".join(said)


@pytest.fixture(scope="module")
def known(small_corpus, tmp_path_factory) -> Neighbors:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("cache"))
        return find_neighbors(small_corpus.embeddings, 30)


def test_the_same_seed_draws_the_same_map(small_corpus, known):
    with logged() as log:
        first = coordinates_of(small_corpus.embeddings, known, n_neighbors=15)
    assert first.shape == (len(known.ids), 2)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert log.stages["layout"].computed
    forget_cache()
    assert np.array_equal(coordinates_of(small_corpus.embeddings, known, n_neighbors=15), first)
    other = coordinates_of(small_corpus.embeddings, known, n_neighbors=15, seed=7)
    assert not np.allclose(other, first)


def test_the_map_keeps_neighbours_together(small_corpus, known):
    from sklearn.manifold import trustworthiness

    coordinates = coordinates_of(small_corpus.embeddings, known, n_neighbors=15)
    assert trustworthiness(small_corpus.embeddings.vectors, coordinates, n_neighbors=5) > 0.8


@pytest.mark.parametrize("spectral_up_to", [10**6, 0])
def test_the_map_is_as_true_as_umaps_own(sample, monkeypatch, spectral_up_to):
    """Its own descent, from the same graph; over seeds its trustworthiness moves by 0.005."""
    from sklearn.manifold import trustworthiness

    vectors = sample.embeddings.vectors
    lists = find_neighbors(sample.embeddings, 15)
    itself = np.arange(len(vectors), dtype=np.int32)[:, None]
    known = np.hstack([itself, lists.indices]), np.hstack([0 * itself, lists.distances]).astype(np.float32), None
    theirs = umap_learn().UMAP(n_neighbors=16, precomputed_knn=known, random_state=42, n_jobs=1).fit_transform(vectors)
    monkeypatch.setattr(layout, "SPECTRAL_UP_TO", spectral_up_to)
    ours = coordinates_of(sample.embeddings, lists, n_neighbors=16)
    for measure in (lambda xy: trustworthiness(vectors, xy), lambda xy: trustworthiness(xy, vectors)):  # and continuity
        assert measure(ours) > measure(theirs) - 0.01


def test_umap_learn_still_does_not_have_numba_keep_what_it_compiles():
    """Where this fails, see whether a new process lays out as fast with a bare import, and use that."""
    umap = umap_learn()
    sources = [path.read_text(encoding="utf-8") for path in Path(umap.__file__).parent.glob("*.py")]
    compiled, kept = (sum(source.count(word) for source in sources) for word in ("njit(", "cache=True"))
    assert compiled > 100 and kept < compiled / 10


def test_no_second_search_is_made(small_corpus, known, monkeypatch):
    umap = umap_learn()

    def searched(*args, **kwargs):
        raise AssertionError("UMAP searched for neighbours")

    for name in ("nearest_neighbors", "pairwise_distances", "fast_knn_indices"):
        monkeypatch.setattr(umap.umap_, name, searched)
    coordinates_of(small_corpus.embeddings, known, n_neighbors=31)


def test_the_neighbours_given_are_the_ones_used(small_corpus, known):
    wrong = replace(known, indices=np.random.default_rng(0).permutation(known.indices))
    first = coordinates_of(small_corpus.embeddings, known, n_neighbors=15)
    assert not np.allclose(coordinates_of(small_corpus.embeddings, wrong, n_neighbors=15), first)


def test_a_finished_map_is_kept_and_a_damaged_one_drawn_again(small_corpus, known, monkeypatch, recwarn):
    arguments = small_corpus.embeddings, known, 2, 10
    first = coordinates_of(*arguments)
    drawn = []
    draw = layout._umap
    monkeypatch.setattr(layout, "_umap", lambda *args: drawn.append(args) or draw(*args))
    with logged() as log:
        assert np.array_equal(coordinates_of(*arguments), first)
    assert not drawn
    assert not log.stages["layout"].computed
    (entry,) = Path(".newsclust/cache").glob("layout-*.npz")
    entry.write_bytes(entry.read_bytes()[:-30])
    assert np.array_equal(coordinates_of(*arguments), first)
    assert len(drawn) == 1
    assert "damaged" in notices(recwarn)


def test_what_the_map_depends_on_is_part_of_what_it_is_kept_under(small_corpus, known, monkeypatch):
    monkeypatch.setattr(layout, "_umap", lambda vectors, lists, n_components, *rest: drawn.append(1) or vectors[:, :2])
    drawn = []
    shifted = replace(known, distances=known.distances * 2)
    for neighbors, changed in [
        (known, {}),
        (known, {"n_neighbors": 11}),
        (known, {"n_components": 3}),
        (known, {"min_dist": 0.2}),
        (known, {"seed": 1}),
        (shifted, {}),
    ]:
        coordinates_of(small_corpus.embeddings, neighbors, **({"n_neighbors": 10} | changed))
    assert len(drawn) == 6
    coordinates_of(small_corpus.embeddings, known.head(9), n_neighbors=10)  # the same lists, cut out of longer ones
    assert len(drawn) == 6


def test_a_large_corpus_does_not_wait_for_more_epochs_than_it_needs(small_corpus, known, monkeypatch):
    monkeypatch.setattr(layout, "_umap", lambda vectors, *rest: given.append(rest[-2]) or vectors[:, :2])
    given = []
    for per_document in (10_000, 300, 10):
        monkeypatch.setattr(layout, "DOCUMENT_EPOCHS", per_document * len(known.ids))
        coordinates_of(small_corpus.embeddings, known, n_neighbors=10)
    assert given == [500, 300, 200]


def test_without_a_seed_nothing_is_kept(small_corpus, known, monkeypatch):
    monkeypatch.setattr(layout, "_umap", lambda vectors, *rest: drawn.append(1) or vectors[:, :2])
    drawn = []
    for _ in range(2):
        coordinates_of(small_corpus.embeddings, known, n_neighbors=10, seed=None)
    assert len(drawn) == 2
    assert not Path(".newsclust").exists()


def test_without_a_seed_the_map_is_drawn_too(small_corpus, known):
    assert np.isfinite(coordinates_of(small_corpus.embeddings, known, n_neighbors=10, seed=None)).all()


def test_n_neighbors_is_lowered_with_a_notice(small_corpus, known, recwarn):
    lowered = coordinates_of(small_corpus.embeddings, known, n_neighbors=80)
    said = "n_neighbors is lowered from 80 to 31: the lists hold 30 neighbours each; find more of them first."
    assert notices(recwarn) == said
    assert np.array_equal(coordinates_of(small_corpus.embeddings, known, n_neighbors=31), lowered)
    assert not notices(recwarn)


def test_a_map_in_space_has_three_coordinates(small_corpus, known):
    coordinates = coordinates_of(small_corpus.embeddings, known, n_components=3, n_neighbors=10)
    assert coordinates.shape == (len(known.ids), 3)
    assert np.isfinite(coordinates).all()
    assert (coordinates.std(axis=0) > 0.1).all()


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7])
def test_a_handful_of_documents_has_a_map(n, n_components):
    embeddings = make_embeddings(np.random.default_rng(n).normal(size=(n, 8)))
    coordinates = coordinates_of(embeddings, find_neighbors(embeddings, 80), n_components)
    assert coordinates.shape == (n, n_components)
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == n


def test_documents_that_are_all_the_same_have_a_map():
    embeddings = make_embeddings(np.ones((20, 8)))
    assert np.isfinite(coordinates_of(embeddings, find_neighbors(embeddings, 10))).all()


def test_two_islands_stay_apart():
    rng = np.random.default_rng(0)
    vectors = rng.normal(scale=0.1, size=(40, 8))
    vectors[:20, 0] += 5
    vectors[20:, 1] += 5
    embeddings = make_embeddings(vectors)
    coordinates = coordinates_of(embeddings, find_neighbors(embeddings, 8), n_neighbors=9)
    assert np.isfinite(coordinates).all()
    one, other = coordinates[:20], coordinates[20:]
    apart = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
    assert apart > max(np.ptp(one, axis=0).max(), np.ptp(other, axis=0).max()) / 2


def test_padded_lists_have_a_map(small_corpus, known):
    indices, distances = known.indices.copy(), known.distances.copy()
    for row, kept in [(0, 0), (5, 1), (17, 4)]:  # an approximate search found no more
        indices[row, kept:], distances[row, kept:] = -1, np.inf
    padded = replace(known, indices=indices, distances=distances)
    coordinates = coordinates_of(small_corpus.embeddings, padded, n_neighbors=15)
    assert coordinates.shape == (len(known.ids), 2)
    assert np.isfinite(coordinates).all()


def test_a_map_of_which_a_sample_alone_is_laid_out_has_documents_beside_their_story(sample, monkeypatch, recwarn):
    lists = find_neighbors(sample.embeddings, 30)
    whole = coordinates_of(sample.embeddings, lists, n_neighbors=15)
    monkeypatch.setattr(layout, "WHOLE_UP_TO", 300)
    monkeypatch.setattr(layout, "SAMPLE", 220)
    assert not notices(recwarn)
    placed = coordinates_of(sample.embeddings, lists, n_neighbors=15)
    assert "The map was laid out with 220 of the 659 documents" in notices(recwarn)

    corpus = read_corpus("sample")
    story = corpus.rows["story"].groupby(corpus.row_ids).first()[sample.embeddings.ids].to_numpy()
    rest = np.setdiff1d(np.flatnonzero(story != "one-off"), np.arange(220) * 659 // 220)

    def beside_their_own(where: np.ndarray) -> float:
        apart = np.linalg.norm(where[rest, None] - where[None], axis=2)
        apart[np.arange(len(rest)), rest] = np.inf
        return float((story[apart.argmin(axis=1)] == story[rest]).mean())

    assert beside_their_own(placed) > beside_their_own(whole) - 0.1
    forget_cache()
    assert np.array_equal(coordinates_of(sample.embeddings, lists, n_neighbors=15), placed)


def test_lists_by_words_and_days_say_who_is_near_whom_in_the_sample_too(small_corpus, known, monkeypatch):
    monkeypatch.setattr(layout, "WHOLE_UP_TO", 30)
    monkeypatch.setattr(layout, "SAMPLE", 25)
    asked = []

    def among(rows: np.ndarray) -> Neighbors:
        asked.append(rows)
        return find_neighbors(small_corpus.embeddings.part(rows), 10)

    lay_out(small_corpus.embeddings, known, n_neighbors=9, among=among)
    assert np.array_equal(*np.broadcast_arrays(asked[0], np.arange(25) * len(known.ids) // 25))
