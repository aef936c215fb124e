"""A finished run, read back to compare it with new headlines. The run is not changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headline_reader.dates import read_dates
from headline_reader.languages import detect, language_code

from ..cache import fingerprint
from ..clusters.clustering import CLUSTERING
from ..corpus.corpus import Corpus
from ..corpus.documents import STANDING, first_of_each
from ..corpus.facts import with_facts, with_repeats
from ..errors import NewsclustError, RunError, notice
from ..markup import escape
from ..neighbors.blend import blend
from ..neighbors.neighbors import Neighbors, find_neighbors
from ..paths import find_output, short
from ..vectors.own_collection import OwnCollection
from ..vectors.precision import PRECISIONS
from ..vectors.store import TF_IDF, Embeddings, Store
from ..wording import assigned
from .csv_cells import as_it_was, inert
from .parameters import Parameters, make_parameters
from .preflight import find_run
from .record import SUPPORT, WEIGHER, Record, model_in_words, read_record

#: The columns of clusters.csv beside the input's own.
NUMBERS = {"cluster": "Int64", "probability": "float64", "x": "float64", "y": "float64"}


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run in its folder and in Milvus.

    Attributes
    ----------
    folder : Path
    record : Record
    points : DataFrame, one row per document
        In ascending order of `id` (int64): id, title, url, publisher, published_at (UTC, ISO 8601), cluster (-1 is
        in no story), probability, x, y and, of a map in space, z; where texts repeat also repeated_by, as in
        `Corpus.documents`.
    table : DataFrame, one row per story
        As ``stories.csv``, index ``cluster``.
    """

    folder: Path
    record: Record
    points: pd.DataFrame
    table: pd.DataFrame

    @property
    def name(self) -> str:
        """The folder relative to where relative paths start, wherever the notebook runs."""
        top = find_output(".")
        return str(self.folder.relative_to(top)) if self.folder.is_relative_to(top) else short(self.folder)

    @cached_property
    def parameters(self) -> Parameters:
        """The run's parameters, with the numbers and the precision that ``"auto"`` chose."""
        settled = _made_with(self.record)[1] if "model" in self.record.provenance else ""
        return make_parameters(self.record.parameters | ({"precision": settled} if settled in PRECISIONS else {}))

    @property
    def ids(self) -> np.ndarray:
        """int64, shape (n,), ascending."""
        return self.points["id"].to_numpy(np.int64)

    @property
    def labels(self) -> np.ndarray:
        """The story of each document: int32, shape (n,); -1 is in no story."""
        return self.points["cluster"].to_numpy(np.int32)

    @property
    def coordinates(self) -> np.ndarray:
        """Each document's place on the map: float32, shape (n, 2) or (n, 3)."""
        return self.points[[axis for axis in "xyz" if axis in self.points]].to_numpy(np.float32)

    @property
    def next_number(self) -> int:
        """The smallest number that no story had, in this run or in those that it continues."""
        used = self.record.provenance.get("next story number", 0)
        return max(int(used), int(self.table.index.max()) + 1 if len(self.table) else 0)

    @property
    def reach(self) -> int:
        """How many neighbours of each document were searched."""
        return min(max(self.parameters.k, self.parameters.n_neighbors), len(self.points) - 1)

    @property
    def store(self) -> Store:
        return replace(self.parameters.store, given=False)

    @cached_property
    def _recalled(self) -> tuple[Embeddings, np.ndarray]:
        embeddings, texts = self.store.recall(self.ids)
        made_with = self.record.traces.get("vectors", {}).get("fingerprint")
        if made_with and made_with != fingerprint(embeddings.ids, embeddings.vectors):
            notice(
                f"Vectors of {self.name} have changed since it was made, for example because other spellings of its "
                "headlines were stored: results may differ; run it again."
            )
        weighed = self.record.provenance.get(WEIGHER, TF_IDF)
        if self.parameters.words and weighed != embeddings.weigher:
            raise RunError(
                f"the words of {self.name} were weighed by {weighed}; here it would be {embeddings.weigher}: run it "
                "again."
            )
        return embeddings, texts

    @property
    def embeddings(self) -> Embeddings:
        """The run's vectors, from Milvus.

        Raises
        ------
        StoreError
            If they no longer exist.
        RunError
            If words would be weighed differently than in the run.
        """
        return self._recalled[0]

    @cached_property
    def documents(self) -> pd.DataFrame:
        """`points` with the texts that were embedded, whose first lines are the titles."""
        texts = pd.Series(self._recalled[1], dtype=object)
        titles = texts.str.partition("\n")[0].where(texts != "", self.points["title"])
        return with_facts(self.points.assign(text=texts, title=titles))

    @cached_property
    def languages(self) -> pd.Series:
        """The language of each document, as a code; detected if an earlier version made the run, and kept none."""
        known = self.points["language"].map(language_code)
        return known if known.any() else pd.Series(detect(self.documents["text"]), dtype=object)

    def check_comparable(self, corpus: Corpus) -> None:
        """Check that the vectors of another corpus can come from this run's model.

        Raises
        ------
        RunError
        """
        own, given = corpus.row_keys is not None, self.parameters
        same = {"uri": given.uri, "collection": given.collection}.items() <= corpus.place.items()
        if own != isinstance(self.store, OwnCollection) or (own and not same):
            raise RunError(
                f"{corpus.source} can't be compared with {self.name}: vectors in a collection of your own can only be "
                "compared with others in it, which nc.read('milvus', ...) reads with a filter."
            )

    @cached_property
    def neighbors(self) -> Neighbors:
        """The lists that were clustered and laid out, blended as the run blended them."""
        given = self.parameters
        found = find_neighbors(self.embeddings, self.reach, given.search, self.store)
        return blend(found, self.embeddings, self.documents, given.words, given.days, given.day_scale)

    @property
    def least_support(self) -> float:
        """The least support with which noise joined a story: as asked, or as `at_most_alone` lowered it."""
        return float(self.record.provenance.get(SUPPORT, self.parameters.least_support))

    @property
    def clustering(self) -> dict[str, Any]:
        """The arguments of `newsclust.clusters.clustering.cluster` that made the run."""
        return {name: getattr(self.parameters, name) for name in CLUSTERING}

    def __repr__(self) -> str:
        made = str(self.record.provenance.get("finished", ""))[:10]
        return (
            f"{self.name}: {len(self.points):,} documents in {len(self.table):,} stories"
            f"{f', found on {made}' if made else ''}, by {self.parameters.model}; "
            f"{float((self.labels < 0).mean()) if len(self.labels) else 0:.1%} are in none."
        )

    def _repr_html_(self) -> str:
        given = {name: value for name, value in self.record.changed.items() if name not in ("data", "output")}
        changed = f"<p>Other than the defaults: {escape(assigned(given))}.</p>" if given else ""
        return f"<p>{escape(repr(self))}</p>{changed}"


