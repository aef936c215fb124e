"""What the steps give, one after the other: each result holds the one before, and the parameters that made it all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..clusters.clustering import Clustering
from ..corpus.corpus import Corpus
from ..errors import RunError
from ..markup import escape, table
from ..neighbors.folded import Folded
from ..neighbors.layout import Layout
from ..neighbors.neighbors import Neighbors
from ..stages import Logged
from ..stories.evidence import Evidence
from ..stories.exemplars import headlines
from ..stories.finer import Finer, part_stories
from ..stories.reliability import stories_seen
from ..stories.settings import Settings
from ..stories.stories import Stories, place
from ..stories.timeline import Timeline, follow_stories
from ..stories.topics import Topics, group_stories
from ..vectors.store import Embeddings, Store
from .continuation import Continuation
from .record import Record, read_record, summary
from .stored import StoredRun, read_run

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: Rows of a table that shows what came back.
SHOWN, SHOWN_STORIES = 8, 10
#: The neighbour whose distance says how dense a place is while min_samples is still to be chosen: the tutorial's.
_USUAL = 3


@dataclass(frozen=True, eq=False)
class Vectors(Logged):
    """The documents' vectors, and where they are stored.

    Attributes
    ----------
    corpus : Corpus
    embeddings : Embeddings
    store : Store
    made_with : dict
        The parameters of this step and of those before it.
    """

    corpus: Corpus
    embeddings: Embeddings
    store: Store
    made_with: dict[str, Any]

    @property
    def vectors(self) -> np.ndarray:
        """float32, shape (n, dim): unit rows."""
        return self.embeddings.vectors

    @property
    def collection(self) -> str:
        """The collection's name in Milvus."""
        return self.store.name

    @property
    def field(self) -> str:
        """The field of the vectors there."""
        return self.store.vector_field

    def milvus(self) -> AbstractContextManager[MilvusClient]:
        """A client of Milvus with the collection loaded; a local file is let go of at the end."""
        return self.store.open()

    def __repr__(self) -> str:
        n, dim = self.vectors.shape
        return (
            f"{n:,} documents as vectors of {dim} numbers by {self.embeddings.model.name}, in {self.embeddings.where}."
        )


