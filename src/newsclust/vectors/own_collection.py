"""A collection that newsclust did not fill: it is read unchanged, and nothing is embedded, stored or changed in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from headline_reader.cells import text_of
from headline_reader.errors import listed
from headline_reader.roles import ROLES, TEXTS, is_called

from .. import cache
from ..corpus.corpus import Corpus
from ..corpus.documents import MILVUS, corpus_of_rows
from ..errors import InputError, ModelError, ParameterError, StoreError, notice
from ..paths import find_input, find_output, short, tell_once
from ..stages import stage
from .collection import Collection
from .connection import check_uri, connect
from .embedding import Embedder, check_finite, lengths_of, load_embedder
from .own_rows import KEY, VECTOR, Schema, read_keys, read_rows, read_schema
from .store import UNIT_TOLERANCE, Embeddings, Store

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: A value of the parameter `write_labels`: into the collection's own rows.
INSIDE = "inside"
#: The number of rows that are searched for names of dynamic fields.
FIRST_ROWS = 100
#: A model made the stored vectors if its vectors of some of the texts have at least this median cosine with them.
SAME_MODEL = 0.9


@dataclass
class OwnCollection(Store):
    """The user's own collection: a store in which nothing is stored.

    Parameters
    ----------
    collection : str
        The whole name.
    model, precision : str
        For phrases to search for.
    columns : dict
        From a role of text, ``"vector"`` or ``"id"`` to its field, for those not found automatically.
    filter : str, optional
        A Milvus expression: only its rows are read.
    """

    columns: dict[str, str] = field(default_factory=dict)
    filter: str | None = None

    def __post_init__(self) -> None:
        self.name, self.is_local = self.collection, True  # neighbours are always searched in process
        self.path = None if "://" in self.uri else find_output(self.uri)
        check_uri(self.uri, self.path)

    @property
    def in_milvus(self) -> Collection:
        return Collection(self.uri, self.path, self.name, 0, given=self.given)

    @contextmanager
    def open(self) -> Iterator[MilvusClient]:
        """A client for the block; the collection is loaded, and released again if it was not loaded before.

        Raises
        ------
        StoreError
            If there is no such collection; the message lists the others.
        """
        if self.path and not self.path.exists():
            raise StoreError(f"uri is {self.uri!r}, but there is no database {short(self.path)}.")
        with connect(self.uri, self.path, self.where, self.given) as client:
            if not client.has_collection(self.name):
                there = listed(sorted(client.list_collections())) or "none"
                raise StoreError(f"there is no {self.where}; the collections there are {there}.")
            loaded = client.get_load_state(self.name)["state"].name == "Loaded"
            try:
                if not loaded:
                    client.load_collection(self.name)
                yield client
            finally:
                if not loaded and client.has_collection(self.name):
                    client.release_collection(self.name)

    def schema(self, client: MilvusClient) -> Schema:
        return read_schema(client, self.name, self.where, self.columns)

    @stage("read")
    def read(self, truth: str | None = None) -> Corpus:
        """The documents: texts cleaned as in a file, rows in the order of their keys.

        If only one field has text, all after its first line is the description, as the tutorial stores it. If none has,
        a document is identified by its key and has no text.

        Parameters
        ----------
        truth : str, optional
            A field with known stories.

        Raises
        ------
        StoreError, InputError, ParameterError
        """
        if (file := find_input(MILVUS)).exists():
            tell_once(f"data is 'milvus': {self.where} is read, not {short(file)}, which is ./milvus.")
        asked = {role: name for role, name in self.columns.items() if role not in (VECTOR, KEY)}
        with self.open() as client:
            schema = self.schema(client)
            keys = read_keys(client, schema, self.filter, self.path is not None)
            if not len(keys):
                raise InputError(f"{self.where} has no row{' that matches filter' * bool(self.filter)}.")
            names = self._fields(client, schema, asked, truth)
            columns: dict[str, list[str]] = {name: [""] * len(keys) for name in names}
            for place, row in read_rows(client, schema, keys, names) if names else ():
                for name in names:
                    columns[name][place] = text_of(row.get(name))
        rows = pd.DataFrame({schema.key: [str(key) for key in keys.tolist()], **columns}, dtype=str)
        corpus = corpus_of_rows(rows, self.where, truth, asked, schema.key)
        stored = {"uri": self.uri, "collection": self.name, "filter": self.filter}
        return replace(corpus, given=MILVUS, columns=self.columns, row_keys=keys, place=stored)

    def _fields(self, client: MilvusClient, schema: Schema, asked: dict[str, str], truth: str | None) -> list[str]:
        """The fields to read besides the key: by their names, else all texts."""
        kinds = {name: kind for name, kind in schema.kinds.items() if "VECTOR" not in kind}
        dynamic = schema.facts.get("enable_dynamic_field")
        if dynamic:
            first = client.query(self.name, filter=self.filter or "", limit=FIRST_ROWS, output_fields=["*"])
            seen = {name: value for row in first for name, value in row.items() if name not in schema.kinds}
            kinds |= {name: "VARCHAR" if isinstance(value, str) else "other" for name, value in seen.items()}
        wanted = asked | ({"truth": truth} if truth else {})
        for role, name in wanted.items():
            if name not in kinds and not dynamic:
                raise ParameterError(f"{role} is {name!r}, but {self.where} has no such field; it has {listed(kinds)}.")
        names = [name for name in kinds if is_called(name, *ROLES)]
        if not (asked.keys() & set(TEXTS) or any(is_called(name, *TEXTS) for name in names)):
            names += [name for name, kind in kinds.items() if kind == "VARCHAR"]
        return [name for name in dict.fromkeys([*names, *wanted.values()]) if name != schema.key]

    def embed(self, corpus: Corpus) -> Embeddings:
        """The vectors of the documents of `read`; for equal texts that of the row that represents them.

        They are scaled to unit length, unless the collection's metric is L2, which depends on lengths: then all are
        divided by the median length. A notice says so, if lengths differ from 1.
        """
        assert corpus.row_keys is not None  # `read` gave them
        keys, ids = corpus.row_keys[corpus.standing], corpus.documents["id"].to_numpy(np.int64)
        with stage("embed") as entry, self.open() as client:
            entry.computed = False
            schema = self.schema(client)
            self.vector_field = schema.vector  # set here, while a client is open
            vectors = cache.zeros((len(keys), schema.dim), np.float32)
            for place, row in read_rows(client, schema, keys, [schema.vector]):
                vectors[place] = row[schema.vector]
        check_finite(keys, vectors)
        if told := bring_to_length(vectors, schema.metric):
            notice(f"{self.where}: {told}")
        given = {"model": self.model, "uri": self.uri, "collection": self.name, "precision": self.precision}
        digest = cache.fingerprint(ids, corpus.documents["text"].tolist(), vectors)
        return Embeddings(ids, vectors, _unknown(schema.dim), 0, digest, self.where, given)

    def recall(self, ids: np.ndarray) -> tuple[Embeddings, np.ndarray]:
        """As `Store.recall`: all is read again, because the cleaning of one text depends on the others."""
        corpus = self.read()
        rows = np.flatnonzero(np.isin(corpus.ids, ids))
        if len(rows) < len(ids):
            raise StoreError(f"{self.where} lacks {len(ids) - len(rows):,} of the {len(ids):,} documents: run again.")
        return self.embed(corpus).part(rows), corpus.documents["text"].to_numpy(object)[rows]

    def nearest_to(self, ids: np.ndarray, phrase: str, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As `Store.nearest_to`, by the model of the parameter `model`.

        Raises
        ------
        ModelError
            If that model did not make the vectors, judging by some of the texts.
        """
        found, texts = self.recall(ids)
        asked, dim = load_embedder(self.model, self.precision), found.vectors.shape[1]
        units = found.vectors / np.maximum(np.linalg.norm(found.vectors, axis=1, keepdims=True), 1e-12)
        some = np.flatnonzero(texts != "")[:5]
        own = asked.encode([phrase, *texts[some]]) if asked.dim == dim else np.zeros((1 + len(some), dim))
        same = np.einsum("ij,ij->i", own[1:], units[some])
        if not (len(same) and np.median(same) >= SAME_MODEL):
            raise ModelError(
                f"a phrase can't be searched for in {self.where}: its vectors of {dim} floats are not those of model "
                f"{self.model!r}; run again with the model that made them, if newsclust has it."
            )
        rows = np.sort(np.argsort(-units @ own[0], kind="stable")[:n])
        return rows, texts[rows], units[rows].astype(np.float64) @ own[0]

    @cached_property
    def vector_field(self) -> str:  # type: ignore[override]  # read when it is asked for
        with self.open() as client:
            return self.schema(client).vector

    @cached_property
    def embedder(self) -> Embedder:  # type: ignore[override]  # read when it is asked for
        """A placeholder for the unknown model."""
        with self.open() as client:
            return _unknown(self.schema(client).dim)


def _unknown(dim: int) -> Embedder:
    return Embedder("the model that filled the collection", "unknown", "as stored", dim, _refuse, "as stored")


def _refuse() -> Any:
    raise ModelError("nothing is embedded for the user's own collection: newsclust does not know its model.")


def bring_to_length(vectors: np.ndarray, metric: str) -> str:
    """Scale the vectors in place, and return how, in words; "" if all have length 1 already."""
    lengths = lengths_of(vectors)
    if (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():
        return ""
    found = f"lengths of vectors go from {lengths.min():.3g} to {lengths.max():.3g}"
    if metric == "L2":
        vectors /= np.float32(median := float(np.median(lengths)) or 1.0)
        return f"{found}, and its metric L2 depends on them, so all are divided by {median:.3g}, their median."
    vectors /= np.where(lengths > 0, lengths, 1).astype(np.float32)[:, None]
    none = f", but {n:,} of length 0" if (n := int((lengths == 0).sum())) else ""
    return f"{found}; all are scaled to length 1{none}."