def read_run(folder: str | Path | None) -> StoredRun:
    """Read a finished run, and check that its vectors exist and come from the installed model.

    Parameters
    ----------
    folder : str or Path
        A run's folder, or its name under ``reports/``.

    Raises
    ------
    RunError
        If there is no finished run, a file of it is damaged, or another model or version made it.
    StoreError
        If Milvus can't be reached.
    """
    if folder is None:
        raise RunError("this run is in no folder: give it one, for example output = 'out/mine', and run it again.")
    run = read_results(folder)
    try:
        embedder = run.store.embedder
        known, here = _made_with(run.record), (model_in_words(embedder), embedder.precision)
        collection = run.record.provenance["vectors"]
    except (NewsclustError, KeyError, TypeError) as error:
        said = str(error).rstrip(".") if isinstance(error, NewsclustError) else "its record lacks something"
        raise RunError(f"{run.name} can't be used here ({said}): run it again.") from None
    if known != here:
        was, would_be = ", ".join(known), ", ".join(here)
        raise RunError(f"{run.name} was made with {was}; here it would be {would_be}: run it again.")
    store = run.store
    if collection != store.where:
        raise RunError(
            f"{run.name} has its vectors in {collection}; this version looks in {store.where}: run it again."
        )
    if not store.exists():
        place = f"{short(store.path.parent)}{os.sep}" if store.path else store.uri
        raise RunError(
            f"the vectors of {run.name} are gone, {store.where} in {place}: run it again, or work in the folder that "
            "it was run in."
        )
    return run


def read_results(folder: str | Path) -> StoredRun:
    """Read a finished run's files, whichever model made it and wherever its vectors are.

    Raises
    ------
    RunError
    """
    path = find_run(folder)
    record = read_record(path)
    if record is None:
        raise RunError(f"{short(path)} can't be read as a run, its record is damaged: run it again.")
    return StoredRun(path, record, *_results(path, record))


