"""Commands on one finished run: check it, repeat it, and write its page, methods, feeds and data."""

from __future__ import annotations

from typing import Annotated

import typer

from .errors import RunError
from .paths import find_output, short
from .terminal import app, print_json, tell

Run = Annotated[str, typer.Argument(metavar="RUN", help="A finished run's folder, or its name under reports/.")]
One = Annotated[bool, typer.Option("--json", help="Print one JSON object, and write no files.")]


@app.command()
def check(
    pairs: Annotated[str, typer.Argument(help="A CSV file with the columns kind, headline_a and headline_b.")],
    run: Annotated[str, typer.Option(help="A finished run's folder, or its name under reports/.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Check that pairs of headlines are one story (same), or two (apart), in a finished run.

    For example: `newsclust check pairs.csv --run reports/monday`, with a file pairs.csv that holds

    \b
        kind,headline_a,headline_b
        same,Storm floods the harbour,Harbour under water
        apart,Storm floods the harbour,Storm over the budget

    A headline is named by its title, its address or its id. Each pair has a reason: its distance, the days
    between, shared words, and the story of each. The exit code is 0 if all pairs are as they should be, 1 if one is not
    or is not in the run, 2 if they can't be checked.
    """
    from .defend.golden_pairs import check_pairs
    from .run.stored import read_run

    checked = check_pairs(pairs, read_run(run))
    print_json(**checked.facts) if as_json else tell(str(checked))
    if checked.n_failed:
        raise typer.Exit(1)


@app.command()
def report(
    name: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's folder, or its name under reports/; or an executed notebook.")
    ],
) -> None:
    """Write a run's page again, from its record.

    For example: `newsclust report reports/quickstart`, `newsclust report grid` for the index of a grid,
    `newsclust report out.ipynb` for a notebook that papermill executed.
    """
    from .grid.pages import NOTEBOOK_PAGE, page_of, render_page
    from .show.run_page import write_page

    folder = page_of(name)
    page = render_page(folder)
    alone = folder.with_suffix(".html")  # a single run's page is beside its folder, too
    if page.name == "report.html" and folder.parent == find_output("reports") and alone.exists():
        page = write_page(folder, links={"the notebook that made it": f"{folder.name}/{NOTEBOOK_PAGE}"}, page=alone)
    typer.echo(f"Report: {short(page)}")


@app.command()
def methods(
    run: Run,
    output: Annotated[str | None, typer.Option(help="A folder for the files, instead of RUN/methods.")] = None,
    as_json: One = False,
) -> None:
    """Describe a run's analysis for a paper: a paragraph, its references as BibTeX, tables and quotes as CSV.

    For example: `newsclust methods reports/quickstart`. Every number comes from the run's record.
    """
    from .defend.methods import describe
    from .run.preflight import find_run

    found = describe(run)
    if as_json:
        tables = {name: rows.to_dict("records") for name, rows in found.tables.items()}
        return print_json(paragraph=found.paragraph, bibtex=found.bibtex, **tables)
    files = found.write(find_output(output) if output else find_run(run) / "methods")
    typer.echo(found.paragraph)
    tell(f"Written: {', '.join(map(short, files))}")


@app.command()
def feed(
    run: Run,
    address: Annotated[str, typer.Option(help="Where the run's page is published; else items link to articles.")] = "",
    output: Annotated[str | None, typer.Option(help="A folder for the files, instead of RUN.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON Feed, and write no files.")] = False,
) -> None:
    """Write a run's stories as feeds, feed.json (JSON Feed) and feed.xml (RSS). Exit: 0 written, 2 failed.

    For example: `newsclust feed reports/quickstart --address https://example.org/report.html`. An item is a story, with
    its headlines inside; the stories with the latest headlines come first.
    """
    from .run.preflight import find_run
    from .show.story_feeds import feed_of, write_feeds

    made = feed_of(run, address)
    if as_json:
        return print_json(**made)
    files = write_feeds(made, find_output(output) if output else find_run(run))
    tell(f"Written: {', '.join(map(short, files))}")


@app.command()
def verify(
    run: Run,
    data: Annotated[str | None, typer.Option(help="The headlines, if they are not the sample.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Load the headlines and model that the record names.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Repeat a run from its record, without its stored vectors, and compare. Exit: 0 agrees, 1 differs, 2 failed.

    For example: `newsclust verify reports/quickstart`, or `newsclust verify reports/mine --data mine.csv`. The run is
    not changed, no server is contacted, and the new results are deleted.
    """
    from .defend.verify import verify as verify_run

    found = verify_run(run, data, trust)
    if as_json:
        checks = [vars(check) for check in found.checks]
        print_json(run=found.run, agrees=found.agrees, reason=found.reason, elsewhere=found.elsewhere, checks=checks)
    else:
        typer.echo(str(found))
    if not found.agrees:
        raise typer.Exit(1)


@app.command()
def export(
    run: Run,
    output: Annotated[str | None, typer.Option(help="The file, instead of RUN/points.parquet.")] = None,
) -> None:
    """Write a run's headlines with their vectors, places and stories as Parquet. Exit: 0 written, 2 failed.

    For example: `newsclust export reports/quickstart`, then `pandas.read_parquet("reports/quickstart/points.parquet")`,
    or `embedding-atlas reports/quickstart/points.parquet --x x --y y --text text`.
    """
    from .run.export import export as export_run
    from .run.stored import read_run

    found = read_run(run)
    path = export_run(found, find_output(output) if output else found.folder / "points.parquet")
    tell(f"Written: {short(path)}")


@app.command("second-coder")
def second_coder(
    run: Run,
    model: Annotated[str, typer.Option(help="A language model, as its endpoint calls it.")],
    pairs: Annotated[int, typer.Option(min=10, max=2000, help="How many pairs of headlines.")] = 100,
    yes: Annotated[bool, typer.Option("--yes", help="Send the headlines without asking first.")] = False,
    as_json: One = False,
) -> None:
    """Ask a language model whether pairs of a run's headlines are one story: Cohen's kappa, with an interval.

    For example: `newsclust second-coder reports/quickstart --model gpt-4.1-mini`. The endpoint and its key are those of
    OPENAI_BASE_URL and OPENAI_API_KEY, in the environment or a file .env. The command first names the
    host and the number of headlines, and sends nothing before you agree. Exit: 0 coded, 2 failed or not agreed.
    """
    from .defend.second_coder import said_first, sample_pairs
    from .defend.second_coder import second_coder as code
    from .run.stored import read_run
    from .stories.answers import host

    found = read_run(run)
    drawn = sample_pairs(found, pairs)
    typer.echo(said_first(drawn, found, host()), err=True)
    if not yes and (as_json or not typer.confirm("Send them?", err=True)):
        raise RunError("nothing was sent: answer yes, or give --yes.")
    coded = code(found, drawn, model)
    if as_json:
        return print_json(**coded.facts)
    typer.echo(str(coded))
    tell(f"Written: {short(coded.write(found.folder))}")
