"""A finished grid in numbers: which parameters matter, which runs agree, which headlines change their cluster."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from ..markup import link
from ..run.record import FIGURES
from ..show.drawing import cut
from ..show.listings import Table
from ..wording import count
from .runs import Grid, contingency, levels

#: The metrics that compare runs, and their short names. Relative validity and the agreement on 90 % describe HDBSCAN's
#: own clusters; all others the results, after noise was assigned if that was asked for.
METRICS = {
    "n_clusters": "stories",
    "noise_fraction": "noise",
    "separation": "separation of the stories",
    "relative_validity": "relative validity",
    "neighbour_stability": "stability, adjacent runs",
    "subsample_stability": "stability, 90 % sample",
    "ami": "known stories, AMI",
}
#: A run with fewer stories says nothing about the news; for a small corpus one story per ten documents is enough.
FEWEST_STORIES = 5
#: A run that puts a larger share of all documents into one story has not separated the stories.
LARGEST_STORY = 0.5
#: A run that leaves a larger share of all documents out has found hardly any of the stories.
MOST_NOISE = 0.75
_DESTINATIONS = 3
# Formats of the metrics that only a comparison computes.
_PATTERNS = {"separation": "{:.3f}", "neighbour_stability": "{:.2f}", "seconds": "{:,.1f}"}


def written(metric: str, value: float) -> str:
    """A metric's value as the run's own report writes it; a dash where it is missing."""
    pattern = _PATTERNS.get(metric) or FIGURES[metric][1]
    return "–" if pd.isna(value) else pattern.format(int(value) if metric == "n_clusters" else value)


def percent(share: float) -> str:
    """A share as a whole percentage, a dash where it is missing."""
    return "–" if pd.isna(share) else f"{share:.0%}"


def measures(grid: Grid) -> pd.DataFrame:
    """The `METRICS` of a grid's runs, as far as they are known.

    Returns
    -------
    DataFrame of float, shape (n_runs, n_metrics)
        Index ``name``, all runs in the grid's order; missing where a run failed or a metric is not defined.
    """
    runs = grid.runs.set_index("name").assign(neighbour_stability=neighbour_stability(grid))
    table = runs.reindex(columns=list(METRICS)).apply(pd.to_numeric).astype(float)
    return table.dropna(axis="columns", how="all")


def excluded(grid: Grid) -> pd.Series:
    """The runs that nobody should choose, however they score: two huge clusters are stable, but contain everything.

    These are runs that failed, that have fewer than `FEWEST_STORIES` stories (one per ten documents in a corpus of
    fewer than fifty; never fewer than two), whose largest story has more than `LARGEST_STORY` of the
    documents, or whose noise is more than `MOST_NOISE`.

    Returns
    -------
    Series of str, shape (n_runs,)
        By name of run, in the grid's order: what is wrong with it, "" where nothing is.
    """
    return pd.Series({run: _fault(grid, run) for run in grid.runs["name"]}, dtype=str)


def sensitivity(grid: Grid) -> pd.DataFrame:
    """How much of each metric's variance between runs a parameter explains by itself.

    This is eta squared: the sum of squares between the means of the parameter's values over the total sum of
    squares (J. Cohen 1973, *Eta-squared and partial eta-squared in fixed factor ANOVA designs*, Educational
    and Psychological Measurement 33). In a grid of all combinations a column adds up to at most 1, and the
    remainder is the effect of parameters together. A parameter with L values in N runs explains (L - 1) / (N -
    1) by chance alone.

    Returns
    -------
    DataFrame of float, shape (n_varied, n_metrics)
        0 to 1; parameters by falling mean, metrics as in `METRICS`; missing where a metric is the same in all
        runs.
    """
    table = measures(grid)
    shares = {
        metric: [_eta_squared(table[metric].to_numpy(), levels(grid, parameter)[0]) for parameter in grid.varied]
        for metric in table
    }
    explained = pd.DataFrame(shares, index=pd.Index(grid.varied, name="parameter"), dtype=float)
    order = explained.mean(axis=1).fillna(0).sort_values(ascending=False, kind="stable").index
    return explained.loc[order]


def agreement_matrix(grid: Grid) -> pd.DataFrame:
    """How far every two finished runs agree: adjusted Rand index over all documents, each noise document alone.

    The index is 1 for the same groups and 0 on average for chance. Rows and columns are ordered by average
    linkage with optimal leaf ordering (Z. Bar-Joseph, D. Gifford and T. Jaakkola 2001, Bioinformatics 17), so
    that families of runs stand together.

    Returns
    -------
    DataFrame of float, shape (n_finished, n_finished)
        Symmetric; index and columns are the names of runs.
    """
    agreement = grid.agreement
    if len(agreement) < 3 or agreement.isna().any(axis=None):
        return agreement
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(1 - agreement.to_numpy(), checks=False), "average", optimal_ordering=True)
    order = leaves_list(tree)
    return agreement.iloc[order, order]


def neighbour_stability(grid: Grid) -> pd.Series:
    """Each run's mean agreement with the adjacent points of the grid.

    Adjacent runs differ in exactly one varied parameter: in a number by one step in the sorted list of its
    values, in anything else by any change, because names have no order.

    Returns
    -------
    Series of float, shape (n_runs,)
        Mean adjusted Rand index by name of run, in the grid's order; missing for a run that failed or has no
        finished adjacent run.
    """
    names = grid.runs["name"].tolist()
    steps = np.zeros((len(names), len(names)), dtype=int)
    for parameter in grid.varied:
        places, _, ordered = levels(grid, parameter)
        apart = np.abs(np.subtract.outer(places, places))
        steps += apart if ordered else np.minimum(apart, 1)
    agreement = grid.agreement.reindex(index=names, columns=names)
    return agreement.where(steps == 1).mean(axis=1).rename("neighbour_stability")


def unsettled(grid: Grid, n: int = 15) -> Table:
    """The headlines whose cluster most depends on the parameters.

    A document's instability is the mean, over all pairs of runs, of 1 - Jaccard index of the two groups that
    contain it: of the other documents in either group, the share that is not in both. Noise is alone.
    `excluded` runs are not counted, because their huge clusters would hide everything else, unless fewer than
    two runs remain.

    Parameters
    ----------
    grid : Grid
    n : int
        How many headlines, at most; those that never move are left out.

    Returns
    -------
    Table
        Of a frame, the most unstable first, index ``id``: ``headline``; ``instability``, 0 to 1; ``noise in``, the
        number of runs in which it is noise; ``goes to``, a list of the clusters that include it, each named by its
        clearest other member, with its mean size and the number of runs.
    """
    sound = [run for run, fault in excluded(grid).items() if not fault]
    labels = grid.labels[sound] if len(sound) > 1 else grid.labels
    instability = pd.Series(_instability(labels), index=labels.index)
    # Rounded: sums of the same shares in another order differ in the last bits, and ids then decide.
    most = instability[instability > 1e-9].round(9).sort_values(ascending=False, kind="stable").index[:n]
    clarity = sum((grid.maps[run]["probability"].reindex(labels.index) for run in labels), 0.0)
    table = pd.DataFrame(
        {
            "headline": grid.titles[most],
            "instability": instability[most],
            "noise in": (labels.loc[most] < 0).sum(axis=1),
            "goes to": [_destinations(labels, document, clarity, grid.titles) for document in most],
        },
        index=most,
    )
    headlines = list(map(link, table["headline"], grid.urls.reindex(most)))
    return Table(table, table.assign(headline=headlines, instability=table["instability"].map("{:.2f}".format)))


def _fault(grid: Grid, run: str) -> str:
    if run not in grid.maps:
        return "failed"
    clusters = grid.maps[run]["cluster"]
    sizes = clusters[clusters >= 0].value_counts()
    if len(sizes) < max(2, min(FEWEST_STORIES, len(clusters) // 10)):
        return "found hardly any stories"
    if sizes.max() > LARGEST_STORY * len(clusters):
        return f"put more than {percent(LARGEST_STORY)} of the documents into one story"
    if (clusters < 0).mean() > MOST_NOISE:
        return f"left more than {percent(MOST_NOISE)} of the documents in no story"
    return ""


def _eta_squared(values: np.ndarray, groups: np.ndarray) -> float:
    values, groups = values[~np.isnan(values)], groups[~np.isnan(values)]
    deviations = values - values.mean() if len(values) else values
    total = (deviations**2).sum()
    if total <= 1e-18 * (values**2).sum():
        return np.nan
    sizes = np.bincount(groups)
    between = np.bincount(groups, deviations) ** 2 / np.maximum(sizes, 1)
    return float(between.sum() / total)


def _instability(labels: pd.DataFrame) -> np.ndarray:
    from tqdm.auto import tqdm

    noise = (labels < 0).to_numpy().T
    # Noise, which is alone, is in one last group only while documents in common are counted.
    groups = [
        np.where(alone, own.max(initial=-1) + 1, own) for own, alone in zip(labels.to_numpy().T, noise, strict=True)
    ]
    sizes = [np.where(alone, 1, np.bincount(group)[group]) for group, alone in zip(groups, noise, strict=True)]
    pairs = list(combinations(range(len(groups)), 2))
    total = np.zeros(len(labels))
    for i, j in tqdm(pairs, desc="Comparing companions", leave=False, delay=2):
        together, cells = contingency(groups[i], groups[j])
        shared = np.where(noise[i] | noise[j], 1, together[cells])
        total += 1 - shared / (sizes[i] + sizes[j] - shared)
    return total / max(len(pairs), 1)


def _destinations(labels: pd.DataFrame, document: int, clarity: pd.Series, titles: pd.Series) -> list[str]:
    found: dict[str, list[int]] = {}
    for run, cluster in labels.loc[document].items():
        if cluster >= 0:
            members = labels.index[labels[run] == cluster]
            others = clarity[members].drop(document)
            name = titles[others.idxmax()] if len(others) else "itself alone"
            found.setdefault(name, []).append(len(members))
    ranked = sorted(found.items(), key=lambda item: -len(item[1]))
    told = [
        f"{cut(name, 52)} ({count(round(np.mean(sizes)), 'headline')}, {count(len(sizes), 'run')})"
        for name, sizes in ranked[:_DESTINATIONS]
    ]
    return told + [f"{len(ranked) - len(told)} more"] * (len(ranked) > len(told)) or ["noise only"]
