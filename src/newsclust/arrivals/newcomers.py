"""Tomorrow's headlines: the story of a finished run that each would join, or that each is new, and how certainly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..clusters.clustering import cluster
from ..corpus.documents import Corpus
from ..errors import InputError, notice
from ..neighbors.neighbors import Neighbors
from ..neighbors.space import Space
from ..run.continuation import ids_of_today
from ..run.correction_files import corrections_of
from ..run.results import Run, finished
from ..run.stored import StoredRun
from ..stages import Logged, stage, step
from ..stories.corrections import apply, resolve
from ..stories.naming import describe_clusters
from ..stories.noise import POWER, VOTERS, votes_of, winners
from ..stories.repeats import NEAREST, near_copies
from ..vectors.store import Embeddings
from ..vectors.word_weights import stack
from ..wording import count, said_of_newcomers
from .calibration import Calibration, calibrate

#: How far the members of an emerging story are from its middle on the map, as a share of the distance that their own
#: neighbours, which may be in many stories, would give.
_GATHERED = 0.25


@dataclass(frozen=True, eq=False)
class Newcomers(Logged):
    """The stories of documents that a run has not seen.

    Attributes
    ----------
    run : StoredRun
        The run, which is not changed.
    documents : DataFrame, n rows
        All documents of the new file, as `Corpus.documents`.
    is_known : ndarray of bool, shape (n,)
        Which of them the run holds already; they keep its story.
    labels : ndarray of int32, shape (n,)
        The story of the run that each joins, or the number of an emerging story, ``run.next_number`` or larger; -1 is
        new and alone.
    probability : ndarray of float64, shape (n,)
        How likely this is right, see `newsclust.arrivals.calibration.calibrate`; NaN for those that the run holds.
    nearest : ndarray of int32, shape (n,)
        The story with the most support, whether or not it was joined; -1 where none has any.
    emerging : DataFrame, one row per emerging story
        Index ``cluster``; as from `newsclust.stories.naming.describe_clusters`.
    coordinates : ndarray of float32, shape (n, 2) or (n, 3)
        Places on the run's map, from those of their neighbours.
    calibration : Calibration
    parameters : dict
        ``data``, ``columns``, ``run`` and ``least_emerging``.
    run_labels : ndarray of int, shape (n_run,)
        The story of each document of the run, as in the run, except noise that corrections join to a newcomer.
    """

    run: StoredRun
    documents: pd.DataFrame
    is_known: np.ndarray
    labels: np.ndarray
    probability: np.ndarray
    nearest: np.ndarray
    emerging: pd.DataFrame
    coordinates: np.ndarray
    calibration: Calibration
    parameters: dict[str, Any]
    run_labels: np.ndarray

    @property
    def table(self) -> pd.DataFrame:
        """The run's stories, as it named them, and the emerging ones below."""
        return pd.concat([self.run.table, self.emerging])

    @property
    def is_emerging(self) -> np.ndarray:
        """bool, shape (n,)."""
        return ~self.is_known & np.isin(self.labels, self.emerging.index.to_numpy())

    @property
    def has_joined(self) -> np.ndarray:
        """Which of those that the run does not hold join one of its stories: bool, shape (n,)."""
        return ~self.is_known & (self.labels >= 0) & ~self.is_emerging

    @property
    def is_alone(self) -> np.ndarray:
        """Which are new and in no emerging story: bool, shape (n,)."""
        return ~self.is_known & (self.labels < 0)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the result, as ``metrics.json`` has them."""
        return {
            "n_newcomers": int((~self.is_known).sum()),
            "n_joined": int(self.has_joined.sum()),
            "n_joined_stories": int(len(np.unique(self.labels[self.has_joined]))),
            "n_emerging": len(self.emerging),
            "n_in_emerging": int(self.is_emerging.sum()),
            "n_alone": int(self.is_alone.sum()),
            "n_known": int(self.is_known.sum()),
        }

    def __repr__(self) -> str:
        what, emerging, alone = said_of_newcomers(self.counts, self.run.name)
        return f"{what} {emerging}{alone}"


@step
@stage("assign")
def assign_newcomers(
    run: StoredRun | Run, corpus: Corpus, embeddings: Embeddings, least_emerging: int = 10
) -> Newcomers:
    """Assign each new document to the story of the run that it would join, or mark it as new.

    *Joining.* Newcomers are assigned like the run's noise: each of the five nearest documents of the run, by the run's
    own measure, votes for its story (`newsclust.stories.noise.assign_noise`), and the story with the most support is
    joined if that is more likely right than that no story is. If the run folds near-copies, a newcomer that nearly
    repeats one of its documents gets that document's story. The probability follows from the support and its margin
    over the next story, as learnt from the run's own documents (`newsclust.arrivals.calibration.calibrate`).

    *Emerging.* HDBSCAN clusters the run's documents and the newcomers together, by the run's own parameters. A cluster
    with enough newcomers, more of them than of the run's documents in stories, and with less than half of any story of
    the run, is an emerging story; its newcomers belong to it, whatever they would join, and others may join it by the
    vote. Enough is the run's minimum for a story, but ten at the most. (This found nine of ten stories that were held
    out whole. HDBSCAN on only the newcomers that join nothing, with the run's noise, found two of three: headlines of a
    missing story each join the next best one.)

    *Corrections* of the run that name a newcomer hold; the run's own stories are not changed.

    A newcomer's result depends on the other newcomers only through the emerging stories that they form.

    Parameters
    ----------
    run : StoredRun or Run
    corpus : Corpus
        The new file.
    embeddings : Embeddings
        Of the corpus, in the run's collection.
    least_emerging : int
        An emerging story needs at most this many newcomers.

    Returns
    -------
    Newcomers
    """
    if not corpus.n_documents:
        raise InputError(f"{corpus.source} has no headlines.")
    run = finished(run)
    given, documents = run.parameters, corpus.documents
    ids = pd.Index(ids_of_today(run, documents))
    held = ids.get_indexer(embeddings.ids)  # where the run has them
    is_known, held = held >= 0, held[held >= 0]
    new = documents[~is_known]
    n_old, n_new = len(run.ids), len(new)
    everything = pd.concat([run.documents.assign(language=run.languages), new], ignore_index=True)
    vectors = np.ascontiguousarray(np.vstack([run.embeddings.vectors, embeddings.vectors[~is_known]]))
    words = _words_of_both(run.embeddings, embeddings, ~is_known) if given.words else None
    space = Space(vectors, words, everything, n_old, given.words, given.days, given.day_scale)
    old, rows = np.arange(n_old), np.arange(n_old, n_old + n_new)
    calibration = calibrate(run.neighbors, run.labels, run.clustering, given.assign_noise, run.least_support)

    enough = min(least_emerging, int(given.min_cluster_size))  # a finished run has a number for "auto"
    found, certainty, edges = _emerging(run, space, rows, enough)
    group = np.where(found >= 0, found + run.next_number, -1)
    labels = np.concatenate([run.labels, group])
    among = np.concatenate([old, rows[group >= 0]])
    indices, distances = space.nearest(rows, among, max(given.k, given.n_neighbors))
    votes = votes_of(indices, distances, labels)
    nearest, support, _, margin = winners(votes)
    joins, none = calibration.probabilities(support, np.nan_to_num(margin))
    joined = (nearest >= 0) & (joins >= none)
    if given.fold_copies:
        copied = _copied(everything, indices, n_old)
        story = np.append(run.labels, np.int32(-1))[copied]
        nearest, joined = np.where(story >= 0, story, nearest), joined | (story >= 0)
        joins = np.where(story >= 0, np.maximum(joins, none), joins)
    labels[rows] = np.where(group >= 0, group, np.where(joined, nearest, -1))
    certainty = np.concatenate([run.points["probability"].fillna(0).to_numpy(), certainty])
    labels, is_told = _corrected(run, everything, labels, certainty, edges, np.append(np.zeros(n_old), support))
    group = np.where(labels[rows] >= run.next_number, labels[rows], -1)
    own, _ = calibration.probabilities(*_standing(votes, group))
    probability = np.where(is_told[rows], 1, np.where(group >= 0, own, np.where(labels[rows] >= 0, joins, none)))

    # Named together with the run's stories, so that keywords distinguish them from these.
    emerging = _named(everything, labels, certainty, vectors, run.next_number)
    places = _places(run.coordinates, indices, distances, n_old, group)
    return Newcomers(
        run,
        documents,
        is_known,
        _spread(labels[held], labels[rows], is_known).astype(np.int32),
        _spread(np.full(len(held), np.nan), probability, is_known),
        _spread(run.labels[held], nearest, is_known).astype(np.int32),
        emerging,
        _spread(run.coordinates[held], places, is_known),
        calibration,
        {
            "run": run.name,
            "data": corpus.parameters["data"],
            "columns": corpus.parameters["columns"],
            "least_emerging": least_emerging,
        },
        labels[:n_old],
    )


def _words_of_both(old: Embeddings, new: Embeddings, are_new: np.ndarray) -> csr_array | None:
    """The words of a run's documents and, below, of newcomers, as the model weighs them; None if TF-IDF weighs them."""
    if old.weigher != new.weigher:
        raise InputError(
            f"The run's words are weighed by {old.weigher}, those of the new headlines by {new.weigher}: embed these "
            "with the run's store."
        )
    return None if new.words is None else stack([old.words, new.words[are_new]])


