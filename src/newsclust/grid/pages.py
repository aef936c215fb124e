"""The pages of a plan: a report for each run, and for a grid the index that compares them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import RunError
from ..paths import find_output, short, write_whole
from .execute import execute, find_notebook, load_papermill
from .freshness import fingerprint_of_comparison, fingerprint_of_pages, read_stamp
from .plan import Plan


def get_ready_to_render() -> None:
    """Render a page that nobody sees: imports and templates take a second and a half, while a notebook runs."""
    from nbformat import v4, write

    from ..show.page import render_report

    table = v4.new_output("display_data", {"text/html": "<table><tbody><tr><td>1</td></tr></tbody></table>"})
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    cells = [v4.new_markdown_cell("# Ready"), v4.new_code_cell("1", outputs=[table])]
    with suppress(OSError), TemporaryDirectory() as folder:
        notebook = Path(folder, "ready.ipynb")
        write(v4.new_notebook(cells=cells, metadata=language), notebook)
        render_report(notebook, notebook.with_suffix(".html"))


def render_page(notebook: Path) -> Path:
    """Render an executed notebook: a run's report, a grid's index, or any other beside the notebook.

    Returns
    -------
    Path
        The HTML file.
    """
    from ..show.page import render_report

    folder = notebook.parent
    if notebook.name == "run.ipynb":
        return render_report(notebook, folder / "report.html", title=folder.name)
    if notebook.name == "compare.ipynb" and (folder / "grid.json").exists():
        grid = json.loads((folder / "grid.json").read_text(encoding="utf-8"))
        title = f"{grid['name']}: {len(grid['runs'])} runs compared"
        return render_report(notebook, folder / "index.html", title)
    if notebook.name == "assign.ipynb" and (folder / "provenance.json").exists():
        return render_report(notebook, folder / "report.html", title=folder.name)
    return render_report(notebook, notebook.with_suffix(".html"))


def make_pages(plan: Plan, say: Callable[[str], None]) -> None:
    """Render what is not there or was made by an older template, and where `plan` has several runs compare them.

    Raises
    ------
    RunError
        If the runs cannot be compared.
    """
    _render_stale(plan)
    if plan.varied:
        _compare(plan, say)
    else:
        shutil.copyfile(plan.runs[0].report, plan.page)


def _render_stale(plan: Plan) -> None:
    from tqdm.auto import tqdm

    stale = []
    for run in plan.runs:
        stamp = read_stamp(run.folder)
        lost = stamp["status"] == "ok" and not run.report.exists()
        if lost or stamp["page"] != fingerprint_of_pages():
            stale.append((run.folder, stamp))
    for folder, stamp in tqdm(stale, desc="Rendering reports", unit="report", leave=False, disable=not stale):
        render_page(folder / "run.ipynb")
        write_whole(folder / "run.json", json.dumps(stamp | {"page": fingerprint_of_pages()}, indent=2) + "\n")


def _compare(plan: Plan, say: Callable[[str], None]) -> None:
    """Execute the comparison and render the index, where the runs or the comparison have changed."""
    current = fingerprint_of_comparison(plan)
    grid = {"name": plan.name, "varied": plan.varied, "runs": [run.name for run in plan.runs]}
    stamp = plan.folder / "grid.json"
    if plan.page.exists() and stamp.exists() and json.loads(stamp.read_text()).get("fingerprint") == current:
        return
    say("Comparing the runs ...")
    plan.page.unlink(missing_ok=True)
    write_whole(stamp, json.dumps(grid, indent=2) + "\n")
    executed = plan.folder / "compare.ipynb"
    parameters = {"grid": os.path.relpath(plan.folder, find_output("."))}
    load_papermill()
    pool = ThreadPoolExecutor(max_workers=1)  # in the main thread nbclient would catch Ctrl-C
    message = pool.submit(execute, find_notebook("compare"), executed, parameters).result()
    pool.shutdown()
    render_page(executed)
    if message:
        raise RunError(f"the runs cannot be compared, see {short(executed)}: {message}")
    write_whole(stamp, json.dumps(grid | {"fingerprint": current}, indent=2) + "\n")
