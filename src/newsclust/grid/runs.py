"""A finished grid, read back from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ..errors import RunError
from ..paths import find_input, find_shipped, read_json
from ..run.record import Record
from ..run.stored import read_rows
from ..wording import count, said
from .plan import read_plan
from .run_plan import run_plan


@dataclass(frozen=True, eq=False)
class Grid:
    """The runs of one parameter grid.

    Attributes
    ----------
    name : str
    varied : list of str
        The parameters that take more than one value, in the order of the parameter file.
    runs : DataFrame, one row per run in the grid's order
        ``name``, ``status`` ("ok" or "failed"), ``message``, the varied parameters, the metrics (missing for
        a failed run), and ``seconds`` of the whole run.
    maps : dict of DataFrame, by the name of each finished run
        Index ``id`` ascending; ``cluster`` (-1 is noise), ``probability``, ``x``, ``y``. A document appears
        once.
    labels : DataFrame of int32, shape (n_documents, n_finished)
        Cluster of each document (index ``id``, ascending) in each finished run (columns, in the grid's
        order), for the documents that all of them share.
    titles, urls : Series of str, shape (n_documents,)
        The headline of each of these documents, and its address, "" where it has none.
    """

    name: str
    varied: list[str]
    runs: pd.DataFrame
    maps: dict[str, pd.DataFrame]
    labels: pd.DataFrame
    titles: pd.Series
    urls: pd.Series

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Adjusted Rand index of every two finished runs, noise being alone: (n_finished, n_finished)."""
        return _agreement(self.labels)

    def __repr__(self) -> str:
        failed = int((self.runs["status"] != "ok").sum())
        return (
            f"{self.name}: {count(len(self.runs), 'run')}{f', {failed:,} of them failed' if failed else ''}, "
            f"compared on {count(len(self.labels), 'document')}. "
            f"Varied: {', '.join(self.varied) or 'nothing'}."
        )


def read_grid(folder: str | Path) -> Grid:
    """Read the results of a parameter grid; a grid that comes with newsclust is run if it is missing.

    Parameters
    ----------
    folder : str or Path
        Usually ``reports/<grid>``; found by `newsclust.paths.find_input`.

    Raises
    ------
    RunError
        If there is no grid in it, if runs are missing, or if a file of a run cannot be read.
    """
    path = find_input(folder)
    made_by = f"params/{path.name}.yaml"
    advice = f"run `newsclust run {made_by}` first"
    came_along = Path(folder) == Path("reports", path.name) and find_shipped(made_by)
    if not path.exists() and came_along and (plan := read_plan(made_by)).varied:
        run_plan(plan)
    if not (path / "grid.json").is_file():
        raise RunError(f"There is no finished grid in {folder}: {advice}.")
    record = _record(path / "grid.json", ("name", "varied", "runs"), advice)
    names = record["runs"]
    missing = [name for name in names if not (path / name / "run.json").is_file()]
    if missing or not names:
        first = f", the first of them {missing[0]}" if missing else ""
        raise RunError(f"{len(missing)} of the {len(names)} runs of {folder} are not finished{first}: {advice}.")

    rows, maps, texts = [], {}, pd.DataFrame(columns=["title", "url"], dtype=str)
    for name in tqdm(names, desc="Reading runs", leave=False, delay=2):
        run = _record(path / name / "run.json", ("status", "message", "seconds", "parameters"), advice)
        row = {"name": name, "status": run["status"], "message": run["message"]}
        row |= {parameter: run["parameters"].get(parameter) for parameter in record["varied"]}
        if run["status"] == "ok":
            metrics = _record(path / name / "metrics.json", ("n_clusters", "noise_fraction"), advice)
            row |= {name: value for name, value in metrics.items() if name != "seconds"}
            points = _read_points(path / name, metrics, advice)
            maps[name] = points[["cluster", "probability", "x", "y"]]
            texts = texts if len(texts) else points[["title", "url"]]
        rows.append(row | {"seconds": run["seconds"]})

    runs = pd.DataFrame(rows)
    for parameter in record["varied"]:  # as objects: pandas would make 3.0 of 3, and nan of None
        runs[parameter] = pd.Series([row[parameter] for row in rows], dtype=object)
    varied = [parameter for parameter in record["varied"] if len(set(map(_key, runs[parameter]))) > 1]
    labels = pd.DataFrame({name: points["cluster"] for name, points in maps.items()}).dropna().astype(np.int32)
    texts = texts.reindex(labels.index)
    return Grid(record["name"], varied, runs, maps, labels, texts["title"], texts["url"])


