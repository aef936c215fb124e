"""The lists are those of exact arithmetic; a search that misses some says so."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from conftest import ToyModel, make_documents, make_embeddings
from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.neighbors import neighbors
from newsclust.neighbors.comparison import exact_neighbors
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.stages import logged
from newsclust.vectors import embedding, store
from newsclust.vectors.store import Store
from test_comparison import from_full_matrix, scattered


@pytest.mark.parametrize("search", ["exact", "ivf"])
def test_distances_are_the_same_in_both_directions(search):
    found = find_neighbors(make_embeddings(scattered(200, dim=50)), 40, search)
    pairs = {
        (i, j): d
        for i, (others, row) in enumerate(zip(found.indices, found.distances, strict=True))
        for j, d in zip(others, row, strict=True)
    }
    both = [(pairs[i, j], pairs[j, i]) for i, j in pairs if (j, i) in pairs]
    assert len(both) > 1000
    assert all(one == other for one, other in both)


def low_rank(n: int) -> np.ndarray:
    """Vectors that a quarter of their 160 dimensions describes well, as those of language models are."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, 20)) @ rng.normal(size=(20, 160)) + 0.1 * rng.normal(size=(n, 160))


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param(scattered(3000, 32), id="few dimensions"),
        pytest.param(scattered(3000, 160), id="a quarter says little of who is near"),
        pytest.param(low_rank(3000), id="a quarter says nearly all"),
    ],
)
def test_ivf_finds_at_least_95_percent_and_the_same_each_time(vectors, tmp_path, monkeypatch):
    embeddings = make_embeddings(vectors)
    first = find_neighbors(embeddings, 30, "ivf")
    assert first.recall >= 0.95
    _, truth = exact_neighbors(embeddings.vectors, 30)
    assert (first.distances <= truth[:, -1:]).mean() >= 0.95
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # another cache
    with logged() as log:
        again = find_neighbors(embeddings, 30, "ivf")
    assert log.stages["search"].computed
    assert np.array_equal(again.indices, first.indices)
    assert again.recall == first.recall


@pytest.mark.parametrize("search", ["exact", "ivf"])
@pytest.mark.parametrize("dim", [8, 160])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 17, 45])
def test_tiny_corpora_work_with_every_search(search, n, dim):
    embeddings = make_embeddings(scattered(n, dim))
    found = find_neighbors(embeddings, 50, search)
    assert found.indices.shape == (n, n - 1)
    expected, _ = from_full_matrix(embeddings.vectors, n - 1)
    assert np.array_equal(found.indices, expected)
    assert f"{n} documents with {n - 1} neighbours each" in repr(found)


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A folder with a local database of 360 documents."""
    folder, model = tmp_path_factory.mktemp("filled"), ToyModel()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(embedding, "_loaded", {})
        patch.setattr(store, "load_embedder", model.load_embedder)
        documents = make_documents(360)
        vectors = scattered(360)
        vectors[5] = vectors[11]
        model.vectors = dict(zip(documents["text"], vectors, strict=True))
        Store().embed(documents)
    return folder


@pytest.fixture
def stored(filled, tmp_path, toy_model):
    """A local database with 60 documents of this corpus among 300 strangers that lie in the same places."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return Store().embed(make_documents(360).iloc[::6].reset_index(drop=True))


def test_milvus_with_flat_gives_the_lists_of_exact_and_no_strangers(stored):
    asked = find_neighbors(stored, 20, "milvus", Store())
    exact = find_neighbors(stored, 20, "exact")
    assert asked.search == "milvus, as asked"
    assert asked.recall == 1
    assert asked.n_padded == 0
    assert np.array_equal(asked.indices, exact.indices)
    assert np.array_equal(asked.distances, exact.distances)


def test_strangers_do_not_shorten_the_lists_of_hnsw(stored):
    store = Store(index="HNSW", index_params={"M": 16, "efConstruction": 100}, search_params={"ef": 60})
    asked = find_neighbors(stored, 59, "milvus", store)
    assert asked.n_padded == 0
    assert asked.recall > 0.97


def test_milvus_answers_in_batches_as_in_one(stored, monkeypatch):
    from newsclust.vectors import collection

    found = Store().search(stored, 20)
    monkeypatch.setattr(collection, "BATCH_BYTES", 50_000)
    monkeypatch.setattr(collection, "BATCH_HITS", 100)
    assert np.array_equal(Store().search(stored, 20), found)


@dataclass
class ForgetfulStore:
    """Answers as an approximate index may: itself missing, others missing, nothing at all."""

    answers: np.ndarray
    path: str = ""
    uri: str = "http://example.org"
    name: str = "news"
    index: str = "HNSW"
    index_params: dict = field(default_factory=dict)
    search_params: dict = field(default_factory=dict)
    is_local: bool = False

    def search(self, embeddings, k):
        return self.answers[:, :k].astype(np.int32)