def _corrected(
    run: StoredRun,
    documents: pd.DataFrame,
    labels: np.ndarray,
    certainty: np.ndarray,
    edges: np.ndarray,
    support: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The labels after the run's corrections, and which newcomers these name: bool, shape (n,)."""
    named, n_old = np.zeros(len(labels), dtype=bool), len(run.ids)
    if (rows := corrections_of(run.folder)).empty:
        return labels, named
    all_rows = resolve(rows, documents)
    told = all_rows.of("same", "apart", "alone")
    is_ours = told[["one", "two"]].max(axis=1) >= n_old
    corrections = replace(all_rows, rows=told[is_ours].reset_index(drop=True))
    if n := int(replace(all_rows, rows=told[~is_ours]).contradict(run.labels).sum()):
        notice(
            f"{count(n, 'correction')} of {run.name} came after it was made: run it again to apply them to its stories."
        )
    fixed = np.append(run.labels, np.full(len(labels) - n_old, -1))
    done = apply(corrections, labels, certainty, edges, support, fixed=fixed, first_free=run.next_number).labels
    named[corrections.named] = True
    named[:n_old] = False
    if (moved := (done[:n_old] != run.labels) & (run.labels >= 0)).any():
        notice(f"corrections of new headlines would merge stories of {run.name}: run it again with these headlines.")
        done = np.where(named, done, labels)
        done[:n_old][moved] = run.labels[moved]
    if n := int((done[:n_old] != run.labels).sum()):
        notice(
            f"corrections make {count(n, 'headline')} that {run.name} has in no story one story with new headlines: "
            "run it again with these headlines to see all in one place."
        )
    return done, named


def _emerging(run: StoredRun, space: Space, rows: np.ndarray, enough: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The emerging stories, numbered from 0 by falling size, and how firmly each newcomer belongs to its own.

    Returns
    -------
    found : ndarray of int, shape (n_new,)
        -1 is in none.
    certainty : ndarray of float, shape (n_new,)
    edges : ndarray, shape (n - 1, 3)
        The spanning tree of all documents; empty if there are too few newcomers.
    """
    n_old, n = space.n_known, space.n_known + len(rows)
    if len(rows) < enough:
        return np.full(len(rows), -1), np.zeros(len(rows)), np.empty((0, 3))
    clustering = run.clustering
    k = min(clustering["k"], n - 1)
    theirs = space.nearest(rows, np.arange(n), max(clustering["k"], run.parameters.n_neighbors))
    indices = np.vstack([_wide(run.neighbors.indices, k, -1), _wide(theirs[0], k, -1)])
    distances = np.vstack([_wide(run.neighbors.distances, k, np.inf), _wide(theirs[1], k, np.inf)])
    lists = Neighbors(np.arange(n), indices, distances)
    together = cluster(lists, **(clustering | {"k": k, "min_samples": min(clustering["min_samples"], k)}))
    labels = run.labels
    clusters = pd.DataFrame({"cluster": together.labels, "story": np.append(labels, np.full(len(rows), -2))})
    clusters = clusters[clusters["cluster"] >= 0]
    newcomers = clusters[clusters["story"] == -2].groupby("cluster").size()
    members = clusters[clusters["story"] >= 0]
    size = members.groupby("cluster").size().reindex(newcomers.index, fill_value=0)
    shared = members.value_counts(["cluster", "story"]).reset_index()
    shared["part"] = shared["count"] / pd.Series(labels[labels >= 0]).value_counts().reindex(shared["story"]).to_numpy()
    part = shared.groupby("cluster")["part"].max().reindex(newcomers.index, fill_value=0.0)
    chosen = newcomers[(newcomers >= enough) & (size < newcomers) & (part < 0.5)]
    order = chosen.sort_values(ascending=False, kind="stable").index
    numbers = pd.Series(np.arange(len(order)), index=order)
    found = numbers.reindex(together.labels[n_old:]).fillna(-1).to_numpy(dtype=np.int64)
    return found, np.where(found >= 0, together.probabilities[n_old:], 0.0), together.spanning_tree


def _copied(documents: pd.DataFrame, indices: np.ndarray, n_old: int) -> np.ndarray:
    """The nearest document of the run that each newcomer nearly repeats; -1 if it repeats none."""
    new, place = np.nonzero((indices[:, :NEAREST] >= 0) & (indices[:, :NEAREST] < n_old))
    old, new = near_copies(documents, indices[new, place].astype(np.int64), new + n_old, n_old)
    copied = np.full(len(indices), -1)
    copied[new[::-1] - n_old] = old[::-1]  # of several assignments to one position the last counts
    return copied


def _standing(votes: Any, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The support of each one's own group, and its margin over the best of the others, below 0 if one has more."""
    support, margin = np.zeros(len(group)), np.zeros(len(group))
    for row in np.flatnonzero(group >= 0):
        cast = slice(votes.indptr[row], votes.indptr[row + 1])
        own = votes.indices[cast] == group[row]
        counts = votes.data[cast]
        if own.any():
            support[row] = counts[own][0] ** (1 / POWER)
            margin[row] = (counts[own][0] - counts[~own].max(initial=0)) / counts.sum()
    return support, margin


def _named(
    documents: pd.DataFrame, labels: np.ndarray, certainty: np.ndarray, vectors: np.ndarray, first: int
) -> pd.DataFrame:
    if not (labels >= first).any():
        return describe_clusters(documents.head(0), labels[:0], certainty[:0])
    return describe_clusters(documents, labels, certainty, vectors).loc[first:]


def _places(
    coordinates: np.ndarray, indices: np.ndarray, distances: np.ndarray, n_old: int, group: np.ndarray
) -> np.ndarray:
    """Newcomers' places on the run's map: amid those that voted, weighted by nearness; emerging stories contracted."""
    indices, distances = indices[:, : 2 * VOTERS], distances[:, : 2 * VOTERS].astype(np.float64)
    weights = np.clip(1 - distances**2 / 2, 1e-6, None) ** POWER
    weights[(indices < 0) | (indices >= n_old)] = 0
    where = coordinates[np.where(indices < n_old, indices, 0)]
    total = weights.sum(axis=1)
    places = np.einsum("mk,mkd->md", weights, where) / np.maximum(total, 1e-300)[:, None]
    if len(coordinates):
        places[total == 0] = np.median(coordinates, axis=0)
    for number in np.unique(group[group >= 0]):
        members = group == number
        middle = np.median(places[members], axis=0)
        places[members] = middle + _GATHERED * (places[members] - middle)
    return places.astype(np.float32)


def _wide(lists: np.ndarray, k: int, padding: float) -> np.ndarray:
    lacking = max(0, k - lists.shape[1])
    return np.pad(lists[:, :k], ((0, 0), (0, lacking)), constant_values=padding)


def _spread(known: np.ndarray, new: np.ndarray, is_known: np.ndarray) -> np.ndarray:
    """The values of known and new documents in the order of all."""
    values = np.empty((len(is_known), *new.shape[1:]), dtype=np.result_type(known, new))
    values[is_known], values[~is_known] = known, new
    return values
