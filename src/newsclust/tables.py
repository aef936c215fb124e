"""Tables for notebooks and reports. Headlines are untrusted text: every cell is escaped."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .clustering import Clustering
    from .neighbors import Neighbors
    from .results import Run

#: The key figures of a run: what they are called, and how they are written.
FIGURES = {
    "n_documents": ("headlines", "{:,}"),
    "n_unique": ("different texts", "{:,}"),
    "n_clusters": ("stories", "{:,}"),
    "noise_fraction": ("noise", "{:.1%}"),
    "size_median": ("median story, headlines", "{:g}"),
    "size_max": ("largest story, headlines", "{:,}"),
    "dbcv": ("density-based validity (DBCV), -1 to 1", "{:.2f}"),
    "relative_validity": ("relative validity, to compare runs", "{:.2f}"),
    "subsample_stability": ("agreement with a run on 90 % of the headlines", "{:.2f}"),
    "silhouette": ("silhouette, -1 to 1", "{:.2f}"),
    "ami": ("agreement with the known stories: AMI", "{:.2f}"),
    "ari": ("ARI", "{:.2f}"),
    "v_measure": ("V-measure", "{:.2f}"),
    "b_cubed_f1": ("B-cubed F1", "{:.2f}"),
}


class Table:
    """Rows that a notebook shows as an HTML table, whole and escaped."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(str(name))}</th>" for name in self.frame)
        rows = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
            for row in self.frame.itertuples(index=False)
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def closest_pairs(documents: pd.DataFrame, neighbors: Neighbors, n: int = 5) -> Table:
    """The `n` pairs of documents that are nearest to each other, no document shown twice.

    Parameters
    ----------
    documents : DataFrame
        As `Corpus.documents`.
    neighbors : Neighbors
    n : int
    """
    shown: set[int] = set()
    rows = []
    for row in np.argsort(neighbors.distances[:, 0], kind="stable") if neighbors.k else []:
        other = neighbors.indices[row, 0]
        if len(rows) < n and not {row, other} & shown:
            shown |= {row, other}
            pair = documents.iloc[[row, other]]
            rows.append((f"{neighbors.distances[row, 0]:.2f}", *pair["title"], ", ".join(pair["publisher"])))
    return Table(pd.DataFrame(rows, columns=["distance", "headline", "nearest other headline", "publishers"]))


def largest_clusters(
    documents: pd.DataFrame, clustering: Clustering, topics: pd.DataFrame, n: int = 10, headlines: int = 4
) -> Table:
    """The `n` largest clusters, each with the `headlines` that belong to it most clearly.

    Parameters
    ----------
    documents : DataFrame
        As `Corpus.documents`.
    clustering : Clustering
    topics : DataFrame
        As from `newsclust.topics.describe_clusters`.
    n, headlines : int
    """
    rows = []
    for cluster, topic in topics.head(n).iterrows():
        members = np.flatnonzero(clustering.labels == cluster)
        best = members[np.argsort(-clustering.probabilities[members], kind="stable")]
        titles = [title for title in documents["title"].iloc[best].unique() if title != topic["title"]]
        rows.append((cluster, topic["size"], [topic["title"], *titles[: headlines - 1]], topic["keywords"]))
    return Table(pd.DataFrame(rows, columns=["cluster", "size", "headlines", "keywords"]))


def key_figures(run: Run) -> Table:
    """The run's numbers in words, those that could be computed."""
    rows = [
        (name, pattern.format(run.metrics[key]))
        for key, (name, pattern) in FIGURES.items()
        if run.metrics.get(key) is not None
    ]
    return Table(pd.DataFrame(rows, columns=["figure", "value"]))


def _cell(value: object) -> str:
    if isinstance(value, list):  # the first stands out, the others below it
        first, *others = (html.escape(str(item)) for item in value)
        return "<br>".join([f"<strong>{first}</strong>", *others])
    return html.escape(str(value))
