"""Find the stories in headlines: look at files, run, assign new headlines, search, list, clean."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from .errors import NewsclustError, RunError, shortage
from .paths import find_output, read_json, remove, short, state_dir
from .terminal import Json, app, print_json, tell
from .wording import said_of_newcomers

# The commands import the rooms that they need, so that help and errors in a command appear at once.


@app.command()
def run(
    file: Annotated[str, typer.Argument(help="A parameter file, e.g. params/grid.yaml, or headlines, e.g. mine.csv.")],
    changed: Annotated[list[str] | None, typer.Option("-p", metavar="NAME VALUE", help="Set a parameter.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs side by side.")] = 1,
    as_json: Json = False,
) -> None:
    """Run the notebook for every combination of a parameter file, and write reports under reports/.

    `newsclust run mine.csv` finds the stories of a file with the settings of params/stories.yaml;
    `newsclust run mine.csv -p k 30` changes one of them.

    For example, with a file mine.yaml that holds

    \b
        fixed: {data: mine.csv, k: 30}
        grid: {min_samples: [2, 3, 5]}

    run `newsclust run mine.yaml` and open reports/mine/index.html.
    A file of parameters alone is a single run, with its report in reports/mine.html.
    If it was stopped, the same command resumes.
    """
    from .grid.execute import kill_kernels
    from .grid.plan import read_plan
    from .grid.run_plan import run_plan, said_after

    start = time.perf_counter()
    try:
        plan = read_plan(file, [one.partition("=")[::2] for one in changed or ()])
        failed = run_plan(plan, jobs, (lambda line: None) if as_json else tell)
    except KeyboardInterrupt:
        typer.echo("\nStopped. The same command resumes with the runs that are not finished.", err=True)
        sys.stdout.flush()
        kill_kernels()
        os._exit(130)  # without waiting for the threads that wait for the kernels
    if as_json:
        for one in plan.runs:
            stamp = one.stamp
            facts = {name: stamp.get(name) for name in ("status", "message", "seconds", "parameters")}
            report = one.report if plan.varied else plan.page
            print_json(
                name=one.name, folder=one.folder, report=report, **facts, metrics=read_json(one.folder / "metrics.json")
            )
    else:
        tell(f"Report: {short(plan.page)}\n{said_after(plan, time.perf_counter() - start)}")
        if not plan.varied:
            _tell_news(plan.runs[0].folder)
    if failed:
        raise typer.Exit(1)


@app.command()
def assign(
    file: Annotated[str, typer.Argument(help="New headlines, in any form that a run takes.")],
    run: Annotated[str, typer.Option(help="A finished run's folder, or its name under reports/.")],
    as_json: Json = False,
) -> None:
    """Assign new headlines to the stories of a finished run, or mark them as new. The run is not changed.

    For example: `newsclust assign tuesday.csv --run reports/monday`. The report says which stories continue, which
    emerge, and how certain that is; assigned.csv beside it has every headline with its story.
    """
    from .grid.assign import assign_file

    page, metrics = assign_file(file, run, (lambda line: None) if as_json else tell)
    if as_json:
        return print_json(folder=page.with_suffix(""), report=page, metrics=metrics)
    tell(f"Report: {short(page)}")
    what, emerging, alone = said_of_newcomers(metrics)
    tell(f"{what} {emerging}{alone}")
    _tell_news(page.parent)


@app.command()
def ingest(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Headlines, in any form that a run takes.")],
    uri: Annotated[str, typer.Option(help="A file ending in .db, or a server's address.")] = "milvus.db",
    collection: Annotated[str, typer.Option(help="The collection's name begins with this.")] = "news_data",
    model: Annotated[str, typer.Option(help="As the parameter of a run.")] = "auto",
    precision: Annotated[str, typer.Option(help="As the parameter of a run.")] = "auto",
    title: Annotated[str | None, typer.Option(help="The column that holds the headlines, if it is another.")] = None,
    most_set_aside: Annotated[float, typer.Option(min=0, max=1, help="Share of rows that may be no headlines.")] = 0.5,
    engine: Annotated[Literal["process", "ray"], typer.Option(help="Ray embeds on all processors.")] = "process",
    parquet: Annotated[str | None, typer.Option(help="With Ray: write files to import to this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Store any number of headlines in Milvus, in little memory; a run of the same files embeds none of them again.

    For example: `newsclust ingest news/*.csv --uri http://localhost:19530`. If it was stopped, the same command
    resumes. Rows that are no headlines go to reports/ingest/rejected.csv. Exit: 0 stored, 1 some files are left out,
    2 failed.
    """
    from .run.ingest import ingest as ingest_files

    named = {"uri": uri, "collection": collection, "columns": {"title": title} if title else {}}
    done = ingest_files(files, most_set_aside, engine, parquet, model=model, precision=precision, **named)
    print_json(**vars(done)) if as_json else tell(str(done))
    if done.left_out:
        raise typer.Exit(1)


