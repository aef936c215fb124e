"""Store very many headlines in Milvus, for later runs, in memory that does not grow with their number."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tqdm.auto import tqdm

from headline_reader import languages

from ..corpus.documents import read_in_chunks
from ..corpus.spool import Spool
from ..errors import InputError, notice
from ..paths import find_output, short
from ..vectors.by_ray import fill_by_ray
from ..vectors.filling import fill
from ..vectors.model_choice import AUTO, SAMPLED, choose_model
from ..vectors.model_languages import language_notice
from ..wording import count
from .csv_cells import write_csv
from .parameters import make_parameters
from .preflight import try_store

#: The file of the rows that are set aside.
FOLDER = "reports/ingest"


@dataclass(frozen=True)
class Ingested:
    """The result: rows = documents + repeats + set_aside, and documents = embedded + stored before.

    Attributes
    ----------
    where : str
        The collection, in words.
    rejected : Path or None
        The file with the rows that were set aside; None where there are none.
    left_out : int
        Files that could not be read, or have no headlines.
    """

    where: str
    rows: int
    documents: int
    repeats: int
    set_aside: int
    embedded: int
    left_out: int
    rejected: Path | None
    seconds: float

    def __str__(self) -> str:
        aside = f", {self.set_aside:,} set aside ({short(self.rejected)})" if self.rejected else ""
        return (
            f"{count(self.rows, 'row')}: {count(self.documents, 'document')}, {count(self.repeats, 'repeat')}{aside}. "
            f"{self.embedded:,} embedded now, {self.documents - self.embedded:,} stored already, in {self.where}; "
            f"{self.seconds:,.0f} s."
        )


def ingest(
    data: str | list[str],
    most_set_aside: float = 0.5,
    engine: Literal["process", "ray"] = "process",
    parquet: str | None = None,
    **parameters: Any,
) -> Ingested:
    """Embed headlines and store them in Milvus, where a run with the same parameters will find them.

    Parameters
    ----------
    data : str or list of str
        As `data` in a run.
    most_set_aside : float
        The largest share of rows that may be no headlines.
    engine : {"process", "ray"}
        Ray embeds on every processor, into a server.
    parquet : str, optional
        A folder for files that Ray writes instead.
    **parameters
        columns, model, precision, uri and collection, as those of a run.

    Raises
    ------
    NewsclustError
        What is stored by then stays stored: the same call resumes.
    """
    start, p = time.monotonic(), make_parameters({"data": data, **parameters})
    try_store(p.uri, p.store.path)
    spool, rejected = Spool(), find_output(FOLDER) / "rejected.csv"
    rejected.unlink(missing_ok=True)
    n_rows = n_found = n_aside = n_left_out = 0
    with tqdm(desc="Reading", unit="row") as bar:
        for chunk in read_in_chunks(p.data, p.columns):
            spool.add(chunk.table)
            bar.update(new := len(chunk.rows) + chunk.n_unfit)
            n_rows, n_found, n_aside = n_rows + new, n_found + len(chunk.table), n_aside + len(chunk.rejected)
            n_left_out += len(chunk.left_out)
            if len(chunk.rejected):
                rejected.parent.mkdir(parents=True, exist_ok=True)
                write_csv(rejected, chunk.rejected)
    if n_aside > most_set_aside * n_rows:
        raise InputError(
            f"{n_aside:,} of {count(n_rows, 'row')} are set aside, more than {most_set_aside:.0%}, and nothing is "
            f"embedded: {short(rejected)} says why; allow more with --most-set-aside, or name the columns."
        )
    sample, store = spool.after(-1, SAMPLED), p.store
    unknown = sample["language"] == ""
    sample.loc[unknown, "language"] = languages.detect(sample.loc[unknown, "text"])
    if p.model == AUTO:
        store, _ = choose_model(store, sample)
    if told := language_notice(sample["language"], store.model):
        notice(told)
    n = len(spool)
    if engine == "ray":
        embedded = fill_by_ray(store, spool.after, find_output(parquet) if parquet else None)
    else:
        embedded = fill(store.in_milvus, store.embedder, spool.after, n)
    return Ingested(
        parquet or store.where, n_rows, n, n_found - n, n_aside, embedded, n_left_out, rejected if n_aside else None,
        time.monotonic() - start,
    )  # fmt: skip
