"""What a run leaves behind: the map's points, ``clusters.csv``, ``metrics.json``, and the record of how it was made."""

from __future__ import annotations

import html
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from ..clusters.clustering import Clustering
from ..clusters.neighbors import Neighbors
from ..corpus.documents import Corpus
from ..paths import find_output, write_whole
from ..stages import ledger, stage
from ..stories.evaluation import agreement, subsample_stability, validity
from ..vectors.store import Embeddings
from .parameters import Parameters

#: The report's template looks for this output in the executed notebook.
RUN_MIME = "application/vnd.newsclust.run+json"
PACKAGES = (
    "newsclust numpy scipy pandas scikit-learn pymilvus milvus-lite faiss-cpu hdbscan umap-learn plotly papermill torch"
)

#: The key figures of a run: what they are called, and how they are written.
FIGURES = {
    "n_documents": ("headlines", "{:,}"),
    "n_clusters": ("stories", "{:,}"),
    "noise_fraction": ("in no story (noise)", "{:.1%}"),
    "size_median": ("headlines in the median story", "{:g}"),
    "subsample_stability": ("stability: ARI with a run on 90 % of the headlines", "{:.2f}"),
    "ami": ("agreement with the known stories: AMI", "{:.2f}"),
    "n_unique": ("different texts", "{:,}"),
    "assigned_fraction": ("noise that was given a story", "{:.1%}"),
    "size_max": ("headlines in the largest story", "{:,}"),
    "relative_validity": ("relative validity, to compare runs", "{:.2f}"),
    "dbcv": ("density-based validity (DBCV), -1 to 1", "{:.2f}"),
    "persistence": ("mean persistence of the clusters, 0 to 1", "{:.2f}"),
    "silhouette": ("silhouette, -1 to 1", "{:.2f}"),
    "ari": ("ARI with the known stories", "{:.2f}"),
    "v_measure": ("V-measure with the known stories", "{:.2f}"),
    "b_cubed_f1": ("B-cubed F1 with the known stories", "{:.2f}"),
}


@dataclass(frozen=True)
class Run:
    """A finished run's record.

    Attributes
    ----------
    parameters : dict
    metrics : dict
        What ``metrics.json`` holds: counts, seconds per stage, and the numbers that compare runs.
    provenance : dict
        What made it: data, model, search, versions, peak memory, the command that repeats it.
    """

    parameters: dict[str, Any]
    metrics: dict[str, Any]
    provenance: dict[str, Any]

    def __str__(self) -> str:
        m = self.metrics
        return (
            f"{m['n_documents']:,} headlines ({m['n_unique']:,} different), {m['n_clusters']:,} stories, "
            f"{m['noise_fraction']:.0%} noise, in {sum(m['seconds'].values()):.1f} seconds."
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # As pairs, because a notebook file sorts the keys of a dict.
        record = {
            "parameters": _pairs(self.parameters),
            "changed": list(Parameters(**self.parameters).changed),
            "metrics": key_figures(self.metrics).values.tolist(),
            "provenance": _pairs(self.provenance),
        }
        figures = [tuple(row) for row in record["metrics"]]
        made_from = [(name, _plain(value)) for name, value in self.provenance.items()]
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td></tr>" for name, text in figures + made_from
        )
        table = f"<table><tbody>{rows}</tbody></table>"
        return {"text/plain": str(self), "text/html": table, RUN_MIME: record}


def place(
    corpus: Corpus, clustering: Clustering, labels: np.ndarray, topics: pd.DataFrame, coordinates: np.ndarray
) -> pd.DataFrame:
    """One row per unique document: what it says, its cluster, and where it stands on the map.

    Parameters
    ----------
    corpus : Corpus
    clustering : Clustering
    labels : ndarray of int, shape (n,)
        The clustering's own, or with noise assigned.
    topics : DataFrame
        As from `newsclust.stories.naming.describe_clusters`.
    coordinates : ndarray, shape (n, 2) or (n, 3)

    Returns
    -------
    DataFrame
        Columns ``id, title, publisher, published_at, cluster, probability, assigned, story, x, y`` and, in space,
        ``z``. `assigned` is True where noise was given a story.
    """
    points = corpus.documents[["id", "title", "publisher", "published_at"]].copy()
    points["cluster"] = labels
    points["probability"] = clustering.probabilities
    points["assigned"] = labels != clustering.labels
    points["story"] = points["cluster"].map(topics["title"]).fillna("no story (noise)")
    for axis, column in zip("xyz", coordinates.T, strict=False):
        points[axis] = column
    return points


