"""Run packs of texts through a transformer: on all devices at once, on a CPU on all cores."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import ModelError
from .packing import STEP, Pack, fill_packs
from .precision import has_gpu
from .word_weights import heaviest

if TYPE_CHECKING:
    import torch
    from scipy.sparse import csr_array
    from transformers import PreTrainedModel

    from .bert import Bert

#: Places in a pack on a CPU in float32: enough to keep its cores busy, with little padding at the end. In half
#: precision it is twice as many, the same number of bytes.
PACK_SIZE = 1024
#: The most places on a GPU; fewer if its memory is small.
GPU_PACK_SIZE = 2**16
#: Floats that a pass needs at once for each place and dimension: a generous estimate.
FLOATS_PER_PLACE = 64

#: Token ids of some texts -> by row number of the text.
Tokens = Sequence[Sequence[int]]


class Embedded(NamedTuple):
    """A pack of texts that went through a model.

    Attributes
    ----------
    pack : Pack
    vectors : ndarray of float32, shape (len(pack.rows), dim)
        Of any length.
    words : csr_array of float32, shape (len(pack.rows), largest token id + 1), or None
        The weight of each word piece, if the model has learnt weights; see `heaviest`.
    """

    pack: Pack
    vectors: np.ndarray
    words: csr_array | None = None


class Model:
    """A transformer that embeds packs of texts.

    Parameters
    ----------
    transformers : list of Bert or PreTrainedModel
        Copies of one encoder, as `on_every_device` makes them.
    tokenize : callable
        Texts -> a list of token ids each, special tokens included.
    pool : {"mean", "first"}
        Which of a text's token states are its vector.
    first_position : int
        The position of a text's first token, as the encoder counts.
    padding : int
        A token id for places without a text.
    weigh : torch.nn.Linear, optional
        Gives each token state the weight of its word piece (BGE-M3's lexical weights).
    special : frozenset of int
        Ids of tokens that are not pieces of words.
    """

    def __init__(
        self,
        transformers: list[Bert] | list[PreTrainedModel],
        tokenize: Callable[[list[str]], Tokens],
        pool: str,
        first_position: int = 0,
        padding: int = 0,
        weigh: torch.nn.Linear | None = None,
        special: frozenset[int] = frozenset(),
    ) -> None:
        self.tokenize = tokenize
        self._transformers, self._pool = transformers, pool
        self._first_position, self._padding = first_position, padding
        self._weigh, self._special = weigh, special
        self.pack_size = _pack_size(transformers[0])
        self._fits: float = float("inf")  # the largest pack that memory may hold

    def run(self, packs: Iterable[Pack], tokens: Tokens) -> Iterator[Embedded]:
        """Embed `packs`, on all devices at once; on a CPU one per core, which is faster than each on all cores."""
        import torch

        n_threads = torch.get_num_threads()
        on_cores = self._transformers[0].device.type == "cpu"
        free: SimpleQueue = SimpleQueue()
        for transformer in self._transformers * (n_threads if on_cores else 1):
            free.put(transformer)

        def embed(pack: Pack) -> list[Embedded]:
            transformer = free.get()
            try:
                return self._embed(transformer, pack, tokens)
            finally:
                free.put(transformer)

        at_once = free.qsize()
        pool = ThreadPoolExecutor(at_once, initializer=partial(torch.set_num_threads, 1) if on_cores else None)
        running: deque = deque()
        try:
            for pack in packs:
                running.append(pool.submit(embed, pack))
                if len(running) > 2 * at_once:
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(n_threads)  # for threads that others start later

    def _embed(self, transformer: Bert | PreTrainedModel, pack: Pack, tokens: Tokens) -> list[Embedded]:
        """Embed a pack, in several parts if it does not fit into memory."""
        import torch

        longest = pack.spans[0].length
        smallest = len(pack.rows) == 1 and pack.size - longest < STEP
        if pack.size <= self._fits or smallest:
            try:
                states = self._states(transformer, pack, tokens)
                return [Embedded(pack, self._pooled(states, pack), self._weighed(states, pack, tokens))]
            except torch.OutOfMemoryError:
                if smallest:
                    text = f"a text of {longest:,} tokens does not fit into the memory of the GPU"
                    raise ModelError(
                        f"{text}: shorten it, or set CUDA_VISIBLE_DEVICES='' to use the processor."
                    ) from None
                self._fits = pack.size // 2
                torch.cuda.empty_cache()
        parts = fill_packs(np.array([*map(len, tokens)]), max(STEP, pack.size // 2), pack.rows)
        return [found for part in parts for found in self._embed(transformer, part, tokens)]

    def _states(self, transformer: Bert | PreTrainedModel, pack: Pack, tokens: Tokens) -> torch.Tensor:
        """The last layer's state of each place, shape (pack.size, dim)."""
        import torch

        ids = np.full(pack.size, self._padding, dtype=np.int64)
        positions = np.full(pack.size, self._first_position, dtype=np.int64)
        for span in pack.spans:
            ids[span.start : span.stop] = [token for row in span.rows for token in tokens[row]]
            steps = np.arange(self._first_position, self._first_position + span.length)
            positions[span.start : span.stop] = np.tile(steps, len(span.rows))
        _current.pack = pack
        with torch.inference_mode():
            tokens_in, places = (torch.from_numpy(each)[None].to(transformer.device) for each in (ids, positions))
            kinds = torch.zeros_like(tokens_in)  # transformers' own default has only as many places as one text
            found = transformer(input_ids=tokens_in, position_ids=places, token_type_ids=kinds)
            return found.last_hidden_state[0]

    def _pooled(self, states: torch.Tensor, pack: Pack) -> np.ndarray:
        if self._pool == "first":
            starts = [s for span in pack.spans for s in range(span.start, span.stop, span.length)]
            return states[starts].float().cpu().numpy()
        rows = states.float().cpu().numpy()
        return np.concatenate(
            [
                rows[span.start : span.stop].reshape(len(span.rows), span.length, -1).mean(axis=1, dtype=np.float64)
                for span in pack.spans
            ]
        )

    def _weighed(self, states: torch.Tensor, pack: Pack, tokens: Tokens) -> csr_array | None:
        import torch

        if self._weigh is None:
            return None
        with torch.inference_mode():
            layer = {name: values.to(states.device).float() for name, values in self._weigh.named_parameters()}
            # Row by row, because a product with a matrix of one column might depend on other rows.
            weights = torch.relu((states.float() * layer["weight"]).sum(dim=1) + layer["bias"]).cpu().numpy()
        texts = [tokens[row] for row in pack.rows]
        return heaviest(texts, weights[: pack.spans[-1].stop], self._special)


_current = threading.local()  # one pack per device at a time


def on_every_device(transformer: Bert | PreTrainedModel, precision: str) -> list[Any]:
    """Copies of an encoder in this precision, one on each device of this machine."""
    from copy import deepcopy

    import torch

    first, *others = _devices()
    transformer = transformer.eval().to(dtype=getattr(torch, precision))
    copies = [deepcopy(transformer).to(device) for device in others]
    return [transformer.to(first), *copies]


def attend_within_texts(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any) -> torch.Tensor:
    """Attention within each text: no mask, no padding.

    `query`, `key` and `value` have shape (1, heads, places, dim), the result (1, places, heads, dim).
    """
    from torch.nn.functional import scaled_dot_product_attention

    heads, places, dim = query.shape[1:]
    out = query.new_zeros(places, heads, dim)
    for span in _current.pack.spans:
        here, shape = slice(span.start, span.stop), (heads, len(span.rows), span.length, dim)
        q, k, v = (tensor[0, :, here].reshape(shape).transpose(0, 1) for tensor in (query, key, value))
        out[here] = scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, heads, dim)
    return out[None]


def _devices() -> list[str]:
    import torch

    if has_gpu():
        return [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return ["mps" if torch.backends.mps.is_available() else "cpu"]


def _pack_size(transformer: Bert | PreTrainedModel) -> int:
    import torch

    if transformer.device.type != "cuda":
        return PACK_SIZE * torch.float32.itemsize // transformer.dtype.itemsize
    free, _ = torch.cuda.mem_get_info(transformer.device)
    bytes_per_place = FLOATS_PER_PLACE * transformer.config.hidden_size * transformer.dtype.itemsize
    return int(np.clip(free // 2 // bytes_per_place // STEP * STEP, PACK_SIZE, GPU_PACK_SIZE))
