"""A plan carried out with stand-ins for notebooks: what is executed again, what is told, and what is left."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from browser import open_page, settle  # noqa: F401  a fixture
from newsclust.errors import NewsclustError
from newsclust.grid import pages, run_plan
from newsclust.grid.plan import read_plan
from newsclust.run.record import RESULTS
from test_grid import TOP, write_plan


class Executed(list):
    """The runs that were executed, by name; their notebooks do nothing but leave a little of what real ones leave."""

    fails: str | None = None
    stops_at: str | None = None

    def __call__(self, notebook: Path, executed: Path, parameters: dict, *_) -> str:
        name = executed.parent.name if executed.name == "run.ipynb" else "index"
        if name == self.stops_at:
            raise KeyboardInterrupt
        self.append(name)
        cells = [new_code_cell("1 + 1")]
        message = "It is broken." if name == self.fails else ""
        if message:
            cells[0].outputs = [new_output("error", ename="NewsclustError", evalue=message, traceback=[message])]
        elif name != "index":
            for file in RESULTS:
                (Path(parameters["output"]) / file).write_text("{}")
        nbformat.write(new_notebook(cells=cells), executed)
        return message


def write_small_page(folder: Path, links: dict | None = None, page: Path | None = None) -> Path:
    page = page or folder / "report.html"
    page.write_text(f"{folder.name}: {links}")
    return page


def render_small(notebook: Path, html: Path, above: str = "") -> Path:
    html.write_text(f"{notebook.name}: {above}")
    return html


@contextmanager
def stand_ins() -> Iterator[Executed]:
    """Notebooks are neither executed nor rendered, which takes nbconvert half a second each."""
    with pytest.MonkeyPatch.context() as patch:
        stand_in = Executed()
        patch.setattr(run_plan, "execute", stand_in)
        patch.setattr(pages, "execute", stand_in)
        patch.setattr(pages, "write_page", write_small_page)
        patch.setattr(pages, "render_notebook", render_small)
        yield stand_in


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with a plan of two runs that was carried out."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(TOP / "notebooks", folder / "notebooks")
    (folder / "pyproject.toml").write_text('name = "newsclust"\n')  # whose notebooks are executed
    with pytest.MonkeyPatch.context() as patch, stand_ins() as stand_in:
        patch.chdir(folder)
        pd.DataFrame({"title": ["a", "b"]}).to_csv("mine.csv", index=False)
        write_plan("fixed: {data: mine.csv}\ngrid: {min_samples: [2, 3]}\n")
        assert go(stand_in) == BOTH
    return folder


@pytest.fixture
def runs(finished, tmp_path) -> Iterator[Executed]:
    """The runs of the plan in a copy of its folder."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    with stand_ins() as stand_in:
        yield stand_in


def go(runs: Executed, name: str = "mine.yaml", failed: int = 0) -> list[str]:
    """The runs that this run of the plan executes."""
    runs.clear()
    assert run_plan.run_plan(read_plan(name), say=lambda line: None) == failed
    return list(runs)


BOTH = ["min_samples=2", "min_samples=3", "index"]


def test_a_finished_grid_is_not_executed_again(runs):
    page = Path("reports/mine/index.html")
    before = page.stat().st_mtime_ns
    assert go(runs) == [] and page.stat().st_mtime_ns == before


def test_a_lost_page_is_rendered_again_without_executing_its_run(runs):
    page = Path("reports/mine/min_samples=3/report.html")
    page.unlink()
    assert go(runs) == [] and page.exists()
    Path("reports/mine/index.html").unlink()
    assert go(runs) == ["index"]


def test_a_failed_run_is_tried_again_and_the_others_are_not(runs):
    write_plan("fixed: {data: mine.csv, k: 20}\ngrid: {min_samples: [2, 3]}\n")
    runs.fails = "min_samples=3"
    assert go(runs, failed=1) == BOTH
    left = {path.name for path in Path("reports/mine/min_samples=3").iterdir()}
    assert left == {"run.json", "run.ipynb", "report.html"}
    runs.fails = None
    assert go(runs) == ["min_samples=3", "index"]


def test_a_repeated_run_that_is_interrupted_leaves_nothing_of_the_older_one(runs):
    write_plan("fixed: {data: mine.csv, k: 20}\ngrid: {min_samples: [2, 3]}\n")
    leftover = Path("reports/mine/min_samples=3/.clusters.csv.1.part")
    leftover.touch()
    runs.stops_at = "min_samples=3"
    with pytest.raises(KeyboardInterrupt):
        go(runs)
    assert not list(Path("reports/mine/min_samples=3").iterdir())
    assert not Path("reports/mine/index.html").exists() and not Path("reports/mine/grid.json").exists()
    runs.stops_at = None
    assert go(runs) == ["min_samples=3", "index"]


def test_a_report_that_cannot_be_rendered_fails_its_run_alone(runs, monkeypatch):
    def breaks(folder, **elsewhere):
        if folder.name == "min_samples=2":
            raise ValueError("odd")
        return write_small_page(folder, **elsewhere)

    monkeypatch.setattr(pages, "write_page", breaks)
    write_plan("fixed: {data: mine.csv, k: 20}\ngrid: {min_samples: [2, 3]}\n")
    assert go(runs, failed=1) == BOTH
    assert "could not be rendered (ValueError: odd)" in Path("reports/mine/min_samples=2/run.json").read_text()


def test_a_comparison_that_fails_is_reported_in_one_sentence(runs):
    write_plan("fixed: {data: mine.csv, k: 20}\ngrid: {min_samples: [2, 3]}\n")
    runs.fails = "index"
    with pytest.raises(NewsclustError, match=r"cannot be compared, see reports/mine/compare\.ipynb: It is broken\."):
        go(runs)
    runs.fails = None
    assert go(runs) == ["index"]


def test_a_second_command_on_the_same_reports_is_refused(runs):
    code = "from newsclust.grid.run_plan import alone; from pathlib import Path; import sys\n"
    code += "with alone(Path('reports/mine')): print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(NewsclustError, match=r"another newsclust is at work on reports/mine: wait"):
            go(runs)
    assert go(runs) == []


def test_a_single_run_has_its_report_beside_its_folder(runs):
    write_plan("fixed: {data: mine.csv}\n", "one.yaml")
    assert go(runs, "one.yaml") == ["one"] and go(runs, "one.yaml") == []
    beside, inside = (Path(page).read_text() for page in ("reports/one.html", "reports/one/report.html"))
    assert "'one/cluster.html'" in beside and "'cluster.html'" in inside


def test_a_broken_notebook_is_reported_in_one_sentence(runs):
    Path("notebooks/cluster.ipynb").write_text("{")
    with pytest.raises(NewsclustError, match=r"notebooks/cluster\.ipynb cannot be read as a notebook"):
        go(runs)


def test_where_there_is_no_notebook_the_one_that_came_along_is_run(runs):
    shutil.rmtree("notebooks")
    assert go(runs) == []
