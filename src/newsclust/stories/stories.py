"""The stories of a corpus: HDBSCAN's clusters as a reader sees them, with the noise that was assigned to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..corpus.facts import headlines
from ..errors import notice
from ..stages import stage
from ..wording import count
from .branches import topic_numbers
from .collapse import collapse_notice
from .corrections import Corrected, Corrections, apply, where_of
from .evidence import Evidence
from .exemplars import spread_out, title_rows
from .naming import Terms, count_terms, describe_clusters
from .noise import Vote, enough_support, most_frequent, votes_of, winners
from .noise import assign_noise as vote_on_noise
from .repeats import find_repeats
from .settings import standing
from .titles import write_titles

if TYPE_CHECKING:
    from ..clusters.clustering import Clustering
    from ..corpus.documents import Corpus
    from ..neighbors.layout import Layout
    from ..neighbors.neighbors import Neighbors
    from ..vectors.store import Embeddings


@dataclass(frozen=True, eq=False)
class Stories:
    """The result of a run, for all that shows or measures it.

    Attributes
    ----------
    documents : DataFrame, n rows
        As `Corpus.documents`.
    clustering : Clustering
        HDBSCAN's clusters, before any noise was assigned.
    labels : ndarray of int32, shape (n,)
        The story of each document, after the assignment: the clustering's labels, and for assigned noise its story; -1
        is in no story. Story numbers are the clusters', or those of the earlier stories that they continue
        (`newsclust.run.continuation.continue_run`).
    vote : Vote
        The neighbours' votes on HDBSCAN's noise, whether or not it was assigned.
    table : DataFrame, one row per story
        Index ``cluster``; as from `newsclust.stories.naming.describe_clusters`, assigned documents included, and
        `topic`, as from `newsclust.stories.branches.topic_numbers`. ``title`` is shown; if a language model or a person
        wrote titles there is also ``headline``, the headline that would be the title otherwise.
    parameters : dict
        ``assign_noise``, ``least_support``, ``title_model`` and ``at_most_alone``, as given.
    repeats : ndarray of int32, shape (n,)
        The row of the document that each one nearly repeats, its own if it repeats none: see
        `newsclust.stories.repeats.find_repeats`.
    numbers : ndarray of int32, shape (n_clusters,), optional
        The story number of each of HDBSCAN's clusters, if an earlier run is continued; else they are the same.
    next_number : int, optional
        In that case the smallest number that no story ever had.
    changes : DataFrame, optional
        In that case what happened to the earlier stories, as in `newsclust.stories.identity.Identity.changes`.
    terms : Terms, optional
        The words of each cluster, with its assigned documents, by the clusters' numbers. None if stories were
        corrected.
    corrected : Corrected, optional
        The corrections, if a person corrected the stories; then `numbers` are those of the stories with most of each
        cluster, -1 if there is none.
    before : DataFrame, one row per cluster, optional
        In that case the table without corrections.
    """

    documents: pd.DataFrame
    clustering: Clustering
    labels: np.ndarray
    vote: Vote
    table: pd.DataFrame
    parameters: dict[str, Any]
    repeats: np.ndarray
    numbers: np.ndarray | None = None
    next_number: int | None = None
    changes: pd.DataFrame | None = None
    terms: Terms | None = None
    corrected: Corrected | None = None
    before: pd.DataFrame | None = None

    @property
    def assigned(self) -> np.ndarray:
        """Which documents are HDBSCAN's noise and were assigned to a story: bool, shape (n,)."""
        assigned = (self.labels >= 0) & (self.clustering.labels < 0)
        return assigned if self.corrected is None else assigned & ~self.corrected.is_placed

    @property
    def members(self) -> np.ndarray:
        """The stories without the noise that was assigned to them: int, shape (n,)."""
        return self.clustering.labels if self.corrected is None else np.where(self.assigned, -1, self.labels)

    @property
    def hdbscan_labels(self) -> np.ndarray:
        """HDBSCAN's clusters with the numbers of their stories, before any noise was assigned: int, shape (n,)."""
        labels = self.clustering.labels
        return labels if self.numbers is None else np.append(self.numbers, np.int32(-1))[labels]

    @property
    def headlines(self) -> pd.Series:
        """The representative headline of each story, whoever wrote its title: str, index ``cluster``."""
        return self.table["headline" if "headline" in self.table else "title"]

    @property
    def by_cluster(self) -> pd.DataFrame:
        """`table` in the order of HDBSCAN's clusters: row i is cluster i, and the index has its story's number.

        It is the table without corrections, because the tree has HDBSCAN's clusters.
        """
        if self.before is not None:
            return self.before.set_axis(pd.Index(self.numbers, name="cluster"))
        return self.table.sort_index() if self.numbers is None else self.table.loc[self.numbers]

    @property
    def noise_fraction(self) -> float:
        """The share of documents in no story, after the assignment."""
        return float((self.labels < 0).mean()) if len(self.labels) else 0.0

    def numbered(self) -> Stories:
        """The stories with numbers as titles, for documents without texts."""
        return replace(self, table=self.table.assign(title=[f"story {number}" for number in self.table.index]))

    def __repr__(self) -> str:
        n_assigned, n_noise = int(self.assigned.sum()), int((self.labels < 0).sum())
        model = self.parameters["title_model"]
        n = int((self.table["title"] != self.headlines).sum()) if model else 0
        written = f" {count(n, 'title was', 'titles were')} written by {model}." if n else ""
        corrected = f" {count(len(self.corrected.corrections), 'correction')} applied." if self.corrected else ""
        return (
            f"{len(self.table):,} stories. {n_assigned:,} noise documents were assigned to their neighbours' stories, "
            f"{n_noise:,} ({self.noise_fraction:.1%} of all) are in no story.{written}{corrected}"
        )