def test_short_answers_are_padded_at_the_end_and_counted():
    embeddings = make_embeddings(np.arange(6, dtype=np.float32)[:, None])
    answers = np.array(
        [[-1, 2, -1, 1, -1], [1, 0, 2, 3, 4], [-1] * 5, [5, 4, 2, 1, 0], [-1, 4, -1, -1, 5], [4, 3, 2, 1, 0]]
    )
    found = find_neighbors(embeddings, 3, "auto", ForgetfulStore(answers))
    assert found.search == "milvus (HNSW), because the vectors are on a server"
    assert found.indices.tolist() == [[1, 2, -1], [0, 2, 3], [-1, -1, -1], [2, 4, 1], [5, -1, -1], [4, 3, 2]]
    assert found.distances[0].tolist() == [1, 2, np.inf]
    assert found.distances[2].tolist() == [np.inf] * 3
    assert found.n_padded == 6
    assert found.head(2).n_padded == 3
    assert found.recall == pytest.approx(12 / 18)
    assert "of which 6 are empty" in repr(found)


def test_k_is_lowered_with_a_notice_that_says_why(recwarn):
    embeddings = make_embeddings(scattered(10))
    assert find_neighbors(embeddings, 9).k == 9
    assert not recwarn
    assert find_neighbors(embeddings, 50).k == 9
    assert str(recwarn.pop().message) == "k is lowered from 50 to 9: there are no more than 10 documents."
    found = find_neighbors(embeddings, 5)
    assert found.head(8).k == 5
    said = "k is lowered from 8 to 5: the lists hold 5 neighbours each; find more of them first."
    assert str(recwarn.pop().message) == said


def test_head_cuts_the_lists():
    found = find_neighbors(make_embeddings(scattered(30)), 20)
    assert np.array_equal(found.head(5).indices, found.indices[:, :5])
    assert np.array_equal(found.head(5).distances, found.distances[:, :5])
    assert found.head(5).indices.flags.c_contiguous
    assert found.head(99).k == 20


@pytest.fixture
def searches(monkeypatch):
    """The k of every search that was really made."""
    made = []

    def counted(vectors, k, rows=None):
        made.append(k)
        return exact_neighbors(vectors, k, rows)

    monkeypatch.setattr(neighbors, "exact_neighbors", counted)
    return made


def test_a_smaller_k_is_served_from_a_larger_one(searches):
    embeddings = make_embeddings(scattered(60))
    for k, made in [(20, [20]), (20, [20]), (7, [20]), (25, [20, 25]), (20, [20, 25])]:
        found = find_neighbors(embeddings, k)
        expected, _ = from_full_matrix(embeddings.vectors, k)
        assert np.array_equal(found.indices, expected)
        assert found.indices.flags.c_contiguous
        assert searches == made


def test_the_log_says_whether_a_search_was_made(searches):
    embeddings = make_embeddings(scattered(30))
    for k, computed in [(10, True), (10, False), (5, False), (11, True)]:
        with logged() as log:
            find_neighbors(embeddings, k)
        assert log.stages["search"].computed is computed


def test_other_vectors_are_searched_anew(searches):
    find_neighbors(make_embeddings(scattered(30)), 5)
    find_neighbors(make_embeddings(scattered(30, seed=1)), 5)
    assert searches == [5, 5]


def test_a_damaged_entry_is_noticed_and_computed_again(searches, recwarn):
    embeddings = make_embeddings(scattered(30))
    found = find_neighbors(embeddings, 5)
    (entry,) = Path(".newsclust/cache").glob("neighbors-*.npz")
    damaged = bytearray(entry.read_bytes())
    damaged[len(damaged) // 3] ^= 1
    entry.write_bytes(damaged)
    again = find_neighbors(embeddings, 5)
    assert searches == [5, 5]
    assert "damaged and will be computed again" in str(recwarn.pop(NewsclustWarning).message)
    assert np.array_equal(again.indices, found.indices)
    find_neighbors(embeddings, 5)
    assert searches == [5, 5]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused_with_the_documents_id(bad):
    vectors = scattered(10)
    vectors[3, 2] = vectors[8, 0] = bad
    with pytest.raises(NewsclustError, match=r"vector of document 40 \(and 1 more\) has NaN or infinite components"):
        find_neighbors(make_embeddings(vectors), 5)


def test_auto_takes_the_inverted_file_where_there_are_many(monkeypatch):
    monkeypatch.setattr(neighbors, "EXACT_UP_TO", 100)
    few = find_neighbors(make_embeddings(scattered(100)), 5)
    many = find_neighbors(make_embeddings(scattered(101)), 5)
    assert few.search == "exact, because all pairs of 100 documents are quickly compared"
    assert many.search == "ivf, because there are more than 100 documents"


def test_wrong_searches_are_refused():
    embeddings = make_embeddings(scattered(10))
    with pytest.raises(NewsclustError, match="search is 'fast'; it can be 'auto', 'exact', 'ivf', 'milvus'"):
        find_neighbors(embeddings, 5, "fast")
    with pytest.raises(NewsclustError, match="search 'milvus' needs the store"):
        find_neighbors(embeddings, 5, "milvus")


@pytest.mark.parametrize("search", ["ivf", "milvus"])
def test_an_approximate_search_finds_the_same_whatever_was_searched_before(stored, monkeypatch, tmp_path, search):
    store = Store(index="IVF_FLAT", index_params={"nlist": 8}, search_params={"nprobe": 2})
    embeddings = stored if search == "milvus" else make_embeddings(scattered(4000, 32))
    first = find_neighbors(embeddings, 15, search, store)
    for entry in Path(".newsclust/cache").glob("neighbors-*"):
        entry.unlink()
    find_neighbors(embeddings, 40, search, store)
    again = find_neighbors(embeddings, 15, search, store)
    assert np.array_equal(again.indices, first.indices)
    assert again.recall == first.recall
