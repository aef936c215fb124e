"""Run the notebook over a grid of parameters: every stage once, every run resumable, failures reported."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from . import cache
from .errors import NewsclustError
from .parameters import Parameters, make_parameters
from .paths import find_input, find_output
from .results import PACKAGES, write_whole

#: More runs than this are more likely a slip than a wish.
MAX_RUNS = 500
NOTEBOOK = "notebooks/cluster.ipynb"
COMPARISON = "notebooks/compare.ipynb"


@dataclass(frozen=True)
class PlannedRun:
    """One run of a grid: its readable name, its folder, and its parameters."""

    name: str
    folder: Path
    parameters: Parameters

    @property
    def report(self) -> Path:
        return self.folder / "report.html"


@dataclass(frozen=True)
class Plan:
    """What a parameter file asks for.

    Attributes
    ----------
    name : str
        The file's name without its ending: results go to ``reports/<name>/``.
    varied : list of str
        The parameters in which the runs differ, in the file's order. Empty for a single run.
    runs : list of PlannedRun
    """

    name: str
    varied: list[str]
    runs: list[PlannedRun]

    @property
    def folder(self) -> Path:
        return find_output(f"reports/{self.name}")

    @property
    def page(self) -> Path:
        """Where to look first: the single run's report, or the index of the grid."""
        return self.folder / "index.html" if self.varied else find_output(f"reports/{self.name}.html")


def read_plan(path: str | Path) -> Plan:
    """Read and check a parameter file.

    The file is YAML with up to three parts: ``fixed`` (parameters of every run), and either ``grid`` (lists, all
    combinations of which are run) or ``rows`` (one mapping of parameters per run).

    Raises
    ------
    NewsclustError
        With the line of the first mistake; nothing has run by then.
    """
    path = find_input(path)
    if not path.is_file():
        raise NewsclustError(f"there is no parameter file {path}; params/ holds the ones that come with newsclust.")
    try:
        document = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise NewsclustError(f"{path.name}{line}: this is not YAML ({getattr(error, 'problem', error)}).") from None
    parts = _mapping(path, document, "the file")
    lines = {name: node.start_mark.line + 1 for name, node in parts.items()}
    for name in parts.keys() - {"fixed", "grid", "rows"}:
        raise NewsclustError(
            f"{path.name}, line {lines[name]}: {name!r} is not known here; parameters go under fixed, grid or rows."
        )
    if {"grid", "rows"} <= parts.keys():
        raise NewsclustError(f"{path.name}, line {lines['rows']}: give either grid or rows, not both.")
    fixed = _mapping(path, parts.get("fixed"), "fixed")
    combinations = list(_combinations(path, parts))
    if not combinations:
        raise NewsclustError(f"{path.name}: the grid is empty; give each parameter at least one value.")
    if len(combinations) > MAX_RUNS:
        raise NewsclustError(
            f"{path.name}: this grid has {len(combinations):,} runs, more than {MAX_RUNS}; shorten a list."
        )
    varied = list(dict.fromkeys(name for row in combinations for name in row))
    if len(combinations) > 1 or parts.keys() & {"grid", "rows"}:
        _refuse_output(path, {**fixed, **{name: row[name] for row in combinations for name in row}})
    folder = find_output(f"reports/{path.stem}")
    runs: dict[str, PlannedRun] = {}
    for row in combinations:
        name = _readable({name: _value(node) for name, node in row.items()})
        here = folder / name if varied else folder
        if here.name in runs:
            raise NewsclustError(f"{path.name}, line {_line(row)}: the run {name!r} is asked for twice.")
        runs[here.name] = PlannedRun(here.name, here, _parameters(path, fixed, row, here))
    return Plan(path.stem, varied, list(runs.values()))


