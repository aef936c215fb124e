"""The schema of a collection that newsclust did not fill, and its rows, read by their primary keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from headline_reader.errors import listed

from ..errors import StoreError, notice
from .collection import MAX_LIMIT, READ_ROWS

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: What `columns` can name besides the roles of text: the fields of the vectors and of the primary key.
VECTOR, KEY = "vector", "id"
#: Bytes of vectors per read.
READ_BYTES = 2**25
#: Keys per page of a local file, which scans all rows for each page.
FILE_KEYS = 2**20
#: Seconds after which a collection of bounded consistency shows new rows: more than `common.gracefulTime`, 5 s.
STALE_SECONDS = 6
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True)
class Schema:
    """The parts of a collection's schema that are used here.

    Attributes
    ----------
    name, where : str
        The collection's name, and the collection in words.
    facts : dict
        As Milvus describes the collection.
    kinds : dict
        The type of each field, such as ``"VARCHAR"``, by its name.
    key, vector : str
        Fields.
    dim : int
    metric : str
        "" if the vectors have no index.
    key_bytes : int
        The most bytes of a key that is a text, 0 for numbers.
    """

    name: str
    where: str
    facts: dict[str, Any]
    kinds: dict[str, str]
    key: str
    vector: str
    dim: int
    metric: str
    key_bytes: int


def read_schema(client: MilvusClient, name: str, where: str, columns: Mapping[str, str]) -> Schema:
    """The collection's schema; `columns` may name the fields of vectors and key.

    Raises
    ------
    StoreError
        If these are missing, or the field of the vectors is ambiguous; the message lists the fields.
    """
    facts = client.describe_collection(name)
    fields = {each["name"]: each for each in facts["fields"]}
    kinds = {field: each["type"].name for field, each in fields.items()}
    key = next(field for field, each in fields.items() if each.get("is_primary"))
    floats = [field for field, kind in kinds.items() if kind == "FLOAT_VECTOR"]
    vector = columns.get(VECTOR, floats[0] if len(floats) == 1 else None)
    wrong = ""
    if vector is None:
        name_it = f": name one, for example columns={{'vector': {floats[0]!r}}}" if floats else ""
        wrong = f"{where} has {len(floats) or 'no'} field{'s' * bool(floats)} of FLOAT_VECTOR{name_it}"
    elif vector not in floats:
        wrong = f"columns gives vector as {vector!r}, which is no FLOAT_VECTOR of {where}"
    elif columns.get(KEY, key) != key:
        wrong = f"columns gives id as {columns[KEY]!r}, but the primary key of {where} is {key!r}"
    if wrong or vector is None:
        raise StoreError(
            f"{wrong}; its fields are {listed([f'{field} ({kind})' for field, kind in kinds.items()], 40)}."
        )
    indexes = client.list_indexes(name, field_name=vector)
    metric = client.describe_index(name, indexes[0]).get("metric_type", "") if indexes else ""
    dim, key_bytes = int(fields[vector]["params"]["dim"]), int(fields[key]["params"].get("max_length", 0))
    return Schema(name, where, facts, kinds, key, vector, dim, metric, key_bytes)


def read_keys(client: MilvusClient, schema: Schema, only: str | None = None, is_file: bool = False) -> np.ndarray:
    """All primary keys, ascending, or those that match the expression `only`: int64, or texts as objects.

    pymilvus's own iterator, and its queries by ``ids``, put texts into expressions without escapes. On a server an
    iterator sees the rows of a few seconds ago, if the collection's consistency is not strong: so keys are counted,
    too.

    Raises
    ------
    StoreError
        If Milvus answers out of order.
    """
    asked = {"filter": only or "", "output_fields": ["count(*)"], "consistency_level": "Strong"}
    for last in (False, True):
        found = list(_keys(client, schema, only, FILE_KEYS if is_file else MAX_LIMIT))
        if (is_file and only) or (n := client.query(schema.name, **asked)[0]["count(*)"]) == len(found):
            break
        if last:
            notice(
                f"{schema.where} counts {n:,} rows, and {len(found):,} different keys were read: rows with equal "
                "keys count once, and rows may have been added or deleted meanwhile."
            )
        elif not is_file:
            time.sleep(STALE_SECONDS)
    return np.array(found, dtype=object if schema.key_bytes else np.int64)


def _keys(client: MilvusClient, schema: Schema, only: str | None, n: int) -> Iterator[Any]:
    after: int | str | None = None
    while True:
        parts = ([] if after is None else [f"{schema.key} > {literal(after)}"]) + [f"({only})"] * bool(only)
        rows = client.query(
            schema.name,
            filter=" and ".join(parts),
            limit=n,
            output_fields=[schema.key],
            iterator="True",  # makes Milvus answer in the order of the keys
            reduce_stop_for_best="True",
        )
        keys = list(dict.fromkeys(row[schema.key] for row in rows))
        if not keys:
            return
        if keys != sorted(keys) or (after is not None and keys[0] <= after):
            raise StoreError(f"{schema.where}: Milvus does not answer in the order of the keys, so rows could be lost.")
        yield from keys
        after = keys[-1]


def read_rows(
    client: MilvusClient, schema: Schema, keys: np.ndarray, names: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each key's position and the fields `names` of its row, read in blocks.

    Raises
    ------
    StoreError
        If a row is missing.
    """
    n = max(1, min(READ_ROWS, READ_BYTES // (4 * schema.dim))) if schema.vector in names else READ_ROWS
    for start in tqdm(range(0, len(keys), n), desc="Reading from Milvus", leave=False, delay=2):
        place = {key: start + i for i, key in enumerate(keys[start : start + n].tolist())}
        fields = {"output_fields": [schema.key, *names], "consistency_level": "Strong"}
        rows = client.query(schema.name, filter=one_of(schema, list(place)), **fields)
        if lacking := place.keys() - {row[schema.key] for row in rows}:
            raise StoreError(
                f"{schema.where} lost rows while it was read, such as that of {min(lacking)!r}: run again."
            )
        yield from ((place[row[schema.key]], row) for row in rows)


def one_of(schema: Schema, keys: list[Any]) -> str:
    """The expression for the rows of these keys."""
    return f"{schema.key} in [{', '.join(map(literal, keys))}]"


def literal(key: int | str) -> str:
    """A primary key as a literal of a Milvus expression."""
    return f'"{key.translate(_ESCAPED)}"' if isinstance(key, str) else str(key)
