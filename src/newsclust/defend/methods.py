"""The description of a run for a paper: a paragraph about the analysis, its references, tables, and quotes.

Every number comes from the run's record; nothing is computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import RunError
from ..markup import plain, web_address
from ..paths import write_all
from ..run.csv_cells import as_csv
from ..run.record import FIGURES, SUPPORT, Record, written
from ..run.stored import StoredRun, read_results
from ..vectors.models import BGE_M3, E5, MINILM
from ..wording import count

REFERENCES = Path(__file__).with_name("references.bib")
#: The most quotes of a story: its earliest headlines, one per publisher.
QUOTED = 3
#: References for models and for metrics.
_OF_MODEL = {MINILM: ["wang2020minilm", "reimers2019"], E5: ["wang2024e5"], BGE_M3: ["chen2024bge"]}
_OF_METRIC = {"ami": "vinh2010", "ari": "hubert1985", "b_cubed_f1": "amigo2009", "dbcv": "moulavi2014"}
#: Numbers that are reported if they were computed: without known stories, and against them.
_JUDGED = {
    "separation": "separation",
    "dbcv": "DBCV",
    "subsample_stability": "ARI with HDBSCAN on nine tenths of the documents",
    "reliability_median": "reliability of the median story",
}
_KNOWN = {"ami": "AMI", "ari": "ARI", "v_measure": "V-measure", "b_cubed_f1": "B-cubed F1"}
#: Packages whose versions are named in the paragraph; the table of versions has all.
_NAMED = "newsclust numpy scipy scikit-learn faiss-cpu umap-learn torch".split()


@dataclass(frozen=True)
class Methods:
    """The description of a run's analysis.

    Attributes
    ----------
    paragraph : str
        With BibTeX keys in brackets, as Pandoc and Quarto cite them.
    bibtex : str
        The references cited.
    tables : dict of DataFrame
        ``parameters``, ``metrics``, ``versions``, and ``quotes``: story, title of the story, headline, publisher, day,
        address, and the citation in one line.
    """

    paragraph: str
    bibtex: str
    tables: dict[str, pd.DataFrame]

    def write(self, folder: Path) -> list[Path]:
        """Write ``methods.md``, ``references.bib`` and a CSV file per table.

        Raises
        ------
        RunError
            If the folder can't be written.
        """
        texts = {"methods.md": f"{self.paragraph}\n", "references.bib": self.bibtex}
        texts |= {f"{name}.csv": as_csv(rows) for name, rows in self.tables.items()}
        return write_all(folder, texts)


def describe(folder: str | Path) -> Methods:
    """Describe a finished run's analysis from its record.

    Parameters
    ----------
    folder : str or Path
        A run's folder, or its name under ``reports/``.

    Raises
    ------
    RunError
        If there is no finished run, or its record lacks something.
    """
    run = read_results(folder)
    try:
        paragraph, tables = " ".join(_paragraph(run.record)), _tables(run)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        why = f"the record of {run.name} is damaged, or of an earlier version ({type(error).__name__}: {error})"
        raise RunError(f"{why}: run it again.") from None
    cited = set(re.findall(r"@(\w+)", paragraph))
    entries = REFERENCES.read_text(encoding="utf-8").strip().split("\n\n")
    bibtex = "\n\n".join(entry for entry in entries if entry.partition("{")[2].partition(",")[0] in cited)
    return Methods(paragraph, f"{bibtex}\n", tables)


def _paragraph(record: Record) -> list[str]:
    given, made, metrics = record.parameters, record.provenance, record.metrics
    return [
        *_corpus(made, metrics),
        *_graph(given, made, metrics["n_documents"]),
        *_clusters(given, made, metrics),
        *_results(given, metrics),
        *_made(given, made),
    ]


def _corpus(made: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    source = plain(made["data"].rpartition(": ")[0])[:200]
    left = {"n_repeats": "repeated a document", "n_set_aside": "were set aside"}
    said = ", ".join(f"{metrics[name]:,} {words}" for name, words in left.items() if metrics[name])
    rows, documents = count(metrics["n_rows"], "row"), count(metrics["n_documents"], "different document")
    return [f"We read {rows} of headlines from {source}: {documents}{f' ({said})' if said else ''}."]


def _graph(given: dict[str, Any], made: dict[str, Any], n: int) -> list[str]:
    model = given["model"]
    keys = "; ".join(f"@{key}" for key in _OF_MODEL.get(model, ()))
    _, revision, dimensions = made["model"].rsplit(", ", 2)
    said = [
        f"Each was embedded by the model {plain(model)[:200]}{f' [{keys}]' if keys else ''} ({revision}, {dimensions}, "
        f"{made['precision']}) and stored in Milvus [@wang2021milvus]. The {min(given['k'], n - 1)} nearest others of "
        f"each were found by Euclidean distance ({made['search']})."
    ]
    parts = []
    if given["words"]:
        parts.append(f"shared words with a weight of {given['words']:g}")
    if given["days"]:
        parts.append(f"closeness in time with {given['days']:g}, which falls as exp(-days / {given['day_scale']:g})")
    if parts:
        said.append(f"Their similarity mixes that of the vectors with {' and '.join(parts)}.")
    if given.get("fold_copies"):
        said.append("Near-copies were represented by one document.")
    if given.get("shared_neighbors"):
        said.append(f"Common near neighbours count with a weight of {given['shared_neighbors']:g}.")
    if given.get("distance_floor"):
        said.append(f"Distances below {given['distance_floor']:g} were raised to this value.")
    return said


def _clusters(given: dict[str, Any], made: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    squared = " of squared distances" if given["distance"] == "squared" else ""
    said = (
        f"The documents were clustered by HDBSCAN [@campello2013] on the graph{squared} of these lists, with "
        f"min_samples = {given['min_samples']}, min_cluster_size = {given['min_cluster_size']} and clusters "
        f'selected by "{given["cluster_selection_method"]}"'
    )
    if given["cluster_selection_epsilon"]:
        said += f" with an epsilon of {given['cluster_selection_epsilon']:g} [@malzer2020]"
    if given["max_cluster_size"]:
        said += f", none larger than {given['max_cluster_size']:,}"
    if chosen := made.get("chosen"):
        tried = made["settings"].partition(". Next")[0].partition(", of ")[2]
        said += (
            f"; {' and '.join(chosen)} {'was' if len(chosen) == 1 else 'were'} chosen without known "
            f"stories, by the mean silhouette [@rousseeuw1987] of the blended similarities: the best of {tried}"
        )
    left, assigned = (written(name, metrics[name]) for name in ("hdbscan_noise_fraction", "assigned_fraction"))
    noise = f"HDBSCAN left {left} of the documents as noise"
    if given["assign_noise"]:
        support = made.get(SUPPORT, given["least_support"])  # at_most_alone may lower it
        noise += (
            f"; a noise document whose nearest neighbours support a story with {support} or more was assigned to it "
            f"({assigned} of the documents)"
        )
    corrected = []
    if n := metrics.get("n_corrections"):
        needed = metrics["n_corrections_needed"]
        corrected = [f"Then we applied {count(n, 'correction')} by hand, {needed:,} of which changed the stories."]
    return [f"{said}.", f"{noise}.", *corrected]


def _results(given: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    stories = count(metrics["n_clusters"], "story", "stories")
    said = [
        f"This gave {stories}, and {written('noise_fraction', metrics['noise_fraction'])} of the documents are in none."
    ]
    if metrics.get("size_max"):
        sizes = [written(name, metrics[name]) for name in ("size_median", "size_max")]
        said.append(f"The median story has {sizes[0]} documents, the largest {sizes[1]}.")
    judged, known = (
        [
            f"{words} {written(name, metrics[name])}{f' [@{_OF_METRIC[name]}]' if name in _OF_METRIC else ''}"
            for name, words in names.items()
            if metrics.get(name) is not None
        ]
        for names in (_JUDGED, _KNOWN)
    )
    if judged:
        said.append(f"Without known stories: {'; '.join(judged)}.")
    if known:
        said.append(
            f"Against the {metrics['n_truth']:,} rows whose story is known ({given['truth']}): {'; '.join(known)}."
        )
    return said


def _made(given: dict[str, Any], made: dict[str, Any]) -> list[str]:
    space = "three" if given["n_components"] == 3 else "two"
    seed = "no seed" if given["seed"] is None else f"the seed {given['seed']}"
    versions = ", ".join(f"{name} {made['versions'][name]}" for name in _NAMED if name in made["versions"])
    commit = f" (commit {made['commit']})" if made.get("commit") else ""
    return [
        f"The map was drawn by UMAP [@mcinnes2018] in {space} dimensions with n_neighbors = {given['n_neighbors']}, "
        f"min_dist = {given['min_dist']:g} and {seed}; nothing else is random, and stories do not depend on "
        "the order of the rows.",
        f"The run used {versions}{commit} and Python {made['Python']} on {made['platform']}, {made['finished'][:10]}.",
    ]


def _tables(run: StoredRun) -> dict[str, pd.DataFrame]:
    given, made, metrics = run.record.parameters, run.record.provenance, run.record.metrics
    chosen = made.get("chosen", ())
    parameters = [(name, str(value), "chosen from the data" * (name in chosen)) for name, value in given.items()]
    figures = [(name, FIGURES[name][0], metrics[name]) for name in FIGURES if metrics.get(name) is not None]
    return {
        "parameters": pd.DataFrame(parameters, columns=["parameter", "value", "how"]),
        "metrics": pd.DataFrame(figures, columns=["name", "meaning", "value"]),
        "versions": pd.DataFrame(made["versions"].items(), columns=["package", "version"]),
        "quotes": quotes(run),
    }


def quotes(run: StoredRun) -> pd.DataFrame:
    """The earliest headlines of each story, `QUOTED` from different publishers, the largest story first."""
    points = run.points[run.points["cluster"] >= 0]
    told = run.table[["size", "title"]].sort_values("size", ascending=False, kind="stable").reset_index()
    found = pd.DataFrame(
        {
            "place": pd.Index(told["cluster"]).get_indexer(points["cluster"]),
            "story": points["cluster"],
            "title of the story": points["cluster"].map(told.set_index("cluster")["title"].map(plain)),
            "headline": points["title"].map(plain),
            "publisher": points["publisher"].map(plain),
            "day": points["published_at"].str[:10],
            "address": points["url"].map(web_address),
            "time": points["published_at"].replace("", "~"),  # undated last
        }
    ).sort_values(["place", "time"], kind="stable")
    found = found[(found["publisher"] == "") | ~found.duplicated(["story", "publisher"])]
    found = found.groupby("story", sort=False).head(QUOTED).drop(columns=["place", "time"]).reset_index(drop=True)
    found["citation"] = [
        ", ".join(filter(None, (f"“{row.headline}”", row.publisher, row.day, row.address)))
        for row in found.itertuples()
    ]
    return found
