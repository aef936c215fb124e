"""The chosen precision is one that is fast on the machine."""

from __future__ import annotations

import pytest

from newsclust.vectors import precision
from newsclust.vectors.embedding import load_embedder


def test_only_who_leaves_the_choice_to_us_hears_of_other_precisions(monkeypatch):
    monkeypatch.setattr(precision, "has_gpu", lambda: False)
    monkeypatch.setattr(precision, "_processor_flags", lambda: frozenset({"amx_bf16", "avx512_bf16"}))
    assert "3 to 4 times as fast" in load_embedder("minilm").faster
    assert not load_embedder("minilm", "float32").faster
    monkeypatch.setattr(precision, "_processor_flags", lambda: frozenset({"avx2"}))
    assert not load_embedder("minilm").faster


@pytest.mark.parametrize("capability", [(6, 1), (9, 0)])
def test_a_gpu_gets_what_it_does_well(monkeypatch, capability):
    import torch

    monkeypatch.setattr(precision, "has_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    fast = capability[0] >= 7
    assert load_embedder("minilm").precision == ("float16" if fast else "float32")
    assert load_embedder("minilm").slug == ("minilm_fp16" if fast else "minilm")
