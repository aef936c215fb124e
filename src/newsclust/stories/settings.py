"""Choose `min_samples` and `min_cluster_size` without known stories, by how well the stories are separated."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from graph_hdbscan.hierarchy import condense, linkage, select

from ..clusters.clustering import in_our_words, tree_of
from ..errors import ParameterError, notice
from ..neighbors.neighbors import Neighbors
from ..neighbors.shared import share_neighbors
from ..stages import stage
from ..wording import count
from .evidence import Evidence
from .noise import assign_noise, copies_alone

AUTO = "auto"
#: The values that `AUTO` tries. Stories of a day have three headlines, those of a year hundreds; sizes above 20 did not
#: help.
MIN_SAMPLES = (1, 2, 3, 5)
MIN_CLUSTER_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
#: In a larger corpus the grid is searched along one axis after the other, instead of as a whole.
WHOLE_GRID_UP_TO = 100_000
#: The most documents on which the separation is measured: a sample evenly spread over the ids, which are hashes.
SCORED = 20_000
#: A document in no story counts as if it had this similarity to its own story: if it is less similar to every story,
#: leaving it alone raises the score.
ALONE = 0.15
#: The number of runners-up shown, and by what share of its separation the best must lead, or "the top is flat".
RUNNERS_UP, FLAT = 3, 0.005
#: The choice is a guess if other settings have at least this share of the best separation, and at least this many times
#: its stories.
NEARLY, OTHERWISE = 0.9, 5


@dataclass(frozen=True, eq=False)
class Settings:
    """The settings tried, and those chosen.

    Attributes
    ----------
    min_samples, min_cluster_size : int
        The chosen ones.
    curve : DataFrame, one row per setting tried, the best first; empty if both were given
        ``min_samples, min_cluster_size, separation, n_stories, noise_fraction``; the last three after the vote.
    """

    min_samples: int
    min_cluster_size: int
    curve: pd.DataFrame

    @property
    def chosen(self) -> list[str]:
        """Which of the two were chosen among several values."""
        return [name for name in ("min_samples", "min_cluster_size") if self.curve[name].nunique() > 1]

    @property
    def doubt(self) -> str:
        """A notice, if other settings give many more stories that are separated nearly as well; else ""."""
        if self.curve.empty:
            return ""
        best = self.curve.iloc[0]
        like = self.curve[self.curve["separation"] >= NEARLY * best.separation]
        like = like[like["n_stories"] >= OTHERWISE * max(best.n_stories, 1)]
        if like.empty:
            return ""
        other = like.iloc[0]
        asked = f"min_samples {other.min_samples:.0f} -p min_cluster_size {other.min_cluster_size:.0f}"
        return (
            f"The settings are a guess: those chosen give {count(int(best.n_stories), 'story', 'stories')} (separation "
            f"{best.separation:.3f}), others separate {other.n_stories:,.0f} nearly as well ({other.separation:.3f}). "
            f"Look at these, too: -p {asked}."
        )

    def __repr__(self) -> str:
        if self.curve.empty:
            return f"min_samples {self.min_samples} and min_cluster_size {self.min_cluster_size}, as given."
        best, others = self.curve.iloc[0], self.curve.iloc[1 : 1 + RUNNERS_UP]
        told = (
            f"min_samples {self.min_samples} and min_cluster_size {self.min_cluster_size}, of "
            f"{len(self.curve)} settings: separation {best.separation:.3f} with {best.n_stories:,.0f} stories"
        )
        if others.empty:
            return f"{told}."
        said = [
            f"{row.min_samples:.0f} and {row.min_cluster_size:.0f} ({row.separation:.3f})"
            for row in others.itertuples()
        ]
        lead = (best.separation - others["separation"].iloc[0]) / (best.separation or 1)
        flat = "The top is flat: the choice between them hardly matters." if lead < FLAT else ""
        return f"{told}. Next: {', '.join(said)}. {self.doubt or flat}".strip()


def choose_settings(
    neighbors: Neighbors,
    evidence: Evidence,
    k: int | None = None,
    min_samples: int | str = AUTO,
    min_cluster_size: int | str = AUTO,
    distance: str = "euclidean",
    least_support: float = 0.42,
    shared_neighbors: float = 0.0,
    distance_floor: float = 0.0,
    **selection: Any,
) -> Settings:
    """Choose `min_samples`, `min_cluster_size` or both, without known stories.

    Every setting of the grid is clustered and its noise assigned, even if the run leaves noise alone; the setting with
    the highest `separation` is chosen, in a tie (to nine digits) the one with the smaller `min_samples`, then with the
    smaller `min_cluster_size`. The grid is `MIN_SAMPLES` times `MIN_CLUSTER_SIZES`, without values that no document or
    story could reach. A spanning tree is computed once per `min_samples`, a condensed tree once per setting. With more
    than `WHOLE_GRID_UP_TO` documents a dozen settings are tried: sizes first, then `min_samples` at the best size, then
    the sizes beside it.

    Parameters
    ----------
    neighbors : Neighbors
        As for `newsclust.clusters.clustering.cluster`.
    evidence : Evidence
        For the documents that have neighbour lists, with the weights that the lists were blended with.
    k, distance, shared_neighbors, distance_floor, **selection
        As for `newsclust.clusters.clustering.cluster`.
    min_samples, min_cluster_size : int or "auto"
        A number is kept, and the other is chosen for it; if both are numbers, nothing is tried.
    least_support : float
        As for `newsclust.stories.noise.assign_noise`.

    Returns
    -------
    Settings

    Raises
    ------
    ParameterError
        If one of the two is neither a number nor "auto".
    """
    columns = ["min_samples", "min_cluster_size", "separation", "n_stories", "noise_fraction"]
    if isinstance(min_samples, int) and isinstance(min_cluster_size, int):
        return Settings(min_samples, min_cluster_size, pd.DataFrame(columns=columns))
    lists = neighbors if k is None else neighbors.head(k)
    n = len(lists.documents)
    most = max(1, min(lists.indices.shape[1], len(lists.ids) - 1))
    samples = _tried("min_samples", min_samples, [number for number in MIN_SAMPLES if number <= most])
    largest = min(n // 2, selection.get("max_cluster_size") or n)
    fitting = [size for size in MIN_CLUSTER_SIZES if size <= largest] or [2]
    sizes = _tried("min_cluster_size", min_cluster_size, fitting)
    with stage("settings"), tqdm(desc="Settings", unit="setting", leave=False, delay=2) as bar:
        graph = share_neighbors(lists, shared_neighbors)
        trial = _Trial(lists, graph, evidence, (distance, distance_floor), least_support, selection, bar)
        if n <= WHOLE_GRID_UP_TO:
            for number, size in product(samples, sizes):
                trial(number, size)
        else:
            _search(trial, samples, sizes)
    rows = [(*setting, *measured) for setting, measured in trial.measured.items()]
    curve = pd.DataFrame(rows, columns=columns)
    order = np.lexsort((curve["min_cluster_size"], curve["min_samples"], -curve["separation"].round(9)))
    curve = curve.iloc[order].reset_index(drop=True)
    chosen = Settings(int(curve["min_samples"][0]), int(curve["min_cluster_size"][0]), curve)
    if chosen.doubt:
        notice(chosen.doubt)
    return chosen


@dataclass
class _Trial:
    """Tries settings and keeps their results, and the hierarchy of the last `min_samples`."""

    lists: Neighbors
    graph: Neighbors
    evidence: Evidence
    measure: tuple[str, float]
    least_support: float
    selection: dict[str, Any]
    bar: tqdm
    measured: dict[tuple[int, int], tuple[float, int, float]] = field(default_factory=dict)
    made_for: int | None = None

    def __call__(self, min_samples: int, min_cluster_size: int) -> float:
        setting = min_samples, min_cluster_size
        if setting not in self.measured:
            if self.made_for != min_samples:
                with in_our_words():
                    self.merges = linkage(tree_of(self.graph, min_samples, *self.measure))
                self.made_for = min_samples
            tree = condense(self.merges, min_cluster_size)
            labels, _, _ = select(tree, len(self.lists.documents), min_cluster_size, **self.selection)
            labels = copies_alone(self.lists, labels, self.least_support)
            given = assign_noise(self.lists, labels, self.least_support).labels
            noise = float((given < 0).mean()) if len(given) else 0.0
            found = separation(self.evidence, given, self.lists)
            self.measured[setting] = found, int(given.max(initial=-1)) + 1, noise
            self.bar.update()
        return self.measured[setting][0]


def _search(trial: _Trial, samples: list[int], sizes: list[int]) -> None:
    """Search the grid along one axis after the other: the separation has one maximum along each."""
    number = samples[min(1, len(samples) - 1)]
    size = max(sizes[::2], key=lambda size: trial(number, size))
    size = max(_beside(sizes, size), key=lambda size: trial(number, size))
    number = max(samples, key=lambda number: trial(number, size))
    for beside in _beside(sizes, size):
        trial(number, beside)


def _beside(values: list[int], value: int) -> list[int]:
    place = values.index(value)
    return values[max(0, place - 1) : place + 2]


def separation(evidence: Evidence, labels: np.ndarray, neighbors: Neighbors) -> float:
    """How well stories are separated: the mean over all documents of `(a - b) / (1 - min(a, b))`.

    `a` is a document's mean similarity to the other members of its story, `b` its highest mean similarity to another
    story, at least 0, which is the mean similarity of all. This is the silhouette (P. J. Rousseeuw 1987) of the
    dissimilarity 1 - similarity, except for documents in no story. These have `a = ALONE` and never count below 0: so
    neither a few dense stories among much noise nor merged stories win, and the least similar of unrelated documents
    score better alone than in pairs. Mean similarities come from the stories' mean vectors, and only the stories of a
    document's neighbours are candidates for the other story: no pair of documents is compared.

    The similarity is that of the clusters: vectors, words and days with the run's own weights. So it can't compare runs
    with different weights. If near-copies are folded, their representatives are compared, and each counts as often as
    it has copies; one whose story is only its own copies counts as in none.

    Parameters
    ----------
    evidence : Evidence
        For the documents that have neighbour lists.
    labels : ndarray of int, shape (n,)
        -1 is noise.
    neighbors : Neighbors
        They say which stories are near.

    Returns
    -------
    float
        -1 to 1; 0 without stories.
    """
    if not (labels >= 0).any():
        return 0.0
    apart = _apart(evidence, labels, neighbors, None)
    counts = None if neighbors.counts is None else neighbors.counts[apart.index]
    return float(np.average(apart["score"], weights=counts))


def standing(
    evidence: Evidence, labels: np.ndarray, neighbors: Neighbors, rows: np.ndarray | None = None
) -> pd.DataFrame:
    """How close each document of a story is to its own story and to the next one, as in `separation`.

    Parameters
    ----------
    evidence, labels, neighbors
        As for `separation`; at least one document is in a story.
    rows : ndarray of int, optional
        The rows of `neighbors` to measure; by default all, or those that `separation` measures.

    Returns
    -------
    DataFrame, one row per document in a story (with very many documents, per scored one)
        Index ``row``; ``own`` and ``next``, its mean similarities to the other members of its story and to the nearest
        of its neighbours' other stories, at least 0; ``next_story``, -1 if there is none; ``score``, -1 to 1.
    """
    apart = _apart(evidence, labels, neighbors, rows)
    return apart[neighbors.own(labels)[apart.index] >= 0]


def _apart(evidence: Evidence, labels: np.ndarray, neighbors: Neighbors, rows: np.ndarray | None) -> pd.DataFrame:
    """As `standing`, also for documents in no story."""
    labels = neighbors.own(labels)
    n = len(labels)
    if rows is None:
        rows = np.arange(n) if n <= SCORED else np.linspace(0, n - 1, SCORED).astype(np.intp)
    document, story = near_stories(labels, neighbors, rows)
    similarity = evidence.sums(labels, rows[document], story)
    sizes = np.bincount(labels[labels >= 0])
    own = story == labels[rows[document]]
    a = np.zeros(len(rows))
    a[document[own]] = similarity[own] - evidence.itself[rows[document[own]]]
    others = np.where(labels[rows] < 0, 0, sizes[labels[rows]] - 1)
    alone = others == 0
    a /= np.maximum(others, 1)
    a[alone] = ALONE
    to_others = similarity[~own] / sizes[story[~own]]
    best = np.full(len(rows), -np.inf)
    np.maximum.at(best, document[~own], to_others)
    nearest = np.full(len(rows), -1)
    is_nearest = to_others == best[document[~own]]
    nearest[document[~own][is_nearest]] = story[~own][is_nearest]
    b = np.maximum(best, 0.0)
    apart = 1 - np.minimum(a, b)
    scores = np.divide(a - b, apart, out=np.zeros(len(rows)), where=apart > 1e-9)
    scores[alone] = np.maximum(scores[alone], 0.0)
    columns = {"own": a, "next": b, "next_story": nearest, "score": scores}
    return pd.DataFrame(columns, index=pd.Index(rows, name="row"))


def near_stories(labels: np.ndarray, neighbors: Neighbors, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a document (its place in `rows`) and a story, its own or one of its neighbours'; each pair once."""
    indices = neighbors.indices[rows]
    stories = np.column_stack((labels[rows], np.where(indices < 0, -1, labels[indices])))
    place, column = np.nonzero(stories >= 0)
    n_stories = int(labels.max()) + 1
    pairs = np.unique(place * np.int64(n_stories) + stories[place, column])
    return np.divmod(pairs, n_stories)


def _tried(name: str, value: int | str, numbers: list[int]) -> list[int]:
    if isinstance(value, str):
        if value != AUTO:
            raise ParameterError(f"{name} is {value!r}; it can be a whole number or {AUTO!r}.")
        return numbers
    return [value]
