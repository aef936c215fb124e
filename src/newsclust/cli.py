"""The command ``newsclust``: run parameter files, render reports, list and clean."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from . import grid as grids
from .errors import NewsclustError
from .paths import find_input, find_output, root

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)


@app.command()
def run(
    file: Annotated[str, typer.Argument(help="A parameter file, e.g. params/grid.yaml.")],
    jobs: Annotated[int, typer.Option(min=1, help="Runs side by side.")] = 1,
) -> None:
    """Run the notebook for every combination of a parameter file, and leave reports under reports/."""
    start = time.perf_counter()
    plan = grids.read_plan(file)
    try:
        failed = grids.run_plan(plan, jobs, typer.echo)
    except KeyboardInterrupt:
        typer.echo("Stopped. The same command goes on with the runs that are not finished.", err=True)
        sys.stderr.flush()
        os._exit(130)  # without waiting for running notebooks: their kernels end with this process
    typer.echo(f"Report: {_short(plan.page)}")
    typer.echo(_summary(plan, time.perf_counter() - start))
    if failed:
        raise typer.Exit(1)


@app.command()
def report(name: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, or an executed notebook.")]) -> None:
    """Render a run's report again, from its executed notebook."""
    from .report import render_report

    notebook = _notebook_of(name)
    page = notebook.parent / ("index.html" if notebook.name == "compare.ipynb" else "report.html")
    render_report(notebook, page if notebook.name in {"run.ipynb", "compare.ipynb"} else notebook.with_suffix(".html"))
    typer.echo(f"Report: {_short(page)}")


@app.command("list")
def list_runs() -> None:
    """List the runs under reports/ with their key figures."""
    stamps = sorted(find_output("reports").rglob("run.json"))
    if not stamps:
        typer.echo("No runs yet; `newsclust run params/quickstart.yaml` makes the first.")
    for stamp in stamps:
        record = json.loads(stamp.read_text())
        what = record["message"]
        if record["status"] == "ok":
            metrics = json.loads((stamp.parent / "metrics.json").read_text())
            what = f"{metrics['n_clusters']} clusters, {metrics['noise_fraction']:.0%} noise"
        typer.echo(f"{record['status']:<6}  {_short(stamp.parent)}  {what}")


@app.command()
def clean(
    name: Annotated[str | None, typer.Argument(help="A grid under reports/, to remove with all its runs.")] = None,
) -> None:
    """Remove the cached stages, or with NAME the reports of that grid. Headlines stay in Milvus."""
    doomed = [find_output(f"reports/{name}"), find_output(f"reports/{name}.html")] if name else [root() / ".newsclust/cache"]
    if name and (os.sep in name or name.startswith(".") or not doomed[0].is_dir()):
        raise NewsclustError(f"there is no grid {name!r} under reports/; `newsclust list` shows what there is.")
    size = 0
    for path in doomed:
        size += sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    typer.echo(f"Removed {_short(doomed[0])} ({size / 2**20:.1f} MiB).")


def main() -> None:
    """Run the command; what the user can put right is one sentence, not a traceback."""
    try:
        app(standalone_mode=True)
    except NewsclustError as error:
        typer.echo(f"newsclust: {error}", err=True)
        sys.exit(2)


def _summary(plan: grids.Plan, seconds: float) -> str:
    records = [json.loads((run.folder / "run.json").read_text()) for run in plan.runs]
    failed = [record for record in records if record["status"] != "ok"]
    if len(plan.runs) > 1 or failed:
        return f"{len(records)} runs, {len(failed)} failed, in {seconds:.0f} seconds."
    metrics = json.loads((plan.runs[0].folder / "metrics.json").read_text())
    return (
        f"{metrics['n_documents']:,} headlines ({metrics['n_unique']:,} different) fall into {metrics['n_clusters']:,} "
        f"stories; {metrics['noise_fraction']:.0%} of them belong to none (noise). It took {seconds:.0f} seconds. "
        "Open the report in a browser: hover over the map to read headlines."
    )


def _notebook_of(name: str) -> Path:
    for path in (find_input(name), find_output(f"reports/{name}")):
        for notebook in (path, path / "run.ipynb", path / "compare.ipynb"):
            if notebook.suffix == ".ipynb" and notebook.is_file():
                return notebook
    raise NewsclustError(f"there is no run {name!r}: give its folder under reports/; `newsclust list` shows them.")


def _short(path: Path) -> str:
    return os.path.relpath(path, Path.cwd())