@dataclass(frozen=True, eq=False)
class Links(Logged):
    """Each document's nearest others.

    Attributes
    ----------
    vectors : Vectors
    neighbors : Neighbors
        With their distances by vectors, words and days.
    found : Neighbors
        As they were found, with their distances by vectors alone.
    clustered : Neighbors
        The lists that are clustered: `neighbors`, or where near-copies are folded those of the headlines that stand for
        others, among themselves (`newsclust.neighbors.folded.Folded`).
    made_with : dict
    """

    vectors: Vectors
    neighbors: Neighbors
    found: Neighbors
    clustered: Neighbors
    made_with: dict[str, Any]

    @cached_property
    def evidence(self) -> Evidence:
        """How alike the headlines are whose lists are clustered, by the blend."""
        embeddings, documents = self.vectors.embeddings, self.documents
        if isinstance(self.clustered, Folded):
            embeddings, documents = embeddings.part(self.clustered.rows), documents.iloc[self.clustered.rows]
        weights = {name: self.made_with[name] for name in ("words", "days", "day_scale") if name in self.made_with}
        return Evidence(embeddings.vectors, documents, embeddings.words, **weights)

    @property
    def indices(self) -> np.ndarray:
        """Row numbers of the neighbours, nearest first: int32, shape (n, k)."""
        return self.neighbors.indices

    @property
    def distances(self) -> np.ndarray:
        """Their distances by vectors, words and days: float32, shape (n, k)."""
        return self.neighbors.distances

    @property
    def plain(self) -> np.ndarray:
        """The distances by vectors alone, each list nearest first: float32, shape (n, k)."""
        return self.found.distances

    @property
    def recall(self) -> float:
        """The share of the true neighbours that the search found."""
        return self.found.recall

    @property
    def documents(self) -> pd.DataFrame:
        return self.vectors.corpus.documents

    @property
    def typical(self) -> int:
        """The row of the document in whose place the density is the median: by its third nearest other."""
        place = min(_USUAL, self.found.k)
        return int(np.argsort(self.plain[:, place - 1], kind="stable")[len(self.plain) // 2]) if place else 0

    def title(self, row: int) -> str:
        """The headline of a document."""
        return headlines(self.documents.iloc[[row]]).iloc[0]

    def titles(self, row: int, n: int) -> list[str]:
        """The headlines of the `n` documents nearest to `row` by vectors alone."""
        return headlines(self.documents.iloc[self.found.indices[row, :n]]).tolist()

    def __repr__(self) -> str:
        n, made = len(self.indices), self.made_with
        padded = f", {self.found.n_padded:,} places of which are empty" if self.found.n_padded else ""
        by = f"words = {made['words']:g}, days = {made['days']:g}"
        parts = "by vectors, words and days" if made["words"] or made["days"] else "by vectors alone"
        return (
            f"{n:,} documents, {self.found.k} neighbours each{padded} (k = {made['k']}, n_neighbors = "
            f"{made['n_neighbors']}); distances {parts} ({by}). Search: {self.found.search}; recall {self.recall:.3f}."
        )


@dataclass(frozen=True, eq=False)
class Clusters(Logged):
    """HDBSCAN's clusters, and the settings that made them.

    Attributes
    ----------
    links : Links
    settings : Settings
    clustering : Clustering
    made_with : dict
    """

    links: Links
    settings: Settings
    clustering: Clustering
    made_with: dict[str, Any]

    @property
    def labels(self) -> np.ndarray:
        """int32, shape (n,); -1 is noise."""
        return self.clustering.labels

    @property
    def probabilities(self) -> np.ndarray:
        """How firmly each document belongs to its cluster: float32, shape (n,)."""
        return self.clustering.probabilities

    def __repr__(self) -> str:
        return f"{self.clustering!r} {self.settings!r}".strip()

    def _repr_html_(self) -> str:
        noise = np.flatnonzero(self.labels < 0)[:2]
        rows = np.concatenate([np.flatnonzero(self.labels >= 0)[: SHOWN - len(noise)], noise])
        shown = pd.DataFrame(
            {
                "headline": headlines(self.links.documents.iloc[rows]).to_numpy(),
                "label": self.labels[rows],
                "probability": [f"{value:.2f}" for value in self.probabilities[rows]],
            }
        )
        return f"<p>{escape(repr(self))}</p>{table(shown)}"


@dataclass(frozen=True, eq=False)
class Named(Logged):
    """The clusters as stories, with names and with the noise that joined them.

    Attributes
    ----------
    clusters : Clusters
    stories : Stories
    continuation : Continuation
        What became of the stories of an earlier run, where one was given.
    made_with : dict
    """

    clusters: Clusters
    stories: Stories
    continuation: Continuation
    made_with: dict[str, Any]

    @property
    def labels(self) -> np.ndarray:
        """The story of each document: int32, shape (n,); -1 is in none."""
        return self.stories.labels

    @cached_property
    def timeline(self) -> Timeline:
        """When the stories ran."""
        return follow_stories(self.stories)

    @cached_property
    def topics(self) -> Topics:
        """Which stories lie close together."""
        return group_stories(self.stories)

    @cached_property
    def finer(self) -> Finer:
        """Which stories are made of finer ones."""
        return part_stories(self.stories)

    @cached_property
    def seen(self) -> pd.DataFrame:
        """How many of the stories are seen with how much of the data."""
        return stories_seen(self.clusters.links.clustered, self.stories)

    def __repr__(self) -> str:
        continued = f" {self.continuation!r}" if self.continuation.identity else ""
        return f"{self.stories!r}{continued}"

    def _repr_html_(self) -> str:
        return self.continuation._repr_html_() if self.continuation.identity else f"<p>{self!r}</p>"


@dataclass(frozen=True, eq=False)
class Map(Logged):
    """Where each document stands on the map.

    Attributes
    ----------
    named : Named
    layout : Layout
    made_with : dict
    """

    named: Named
    layout: Layout
    made_with: dict[str, Any]

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per document: see `newsclust.stories.stories.place`."""
        return place(self.named.stories, self.layout)

    def __repr__(self) -> str:
        n, axes = self.layout.coordinates.shape
        return f"{n:,} documents in {axes} dimensions."


@dataclass(frozen=True, eq=False)
class Run:
    """All that was found, and its record.

    Attributes
    ----------
    map : Map
    record : Record
    """

    map: Map
    record: Record

    @property
    def points(self) -> pd.DataFrame:
        return self.map.points

    @property
    def named(self) -> Named:
        return self.map.named

    @property
    def stories(self) -> Stories:
        return self.named.stories

    @property
    def timeline(self) -> Timeline:
        return self.named.timeline

    @property
    def topics(self) -> Topics:
        return self.named.topics

    @property
    def finer(self) -> Finer:
        return self.named.finer

    @property
    def seen(self) -> pd.DataFrame:
        return self.named.seen

    @property
    def clusters(self) -> Clusters:
        return self.named.clusters

    @property
    def settings(self) -> Settings:
        return self.clusters.settings

    @property
    def links(self) -> Links:
        return self.clusters.links

    @property
    def corpus(self) -> Corpus:
        return self.links.vectors.corpus

    @property
    def labels(self) -> np.ndarray:
        """The story of each document of `corpus.documents`: int32, shape (n,); -1 is in none."""
        return self.stories.labels

    @property
    def folder(self) -> Path | None:
        """Where the results are; None where no `output` was given."""
        output = self.record.parameters["output"]
        return Path(output) if output else None

    @property
    def table(self) -> pd.DataFrame:
        """The largest stories: story, headlines, title, keywords, first and last (days, "" where unknown)."""
        largest = self.stories.table.sort_values("size", ascending=False, kind="stable").head(SHOWN_STORIES)
        rows = largest.reset_index(names="story").rename(columns={"size": "headlines"})
        return rows[["story", "headlines", "title", "keywords", "first", "last"]]

    def _where(self) -> str:
        if self.folder is None:
            return 'Set output to keep this run: output = "out/mine".'
        return f"Every row with its story is in {self.folder / 'clusters.csv'}; the stories are in stories.csv there."

    def __repr__(self) -> str:
        lines = [f"{row.headlines:>6,}  {row.title}" for row in self.table.itertuples(index=False)]
        n = len(self.stories.table)
        more = [f"        and {n - len(lines):,} more"] if n > len(lines) else []
        return "\n".join([f"{summary(self.record.metrics)}.", *lines, *more, self._where()])

    def _repr_html_(self) -> str:
        shown = self.table.assign(headlines=[f"{size:,}" for size in self.table["headlines"]])
        parts = [summary(self.record.metrics) + ".", self._where()]
        return f"<p>{escape(parts[0])}</p>{table(shown) if len(shown) else ''}<p>{escape(parts[1])}</p>"


def finished(run: StoredRun | Run) -> StoredRun:
    """The run; one that `newsclust.pipeline.find` has just found as its folder keeps it.

    Raises
    ------
    RunError
        If it is in no folder, or another run is there now.
    """
    if not isinstance(run, Run):
        now = read_record(run.folder)
        if now is None or now.provenance.get("finished") != run.record.provenance.get("finished"):
            raise RunError(f"{run.name} holds another run now, or none: read it again.")
        return run
    kept = read_run(run.folder)
    if not np.array_equal([kept.ids, kept.labels], [run.corpus.documents["id"], run.labels]):
        raise RunError(f"{run.folder} holds another run now: run this one again, with an output of its own.")
    return kept
