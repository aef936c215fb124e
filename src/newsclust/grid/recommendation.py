"""Which run of a grid to trust, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..markup import element, escape
from ..wording import count
from .measures import excluded, measures, percent, written
from .runs import Grid

_CRITERIA = {
    "relative_validity": "relative validity",
    "subsample_stability": "agreement with itself on 90 % of the documents",
    "neighbour_stability": "agreement with adjacent runs of the grid",
    "coverage": "share of documents in a story",
}
#: Runs whose separation is lower by no more than this share are about as good.
FLAT = 0.005
#: The parameters that decide how alike two documents are: runs that differ in one have no comparable separations.
_VECTORS = {"data", "model", "precision", "words", "days", "day_scale", "fold_copies"}


@dataclass(frozen=True)
class Recommendation:
    """The run to begin with.

    Attributes
    ----------
    run : str or None
        Its name; None where no run can be recommended.
    parameters : dict
        The values of the varied parameters in that run.
    reasons : list of str
        Why, in sentences.
    """

    run: str | None
    parameters: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([f"Recommended: {self.run or 'none of the runs'}.", *(f"- {text}" for text in self.reasons)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        name = element("strong", self.run) if self.run else "none of the runs"
        reasons = "".join(f"<li>{escape(text)}</li>" for text in self.reasons)
        return f'<div style="overflow-wrap: anywhere"><p>Recommended: {name}.</p><ul>{reasons}</ul></div>'


def recommend(grid: Grid) -> Recommendation:
    """Choose the run to begin with, without looking at known stories.

    Runs that `measures.excluded` names are left out. Of the others the one with the highest separation wins, which is
    the mean over all documents of how much more similar they are to their story than to the next one
    (`newsclust.stories.settings.separation`). ``min_samples: auto`` chooses by the same number.

    Where runs differ in what makes documents alike (`_VECTORS`), or the separation of one is not known, they are ranked
    by four criteria instead: relative validity, agreement with a clustering of 90 % of the documents, mean agreement
    with the adjacent points of the grid, and the share of documents in a story; ranks, because the four have no common
    unit. The best mean rank wins. A criterion that is not known of a run is left out of its mean. A tie goes to the
    higher agreement on 90 %, then to the run that stands first in the grid.

    ``benchmarks/evaluation.md`` and ``benchmarks/piles.md`` show how near this choice comes to the best of 40 settings,
    by AMI with known stories. On nine labelled sets of 300 to 2,671 headlines the mean rank reached 93.7 to 100 percent
    of that best, the highest relative validity alone 47 to 100.
    """
    known = measures(grid)
    known["coverage"] = 1 - known["noise_fraction"] if "noise_fraction" in known else np.nan
    faults = excluded(grid)
    sound = list(faults.index[faults == ""])
    if not sound:
        return Recommendation(None, reasons=[*_left_out(faults), _advice(faults)])

    apart = known.loc[sound].get("separation", pd.Series(np.nan, index=sound))
    again = -known.loc[sound].get("subsample_stability", pd.Series(0.0, index=sound))
    if len(sound) == 1:
        order, why = sound, ["It is the only run that was not excluded."]
    elif apart.notna().all() and not _VECTORS & set(grid.varied):
        why = _separated(apart, order := _order(-apart, again))
    else:
        criteria = known.loc[sound].reindex(columns=list(_CRITERIA)).dropna(axis="columns", how="all")
        ranks = criteria.rank(ascending=False).mean(axis=1)
        why = _ranked(ranks, order := _order(ranks, again), [_CRITERIA[name] for name in criteria])
    best = order[0]
    row = grid.runs.set_index("name").loc[best]
    return Recommendation(
        best,
        {parameter: row[parameter] for parameter in grid.varied},
        [
            _found(grid, known.loc[best], best),
            *why,
            *_left_out(faults),
            *_cautions(known.loc[best]),
            *_check(known, best),
        ],
    )


def _found(grid: Grid, known: pd.Series, run: str) -> str:
    clusters = grid.maps[run]["cluster"]
    largest = clusters[clusters >= 0].value_counts().max()
    return (
        f"It finds {known['n_clusters']:,.0f} stories and leaves {percent(known['noise_fraction'])} of the "
        f"documents in none; its largest story holds {percent(largest / len(clusters))} of them."
    )


def _order(lower_is_better: pd.Series, then: pd.Series) -> pd.Index:
    return lower_is_better.index[np.lexsort((then, lower_is_better.round(9)))]


def _separated(apart: pd.Series, order: pd.Index) -> list[str]:
    best, second = apart[order[0]], apart[order[1]]
    sentences = [
        f"Of the {count(len(order), 'run')} that were compared its stories stand apart best: separation "
        f"{written('separation', best)}, where 1 is perfect and 0 chance; {order[1]} comes next with "
        f"{written('separation', second)}."
    ]
    near = int((apart >= best - FLAT * abs(best)).sum())
    if near > 1:
        sentences.append(
            f"The top is flat: {near} runs are within {FLAT:.1%} of it, and the choice among them hardly matters."
        )
    return sentences


def _ranked(ranks: pd.Series, order: pd.Index, criteria: list[str]) -> list[str]:
    best, second = order[:2]
    return [
        f"Of the {count(len(order), 'run')} that were compared it has the best mean rank, {ranks[best]:.1f}, by "
        f"{', '.join(criteria)}; {second} comes next with {ranks[second]:.1f}."
    ]


def _left_out(faults: pd.Series) -> list[str]:
    numbers = faults[faults != ""].value_counts(sort=False)
    if numbers.empty:
        return []
    told = "; ".join(f"{number} {fault}" for fault, number in numbers.items())
    return [f"Excluded: {numbers.sum()} of {count(len(faults), 'run')}. Of these {told}."]


def _advice(faults: pd.Series) -> str:
    if (faults == "failed").all():
        return "Every run failed; the messages in the table of runs say why."
    return (
        "Try other values: lower min_samples and min_cluster_size where too much is noise, and "
        "cluster_selection_method leaf where one story swallows the others."
    )


def _cautions(known: pd.Series) -> list[str]:
    cautions = []
    if known.get("subsample_stability", np.nan) < 0.5:
        cautions.append(
            "Careful: with a tenth of the documents left out the stories come out differently (adjusted Rand "
            f"index {written('subsample_stability', known['subsample_stability'])}, where 1 is the same)."
        )
    if known["noise_fraction"] > 0.5:
        cautions.append("Careful: most documents are in no story here.")
    return cautions


def _check(known: pd.DataFrame, best: str) -> list[str]:
    if "ami" not in known or pd.isna(known.loc[best, "ami"]):
        return []
    own, top = known.loc[best, "ami"], known["ami"].idxmax()
    told = f"Checked against the known stories, which the choice did not look at: adjusted mutual information {own:.3f}"
    if known.loc[top, "ami"] <= own:
        return [f"{told}, the highest of all runs."]
    return [f"{told}; the highest of all runs is {known.loc[top, 'ami']:.3f}, reached by {top}."]
