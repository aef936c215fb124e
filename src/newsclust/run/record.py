"""The results of a run: ``clusters.csv``, ``stories.csv``, its numbers, and the record of how it was made."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..corpus.documents import Corpus
from ..corpus.facts import headlines, printed
from ..markup import table
from ..neighbors.layout import Layout
from ..neighbors.neighbors import Neighbors
from ..paths import find_output, read_json, write_whole
from ..stages import current_log, stage
from ..stories.coverage import cover
from ..stories.evaluation import agreement, subsample_stability, validity
from ..stories.evidence import Evidence
from ..stories.reliability import reliability
from ..stories.settings import Settings, separation
from ..stories.stories import Stories, place
from ..vectors.embedding import Embedder
from ..vectors.store import Embeddings
from ..wording import said
from .csv_cells import as_csv, write_csv
from .origin import commit
from .page_data import page_data, write_page_data
from .parameters import Parameters
from .traces import traces

PACKAGES = (
    "newsclust numpy scipy pandas scikit-learn pymilvus milvus-lite faiss-cpu hdbscan umap-learn plotly papermill "
    "torch transformers"
)
#: Written by `finish`, in this order: if the last one is there, the others are complete. `REJECTED` is there if rows
#: were set aside.
RESULTS = ("clusters.csv", "stories.csv", "documents.csv", "provenance.json", "page.json", "metrics.json")
REJECTED = "rejected.csv"
#: Who reported each story, and when; only a header if no publisher is named.
COVERAGE = "coverage.csv"
#: A fact of the record: the model that weighed the words, or TF-IDF, which is meant if it is missing.
WEIGHER = "words weighed by"
#: A fact of the record: `least_support` where `at_most_alone` lowered it.
SUPPORT = "least support, lowered to"
#: A run's numbers: their names for readers, and their formats. "HDBSCAN's" are of the clusters before any noise was
#: assigned; everything else is of the stories afterwards, as in clusters.csv.
FIGURES = {
    "n_newcomers": ("new headlines", "{:,}"),
    "n_joined": ("of them join a story of the run", "{:,}"),
    "n_emerging": ("emerging stories", "{:,}"),
    "n_in_emerging": ("new headlines in emerging stories", "{:,}"),
    "n_alone": ("new and alone", "{:,}"),
    "n_known": ("headlines that the run holds already", "{:,}"),
    "n_documents": ("documents", "{:,}"),
    "n_clusters": ("stories", "{:,}"),
    "noise_fraction": ("of the documents in no story (noise)", "{:.1%}"),
    "size_median": ("documents in the median story", "{:g}"),
    "separation": ("separation of the stories, noise assigned by its neighbours", "{:.3f}"),
    "subsample_stability": ("stability: ARI with HDBSCAN on 90 % of the documents", "{:.2f}"),
    "reliability_median": ("reliability of the median story, 0 to 1", "{:.2f}"),
    "ami": ("agreement with the known stories: AMI", "{:.2f}"),
    "n_rows": ("rows in the input", "{:,}"),
    "n_repeats": ("rows that repeat a document", "{:,}"),
    "n_set_aside": ("rows set aside", "{:,}"),
    "assigned_fraction": ("of the documents were HDBSCAN's noise and given a story", "{:.1%}"),
    "hdbscan_noise_fraction": ("of the documents were HDBSCAN's noise", "{:.1%}"),
    "size_max": ("documents in the largest story", "{:,}"),
    "relative_validity": ("relative validity of HDBSCAN's clusters, to compare runs", "{:.3f}"),
    "dbcv": ("density-based validity (DBCV) of HDBSCAN's clusters, -1 to 1", "{:.2f}"),
    "persistence": ("mean persistence of HDBSCAN's clusters, 0 to 1", "{:.2f}"),
    "silhouette": ("silhouette of HDBSCAN's clusters, -1 to 1", "{:.2f}"),
    "ari": ("ARI with the known stories", "{:.2f}"),
    "v_measure": ("V-measure with the known stories", "{:.2f}"),
    "b_cubed_f1": ("B-cubed F1 with the known stories", "{:.2f}"),
    "n_corrections": ("corrections that hold", "{:,}"),
    "n_corrections_needed": ("of them change the stories", "{:,}"),
    "n_corrections_left_out": ("corrections that can't be followed", "{:,}"),
    "n_truth": ("rows with a known story", "{:,}"),
}


def written(name: str, value: Any) -> str:
    """A figure's value as every page writes it; a dash where it could not be computed."""
    return "–" if value is None or value != value else FIGURES[name][1].format(value)


