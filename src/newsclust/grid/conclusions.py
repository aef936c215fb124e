"""What a grid's pictures say, in sentences: computed from the same numbers, for whatever grid is read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..markup import Sentences
from ..run.parameters import make_parameters
from ..wording import count, said
from .measures import METRICS, excluded, measures, percent, sensitivity, written
from .recommendation import FLAT, place_in_words, recommend
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


def best_and_worst(grid: Grid) -> Sentences:
    """Which values the best and the worst separated quarter of the runs have."""
    apart = (
        measures(grid).get("separation", pd.Series(dtype=float)).dropna().sort_values(ascending=False, kind="stable")
    )
    if len(apart) < 2 or not grid.varied:
        return Sentences("Fewer than two runs can be compared.")
    n = max(len(apart) // 4, 1)
    best, worst = list(apart.index[:n]), list(apart.index[-n:])
    if n == 1:
        told = f"The best separated run, {best[0]}, has {_values(grid, best)}; the worst, {worst[0]}, has "
    else:
        told = f"The {n} best separated runs have {_values(grid, best)}; the {n} worst have "
    return Sentences(f"{told}{_values(grid, worst)}.")


def price_of_separation(grid: Grid) -> Sentences:
    """How much noise the best separated run leaves, and what the run with the least noise is like."""
    known = measures(grid)
    if "separation" not in known or known["separation"].isna().all():
        return Sentences("The separation is not known of these runs.")
    best, least = known["separation"].idxmax(), known["noise_fraction"].idxmin()
    noise = written("noise_fraction", known.loc[best, "noise_fraction"])
    told = f"The best separated run, {best}, leaves {noise} of the headlines in no story"
    if known.loc[best, "noise_fraction"] <= known.loc[least, "noise_fraction"]:
        return Sentences(f"{told}, the least of all runs: here one does not cost the other.")
    return Sentences(
        f"{told}; {least} leaves least, {written('noise_fraction', known.loc[least, 'noise_fraction'])}, and stands at "
        f"{written('separation', known.loc[least, 'separation'])} against "
        f"{written('separation', known.loc[best, 'separation'])}."
    )


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


def why_not_by_validity(grid: Grid) -> Sentences:
    """Why the recommended run is not the one of the highest relative validity.

    Where stories are known, both measures are held against them: Spearman's rank correlation over the runs.
    """
    known, choice = measures(grid), recommend(grid).run
    validity = known.get("relative_validity")
    if choice is None or validity is None or validity.isna().all():
        return Sentences("Relative validity is not known of these runs.")
    most = validity.idxmax()
    rank = int(validity.rank(ascending=False, method="min")[choice])
    if most == choice:
        return Sentences(
            f"{choice} has the highest relative validity too: {written('relative_validity', validity[most])}."
        )
    both = known.loc[[choice, most]]
    noise = [percent(share) for share in both["noise_fraction"]]
    sentences = [
        f"By relative validity {choice} is {place_in_words(rank)} of {len(validity)}; the highest has {most} "
        f"({written('relative_validity', validity[most])} against {written('relative_validity', validity[choice])}).",
        "Relative validity asks how dense HDBSCAN's clusters are against the space between them, and leaving out what "
        f"is thin raises it: {most} leaves {noise[1]} of the headlines in no story, {choice} {noise[0]}. Separation "
        "counts every headline, one in no story as 0.",
    ]
    if "ami" in known and known["ami"].notna().sum() > 2:
        held = {name: known[name].corr(known["ami"], method="spearman") for name in ("separation", "relative_validity")}
        if not any(map(np.isnan, held.values())):
            winner = "separation" if held["separation"] >= held["relative_validity"] else "relative validity"
            sentences.append(
                f"Check against the known stories: over the runs the rank correlation with AMI is "
                f"{held['separation']:.2f} for separation and {held['relative_validity']:.2f} for relative validity. "
                f"Here {winner} tells better runs from worse."
            )
    return Sentences(*sentences)


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
    return Sentences(f"{told}.", *(_edges(grid, choice.run) or [_inside(grid)]))


def _values(grid: Grid, runs: list[str]) -> str:
    """The values of the varied parameters in these runs: "min_samples 1 or 2 and min_cluster_size 3"."""
    chosen = grid.runs["name"].isin(runs).to_numpy()
    told = []
    for parameter in grid.varied:
        places, values, _ = levels(grid, parameter)
        *others, last = [values[place] for place in np.unique(places[chosen])]
        if len(others) + 1 == len(values) > 1:
            told.append(f"any {parameter}")
        else:
            told.append(f"{parameter} {', '.join(others)} or {last}" if others else f"{parameter} {last}")
    return " and ".join(told)


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


def _inside(grid: Grid) -> str:
    if not grid.varied:
        return "Nothing was varied: give a parameter a list of values to see whether it matters."
    return "Nothing beyond the grid's values is called for: vary other parameters next."
