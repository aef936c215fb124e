"""newsclust and its peers on labelled headlines: how far each agrees with the truth, and where it does not."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputError, notice
from ..pipeline import READS, Clusters, Vectors, cluster, link
from ..run.parameters import Parameters
from ..stories.evaluation import ONE_OFF, agreement
from ..stories.noise import assign_noise
from ..stories.settings import Settings
from .peers import PEERS, absent
from .plan import read_plan

#: How noise is scored; each table begins with this sentence.
NOISE = "A headline in no story is alone, whichever method says so."
_HEADS = {
    "ami": "AMI",
    "ari": "ARI",
    "v_measure": "V",
    "b_cubed_f1": "B³ F1",
    "one_offs": "one-offs",
    "group": "AMI / ARI group",
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of newsclust and its peers on labelled headlines.

    Attributes
    ----------
    documents : DataFrame, n rows
        As `Corpus.documents`.
    truth : ndarray of str, shape (n,)
        Each document's known story, "" where unknown; one-offs as in the column.
    place : ndarray of int, shape (m,)
        The document of each input row that has a text: repeats count every time.
    row_truth : ndarray of str, shape (m,)
        The known story of each, "" where unknown.
    labels : dict
        Method -> ndarray of int, shape (n,); -1 is noise.
    table : DataFrame, one row per method
        Index ``method``; ``ami, ari, v_measure, b_cubed_f1, noise, one_offs, stories``, with noise as one group
        ``ami_group, ari_group``, and ``seconds, settings``.
    settings : dict
        Method -> `Settings` of those that chose theirs, with the agreement of each in ``curve["ami"]``.
    """

    documents: pd.DataFrame
    truth: np.ndarray
    place: np.ndarray
    row_truth: np.ndarray
    labels: dict[str, np.ndarray]
    table: pd.DataFrame
    settings: dict[str, Settings]

    def __repr__(self) -> str:
        return f"{len(self.documents):,} documents, {len(self.table)} methods: {', '.join(self.table.index)}"

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns=["ami_group", "ari_group"])
        group = [f"{ami:.3f} / {ari:.3f}" for ami, ari in self.table[["ami_group", "ari_group"]].to_numpy()]
        shown.insert(shown.columns.get_loc("stories") + 1, "group", group)
        shown = shown.rename(columns=_HEADS).rename_axis(None)
        digits = dict.fromkeys(("AMI", "ARI", "V", "B³ F1"), "{:.3f}")
        said = f"{NOISE} Under group all of them are one group instead."
        return (
            shown.style.set_caption(said)
            .format(digits | {"noise": "{:.1%}", "seconds": "{:.1f}"}, escape="html")
            ._repr_html_()
        )


def evaluate(
    vectors: Vectors,
    files: Iterable[str | Path] = ("params/tutorial.yaml", "params/stories.yaml"),
    peers: Iterable[str] = tuple(PEERS),
) -> Evaluation:
    """Group labelled headlines with newsclust and with its peers, on the same vectors.

    Seconds are from vectors to labels; a peer with several candidates is timed for all of them, and the one that agrees
    best with the truth is shown. A document in no story, by the truth or by a method, is a group of its own on both
    sides (see `newsclust.stories.evaluation.agreement`); every input row counts.

    Parameters
    ----------
    vectors : Vectors
        The vectors of a corpus that was read with its truth column.
    files : iterable of path
        Parameter files for newsclust. Their data, model and map are not used here.
    peers : iterable of str
        Names in `newsclust.grid.peers.PEERS`. Those that can't take part are named in a notice.

    Raises
    ------
    InputError
        If the corpus was read without truth.
    """
    corpus = vectors.corpus
    if corpus.truth is None:
        raise InputError("There is no truth to evaluate against: name its column, for example truth = 'story'.")
    documents = corpus.documents
    place_of = pd.Series(np.arange(len(documents)), index=documents["id"])
    has_text = corpus.row_ids.notna().to_numpy()
    row_place = place_of.loc[corpus.row_ids[has_text].astype("int64")].to_numpy()
    row_truth = corpus.truth[has_text].fillna("").astype(str).str.strip().to_numpy()
    truth = np.full(len(documents), "", dtype=object)
    truth[row_place[::-1]] = row_truth[::-1]
    one_off = np.isin(np.char.lower(truth.astype(str)), list(ONE_OFF))
    n_stories = len(set(truth[~one_off]) - {""})

    def scores(found: np.ndarray) -> dict[str, Any]:
        alone = agreement(found[row_place], row_truth)
        kept = {name: alone[name] for name in ("ami", "ari", "v_measure", "b_cubed_f1")}
        return kept | {
            "noise": float((found < 0).mean()),
            "one_offs": f"{int((_in_a_story(found) & one_off).sum())} of {int(one_off.sum())}",
            "stories": int(len(np.unique(found[found >= 0]))),
            **_grouped(found[row_place], row_truth),
        }

    rows, labels, chosen = [], {}, {}
    for file in files:
        name, given = f"newsclust, {Path(file).name}", read_parameters(file)
        started = time.perf_counter()
        clusters = group(vectors, given)
        found = labels[name] = story_labels(clusters, given)
        seconds, settings = time.perf_counter() - started, clusters.settings
        if len(settings.curve):
            tried = settings.curve[["min_samples", "min_cluster_size"]].astype(int).to_dict("records")
            others = [
                story_labels(cluster(clusters.links, **clustering_of(given) | numbers), given) for numbers in tried
            ]
            ami = [agreement(other[row_place], row_truth)["ami"] for other in others]
            chosen[name] = Settings(settings.min_samples, settings.min_cluster_size, settings.curve.assign(ami=ami))
            said = f"{settings.min_samples} / {settings.min_cluster_size}, chosen"
        else:
            said = f"{given.min_samples} / {given.min_cluster_size}"
        rows.append({"method": name, **scores(found), "seconds": seconds, "settings": said})
    for name in peers:
        if why := absent(name, len(documents)):
            notice(why)
            continue
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other packages, about themselves
            candidates = PEERS[name][2](vectors.vectors, documents["text"].tolist(), n_stories)
        seconds = time.perf_counter() - started
        scored = {said: scores(found) for said, found in candidates.items()}
        best = max(scored, key=lambda said: scored[said]["ami"])
        labels[name] = candidates[best]
        said = f"{best}, best of {len(scored)}" if len(scored) > 1 else best
        rows.append({"method": name, **scored[best], "seconds": seconds, "settings": said})
    table = pd.DataFrame(rows).set_index("method")
    return Evaluation(documents, truth, row_place, row_truth, labels, table, chosen)