@dataclass(frozen=True)
class Record:
    """The record of a finished run.

    Attributes
    ----------
    parameters : dict
        Those that the results were made with, collected from the results themselves.
    metrics : dict
        The content of ``metrics.json``: counts, seconds per stage, and the numbers that compare runs; see `FIGURES`.
    provenance : dict
        How it was made: data, model, search, versions, peak memory, the command that repeats it.
    traces : dict
        Data to check whether a repetition has the same vectors and neighbours: see `newsclust.run.traces`. None in
        records of earlier versions.
    """

    parameters: dict[str, Any]
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    traces: dict[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """The numbers that could be computed: pairs of name and value, as text."""
        known = self.metrics
        return [
            (label, written(name, known[name])) for name, (label, _) in FIGURES.items() if known.get(name) is not None
        ]

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        return Parameters(**self.parameters).changed

    def write(self, folder: Path) -> None:
        """Write ``provenance.json`` and then ``metrics.json``, which `read_record` reads."""
        made_by = {"parameters": self.parameters, "provenance": self.provenance, "traces": self.traces}
        write_whole(folder / "provenance.json", json.dumps(made_by, indent=2, default=str) + "\n")
        write_whole(folder / "metrics.json", json.dumps(self.metrics, indent=2) + "\n")

    def __repr__(self) -> str:
        return "; ".join(f"{label}: {value}" for label, value in self.figures)

    def _repr_html_(self) -> str:
        rows = self.figures + [(name, on_one_line(value)) for name, value in self.provenance.items()]
        return table(pd.DataFrame(rows, columns=["", " "]), header=False)


def summary(metrics: dict[str, Any]) -> str:
    """A run in a line: documents, stories and noise, after the assignment."""
    noise = written("noise_fraction", metrics["noise_fraction"])
    return f"{metrics['n_documents']:,} documents, {metrics['n_clusters']:,} stories, {noise} in no story"


def finish(
    corpus: Corpus,
    embeddings: Embeddings,
    neighbors: Neighbors,
    evidence: Evidence,
    settings: Settings,
    stories: Stories,
    layout: Layout,
    output: str | None = None,
    write_labels: bool | str = False,
) -> Record:
    """Write the run's results to the folder `output`, measure it, and record how it was made.

    ``clusters.csv`` has one row per input row, in input order: every input column and ``id, cluster, probability, x,
    y`` (and ``z``); an input column of one of these names is kept as ``<name>_input``. Where noise was given a story
    there are also ``hdbscan_cluster``, the label before, ``assigned``, and ``vote, support, margin`` as in
    `newsclust.stories.noise.Vote`; where documents nearly repeat others, ``near_duplicate_of`` has the id of the one
    that stands for them; where stories were corrected, ``corrected`` is True for what the corrections moved. A row
    without any text has no document, so these are blank there. ``stories.csv`` has one row per story, with its
    `newsclust.stories.reliability`; ``documents.csv`` has each document's title, address, publisher, time and language
    as they were understood; rows that were set aside are in ``rejected.csv``, with their lines and reasons. All
    of them open in Excel, their letters marked as UTF-8, and are written before the run's numbers are measured; then
    come ``page.json``, the data of the run's page except the numbers (`newsclust.run.page_data`), ``provenance.json``
    and ``metrics.json``.

    Parameters
    ----------
    corpus, embeddings, neighbors, evidence, settings, stories, layout
        The results of the steps before, each with the parameters that made it; the lists are those that were clustered.
    output : str, optional
        Without one nothing is written.
    write_labels : bool or str
        Only recorded.

    Returns
    -------
    Record
    """
    with stage("reliability"):
        stories = replace(stories, table=stories.table.join(reliability(neighbors, stories, evidence)))
    rows = _rows(corpus, stories, place(stories, layout))
    folder = find_output(output) if output else None
    if folder:
        coverage = cover(stories)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "clusters.csv", lambda part: write_csv(part, rows))
        write_whole(folder / "stories.csv", as_csv(stories.table.reset_index()))
        write_whole(folder / "documents.csv", lambda part: write_csv(part, _documents(stories.documents)))
        write_whole(folder / COVERAGE, as_csv(coverage.entries))
        if len(corpus.rejected):
            write_whole(folder / REJECTED, as_csv(corpus.rejected))
        else:
            (folder / REJECTED).unlink(missing_ok=True)  # of an earlier run
    clustering = stories.clustering
    lists = neighbors.head(clustering.parameters["k"])
    with stage("metrics"):
        sizes = stories.table["size"]
        metrics: dict[str, Any] = {
            "n_rows": corpus.n_rows,
            "n_documents": corpus.n_documents,
            "n_repeats": corpus.n_repeats,
            "n_set_aside": corpus.n_set_aside,
            "n_clusters": len(stories.table),
            "noise_fraction": stories.noise_fraction,
            "assigned_fraction": float(stories.assigned.mean()) if len(stories.labels) else 0.0,
            "size_median": _median(sizes),
            "size_max": int(sizes.max()) if len(sizes) else None,
            "hdbscan_noise_fraction": clustering.noise_fraction,
            **validity(embeddings.vectors, clustering),
            "subsample_stability": subsample_stability(neighbors, clustering),
            "separation": separation(evidence, stories.vote.labels, lists),
            "reliability_median": _median(stories.table["reliability"]),
        }
        if corpus.truth is not None:
            texts = rows["id"].notna()
            metrics |= agreement(rows["cluster"][texts].to_numpy(int), corpus.truth[texts])
    if stories.corrected:
        metrics |= stories.corrected.corrections.counts
    if folder:
        with stage("page"):
            write_page_data(folder, page_data(stories, layout, evidence, lists, coverage))
    log = current_log()
    metrics["seconds"] = log.seconds
    parameters = {
        **corpus.parameters,
        **embeddings.parameters,
        **neighbors.parameters,
        **clustering.parameters,
        **stories.parameters,
        **layout.parameters,
        "output": output,
        "write_labels": write_labels,
    }
    made_by = _provenance(Parameters(**parameters), corpus, embeddings, neighbors, settings)
    if stories.next_number is not None:
        made_by["next story number"] = stories.next_number
    if (enough := stories.vote.least_support) != stories.parameters["least_support"]:
        made_by[SUPPORT] = enough
    if log.notices:
        made_by["notices"] = log.notices
    record = Record(parameters, metrics, made_by, traces(embeddings, neighbors))
    if folder:
        record.write(folder)
    return record


