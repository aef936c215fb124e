"""A Milvus collection of ids, vectors, texts and, for some models, words. It knows no model and no cache."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from ..cache import fingerprint, zeros
from ..errors import StoreError, shortage
from .connection import connect, damaged, is_unreached
from .word_weights import NO_WORD, from_milvus, stack, to_milvus

if TYPE_CHECKING:
    from pymilvus import MilvusClient
    from pymilvus.milvus_client import IndexParams
    from scipy.sparse import csr_array

#: Documents per read, well below a server's 16,384 rows and gRPC's 64 MiB per response.
READ_ROWS = 4096
TEXT_BYTES = 65_535  # Milvus's largest VARCHAR
#: If a search could take more memory than this for one batch (Milvus Lite), the batch is made smaller.
BATCH_BYTES = 256 * 2**20
#: Neighbours per response: a server sends about 22 bytes for each, and at most 64 MiB.
BATCH_HITS = 2**21
#: Milvus returns at most this many neighbours.
MAX_LIMIT = 16_384
#: Seconds without progress after which waiting for a server's index ends.
INDEX_SECONDS = 600
#: What a server returns about an index besides its parameters.
_ABOUT_INDEX = ("index_type", "metric_type", "field_name", "index_name", "total_rows", "indexed_rows",
                "pending_index_rows", "state", "params")  # fmt: skip


@dataclass(frozen=True)
class Collection:
    """A collection, created when it is first opened.

    Nothing is opened before it is needed, and a local file is closed again after each use: notebooks and grid runs
    share it one after the other.

    Parameters
    ----------
    uri : str
        A server's address, or the path of a local database as the user gave it.
    path : Path or None
        Of the local database; None for a server.
    name : str
    dim : int
        Length of a vector.
    description : str
        Stored with the collection.
    with_words : bool
        Whether a sparse vector of words is stored beside each vector, if Milvus supports it.
    index, index_params, search_params
        As in `Store`; a search replaces another index of the collection by this one.
    given : bool
        Whether the user gave `uri`; see `newsclust.vectors.connection.connect`.
    """

    uri: str
    path: Path | None
    name: str
    dim: int
    description: str = ""
    with_words: bool = False
    index: str = "FLAT"
    index_params: dict[str, Any] = field(default_factory=dict)
    search_params: dict[str, Any] = field(default_factory=dict)
    given: bool = True

    @property
    def where(self) -> str:
        """The collection, in words."""
        return f"collection {self.name} of {self.path.name if self.path else self.uri}"

    def identity(self) -> str | None:
        """Identifies this collection, unlike a new one with the same name; None if there is none.

        A local database is not opened for this.
        """
        if self.path:
            folder = self.path / "collections"
            if not self.path.exists() or (folder.exists() and not (folder / self.name).exists()):
                return None
            schema = folder / self.name / "schema.json"  # written once, when Milvus Lite creates the collection
            if schema.exists():
                return str(schema.stat().st_mtime_ns)
        with self._connect() as client:
            if not client.has_collection(self.name):
                return None
            facts = client.describe_collection(self.name)
            return f"{facts.get('collection_id')} {facts.get('created_timestamp')}"

    @contextmanager
    def open(self) -> Iterator[MilvusClient]:
        """A client for the block; the collection exists and can be read."""
        with self._connect() as client:
            with self._readable():
                self._ensure(client)
            yield client

    def _connect(self) -> AbstractContextManager[MilvusClient]:
        return connect(self.uri, self.path, self.where, self.given)

    def has_words(self, client: MilvusClient) -> bool:
        """Whether words are stored: not in collections that Milvus before 2.4 created."""
        return self.with_words and "words" in self._fields(client)

    def read(self, client: MilvusClient, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, csr_array | None]:
        """The vectors, texts and words of the documents `ids`.

        Parameters
        ----------
        client : MilvusClient
        ids : ndarray of int64, shape (n,)
            Ascending.

        Returns
        -------
        vectors : ndarray of float32, shape (n, dim)
            Zeros if a document is not stored.
        texts : ndarray of object, shape (n,)
            None if a document is not stored.
        words : csr_array of float32, shape (n, n_terms), or None
            Empty rows if a document is not stored; None if this collection has no words.
        """
        vectors = zeros((len(ids), self.dim), np.float32)
        texts = np.full(len(ids), None, dtype=object)
        has_words = self.has_words(client)
        words = [from_milvus([])]
        fields = ["id", "embedding", "text"] + (["words"] if has_words else [])
        for start in tqdm(range(0, len(ids), READ_ROWS), desc="Reading from Milvus", leave=False, delay=2):
            wanted = ids[start : start + READ_ROWS].tolist()
            with self._readable():
                found = client.query(self.name, ids=wanted, output_fields=fields, consistency_level="Strong")
            if found:
                rows = np.searchsorted(ids, [document["id"] for document in found])
                vectors[rows] = [document["embedding"] for document in found]
                texts[rows] = [document["text"] for document in found]
            if has_words:
                stored = {document["id"]: document["words"] for document in found}
                words.append(from_milvus([stored.get(id, NO_WORD) for id in wanted]))
        return vectors, texts, stack(words) if has_words else None

    def put(
        self, client: MilvusClient, ids: np.ndarray, vectors: np.ndarray, texts: list[str], words: csr_array | None
    ) -> None:
        """Store documents, and replace those with the same ids; with their words if the collection keeps words."""
        found = [
            {"id": id, "embedding": vector, "text": fitting(text)}
            for id, vector, text in zip(ids.tolist(), vectors, texts, strict=True)
        ]
        if words is not None and self.has_words(client):
            for document, row in zip(found, to_milvus(words), strict=True):
                document["words"] = row
        client.upsert(self.name, found)

    def holds(self, client: MilvusClient, ids: list[int], texts: list[str]) -> np.ndarray:
        """Which documents are stored with these texts: bool, shape (n,). Their vectors are not read."""
        found = client.query(self.name, ids=ids, output_fields=["id", "text"], consistency_level="Strong")
        stored = {document["id"]: document["text"] for document in found}
        same = (stored.get(id) in (text, fitting(text)) for id, text in zip(ids, texts, strict=True))
        return np.fromiter(same, bool, len(ids))

    def count(self, client: MilvusClient, ids: np.ndarray) -> int:
        """How many of the documents `ids` are stored."""
        found = 0
        for start in range(0, len(ids), READ_ROWS):
            wanted = ids[start : start + READ_ROWS].tolist()
            found += len(client.query(self.name, ids=wanted, output_fields=["id"], consistency_level="Strong"))
        return found

    def search(
        self,
        client: MilvusClient,
        ids: np.ndarray,
        vectors: np.ndarray,
        k: int,
        are_their_own: bool = True,
    ) -> np.ndarray:
        """Ask Milvus for the `k` documents among `ids` that are nearest to each of `vectors`.

        Parameters
        ----------
        client : MilvusClient
        ids : ndarray of int64, shape (n,)
            Ascending.
        vectors : ndarray of float32, shape (m, dim)
        k : int
        are_their_own : bool
            Whether `vectors` are those of the documents `ids`, none of which is its own neighbour.

        Returns
        -------
        ndarray of int32, shape (m, k)
            Row numbers into `ids`, in no particular order; -1 pads shorter answers.
        """
        self._give_index(client)
        total = client.query(self.name, filter="", output_fields=["count(*)"], consistency_level="Strong")
        total = total[0]["count(*)"]
        found = zeros((len(vectors), k), np.int32)
        found -= 1
        todo, limit = np.arange(len(vectors)), min(k + 1, total, MAX_LIMIT)
        while len(todo):
            short = []
            params = {
                name: max(int(value), limit) if name in ("ef", "search_list") else value
                for name, value in self.search_params.items()
            }
            rows = min(1000, BATCH_HITS // limit)
            if self.path:
                rows = max(1, min(rows, BATCH_BYTES // (total * vectors.shape[1] * 4)))
            for start in tqdm(range(0, len(todo), rows), desc="Searching in Milvus", leave=False, delay=2):
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
                    others = (others[others != row] if are_their_own else others)[:k]
                    found[row, : len(others)] = others
                    # A collection may have other corpora's documents, too: search further if they fill the answer.
                    if len(others) < k and len(answer) == limit < min(total, MAX_LIMIT):
                        short.append(row)
            todo, limit = np.array(short, dtype=np.int64), min(2 * limit, total, MAX_LIMIT)
        return found

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """A local database that can't even be read is damaged: here Milvus refuses nothing that a user asks for."""
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            elsewhere = "No space left" in error.message or "Permission denied" in error.message
            if not self.path or elsewhere or is_unreached(error) or shortage(error.message):
                raise
            raise StoreError(damaged(self.path, error.message)) from None

    def _ensure(self, client: MilvusClient) -> None:
        from pymilvus import DataType

        if client.has_collection(self.name):
            facts, fields = client.describe_collection(self.name), self._fields(client)
            dim = int(fields.get("embedding", {}).get("params", {}).get("dim", 0))
            letters = int(fields.get("text", {}).get("params", {}).get("max_length", 0))
            fits = {"id", "embedding", "text"} <= fields.keys() and (dim, letters) == (self.dim, TEXT_BYTES)
            if not fits or facts.get("auto_id") or fields["id"].get("auto_id"):
                raise StoreError(
                    f"{self.where} was not made by newsclust for this model: it needs the fields id (without auto_id), "
                    f"embedding ({self.dim} floats) and text (up to {TEXT_BYTES:,} bytes); give another name as "
                    f"collection, or cluster its rows: -p data milvus -p collection {self.name}."
                )
        else:
            schema = client.create_schema(auto_id=False, description=self.description)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=self.dim)
            schema.add_field("text", DataType.VARCHAR, max_length=TEXT_BYTES)
            if self.with_words and self._can_have_words(client):
                schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
            client.create_collection(self.name, schema=schema)
        if self.has_words(client) and not client.list_indexes(self.name, field_name="words"):
            # No search uses it, but a server loads a collection only if every vector field has an index.
            kind = {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP", "index_name": "words"}
            self._create_index(client, "words", client.prepare_index_params("words", **kind))
        if client.list_indexes(self.name, field_name="embedding"):
            client.load_collection(self.name)
        else:  # the collection is new, or a change of its index was interrupted; a search builds its own index
            self._load_with(client, "FLAT", {})

    def _fields(self, client: MilvusClient) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in client.describe_collection(self.name)["fields"]}

    def _can_have_words(self, client: MilvusClient) -> bool:
        """Milvus supports sparse vectors from 2.4 on; 2.3 creates such a field, but crashes when it is loaded."""
        if self.path:
            return True
        found = re.match(r"v?(\d+)\.(\d+)", client.get_server_version())
        return found is None or tuple(map(int, found.groups())) >= (2, 4)

    def _give_index(self, client: MilvusClient) -> None:
        """Replace the collection's index if it is, or may be, another than the one requested."""
        names = client.list_indexes(self.name, field_name="embedding")
        present = client.describe_index(self.name, names[0]) if names else {}
        # A server keeps our name for it. Milvus Lite does not, nor does it return the parameters.
        wanted = _index_name(self.index, self.index_params)
        known = self.index == "FLAT" if self.path else present.get("index_name") == wanted
        if not (known and present.get("index_type") == self.index):
            own = {one: value for one, value in present.items() if one not in _ABOUT_INDEX}
            before = [(present["index_type"], own)] if present and not self.path else []
            self._load_with(client, self.index, self.index_params, *before, ("FLAT", {}))

    def _load_with(
        self, client: MilvusClient, index: str, params: dict[str, Any], *others: tuple[str, dict[str, Any]]
    ) -> None:
        """Give the collection this index, or the first of `others` that Milvus accepts: it needs one to be read."""
        from pymilvus import MilvusException

        self._drop_index(client)
        try:
            name = _index_name(index, params)
            wanted = client.prepare_index_params(
                "embedding", index_type=index, metric_type="L2", index_name=name, params=params
            )
            self._create_index(client, name, wanted)
            client.load_collection(self.name)
        except (MilvusException, StoreError):
            if others:
                self._load_with(client, *others[0], *others[1:])
            raise

    def _create_index(self, client: MilvusClient, name: str, wanted: IndexParams) -> None:
        """Milvus Lite returns when the index is built; a server is asked every half second while it makes progress."""
        from pymilvus.exceptions import AmbiguousIndexName

        client.create_index(self.name, wanted, sync=False)
        built, since = -1, time.monotonic()
        with tqdm(desc="Building the index", unit="doc", leave=False, delay=2) as bar:
            while self.path is None:
                try:
                    facts = client.describe_index(self.name, name)
                except AmbiguousIndexName:  # Milvus Lite run as a server, which has built it by now
                    return
                if facts["state"] == "Finished":
                    return
                if facts["indexed_rows"] != built:
                    built, since = facts["indexed_rows"], time.monotonic()
                if facts["state"] == "Failed" or time.monotonic() - since > INDEX_SECONDS:
                    how = "failed" if facts["state"] == "Failed" else f"made no progress for {INDEX_SECONDS} s"
                    raise StoreError(
                        f"{self.where}: building the index {facts['index_type']} {how} on the server, at {built:,} of "
                        f"{facts['total_rows']:,} documents: give another index, such as HNSW, or look into the "
                        "server's log. The collection has the index that it had before."
                    )
                bar.total = facts["total_rows"]
                bar.update(built - bar.n)
                time.sleep(0.5)

    def _drop_index(self, client: MilvusClient) -> None:
        client.release_collection(self.name)
        for name in client.list_indexes(self.name, field_name="embedding"):
            client.drop_index(self.name, name)


def fitting(text: str) -> str:
    """The part of `text` that fits into Milvus's field."""
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def _index_name(index: str, params: dict[str, Any]) -> str:
    return f"embedding_{index.lower()}_{fingerprint({name: str(value) for name, value in params.items()})}"


def _rows_of(ids: np.ndarray, wanted: list[int]) -> np.ndarray:
    """Row numbers of the `wanted` ids that are among the ascending `ids`."""
    some = np.asarray(wanted, dtype=np.int64)
    rows = np.minimum(np.searchsorted(ids, some), len(ids) - 1)
    return rows[ids[rows] == some]
