"""MiniLM's encoder, BERT (Devlin et al. 2019), in torch alone: transformers takes two seconds to import for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear

#: Query, key and value, (1, heads, places, dim) each -> what each place makes of them, (1, places, heads, dim).
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


class Bert:
    """A checkpoint of BERT's kind, without its pooler, on one device and in one precision.

    Parameters
    ----------
    folder : Path
        With ``config.json`` and ``model.safetensors``, as transformers writes them.
    attend : callable
        Which places look at which.
    """

    def __init__(self, folder: Path, attend: Attend) -> None:
        self.config = SimpleNamespace(**json.loads((folder / "config.json").read_text()))
        self._attend = attend
        self._weights = load_file(folder / "model.safetensors")

    def to(self, device: str | None = None, dtype: torch.dtype | None = None) -> Bert:
        """A copy on another device or in another precision."""
        copy = object.__new__(Bert)
        copy.config, copy._attend = self.config, self._attend
        copy._weights = {
            name: weight.to(device, dtype if weight.is_floating_point() else None)
            for name, weight in self._weights.items()
        }
        return copy

    @property
    def device(self) -> torch.device:
        return self._weights["embeddings.word_embeddings.weight"].device

    @property
    def dtype(self) -> torch.dtype:
        return self._weights["embeddings.word_embeddings.weight"].dtype

    def __call__(self, input_ids: Tensor, position_ids: Tensor) -> SimpleNamespace:
        """As transformers' ``BertModel``: (1, places) each -> `last_hidden_state`, (1, places, hidden_size)."""
        states = embedding(input_ids, self._weights["embeddings.word_embeddings.weight"])
        states = states + self._weights["embeddings.token_type_embeddings.weight"][0]
        states = states + embedding(position_ids, self._weights["embeddings.position_embeddings.weight"])
        states = self._norm("embeddings", states)
        for number in range(self.config.num_hidden_layers):
            states = self._layer(f"encoder.layer.{number}", states)
        return SimpleNamespace(last_hidden_state=states)

    def _layer(self, name: str, states: Tensor) -> Tensor:
        split = (1, -1, self.config.num_attention_heads, states.shape[-1] // self.config.num_attention_heads)
        parts = [self._dense(f"{name}.attention.self.{part}", states) for part in ("query", "key", "value")]
        found = self._attend(*(part.view(split).transpose(1, 2) for part in parts)).flatten(2)
        states = self._norm(f"{name}.attention.output", self._dense(f"{name}.attention.output.dense", found) + states)
        wide = gelu(self._dense(f"{name}.intermediate.dense", states))
        return self._norm(f"{name}.output", self._dense(f"{name}.output.dense", wide) + states)

    def _dense(self, name: str, states: Tensor) -> Tensor:
        return linear(states, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, name: str, states: Tensor) -> Tensor:
        weight, bias = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return layer_norm(states, weight.shape, weight, bias, self.config.layer_norm_eps)
