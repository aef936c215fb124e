"""The lists are those of exact arithmetic; a search that misses some says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conftest import make_documents, make_embeddings
from newsclust import stages
from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.neighbors import comparison, inverted_file, neighbors
from newsclust.neighbors.comparison import exact_neighbors
from newsclust.neighbors.inverted_file import InvertedFile
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.vectors.store import Store
from points import examples

QUICK = settings(deadline=None, derandomize=True, max_examples=examples(60))


def full_matrix(vectors: np.ndarray) -> np.ndarray:
    """All distances, by the formula."""
    vectors = vectors.astype(np.float64)
    return np.sqrt(((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)).astype(np.float32)


def from_full_matrix(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    distances = full_matrix(vectors)
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return indices, np.take_along_axis(distances, indices, axis=1)


def scattered(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    """Unit vectors around some centres, as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, n // 12), dim))
    vectors = centres[rng.integers(len(centres), size=n)] + rng.normal(scale=0.3, size=(n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def hard_vectors(draw) -> np.ndarray:
    """Points on a coarse grid, so that many distances tie and some are 0, or near one another far from the origin."""
    shape = draw(st.tuples(st.integers(2, 40), st.integers(1, 5)))
    grid = draw(hnp.arrays(np.float32, shape, elements=st.integers(-2, 2)))
    scale, shift = draw(st.sampled_from([(1, 0), (1, 1000), (2**-7, 30), (1e-3, 1)]))
    return (grid * np.float32(scale) + np.float32(shift)).astype(np.float32)


@QUICK
@given(hard_vectors(), st.data())
def test_lists_are_those_of_the_full_matrix(vectors, data):
    k = data.draw(st.integers(1, len(vectors) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "SPARE", data.draw(st.sampled_from([0, 1, 16])))
        patch.setattr(comparison, "QUERY_ROWS", data.draw(st.sampled_from([1, 3, 4096])))
        patch.setattr(comparison, "COLUMNS", data.draw(st.sampled_from([1, 64, 4096])))
        indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(distances, expected_distances)
    assert np.array_equal(indices, expected_indices)
    assert (indices.dtype, distances.dtype) == (np.int32, np.float32)


@pytest.mark.parametrize("k", [1, 5, 20])
@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (2**-7, 30), (1e-3, 1)])
def test_lists_are_exact_where_the_rounding_of_the_search_is_not(monkeypatch, scale, shift, k):
    monkeypatch.setattr(comparison, "SPARE", 0)
    grid = np.random.default_rng(k).integers(-2, 3, size=(200, 4)).astype(np.float32)
    vectors = (grid * np.float32(scale) + np.float32(shift)).astype(np.float32)
    indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(distances, expected_distances)
    assert np.array_equal(indices, expected_indices)


@pytest.mark.parametrize("k", [1, 50, 299])
def test_lists_of_embeddings_are_those_of_the_full_matrix(k):
    vectors = scattered(300, dim=64)
    indices, distances = exact_neighbors(vectors, k)
    expected_indices, expected_distances = from_full_matrix(vectors, k)
    assert np.array_equal(indices, expected_indices)
    assert np.array_equal(distances, expected_distances)


def test_all_identical_documents_are_each_others_neighbours_at_distance_zero():
    indices, distances = exact_neighbors(np.ones((30, 4), dtype=np.float32), 5)
    assert (distances == 0).all()
    assert indices[0].tolist() == [1, 2, 3, 4, 5]
    assert indices[29].tolist() == [0, 1, 2, 3, 4]


def test_a_document_is_not_its_own_neighbour_among_many_duplicates():
    vectors = np.repeat(scattered(4), 60, axis=0)
    indices, distances = exact_neighbors(vectors, 20)
    assert (indices != np.arange(240)[:, None]).all()
    assert (distances == 0).all()


@pytest.mark.parametrize(("query_rows", "columns"), [(1, 1), (7, 100), (64, 5000), (10_000, 32)])
def test_block_sizes_change_nothing(monkeypatch, query_rows, columns):
    vectors = scattered(150, dim=33)
    expected = exact_neighbors(vectors, 20)
    monkeypatch.setattr(comparison, "QUERY_ROWS", query_rows)
    monkeypatch.setattr(comparison, "COLUMNS", columns)
    found = exact_neighbors(vectors, 20)
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


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


def test_near_duplicates_keep_their_distance():
    # 2 - 2 cos in float32 would give 0 or 3e-4 here
    vectors = np.zeros((3, 100), dtype=np.float32)
    vectors[:, 0] = 1
    vectors[1, 1], vectors[2, 2] = 1e-5, 2e-5
    _, distances = exact_neighbors(vectors, 2)
    np.testing.assert_allclose(distances[0], [1e-5, 2e-5], rtol=1e-6)


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
    again = find_neighbors(embeddings, 30, "ivf")
    assert stages.ledger["search"].computed
    assert np.array_equal(again.indices, first.indices)
    assert again.recall == first.recall


@pytest.mark.parametrize("queries", [100, 2**14])
def test_an_inverted_file_looked_into_whole_misses_nobody(monkeypatch, queries):
    monkeypatch.setattr(inverted_file, "QUERIES", queries)
    vectors = scattered(1500, 24)
    file = InvertedFile(vectors, vectors.shape[1], 20)
    rows = np.array([1499, 3, 700, 4])
    expected = exact_neighbors(vectors, 20)
    for found, part in (
        (file.search(file.n_lists), expected),
        (file.search(file.n_lists, rows), [e[rows] for e in expected]),
    ):
        assert np.array_equal(found[0], part[0])
        assert np.array_equal(found[1], part[1])
    n_probes = file.probes_for(np.arange(1500), expected[0])
    assert n_probes < file.n_lists
    assert inverted_file.RECALL - 0.01 < (file.search(n_probes)[1] <= expected[1][:, -1:]).mean() < 1


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


@pytest.fixture
def stored(toy_model):
    """A local database with 60 documents of this corpus among 300 strangers that lie in the same places."""
    documents = make_documents(360)
    vectors = scattered(360)
    vectors[5] = vectors[11]
    toy_model.vectors = dict(zip(documents["text"], vectors, strict=True))
    Store().embed(documents)
    return Store().embed(documents.iloc[::6].reset_index(drop=True))


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
    assert "6 places of which are empty" in repr(found)


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


def test_the_ledger_says_whether_a_search_was_made(searches):
    embeddings = make_embeddings(scattered(30))
    for k, computed in [(10, True), (10, False), (5, False), (11, True)]:
        find_neighbors(embeddings, k)
        assert stages.ledger["search"].computed is computed


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