def run_plan(plan: Plan, jobs: int = 1, say: Callable[[str], None] = print) -> int:
    """Execute what is not finished yet, and render reports and the index.

    Parameters
    ----------
    plan : Plan
    jobs : int
        Runs side by side.
    say : callable
        Takes one line for the user.

    Returns
    -------
    int
        How many runs failed. Their notebooks and messages are kept, and the same plan tries them again.
    """
    from tqdm.auto import tqdm

    plan.folder.mkdir(parents=True, exist_ok=True)
    notebook = _notebook(NOTEBOOK)
    made_by = cache.fingerprint(_source(notebook), _versions())
    marks = {run.name: cache.fingerprint(made_by, run.parameters.model_dump(), _data_mark(run)) for run in plan.runs}
    todo = [run for run in plan.runs if not _is_done(run, marks[run.name])]
    if len(todo) < len(plan.runs):
        say(f"{len(plan.runs) - len(todo)} of {len(plan.runs)} runs are finished already.")
    if todo:
        log = (plan.folder / "log.txt").open("a", encoding="utf-8")
        with log, tqdm(total=len(todo), desc=f"Running {plan.name}", unit="run") as bar:
            if plan.varied:
                _prepare(todo, lambda line: print(line, file=log, flush=True))
            for run, seconds, message in _execute_all(todo, notebook, marks, jobs):
                bar.update()
                print(f"run {run.name}: {message or 'ok'}, {seconds:.1f} s; {_stages(run)}", file=log, flush=True)
                if message:
                    bar.write(f"Failed: {run.name}: {message} See {_short(run.folder / 'run.ipynb')}.")
    record = {"name": plan.name, "varied": plan.varied, "runs": [run.name for run in plan.runs]}
    write_whole(plan.folder / "grid.json", json.dumps(record, indent=2) + "\n")
    results = [json.loads((run.folder / "run.json").read_text()) for run in plan.runs]
    if plan.varied:
        _compare(plan)
    else:
        shutil.copyfile(plan.runs[0].report, plan.page)
    return sum(result["status"] != "ok" for result in results)


# --- reading a parameter file


def _mapping(path: Path, node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise NewsclustError(
            f"{path.name}, line {node.start_mark.line + 1}: {what} should be a list of name: value pairs."
        )
    return {key.value: value for key, value in node.value}


def _combinations(path: Path, parts: dict[str, yaml.Node]) -> Iterator[dict[str, yaml.Node]]:
    if "rows" in parts:
        rows = parts["rows"]
        if not isinstance(rows, yaml.SequenceNode):
            raise NewsclustError(
                f"{path.name}, line {rows.start_mark.line + 1}: rows should be a list, one '- name: value' per run."
            )
        for row in rows.value:
            yield _mapping(path, row, "a row")
        return
    lists = _mapping(path, parts.get("grid"), "grid")
    for name, node in lists.items():
        if not isinstance(node, yaml.SequenceNode):
            raise NewsclustError(
                f"{path.name}, line {node.start_mark.line + 1}: {name} should be a list such as [3, 5]; "
                "a single value goes under fixed."
            )
    for values in itertools.product(*(node.value for node in lists.values())):
        yield dict(zip(lists, values, strict=True))


def _parameters(path: Path, fixed: dict[str, yaml.Node], row: dict[str, yaml.Node], folder: Path) -> Parameters:
    nodes = {**fixed, **row}
    values = {name: _value(node) for name, node in nodes.items()}
    try:
        return make_parameters({**values, "output": os.path.relpath(folder, find_output("."))})
    except NewsclustError as error:
        # The sentence begins with, or quotes, the parameter it is about.
        about = [node for name, node in nodes.items() if re.search(rf"\b{re.escape(name)}\b", str(error))]
        line = min((node.start_mark.line + 1 for node in about), default=1)
        raise NewsclustError(f"{path.name}, line {line}: {error}") from None


def _refuse_output(path: Path, nodes: dict[str, yaml.Node]) -> None:
    if "output" in nodes:
        line = nodes["output"].start_mark.line + 1
        raise NewsclustError(f"{path.name}, line {line}: output is chosen by newsclust: reports/{path.stem}/<run>/.")


def _value(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node))


def _line(row: dict[str, yaml.Node]) -> int:
    return min(node.start_mark.line for node in row.values()) + 1 if row else 1


def _readable(values: dict[str, Any]) -> str:
    """A folder's name that says which run it is, e.g. ``min_samples=3,k=50``."""
    said = ",".join(f"{name}={value}" for name, value in values.items())
    plain = re.sub(r"[^\w=,.+-]+", "-", said)
    return plain if plain == said and len(plain) <= 120 else f"{plain[:100]}-{cache.fingerprint(said)[:6]}"


# --- what a finished run depends on


def _notebook(name: str) -> Path:
    path = find_input(name)
    if not path.is_file():
        raise NewsclustError(f"there is no {name} here; run newsclust from the top folder of the project.")
    return path


def _source(notebook: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]]


def _versions() -> dict[str, str]:
    package = Path(__file__).parent
    own = [path.read_bytes() for path in sorted(package.rglob("*")) if path.suffix in {".py", ".j2", ".css", ".js"}]
    return {name: version(name) for name in PACKAGES.split()} | {"source": cache.fingerprint(*own)}


