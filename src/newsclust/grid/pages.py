"""The pages of a plan: each run's page, made from its record, and the executed notebooks as nbconvert shows them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..errors import RunError
from ..markup import escape
from ..paths import find_input, find_output, read_json, short, write_whole
from ..show.run_page import write_page
from .execute import execute, find_notebook, load_papermill
from .freshness import fingerprint_of_comparison
from .plan import Plan

#: The executed notebook beside a run's page.
NOTEBOOK_PAGE = "cluster.html"
#: What nbconvert's page would otherwise fetch from a network.
_REMOTE = ("require_js_url", "mathjax_url", "jquery_url", "mermaid_js_url", "jquery_ui_url")


def render_notebook(notebook: Path, html: Path, above: str = "") -> Path:
    """Write an executed notebook as nbconvert shows it, to be read without a network.

    Parameters
    ----------
    notebook, html : Path
    above : str
        HTML to put above it: links, or what went wrong.

    Raises
    ------
    RunError
        If the notebook cannot be read.
    """
    import nbformat
    from nbconvert import HTMLExporter

    try:
        executed = nbformat.read(notebook, as_version=4)
        executed.metadata.pop("widgets", None)  # progress bars, for which a page would fetch a script
        exporter = HTMLExporter(embed_images=True, **dict.fromkeys(_REMOTE, ""))
        page, _ = exporter.from_notebook_node(executed)
    except Exception as error:  # nbformat and nbconvert raise many kinds of errors on a malformed file
        first = str(error).partition("\n")[0][:200]
        raise RunError(f"{short(notebook)} cannot be read as a notebook ({first}): run it again.") from None
    page = re.sub(r"(?i)<script[^>]*\bsrc=[^>]*>\s*</script>", "", page)
    above = f'<p style="max-width: 60em; margin: 1em auto; font: 16px sans-serif">{above}</p>' if above else ""
    write_whole(html, re.sub(r"<body[^>]*>", lambda begin: begin[0] + above, page, count=1))
    return html


def render_page(path: Path) -> Path:
    """Write the page of a run, of a grid, of an assignment or of a notebook again.

    Parameters
    ----------
    path : Path
        A folder with results, or an executed notebook.

    Returns
    -------
    Path
        The HTML file.
    """
    if path.is_file():
        return render_notebook(path, path.with_suffix(".html"))
    if (path / "grid.json").exists():
        return render_notebook(path / "compare.ipynb", path / "index.html")
    notebook = next((file for name in ("run", "assign") if (file := path / f"{name}.ipynb").exists()), None)
    links = {}
    if notebook:
        links = {"the notebook that made it": NOTEBOOK_PAGE}
        render_notebook(notebook, path / NOTEBOOK_PAGE, '<a href="report.html">The page of this run</a>')
    return write_page(path, links=links)


def render_failure(folder: Path, message: str) -> None:
    """Write the page of a run that failed: what went wrong, and below it the notebook as far as it got."""
    render_notebook(folder / "run.ipynb", folder / "report.html", f"<strong>Failed:</strong> {escape(message)}")


def make_pages(plan: Plan, say: Callable[[str], None]) -> None:
    """Write the missing pages, and for several runs the comparison.

    Raises
    ------
    RunError
        If the runs cannot be compared.
    """
    for run in plan.runs:
        if run.stamp.get("status") == "ok" and not run.report.exists():
            render_page(run.folder)
    if plan.varied:
        _compare(plan, say)
        return
    (run,) = plan.runs
    if run.stamp.get("status") == "ok":
        write_page(run.folder, links={"the notebook that made it": f"{plan.name}/{NOTEBOOK_PAGE}"}, page=plan.page)
    else:
        write_whole(plan.page, run.report.read_text(encoding="utf-8"))


def _compare(plan: Plan, say: Callable[[str], None]) -> None:
    """Execute the comparison and render the index, where the runs or the comparison have changed."""
    current = fingerprint_of_comparison(plan)
    grid = {"name": plan.name, "varied": plan.varied, "runs": [run.name for run in plan.runs]}
    stamp = plan.folder / "grid.json"
    if plan.page.exists() and read_json(stamp).get("fingerprint") == current:
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
    render_page(plan.folder)
    if message:
        raise RunError(f"the runs cannot be compared, see {short(executed)}: {message}")
    write_whole(stamp, json.dumps(grid | {"fingerprint": current}, indent=2) + "\n")


def page_of(name: str) -> Path:
    """The folder of a run or a grid, or the notebook, that a name means."""
    for path in (find_input(name), find_output(f"reports/{name}")):
        has_results = any((path / file).exists() for file in ("metrics.json", "grid.json"))
        if has_results or (path.suffix == ".ipynb" and path.is_file()):
            return path
    raise RunError(f"there is no run {name!r}: give its folder under reports/; `newsclust list` shows them.")
