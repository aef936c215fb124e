"""A text's vector is the same in any pack, on any number of cores, devices or bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.vectors import embedding, models, passes
from newsclust.vectors.embedding import Embedder, load_embedder
from newsclust.vectors.passes import Model
from points import examples

TEXTS = [" ".join(["storm", "chip", "museum"][i % 3 :] * (i % 7 + 1)) + f" number {i * 37}" for i in range(60)]


@pytest.fixture(scope="module")
def small_packs() -> Model:
    """MiniLM with packs of a few texts, which take little time."""
    model = models.load_minilm("float32")
    model.pack_size = 128
    return model


def encode(model: Model, texts: list[str]) -> np.ndarray:
    return Embedder("minilm", "small packs", "1", 384, lambda: model).encode(texts)


@pytest.fixture(scope="module")
def alone(small_packs) -> np.ndarray:
    """The vectors of `TEXTS`, each embedded by itself."""
    return np.concatenate([encode(small_packs, [text]) for text in TEXTS])


@settings(deadline=None, derandomize=True, max_examples=examples(12))
@given(st.permutations(range(60)), st.integers(1, 60), st.integers(1, 3))
def test_any_choice_order_and_chunking_gives_the_same_bits(small_packs, alone, order, n, n_chunks):
    for chunk in np.array_split(np.array(order[:n]), n_chunks):
        assert np.array_equal(encode(small_packs, [TEXTS[i] for i in chunk]), alone[chunk])


def test_a_machine_with_more_cores_gives_the_same_bits(small_packs, alone):
    import torch

    n_threads = torch.get_num_threads()
    try:
        for wanted in (1, 3):
            torch.set_num_threads(wanted)
            assert np.array_equal(encode(small_packs, TEXTS), alone)
            assert torch.get_num_threads() == wanted
    finally:
        torch.set_num_threads(n_threads)


def test_several_devices_share_the_work_and_change_nothing(alone, monkeypatch):
    monkeypatch.setattr(embedding, "_loaded", {})
    monkeypatch.setattr(passes, "_devices", lambda: ["cpu", "cpu", "cpu"])
    monkeypatch.setattr(passes, "PACK_SIZE", 128)
    np.testing.assert_allclose(load_embedder("minilm", "float32").encode(TEXTS), alone, atol=1e-6)


def test_where_memory_runs_out_batches_are_halved(alone, monkeypatch):
    import torch

    sizes = []

    def small(self, transformer, pack, tokens):
        sizes.append(pack.size)
        if pack.size > 64:
            raise torch.OutOfMemoryError
        return states(self, transformer, pack, tokens)

    monkeypatch.setattr(embedding, "_loaded", {})
    monkeypatch.setattr(passes, "PACK_SIZE", 256)
    states = passes.Model._states
    monkeypatch.setattr(passes.Model, "_states", small)
    np.testing.assert_allclose(load_embedder("minilm", "float32").encode(TEXTS), alone, atol=1e-6)
    assert sizes[:3] == [256, 128, 64]
    assert not [size for size in sizes[3:] if size > 64]