def read_parameters(file: str | Path) -> Parameters:
    """The parameters of the one run that a file asks for.

    Raises
    ------
    NewsclustError
        If there is no such file, it has an error, or it asks for several runs.
    """
    plan = read_plan(file)
    if len(plan.runs) > 1:
        raise InputError(f"{file} asks for {len(plan.runs)} runs: give a file with one value for each parameter.")
    return plan.runs[0].parameters


def group(vectors: Vectors, given: Parameters) -> Clusters:
    """The clusters that other parameters make from vectors; their data, model and map are not used."""
    links = link(vectors, **{name: getattr(given, name) for name in READS["link"] if name != "search"})
    return cluster(links, **clustering_of(given))


def clustering_of(given: Parameters) -> dict[str, Any]:
    """The parameters that `newsclust.pipeline.cluster` reads."""
    return {name: getattr(given, name) for name in READS["cluster"]}


def story_labels(clusters: Clusters, given: Parameters) -> np.ndarray:
    """The story of each document, with the noise that joins one if `given` asks for it."""
    labels, lists = clusters.labels, clusters.links.clustered.head(clusters.clustering.parameters["k"])
    return assign_noise(lists, labels, given.least_support).labels if given.assign_noise else labels


def _grouped(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """AMI and ARI with all noise as one group, and all one-offs as one story, as scikit-learn's users compute them."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    known = truth != ""
    return {
        "ami_group": float(adjusted_mutual_info_score(truth[known], found[known])),
        "ari_group": float(adjusted_rand_score(truth[known], found[known])),
    }


def _in_a_story(labels: np.ndarray) -> np.ndarray:
    """Which documents share their story with another one."""
    clustered = labels >= 0
    sizes = np.bincount(labels[clustered]) if clustered.any() else np.zeros(1, dtype=int)
    return clustered & (sizes[np.maximum(labels, 0)] > 1)


def mistakes(evaluation: Evaluation, method: str, examples: int = 3) -> dict[str, pd.DataFrame]:
    """Where a method and the truth differ: stories merged and split, one-offs assigned, headlines left out.

    Parameters
    ----------
    evaluation : Evaluation
    method : str
        One of ``evaluation.labels``.
    examples : int
        How many headlines of each part are shown.

    Returns
    -------
    dict of str to DataFrame
        "merged": a found story that holds two or more headlines each of two or more known ones. "split": a known story,
        two or more headlines each of which are in two or more found ones. "one-offs in a story". "left out": headlines
        of a known story of two or more that are in no found one. The largest first.
    """
    headlines = evaluation.documents["title"].where(evaluation.documents["title"] != "", evaluation.documents["text"])
    frame = pd.DataFrame({"headline": headlines, "known": evaluation.truth, "found": evaluation.labels[method]})
    frame = frame[frame["known"] != ""]
    one_off = frame["known"].str.lower().isin(ONE_OFF)
    both = frame[(frame["found"] >= 0) & ~one_off]
    parts = both.groupby(["found", "known"])["headline"].agg(["size", lambda part: " · ".join(part.head(examples))])
    parts.columns = ["headlines", "for example"]
    parts = parts[parts["headlines"] > 1].reset_index()
    left_out = frame[(frame["found"] < 0) & ~one_off]
    left_out = left_out[left_out["known"].map(frame["known"].value_counts()) > 1]
    alone = frame[one_off & _in_a_story(frame["found"].to_numpy())]
    assigned = {"headline": alone["headline"], "in the story of": _story_mate(frame, one_off, alone.index)}
    return {
        "merged": _divided(parts, "found", "known"),
        "split": _divided(parts, "known", "found"),
        "one-offs in a story": pd.DataFrame(assigned).reset_index(drop=True),
        "left out": left_out[["headline", "known"]].reset_index(drop=True),
    }


def _story_mate(frame: pd.DataFrame, one_off: pd.Series, rows: pd.Index) -> list[str]:
    """Another headline of the story that each of `rows` was put into; if it has known stories, of the largest."""
    as_many = frame.groupby(["found", "known"])["headline"].transform("size").where(~one_off, 0)
    first = frame.assign(as_many=as_many).sort_values("as_many", ascending=False, kind="stable").groupby("found")
    two = {found: part["headline"].head(2) for found, part in first}
    return [two[frame["found"][row]].drop(row, errors="ignore").iloc[0] for row in rows]


def _divided(parts: pd.DataFrame, whole: str, part: str) -> pd.DataFrame:
    several = parts[parts.groupby(whole)[part].transform("size") > 1]
    total = several.groupby(whole)["headlines"].transform("sum")
    order = np.lexsort((-several["headlines"], several[whole].astype(str), -total))
    return several.iloc[order][[whole, part, "headlines", "for example"]].reset_index(drop=True)