def find_stories(
    corpus: Corpus,
    embeddings: Embeddings,
    neighbors: Neighbors,
    clustering: Clustering,
    assign_noise: bool = False,
    least_support: float = 0.42,
    title_model: str | None = None,
    at_most_alone: float | None = None,
) -> Stories:
    """Name the clusters and, on request, assign noise to the stories of its neighbours.

    Parameters
    ----------
    corpus : Corpus
    embeddings : Embeddings
    neighbors : Neighbors
        The lists that were clustered; the nearest ``clustering.parameters["k"]`` are used.
    clustering : Clustering
    assign_noise : bool
    least_support : float
        Noise with less support from its neighbours stays noise; see `newsclust.stories.noise.assign_noise`.
    title_model : str, optional
        A language model that writes the titles; see `newsclust.stories.titles.write_titles`. By default titles are
        headlines.
    at_most_alone : float, optional
        `least_support` is lowered, with a notice, until at most this share of the documents is in no story.
    """
    if told := collapse_notice(clustering.labels, clustering.parameters):
        notice(told)
    lists = neighbors.head(clustering.parameters["k"])
    vote = vote_on_noise(lists, clustering.labels, least_support)
    if assign_noise and at_most_alone is not None:
        vote = _less_alone(vote, lists, clustering, least_support, at_most_alone)
    labels = vote.labels if assign_noise else clustering.labels
    terms = count_terms(corpus.documents, labels)
    table = describe_clusters(corpus.documents, labels, clustering.probabilities, embeddings.vectors, terms)
    table["topic"] = topic_numbers(clustering, table["size"].to_numpy())
    if title_model:
        with stage("titles"):
            table = _titled(table, corpus.documents, labels, clustering.probabilities, embeddings.vectors, title_model)
    parameters = {"assign_noise": assign_noise, "least_support": least_support, "title_model": title_model}
    parameters["at_most_alone"] = at_most_alone
    stands_for = neighbors.spread(neighbors.own(np.arange(len(labels), dtype=np.int32)))
    repeats = find_repeats(corpus.documents, lists) if neighbors.counts is None else stands_for
    return Stories(corpus.documents, clustering, labels, vote, table, parameters, repeats, terms=terms)


