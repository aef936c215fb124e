"""Settings without truth: `min_samples` and `min_cluster_size` chosen by how well the stories stand apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from ..clusters.hierarchy import condense, linkage, select
from ..clusters.spanning_tree import spanning_tree
from ..errors import ParameterError
from ..stages import stage
from .noise import assign_noise

if TYPE_CHECKING:
    from ..clusters.neighbors import Neighbors

AUTO = "auto"
#: What `AUTO` tries. Stories of a day have three headlines, those of a year hundreds; beyond 20 nothing was won.
MIN_SAMPLES = (1, 2, 3, 5)
MIN_CLUSTER_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
#: Documents on which the separation is measured; of more, this many evenly spread over the ids, which are hashes.
SCORED = 20_000
#: Runners-up that are named.
RUNNERS_UP = 3


@dataclass(frozen=True, eq=False)
class Settings:
    """What was tried, and what was chosen.

    Attributes
    ----------
    min_samples, min_cluster_size : int
        The chosen ones.
    curve : DataFrame, one row per setting tried, the best first
        ``min_samples, min_cluster_size, separation, n_stories, noise_fraction``; the last three after the vote.
    """

    min_samples: int
    min_cluster_size: int
    curve: pd.DataFrame

    @property
    def runners_up(self) -> pd.DataFrame:
        """The next best settings."""
        return self.curve.iloc[1 : 1 + RUNNERS_UP]

    @property
    def lead(self) -> float:
        """How much higher the chosen separation is than the next best one, as a share of the chosen one."""
        best, *others = self.curve["separation"].tolist()
        return (best - others[0]) / best if others and best else 0.0

    def __repr__(self) -> str:
        best = self.curve.iloc[0]
        told = (
            f"min_samples {self.min_samples} and min_cluster_size {self.min_cluster_size}, of "
            f"{len(self.curve)} settings: separation {best.separation:.3f} with {best.n_stories:,.0f} stories"
        )
        others = [
            f"{int(row.min_samples)} and {int(row.min_cluster_size)} ({row.separation:.3f})"
            for row in self.runners_up.itertuples()
        ]
        if not others:
            return f"{told}."
        flat = " The top is flat: the choice between them hardly matters." if self.lead < 0.005 else ""
        return f"{told}. Next: {', '.join(others)}.{flat}"


def choose_settings(
    neighbors: Neighbors,
    vectors: np.ndarray,
    k: int | None = None,
    min_samples: int | str = AUTO,
    min_cluster_size: int | str = AUTO,
    distance: str = "euclidean",
    least_support: float = 0.42,
    **selection: Any,
) -> Settings:
    """Choose `min_samples`, `min_cluster_size` or both, without known stories.

    Every setting of the grid is clustered and its noise assigned, whatever is done with noise later; the setting with
    the highest `separation` is chosen, of equal ones (to nine digits) that with the smaller `min_samples`, then that
    with the smaller `min_cluster_size`. The grid is `MIN_SAMPLES` times `MIN_CLUSTER_SIZES`, without values that no
    document or story could reach. A spanning tree is made once per `min_samples`, a condensed tree once per setting.

    Parameters
    ----------
    neighbors : Neighbors
        As for `newsclust.clusters.clustering.cluster`.
    vectors : ndarray, shape (n, dim)
        The documents' embeddings.
    k, distance, **selection
        As for `newsclust.clusters.clustering.cluster`.
    min_samples, min_cluster_size : int or "auto"
        A number is kept, and the other chosen for it.
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
    lists = neighbors if k is None else neighbors.head(k)
    n = len(lists.ids)
    most = max(1, min(lists.indices.shape[1], n - 1))
    samples = _tried("min_samples", min_samples, [number for number in MIN_SAMPLES if number <= most])
    sizes = _tried("min_cluster_size", min_cluster_size, [size for size in MIN_CLUSTER_SIZES if size <= n // 2] or [2])
    directions = centred(vectors)
    rows = []
    with stage("settings"), tqdm(total=len(samples) * len(sizes), desc="Settings", leave=False, delay=2) as bar:
        for number in samples:
            merges = linkage(spanning_tree(lists, number, distance))
            for size in sizes:
                labels, _, _ = select(condense(merges, size), n, size, **selection)
                given = assign_noise(lists, labels, least_support).labels
                rows.append((number, size, separation(directions, given, lists), *_counts(given)))
                bar.update()
    columns = ["min_samples", "min_cluster_size", "separation", "n_stories", "noise_fraction"]
    curve = pd.DataFrame(rows, columns=columns)
    order = np.lexsort((curve["min_cluster_size"], curve["min_samples"], -curve["separation"].round(9)))
    curve = curve.iloc[order].reset_index(drop=True)
    return Settings(int(curve["min_samples"][0]), int(curve["min_cluster_size"][0]), curve)


def centred(vectors: np.ndarray) -> np.ndarray:
    """Each vector's direction from the mean of all: unit rows, float32; a vector at the mean stays 0."""
    apart = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", apart, apart, dtype=np.float64))[:, None]
    return np.divide(apart, lengths, out=np.zeros_like(apart), where=lengths > 0, casting="same_kind")


def separation(directions: np.ndarray, labels: np.ndarray, neighbors: Neighbors) -> float:
    """How well stories stand apart: the mean over all documents of `(a - b) / (1 - min(a, b))`.

    `a` is a document's mean similarity to the other members of its story, `b` its highest mean similarity to another
    story. This is the silhouette (P. J. Rousseeuw 1987) of the dissimilarity 1 - similarity, with 0 for documents in no
    story: so neither a few tight stories among much noise nor stories put together win. Mean similarities
    come from the stories' mean vectors, and other stories are looked for among those of the document's neighbours: no
    pair of documents is compared, and where a document has no neighbour in another story `b` is 0, the mean similarity
    of all.

    The similarity is that of the centred vectors, whatever `neighbors` were blended of: runs with other weights can be
    compared.

    Parameters
    ----------
    directions : ndarray of float32, shape (n, dim)
        From `centred`.
    labels : ndarray of int, shape (n,)
        -1 is noise.
    neighbors : Neighbors
        Say which stories are near.

    Returns
    -------
    float
        -1 to 1; 0 without stories.
    """
    n, n_stories = len(labels), int(labels.max(initial=-1)) + 1
    if not n_stories:
        return 0.0
    scored = np.arange(n) if n <= SCORED else np.linspace(0, n - 1, SCORED).astype(np.intp)
    inside = scored[labels[scored] >= 0]
    document, story = _near(labels, neighbors, inside)
    sums, sizes = _sums(directions, labels, n_stories)
    similarity = _similarity(directions, sums, inside[document], story)
    own = story == labels[inside[document]]
    a, b = np.zeros(len(inside)), np.full(len(inside), -np.inf)
    itself = np.einsum("ij,ij->i", directions[inside], directions[inside], dtype=np.float64)
    a[document[own]] = similarity[own] - itself[document[own]]
    others = sizes[labels[inside]] - 1
    a /= np.maximum(others, 1)
    np.maximum.at(b, document[~own], similarity[~own] / sizes[story[~own]])
    b[np.isinf(b)] = 0.0
    apart = 1 - np.minimum(a, b)
    scores = np.divide(a - b, apart, out=np.zeros(len(inside)), where=(others > 0) & (apart > 1e-9))
    return float(scores.sum() / max(len(scored), 1))


def _near(labels: np.ndarray, neighbors: Neighbors, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a document (its place in `rows`) and a story, its own or one of its neighbours'; each pair once."""
    indices = neighbors.indices[rows]
    stories = np.column_stack((labels[rows], np.where(indices < 0, -1, labels[indices])))
    place, column = np.nonzero(stories >= 0)
    n_stories = int(labels.max()) + 1
    pairs = np.unique(place * np.int64(n_stories) + stories[place, column])
    return np.divmod(pairs, n_stories)


def _sums(directions: np.ndarray, labels: np.ndarray, n_stories: int) -> tuple[np.ndarray, np.ndarray]:
    members = np.flatnonzero(labels >= 0)
    ones = np.ones(len(members), dtype=directions.dtype)
    sums = csr_array((ones, (labels[members], members)), shape=(n_stories, len(labels))) @ directions
    return sums, np.bincount(labels[members], minlength=n_stories)


def _similarity(directions: np.ndarray, sums: np.ndarray, documents: np.ndarray, stories: np.ndarray) -> np.ndarray:
    """Each document's similarities to the members of each story, summed."""
    found, block = np.empty(len(documents)), 2**14
    for start in range(0, len(documents), block):
        at = slice(start, start + block)
        found[at] = np.einsum("ij,ij->i", directions[documents[at]], sums[stories[at]])
    return found


def _counts(labels: np.ndarray) -> tuple[int, float]:
    return int(labels.max(initial=-1)) + 1, float((labels < 0).mean()) if len(labels) else 0.0


def _tried(name: str, value: int | str, numbers: Iterable[int]) -> list[int]:
    if isinstance(value, str):
        if value != AUTO:
            raise ParameterError(f"{name} is {value!r}; it can be a whole number or {AUTO!r}.")
        return list(numbers)
    return [value]
