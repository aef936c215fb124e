"""MiniLM's encoder, BERT (Devlin et al. 2019), with torch's public functions.

transformers gives the same bits, but takes as long to import as the bundled sample takes to embed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear


class Bert(torch.nn.Module):
    """A BERT checkpoint without its pooler, as transformers' ``BertModel``.

    Parameters
    ----------
    folder : Path
        With ``config.json`` and ``model.safetensors``.
    attend : callable
        Attention: query, key and value, (1, heads, places, dim) each -> (1, places, heads, dim).
    """

    def __init__(self, folder: Path, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.config = SimpleNamespace(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
        self._attend = attend
        for name, weight in load_file(folder / "model.safetensors").items():
            self.register_buffer(name.replace(".", "/"), weight)

    @property
    def device(self) -> torch.device:
        return self._weight("embeddings.word_embeddings").device

    @property
    def dtype(self) -> torch.dtype:
        return self._weight("embeddings.word_embeddings").dtype

    def forward(self, input_ids: Tensor, position_ids: Tensor, token_type_ids: Tensor) -> SimpleNamespace:
        """(1, places) each -> `last_hidden_state`, (1, places, hidden_size)."""
        states = embedding(input_ids, self._weight("embeddings.word_embeddings"))
        states = states + embedding(token_type_ids, self._weight("embeddings.token_type_embeddings"))
        states = states + embedding(position_ids, self._weight("embeddings.position_embeddings"))
        states = self._norm("embeddings", states)
        for number in range(self.config.num_hidden_layers):
            layer = f"encoder.layer.{number}"
            parts = [self._dense(f"{layer}.attention.self.{part}", states) for part in ("query", "key", "value")]
            heads = [part.unflatten(2, (self.config.num_attention_heads, -1)).transpose(1, 2) for part in parts]
            found = self._dense(f"{layer}.attention.output.dense", self._attend(*heads).flatten(2))
            states = self._norm(f"{layer}.attention.output", found + states)
            found = self._dense(f"{layer}.output.dense", gelu(self._dense(f"{layer}.intermediate.dense", states)))
            states = self._norm(f"{layer}.output", found + states)
        return SimpleNamespace(last_hidden_state=states)

    def _weight(self, name: str, kind: str = "weight") -> Tensor:
        return self.get_buffer(f"{name}.{kind}".replace(".", "/"))

    def _dense(self, name: str, states: Tensor) -> Tensor:
        return linear(states, self._weight(name), self._weight(name, "bias"))

    def _norm(self, name: str, states: Tensor) -> Tensor:
        weight, bias = self._weight(f"{name}.LayerNorm"), self._weight(f"{name}.LayerNorm", "bias")
        return layer_norm(states, weight.shape, weight, bias, self.config.layer_norm_eps)
