"""New headlines and yesterday's stories, measured on known stories: ``python benchmarks/newcomers.py``.

The table goes to ``benchmarks/newcomers.md``. Missing sets are left out, as in ``benchmarks/evaluate.py``.
"""

from __future__ import annotations

import warnings
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from evaluate import SETS, TOP

from newsclust.arrivals.calibration import reliability
from newsclust.arrivals.newcomers import Newcomers, assign_newcomers
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.grid.labelled import group, read_parameters, story_labels
from newsclust.pipeline import Vectors
from newsclust.run.parameters import Parameters
from newsclust.run.record import Record
from newsclust.run.stored import StoredRun
from newsclust.stories.evaluation import agreement
from newsclust.stories.identity import keep_identity
from newsclust.vectors.embedding import load_embedder
from newsclust.vectors.store import Embeddings, Store

FOLDS = 5
DAYS = 7
#: Stories with at least this many headlines are held out whole.
WHOLE = 20
GIVEN = read_parameters(TOP / "params" / "stories.yaml")
INTRODUCTION = """# New headlines

`python benchmarks/newcomers.py` measures this, with `params/stories.yaml` and MiniLM's vectors. *Right by the truth*:
most headlines of the predicted story have the same known story; *by a run over all*: the same, with the stories of a
run over all headlines as the truth. The two differ if a run merges known stories, as on ECB+, whose stories come in
pairs of one kind: newcomers can't separate stories that the run has merged. In a day's file, *split off* and *merged*
count all headlines whose number changed because their story did so; often the cause is that settings are chosen again
each day.
"""


def in_memory(documents: pd.DataFrame, embeddings: Embeddings) -> Vectors:
    """Vectors of documents, as the pipeline's steps take them."""
    return Vectors(SimpleNamespace(documents=documents), embeddings, None, {})


class Labelled:
    """A labelled set, and parts of it as runs and as new files."""

    def __init__(self, source: object):
        corpus = read_corpus(str(source), "story")
        self.embeddings = Store("milvus.db").embed(corpus.documents)
        self.documents = corpus.documents
        known = dict(zip(corpus.row_ids.dropna()[::-1], corpus.truth[corpus.row_ids.notna()][::-1], strict=True))
        self.truth = np.array([known[id] for id in self.documents["id"]], dtype=object)

    def part(self, rows: np.ndarray) -> tuple[pd.DataFrame, Embeddings]:
        documents = self.documents[rows].reset_index(drop=True)
        ids = documents["id"].to_numpy(np.int64)
        fingerprint = f"{hash(ids.tobytes())}"
        return documents, Embeddings(
            ids, self.embeddings.vectors[rows], load_embedder("minilm"), 0, fingerprint, "memory", {}
        )

    def run(self, rows: np.ndarray, given: Parameters = GIVEN) -> StoredRun:
        """The run of some of the documents, as if it had been read back."""
        documents, embeddings = self.part(rows)
        clusters = group(in_memory(documents, embeddings), given)
        made_by, labels = clusters.settings, story_labels(clusters, given)
        chosen = {"min_samples": made_by.min_samples, "min_cluster_size": made_by.min_cluster_size}
        parameters = Parameters(**(given.model_dump() | chosen))
        points = documents.assign(cluster=labels, x=0.0, y=0.0)
        points["probability"] = clusters.probabilities
        sizes = np.bincount(labels[labels >= 0])
        table = pd.DataFrame({"size": sizes, "title": ""}).rename_axis("cluster")
        run = StoredRun(Path("memory"), Record(parameters.model_dump(), {}, {}), points, table)
        run.__dict__["_recalled"] = (embeddings, documents["text"].to_numpy(object))
        return run

    def assign(self, run: StoredRun, rows: np.ndarray) -> Newcomers:
        documents, embeddings = self.part(rows)
        corpus = SimpleNamespace(
            documents=documents, n_documents=len(documents), source="memory", parameters={"data": "", "columns": {}}
        )
        return assign_newcomers(run, corpus, embeddings)


def fifths(labelled: Labelled, full: np.ndarray) -> tuple[dict[str, str], pd.DataFrame]:
    """Assign each fifth to the run of the others; each headline's prediction, and whether it was right."""
    truth, fold = labelled.truth, np.random.default_rng(0).permutation(len(full)) % FOLDS
    scores, said = [], []
    for place in range(FOLDS):
        new, old = fold == place, fold != place
        run = labelled.run(old)
        found = labelled.assign(run, new)
        scores.append([agreement(labels, truth[new])["ami"] for labels in (full[new], found.labels)])
        labels = np.concatenate([run.labels, np.where(found.is_emerging, found.labels, -1)])
        right = {}
        for name, known in {"truth": truth, "run over all": full}.items():
            of_all = pd.Series(np.concatenate([known[old], known[new]])).astype(str)
            most = of_all[labels >= 0].groupby(labels[labels >= 0]).agg(lambda part: part.value_counts().index[0])
            own, nowhere = known[new].astype(str), ("one-off", "", "-1")
            is_there = np.isin(own, most[most.index < run.next_number]) & ~np.isin(own, nowhere)
            right[name] = np.where(found.labels >= 0, most.reindex(found.labels).to_numpy() == own, ~is_there)
        said.append(pd.DataFrame({"said": found.probability, **right}))
    both, told = np.array(scores), pd.concat(said, ignore_index=True)
    return {
        "AMI of the fifth, all clustered": f"{both[:, 0].mean():.3f}",
        "assigned": f"{both[:, 1].mean():.3f}",
        "difference, fifth by fifth": ", ".join(f"{b - a:+.3f}" for a, b in both),
        "said, mean": f"{told['said'].mean():.3f}",
        "right by the truth": f"{told['truth'].mean():.3f}",
        "right by a run over all": f"{told['run over all'].mean():.3f}",
    }, told


