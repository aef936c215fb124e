"""Every command that the README shows does what it is shown for."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pandas as pd
import pytest
from pymilvus import MilvusClient, MilvusException
from tools.notebooks import reference_page
from typer.testing import CliRunner

from newsclust.cli import app
from newsclust.grid import run_plan
from newsclust.run.parameters import Parameters, listed
from one_kernel import one_kernel

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "SECURITY.md", *sorted((TOP / "docs").glob("*.md"))]
README = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
SHOWN = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
PLAIN = [re.sub(r"\s+#.*|^\.venv/bin/", "", line) for line in SHOWN]
COMMANDS = [line for line in dict.fromkeys(PLAIN) if re.match("(papermill|newsclust) ", line)]
#: What needs a network or much time, and what stands in for it here.
STAND_INS = {
    r"data: (sample|kaggle)": "data: mine.csv",
    r"model: BAAI/bge-m3": "model: minilm",
    r"min_samples: \[.*?\]": "min_samples: [1, 2]",
    r"min_cluster_size: \[.*?\]": "min_cluster_size: [3]",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """The project with 40 headlines of its own, which stand in for the sample too."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("notebooks", "params"):
        shutil.copytree(TOP / name, folder / name)
    shutil.copy(TOP / "pyproject.toml", folder)  # by which the notebooks are known as the project's own
    pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).head(40).to_csv(folder / "mine.csv", index=False)
    for path in (folder / "params").iterdir():
        text = path.read_text(encoding="utf-8")
        for shown, stand_in in STAND_INS.items():
            text = re.sub(shown, stand_in, text)
        path.write_text(text, encoding="utf-8")
    notebook = folder / "notebooks/cluster.ipynb"
    text = notebook.read_text(encoding="utf-8")
    assert r"data = \"sample\"" in text
    notebook.write_text(text.replace(r"data = \"sample\"", r"data = \"mine.csv\""), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """A server's address: that of Milvus Lite's own server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "milvus-lite", "server", "--data-dir", tmp_path_factory.mktemp("data")]
    with subprocess.Popen(
        [*map(str, command), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        end = time.monotonic() + 300
        address = f"http://localhost:{port}"
        while time.monotonic() < end:  # its port is open some time before it answers
            with suppress(MilvusException):
                client = MilvusClient(address, timeout=5)
                client.list_collections()
                break
            time.sleep(0.2)
        client.create_collection("news", dimension=8, auto_id=True, metric_type="L2")  # somebody's own
        titles = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str)["title"].head(40)
        client.insert(
            "news", [{"vector": [row % 5, 1, 2, 3, 4, 5, row / 99, 7], "text": t} for row, t in enumerate(titles)]
        )
        yield address
        running.terminate()


def test_the_readme_shows_commands():
    assert len(COMMANDS) >= 5


@pytest.fixture(scope="module")
def kernels() -> Iterator[list]:
    """Those of all runs of newsclust: starting one takes longer than most runs."""
    with run_plan.kept_kernels() as kept:
        yield kept


@pytest.fixture(scope="module")
def papermill(checkout, kernels) -> Iterator[Callable]:
    with one_kernel(checkout, next(iter(kernels), None)) as command:
        yield command


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_does_its_work(line, checkout, kernels, request, monkeypatch):
    monkeypatch.chdir(checkout)
    if "localhost" in line:
        line = re.sub(r"http://localhost:\d+", request.getfixturevalue("server"), line)
    program, *arguments = shlex.split(line)
    if program == "papermill":
        done = request.getfixturevalue("papermill")(*arguments)
    else:
        monkeypatch.setattr(run_plan, "kept_kernels", lambda: nullcontext(kernels))
        done = CliRunner().invoke(app, arguments)
    status, shown = done.exit_code, done.output
    assert status == 0, shown
    if "-p output" in line:
        folder = checkout / arguments[arguments.index("output") + 1]
        assert len(pd.read_csv(folder / "clusters.csv")) == 40
    reports = re.findall("^Report: (.*)", shown, flags=re.MULTILINE)
    assert reports or "newsclust run" not in line
    assert all((checkout / report).exists() for report in reports)


def test_the_parameter_files_and_names_that_the_readme_mentions_are_there():
    for path in re.findall(r"\b(?:params|notebooks)/\w+\.(?:yaml|ipynb)", README):
        assert (TOP / path).exists()
    assert set(re.findall(r"-[pr] (\w+) ", README)) <= set(Parameters.model_fields)


def test_the_times_a_reader_sees_are_rows_of_what_was_measured():
    shown = re.findall(r"^\| (?:sample|agnews) \|.*", README, flags=re.MULTILINE)
    measured = {line for path in (TOP / "benchmarks").glob("*.md") for line in path.read_text("utf-8").splitlines()}
    assert len(shown) > 4 and not [line for line in shown if line not in measured]


def test_the_readme_is_read_in_a_minute():
    assert (TOP / "README.md").stat().st_size <= 5000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_page_of_parameters_is_what_the_code_says():
    assert listed() in (TOP / "docs/parameters.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_offers():
    assert (TOP / "docs/reference.md").read_text(encoding="utf-8") == reference_page()
