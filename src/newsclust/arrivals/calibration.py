"""How certain a vote is, learnt from a run's own documents: each fifth is held out, and assigned by the vote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ..clusters.clustering import cluster
from ..stories.noise import assign_noise, most_frequent, votes_of, winners

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ..neighbors.neighbors import Neighbors

FOLDS = 5
#: Enough held-out documents: further folds would add nothing to a fit of nine numbers.
ENOUGH = 20_000
#: A smaller support counts as this much.
LEAST = 0.05
#: What can be right for a document: the story its neighbours support most, no existing story, or another one.
OUTCOMES = ("nearest", "none", "other")
#: Edges of the curve's bins.
_BINS = (0, 0.6, 0.7, 0.8, 0.9, 0.95, 1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often the votes for a run's held-out documents were right.

    Attributes
    ----------
    held_out : DataFrame, one row per held-out document
        ``support`` and ``margin`` of its vote, as in `newsclust.stories.noise.Vote`, and the ``outcome`` that was
        right.
    """

    held_out: pd.DataFrame
    _model: Pipeline | None

    def probabilities(self, support: np.ndarray, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For votes of this support and margin the probability that the nearest story is right, and that none is.

        Parameters
        ----------
        support, margin : ndarray of float, shape (n,)

        Returns
        -------
        nearest, none : ndarray of float64, shape (n,)
            The remainder is the probability of another story.
        """
        if self._model is None or not len(support):
            counts = self.held_out["outcome"].value_counts()
            shares = [(counts.get(outcome, 0) + 1) / (len(self.held_out) + len(OUTCOMES)) for outcome in OUTCOMES]
            nearest, none = (np.full(len(support), share) for share in shares[:2])
        else:
            found = self._model.predict_proba(_features(support, margin))
            columns = {outcome: found[:, place] for place, outcome in enumerate(self._model.classes_)}
            nearest, none = (columns.get(outcome, np.zeros(len(support))) for outcome in OUTCOMES[:2])
        # Without votes there is no nearest story.
        silent = np.asarray(support) <= 0
        return np.where(silent, 0.0, nearest), np.where(silent, np.maximum(none, nearest), none)

    @property
    def curve(self) -> pd.DataFrame:
        """Predicted and right, among the held-out documents: one row per range of the predicted probability.

        Columns ``from, to, documents, said, right``; the last two are means.
        """
        nearest, none = self.probabilities(*(self.held_out[name].to_numpy() for name in ("support", "margin")))
        right = np.where(nearest >= none, self.held_out["outcome"] == "nearest", self.held_out["outcome"] == "none")
        return reliability(np.maximum(nearest, none), right)


def reliability(said: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """A calibration curve: of the documents with a predicted probability, the share that is right.

    Returns
    -------
    DataFrame
        ``from, to, documents, said, right``, without empty ranges.
    """
    edges = np.array(_BINS)
    place = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, len(edges) - 2)
    rows = pd.DataFrame({"place": place, "said": said, "right": np.asarray(right, dtype=float)})
    table = rows.groupby("place").agg(documents=("said", "size"), said=("said", "mean"), right=("right", "mean"))
    table.insert(0, "from", edges[table.index])
    table.insert(1, "to", edges[table.index + 1])
    return table.reset_index(drop=True)


def calibrate(
    neighbors: Neighbors, labels: np.ndarray, clustering: dict[str, Any], assigned: bool, least_support: float
) -> Calibration:
    """Learn from a run how likely a vote is right for a document that the run has not seen.

    A fifth of the documents is held out, the others are clustered by the run's own parameters, on the rest of their
    neighbour lists, and the held-out ones get the story that their nearest neighbours support most. That is right if
    most of that story's documents have the same label in the run as the held-out one. If the run has the held-out
    document in no story, or in one that the others do not form, no story is right. Multinomial logistic
    regression on the logarithm of the vote's support and on its margin (scikit-learn's, with its default penalty) turns
    that into probabilities; nothing in it was chosen for a data set.

    "Right" means as in a run over everything. If such a run itself merges two stories, so does the vote, and no
    probability learnt without known stories can show it.

    Parameters
    ----------
    neighbors : Neighbors
        The lists that the run clustered, or longer ones.
    labels : ndarray of int, shape (n,)
        The run's stories; -1 is in no story.
    clustering : dict
        The arguments of `newsclust.clusters.clustering.cluster`, with numbers for both settings.
    assigned : bool
        Whether the run gave noise the story of its neighbours.
    least_support : float

    Returns
    -------
    Calibration
    """
    n = len(labels)
    fold = np.arange(n) % FOLDS  # ids are hashes, and rows ascend by them
    n_folds = min(FOLDS, max(1, -(-ENOUGH * FOLDS // max(n, 1))))
    folds = tqdm(range(n_folds), desc="Calibrating", unit="fold", leave=False, delay=2)
    parts = [_hold_out(neighbors, labels, fold != place, clustering, assigned, least_support) for place in folds]
    held_out = pd.concat(parts, ignore_index=True)
    return Calibration(held_out, _fit(held_out[held_out["support"] > 0]))


def _hold_out(
    neighbors: Neighbors,
    labels: np.ndarray,
    kept: np.ndarray,
    clustering: dict[str, Any],
    assigned: bool,
    least_support: float,
) -> pd.DataFrame:
    indices, distances = neighbors.among(np.flatnonzero(kept))
    others = replace(neighbors, ids=neighbors.ids[kept], indices=indices[kept], distances=distances[kept])
    k = min(clustering["k"], others.k)
    parameters = clustering | {"k": k, "min_samples": min(clustering["min_samples"], k)}
    found = cluster(others, **parameters).labels if kept.any() and k else np.full(int(kept.sum()), -1, dtype=np.int32)
    if assigned:
        found = assign_noise(others.head(k), found, least_support).labels
    clustered = found >= 0  # clusters are numbered from 0 without gaps
    known = most_frequent(labels[kept][clustered], found[clustered]).to_numpy(np.int64)
    nearest, support, _, margin = winners(votes_of(indices[~kept], distances[~kept], found))
    own = labels[~kept]
    is_there = (own >= 0) & np.isin(own, known)
    is_nearest = (nearest >= 0) & is_there & (np.append(known, -1)[nearest] == own)
    outcome = np.where(is_nearest, "nearest", np.where(is_there, "other", "none"))
    return pd.DataFrame({"support": support, "margin": np.nan_to_num(margin), "outcome": outcome})


def _fit(rows: pd.DataFrame) -> Pipeline | None:
    if rows["outcome"].nunique() < 2:
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(_features(rows["support"], rows["margin"]), rows["outcome"])


def _features(support: Any, margin: Any) -> np.ndarray:
    """The logarithm of the support, because its effect grows fast at first, and then hardly; and the margin."""
    support = np.asarray(support, dtype=np.float64)
    margin = np.nan_to_num(np.asarray(margin, dtype=np.float64))
    return np.column_stack((np.log(np.maximum(support, LEAST)), margin))
