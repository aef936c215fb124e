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
#: Rows of a matrix product for which oneDNN lays out the weights; others work, too.
PACKED_FOR = 1024


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
        for number in range(self.config.num_hidden_layers):
            for kind in ("weight", "bias"):  # query, key and value in one product
                parts = (f"{_layer(number)}.attention.self.{part}.{kind}" for part in ("query", "key", "value"))
                self._weights[f"{_layer(number)}.attention.self.{kind}"] = torch.cat([*map(self._weights.pop, parts)])
        self._packed: dict[str, Tensor] = {}

    def to(self, device: str | None = None, dtype: torch.dtype | None = None) -> Bert:
        """A copy in another precision, or on a device, made ready to run there."""
        copy = object.__new__(Bert)
        copy.config, copy._attend, copy._packed = self.config, self._attend, {}
        copy._weights = {
            name: weight.to(device, dtype if weight.is_floating_point() else None)
            for name, weight in self._weights.items()
        }
        if device == "cpu" and _has_fused_products(copy.dtype):
            matrices = [name for name, weight in copy._weights.items() if weight.dim() == 2 and ".layer." in name]
            reorder = torch.ops.mkldnn._reorder_linear_weight
            copy._packed = {name: reorder(copy._weights.pop(name), PACKED_FOR) for name in matrices}
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
            states = self._transform(_layer(number), states)
        return SimpleNamespace(last_hidden_state=states)

    def _transform(self, layer: str, states: Tensor) -> Tensor:
        parts = self._dense(f"{layer}.attention.self", states).unflatten(2, (3, self.config.num_attention_heads, -1))
        found = self._attend(*(parts[:, :, part].transpose(1, 2) for part in range(3))).flatten(2)
        states = self._norm(f"{layer}.attention.output", self._dense(f"{layer}.attention.output.dense", found, states))
        wide = self._dense(f"{layer}.intermediate.dense", states, then="gelu")
        return self._norm(f"{layer}.output", self._dense(f"{layer}.output.dense", wide, states))

    def _dense(self, name: str, states: Tensor, plus: Tensor | None = None, then: str = "none") -> Tensor:
        """A linear layer; `plus` is added to what comes out, or GELU applied, where a layer needs that next."""
        bias, packed = self._weights[f"{name}.bias"], self._packed.get(f"{name}.weight")
        if packed is not None:
            # oneDNN does the rest while a block of the product is still at hand: an eighth of the whole pass less.
            if plus is not None:
                return torch.ops.mkldnn._linear_pointwise.binary(states, plus, packed, bias, "add")
            return torch.ops.mkldnn._linear_pointwise(states, packed, bias, then, [], "none")
        found = linear(states, self._weights[f"{name}.weight"], bias)
        return found + plus if plus is not None else gelu(found) if then == "gelu" else found

    def _norm(self, name: str, states: Tensor) -> Tensor:
        weight, bias = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return layer_norm(states, weight.shape, weight, bias, self.config.layer_norm_eps)


def _layer(number: int) -> str:
    return f"encoder.layer.{number}"


def _has_fused_products(dtype: torch.dtype) -> bool:
    """Whether this build of torch and this processor have oneDNN's products with more behind them.

    torch uses them in models that it compiles; they are no public part of it, so that it works without them, too.
    """
    operators = torch.ops.mkldnn
    if not torch.backends.mkldnn.is_available() or not hasattr(operators, "_reorder_linear_weight"):
        return False
    if dtype == torch.bfloat16:
        return operators._is_mkldnn_bf16_supported()
    return dtype == torch.float32 or operators._is_mkldnn_fp16_supported()