def levels(grid: Grid, parameter: str) -> tuple[np.ndarray, list[str], bool]:
    """The value of a varied parameter in each run.

    Returns
    -------
    places : ndarray of int, shape (n_runs,)
        Position of each run's value in `values`.
    values : list of str
        The values as text: numbers in ascending order, anything else in the order of the grid.
    ordered : bool
        Whether they are numbers.
    """
    found = {_key(value): value for value in grid.runs[parameter]}
    ordered = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in found.values())
    keys = sorted(found, key=found.__getitem__) if ordered else list(found)
    places = np.array([keys.index(_key(value)) for value in grid.runs[parameter]])
    return places, [said(found[key]) for key in keys], ordered


def label(grid: Grid, run: str) -> str:
    """Only a run's varied values, short enough for an axis."""
    row = grid.runs.set_index("name").loc[run]
    return ", ".join(said(row[parameter]) for parameter in grid.varied) or run


def contingency(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many documents are in cluster a of one run and in cluster b of another.

    Parameters
    ----------
    first, second : ndarray of int, shape (n,)
        Labels from 0.

    Returns
    -------
    together : ndarray of int64, shape (n_first * n_second,)
        The table, row by row.
    cells : ndarray of int64, shape (n,)
        In which cell each document is.
    """
    n_first, n_second = int(first.max(initial=0)) + 1, int(second.max(initial=0)) + 1
    cells = first.astype(np.int64) * n_second + second
    return np.bincount(cells, minlength=n_first * n_second), cells


def _agreement(labels: pd.DataFrame) -> pd.DataFrame:
    """Adjusted Rand index (L. Hubert and P. Arabie 1985, *Comparing partitions*, J. of Classification 2).

    It counts pairs of documents that share a group; a noise document shares its group with none.
    """
    groups, n = [labels[run].to_numpy() for run in labels], len(labels)
    # Ordered pairs; as Python's integers their products cannot overflow.
    alike = [_pairs(np.bincount(group[group >= 0])) for group in groups]
    scores = np.full((len(groups), len(groups)), np.nan)
    if n:
        np.fill_diagonal(scores, 1.0)
        pairs = list(combinations(range(len(groups)), 2))
        for i, j in tqdm(pairs, desc="Comparing runs", leave=False, delay=2):
            clustered = (groups[i] >= 0) & (groups[j] >= 0)
            both = _pairs(contingency(groups[i][clustered], groups[j][clustered])[0])
            expected, most = alike[i] * alike[j] / max(n * (n - 1), 1), (alike[i] + alike[j]) / 2
            scores[i, j] = scores[j, i] = 1.0 if most == expected else (both - expected) / (most - expected)
    return pd.DataFrame(scores, index=labels.columns, columns=labels.columns)


def _pairs(sizes: np.ndarray) -> int:
    return int((sizes * (sizes - 1)).sum())


def _record(path: Path, needed: tuple[str, ...], advice: str) -> dict[str, Any]:
    content = read_json(path)
    if absent := [name for name in needed if name not in content]:
        raise RunError(f"{path} {f'does not say {absent[0]}' if content else 'cannot be read'}: {advice}.")
    return content


def _read_points(folder: Path, metrics: dict[str, Any], advice: str) -> pd.DataFrame:
    """A run's documents with their clusters and places, their headlines and addresses."""
    made_by = _record(folder / "provenance.json", ("provenance",), advice)
    try:
        record = Record(made_by.get("parameters", {}), metrics, made_by["provenance"])
        points = read_rows(folder, record, ("title", "url")).drop_duplicates("id").set_index("id").sort_index()
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(f"{folder / 'clusters.csv'} cannot be read ({type(error).__name__}): {advice}.") from None
    return points.assign(title=points["title"].where(points["title"] != "", "(no headline)"))


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
