"""What several test modules need: a clean folder, a small corpus with vectors, and a model that costs nothing."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from scipy.sparse import csr_array

from endpoint import endpoint  # noqa: F401  a fixture
from finished_grid import grid, grid_folder  # noqa: F401  fixtures
from milvus_server import server  # noqa: F401  a fixture
from newsclust.corpus.documents import read_corpus
from newsclust.vectors import embedding, store
from newsclust.vectors.embedding import Embedder, load_embedder
from newsclust.vectors.passes import Embedded
from newsclust.vectors.store import Embeddings
from newsclust.vectors.word_weights import from_milvus


@pytest.fixture(autouse=True)
def clean_folder(tmp_path, monkeypatch):
    """Every test has its own working folder, and with it its own cache and database."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory):
    """The servers that tests speak to are not kept among the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@dataclass(frozen=True)
class SmallCorpus:
    documents: pd.DataFrame
    embeddings: Embeddings


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> SmallCorpus:
    """The bundled sample with MiniLM's vectors, of the titles alone: they are embedded in a quarter of the time.

    One of the processes that run the tests embeds them for all.
    """
    documents = read_corpus("sample").documents
    documents = documents.assign(text=documents["title"])
    folder = tmp_path_factory.getbasetemp()
    kept = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "sample.npy"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            np.save(kept, load_embedder("minilm").encode(documents["text"].tolist()))
    return _embedded(documents, np.load(kept))


@pytest.fixture(scope="session")
def small_corpus(sample) -> SmallCorpus:
    """Ten stories of the bundled sample, some 120 documents, with MiniLM's vectors."""
    corpus = read_corpus("sample")
    stories = corpus.rows["story"].value_counts().drop("one-off").index[:10]
    chosen = np.isin(sample.embeddings.ids, corpus.row_ids[corpus.rows["story"].isin(stories)])
    return _embedded(sample.documents[chosen].reset_index(drop=True), sample.embeddings.vectors[chosen])


def _embedded(documents: pd.DataFrame, vectors: np.ndarray) -> SmallCorpus:
    ids = documents["id"].to_numpy(np.int64)
    digest = hashlib.blake2b(ids.tobytes(), digest_size=8).hexdigest()
    return SmallCorpus(documents, Embeddings(ids, vectors, load_embedder("minilm"), 0, digest, "memory"))


def make_embeddings(vectors: np.ndarray, words: csr_array | None = None) -> Embeddings:
    """`vectors`, and words as a model weighs them, as those of documents 10, 20, ..."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    ids = 10 * np.arange(1, len(vectors) + 1)
    digest = hashlib.blake2b(vectors.tobytes(), digest_size=8).hexdigest()
    return Embeddings(ids, vectors, load_embedder("minilm"), 0, digest, "memory", words=words)


def make_documents(n: int, start: int = 0) -> pd.DataFrame:
    """`n` documents of several lengths with ids from all of 63 bits; another `start` gives others."""
    texts = [f"document {number}{' at length' * (number % 5)}" for number in range(start, start + n)]
    ids = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1 for text in texts]
    return pd.DataFrame({"id": ids, "text": texts}).sort_values("id", ignore_index=True)


@dataclass
class ToyModel:
    """Stands in for the models of `Store`: vectors drawn from a hash of model and text, and a list of what it saw."""

    dim: int = 8
    texts: list[str] = field(default_factory=list)
    #: Called with the texts of each batch, e.g. to fail.
    before: Callable[[list[str]], None] = lambda texts: None
    #: Text -> vector, where the test wants certain ones.
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    #: Text -> the weights of its words by token id, none where it is not there; None for a model that weighs no words.
    words: dict[str, dict[int, float]] | None = None

    def vector(self, text: str, name: str = "toy") -> np.ndarray:
        if text in self.vectors:
            return self.vectors[text]
        seed = hashlib.blake2b(f"{name}{text}".encode(), digest_size=8).digest()
        return np.random.default_rng(int.from_bytes(seed, "big")).normal(size=self.dim)

    def load_embedder(self, name: str, precision: str = "auto") -> Embedder:
        gives_words = self.words is not None
        return Embedder(name, name, "1", self.dim, lambda: self._Loaded(self, name), gives_words=gives_words)

    @dataclass
    class _Loaded:
        """Stands in for `newsclust.vectors.passes.Model`: a token is a byte."""

        toy: ToyModel
        name: str
        pack_size: int = 1  # one text at a time, so that interruptions are where the test wants them

        def tokenize(self, texts: list[str]) -> list[list[int]]:
            return [list(text.encode()) for text in texts]

        def run(self, packs, tokens):
            for pack in packs:
                texts = [bytes(tokens[row]).decode() for row in pack.rows]
                self.toy.before(texts)
                self.toy.texts += texts
                vectors, weighed = np.stack([self.toy.vector(text, self.name) for text in texts]), self.toy.words
                words = None if weighed is None else from_milvus([weighed.get(text, {}) for text in texts])
                yield Embedded(pack, vectors, words)


@pytest.fixture
def toy_model(monkeypatch) -> ToyModel:
    model = ToyModel()
    monkeypatch.setattr(embedding, "_loaded", {})
    monkeypatch.setattr(store, "load_embedder", model.load_embedder)
    return model


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """A checkpoint of BGE-M3's kind (XLM-RoBERTa with its two extra layers), two layers deep and untrained."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("models") / "Tiny BGE"
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    words = ["▁ferry", "▁storm", "▁museum", "▁map", "▁chip", "▁profit", "▁the", "▁"]
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    pieces = [(piece, 0.0) for piece in special] + [(piece, -2.0) for piece in words] + [(c, -9.0) for c in letters]
    tokenizer = Tokenizer(models.Unigram([*pieces, ("<mask>", 0.0)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = dict.fromkeys(("bos_token", "cls_token"), "<s>") | dict.fromkeys(("eos_token", "sep_token"), "</s>")
    names |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=8192, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(pieces) + 1,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
        initializer_range=0.5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    torch.save(torch.nn.Linear(32, 32).state_dict(), folder / "colbert_linear.pt")
    torch.save(torch.nn.Linear(32, 1).state_dict(), folder / "sparse_linear.pt")
    return folder


@pytest.fixture
def stopwatch() -> Callable[[], float]:
    """Seconds since the test began."""
    start = time.monotonic()
    return lambda: time.monotonic() - start
