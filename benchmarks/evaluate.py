"""newsclust and its peers on every labelled set that is there: `make evaluate`.

The table goes to ``benchmarks/evaluation.md``. The sample comes with newsclust; the other sets are read from
``../shared/data`` beside the repository; those that are missing are named.
"""

from __future__ import annotations

import platform
import sys
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import newsclust as nc
from newsclust.grid.labelled import NOISE, Evaluation, evaluate, mistakes

TOP = Path(__file__).resolve().parent.parent
SHARED = TOP.parent / "shared" / "data"
SETS = {
    "sample": "sample",
    "Giveme5W1H": SHARED / "giveme5w1h.csv",
    "ECB+": SHARED / "ecbplus.csv",
    "stories_2014": SHARED / "stories_2014.csv",
}
FILES = [TOP / "params" / name for name in ("tutorial.yaml", "stories.yaml")]
STORIES = "newsclust, stories.yaml"
INTRODUCTION = """# newsclust on labelled headlines

`make evaluate` measures this: every method groups the same MiniLM vectors. newsclust uses one parameter file for all
sets; of a peer's settings, the one that agrees best *with the truth* is shown. A headline in no story, by the truth or
by a method, is a group of its own; "grouped" counts all of them as one group instead, as scikit-learn does with labels
of -1. *One-offs*: how many headlines that belong to no story were put into one. Seconds are from vectors to labels, for
a peer the sum over its settings.
"""


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore", FutureWarning)
    parts, chosen = [INTRODUCTION], []
    for name in names or list(SETS):
        source = SETS[name]
        if isinstance(source, Path) and not source.is_file():
            print(f"{name} is left out: there is no {source.name} in {SHARED.name}.")
            continue
        result = evaluate(nc.embed(nc.read(str(source), truth="story")), FILES)
        parts.append(f"## {name}: {len(result.documents):,} documents, {_n_stories(result):,} known stories\n")
        parts.append(f"{NOISE}\n\n{_markdown(_shown(result.table))}")
        chosen.append(_choice(name, result))
        print(parts[-2], parts[-1], sep="\n")
        found = mistakes(result, STORIES)
        print({kind: len(rows) for kind, rows in found.items()}, flush=True)
    parts.insert(
        1, f"## Chosen without truth\n\nAMI of the settings that `auto` chose, and of its whole grid. {NOISE}\n"
    )
    parts.insert(2, _markdown(pd.DataFrame(chosen)))
    parts.append(
        f"Measured {date.today()} on {platform.system()} {platform.machine()}, Python {platform.python_version()}."
    )
    (TOP / "benchmarks" / "evaluation.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


def _choice(name: str, result: Evaluation) -> dict[str, str]:
    settings = result.settings[STORIES]
    curve, best = settings.curve, settings.curve["ami"].max()
    second = curve.iloc[1]
    correlation = curve[["separation", "ami"]].corr(method="spearman").iloc[0, 1]
    others = [method for method in result.table.index if not method.startswith("newsclust")]
    peer = result.table.loc[others, "ami"].max() if others else np.nan
    return {
        "data": name,
        "chosen": f"{settings.min_samples} / {settings.min_cluster_size}",
        "AMI": f"{curve['ami'].iloc[0]:.3f}",
        "best in grid": f"{best:.3f}",
        "share of best": f"{curve['ami'].iloc[0] / best:.1%}",
        "second": f"{second.min_samples:.0f} / {second.min_cluster_size:.0f} ({second.ami:.3f})",
        "rank correlation": f"{correlation:.2f}",
        "best peer": f"{peer:.3f}",
        "seconds": f"{result.table.loc[STORIES, 'seconds']:.1f}",
    }


def _n_stories(result: Evaluation) -> int:
    counts = pd.Series(result.truth).value_counts().drop("", errors="ignore")
    return int((counts > 1).sum() - ("one-off" in counts.index))


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame(
        {"method": table.index, "min_samples / min_cluster_size, or the peer's": table["settings"].values}
    )
    for head, column in {"AMI": "ami", "ARI": "ari", "V": "v_measure", "B³ F1": "b_cubed_f1"}.items():
        shown[head] = [f"{value:.3f}" for value in table[column]]
    shown["grouped AMI / ARI"] = [
        f"{a:.3f} / {b:.3f}" for a, b in zip(table["ami_group"], table["ari_group"], strict=True)
    ]
    shown["noise"] = [f"{value:.1%}" for value in table["noise"]]
    shown["one-offs"] = table["one_offs"].values
    shown["stories"] = [f"{value:,}" for value in table["stories"]]
    shown["seconds"] = [f"{value:.1f}" for value in table["seconds"]]
    return shown


def _markdown(frame: pd.DataFrame) -> str:
    lines = [frame.columns, [":--"] + ["--:"] * (frame.shape[1] - 1), *frame.astype(str).to_numpy()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
