"""The smallest inputs, none to five headlines, one repeated, dated and not, through every step, notebook and page."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import newsclust as nc
from newsclust.cli import app
from newsclust.errors import NewsclustError
from newsclust.grid import pages
from newsclust.grid.labelled import read_parameters
from newsclust.grid.pages import make_pages, render_page
from newsclust.grid.plan import read_plan

TOP = Path(__file__).parent.parent
HEADLINES = ["Storm hits the coast", "Storm hits the north coast", "Bank raises rates", "Strike ends", "Comet seen"]
#: Name -> rows of title and day.
INPUTS = {f"{n} headlines": [(title, "") for title in HEADLINES[:n]] for n in range(6)}
INPUTS |= {f"{n} dated": [(title, f"2024-03-0{i + 1}") for i, title in enumerate(HEADLINES[:n])] for n in (1, 2, 5)}
INPUTS |= {"one five times": [(HEADLINES[0], "")] * 5, "on one day": [(title, "2024-03-01") for title in HEADLINES]}

#: Between others that are tried, of the same kind: for `make soak`.
BETWEEN = "4 headlines", "1 dated", "2 dated"
#: What goes through every notebook; `make soak` has more. The other inputs go through the steps that notebooks take.
FEW = [
    "1 headlines",
    *(pytest.param(name, marks=pytest.mark.soak) for name in ("5 dated", "2 headlines", "one five times")),
]


def write(name: str, path: str = "mine.csv") -> str:
    pd.DataFrame(INPUTS[name], columns=["title", "published_at"]).to_csv(path, index=False)
    return path


def run_cells(notebook: str, **parameters) -> dict:
    """The notebook's cells in this process, with every result shown as JupyterLab would."""
    namespace: dict = {}
    cells = json.loads((TOP / f"notebooks/{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for number, code in enumerate(codes[1:]):
        tree = ast.parse(code)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{notebook}, cell {number}", "exec"), namespace)
        if not number:
            namespace |= parameters
        if last:
            shown = eval(compile(ast.Expression(last.value), f"{notebook}, cell {number}", "eval"), namespace)
            for way in ("_repr_mimebundle_", "_repr_html_", "__repr__"):
                if hasattr(shown, way):
                    getattr(shown, way)()
    return namespace


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak) if name in BETWEEN else name for name in INPUTS]
)
def test_a_few_headlines_give_results_and_a_page_or_one_sentence(toy_model, name):
    data = write(name)
    if not INPUTS[name]:
        with pytest.raises(NewsclustError, match="mine.csv has a header but no rows"):
            nc.find(data)
        return
    changed = read_parameters("params/stories.yaml").changed
    given = {one: value for one, value in changed.items() if one != "output"}
    run = nc.find(data, **given, output="out")
    n = len({title for title, _ in INPUTS[name]})
    assert repr(run).startswith(f"{n} document")
    rows = pd.read_csv("out/clusters.csv")
    assert len(rows) == len(INPUTS[name]) and rows["x"].notna().all()
    assert HEADLINES[0] in render_page(Path("out")).read_text(encoding="utf-8")
    assert len(nc.search(run, "storm").frame) == n
    assert nc.show.map(run).data


@pytest.mark.parametrize("name", FEW)
def test_a_few_headlines_go_through_every_cell_of_every_notebook(toy_model, name):
    data = write(name)
    run_cells("embed", data=data)
    run_cells("cluster", data=data, output="out")
    run_cells("explore", run="out")
    for new in (name, "1 headlines", "4 headlines"):
        run_cells("assign", run="out", data=write(new, "new.csv"), output="assigned", least_emerging=2)
        assert "</html>" in render_page(Path("assigned")).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FEW[:3])
def test_a_grid_of_a_few_headlines_is_compared_and_its_runs_are_listed_and_reported(toy_model, name, monkeypatch):
    # No kernel: what compares is executed below, in this process.
    monkeypatch.setattr(pages, "execute", lambda notebook, executed, _: shutil.copyfile(notebook, executed) and "")
    data = write(name)
    plan = Path("grid.yaml")
    plan.write_text(f"fixed: {{data: {data}}}\ngrid: {{min_samples: [2, 3]}}\n")
    for run in (plan := read_plan(str(plan))).runs:
        nc.find(**run.parameters.model_dump())
        stamp = {"name": run.name, "status": "ok", "message": "", "seconds": 1.0, "fingerprint": "0"}
        stamp["parameters"] = run.parameters.model_dump()
        (run.folder / "run.json").write_text(json.dumps(stamp))
    make_pages(plan, print)
    run_cells("compare", grid=str(plan.folder))
    for command in (["list"], ["report", str(plan.folder)], ["report", str(run.folder)], ["clean"]):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0 and done.stdout, done.exception
    assert f"{run.name}: " in CliRunner().invoke(app, ["list"]).stdout


@pytest.mark.parametrize("name", FEW[:3])
def test_a_few_headlines_are_evaluated_whatever_is_known_of_them(toy_model, name):
    rows = pd.DataFrame(INPUTS[name], columns=["title", "published_at"])
    for known in ("one-off", rows["title"], "storm"):
        rows.assign(story=known).to_csv("mine.csv", index=False)
        found = run_cells("evaluate", data="mine.csv", peers=["the tutorial's own code", "average linkage"])["result"]
        assert list(found.table.index) == ["newsclust, tutorial.yaml", "newsclust, stories.yaml"]  # peers need more
        assert len(found.documents) == rows["title"].nunique() and found.table["ami"].notna().all()


def test_no_notice_of_a_small_run_names_what_was_never_given(toy_model, recwarn):
    write("1 headlines")
    nc.repeat(nc.read_run(nc.find("mine.csv", output="out").folder))
    assert not [str(told.message) for told in recwarn if "lowered" in str(told.message)]
