"""The command line: what it says, what it exits with, and that `clean` removes nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from newsclust.cli import app, main
from newsclust.grid import pages, run_plan
from newsclust.run.record import RESULTS
from newsclust.show import run_page

TOP = Path(__file__).parent.parent
METRICS = {"n_documents": 1234, "n_clusters": 56, "noise_fraction": 0.25}


def call(*arguments: str):
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def refused(monkeypatch, capsys, *arguments: str) -> str:
    """What the command says to a mistake, which is one line and status 2."""
    monkeypatch.setattr(sys, "argv", ["newsclust", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 2 and said.startswith("newsclust: ") and said.count("\n") == 1
    return said


def write_run(folder: str, message: str = "") -> Path:
    """A finished run as it stands on disk."""
    path = Path("reports", folder)
    path.mkdir(parents=True)
    record = {"name": path.name, "status": "failed" if message else "ok", "message": message, "page": "", "seconds": 1}
    (path / "run.json").write_text(json.dumps(record))
    nbformat.write(new_notebook(cells=[new_code_cell("6 * 7")]), path / "run.ipynb")
    if not message:
        (path / "metrics.json").write_text(json.dumps(METRICS))
    return path


def write_grid(name: str = "grid") -> Path:
    runs = [write_run(f"{name}/k={k}", message) for k, message in ((2, ""), (10, ""), (3, "It is broken."))]
    folder = runs[0].parent
    (folder / "grid.json").write_text(json.dumps({"name": name, "varied": ["k"], "runs": [run.name for run in runs]}))
    return folder


@pytest.fixture
def pages_of_title(monkeypatch):
    """Pages that say whose they are; test_run_page.py has the real ones."""

    def write_page(folder: Path, links: dict | None = None, page: Path | None = None) -> Path:
        page = page or Path(folder) / "report.html"
        page.write_text(f"<h1>{Path(folder).name}</h1> {links}")
        return page

    monkeypatch.setattr(pages, "write_page", write_page)
    monkeypatch.setattr(run_page, "write_page", write_page)


@pytest.fixture
def stand_in(monkeypatch, pages_of_title):
    """Runs that take no time."""

    def execute(notebook: Path, executed: Path, parameters: dict, *_) -> str:
        nbformat.write(new_notebook(), executed)
        for file in RESULTS if "output" in parameters else ():
            Path(parameters["output"], file).write_text(json.dumps(METRICS))
        return "It is broken." if parameters.get("min_samples") == 13 else ""

    shutil.copytree(TOP / "notebooks", "notebooks")
    monkeypatch.setattr(run_plan, "execute", execute)
    monkeypatch.setattr(pages, "execute", execute)


def test_a_single_run_ends_with_the_path_of_its_report_and_a_paragraph(stand_in):
    Path("one.yaml").write_text("fixed: {data: sample}\n")
    done = call("run", "one.yaml")
    first, second = done.stdout.splitlines()
    assert done.exit_code == 0 and first == "Report: reports/one.html" and Path("reports/one.html").exists()
    assert second.startswith("1,234 documents in 56 stories; 25.0% of them belong to none")


def test_a_grid_ends_with_the_path_of_its_index_and_status_1_if_a_run_failed(stand_in):
    Path("many.yaml").write_text("grid: {min_samples: [2, 3]}\n")
    done = call("run", "many.yaml")
    assert done.exit_code == 0 and "Report: reports/many/index.html\n2 runs, 0 failed" in done.stdout
    Path("many.yaml").write_text("grid: {min_samples: [2, 13]}\n")
    done = call("run", "many.yaml", "--jobs", "2")
    assert done.exit_code == 1 and "2 runs, 1 failed" in done.stdout
    assert "Failed: min_samples=13: It is broken. See reports/many/min_samples=13/run.ipynb." in done.stderr


def test_a_failed_single_run_says_why(stand_in):
    Path("one.yaml").write_text("fixed: {min_samples: 13}\n")
    done = call("run", "one.yaml")
    assert done.exit_code == 1 and done.stdout.splitlines()[-1] == "The run failed: It is broken."


def test_a_mistake_is_one_line_and_no_traceback(monkeypatch, capsys):
    Path("bad.yaml").write_text("fixed:\n  min_sample: 3\n")
    said = refused(monkeypatch, capsys, "run", "bad.yaml")
    assert said == "newsclust: bad.yaml: there is no parameter 'min_sample'; did you mean 'min_samples'?\n"
    assert not Path("reports").exists()


def test_list_shows_every_run_with_its_key_figures_in_natural_order():
    assert "No runs yet" in call("list").stdout
    write_grid()
    write_run("alone")
    Path("reports/grid/k=2/metrics.json").write_text("{")  # damaged
    assert call("list").stdout.splitlines() == [
        "reports/alone: 56 stories, 25.0% noise",
        "reports/grid/k=2: not finished",
        "reports/grid/k=3: failed: It is broken.",
        "reports/grid/k=10: 56 stories, 25.0% noise",
    ]


def test_report_writes_a_page_again_under_any_name_of_its_run(pages_of_title):
    folder = write_run("grid/k=2")
    for name in ("grid/k=2", "reports/grid/k=2", str(folder.resolve())):
        assert call("report", name).stdout == "Report: reports/grid/k=2/report.html\n"
        assert "<h1>k=2</h1>" in (folder / "report.html").read_text()
        (folder / "report.html").unlink()


def test_report_writes_the_copy_of_a_single_run_and_the_index_of_a_grid(pages_of_title):
    write_run("alone")
    Path("reports/alone.html").write_text("old")
    assert call("report", "alone").stdout == "Report: reports/alone.html\n"
    assert "<h1>alone</h1>" in Path("reports/alone.html").read_text()
    assert "alone/cluster.html" in Path("reports/alone.html").read_text()
    assert Path("reports/alone/cluster.html").exists()
    nbformat.write(new_notebook(), write_grid() / "compare.ipynb")
    assert call("report", "grid").stdout == "Report: reports/grid/index.html\n"
    assert Path("reports/grid/index.html").exists()


def test_report_renders_any_other_notebook_beside_it(monkeypatch, capsys):
    nbformat.write(new_notebook(), "mine.ipynb")
    assert call("report", "mine.ipynb").stdout == "Report: mine.html\n" and Path("mine.html").exists()
    assert "there is no run 'nowhere'" in refused(monkeypatch, capsys, "report", "nowhere")


def test_clean_removes_the_cache_or_the_grid_that_is_named():
    cache = Path(".newsclust/cache/a.npz")
    cache.parent.mkdir(parents=True)
    cache.touch()
    write_grid()
    Path("reports/grid.html").touch()
    write_grid("other")
    assert "Removed .newsclust/cache (0.0 MiB)." in call("clean").stdout
    assert not cache.exists() and Path("reports/grid").exists()
    assert call("clean").exit_code == 0
    assert "Removed reports/grid" in call("clean", "grid").stdout
    assert [path.name for path in Path("reports").iterdir()] == ["other"]


@pytest.mark.parametrize("name", ["..", ".", "", "/", "grid/..", "../outside", "grid/k=2", "a\\b", "nowhere", "notes"])
def test_clean_removes_nothing_that_is_not_a_grid(monkeypatch, capsys, name):
    write_grid()
    for folder in ("outside", "reports/notes"):
        Path(folder).mkdir()
    Path("outside/log.txt").touch()
    Path("reports/log.txt").touch()
    before = sorted(Path().rglob("*"))
    assert f"there is no grid {name!r} under reports/" in refused(monkeypatch, capsys, "clean", name)
    assert sorted(Path().rglob("*")) == before


def test_clean_leaves_what_a_link_leads_to():
    folder = write_grid().rename("elsewhere")
    Path("reports/grid").symlink_to(folder.resolve())
    assert call("clean", "grid").exit_code == 0
    assert not Path("reports/grid").exists() and (folder / "k=2/run.json").exists()


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "newsclust", "list"], capture_output=True, text=True)
    assert done.returncode == 0 and "No runs yet" in done.stdout


def test_a_working_folder_that_is_gone_is_one_sentence(tmp_path):
    code = "import os, newsclust.cli as c; os.mkdir('x'); os.chdir('x'); os.rmdir('../x'); c.main()"
    command = [sys.executable, "-c", code, "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "(the working folder is gone: change into another one)" in done.stderr


def test_the_page_that_somebody_else_wrote_is_not_written_over(stand_in, monkeypatch, capsys):
    Path("one.yaml").write_text("fixed: {data: sample}\n")
    Path("reports").mkdir()
    Path("reports/one.html").write_text("my own page")
    assert "reports/one.html was not made by newsclust" in refused(monkeypatch, capsys, "run", "one.yaml")
    Path("reports/one.html").unlink()
    Path("reports/one").mkdir(exist_ok=True)
    Path("reports/one/clusters.csv").write_text("my own notes")
    assert "reports/one/clusters.csv was not made by newsclust" in refused(monkeypatch, capsys, "run", "one.yaml")
    assert Path("reports/one/clusters.csv").read_text() == "my own notes"
