"""Tables for notebooks and reports. Headlines are untrusted text: every cell is escaped."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..clusters.neighbors import Neighbors


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
        As from `newsclust.stories.naming.describe_clusters`.
    n, headlines : int
    """
    rows = []
    for cluster, topic in topics.head(n).iterrows():
        members = np.flatnonzero(labels == cluster)
        best = members[np.argsort(-probabilities[members], kind="stable")]
        titles = [title for title in documents["title"].iloc[best].unique() if title != topic["title"]]
        rows.append((cluster, topic["size"], [topic["title"], *titles[: headlines - 1]], topic["keywords"]))
    return Table(pd.DataFrame(rows, columns=["cluster", "size", "headlines", "keywords"]))


def _cell(value: object) -> str:
    if isinstance(value, list):  # the first stands out, the others below it
        first, *others = (html.escape(str(item)) for item in value)
        return "<br>".join([f"<strong>{first}</strong>", *others])
    return html.escape(str(value))
