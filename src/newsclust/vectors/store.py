"""Documents and their vectors: a model and a Milvus collection together."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import cache
from ..corpus.documents import ID_VERSION
from ..errors import StoreError, notice
from ..paths import find_output
from ..stages import Logged, stage
from .collection import Collection, fitting
from .connection import check_uri, let_go
from .embedding import Embedder, check_finite, lengths_of, load_embedder
from .filling import fill
from .model_languages import language_notice
from .word_weights import from_arrays, to_arrays

if TYPE_CHECKING:
    import pandas as pd
    from pymilvus import MilvusClient
    from scipy.sparse import csr_array

#: What weighs words where the model has not learnt to.
TF_IDF = "TF-IDF"
#: A stored vector's length differs from 1 by no more than this.
UNIT_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Embeddings(Logged):
    """The vectors of a corpus.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Ascending document ids.
    vectors : ndarray of float32, shape (n, dim)
        Row i belongs to ``ids[i]``.
    model : Embedder
    n_embedded : int
        How many of them this run had to embed; the others were stored already.
    fingerprint : str
        Changes with the documents and with the model.
    where : str
        The collection, in words.
    parameters : dict
        The notebook's ``model``, ``precision``, ``uri`` and ``collection``.
    words : csr_array of float32, shape (n, n_terms), or None
        How much each word says of its text, as the model has learnt it, by token id; None where it has not.
    why : str
        Why it is this model, where it was chosen: see `newsclust.vectors.model_choice.choose_model`.
    """

    ids: np.ndarray
    vectors: np.ndarray
    model: Embedder
    n_embedded: int
    fingerprint: str
    where: str
    parameters: dict[str, Any] = field(default_factory=dict)
    words: csr_array | None = None
    why: str = ""

    @property
    def weigher(self) -> str:
        """Who says how much a word of a text says, in words."""
        return TF_IDF if self.words is None else self.model.name

    def part(self, rows: np.ndarray) -> Embeddings:
        """Those of some documents, given by their rows in ascending order."""
        words = None if self.words is None else self.words[rows]
        fingerprint = cache.fingerprint(self.fingerprint, self.ids[rows])
        return replace(self, ids=self.ids[rows], vectors=self.vectors[rows], fingerprint=fingerprint, words=words)

    def __repr__(self) -> str:
        n, dim = self.vectors.shape
        words = "" if self.words is None else " and weights of their words"
        return (
            f"{n:,} documents as vectors of {dim} floats{words} by {self.model.name}, in {self.where}; "
            f"{self.n_embedded:,} embedded now, {n - self.n_embedded:,} stored already."
        )


@dataclass
class Store:
    """A Milvus collection for the documents of one model.

    Parameters
    ----------
    uri : str
        A path ending in ``.db`` (Milvus Lite) or a server's address. The token, where one is needed, is read
        from the environment variable ``MILVUS_TOKEN`` or from a file ``.env``.
    collection : str
        The collection's name is this, followed by what its vectors depend on, the model, its precision, the way ids
        are made, and whether words are kept beside them: what differs in one of these never mixes.
    model : str
        See `newsclust.vectors.embedding.load_embedder`.
    index : str
        Index type that searches by Milvus use, e.g. ``"FLAT"``, ``"HNSW"``.
    index_params, search_params : dict
        That index's own parameters, e.g. ``{"M": 16, "efConstruction": 200}`` and ``{"ef": 128}``.
    precision : str
        See `newsclust.vectors.embedding.load_embedder`.
    given : bool
        Whether the user gave `uri`, so that the token may go there; a run's record alone is no word of the user's.
    """

    uri: str = "milvus.db"
    collection: str = "news_data"
    model: str = "minilm"
    index: str = "FLAT"
    index_params: dict[str, Any] = field(default_factory=dict)
    search_params: dict[str, Any] = field(default_factory=dict)
    precision: str = "auto"
    given: bool = True

    vector_field = "embedding"

    def __post_init__(self) -> None:
        self.embedder = load_embedder(self.model, self.precision)
        self.name = f"{self.collection}_{self.embedder.slug}_{ID_VERSION}{'_words' * self.embedder.gives_words}"
        self.is_local = "://" not in self.uri
        self.path = find_output(self.uri) if self.is_local else None
        check_uri(self.uri, self.path)

    @property
    def where(self) -> str:
        """The collection, in words."""
        return self.in_milvus.where

    @property
    def in_milvus(self) -> Collection:
        """The collection, by its own name."""
        return Collection(
            self.uri,
            self.path,
            self.name,
            self.embedder.dim,
            f"newsclust, {self.embedder.name} {self.embedder.revision}",
            self.embedder.gives_words,
            self.index,
            self.index_params,
            self.search_params,
            self.given,
        )

    def embed(self, documents: pd.DataFrame) -> Embeddings:
        """The vectors of `documents`; those not stored yet are embedded and stored first.

        Parameters
        ----------
        documents : DataFrame
            With columns ``id`` (int64, ascending) and ``text``, as in `Corpus.documents`; where there is a column
            ``language`` and the model does not read what is there, a notice says so before anything is embedded.

        Returns
        -------
        Embeddings

        Raises
        ------
        NewsclustError
            If Milvus can't be opened or reached, the model can't be loaded, or a vector is not finite.
        """
        ids, texts = documents["id"].to_numpy(np.int64), documents["text"].to_numpy(object)
        if told := language_notice(documents.get("language", ()), self.model):
            notice(told)
        fingerprint = self._fingerprint(ids, texts)
        key = {"vectors": fingerprint, "in": str(self.path or self.uri), "collection": self.name}
        collection, missing = self.in_milvus, np.zeros(len(ids), dtype=bool)

        def read_and_embed() -> dict[str, np.ndarray]:
            vectors, stored, words = self._read(ids)
            missing[:] = self._to_embed(vectors, stored, texts)
            if missing.any():
                new = documents.loc[missing, ["id", "text"]]

                def after(id: int, n: int) -> pd.DataFrame:
                    return new[new["id"].searchsorted(id, side="right") :].head(n)

                fill(collection, self.embedder, after, len(new), look=False)
                vectors, _, words = self._read(ids)
            check_finite(ids, vectors)
            return {"vectors": vectors, "of": np.array(collection.identity() or ""), **to_arrays(words)}

        def still_there(kept: dict[str, np.ndarray]) -> bool:
            return str(kept["of"]) == collection.identity()

        with stage("embed") as entry:
            kept, _ = cache.once("vectors", key, read_and_embed, still_there)
            n_missing = int(missing.sum())
            entry.computed = n_missing > 0
        return self._embeddings(ids, kept["vectors"], from_arrays(kept), n_missing, fingerprint)

    def exists(self) -> bool:
        """Whether the collection is there; nothing is made. A local database is not opened for it."""
        return self.in_milvus.identity() is not None

    def held(self, ids: np.ndarray) -> int:
        """How many of these documents are stored; nothing is made."""
        if not self.exists():
            return 0
        with self.open() as client:
            return self.in_milvus.count(client, ids)

    def recall(self, ids: np.ndarray) -> tuple[Embeddings, np.ndarray]:
        """What is stored of these documents: nothing is embedded, made or changed.

        Parameters
        ----------
        ids : ndarray of int64, shape (n,)
            Ascending.

        Returns
        -------
        Embeddings
        texts : ndarray of object, shape (n,)

        Raises
        ------
        StoreError
            If the collection, or one of the documents in it, is gone.
        """
        if not self.exists():
            raise StoreError(f"{self.where} is gone, and with it the vectors: run again what stored them there.")
        with stage("read vectors"):
            vectors, texts, words = self._read(ids)
        self._check_lacking(sum(text is None for text in texts), len(ids))
        check_finite(ids, vectors)
        return self._embeddings(ids, vectors, words, 0, self._fingerprint(ids, texts)), texts

    def nearest_to(self, ids: np.ndarray, phrase: str, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ask Milvus for the documents nearest to a phrase; others in the collection are passed over.

        Parameters
        ----------
        ids : ndarray of int64, shape (n_ids,)
            Ascending.
        phrase : str
        n : int

        Returns
        -------
        rows : ndarray of int32, shape (at most n,)
            Row numbers into `ids`, ascending.
        texts : ndarray of object
        cosines : ndarray of float64
        """
        self._check_lacking(len(ids) - self.held(ids), len(ids))
        query = self.embedder.encode([phrase])[0]
        with self.open() as client:
            found = self.in_milvus.search(client, ids, query[None, :], min(n, len(ids)), are_their_own=False)[0]
        rows = np.sort(found[found >= 0])
        found, texts = self.recall(ids[rows])
        return rows, texts, found.vectors.astype(np.float64) @ query.astype(np.float64)

    def search(self, embeddings: Embeddings, k: int) -> np.ndarray:
        """Ask Milvus for each document's `k` nearest others among the same documents.

        Parameters
        ----------
        embeddings : Embeddings
        k : int

        Returns
        -------
        ndarray of int32, shape (n, k)
            Row numbers into ``embeddings.ids``, in no particular order; -1 pads an answer that was shorter.
        """
        ids, collection = embeddings.ids, self.in_milvus
        with collection.open() as client:
            lacking = len(ids) - collection.count(client, ids)
            if lacking:  # somebody took them out while the cache went on holding them
                raise StoreError(
                    f"{self.where} lacks {lacking:,} of the documents that were stored there before: delete "
                    "the folder .newsclust/cache, so that they are embedded again, and run again."
                )
            return collection.search(client, ids, embeddings.vectors, k)

    def _check_lacking(self, n: int, of: int) -> None:
        if n:
            raise StoreError(
                f"{self.where} lacks {n:,} of the {of:,} documents: run again what stored them there, or work in the "
                "folder that it was run in."
            )

    def _read(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, csr_array | None]:
        """As `Collection.read`."""
        with self.open() as client:
            found = self.in_milvus.read(client, ids)
        if self.is_local and found[0].nbytes >= cache.IN_FILE:
            let_go()
        return found

    def _embeddings(
        self, ids: np.ndarray, vectors: np.ndarray, words: csr_array | None, n_embedded: int, fingerprint: str
    ) -> Embeddings:
        if self.embedder.gives_words and words is None:
            notice(
                f"{self.where} was made by Milvus before 2.4, which has no place for how {self.embedder.name} weighs "
                "words: where words count, TF-IDF weighs them."
            )
        given = {"model": self.model, "uri": self.uri, "collection": self.collection, "precision": self.precision}
        return Embeddings(ids, vectors, self.embedder, n_embedded, fingerprint, self.where, given, words)

    def _fingerprint(self, ids: np.ndarray, texts: np.ndarray) -> str:
        # The texts too: one document can be spelled in several ways.
        return cache.fingerprint(ids, texts.tolist(), [self.embedder.slug, self.embedder.revision])

    def open(self) -> AbstractContextManager[MilvusClient]:
        """A client of the collection for as long as the block lasts."""
        return self.in_milvus.open()

    def _to_embed(self, vectors: np.ndarray, stored: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """Which documents are not stored, or not as they should be."""
        present = np.array([text is not None for text in stored], dtype=bool)
        with np.errstate(invalid="ignore"):
            wrong = present & ~(np.abs(lengths_of(vectors) - 1) <= UNIT_TOLERANCE)
        if wrong.any():
            notice(f"Vectors in {self.where} are damaged ({wrong.sum():,}): they are embedded again.")
        same = [a is None or a == b or a == fitting(b) for a, b in zip(stored, texts, strict=True)]
        other = present & ~wrong & ~np.array(same, dtype=bool)
        if other.any():
            notice(f"Documents in {self.where} have another text there ({other.sum():,}): they are embedded again.")
        return ~present | wrong | other
