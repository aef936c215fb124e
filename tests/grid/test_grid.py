"""Grids of runs: nothing computed twice, nothing half written, every failure reported."""

from __future__ import annotations

import contextlib
import html
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from browser import open_page, settle  # noqa: F401  a fixture
from newsclust.cli import app
from newsclust.errors import NewsclustError
from newsclust.grid import run_plan
from newsclust.grid.plan import read_plan
from newsclust.paths import read_json
from newsclust.run.preflight import BESIDE, check_replaceable
from newsclust.run.record import COVERAGE, RESULTS

TOP = Path(__file__).parents[2]
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
#: What is left of an attack when whole tags are taken out of headlines, and is still one in a page.
UNCLOSED = "<svg/onload=alert(3) "
PARAMETERS = "data = uri = output = truth = None\nmin_samples = 3"


def start(folder: Path, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen:
    """The command in `folder`, in a home whose own "python3" kernel is a broken one."""
    spec = folder / "home/.local/share/jupyter/kernels/python3"
    spec.mkdir(parents=True, exist_ok=True)
    (spec / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "broken", "language": "python"}')
    return subprocess.Popen(
        [sys.executable, "-m", "newsclust", *arguments],
        cwd=folder,
        env=os.environ | {"HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        # Ctrl-C is heard also where these tests are run in the background, which leaves it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def read_screen(screen: int, shown: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # nobody writes any more
        while part := os.read(screen, 4096):
            shown.append(part)


def wait_for(what: Callable, seconds: float = 300):
    """What `what` gives once that is true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def kernels(process: subprocess.Popen) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if any("ipykernel" in word for word in child.cmdline()):
                found.append(child)
        except psutil.Error:
            pass
    return found


def have_ended(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


def write_notebook(path: Path, *cells: str) -> None:
    parameters = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    path.parent.mkdir(exist_ok=True)
    (path.parent.parent / "pyproject.toml").write_text('name = "newsclust"\n')  # whose notebooks are executed
    nbformat.write(new_notebook(cells=[parameters, *map(new_code_cell, cells)]), path)


def write_plan(text: str, name: str = "mine.yaml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


# --- one small grid, executed: killed, gone on with, and run again without a break

SMALL = f"""
fixed: {{data: mine.csv, truth: story, min_cluster_size: 2}}
rows:
  - min_samples: 2
  - min_samples: 3
  - {{min_samples: 3, truth: "{ATTACK}"}}
"""
OK, OTHER = "min_samples=2", "min_samples=3"
FAILED = "min_samples=3,truth=-script-alert-1-script-img-src=x-onerror=alert-2--f6413e"  # a name fit for a folder


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The output and files of three commands: one killed after its second run, one that resumes, one unbroken."""
    folder = tmp_path_factory.mktemp("a {project}")
    shutil.copytree(TOP / "notebooks", folder / "notebooks")
    notebook = folder / "notebooks/cluster.ipynb"
    content = json.loads(notebook.read_text())
    content["metadata"]["kernelspec"] = {"name": "elsewhere", "display_name": "one that is not here"}
    notebook.write_text(json.dumps(content))
    rows = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).head(60)
    rows.loc[::3, "title"] = UNCLOSED + rows.loc[::3, "title"]
    rows.to_csv(folder / "mine.csv", index=False)
    (folder / "small.yaml").write_text(SMALL)
    shutil.copy(TOP / "pyproject.toml", folder)
    runs = folder / "reports/small"

    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 120))
    shown: list[bytes] = []
    killed = start(folder, "run", "small.yaml", stderr=terminal)
    threading.Thread(target=read_screen, args=(screen, shown), daemon=True).start()
    try:
        # two runs are told of, on the screen as in the log, and the third begins in the kernel of the second
        wait_for(lambda: b" 2/3 " in b"".join(shown) and (runs / "log.txt").read_text().count("\nrun ") == 2)
        orphans = kernels(killed)
    finally:
        killed.kill()
        killed.communicate()
    seen = {
        "bar": b"".join(shown).decode(),
        "orphans ended": have_ended(orphans),
        "index while unfinished": (runs / "index.html").exists(),
        "results while unfinished": len(list(runs.glob("*/run.ipynb"))),
    }
    stamp = (runs / OK / "run.json").read_text()
    resumed = start(folder / "notebooks", "run", "../small.yaml", "--jobs", "1")
    seen["resumed"] = (*resumed.communicate(timeout=300), resumed.returncode)
    seen["first run again"] = (runs / OK / "run.json").read_text() != stamp
    seen["log"] = (runs / "log.txt").read_text()
    seen["resumed index"] = (runs / "index.html").read_text()
    shutil.rmtree(runs)
    whole = start(folder, "run", "small.yaml", "--jobs", "2")
    seen["whole"] = (*whole.communicate(timeout=300), whole.returncode)
    seen["whole log"] = (runs / "log.txt").read_text()
    seen["folder"], seen["runs"] = folder, runs
    return seen