def correct_stories(
    stories: Stories, corrections: Corrections, embeddings: Embeddings, neighbors: Neighbors, evidence: Evidence
) -> Stories:
    """Stories as a person corrected them: see `newsclust.stories.corrections.apply`.

    A story without corrections keeps its number and its row of the table.

    Parameters
    ----------
    stories : Stories
        With the numbers of HDBSCAN's clusters.
    corrections : Corrections
    embeddings : Embeddings
    neighbors : Neighbors
        The lists that were clustered.
    evidence : Evidence
        For the documents that have lists: it shows which headlines are nearer to another story.
    """
    if not len(corrections):
        none = np.zeros(len(stories.labels), dtype=bool)
        made = replace(corrections, needed=none[:0])
        unchanged = Corrected(stories.labels, none, stories.labels, made)
        return replace(stories, corrected=unchanged) if made.left_out else stories
    given, clustering, vote = stories.labels, stories.clustering, stories.vote
    lists = neighbors.head(clustering.parameters["k"])
    place = neighbors.spread(np.arange(len(neighbors.ids)))

    def elect(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
        at = place[rows]
        return winners(votes_of(lists.indices[at], lists.distances[at], neighbors.own(labels)))[0]

    copies = None if neighbors.counts is None else stories.repeats
    named, certainty = corrections.named, clustering.probabilities.astype(np.float64)
    named = named[(given[named] >= 0) & (certainty[named] > 0)]
    nearness = standing(evidence, given, lists, np.unique(place[named]))["score"][place[named]].to_numpy()
    certainty[named] = np.where(nearness < 0, nearness, certainty[named])
    done = apply(corrections, given, certainty, clustering.spanning_tree, vote.support, copies, vote=elect)
    labels, changed = done.labels, done.labels != given
    numbers = _largest(
        pd.Series(np.where(clustering.labels >= 0, labels, -1)), clustering.labels, range(clustering.n_clusters)
    )
    number = np.append(numbers, np.int32(-1))
    touched = np.unique(np.append(labels[changed], given[changed]))
    own = np.where(np.isin(labels, touched), labels, -1)
    documents, vectors = stories.documents, embeddings.vectors
    table = describe_clusters(documents, labels, clustering.probabilities, vectors)
    table = table[table.index.isin(touched)]
    origin = _largest(pd.Series(given), labels, table.index)
    table["topic"] = stories.table["topic"].reindex(origin).fillna(-1).astype(int).to_numpy()
    if (model := stories.parameters["title_model"]) and len(table):
        table = _titled(table, documents, own, clustering.probabilities, vectors, model)
    table = pd.concat([stories.table[~stories.table.index.isin(touched)], table]).sort_index()
    topics = pd.Index(np.unique(np.append(table["topic"], -1)))  # a topic may have lost all its stories
    before = stories.table.assign(topic=topics.get_indexer(stories.table["topic"]).clip(0) - 1)
    table["topic"] = topics.get_indexer(table["topic"]) - 1
    table, corrections = _retitled(table, labels, done.corrections)
    left = (labels[stories.repeats] != labels) & (given[stories.repeats] == given)
    return replace(
        stories,
        labels=labels,
        vote=replace(vote, labels=np.where(changed, labels, number[vote.labels]), nearest=number[vote.nearest]),
        table=table,
        repeats=np.where(left, np.arange(len(labels)), stories.repeats).astype(np.int32),
        numbers=numbers,
        terms=None,
        corrected=replace(done, corrections=corrections),
        before=before,
    )


def _largest(values: pd.Series, groups: np.ndarray, wanted: Iterable[int]) -> np.ndarray:
    """The most frequent value, 0 or larger, in each group, in a tie the smallest; -1 if there is none."""
    inside = values >= 0
    return most_frequent(values[inside], groups[inside]).reindex(wanted).fillna(-1).to_numpy(np.int32)


def _retitled(table: pd.DataFrame, labels: np.ndarray, corrections: Corrections) -> tuple[pd.DataFrame, Corrections]:
    told = corrections.of("title")
    if told.empty:
        return table, corrections
    table, needed, left_out = table.copy(), np.array(corrections.needed), list(corrections.left_out)
    if "headline" not in table:
        table.insert(table.columns.get_loc("title") + 1, "headline", table["title"])
    given = table["title"].copy()
    stories = pd.Series(labels[told["one"].to_numpy(np.intp)], index=told.index)
    for row, story in stories.items():
        if story < 0:
            left_out.append(dict(told.loc[row]) | {"reason": "gives a title, but its headline is in no story"})
        elif row != (last := stories.index[stories == story][-1]):
            reason = f"gives a title, but {where_of(told.loc[last])} gives the story another"
            left_out.append(dict(told.loc[row]) | {"reason": reason})
        else:
            table.loc[story, "title"], needed[row] = told.loc[row, "title"], told.loc[row, "title"] != given[story]
    return table, replace(corrections, needed=needed, left_out=left_out)


def _less_alone(vote: Vote, lists: Neighbors, clustering: Clustering, least_support: float, at_most: float) -> Vote:
    lowered, alone = enough_support(vote, at_most), float((vote.labels < 0).mean())
    if lowered >= least_support:
        if alone > at_most:
            notice(
                f"{alone:.1%} of the headlines are in no story, more than at_most_alone = {at_most:g}: none of "
                "their neighbours is in a story. A smaller min_cluster_size may find more stories."
            )
        return vote
    again = vote_on_noise(lists, clustering.labels, lowered)
    added, alone = again.assigned & ~vote.assigned, float((again.labels < 0).mean())
    rest = "" if alone <= at_most else "; none of their neighbours is in a story"
    notice(
        f"least_support is lowered from {least_support:g} to {lowered:.2f}, because at_most_alone is {at_most:g}: "
        f"{count(int(added.sum()), 'more headline')} joined a story, {alone:.1%} are in none{rest}. The mean "
        f"support of these is {vote.support[added].mean():.2f}, of those assigned before "
        f"{vote.support[vote.assigned].mean() if vote.assigned.any() else 0:.2f}."
    )
    return again


def _titled(
    table: pd.DataFrame,
    documents: pd.DataFrame,
    labels: np.ndarray,
    probabilities: np.ndarray,
    vectors: np.ndarray,
    model: str,
) -> pd.DataFrame:
    """The table with the model's titles, and with ``headline`` after them."""
    first = title_rows(documents, labels, probabilities, vectors)
    rows = dict(zip(table.index, spread_out(labels, probabilities, vectors, first), strict=True))
    largest = table.sort_values("size", ascending=False, kind="stable").index
    lines = {story: list(dict.fromkeys(headlines(documents.iloc[rows[story]]))) for story in largest}
    languages = {story: documents["language"].iloc[rows[story]].mode().get(0, "") for story in largest}
    written = pd.Series(write_titles(lines, languages, model), dtype=str).reindex(table.index)
    titled = table.assign(title=written.fillna(table["title"]))
    titled.insert(titled.columns.get_loc("title") + 1, "headline", table["title"])
    return titled


def place(stories: Stories, layout: Layout) -> pd.DataFrame:
    """One row per document: its headline, its story, and its place on the map.

    Returns
    -------
    DataFrame
        Columns ``id, title, url, publisher, published_at, cluster, probability, assigned, vote, story, x, y`` and, in
        3-D, ``z``. `cluster` is after the assignment; `probability` is HDBSCAN's and 0 for its noise; `assigned` is
        True for noise that was assigned to a story, with its share of the votes in `vote`; `story` is the story's
        title.
    """
    return stories.documents[["id", "title", "url", "publisher", "published_at"]].assign(
        cluster=stories.labels,
        probability=stories.clustering.probabilities,
        assigned=stories.assigned,
        vote=np.where(stories.assigned, stories.vote.share, np.nan),
        story=lambda points: points["cluster"].map(stories.table["title"]).fillna("no story (noise)"),
        **dict(zip("xyz", layout.coordinates.T, strict=False)),
    )
