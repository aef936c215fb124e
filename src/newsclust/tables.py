"""Tables for notebooks and reports. Headlines are untrusted text: every cell is escaped."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .neighbors import Neighbors

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


class Table:
    """Rows that a notebook shows as an HTML table, whole and escaped."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __repr__(self) -> str:
        return f"{len(self.frame)} rows: {', '.join(map(str, self.frame))}"

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
    documents: pd.DataFrame,
    labels: np.ndarray,
    probabilities: np.ndarray,
    topics: pd.DataFrame,
    n: int = 10,
    headlines: int = 4,
) -> Table:
    """The `n` largest clusters, each with the `headlines` that belong to it most clearly.

    Parameters
    ----------
    documents : DataFrame
        As `Corpus.documents`.
    labels, probabilities : ndarray, shape (n_documents,)
    topics : DataFrame
        As from `newsclust.topics.describe_clusters`.
    n, headlines : int
    """
    rows = []
    for cluster, topic in topics.head(n).iterrows():
        members = np.flatnonzero(labels == cluster)
        best = members[np.argsort(-probabilities[members], kind="stable")]
        titles = [title for title in documents["title"].iloc[best].unique() if title != topic["title"]]
        rows.append((cluster, topic["size"], [topic["title"], *titles[: headlines - 1]], topic["keywords"]))
    return Table(pd.DataFrame(rows, columns=["cluster", "size", "headlines", "keywords"]))


def key_figures(metrics: dict[str, Any]) -> pd.DataFrame:
    """A run's numbers in words, those that could be computed: columns ``figure, value``."""
    rows = [
        (name, pattern.format(metrics[key])) for key, (name, pattern) in FIGURES.items() if metrics.get(key) is not None
    ]
    return pd.DataFrame(rows, columns=["figure", "value"])


def _cell(value: object) -> str:
    if isinstance(value, list):  # the first stands out, the others below it
        first, *others = (html.escape(str(item)) for item in value)
        return "<br>".join([f"<strong>{first}</strong>", *others])
    return html.escape(str(value))
