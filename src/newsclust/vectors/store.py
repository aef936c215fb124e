"""Documents and their vectors in Milvus: a local file, a server or Zilliz Cloud, by the same code."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from .. import cache
from ..errors import NewsclustError
from ..paths import find_output
from ..stages import stage
from .embedding import Embedder, load_embedder

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: Documents per insert: an interrupted ingest loses at most this many.
INSERT_ROWS = 2048
#: Documents per read, well under a server's 16,384 rows and gRPC's 64 MiB an answer.
READ_ROWS = 4096
TEXT_BYTES = 65_535  # Milvus's largest VARCHAR
#: Where a search could take more memory than this for one batch (Milvus Lite), the batch is made smaller.
BATCH_BYTES = 256 * 2**20
#: Neighbours per answer: a server sends some 22 bytes for each, and at most 64 MiB.
BATCH_HITS = 2**21
#: Milvus answers at most this many neighbours.
MAX_LIMIT = 16_384


@dataclass(frozen=True, eq=False)
class Embeddings:
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
        The notebook's ``model``, ``uri`` and ``collection``.
    """

    ids: np.ndarray
    vectors: np.ndarray
    model: Embedder
    n_embedded: int
    fingerprint: str
    where: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        n, dim = self.vectors.shape
        return (
            f"{n:,} documents as vectors of {dim} floats by {self.model.name}, in {self.where}; "
            f"{self.n_embedded:,} embedded now, {n - self.n_embedded:,} stored already."
        )