def _data_mark(run: PlannedRun) -> str:
    path = find_input(run.parameters.data)
    return cache.fingerprint(path.read_bytes()) if path.is_file() else run.parameters.data


def _is_done(run: PlannedRun, mark: str) -> bool:
    try:
        record = json.loads((run.folder / "run.json").read_text())
    except (OSError, ValueError):
        return False
    return record["status"] == "ok" and record["fingerprint"] == mark and run.report.exists()


# --- executing


def _prepare(runs: list[PlannedRun], log: Callable[[str], None]) -> None:
    """Embed, search and lay out once for the whole grid, so that the runs only read.

    A mistake here is left to the run it belongs to, which reports it.
    """
    from .corpus import read_corpus
    from .layout import lay_out
    from .neighbors import find_neighbors
    from .stages import ledger

    def note(what: str) -> None:
        entry = ledger[what]
        log(f"prepare {what}: {'computed' if entry.computed else 'read'}, {entry.seconds:.1f} s")

    groups: dict[str, list[Parameters]] = {}
    for run in runs:
        p = run.parameters
        same = [p.data, p.model, p.uri, p.collection, p.search, p.index, p.index_params, p.search_params]
        groups.setdefault(cache.fingerprint(same), []).append(p)
    for group in groups.values():
        try:
            corpus, store = read_corpus(group[0].data), group[0].store
            embeddings = store.embed(corpus.documents)
            note("embed")
            most = max(max(p.k, p.n_neighbors) for p in group)
            neighbors = find_neighbors(embeddings, most, group[0].search, store)
            note("search")
            seeded = {(p.n_components, p.n_neighbors, p.min_dist, p.seed) for p in group if p.seed is not None}
            for layout in sorted(seeded):
                lay_out(embeddings, neighbors, *layout)
                note("layout")
        except NewsclustError as error:
            log(f"prepare: {error}")


def _execute_all(
    runs: list[PlannedRun], notebook: Path, marks: dict[str, str], jobs: int
) -> Iterator[tuple[PlannedRun, float, str]]:
    pool = ThreadPoolExecutor(max_workers=jobs)
    pending: dict[Future, PlannedRun] = {
        pool.submit(_execute, run, notebook, marks[run.name]): run for run in runs
    }
    try:
        for future in as_completed(pending):
            yield pending[future], *future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _execute(run: PlannedRun, notebook: Path, mark: str) -> tuple[float, str]:
    """Run the notebook, render its report, and only then write ``run.json``, which says that all is there."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from .report import render_report

    start = time.perf_counter()
    run.folder.mkdir(parents=True, exist_ok=True)
    stamp, executed, part = run.folder / "run.json", run.folder / "run.ipynb", run.folder / ".part.ipynb"
    stamp.unlink(missing_ok=True)
    message = ""
    try:
        papermill.execute_notebook(
            str(notebook), str(part), parameters=run.parameters.model_dump(), progress_bar=False, log_output=False
        )
    except PapermillExecutionError as error:
        message = f"{error.ename}: {error.evalue}"
    os.replace(part, executed)
    if message:
        for stale in ("clusters.csv", "metrics.json", "provenance.json"):
            (run.folder / stale).unlink(missing_ok=True)
    render_report(executed, run.report, title=run.name)
    seconds = time.perf_counter() - start
    record = {
        "name": run.name,
        "status": "failed" if message else "ok",
        "message": message,
        "seconds": round(seconds, 2),
        "parameters": run.parameters.model_dump(),
        "fingerprint": mark,
    }
    write_whole(stamp, json.dumps(record, indent=2) + "\n")
    return seconds, message


def _stages(run: PlannedRun) -> str:
    try:
        stages = json.loads((run.folder / "provenance.json").read_text())["provenance"]["stages"]
    except (OSError, KeyError):
        return "no stage finished"
    return ", ".join(f"{name} {'computed' if stage['computed'] else 'read'}" for name, stage in stages.items())


def _compare(plan: Plan) -> None:
    import papermill

    from .report import render_report

    notebook, part = _notebook(COMPARISON), plan.folder / ".compare.part.ipynb"
    parameters = {"grid": os.path.relpath(plan.folder, find_output("."))}
    papermill.execute_notebook(str(notebook), str(part), parameters=parameters, progress_bar=False, log_output=False)
    executed = plan.folder / "compare.ipynb"
    os.replace(part, executed)
    render_report(executed, plan.page, title=f"{plan.name}: {len(plan.runs)} runs compared")


def _short(path: Path) -> str:
    return os.path.relpath(path, Path.cwd())
