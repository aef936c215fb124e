"""Run the notebook over a grid of parameters: every stage once, every run resumable, failures reported."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..cache import fingerprint
from ..errors import NewsclustError
from ..paths import find_input, find_output, short, write_whole
from ..run.parameters import Parameters
from ..run.record import PACKAGES, RESULTS
from ..vectors.embedding import load_embedder
from .plan import Plan, PlannedRun

NOTEBOOK = "notebooks/cluster.ipynb"
COMPARISON = "notebooks/compare.ipynb"
#: The package's modules that turn runs into pages: no run depends on them.
_OF_PAGES = ("cli.py", "compare", "grid", "__main__.py")
# Neither is of use in a kernel that nobody looks at, and both cost time at its start: where JupyterLab is installed,
# plotly -> nbformat -> jsonschema -> rfc3987_syntax compiles a grammar of web addresses for a second or two, and
# tqdm -> ipywidgets draws bars that only a browser shows.
_UNUSED = ("rfc3987_syntax", "ipywidgets")
_KERNEL_ARGUMENTS = [
    "--IPKernelApp.log_level=CRITICAL",  # its warnings would tear the progress bar
    f"--IPKernelApp.exec_lines=__import__('sys').modules.update(dict.fromkeys({_UNUSED})); "
    "__import__('warnings').filterwarnings('ignore', 'IProgress')",  # tqdm missing ipywidgets
]


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

    Raises
    ------
    NewsclustError
        If another process is at work on the same plan, or the runs cannot be compared.
    """
    with alone(plan.folder):
        marks = _marks(plan)
        todo = [run for run in plan.runs if not _is_done(run, marks[run.name])]
        if len(todo) < len(plan.runs):
            say(f"{len(plan.runs) - len(todo)} of {len(plan.runs)} runs are finished already.")
        if todo:
            _run_all(plan, todo, marks, jobs)
        _render_stale(plan)
        if plan.varied:
            _compare(plan, say)
        else:
            shutil.copyfile(plan.runs[0].report, plan.page)
        return sum(_record(run.folder).get("status") != "ok" for run in plan.runs)


def render_page(notebook: Path) -> Path:
    """Render an executed notebook: a run's report, a grid's index, or any other beside the notebook.

    Returns
    -------
    Path
        The HTML file.
    """
    from ..report.page import render_report

    folder = notebook.parent
    if notebook.name == "run.ipynb":
        return render_report(notebook, folder / "report.html", title=folder.name)
    if notebook.name == "compare.ipynb" and (folder / "grid.json").exists():
        grid = json.loads((folder / "grid.json").read_text())
        title = f"{grid['name']}: {len(grid['runs'])} runs compared"
        return render_report(notebook, folder / "index.html", title)
    return render_report(notebook, notebook.with_suffix(".html"))


def kill_kernels() -> None:
    """End the kernels of this process at once; by themselves they would not notice its end amid a long computation."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise NewsclustError(
            f"another newsclust is at work on {short(folder)}: wait until it is done, or stop it."
        ) from None
    try:
        yield
    finally:
        lock.release()


# --- what a finished run depends on


def _marks(plan: Plan) -> dict[str, str]:
    """Per run a fingerprint of all that it depends on: code, versions, parameters, headlines, weights of the model."""
    made_by = [_cells(NOTEBOOK), _versions(), _code(pages=False)]
    data = {name: _data_mark(name) for name in {run.parameters.data for run in plan.runs}}
    models = {name: load_embedder(name).revision for name in {run.parameters.model for run in plan.runs}}
    return {
        run.name: fingerprint(made_by, p.model_dump(), data[p.data], models[p.model])
        for run in plan.runs
        for p in [run.parameters]
    }


def _data_mark(data: str) -> str:
    if data == "sample":
        return fingerprint((files("newsclust") / "data" / "sample.csv").read_bytes())
    path = find_input(data)
    return fingerprint(path.read_bytes()) if path.is_file() else data  # a download is kept and not fetched again


def _cells(name: str) -> list[list[Any]]:
    """A notebook without what it printed."""
    path = find_input(name)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", [])] for c in cells]
    except FileNotFoundError:
        raise NewsclustError(f"there is no {name} here; run newsclust from the top folder of the project.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NewsclustError(f"{name} cannot be read as a notebook ({type(error).__name__}): restore it.") from None


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES.split()}


def _code(pages: bool) -> str:
    """Fingerprint of the package's own code, that of the pages or that of the runs."""
    package = Path(__file__).parent.parent
    sources = [path for path in sorted(package.rglob("*")) if path.suffix in {".py", ".j2", ".css", ".js"}]
    of_pages = [path.suffix != ".py" or path.relative_to(package).parts[0] in _OF_PAGES for path in sources]
    return fingerprint(*(path.read_bytes() for path, is_one in zip(sources, of_pages, strict=True) if is_one == pages))


