"""The steps from headlines to stories, in order. The notebooks show them one by one; `find` takes them all.

Each step takes the result before it and parameters: what a notebook set (`parameters`), or keywords. A result holds the
one before, and the parameters that all of it was made with: a step whose parameters say something else by now stops.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .clusters import check
from .clusters.clustering import SELECTION, Clustering
from .clusters.clustering import cluster as cluster_lists
from .corpus.documents import Corpus, read_corpus, shown
from .errors import ParameterError, notice
from .neighbors.blend import blend
from .neighbors.layout import Layout, lay_out
from .neighbors.neighbors import Neighbors, find_neighbors
from .paths import find_output
from .run.continuation import Continuation, continue_run
from .run.notebook import Notebook
from .run.parameters import Parameters, make_parameters
from .run.record import Record, summary
from .run.record import finish as write_record
from .show.run_page import write_page
from .stories.finer import Finer, part_stories
from .stories.settings import Settings, choose_settings
from .stories.stories import Stories, find_stories, place
from .stories.timeline import Timeline, follow_stories
from .stories.topics import Topics, group_stories
from .vectors.store import Embeddings, Store

if TYPE_CHECKING:
    import pandas as pd
    from pymilvus import MilvusClient


#: The parameters that each step reads, beside what the steps before it have read.
READS = {
    "read": "data columns truth".split(),
    "embed": "model precision uri collection index index_params search_params".split(),
    "link": "k n_neighbors search words days day_scale".split(),
    "cluster": ["min_samples", "min_cluster_size", "distance", "shared_neighbors", "least_support", *SELECTION],
    "name": "assign_noise title_model previous".split(),
    "map": "n_components min_dist seed".split(),
    "finish": ["output"],
}
_STEPS = list(READS)
#: What a notebook's reader calls the result of each step.
_RESULTS = dict(zip(_STEPS, "corpus vectors links clusters stories map run".split(), strict=True))


@dataclass(frozen=True, eq=False)
class Vectors:
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

    @contextmanager
    def milvus(self) -> Iterator[MilvusClient]:
        """A client of Milvus with the collection loaded; a local file is let go of at the end."""
        with self.store.open() as client:
            yield client

    def __repr__(self) -> str:
        n, dim = self.vectors.shape
        return (
            f"{n:,} documents as vectors of {dim} numbers by {self.embeddings.model.name}, in {self.embeddings.where}."
        )


@dataclass(frozen=True, eq=False)
class Links:
    """Each document's nearest others.

    Attributes
    ----------
    vectors : Vectors
    neighbors : Neighbors
        With their distances by vectors, words and days.
    plain : Neighbors
        As they were found, with their distances by vectors alone.
    made_with : dict
    """

    vectors: Vectors
    neighbors: Neighbors
    plain: Neighbors
    made_with: dict[str, Any]

    @property
    def documents(self) -> pd.DataFrame:
        return self.vectors.corpus.documents

    def __repr__(self) -> str:
        return repr(self.neighbors)


@dataclass(frozen=True, eq=False)
class Clusters:
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
        return self.clustering.probabilities

    def __repr__(self) -> str:
        return f"{self.clustering!r} {self.settings!r}".strip()


@dataclass(frozen=True, eq=False)
class Named:
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

    def __repr__(self) -> str:
        continued = f" {self.continuation!r}" if self.continuation.identity else ""
        return f"{self.stories!r}{continued}"

    def _repr_html_(self) -> str:
        return self.continuation._repr_html_() if self.continuation.identity else f"<p>{self!r}</p>"


@dataclass(frozen=True, eq=False)
class Map:
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


@dataclass(frozen=True, eq=False)
class Run:
    """All that was found, and its record."""

    map: Map
    record: Record

    @property
    def stories(self) -> Stories:
        return self.map.named.stories

    @property
    def clusters(self) -> Clusters:
        return self.map.named.clusters

    @property
    def links(self) -> Links:
        return self.clusters.links

    @property
    def corpus(self) -> Corpus:
        return self.links.vectors.corpus

    @property
    def labels(self) -> np.ndarray:
        """The story of each document of `corpus.documents`; -1 is in none."""
        return self.stories.labels

    @property
    def folder(self) -> Path | None:
        """Where the results are; None where no `output` was given."""
        output = self.record.parameters["output"]
        return Path(output) if output else None

    def __repr__(self) -> str:
        table = self.stories.table.sort_values("size", ascending=False, kind="stable")
        lines = [f"{row.size:>6,}  {row.title}" for row in table.head(10).itertuples(index=False, name="Story")]
        more = [f"        and {len(table) - 10:,} more"] if len(table) > 10 else []
        return "\n".join([f"{summary(self.record.metrics)}.", *lines, *more])


def read(p: Notebook | Parameters | str | Path | list | None = None, **given: Any) -> Corpus:
    """Read headlines; `p` may be what to read, too: ``read("mine.csv")``."""
    if p is not None and not isinstance(p, (Notebook, Parameters)):
        p, given = None, {"data": p, **given}
    now = _now("read", p, {}, given)
    return read_corpus(now.data, now.truth, now.columns)


def embed(corpus: Corpus, p: Notebook | Parameters | None = None, **given: Any) -> Vectors:
    """Give each document its vector, and store it in Milvus; what is stored already is not embedded again."""
    now = _now("embed", p, corpus.parameters, given)
    return Vectors(corpus, now.store.embed(corpus.documents), now.store, _made("embed", corpus.parameters, now))


def link(vectors: Vectors, p: Notebook | Parameters | None = None, **given: Any) -> Links:
    """Find each document's nearest others, and blend words and days into their distances."""
    now = _now("link", p, vectors.made_with, given)
    there = len(vectors.corpus.documents) - 1
    if there < now.k != Parameters.model_fields["k"].default:
        notice(f"k is lowered from {now.k} to {there}: there are no more than {there + 1:,} documents.")
    plain = find_neighbors(vectors.embeddings, min(max(now.k, now.n_neighbors), there), now.search, vectors.store)
    blended = blend(plain, vectors.embeddings, vectors.corpus.documents, now.words, now.days, now.day_scale)
    return Links(vectors, blended, plain, _made("link", vectors.made_with, now))