def told(page: str) -> str:
    """A page's text and figures without what differs from one execution to the next."""
    page = re.sub(r"<script nonce.*?</script>|<style>.*?</style>|nonce-\w+|cell-id=\w+", "", page, flags=re.DOTALL)
    return re.sub(r"<td[^>]*><div[^>]*>[\d.]+</div></td>\s*</tr>", "</tr>", page)  # the table's last column: seconds


def test_a_killed_grid_resumes_with_what_is_unfinished(executed):
    out, err, status = executed["resumed"]
    assert "Finished already: 2 of 3 runs." in out and not executed["first run again"], err
    assert status == 1 and "3 runs, 1 failed" in out
    runs = re.findall(r"^run (.*?): ", executed["log"], flags=re.MULTILINE)
    assert runs == [OK, OTHER, FAILED]


def test_a_killed_grid_leaves_no_kernel_and_nothing_that_looks_whole(executed):
    assert executed["orphans ended"]
    assert not executed["index while unfinished"] and executed["results while unfinished"] == 2


def test_the_index_is_the_same_after_a_kill_and_with_runs_side_by_side(executed):
    assert executed["whole"][2] == 1, executed["whole"][1]
    assert told(executed["resumed index"]) == told((executed["runs"] / "index.html").read_text())


def test_nothing_is_embedded_searched_or_laid_out_twice(executed):
    log = executed["log"] + executed["whole log"]
    for stage in ("embed", "search", "layout"):
        assert log.count(f"{stage} computed") == 1 and log.count(f"{stage} read") == 3, log
    first = re.findall("^run (.*?): ok.*embed computed", log, flags=re.MULTILINE)
    assert first == [OK]


def test_the_bar_says_how_much_time_is_left(executed):
    assert re.search(r"Running small:.* 2/3 \[\d\d:\d\d<\d\d:\d\d", executed["bar"])


def test_a_failed_run_is_reported_with_its_sentence_and_its_notebook_and_the_others_finish(executed):
    out, err, status = executed["resumed"]
    sentence = f"truth is {ATTACK!r}, but mine.csv has no such column"
    assert f"Failed: {FAILED}: {sentence}" in err and f"../reports/small/{FAILED}/run.ipynb" in err
    records = {path.parent.name: json.loads(path.read_text()) for path in executed["runs"].glob("*/run.json")}
    assert {name: record["status"] for name, record in records.items()} == {OK: "ok", OTHER: "ok", FAILED: "failed"}
    assert records[FAILED]["message"].startswith(sentence) and "Report: ../reports/small/index.html" in out
    left = {path.name for path in (executed["runs"] / FAILED).iterdir()}
    assert left == {"run.json", "run.ipynb", "report.html"}
    text = html.unescape((executed["runs"] / "index.html").read_text())
    assert f"failed: {sentence}" in text
    assert sentence in html.unescape((executed["runs"] / FAILED / "report.html").read_text())


def test_a_finished_run_has_all_its_files_and_no_leftovers(executed):
    left = {path.name for path in (executed["runs"] / OK).iterdir()}
    assert left == {"run.json", "run.ipynb", "report.html", "cluster.html", COVERAGE, *RESULTS}
    assert json.loads((executed["runs"] / "grid.json").read_text())["runs"] == [OK, OTHER, FAILED]
    assert len(pd.read_csv(executed["runs"] / OK / "clusters.csv")) == 60
    assert "Running over TCP" not in executed["whole"][1]


def test_pages_stay_under_6_mib(executed):
    assert all(page.stat().st_size < 6 * 2**20 for page in executed["runs"].rglob("*.html"))