def _record(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _is_done(run: PlannedRun, mark: str) -> bool:
    record = _record(run.folder)
    whole = all((run.folder / name).exists() for name in ("run.ipynb", *RESULTS))
    return whole and record.get("status") == "ok" and record.get("fingerprint") == mark


# --- executing


def _run_all(plan: Plan, todo: list[PlannedRun], marks: dict[str, str], jobs: int) -> None:
    from tqdm.auto import tqdm

    # All runs execute this copy, whatever is saved in JupyterLab meanwhile.
    notebook = plan.folder / ".notebook.ipynb"
    shutil.copyfile(find_input(NOTEBOOK), notebook)
    for stale in (plan.page, plan.folder / "grid.json"):  # they would tell of runs that are no more
        stale.unlink(missing_ok=True)
    with (plan.folder / "log.txt").open("a", encoding="utf-8") as log:

        def note(line: str) -> None:
            print(line, file=log, flush=True)

        note(f"{datetime.now():%Y-%m-%d %H:%M:%S} {len(todo)} of {len(plan.runs)} runs to do, {jobs} at a time")
        if plan.varied:
            _prepare(todo, note)
        # The mean over all runs: with several at a time the latest ones say little about the time left.
        single = not plan.varied
        with tqdm(total=len(todo), desc=f"Running {plan.name}", unit="run", smoothing=0, disable=single) as bar:
            for run in _finish_all(todo, notebook, marks, jobs, bar, show_bars=single):
                record = _record(run.folder)
                message = record["message"]
                note(f"run {run.name}: {message or 'ok'}, {record['seconds']:.1f} s; {_stages(run)}")
                if message:
                    bar.write(f"Failed: {run.name}: {message} See {short(run.folder / 'run.ipynb')}.", sys.stderr)
                bar.update()


def _prepare(runs: list[PlannedRun], note: Callable[[str], None]) -> None:
    """Embed, search and lay out once for the whole grid, so that the runs only read.

    A mistake here is left to the run it belongs to, which reports it.
    """
    from ..clusters.layout import lay_out
    from ..clusters.neighbors import find_neighbors
    from ..corpus.documents import read_corpus
    from ..stages import ledger

    def tell(what: str) -> None:
        entry = ledger[what]
        note(f"prepare {what}: {'computed' if entry.computed else 'read'}, {entry.seconds:.1f} s")

    groups: dict[str, list[Parameters]] = {}
    for run in runs:
        p = run.parameters
        same = [p.data, p.model, p.uri, p.collection, p.search, p.index, p.index_params, p.search_params]
        groups.setdefault(fingerprint(same), []).append(p)
    for group in groups.values():
        try:
            corpus, store = read_corpus(group[0].data), group[0].store
            embeddings = store.embed(corpus.documents)
            tell("embed")
            most = max(max(p.k, p.n_neighbors) for p in group)
            neighbors = find_neighbors(embeddings, most, group[0].search, store)
            tell("search")
            seeded = {(p.n_components, p.n_neighbors, p.min_dist, p.seed) for p in group if p.seed is not None}
            for layout in sorted(seeded):
                lay_out(embeddings, neighbors, *layout)
                tell("layout")
        except Exception as error:
            note(f"prepare: {type(error).__name__}: {error}")


def _finish_all(
    runs: list[PlannedRun], notebook: Path, marks: dict[str, str], jobs: int, bar: Any, show_bars: bool
) -> Iterator[PlannedRun]:
    _papermill()  # imported here, not by several threads at once
    pool = ThreadPoolExecutor(max_workers=jobs)
    pending: dict[Future, PlannedRun] = {
        pool.submit(_finish, run, notebook, marks[run.name], show_bars): run for run in runs
    }
    try:
        while pending:
            done, _ = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
            if sys.stderr.isatty():
                bar.refresh()  # the time that has passed, and what is left
            for future in done:
                future.result()
                yield pending.pop(future)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finish(run: PlannedRun, notebook: Path, mark: str, show_bars: bool) -> None:
    """Run the notebook, render its report, and only then write ``run.json``, which says that all is there."""
    start = time.perf_counter()
    run.folder.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "run.ipynb", "report.html", *RESULTS):
        (run.folder / name).unlink(missing_ok=True)
    for part in run.folder.glob(".*part*"):  # of a run that was killed
        part.unlink(missing_ok=True)
    executed = run.folder / "run.ipynb"
    message = _execute(notebook, executed, run.parameters.model_dump(), show_bars)
    if message:
        for name in RESULTS:
            (run.folder / name).unlink(missing_ok=True)
    try:
        render_page(executed)
    except Exception as error:
        message = message or f"The report could not be rendered ({type(error).__name__}: {error})."
    record = {
        "name": run.name,
        "status": "failed" if message else "ok",
        "message": message,
        "seconds": round(time.perf_counter() - start, 2),
        "parameters": run.parameters.model_dump(),
        "fingerprint": mark,
        "page": _page_mark(),
    }
    write_whole(run.folder / "run.json", json.dumps(record, indent=2) + "\n")


