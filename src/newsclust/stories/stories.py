"""The stories of a corpus: HDBSCAN's clusters as a reader sees them, with the noise that was given a story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .naming import describe_clusters
from .noise import assign_noise as _assign_noise

if TYPE_CHECKING:
    from ..clusters.clustering import Clustering
    from ..clusters.layout import Layout
    from ..clusters.neighbors import Neighbors
    from ..corpus.documents import Corpus
    from ..vectors.store import Embeddings


@dataclass(frozen=True, eq=False)
class Stories:
    """What a run found. Whatever shows or measures it reads it here.

    Attributes
    ----------
    documents : DataFrame, n rows
        As `Corpus.documents`.
    clustering : Clustering
        HDBSCAN's clusters, before any noise was assigned.
    labels : ndarray of int32, shape (n,)
        The story of each document, after the assignment: the clustering's labels, and for assigned noise the story
        it was given; -1 is in no story. Story numbers are the clusters'.
    vote : ndarray of float, shape (n,)
        Of an assigned document the share of its neighbours' votes that went to its story, 0 to 1; NaN for the others.
    table : DataFrame, one row per story
        Index ``cluster``; as from `newsclust.stories.naming.describe_clusters`, assigned documents included.
    parameters : dict
        ``assign_noise``, as it was used.
    """

    documents: pd.DataFrame
    clustering: Clustering
    labels: np.ndarray
    vote: np.ndarray
    table: pd.DataFrame
    parameters: dict[str, Any]

    @property
    def assigned(self) -> np.ndarray:
        """Which documents are HDBSCAN's noise and were given a story: bool, shape (n,)."""
        return self.labels != self.clustering.labels

    @property
    def noise_fraction(self) -> float:
        """The share of documents in no story, after the assignment."""
        return float((self.labels < 0).mean()) if len(self.labels) else 0.0

    def __repr__(self) -> str:
        n_assigned, n_noise = int(self.assigned.sum()), int((self.labels < 0).sum())
        return (
            f"{len(self.table):,} stories. {n_assigned:,} noise documents were given the story of their neighbours, "
            f"{n_noise:,} ({self.noise_fraction:.1%} of all) are in no story."
        )


def find_stories(
    corpus: Corpus,
    embeddings: Embeddings,
    neighbors: Neighbors,
    clustering: Clustering,
    assign_noise: bool = False,
) -> Stories:
    """Name the clusters and, if asked to, give noise the story of its neighbours.

    Parameters
    ----------
    corpus : Corpus
    embeddings : Embeddings
    neighbors : Neighbors
        The lists whose votes decide.
    clustering : Clustering
    assign_noise : bool
        See `newsclust.stories.noise.assign_noise`.
    """
    labels, vote = clustering.labels, np.full(len(clustering.labels), np.nan)
    if assign_noise:
        given = _assign_noise(neighbors, clustering.labels)
        labels, vote = given.labels, np.where(given.assigned, given.share, np.nan)
    table = describe_clusters(corpus.documents, labels, clustering.probabilities, embeddings.vectors)
    return Stories(corpus.documents, clustering, labels, vote, table, {"assign_noise": assign_noise})


def place(stories: Stories, layout: Layout) -> pd.DataFrame:
    """One row per document: what it says, its story, and where it stands on the map.

    Returns
    -------
    DataFrame
        Columns ``id, title, url, publisher, published_at, cluster, probability, assigned, vote, story, x, y`` and, in
        space, ``z``. `cluster` is after the assignment; `probability` is HDBSCAN's and 0 for its noise; `assigned`
        is True where noise was given a story, with the share of votes in `vote`; `story` is the story's title.
    """
    points = stories.documents[["id", "title", "url", "publisher", "published_at"]].copy()
    points["cluster"] = stories.labels
    points["probability"] = stories.clustering.probabilities
    points["assigned"] = stories.assigned
    points["vote"] = stories.vote
    points["story"] = points["cluster"].map(stories.table["title"]).fillna("no story (noise)")
    for axis, column in zip("xyz", layout.coordinates.T, strict=False):
        points[axis] = column
    return points