@app.command()
def look(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, folders, patterns or an address.")],
    title: Annotated[str | None, typer.Option(help="The column that holds the headlines, if it is another.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show how a run would read a file: format, columns and why, three documents, what is set aside.

    For example: `newsclust look mine.csv`. It reads at most 64 MB of a large file or a download.
    """
    from .corpus.look import look as look_at

    seen = look_at(files[0] if len(files) == 1 else files, {"title": title} if title else None)
    if as_json:
        print_json(**seen.facts)
    else:
        typer.echo(str(seen))


@app.command()
def search(
    phrase: Annotated[str, typer.Argument(help="A few words, such as a headline would use.")],
    run: Annotated[str, typer.Option(help="A finished run's folder, or its name under reports/.")],
    n: Annotated[int, typer.Option("--n", "-n", min=1, max=1000, help="How many headlines.")] = 10,
) -> None:
    """Show the headlines of a run that are nearest to a phrase, and their stories.

    For example: `newsclust search "flooded subway" --run reports/quickstart`. Milvus searches; the number in front is
    the similarity, 1 for the same text.
    """
    from .run.phrase import search as search_run
    from .run.stored import read_run

    typer.echo(str(search_run(read_run(run), phrase, n)))


@app.command("list")
def list_runs() -> None:
    """List the runs under reports/ with their key figures.

    For example, `newsclust list` says "reports/quickstart: 69 stories, 11.2% noise".
    """
    from .grid.run_plan import outcome

    stamps = sorted(find_output("reports").rglob("run.json"), key=_in_natural_order)
    if not stamps:
        typer.echo("No runs yet; `newsclust run params/quickstart.yaml` makes the first.")
    for stamp in stamps:
        typer.echo(f"{short(stamp.parent)}: {outcome(stamp.parent)}")


@app.command()
def clean(
    name: Annotated[str | None, typer.Argument(help="A grid under reports/, to remove with all its runs.")] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Remove from Milvus what write_labels wrote beside this collection."),
    ] = None,
    uri: Annotated[str, typer.Option(help="Where that collection is.")] = "milvus.db",
) -> None:
    """Remove the cached stages, or with NAME the reports of that grid. Headlines stay in Milvus.

    For example: `newsclust clean`, `newsclust clean grid` for reports/grid/ and its runs, or
    `newsclust clean --labels news --uri http://localhost:19530` for the collection news_stories.
    """
    from .grid.run_plan import alone

    if labels is not None:
        from .run.own_labels import remove as remove_labels

        return typer.echo(remove_labels(uri, labels))
    if name is None:
        return typer.echo(remove(state_dir("cache")))
    folder = find_output("reports").joinpath(name)
    made_here = any((folder / file).is_file() for file in ("log.txt", "grid.json"))
    if name in ("", ".", "..") or {"/", "\\"} & set(name) or not made_here:
        raise RunError(f"there is no grid {name!r} under reports/; `newsclust list` shows what there is.")
    if kept := sorted(folder.rglob("corrections.csv")):
        raise RunError(f"{short(kept[0])} holds corrections that a person made: move it elsewhere first.")
    with alone(folder):
        typer.echo(remove(folder))
    (folder.parent / f"{name}.html").unlink(missing_ok=True)


def _tell_news(folder: Path) -> None:
    from .show.run_page import news_of

    if news := news_of(folder):
        tell(news)


def main() -> None:
    """Run the command; an error that the user can fix is one sentence, not a traceback."""
    try:
        find_output("reports")  # if the working folder is gone, libraries fail in ways of their own
        app(standalone_mode=True)
    except NewsclustError as error:
        typer.echo(f"newsclust: {error}", err=True)
        sys.exit(2)
    except (OSError, MemoryError) as error:
        why = f"{error}: check that the file is there, its permissions and the room on its disk."
        typer.echo(f"newsclust: {shortage(error) or why}", err=True)
        sys.exit(2)


def _in_natural_order(path: Path) -> list[tuple[int, str]]:
    """A sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]


from . import cli_run  # noqa: E402, F401  its commands come below these in the help