def whole_stories(labelled: Labelled, beside: float) -> dict[str, str]:
    """Every large story held out whole, alone or with a random share of the others."""
    truth, rng = labelled.truth, np.random.default_rng(1)
    sizes = pd.Series(truth).value_counts().drop(["one-off", ""], errors="ignore")
    found_it, others, lost = 0, 0, []
    stories = sizes.index[sizes >= WHOLE]
    for story in stories:
        new = (truth == story) | (rng.random(len(truth)) < beside)
        found = labelled.assign(labelled.run(~new), new)
        held_out = truth[new] == story
        shares = [
            ((found.labels == number) & held_out).sum() / held_out.sum()
            for number in found.emerging.index
            if 2 * ((found.labels == number) & held_out).sum() >= (found.labels == number).sum()
        ]
        found_it += max(shares, default=0) >= 0.5
        others += len(found.emerging) - len(shares)
        lost += [] if max(shares, default=0) >= 0.5 else [int(held_out.sum())]
    return {
        "held out": f"{len(stories)} stories, each with {beside:.0%} of the others"
        if beside
        else f"{len(stories)} stories",
        "found as emerging": f"{found_it} ({found_it / len(stories):.0%})",
        "headlines of those not found": ", ".join(map(str, lost)) or "none",
        "other emerging stories, per file": f"{others / len(stories):.1f}",
    }


def days(labelled: Labelled, settings_stay: bool) -> pd.DataFrame:
    """Runs of a growing file: the first 40 % by date, then a tenth more each day, numbers kept from day to day.

    Settings are chosen again each day, or those of the first day are kept.
    """
    dated = (labelled.documents["published_at"] != "").to_numpy()
    order = np.flatnonzero(dated)[np.argsort(labelled.documents["published_at"][dated], kind="stable")]
    rows, before, free, given = [], None, 0, GIVEN
    for day in range(DAYS):
        there = np.zeros(len(dated), dtype=bool)
        there[order[: round(len(order) * (0.4 + 0.6 * day / (DAYS - 1)))]] = True
        run = labelled.run(there, given)
        given = run.parameters if settings_stay else GIVEN
        hdbscan = cluster(run.neighbors.head(run.parameters.k), **run.clustering).labels
        earlier = before if before is not None else pd.Series(dtype=int)
        identity = keep_identity(earlier, run.ids, hdbscan, free)
        number, free = np.append(identity.numbers, -1), identity.next_number
        now = pd.Series(number[run.labels], index=run.ids)
        if before is not None:
            both = pd.DataFrame({"before": before, "now": now}).dropna().astype(int)
            both = both[both["before"] >= 0]
            what = identity.changes.set_index("story")["what"]
            gone = both[both["now"] != both["before"]]
            why = np.where(gone["now"] < 0, "to no story", what.reindex(gone["now"]).fillna("").to_numpy())
            why = np.where((why == "continues") & (what.reindex(gone["before"]) == "merged"), "merged", why)
            why = pd.Series(np.where(why == "continues", "moved to a story that continues", why)).value_counts()
            rows.append(
                {
                    "day": str(day + 1),
                    "headlines": f"{there.sum():,}",
                    "settings": f"{run.parameters.min_samples} / {run.parameters.min_cluster_size}",
                    "stories": f"{hdbscan.max() + 1:,}",
                    "keep their story's number": f"{(both['now'] == both['before']).mean():.1%}",
                    "the others": ", ".join(f"{n} {name}" for name, n in why.items()) or "none",
                }
            )
        before = now
    return pd.DataFrame(rows)


def main() -> None:
    warnings.simplefilter("ignore")
    rows, curves, parts = [], [], [INTRODUCTION]
    sets = {name: source for name, source in SETS.items() if not isinstance(source, Path) or source.is_file()}
    labelled = {name: Labelled(source) for name, source in sets.items()}
    for name, known in labelled.items():
        full = story_labels(group(in_memory(known.documents, known.embeddings), GIVEN), GIVEN)
        row, told = fifths(known, full)
        rows.append({"data": name, **row})
        print(rows[-1], flush=True)
        for against in ("truth", "run over all"):
            curve = reliability(told["said"].to_numpy(), told[against].to_numpy())
            cells = {
                f"{r['from']:g} to {r['to']:g}": f"{r.said:.2f} → {r.right:.2f} ({r.documents:.0f})"
                for _, r in curve.iterrows()
            }
            curves.append({"data": name, "right by": against, **cells})
    parts += ["## A fifth held out, five times\n", markdown(pd.DataFrame(rows))]
    parts += ["## The calibration curve: said → right (headlines)\n", markdown(pd.DataFrame(curves).fillna("–"))]
    print(parts[-1], flush=True)
    if "stories_2014" in labelled:
        whole = pd.DataFrame([whole_stories(labelled["stories_2014"], beside) for beside in (0, 0.2)])
        parts += [f"## stories_2014: stories of {WHOLE} headlines or more, held out whole\n", markdown(whole)]
        print(parts[-1], flush=True)
    for name in [name for name in ("Giveme5W1H", "stories_2014") if name in labelled]:
        for stay in (False, True):
            how = "the settings of the first day" if stay else "settings chosen each day"
            parts += [f"## {name}: seven days of a growing file, {how}\n", markdown(days(labelled[name], stay))]
            print(parts[-2], parts[-1], flush=True)
    parts.append(f"Measured {date.today()}.")
    (TOP / "benchmarks" / "newcomers.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


def markdown(frame: pd.DataFrame) -> str:
    lines = [frame.columns, [":--"] * frame.shape[1], *frame.astype(str).to_numpy()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