def finish(
    parameters: Parameters,
    corpus: Corpus,
    embeddings: Embeddings,
    neighbors: Neighbors,
    clustering: Clustering,
    points: pd.DataFrame,
) -> Run:
    """Measure the run and, where `parameters` name an output folder, write its results there.

    ``clusters.csv`` has one row per input row, in input order: every input column and ``id, cluster, probability,
    x, y`` (and ``z``, and ``assigned`` where noise was given a story); an input column of one of these names is kept as
    ``<name>_input``. A row without any text has no document, so these are blank there. ``metrics.json`` holds
    `Run.metrics`, ``provenance.json`` the rest.

    Returns
    -------
    Run
    """
    with stage("metrics"):
        metrics = {
            "n_documents": corpus.n_documents,
            "n_unique": corpus.n_unique,
            **validity(embeddings.vectors, clustering),
            "subsample_stability": subsample_stability(neighbors, clustering),
        }
        metrics["assigned_fraction"] = float(points["assigned"].mean())
        rows = _rows(corpus, points)
        if parameters.truth:
            texts = rows["id"].notna()
            metrics |= agreement(rows["cluster"][texts].to_numpy(int), corpus.truth[texts])
    metrics["seconds"] = {name: round(entry.seconds, 3) for name, entry in ledger.items()}
    run = Run(parameters.model_dump(), metrics, _provenance(parameters, corpus, embeddings, neighbors))
    if parameters.output:
        folder = find_output(parameters.output)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "clusters.csv", rows.to_csv(index=False, float_format="%.6g"))
        record = {"parameters": run.parameters, "provenance": run.provenance}
        write_whole(folder / "provenance.json", json.dumps(record, indent=2, default=str) + "\n")
        write_whole(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")
    return run


def _rows(corpus: Corpus, points: pd.DataFrame) -> pd.DataFrame:
    """The input, row by row, with what is known of each row's document."""
    added = points.drop(columns=["title", "publisher", "published_at", "story"]).set_index("id")
    if not added["assigned"].any():
        added = added.drop(columns="assigned")
    found = added.reindex(corpus.row_ids).reset_index(drop=True)
    found.insert(0, "id", corpus.row_ids.array)  # to_numpy would make floats of them, where one is missing
    found["cluster"] = found["cluster"].astype("Int64")
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


def _provenance(parameters: Parameters, corpus: Corpus, embeddings: Embeddings, neighbors: Neighbors) -> dict[str, Any]:
    return {
        "data": f"{corpus.source}: {corpus.n_rows:,} rows, {corpus.n_unique:,} different texts",
        "data fingerprint": corpus.fingerprint,
        "model": f"{embeddings.model.name}, revision {embeddings.model.revision}, {embeddings.model.dim} dimensions",
        "vectors": embeddings.where,
        "search": f"{neighbors.search}; recall {neighbors.recall:.3f}",
        "seed": parameters.seed,
        "stages": {
            name: {
                "seconds": round(entry.seconds, 3),
                "peak MiB": round(entry.peak_mib),
                "computed": entry.computed,
            }
            for name, entry in ledger.items()
        },
        "versions": {name: version(name) for name in PACKAGES.split()},
        "Python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": parameters.command(),
    }


def key_figures(metrics: dict[str, Any]) -> pd.DataFrame:
    """A run's numbers in words, those that could be computed: columns ``figure, value``."""
    rows = [
        (name, pattern.format(metrics[key])) for key, (name, pattern) in FIGURES.items() if metrics.get(key) is not None
    ]
    return pd.DataFrame(rows, columns=["figure", "value"])


def _pairs(value: Any) -> Any:
    return [[name, _pairs(inner)] for name, inner in value.items()] if isinstance(value, dict) and value else value


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
