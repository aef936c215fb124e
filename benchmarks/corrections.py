"""Do corrections hold, and what do they do to the other headlines? On stories_2014, with the settings of stories.yaml.

20 pairs of one story that the run has in two, and 20 of two that it has in one, are drawn with a seed. For the first
seed they must also hold in other runs: of the shuffled file, of five sixths of it and then of all of it as their
continuation, with other settings, and in an assignment of the last sixth.

    python benchmarks/corrections.py [SEEDS]
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import newsclust as nc
from newsclust.stories.evaluation import agreement

TOP = Path(__file__).parent.parent
DATA = TOP.parent / "shared/data/stories_2014.csv"
GIVEN = yaml.safe_load((TOP / "params/stories.yaml").read_text(encoding="utf-8")) | {"truth": "story"}
EACH = 20


def truth_of(run) -> np.ndarray:
    return run.corpus.known.to_numpy()


def draw(run, seed: int) -> pd.DataFrame:
    """Pairs that the run has wrong, of headlines with unique titles."""
    labels, truth, titles = run.labels, truth_of(run), run.corpus.documents["title"]
    fit = (truth != "") & ~titles.duplicated(keep=False).to_numpy()
    one_story = truth[:, None] == truth
    together = (labels[:, None] == labels) & (labels >= 0)
    rng, found = np.random.default_rng(seed), []
    for kind, wrong in (("same", one_story & ~together), ("apart", ~one_story & together)):
        one, two = np.nonzero(np.triu(wrong & fit & fit[:, None], 1))
        chosen = rng.choice(len(one), EACH, replace=False)
        found += [(kind, titles[a], titles[b]) for a, b in zip(one[chosen], two[chosen], strict=True)]
    return pd.DataFrame(found, columns=["kind", "headline_a", "headline_b"])


def holding(pairs: pd.DataFrame, story: dict[str, int]) -> str:
    held = [
        (story[row.headline_a] == story[row.headline_b] >= 0)
        if row.kind == "same"
        else (story[row.headline_a] != story[row.headline_b] or story[row.headline_a] < 0)
        for row in pairs.itertuples()
        if row.headline_a in story and row.headline_b in story
    ]
    return f"{sum(held)} of {len(held)}"


def story_of(run) -> dict[str, int]:
    return dict(zip(run.corpus.documents["title"], run.labels.tolist(), strict=True))


def by_seed(base, folder: Path, seeds: int) -> None:
    truth, labels = truth_of(base), base.labels
    print("| seed | hold | needed | moved | untouched stories, the same | AMI of the others before | after |")
    print("| --: | --: | --: | --: | --: | --: | --: |")
    for seed in range(seeds):
        pairs = draw(base, seed)
        pairs.to_csv(folder / f"{seed}.csv", index=False)
        named = nc.name(base.clusters, assign_noise=True, corrections=str(folder / f"{seed}.csv"))
        made, now = named.stories.corrected, named.labels
        changed = made.labels != made.before
        touched = {*now[changed], *labels[changed]}
        rest = [story for story in base.stories.table.index if story not in touched]
        same = sum(np.array_equal(now == story, labels == story) for story in rest)
        others = (truth != "") & ~base.corpus.documents["title"].isin({*pairs["headline_a"], *pairs["headline_b"]})
        ami = [agreement(one[others], pd.Series(truth[others]))["ami"] for one in (labels, now)]
        story = dict(zip(base.corpus.documents["title"], now.tolist(), strict=True))
        needed = made.corrections.counts["n_corrections_needed"]
        told = [seed, holding(pairs, story), needed, changed.sum(), f"{same} of {len(rest)}"]
        print("|", " | ".join(map(str, told)), f"| {ami[0]:.4f} | {ami[1]:.4f} |", flush=True)


def in_other_runs(base, folder: Path) -> None:
    rows = pd.read_csv(DATA, dtype=str, keep_default_na=False)
    pairs, file = draw(base, 0), str(folder / "0.csv")
    rng = np.random.default_rng(0)
    first = np.sort(rng.choice(len(rows), len(rows) * 5 // 6, replace=False))
    parts = {"shuffled": rows.sample(frac=1, random_state=0), "first": rows.iloc[first], "rest": rows.drop(index=first)}
    for name, part in parts.items():
        part.to_csv(folder / f"{name}.csv", index=False)
    other = {"min_samples": 2, "min_cluster_size": 4, "words": 0.0, "days": 0.0, "fold_copies": False}
    before = nc.find(str(folder / "first.csv"), **GIVEN, corrections=file, output=str(folder / "first"))
    runs = {
        "the shuffled file": nc.find(str(folder / "shuffled.csv"), **GIVEN, corrections=file),
        "five sixths of it": before,
        "all of it (20 % more), as its continuation": nc.find(str(DATA), **GIVEN, previous=str(folder / "first")),
        "other settings": nc.find(str(DATA), **GIVEN | other, corrections=file),
    }
    for name, run in runs.items():
        print(f"| {name} | {holding(pairs, story_of(run))} |", flush=True)
    run, corpus = nc.read_run(folder / "first"), nc.read(str(folder / "rest.csv"))
    made = nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings)
    held = dict(zip(run.points["title"], made.run_labels.tolist(), strict=True))
    story = held | dict(zip(made.documents["title"], made.labels.tolist(), strict=True))
    print(f"| the last sixth assigned to five sixths | {holding(pairs, story)} |")


if __name__ == "__main__":
    if not DATA.exists():
        sys.exit(f"{DATA} is not there: nothing is measured.")
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made_here:
        base_run = nc.find(str(DATA), **GIVEN)
        by_seed(base_run, Path(made_here), int(sys.argv[1]) if len(sys.argv) > 1 else 8)
        print("\n| run | hold |\n| --- | --: |")
        in_other_runs(base_run, Path(made_here))