@pytest.mark.parametrize("name", ["index.html", f"{OK}/report.html", f"{FAILED}/report.html"])
def test_an_attack_in_a_headline_is_text_in_every_page_and_runs_nowhere(executed, open_page, name):  # noqa: F811
    page = open_page(executed["runs"] / name)
    settle(page)
    assert (UNCLOSED if name == f"{OK}/report.html" else ATTACK) in page.locator("body").inner_text()
    if name != f"{FAILED}/report.html":
        assert page.locator("canvas#map, .jp-RenderedImage img").count()
    assert page.locator("img[src=x]").count() == 0
    assert page.troubles == []


def test_links_of_the_index_lead_to_the_reports(executed, open_page):  # noqa: F811
    page = open_page(executed["runs"] / "index.html")
    page.get_by_role("link", name=re.compile("truth=-script")).click()
    assert "Failed: truth is" in page.locator("body").inner_text()


# --- stops and deaths, with a notebook that takes no time


def test_ctrl_c_ends_everything_quickly_and_leaves_nothing_that_looks_whole(tmp_path):
    write_notebook(
        tmp_path / "notebooks/cluster.ipynb",
        "import os, pathlib, time\npathlib.Path(f'started{min_samples}').touch()\ntime.sleep(600 * (min_samples > 2))",
        "pathlib.Path(output, 'clusters.csv').touch()",
    )
    write_plan("fixed: {data: sample}\ngrid: {min_samples: [2, 3, 4, 5]}\n")  # the first goes alone
    process = start(tmp_path, "run", "mine.yaml", "--jobs", "2")
    wait_for(lambda: (tmp_path / "started3").exists() and (tmp_path / "started4").exists())
    running = kernels(process)
    assert len(running) == 2
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)  # the runs would sleep for longer
    assert process.returncode == 130
    assert have_ended(running)
    assert "The same command resumes" in err and "Traceback" not in err
    reports = tmp_path / "reports/mine"
    left = {path.name for folder in reports.iterdir() if "=2" not in folder.name for path in folder.glob("*")}
    assert not left & {"run.ipynb", "run.json", "report.html", "clusters.csv"}
    assert not (reports / "index.html").exists() and not (reports / "grid.json").exists()
    assert not (tmp_path / "started5").exists()


def test_a_kernel_that_dies_fails_its_run_and_says_where_it_stopped(tmp_path):
    write_notebook(tmp_path / "notebooks/cluster.ipynb", "import os\nos.kill(os.getpid(), 9)", "print('never')")
    write_plan("fixed: {data: nowhere.csv}\n")
    done = CliRunner().invoke(app, ["run", "mine.yaml"])
    assert done.exit_code == 1, done.stderr
    assert "The run failed: The notebook's kernel died" in done.stdout and "Report: reports/mine.html" in done.stdout
    page = html.unescape((tmp_path / "reports/mine.html").read_text())
    assert "Traceback" not in done.stderr
    assert page.index("Failed:</strong> The notebook's kernel died") < page.index("never")


def test_what_would_fail_in_every_run_of_a_grid_is_reported_once_before_the_first(monkeypatch):
    monkeypatch.setattr(run_plan, "_run_all", lambda *given: pytest.fail("a run was tried"))
    Path("bad.csv").write_text("name,age\nAda,36\nTim,41\n")
    for data, why in {"nowhere.csv": "there is no file", "bad.csv": "bad.csv has no column"}.items():
        write_plan(f"fixed: {{data: {data}}}\ngrid: {{min_samples: [2, 3]}}\n")
        with pytest.raises(NewsclustError, match=why):
            run_plan.run_plan(read_plan("mine.yaml"))


def test_a_run_finds_none_of_its_own_files_when_it_is_made_again(monkeypatch):
    def execute(notebook, executed, parameters, *_):
        check_replaceable(executed.parent)  # as the notebook does before its first step
        nbformat.write(new_notebook(), executed)
        for name in (*RESULTS, *BESIDE):
            Path(parameters["output"], name).write_text("{}")
        return "" if parameters["min_samples"] > 2 else "It is broken."

    monkeypatch.setattr(run_plan, "execute", execute)
    monkeypatch.setattr(run_plan, "render_page", lambda folder: folder)
    for min_samples in (3, 2, 4):
        plan = read_plan(str(write_plan(f"data: sample\nmin_samples: {min_samples}\n")))
        run_plan._finish(plan.runs[0], Path("notebook.ipynb"), str(min_samples), False, [])
        said = read_json(plan.runs[0].folder / "run.json")["message"]
        assert said == ("It is broken." if min_samples == 2 else "")


# --- what repeats what, with stand-ins for notebooks
