"""Which run of a grid to trust, and why."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .compare import measures
from .compare_grid import Grid, count, shown

#: A run with fewer stories says nothing of the news; of a small corpus one story per ten documents will do.
FEWEST_STORIES = 5
#: A run that puts a larger share of all documents into one story has not told the stories apart.
LARGEST_STORY = 0.5
#: A run that leaves a larger share of all documents out has found hardly any of the stories.
MOST_NOISE = 0.75
RUNNERS_UP = 3
_CRITERIA = {
    "relative_validity": "validity",
    "subsample_stability": "agreement with itself on 90 % of the documents",
    "neighbour_stability": "agreement with the next runs",
    "coverage": "share of documents in a story",
}


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
    runners_up : list of str
        Names of the next best runs.
    """

    run: str | None
    parameters: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    runners_up: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([f"Recommended: {self.run or 'none of the runs'}.", *(f"- {text}" for text in self.reasons)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        name = f"<strong>{html.escape(self.run)}</strong>" if self.run else "none of the runs"
        reasons = "".join(f"<li>{html.escape(text)}</li>" for text in self.reasons)
        # The class keeps Jupyter from setting what stands between two dollars as a formula.
        return f'<div class="tex2jax_ignore"><p>Recommended: {name}.</p><ul>{reasons}</ul></div>'


def recommend(grid: Grid) -> Recommendation:
    """Choose the run to begin with, without looking at known stories.

    Set aside are runs that failed, that have fewer than `FEWEST_STORIES` stories (one per ten documents in a corpus
    of fewer than fifty; never fewer than two), whose largest story holds more than `LARGEST_STORY` of the documents,
    and whose noise is more than `MOST_NOISE`. Such runs often score well: two huge clusters are stable and leave
    nothing out.

    The others are ranked by four criteria: relative validity, agreement with a clustering of 90 % of the documents,
    mean agreement with the next runs of the grid, and the share of documents in a story. The best mean rank wins; a
    tie goes to the higher agreement on 90 %, then to the run that stands first in the grid. A criterion that is not
    known of a run is left out of its mean. Ranks, because the four have no common unit. On the 2014 headlines with
    43 known stories (40 runs: 4 x min_samples, 5 x min_cluster_size, eom and leaf) this chose the run with the
    highest AMI; relative validity alone chose a run 0.07 below it.
    """
    known = measures(grid)
    known["coverage"] = 1 - known["noise_fraction"] if "noise_fraction" in known else np.nan
    faults = {run: _fault(grid, known.loc[run], run) for run in known.index}
    sound = [run for run, fault in faults.items() if not fault]
    if not sound:
        return Recommendation(None, reasons=[*_set_aside(faults), _advice(faults)])

    criteria = known.loc[sound].reindex(columns=list(_CRITERIA)).dropna(axis="columns", how="all")
    ranks = criteria.rank(ascending=False)
    ranking = pd.DataFrame({"rank": ranks.mean(axis=1).round(9), "again": -criteria.get("subsample_stability", 0.0)})
    order = ranking.sort_values(["rank", "again"], kind="stable").index
    best = order[0]
    row = grid.runs.set_index("name").loc[best]
    return Recommendation(
        best,
        {parameter: row[parameter] for parameter in grid.varied},
        [
            _found(grid, known.loc[best], best),
            *_ranked(criteria, ranks, ranking["rank"], order),
            *_set_aside(faults),
            *_cautions(known.loc[best]),
            *_check(known, best),
        ],
        list(order[1 : 1 + RUNNERS_UP]),
    )


def _fault(grid: Grid, known: pd.Series, run: str) -> str:
    if run not in grid.maps:
        return "failed"
    clusters = grid.maps[run]["cluster"]
    n, largest = len(clusters), clusters[clusters >= 0].value_counts().max()
    if known["n_clusters"] < max(2, min(FEWEST_STORIES, n // 10)):
        return "found hardly any stories"
    if largest > LARGEST_STORY * n:
        return f"put more than {LARGEST_STORY:.0%} of the documents into one story"
    if known["noise_fraction"] > MOST_NOISE:
        return f"left more than {MOST_NOISE:.0%} of the documents in no story"
    return ""


def _found(grid: Grid, known: pd.Series, run: str) -> str:
    clusters = grid.maps[run]["cluster"]
    largest = clusters[clusters >= 0].value_counts().max()
    return (
        f"It finds {known['n_clusters']:,.0f} stories and leaves {known['noise_fraction']:.0%} of the documents in none; "
        f"its largest story holds {largest / len(clusters):.0%} of them."
    )


def _ranked(criteria: pd.DataFrame, ranks: pd.DataFrame, means: pd.Series, order: pd.Index) -> list[str]:
    best = order[0]
    if len(order) == 1:
        return ["It is the only run that was not set aside."]
    details = [
        f"{_CRITERIA[name]} {criteria.loc[best, name]:.2f} ({_place(ranks.loc[best, name])})"
        for name in criteria
        if pd.notna(criteria.loc[best, name])
    ]
    sentences = [
        f"Of the {count(len(order), 'run')} that were compared it has the best mean rank, {means[best]:.1f}: "
        f"{', '.join(details)}."
    ]
    second = order[1]
    gap = means[second] - means[best]
    close = "The choice is close: " if gap < 1 else ""
    sentences.append(f"{close}{second} comes next with a mean rank of {means[second]:.1f}.")
    return sentences


def _place(rank: float) -> str:
    whole = int(rank)
    ending = "th" if 10 < whole % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{ending}" if rank == whole else f"shared {whole}{ending}"


def _set_aside(faults: dict[str, str]) -> list[str]:
    reasons = pd.Series([fault for fault in faults.values() if fault], dtype=str).value_counts(sort=False)
    if reasons.empty:
        return []
    parts = [f"{number} that {fault}" for fault, number in reasons.items()]
    return [f"Set aside: {count(int(reasons.sum()), 'run')} of {len(faults)}: {'; '.join(parts)}."]


def _advice(faults: dict[str, str]) -> str:
    if set(faults.values()) == {"failed"}:
        return "Every run failed; the messages in the table of runs say why."
    return (
        "Try other values: lower min_samples and min_cluster_size where too much is noise, and "
        "cluster_selection_method leaf where one story swallows the others."
    )


def _cautions(known: pd.Series) -> list[str]:
    cautions = []
    if known.get("subsample_stability", np.nan) < 0.5:
        cautions.append(
            f"Careful: with a tenth of the documents left out the stories come out differently (adjusted Rand index "
            f"{known['subsample_stability']:.2f}, where 1 is the same)."
        )
    if known["noise_fraction"] > 0.5:
        cautions.append("Careful: most documents are in no story here.")
    return cautions


def _check(known: pd.DataFrame, best: str) -> list[str]:
    if "ami" not in known or pd.isna(known.loc[best, "ami"]):
        return []
    own, top = known.loc[best, "ami"], known["ami"].idxmax()
    told = f"Checked against the known stories, which the choice did not look at: adjusted mutual information {own:.2f}"
    if known.loc[top, "ami"] <= own:
        return [f"{told}, the highest of all runs."]
    return [f"{told}; the highest of all runs is {known.loc[top, 'ami']:.2f}, reached by {top}."]


def label(grid: Grid, run: str) -> str:
    """The run's varied values alone, to stand on an axis."""
    row = grid.runs.set_index("name").loc[run]
    return ", ".join(shown(row[parameter]) for parameter in grid.varied) or run