def _execute(notebook: Path, executed: Path, parameters: dict[str, Any], show_bars: bool = False) -> str:
    """Execute a notebook into a file that is whole or not there; what went wrong, in a sentence, "" if nothing did."""
    from nbclient.exceptions import DeadKernelError

    papermill = _papermill()
    part = executed.with_name(f".{executed.stem}.part.ipynb")
    message = ""
    try:
        papermill.execute_notebook(
            _literal(notebook),
            _literal(part),
            parameters=parameters,
            kernel_name="python3",  # this environment's, whatever kernel the notebook was last saved with
            language="python",
            progress_bar=False,
            stderr_file=sys.stderr if show_bars else None,
            coalesce_streams=True,
            extra_arguments=list(_KERNEL_ARGUMENTS),
        )
    except papermill.PapermillExecutionError as error:
        # newsclust's own errors are sentences already.
        message = error.evalue if error.ename == NewsclustError.__name__ else f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        message = "The notebook's kernel died, perhaps because memory ran out."
        _note_failure(part, message)
    except Exception as error:
        message = f"The notebook could not be executed ({type(error).__name__}: {error})."
        if not part.exists():
            shutil.copyfile(notebook, part)
        _note_failure(part, message)
    os.replace(part, executed)
    return " ".join(message.split())


def _papermill() -> Any:
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # python3 is this environment's, not one the user installed
    sys.modules.setdefault("rfc3987_syntax", None)
    import papermill

    return papermill


def _literal(path: Path) -> str:
    """A path as papermill wants it: it fills parameters in between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _note_failure(notebook: Path, message: str) -> None:
    """Put an error where the notebook stopped, which papermill leaves out where not the code failed but the kernel."""
    import nbformat

    nb = nbformat.read(notebook, as_version=4)
    started = [c for c in nb.cells if c.cell_type == "code" and c.metadata.get("papermill", {}).get("start_time")]
    cells = started or [c for c in nb.cells if c.cell_type == "code"]
    if cells:
        error = nbformat.v4.new_output("error", ename=NewsclustError.__name__, evalue=message, traceback=[message])
        cells[-1].outputs.append(error)
    nbformat.write(nb, notebook)


def _stages(run: PlannedRun) -> str:
    try:
        stages = json.loads((run.folder / "provenance.json").read_text())["provenance"]["stages"]
    except (OSError, KeyError):
        return "no stage finished"
    return ", ".join(f"{name} {'computed' if stage['computed'] else 'read'}" for name, stage in stages.items())


# --- pages


@cache
def _page_mark() -> str:
    return fingerprint(_code(pages=True), version("nbconvert"), version("plotly"))


def _render_stale(plan: Plan) -> None:
    """Render again what an older template or module made."""
    from tqdm.auto import tqdm

    stale = []
    for run in plan.runs:
        record = _record(run.folder)
        lost = record["status"] == "ok" and not run.report.exists()
        if lost or record["page"] != _page_mark():
            stale.append((run.folder, record))
    for folder, record in tqdm(stale, desc="Rendering reports", unit="report", leave=False, disable=not stale):
        render_page(folder / "run.ipynb")
        write_whole(folder / "run.json", json.dumps(record | {"page": _page_mark()}, indent=2) + "\n")


def _compare(plan: Plan, say: Callable[[str], None]) -> None:
    """Execute the comparison and render the index, where the runs or the comparison have changed."""
    runs = [(run.folder / "run.json").read_text(encoding="utf-8") for run in plan.runs]
    mark = fingerprint(_cells(COMPARISON), _versions(), _code(pages=False), _page_mark(), plan.varied, runs)
    grid = {"name": plan.name, "varied": plan.varied, "runs": [run.name for run in plan.runs]}
    stamp = plan.folder / "grid.json"
    if plan.page.exists() and stamp.exists() and json.loads(stamp.read_text()).get("fingerprint") == mark:
        return
    say("Comparing the runs ...")
    plan.page.unlink(missing_ok=True)
    write_whole(stamp, json.dumps(grid, indent=2) + "\n")
    executed = plan.folder / "compare.ipynb"
    parameters = {"grid": os.path.relpath(plan.folder, find_output("."))}
    _papermill()
    pool = ThreadPoolExecutor(max_workers=1)  # in the main thread nbclient would catch Ctrl-C
    message = pool.submit(_execute, find_input(COMPARISON), executed, parameters).result()
    pool.shutdown()
    render_page(executed)
    if message:
        raise NewsclustError(f"the runs cannot be compared, see {short(executed)}: {message}")
    write_whole(stamp, json.dumps(grid | {"fingerprint": mark}, indent=2) + "\n")
