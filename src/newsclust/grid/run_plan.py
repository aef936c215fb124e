"""Carry out a plan: every stage once, every run resumable, failures reported."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from ..corpus.documents import MILVUS, kept_downloads, shown
from ..corpus.look import try_data
from ..errors import ParameterError, RunError
from ..paths import read_json, short, write_whole
from ..run.preflight import BESIDE, check_replaceable
from ..run.record import RESULTS, written
from ..wording import count
from .execute import execute, find_notebook, kept_kernels, load_papermill
from .freshness import fetched, fingerprints, is_fresh
from .pages import NOTEBOOK_PAGE, make_pages, render_failure, render_page
from .plan import Plan, PlannedRun

#: Runs that have these in common find the same vectors and the same neighbours.
_SHARED = "data columns filter model precision uri collection search index index_params search_params".split()


def run_plan(plan: Plan, jobs: int = 1, say: Callable[[str], None] = print) -> int:
    """Execute what is not finished yet, and render reports and the index.

    Parameters
    ----------
    plan : Plan
    jobs : int
        How many runs at a time.
    say : callable
        Called with each line for the user.

    Returns
    -------
    int
        How many runs failed. Their notebooks and messages are kept, and the same plan tries them again.

    Raises
    ------
    RunError
        If another process is at work on the same plan, its folder can't be written, or the runs cannot be compared.
    ParameterError
        If a file that newsclust did not make would be written over.
    """
    with alone(plan.folder):
        current = fingerprints(plan)
        todo = [run for run in plan.runs if not is_fresh(run, current[run.name])]
        if len(todo) < len(plan.runs):
            say(f"Finished already: {len(plan.runs) - len(todo)} of {count(len(plan.runs), 'run')}.")
        finished = (run.parameters.data for run in plan.runs if run not in todo)
        for file in sorted({file for data in finished for file in kept_downloads(data)}):
            say(
                f"It read what was fetched on {datetime.fromtimestamp(file.stat().st_mtime, UTC):%Y-%m-%d}: "
                f"delete {short(file)} to fetch it again."
            )
        if plan.page.exists() and not (plan.folder / "log.txt").exists():
            raise ParameterError(
                f"{short(plan.page)} was not made by newsclust and would be written over: move it elsewhere, or give "
                f"{plan.name} another name."
            )
        made_here = (plan.folder / "log.txt").exists()
        for run in todo:
            with suppress(ParameterError) if made_here else nullcontext():  # a notice if the data differ
                check_replaceable(run.folder, shown(run.parameters.data))
        if plan.varied:  # one check for what would fail in each run
            asked = {json.dumps([run.parameters.data, run.parameters.columns]): run.parameters for run in todo}
            for one in asked.values():
                if one.data != MILVUS:
                    try_data(one.data, one.columns)
        if todo:
            _run_all(plan, todo, current, jobs, say)
        make_pages(plan, say)
        return sum(run.stamp.get("status") != "ok" for run in plan.runs)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make `folder` and keep every other newsclust out of it.

    Raises
    ------
    RunError
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", mode=0o666)  # as far as the umask lets a group share it
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"another newsclust is at work on {short(folder)}: wait until it is done, or stop it.") from None
    except OSError as error:
        raise RunError(
            f"{short(folder)} can't be written ({error.strerror}): check its permissions, or run newsclust in a folder "
            "of your own, where reports/ is made."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _run_all(
    plan: Plan, todo: list[PlannedRun], current: dict[str, str], jobs: int, say: Callable[[str], None]
) -> None:
    from tqdm.auto import tqdm

    # All runs execute this copy, whatever is saved in JupyterLab meanwhile.
    notebook = plan.folder / ".notebook.ipynb"
    shutil.copyfile(find_notebook("cluster"), notebook)
    for stale in (plan.page, plan.folder / "grid.json"):  # they would show runs that no longer exist
        stale.unlink(missing_ok=True)
    load_papermill()
    first, others = _in_order(todo)
    with (plan.folder / "log.txt").open("a", encoding="utf-8") as log, kept_kernels() as kernels:

        def note(line: str) -> None:
            print(line, file=log, flush=True)

        def tell(run: PlannedRun, write: Callable[..., None]) -> None:
            stamp = run.stamp
            message = stamp["message"]
            note(f"run {run.name}: {message or 'ok'}, {stamp['seconds']:.1f} s; {_stages(run)}")
            if message:
                write(f"Failed: {run.name}: {message} See {short(run.folder / 'run.ipynb')}.", file=sys.stderr)

        note(f"{datetime.now():%Y-%m-%d %H:%M:%S} {len(todo)} of {len(plan.runs)} runs to do, {jobs} at a time")
        for run in first:
            if plan.varied:
                say(f"First {run.name}, which embeds and searches for the others.")
            for done in _finish_all([run], notebook, current, kernels, show_bars=True):
                tell(done, print)
        # The mean over all runs: with several at a time the latest ones are a poor estimate of the time left.
        bar = {"total": len(todo), "initial": len(first), "desc": f"Running {plan.name}", "unit": "run", "smoothing": 0}
        with tqdm(**bar, disable=None if plan.varied else True) as progress:
            for done in _finish_all(others, notebook, current, kernels, jobs, refresh=progress.refresh):
                tell(done, progress.write)
                progress.update()


def _in_order(runs: list[PlannedRun]) -> tuple[list[PlannedRun], list[PlannedRun]]:
    """The runs that go first, alone, and fill the cache with vectors and neighbours; and the others."""
    groups: dict[str, list[PlannedRun]] = {}
    for run in runs:
        values = run.parameters.model_dump()
        shared = json.dumps({name: values.get(name) for name in _SHARED}, sort_keys=True)
        groups.setdefault(shared, []).append(run)
    only = len(runs) == 1
    first = [
        max(group, key=lambda run: max(run.parameters.k, run.parameters.n_neighbors))
        for group in groups.values()
        if only or len(group) > 1
    ]
    return first, [run for run in runs if run not in first]


def _finish_all(
    runs: list[PlannedRun],
    notebook: Path,
    current: dict[str, str],
    kernels: list[Any],
    jobs: int = 1,
    show_bars: bool = False,
    refresh: Callable[[], Any] = lambda: None,
) -> Iterator[PlannedRun]:
    pool = ThreadPoolExecutor(max_workers=jobs)
    pending: dict[Future, PlannedRun] = {
        pool.submit(_finish, run, notebook, current[run.name], show_bars, kernels): run for run in runs
    }
    try:
        while pending:
            done, _ = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
            if sys.stderr.isatty():
                refresh()  # the time that has passed, and what is left
            for future in done:
                future.result()
                yield pending.pop(future)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finish(run: PlannedRun, notebook: Path, current: str, show_bars: bool, kernels: list[Any]) -> None:
    """Run the notebook, render its report, and only then write ``run.json``, which marks the run as complete."""
    start = time.perf_counter()
    run.folder.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "run.ipynb", NOTEBOOK_PAGE, *BESIDE, *reversed(RESULTS)):
        (run.folder / name).unlink(missing_ok=True)
    for part in run.folder.glob(".*part*"):  # of a run that was killed
        part.unlink(missing_ok=True)
    executed = run.folder / "run.ipynb"
    Thread(target=import_module, args=["nbconvert"], daemon=True).start()  # three seconds, while the notebook runs
    message = execute(notebook, executed, run.parameters.model_dump(), show_bars, kernels)
    if not message and (lost := [name for name in RESULTS if not (run.folder / name).exists()]):
        message = f"The notebook left no {lost[0]}: does it still call finish?"
    if message:
        for name in (*BESIDE, *RESULTS):
            (run.folder / name).unlink(missing_ok=True)
    try:
        if not message:
            render_page(run.folder)
    except Exception as error:
        message = f"The report could not be rendered ({type(error).__name__}: {error})."
    if message:
        render_failure(run.folder, message)
    stamp = {
        "name": run.name,
        "status": "failed" if message else "ok",
        "message": message,
        "seconds": round(time.perf_counter() - start, 2),
        "parameters": run.parameters.model_dump(),
        "fingerprint": current + fetched(run.parameters.data),  # what it fetched is kept by now
    }
    write_whole(run.folder / "run.json", json.dumps(stamp, indent=2) + "\n")


def _stages(run: PlannedRun) -> str:
    stages = read_json(run.folder / "provenance.json").get("provenance", {}).get("stages")
    if not stages:
        return "no stage finished"
    return ", ".join(f"{name} {'computed' if stage['computed'] else 'read'}" for name, stage in stages.items())


def said_after(plan: Plan, seconds: float) -> str:
    """The command's last lines about the runs of a plan."""
    failed = [run.name for run in plan.runs if run.stamp.get("status") != "ok"]
    if plan.varied:
        return (
            f"{count(len(plan.runs), 'run')}, {len(failed)} failed, in {count(round(seconds), 'second')}. "
            "Open the report in a browser: sort the table, compare the maps, and follow a run's name to its own report."
        )
    folder = plan.runs[0].folder
    if failed:
        return f"The run {outcome(folder)}"
    metrics = read_json(folder / "metrics.json")
    return (
        f"{count(metrics['n_documents'], 'document')} in {count(metrics['n_clusters'], 'story', 'stories')}; "
        f"{_noise(metrics)} of them belong to none (noise). It took {count(round(seconds), 'second')}. Open the "
        "report in a browser: hover over the map to read headlines."
    )


def outcome(folder: Path) -> str:
    """The result of a run: "69 stories, 11.2% noise", or why it failed."""
    stamp, metrics = read_json(folder / "run.json"), read_json(folder / "metrics.json")
    if stamp.get("status") == "ok" and metrics:
        return f"{count(metrics['n_clusters'], 'story', 'stories')}, {_noise(metrics)} noise"
    return f"failed: {stamp['message']}" if stamp.get("message") else "not finished"


def _noise(metrics: dict) -> str:
    return written("noise_fraction", metrics["noise_fraction"])
