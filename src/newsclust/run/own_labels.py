"""Write the stories of the user's own collection into Milvus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ..errors import ParameterError, StoreError, notice
from ..vectors.filling import INSERT_ROWS
from ..vectors.own_collection import INSIDE, OwnCollection
from ..vectors.own_rows import Schema, one_of
from ..wording import count
from .page_data import certainty

if TYPE_CHECKING:
    from pymilvus import MilvusClient

    from .results import Map

#: The ending of the collection's name that is written beside the user's.
ENDING = "_stories"
#: Its fields beside the primary key. Milvus wants a vector in each collection: it is the place on the map.
FIELDS = {"story": "INT64", "certainty": "FLOAT", "title": "VARCHAR", "run": "VARCHAR", "place": "FLOAT_VECTOR"}
#: The prefix of fields that are written into the user's own rows.
PREFIX = "newsclust_"
TITLE_BYTES = 2000


def check(own: OwnCollection, how: bool | str) -> None:
    """Check that labels can be written, before anything is computed.

    Raises
    ------
    ParameterError, StoreError
    """
    with own.open() as client:
        schema = own.schema(client)
        if how != INSIDE:
            return _check_ours(client, own, {_key(schema): schema.kinds[schema.key], **FIELDS})
        lacks = [
            *["Milvus makes its keys, and an upsert could change them"] * bool(schema.facts.get("auto_id")),
            *["it has no dynamic field"] * (not schema.facts.get("enable_dynamic_field")),
            *["Milvus computes some of its fields"] * bool(schema.facts.get("functions")),
            *[f"its own field {name} is in the way" for name in schema.kinds if name.startswith(PREFIX)],
        ]
    if lacks:
        raise ParameterError(
            f"write_labels is 'inside', but nothing can be written into {own.where}: {lacks[0]}; True writes them to "
            f"{own.name}{ENDING}."
        )


def write(drawn: Map, how: bool | str, run: str) -> None:
    """Write each row's story; rows of equal texts have one. What an earlier run wrote is replaced.

    Parameters
    ----------
    drawn : Map
        Of a collection of the user's own.
    how : {True, "inside"}
        Into the collection `beside`, where labels of other runs are removed at the end, or into the rows themselves.
    run : str
        Identifies this run.
    """
    vectors, stories = drawn.named.clusters.links.vectors, drawn.named.stories
    corpus, own = vectors.corpus, vectors.store
    assert isinstance(own, OwnCollection) and corpus.row_keys is not None
    titles = stories.table["title"].reindex(stories.labels).fillna("").str.encode("utf-8").str[:TITLE_BYTES]
    table = pd.DataFrame({"story": stories.labels.astype(np.int64), "certainty": certainty(stories).astype(float)})
    table["title"], table["run"] = titles.str.decode("utf-8", "ignore").to_numpy(), run
    table["place"] = drawn.layout.coordinates[:, :2].tolist()
    table = table.iloc[np.searchsorted(corpus.ids, corpus.row_ids.dropna().to_numpy(np.int64))]
    keys, where = corpus.row_keys[corpus.row_ids.notna().to_numpy()], own.where
    with own.open() as client:
        if how == INSIDE:
            _write_inside(client, own, keys, table.drop(columns="place").add_prefix(PREFIX))
        else:
            _write_beside(client, own, keys, table, run)
            where = f"{beside(own).where}; `newsclust clean --labels {own.name} --uri {own.uri}` removes them"
    notice(f"The stories of {count(len(keys), 'row')} are in {where}.")


def remove(uri: str, name: str) -> str:
    """Remove the collection that `write` made beside `name`, and say so.

    Raises
    ------
    StoreError
        If there is none, or it was not made by newsclust.
    """
    own = OwnCollection(uri, name)
    with beside(own).open() as client:
        _check_ours(client, own, FIELDS)
        client.drop_collection(beside(own).name)
    return f"Removed {beside(own).where}."


def beside(own: OwnCollection) -> OwnCollection:
    """The collection of the labels."""
    return replace(own, collection=f"{own.name}{ENDING}", columns={}, filter=None)


def _key(schema: Schema) -> str:
    return schema.key if schema.key not in FIELDS else "key"


def _check_ours(client: MilvusClient, own: OwnCollection, fields: dict[str, str]) -> None:
    name = beside(own).name
    there = client.describe_collection(name)["fields"] if client.has_collection(name) else []
    if there and not fields.items() <= {each["name"]: each["type"].name for each in there}.items():
        raise StoreError(f"{beside(own).where} was not made by newsclust for the keys of {own.name}: rename it.")


def _write_beside(client: MilvusClient, own: OwnCollection, keys: np.ndarray, table: pd.DataFrame, run: str) -> None:
    name, schema = beside(own).name, own.schema(client)
    key = _key(schema)
    if not client.has_collection(name):
        from pymilvus import DataType

        made = client.create_schema(auto_id=False, description=f"newsclust: the stories of {own.name}")
        for field, kind in {key: schema.kinds[schema.key], **FIELDS}.items():
            length = {"max_length": schema.key_bytes if field == key else TITLE_BYTES} if kind == "VARCHAR" else {}
            made.add_field(
                field, DataType[kind], is_primary=field == key, **({"dim": 2} if field == "place" else length)
            )
        index = client.prepare_index_params("place", index_type="FLAT", metric_type="L2")
        client.create_collection(name, schema=made, index_params=index)
    client.load_collection(name)
    table = table.assign(**{key: keys})
    for start in tqdm(range(0, len(keys), INSERT_ROWS), desc="Writing labels", leave=False, delay=2):
        client.upsert(name, table.iloc[start : start + INSERT_ROWS].to_dict("records"))
    client.delete(name, filter=f'run != "{run}"')
    client.flush(name)


def _write_inside(client: MilvusClient, own: OwnCollection, keys: np.ndarray, table: pd.DataFrame) -> None:
    """Each partition by itself: an upsert would move a row to the default one."""
    schema, written = own.schema(client), 0
    by_key = any(each.get("is_partition_key") for each in schema.facts["fields"])
    for partition in [""] if by_key else client.list_partitions(own.name):
        asked = {"partition_names": [partition] if partition else None, "output_fields": ["*"]}
        for start in range(0, len(keys), INSERT_ROWS):
            some = slice(start, start + INSERT_ROWS)
            known = dict(zip(keys[some].tolist(), table[some].to_dict("records"), strict=True))
            rows = client.query(own.name, filter=one_of(schema, list(known)), consistency_level="Strong", **asked)
            if rows:
                client.upsert(own.name, [{**row, **known[row[schema.key]]} for row in rows], partition_name=partition)
            written += len(rows)
    client.flush(own.name)
    if written != len(keys):
        raise StoreError(f"{own.where}: {written:,} of {len(keys):,} rows have their story: rows changed meanwhile.")
