"""The results of assigning new headlines, in a folder of their own: the run's folder is not changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from headline_reader.roles import check_columns

from ..corpus.documents import Corpus
from ..corpus.facts import headlines, printed, times
from ..errors import ParameterError
from ..markup import plain, web_address
from ..paths import find_output, short, write_whole
from ..run.csv_cells import as_csv
from ..run.origin import commit
from ..run.page_data import LETTERS, PAGE_DATA, SUMMARY_LETTERS, minutes_of, on_map, read_page_data, write_page_data
from ..run.parameters import check_names
from ..run.preflight import try_output
from ..run.record import Record, beside_input, facts_of_vectors
from ..run.results import finished
from ..run.stored import StoredRun
from ..stages import current_log, step
from .newcomers import Newcomers

#: The column ``what`` of ``assigned.csv``.
JOINS, EMERGING, NEW, KNOWN = "joins", "emerging", "new", "in the run already"


def check_assignment(namespace: dict[str, Any], run: StoredRun) -> None:
    """Check the parameters of ``notebooks/assign.ipynb`` before anything is read.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    run : StoredRun

    Raises
    ------
    ParameterError
        If papermill set a name that is none of the notebook's parameters, a value has a wrong type, or the results
        can't be written, or would be written over the run's.
    """
    check_names(namespace)
    least = namespace.get("least_emerging", 10)
    if not isinstance(least, int) or isinstance(least, bool) or least < 2:
        raise ParameterError(f"least_emerging is {least!r}; it should be a whole number of at least 2.")
    check_columns(namespace.get("columns", {}))
    _try_results(run, namespace.get("output"))


def _try_results(run: StoredRun, output: str | None) -> None:
    if output is None:
        return
    if not isinstance(output, str) or not output:
        raise ParameterError(f"output is {output!r}; it should be a folder, for example 'out/tuesday', or None.")
    if find_output(output) == run.folder:
        raise ParameterError(f"output is {short(run.folder)}, the run's own folder: give another one.")
    try_output(output, kind="an assignment")


@step
def finish_assignment(corpus: Corpus, newcomers: Newcomers, output: str | None = None) -> Record:
    """Write ``assigned.csv``, ``emerging.csv``, ``page.json``, ``metrics.json`` and ``provenance.json`` to `output`.

    ``assigned.csv`` has one row per input row, in input order: every input column and ``id``, ``story`` (the number, -1
    for none), ``what`` ("joins", "emerging", "new" or "in the run already"), ``probability`` (that this is right),
    ``title_of_story``, ``x``, ``y`` (and ``z``); an input column of one of these names is kept as ``<name>_input``.

    Parameters
    ----------
    corpus : Corpus
    newcomers : Newcomers
    output : str, optional
        Without one nothing is written.

    Returns
    -------
    Record
    """
    run = finished(newcomers.run)
    _try_results(run, output)
    log = current_log()
    metrics = newcomers.counts | {"seconds": log.seconds}
    provenance = {
        "data": f"{corpus.source}: {corpus.n_rows:,} rows, {corpus.n_documents:,} documents",
        "run": repr(run),
        "run finished": run.record.provenance.get("finished"),
        **facts_of_vectors(run.embeddings, run.parameters.words),
        "calibrated on": f"{len(newcomers.calibration.held_out):,} documents of the run, held out fifth by fifth",
        **({"notices": log.notices} if log.notices else {}),
        "commit": commit(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    record = Record(newcomers.parameters | {"output": output}, metrics, provenance)
    if output:
        folder = find_output(output)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "assigned.csv", as_csv(_rows(corpus, newcomers)))
        write_whole(folder / "emerging.csv", as_csv(newcomers.emerging.reset_index()))
        if (run.folder / PAGE_DATA).exists():  # else of an earlier version, whose page can't be made either
            write_page_data(folder, with_newcomers(read_page_data(run.folder), newcomers))
        record.write(folder)
    return record


def with_newcomers(data: dict[str, Any], newcomers: Newcomers) -> dict[str, Any]:
    """A run's page data with the new headlines in their stories, and the emerging stories among them.

    Marks are ``emerging`` and ``joined``, with the number of new headlines; ``headlines`` also has ``fresh``, their
    positions. The doubts of the run's own page are unchanged; how many reports are independent in a joined story is not
    known.
    """
    new = np.flatnonzero(~newcomers.is_known)
    documents, labels = newcomers.documents.iloc[new], newcomers.labels[new]
    stories, held = data["stories"], data["headlines"]
    counts = pd.Series(labels[labels >= 0]).value_counts()
    emerging = newcomers.emerging
    blank: dict[str, Any] = {"topic": -1, "size": 0, "reports": None, "near": [], "rival": -1, "doubt": "", "first": -1}
    blank["source"] = ""
    for number, told in emerging.iterrows():
        row = blank | {"number": int(number), "title": told["title"], "keywords": told["keywords"]}
        row |= {"publishers": int(told["publishers"])}
        for name, column in stories.items():
            column.append(row.get(name))
    numbers = pd.Index(stories["number"])
    stories["mark"] = [
        ["emerging" if number in emerging.index else "joined", int(counts[number])] if number in counts.index else None
        for number in numbers
    ]
    added = counts.reindex(numbers, fill_value=0).tolist()
    run = newcomers.run
    by = printed(pd.concat([run.documents, documents], ignore_index=True))
    by = by.assign(publisher=by["publisher"].str.strip(), story=np.append(run.labels, labels)[by["document"]])
    n_publishers = by["publisher"].replace("", None).groupby(by["story"]).nunique()
    for at in np.flatnonzero(numbers.isin(counts.index.difference(emerging.index))):
        stories["publishers"][at] = int(n_publishers[numbers[at]])
        stories["reports"][at], stories["source"][at] = None, ""  # whether newcomers are near-copies is not known
    stories["size"] = [size + n for size, n in zip(stories["size"], added, strict=True)]
    place, start = numbers.get_indexer(labels), held["n"]
    held["fresh"] = list(range(start, start + len(new)))
    for text, values in {
        "title": headlines(documents).map(plain).str[:LETTERS],
        "url": documents["url"].map(web_address),
        "summary": documents["description"].map(plain).str[:SUMMARY_LETTERS],
    }.items():
        if held[text] or not start:
            held[text] = "\n".join([*([held[text]] if start else []), *values])
    titles = pd.Series(held["title"].split("\n"))
    unclear = np.flatnonzero(titles.duplicated(keep=False) | (titles.str.len() == LETTERS))
    own = dict(zip(headlines(run.documents).map(plain).str[:LETTERS], run.ids, strict=True))
    ids = [(int(at), documents["id"].iloc[at - start] if at >= start else own.get(titles[at])) for at in unclear]
    held["ids"] = [[at, f"d{one}"] for at, one in ids if one is not None] + held.get("ids", [])  # the last one counts
    names = {name: at for at, name in enumerate(data["publishers"])}
    publishers = [names.setdefault(name, len(names)) if name else -1 for name in documents["publisher"].map(plain)]
    spoken = {code: at for at, code in enumerate(held["languages"])}
    held["language"] = (held["language"] or [0] * start) + [
        spoken.setdefault(code, len(spoken)) for code in documents["language"]
    ]
    data["publishers"], held["languages"] = list(names), list(spoken)
    x, y = on_map(newcomers.coordinates[new], newcomers.run.coordinates).T
    more = {
        "story": place.tolist(),
        "publisher": publishers,
        "minute": minutes_of(times(documents).astype("datetime64[m]")),
        "certainty": np.rint(100 * newcomers.probability[new]).astype(int).tolist(),
        "x": x.tolist(),
        "y": y.tolist(),
    }
    for name, values in more.items():
        held[name] += values
    for number in emerging.index:
        at = numbers.get_loc(number)
        dated = [i for i in range(start, start + len(new)) if held["story"][i] == at and held["minute"][i] is not None]
        stories["first"][at] = min(dated, key=lambda i: held["minute"][i], default=-1)
    if data["time"]:
        known = [minute for minute in more["minute"] if minute is not None]
        data["time"]["first"] = min([data["time"]["first"], *known])
        data["time"]["last"] = max([data["time"]["last"], *known])
    held["n"] += len(new)
    data |= {"n_documents": data["n_documents"] + len(new), "n_alone": data["n_alone"] + int((place < 0).sum())}
    return data | {"coverage": [], "placed": [], "round_ups": [], "n_publishers": len(names)}


def _rows(corpus: Corpus, newcomers: Newcomers) -> pd.DataFrame:
    kinds = [newcomers.is_known, newcomers.is_emerging, newcomers.has_joined]
    titles = newcomers.table["title"]
    added = pd.DataFrame(
        {
            "story": newcomers.labels,
            "what": np.select(kinds, [KNOWN, EMERGING, JOINS], NEW),
            "probability": newcomers.probability.round(3),
            "title_of_story": titles.reindex(newcomers.labels).fillna("").to_numpy(),
            **dict(zip("xyz", newcomers.coordinates.T, strict=False)),
        },
        index=newcomers.documents["id"],
    )
    return beside_input(corpus, added, ["story"])
