"""A grid's charts in sentences, computed from the same numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..markup import Sentences
from ..run.parameters import make_parameters
from ..wording import count, said
from .measures import METRICS, excluded, measures, sensitivity, written
from .recommendation import FLAT, recommend
from .runs import Grid, levels

#: A parameter that explains less of a metric by itself is not worth a sentence.
_MATTERS = 0.2
#: Runs that agree this well are one family: it hardly matters which of them one takes.
_FAMILY = 0.9
_SPOKEN = ("n_clusters", "noise_fraction", "separation")


def what_parameters_do(grid: Grid) -> Sentences:
    """Which parameter decides the number of stories, the noise and the separation, and in which direction."""
    known, shares = measures(grid), sensitivity(grid)
    sentences = []
    for metric in _SPOKEN:
        if metric not in shares or shares[metric].isna().all():
            continue
        parameter = shares[metric].idxmax()
        share = shares.loc[parameter, metric]
        if share < _MATTERS:
            sentences.append(
                f"No parameter decides {METRICS[metric]} alone: the most that one explains is {share:.0%}."
            )
            continue
        places, values, _ = levels(grid, parameter)
        means = known[metric].groupby(places).mean().dropna()
        first, last = means.index[0], means.index[-1]
        sentences.append(
            f"{METRICS[metric].capitalize()}: mostly {parameter}, which explains {share:.0%}; from {values[first]} to "
            f"{values[last]} the mean goes from {written(metric, means[first])} to {written(metric, means[last])}."
        )
    return Sentences(*(sentences or ["The runs do not differ in what they found."]))


def how_runs_agree(grid: Grid) -> Sentences:
    """How many families the runs fall into, and how far the recommended run agrees with the others."""
    agreement, run = grid.agreement, recommend(grid).run
    if len(agreement) < 2 or agreement.isna().any(axis=None) or run is None:
        return Sentences("Fewer than two runs can be compared.")
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(1 - agreement.to_numpy(), checks=False), "average")
    family = pd.Series(fcluster(tree, 1 - _FAMILY, "distance"), index=agreement.index)
    own = int((family == family[run]).sum())
    others = agreement[run].drop(run)
    return Sentences(
        f"The {count(len(agreement), 'run')} fall into {count(family.nunique(), 'family', 'families')} that agree to "
        f"{_FAMILY} or more on average; the recommended run's has {count(own, 'member')}.",
        f"It agrees most with {others.idxmax()} ({others.max():.2f}) and least with {others.idxmin()} "
        f"({others.min():.2f}).",
    )


def conclude(grid: Grid) -> Sentences:
    """What to take from the grid, and which values to try next."""
    known, choice = measures(grid), recommend(grid)
    if choice.run is None:
        return Sentences(str(choice))
    values = ", ".join(f"{name} {said(value)}" for name, value in choice.parameters.items()) or choice.run
    told = f"Take {values}: {known.loc[choice.run, 'n_clusters']:,.0f} stories"
    sound = known[excluded(grid) == ""]
    if "separation" in known and not np.isnan(known.loc[choice.run, "separation"]):
        best = sound["separation"].max()
        near = int((sound["separation"] >= best - FLAT * abs(best)).sum())
        told += f", the best separated{f' of {near} that are about as good' if near > 1 else ''}"
    inside = "Nothing beyond the grid's values is called for: vary other parameters next."
    return Sentences(f"{told}.", *(_edges(grid, choice.run) or [inside]))


def _edges(grid: Grid, run: str) -> list[str]:
    """Where the recommended run has the smallest or the largest value that was tried, and what lies beyond."""
    told = []
    for parameter in grid.varied:
        if not levels(grid, parameter)[2]:
            continue
        tried, own = sorted(set(grid.runs[parameter])), grid.runs.set_index("name").loc[run, parameter]
        for side, edge, beside in (("smallest", tried[0], tried[1]), ("largest", tried[-1], tried[-2])):
            if own == edge and _is_possible(parameter, beyond := round(2 * edge - beside, 6)):
                told.append(f"{parameter} {said(own)} is the {side} that was tried: try {said(beyond)} next.")
    return told


def _is_possible(parameter: str, value: float) -> bool:
    try:
        make_parameters({parameter: value})
    except ParameterError:
        return False
    return True