def _median(values: pd.Series) -> float | None:
    """The median; None if there are no values, for JSON."""
    return float(values.median()) if values.notna().any() else None


def read_record(folder: Path) -> Record | None:
    """The record that `finish` wrote to `folder`; None if it is missing or damaged."""
    metrics, made_by = read_json(folder / "metrics.json"), read_json(folder / "provenance.json")
    if not metrics or not {"parameters", "provenance"} <= made_by.keys():
        return None
    return Record(made_by["parameters"], metrics, made_by["provenance"], made_by.get("traces", {}))


def model_in_words(model: Embedder) -> str:
    """What a run's vectors depend on, except the precision, as its record has it."""
    return f"{model.name}, revision {model.revision}, {model.dim} dimensions"


def facts_of_vectors(embeddings: Embeddings, words: float) -> dict[str, str]:
    """The facts that a record has about a run's vectors, and about its words if they count."""
    facts = {
        "model": model_in_words(embeddings.model),
        **({"why this model": embeddings.why} if embeddings.why else {}),
        "precision": embeddings.model.precision,
        "vectors": embeddings.where,
    }
    return facts | ({WEIGHER: embeddings.weigher} if words else {})


def _documents(documents: pd.DataFrame) -> pd.DataFrame:
    """The documents as they were understood; below, by whom and when texts were printed again."""
    rows = documents[["id", "title", "publisher", "published_at", "url", "language"]].assign(title=headlines(documents))
    more = printed(documents)[len(documents) :]
    days = more["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
    ids = documents["id"].to_numpy()[more["document"].to_numpy(np.intp)]
    others = pd.DataFrame({"id": ids, "publisher": more["publisher"].to_numpy(), "published_at": days.to_numpy()})
    rows = pd.concat([rows, others], ignore_index=True).fillna("")
    return rows.assign(id="d" + rows["id"].astype(str))


def _rows(corpus: Corpus, stories: Stories, points: pd.DataFrame) -> pd.DataFrame:
    """The input, row by row, with the results of each row's document."""
    added = points.drop(columns=["title", "url", "publisher", "published_at", "story"]).set_index("id")
    if stories.assigned.any():
        added.insert(2, "hdbscan_cluster", stories.hdbscan_labels)
        for name in ("margin", "support"):
            values = np.where(stories.assigned, getattr(stories.vote, name), np.nan)
            added.insert(added.columns.get_loc("vote") + 1, name, values)
    else:
        added = added.drop(columns=["assigned", "vote"])
    if stories.corrected:
        added["corrected"] = stories.corrected.labels != stories.corrected.before
    repeated = stories.documents["id"].to_numpy()[stories.repeats]
    if (repeated != added.index).any():
        added["near_duplicate_of"] = [
            f"d{other}" if other != own else None for own, other in zip(added.index, repeated, strict=True)
        ]
    return beside_input(corpus, added, ["cluster", "hdbscan_cluster"])


def beside_input(corpus: Corpus, added: pd.DataFrame, numbers: list[str]) -> pd.DataFrame:
    """Every input row, in input order, with the id of its document and the columns `added` for that.

    Parameters
    ----------
    corpus : Corpus
    added : DataFrame
        Index: ids.
    numbers : list of str
        Columns of `added` that hold whole numbers.
    """
    found = added.reindex(corpus.row_ids).reset_index(drop=True)
    # As text after a letter: spreadsheets round numbers of 19 digits.
    found.insert(0, "id", [None if pd.isna(row_id) else f"d{row_id}" for row_id in corpus.row_ids])
    for labels in found.columns.intersection(numbers):
        found[labels] = found[labels].astype("Int64")
    given = corpus.rows.set_axis(_other_names(corpus.rows, taken=found), axis=1)
    return pd.concat([given, found], axis=1)


def _other_names(columns: Iterable[str], taken: Iterable[str]) -> list[str]:
    names, used = [], {*columns, *taken}
    for name in columns:
        if name in taken:
            name = f"{name}_input"
            while name in used:
                name += "_"
            used.add(name)
        names.append(name)
    return names


def _provenance(
    parameters: Parameters, corpus: Corpus, embeddings: Embeddings, neighbors: Neighbors, settings: Settings
) -> dict[str, Any]:
    return {
        "data": f"{corpus.source}: {corpus.n_rows:,} rows, {corpus.n_documents:,} documents",
        "data fingerprint": corpus.fingerprint,
        "understood": _understood(corpus),
        "columns not used": ", ".join(corpus.unused) or "none",
        **facts_of_vectors(embeddings, parameters.words),
        "search": f"{neighbors.search}; recall {neighbors.recall:.3f}",
        "settings": repr(settings),
        "chosen": settings.chosen,
        "seed": parameters.seed,
        "stages": {
            name: {
                "seconds": round(entry.seconds, 3),
                "peak MiB": round(entry.peak_mib),
                "computed": entry.computed,
            }
            for name, entry in current_log().stages.items()
        },
        "commit": commit(),
        "versions": {name: version(name) for name in PACKAGES.split()},
        "Python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": parameters.command(),
    }


def _understood(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """For each role the column it came from; if a role has several, the second is "title (2)"."""
    roles = corpus.understood["role"]
    nth = roles.groupby(roles).cumcount()
    names = [f"{role} ({place + 1})" if place else role for role, place in zip(roles, nth, strict=True)]
    rows = corpus.understood.drop(columns="role").astype({"rows": int}).to_dict("records")
    return dict(zip(names, rows, strict=True))


def on_one_line(value: Any) -> str:
    """A fact of a record as text."""
    if isinstance(value, dict):
        return "; ".join(f"{name} {on_one_line(inner)}" for name, inner in value.items())
    return said(value)
