"""Whether the reliability of a story separates pure stories from mixed ones: ``python benchmarks/reliability.py``.

The table goes to ``benchmarks/reliability.md``. Missing sets are left out, as in ``benchmarks/evaluate.py``. `--quick`
leaves out the piles with near-copies, which take most of the time, because their texts have to be embedded.
"""

from __future__ import annotations

import sys
import time
import warnings
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import piles
from evaluate import SETS, TOP
from newcomers import Labelled, in_memory
from sklearn.metrics import roc_auc_score
from tqdm.auto import tqdm

from newsclust.clusters.clustering import cluster
from newsclust.grid.labelled import group, story_labels
from newsclust.stages import stage
from newsclust.stories.evaluation import ONE_OFF
from newsclust.stories.noise import assign_noise, with_copies
from newsclust.stories.reliability import reliability

WHOLE = "the labelled sets"
MIXED = 0.8
BANDS = [0, 0.15, 0.2, 0.25, 0.3, 0.4, 1]
TIMED = 9
INTRODUCTION = """# How far a story can be relied on

`python benchmarks/reliability.py` measures this on the stories that `params/stories.yaml` finds in the labelled sets
and in the piles drawn from them (`benchmarks/piles.py`), those with near-copies of their headlines too
(`benchmarks/copies.py`). A story's *purity* is the share of its headlines that are of its most frequent known story; a
one-off is a known story of its own. A story is *mixed* below a purity of .8.

*Together* is how often a story's pairs stay together when a fifth of the headlines is left out, twenty times. It does
not separate mixed stories from pure ones: two events that HDBSCAN has merged stay merged, and two unrelated headlines
stay a pair. *Reliability* is computed from the same resamplings: how often pairs stay together in the finest clusters
of their trees, times the similarity that three in four of the story's pairs exceed, times p / (p + 1) for p pairs. Its
form was chosen among about a hundred on these same stories, except those of the piles with near-copies, so the area
under its curve (AUC) is somewhat too high; the only fitted number in it is "three in four". On the labelled sets alone,
whose mixed stories are large ones of two events of one kind, it is little better than chance: a story of high
reliability can still be two events that nothing in the texts separates. The same holds where every third headline has
two copies: once the copies are folded, the rest is the labelled set. The piles are drawn from the same headlines, so
their stories are not independent of each other.
"""


def main(quick: bool) -> None:
    warnings.simplefilter("ignore")
    sets = {name: Labelled(source) for name, source in SETS.items() if name == "sample" or source.is_file()}
    if quick:
        piles.COPIES.clear()
    whole = [(WHOLE, name, one.documents, one.embeddings, one.truth) for name, one in sets.items()]
    rows, times = [], []
    for kind, name, documents, embeddings, truth in tqdm([*whole, *piles._piles(sets)], desc="Piles", unit="pile"):
        clusters = group(in_memory(documents, embeddings), piles.GIVEN)
        labels, lists = story_labels(clusters, piles.GIVEN), clusters.links.clustered
        if labels.max(initial=-1) < 0:
            continue
        stories = SimpleNamespace(
            table=pd.DataFrame(index=pd.RangeIndex(labels.max() + 1, name="cluster")),
            labels=labels,
            clustering=clusters.clustering,
            vote=assign_noise(lists.head(piles.GIVEN.k), clusters.labels, piles.GIVEN.least_support),
            assigned=(labels >= 0) & (clusters.labels < 0),
            parameters={"least_support": piles.GIVEN.least_support, "assign_noise": True},
            corrected=None,
        )
        evidence = clusters.links.evidence
        found = reliability(lists, stories, evidence)
        rows.append(found.assign(purity=purity(labels, truth).reindex(found.index), kind=kind, set=name))
        if kind == WHOLE:
            times.append((name, len(documents), *timed(lists, stories, evidence)))
    table = pd.concat(rows).dropna(subset="purity")
    parts = [INTRODUCTION, "## Does it find mixed stories?\n", *_markdown(_areas(table)), "\n## Purity by band\n"]
    parts += [*_markdown(_bands(table)), "\n## What it costs\n", *_markdown(_costs(times))]
    left_out = " Without the piles with near-copies." if quick else ""
    parts.append(f"\nMeasured {date.today()}, in turn, medians of {TIMED}.{left_out}\n")
    (TOP / "benchmarks" / "reliability.md").write_text("\n".join(parts), encoding="utf-8")


def purity(labels: np.ndarray, truth: np.ndarray) -> pd.Series:
    """Per story the share of its most frequent known story; a one-off is one of its own, unknown ones are left out."""
    known = pd.Series(truth).astype(str)
    one_off = known.str.lower().isin(ONE_OFF)
    code = np.where(one_off, len(known) + np.arange(len(known)), pd.factorize(known)[0])
    both = pd.DataFrame({"story": labels, "known": code})[(labels >= 0) & (known != "").to_numpy()]
    return both.value_counts().groupby("story").max() / both.groupby("story").size()


def timed(lists, stories, evidence) -> tuple[float, float]:
    """Processor seconds of one clustering with its vote, and of all resamplings, measured in turn: medians.

    The minimum would favour the shorter one, which more often runs undisturbed.
    """
    once, all_of_them, least = [], [], piles.GIVEN.least_support
    for _ in range(TIMED):
        start = time.process_time()
        head = lists.head(piles.GIVEN.k)
        clustering = with_copies(cluster(head, **stories.clustering.parameters), head, least)
        assign_noise(head, clustering.labels, least)
        middle = time.process_time()
        with stage("reliability"):  # as in a run
            reliability(lists, stories, evidence)
        once.append(middle - start)
        all_of_them.append(time.process_time() - middle)
    return float(np.median(once)), float(np.median(all_of_them))


def _areas(table: pd.DataFrame) -> pd.DataFrame:
    groups = [("all together", table), *table.groupby("kind", sort=False)]
    return pd.DataFrame(
        [
            {
                "stories": name,
                "number": f"{len(part):,}",
                "mixed": int((part["purity"] < MIXED).sum()),
                **{
                    f"AUC of {column}": f"{roc_auc_score(part['purity'] < MIXED, -part[column].fillna(0)):.3f}"
                    if (part["purity"] < MIXED).sum() > 2
                    else "too few"
                    for column in ("reliability", "together")
                },
            }
            for name, part in groups
        ]
    )


def _bands(table: pd.DataFrame) -> pd.DataFrame:
    band = pd.cut(table["reliability"], BANDS, include_lowest=True, right=False)
    rows = []
    for interval, part in table.groupby(band, observed=True):
        whole = part[part["kind"] == WHOLE]["purity"]
        rows.append(
            {
                "reliability": f"{interval.left:g} to {interval.right:g}",
                "stories": f"{len(part):,}",
                "mean purity": f"{part['purity'].mean():.3f}",
                "mixed": f"{(part['purity'] < MIXED).mean():.1%}",
                "of the labelled sets alone": f"{whole.mean():.3f} ({len(whole)})",
            }
        )
    return pd.DataFrame(rows)


def _costs(times: list[tuple[str, int, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "set": name,
                "documents": f"{n:,}",
                "one clustering (ms)": f"{1000 * once:.0f}",
                "twenty resamplings (ms)": f"{1000 * every:.0f}",
                "times one": f"{every / once:.1f}",
            }
            for name, n, once, every in times
        ]
    )


def _markdown(table: pd.DataFrame) -> list[str]:
    align = [":--"] + ["--:"] * (table.shape[1] - 1)
    return [f"| {' | '.join(map(str, line))} |" for line in (table.columns, align, *table.to_numpy())]


if __name__ == "__main__":
    main("--quick" in sys.argv)