def cluster(links: Links, p: Notebook | Parameters | None = None, **given: Any) -> Clusters:
    """Choose the settings that are "auto", and cluster."""
    now = _now("cluster", p, links.made_with, given)
    selection = {name: getattr(now, name) for name in SELECTION}
    settings = choose_settings(
        links.neighbors,
        links.vectors.vectors,
        now.k,
        now.min_samples,
        now.min_cluster_size,
        now.distance,
        now.least_support,
        now.shared_neighbors,
        **selection,
    )
    chosen = settings.min_samples, settings.min_cluster_size
    shared = now.shared_neighbors
    clustering = cluster_lists(links.neighbors, now.k, *chosen, now.distance, shared_neighbors=shared, **selection)
    return Clusters(links, settings, clustering, _made("cluster", links.made_with, now))


def name(clusters: Clusters, p: Notebook | Parameters | None = None, **given: Any) -> Named:
    """Name the clusters, let noise join them if asked to, and keep the numbers of an earlier run."""
    now = _now("name", p, clusters.made_with, given)
    links = clusters.links
    found = find_stories(
        links.vectors.corpus,
        links.vectors.embeddings,
        links.neighbors,
        clusters.clustering,
        now.assign_noise,
        now.least_support,
        now.title_model,
    )
    continued = continue_run(found, now.previous)
    return Named(clusters, continued.stories, continued, _made("name", clusters.made_with, now))


def map(named: Named, p: Notebook | Parameters | None = None, **given: Any) -> Map:
    """Lay the documents out in two dimensions, or three."""
    now = _now("map", p, named.made_with, given)
    links = named.clusters.links
    shape = now.n_components, min(now.n_neighbors, len(links.documents)), now.min_dist, now.seed
    layout = lay_out(links.vectors.embeddings, links.neighbors, *shape)
    return Map(named, layout, _made("map", named.made_with, now))


def finish(drawn: Map, p: Notebook | Parameters | None = None, **given: Any) -> Run:
    """Write the results to `output`, if one is given, with the record of how they were made, and the run's page."""
    now = _now("finish", p, drawn.made_with, given)
    named = drawn.named
    clusters, vectors = named.clusters, named.clusters.links.vectors
    record = write_record(
        vectors.corpus,
        vectors.embeddings,
        clusters.links.neighbors,
        clusters.settings,
        named.stories,
        drawn.layout,
        now.output,
    )
    if now.output:
        write_page(find_output(now.output))
    return Run(drawn, record)


def find(data: str | Path | list = "sample", **parameters: Any) -> Run:
    """Find the stories in headlines: all steps, with any of the notebook's parameters.

    Examples
    --------
    >>> run = nc.find("mine.csv", words=0.2, min_samples="auto", min_cluster_size="auto", output="out/mine")
    """
    p = make_parameters({"data": data, **parameters})
    return finish(map(name(cluster(link(embed(read(p), p), p), p), p), p), p)


def check_against_hdbscan(clusters: Clusters) -> str:
    """Compare the clusters with hdbscan's on all pairs: see `newsclust.clusters.check.check_against_hdbscan`."""
    links = clusters.links
    return check.check_against_hdbscan(
        clusters.clustering, links.neighbors, links.vectors.embeddings, links.vectors.corpus.documents
    )


def _now(step: str, p: Notebook | Parameters | None, made_with: dict[str, Any], given: dict[str, Any]) -> Parameters:
    """The parameters as they stand, which must be those that the result before was made with."""
    if given:
        if unknown := [one for one in given if one not in READS[step]]:
            known = ", ".join(READS[step])
            raise ParameterError(f"{step} does not read {unknown[0]}; it reads {known}.")
        if p is not None:
            raise ParameterError(f"{step} takes a notebook's parameters or keywords, not both.")
    if p is None:
        return make_parameters({**made_with, **given})
    now = p.checked() if isinstance(p, Notebook) else p
    for before in _STEPS[: _STEPS.index(step)]:
        for one in READS[before]:
            value = shown(now.data) if one == "data" else getattr(now, one)
            if one in made_with and made_with[one] != value:
                raise ParameterError(
                    f"{one} is {value!r} now, but these {_RESULTS[before]} were made with {made_with[one]!r}: run the "
                    f"cells again from nc.{before} on."
                )
    return now


def _made(step: str, made_with: dict[str, Any], now: Parameters) -> dict[str, Any]:
    return made_with | {one: getattr(now, one) for one in READS[step]}