@dataclass
class Store:
    """A Milvus collection for the documents of one model.

    Nothing is opened before it is needed, and a local file is closed again after each use: notebooks and
    grid runs share it one after the other.

    Parameters
    ----------
    uri : str
        A path ending in ``.db`` (Milvus Lite) or a server's address. The token, where one is needed, is read
        from the environment variable ``MILVUS_TOKEN`` or from a file ``.env``.
    collection : str
        The collection's name is this, followed by the model's: vectors of two models never mix.
    model : str
        See `newsclust.vectors.embedding.load_embedder`.
    index : str
        Index type that searches by Milvus use, e.g. ``"FLAT"``, ``"HNSW"``.
    index_params, search_params : dict
        That index's own parameters, e.g. ``{"M": 16, "efConstruction": 200}`` and ``{"ef": 128}``.
    """

    uri: str = "milvus.db"
    collection: str = "news_data"
    model: str = "minilm"
    index: str = "FLAT"
    index_params: dict[str, Any] = field(default_factory=dict)
    search_params: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.embedder = load_embedder(self.model)
        self.name = f"{self.collection}_{self.embedder.slug}"
        self.is_local = "://" not in self.uri
        self.path = find_output(self.uri) if self.is_local else None
        _check_uri(self.uri, self.path)

    @property
    def where(self) -> str:
        """The collection, in words."""
        return f"collection {self.name} of {self.path.name if self.path else self.uri}"

    def embed(self, documents: pd.DataFrame) -> Embeddings:
        """The vectors of `documents`; those not stored yet are embedded and stored first.

        Parameters
        ----------
        documents : DataFrame
            With columns ``id`` (int64, ascending) and ``text``, as in `Corpus.documents`.

        Returns
        -------
        Embeddings

        Raises
        ------
        NewsclustError
            If Milvus can't be opened or reached, the model can't be loaded, or a vector is not finite.
        """
        ids = documents["id"].to_numpy(np.int64)
        facts = [self.embedder.slug, self.embedder.revision]
        fingerprint = cache.fingerprint(ids, facts)
        key = {"vectors": fingerprint, "in": str(self.path or self.uri), "collection": self.name}
        with stage("embed") as entry:
            kept = cache.load("vectors", key) if not self.path or self.path.exists() else None
            if kept is not None:
                vectors, n_missing = kept["vectors"], 0
            else:
                with self.open() as client:
                    vectors, stored = self._read(client, ids)
                n_missing = int((~stored).sum())
                if n_missing:
                    self._ingest(documents.loc[~stored], np.flatnonzero(~stored), vectors)
                check_finite(ids, vectors)
                cache.save("vectors", key, vectors=vectors)
            entry.computed = n_missing > 0
        made_by = {"model": self.model, "uri": self.uri, "collection": self.collection}
        return Embeddings(ids, vectors, self.embedder, n_missing, fingerprint, self.where, made_by)

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
        ids, vectors = embeddings.ids, embeddings.vectors
        found = np.full((len(ids), k), -1, dtype=np.int32)
        with self.open() as client:
            self._build_index(client)
            self._check_stored(client, ids)
            count = client.query(self.name, filter="", output_fields=["count(*)"], consistency_level="Strong")
            total = int(count[0]["count(*)"])
            limit = min(k + 1, total)  # the document itself is among the answers
            todo = np.arange(len(ids))
            while len(todo):
                short = []
                # An index looks at no fewer documents than it is asked for: HNSW's ef, DISKANN's search_list.
                params = {
                    name: max(value, limit) if name in ("ef", "search_list") else value
                    for name, value in self.search_params.items()
                }
                rows = min(1000, BATCH_HITS // limit)
                if self.is_local:
                    rows = max(1, min(rows, BATCH_BYTES // (total * vectors.shape[1] * 4)))
                for start in tqdm(range(0, len(todo), rows), desc="Searching in Milvus", leave=False):
                    batch = todo[start : start + rows]
                    hits = client.search(
                        self.name,
                        data=list(vectors[batch]),
                        limit=limit,
                        anns_field="embedding",
                        search_params={"metric_type": "L2", "params": params},
                        output_fields=["id"],
                        consistency_level="Strong",
                    )
                    for row, answer in zip(batch, hits, strict=True):
                        others = _rows_of(ids, [hit["id"] for hit in answer])
                        others = others[others != row][:k]
                        found[row, : len(others)] = others
                        # A collection may hold other corpora's documents too: look further where they crowd in.
                        if len(others) < k and len(answer) == limit < min(total, MAX_LIMIT):
                            short.append(row)
                todo, limit = np.array(short, dtype=np.int64), min(2 * limit, total, MAX_LIMIT)
        return found

    @contextmanager
    def open(self) -> Iterator[MilvusClient]:
        """A client for as long as the block lasts."""
        from grpc import RpcError
        from pymilvus import MilvusClient, MilvusException

        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what goes wrong is said below, once
        token = _token()
        with _only_user(self.path):
            try:
                client = MilvusClient(str(self.path or self.uri), token=token, timeout=10)
            except Exception as error:
                raise NewsclustError(_cannot_open(self.uri, self.path, error)) from None
            try:
                self._ensure_collection(client)
                yield client
            except (MilvusException, RpcError) as error:
                answer = error.message if isinstance(error, MilvusException) else error.details()
                answer = answer.replace(token, "***") if token else answer
                raise NewsclustError(f"{self.where}: Milvus refused, saying {answer!r}.") from None
            finally:
                client.close()
                if self.path:
                    from milvus_lite.server_manager import server_manager_instance

                    server_manager_instance.release_server(str(self.path))  # close() alone keeps the file locked

    def _ensure_collection(self, client: MilvusClient) -> None:
        from pymilvus import DataType

        if client.has_collection(self.name):
            fields = {f["name"]: f for f in client.describe_collection(self.name)["fields"]}
            dim = int(fields.get("embedding", {}).get("params", {}).get("dim", 0))
            if not {"id", "embedding", "text"} <= fields.keys() or dim != self.embedder.dim:
                raise NewsclustError(
                    f"{self.where} was not made by newsclust for {self.model}: it needs the fields id, embedding "
                    f"({self.embedder.dim} floats) and text; give another name as collection."
                )
        else:
            schema = client.create_schema(auto_id=False, description=f"newsclust, {self.embedder.revision}")
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=self.embedder.dim)
            schema.add_field("text", DataType.VARCHAR, max_length=TEXT_BYTES)
            client.create_collection(self.name, schema=schema)
        if client.list_indexes(self.name, field_name="embedding"):
            client.load_collection(self.name)
        else:  # the collection is new, or a change of its index was interrupted; a search builds the one it asks for
            self._load_with(client, "FLAT", {})

    def _load_with(self, client: MilvusClient, index: str, params: dict[str, Any]) -> None:
        """Give the collection this index, or FLAT where Milvus refuses it: without one it could not be read again."""
        from pymilvus import MilvusException

        self._drop_index(client)
        try:
            wanted = client.prepare_index_params("embedding", index_type=index, metric_type="L2", params=params)
            client.create_index(self.name, wanted)
            client.load_collection(self.name)
        except MilvusException:
            if index != "FLAT":
                self._load_with(client, "FLAT", {})
            raise

    def _drop_index(self, client: MilvusClient) -> None:
        client.release_collection(self.name)
        for name in client.list_indexes(self.name, field_name="embedding"):
            client.drop_index(self.name, name)

    def _build_index(self, client: MilvusClient) -> None:
        """Replace the collection's index where it is another than the one asked for."""
        names = client.list_indexes(self.name, field_name="embedding")
        present = client.describe_index(self.name, names[0]) if names else {}
        same = present.get("index_type") == self.index and all(
            str(present.get(name)) == str(value) for name, value in self.index_params.items()
        )
        if not same:
            self._load_with(client, self.index, self.index_params)

    def _check_stored(self, client: MilvusClient, ids: np.ndarray) -> None:
        """The vectors may have come from the cache while the collection was made anew."""
        n_stored = 0
        for start in range(0, len(ids), READ_ROWS):
            wanted = ids[start : start + READ_ROWS].tolist()
            n_stored += len(client.query(self.name, ids=wanted, output_fields=["id"], consistency_level="Strong"))
        if n_stored < len(ids):
            raise NewsclustError(
                f"{self.where} lacks {len(ids) - n_stored:,} of the documents that were stored there before: delete "
                "the folder .newsclust/cache, so that they are embedded again, and run again."
            )

    def _read(self, client: MilvusClient, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        vectors = np.zeros((len(ids), self.embedder.dim), dtype=np.float32)
        stored = np.zeros(len(ids), dtype=bool)
        for start in tqdm(range(0, len(ids), READ_ROWS), desc="Reading from Milvus", leave=False):
            wanted = ids[start : start + READ_ROWS].tolist()
            found = client.query(self.name, ids=wanted, output_fields=["id", "embedding"], consistency_level="Strong")
            if found:
                rows = np.searchsorted(ids, [document["id"] for document in found])
                vectors[rows] = [document["embedding"] for document in found]
                stored[rows] = True
        return vectors, stored

    def _ingest(self, missing: pd.DataFrame, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Embed and store `missing`, writing the vectors of document i into row ``rows[i]`` as well."""
        texts, ids = missing["text"].tolist(), missing["id"].tolist()
        order = self.embedder.order(texts)
        with tqdm(total=len(texts), desc=f"Embedding with {self.embedder.name}", unit="doc", leave=False) as bar:
            for start in range(0, len(order), INSERT_ROWS):
                chunk = order[start : start + INSERT_ROWS]
                new = self.embedder.encode([texts[i] for i in chunk], progress=lambda batches: _count(batches, bar))
                check_finite(missing["id"].to_numpy()[chunk], new)
                found = [
                    {"id": ids[i], "embedding": vector, "text": _fitting(texts[i])}
                    for i, vector in zip(chunk, new, strict=True)
                ]
                # Opened for each insert: a connection left idle while a slow model works is cut by the server.
                with self.open() as client:
                    client.upsert(self.name, found)
                    if start + INSERT_ROWS >= len(order):
                        client.flush(self.name)
                vectors[rows[chunk]] = new


def check_finite(ids: np.ndarray, vectors: np.ndarray) -> None:
    """Refuse vectors with NaN or infinite components.

    Raises
    ------
    NewsclustError
        Naming the first such document's id.
    """
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise NewsclustError(
            f"the vector of document {ids[bad[0]]} (and {len(bad) - 1} more) has NaN or infinite components: "
            "delete these documents from the collection, or check the model, and run again."
        )


def _check_uri(uri: str, path: Path | None) -> None:
    if "@" in uri and not (path and path.suffix == ".db"):
        raise NewsclustError("uri holds a user or password: put it into the environment variable MILVUS_TOKEN instead.")
    if path is None:
        return
    if path.suffix != ".db":
        raise NewsclustError(
            f"uri {uri!r} is neither a file whose name ends in .db nor a server's address such as http://localhost:19530."
        )
    if path.is_file():
        raise NewsclustError(
            f"uri {uri!r} is a file of Milvus Lite 2, which Milvus Lite 3 can't read: give another name, "
            "and the headlines are embedded again."
        )
    if not path.parent.is_dir():
        raise NewsclustError(f"uri {uri!r}: there is no folder {path.parent}; create it first.")


@contextmanager
def _only_user(path: Path | None) -> Iterator[None]:
    """Wait for our turn: Milvus Lite lets one process at a time open a file."""
    if path is None:
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=2)
    except Timeout:
        print(f"Waiting for another run that is using {path.name} ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _token() -> str:
    from dotenv import find_dotenv, load_dotenv

    load_dotenv(find_dotenv(usecwd=True))
    return os.environ.get("MILVUS_TOKEN", "")


def _cannot_open(uri: str, path: Path | None, error: Exception) -> str:
    # The library's own message is left out: it can repeat the token.
    if path:
        return (
            f"Milvus Lite could not open {path} ({type(error).__name__}): if another program or notebook has it "
            "open, close that or restart its kernel; otherwise give another uri."
        )
    return (
        f"No Milvus server answered at {uri} ({type(error).__name__}): check the address, that the server runs and "
        "that MILVUS_TOKEN is right, or set uri to 'milvus.db' to work in a local file."
    )


def _rows_of(ids: np.ndarray, wanted: list[int]) -> np.ndarray:
    """Row numbers of the `wanted` ids that are among the ascending `ids`."""
    wanted = np.asarray(wanted, dtype=np.int64)
    rows = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return rows[ids[rows] == wanted]


def _count(batches: list[np.ndarray], bar: tqdm) -> Iterator[np.ndarray]:
    for batch in batches:
        yield batch
        bar.update(len(batch))


def _fitting(text: str) -> str:
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")