def columns_of(role: str, understood: dict[str, dict[str, Any]], header: list[str]) -> list[str]:
    """The columns in which a role was found, as clusters.csv names them."""
    found = [entry["column"] for name, entry in understood.items() if name == role or name.startswith(f"{role} (")]
    return [
        name
        for name in (f"{column}_input" if f"{column}_input" in header else column for column in found)
        if name in header
    ]


def first_filled(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """The first value that is not blank among the columns, row by row, on one line; "" if all are blank."""
    text = pd.Series("", index=rows.index, dtype=object)
    for column in columns:
        text = text.where(text != "", rows[column].str.split().str.join(" "))
    return text


def _made_with(record: Record) -> tuple[str, str]:
    """The model that made a run, and the precision that "auto" chose there."""
    model, precision = str(record.provenance["model"]), record.provenance.get("precision")
    if precision is None:  # earlier records say both in one sentence
        model, _, precision = model.rpartition(", ")
    return model, precision


def read_rows(folder: Path, record: Record, roles: Iterable[str]) -> pd.DataFrame:
    """Each row of a run with a document: its id, these roles, its cluster and its place on the map.

    Roles are read as ``documents.csv`` has them, in which only the first row of a document has all; in a run of an
    earlier version as the columns of ``clusters.csv`` that they were found in.

    Parameters
    ----------
    folder : Path
    record : Record
    roles : iterable of str
        For a headline without a title, the description is the title.

    Returns
    -------
    DataFrame
        Text is "" where there is none.

    Raises
    ------
    OSError, ValueError
        If the file can't be read, or lacks a column.
    """
    path, understood = folder / "clusters.csv", record.provenance.get("understood") or {}
    header = [str(as_it_was(name)) for name in pd.read_csv(path, nrows=0)]
    is_told = (folder / "documents.csv").exists()  # an earlier version's runs have none
    columns = {role: columns_of(role, understood, header) for role in (() if is_told else (*roles, "description"))}
    numbers = NUMBERS | ({"z": "float64"} if record.parameters.get("n_components") == 3 else {})
    types = numbers | {column: str for column in ["id", *chain(*columns.values())]}
    # Only a blank is missing: a headline may be "NA".
    blank = {column: "" for column in numbers}
    in_file = {inert(column): kind for column, kind in types.items()}
    rows = pd.read_csv(path, usecols=list(in_file), dtype=in_file, keep_default_na=False, na_values=blank)
    rows = rows.rename(columns=as_it_was)
    for column in types.keys() - numbers.keys():
        rows[column] = rows[column].map(as_it_was)
    rows = rows[rows["id"] != ""]
    found = rows[list(numbers)].astype({"cluster": "int64"})
    found.insert(0, "id", rows["id"].str.removeprefix("d").astype("int64"))
    if is_told:
        found = found.drop_duplicates("id")
        points = pd.read_csv(folder / "documents.csv", dtype=str, keep_default_na=False).map(as_it_was)
        points = points.assign(id=points["id"].str.removeprefix("d").astype("int64"))[["id", *roles]]
        if set(points["id"]) != set(found["id"]):
            raise ValueError("documents.csv has other documents")
        return points.merge(found, on="id")
    points = found[["id"]].assign(**{role: first_filled(rows, columns[role]) for role in roles})
    points["title"] = points["title"].where(points["title"] != "", first_filled(rows, columns["description"]))
    return pd.concat([points, found[list(numbers)]], axis=1)


def _results(folder: Path, record: Record) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = folder / "clusters.csv"
    try:
        rows = read_rows(folder, record, ("title", "url", "publisher", "published_at", "language"))
        texts = dict.fromkeys(("title", "keywords", "first", "last"), str)
        table = pd.read_csv(folder / "stories.csv", index_col="cluster", keep_default_na=False, dtype=texts)
        for name in texts:
            table[name] = table[name].map(as_it_was)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).partition("\n")[0][:100]
        raise RunError(f"{short(path)} can't be read as a run's results ({first}): run it again.") from None
    rows = rows.assign(published_at=read_dates(rows["published_at"]).iso)
    points = first_of_each(rows, STANDING[:3])
    return with_repeats(points.reset_index(drop=True), rows.drop(index=points.index)), table
