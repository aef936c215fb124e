"""One notebook, executed: what it may import, what it finds of the run before, and where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import psutil
from typer.testing import CliRunner

from browser import open_page, settle  # noqa: F401  a fixture
from newsclust.cli import app
from newsclust.grid.execute import execute, kept_kernels
from test_grid import wait_for, write_notebook, write_plan


def test_a_notebook_may_import_what_the_kernel_starts_without(tmp_path):
    write_notebook(
        tmp_path / "notebooks/cluster.ipynb",
        "import ipywidgets, jsonschema\nipywidgets.IntSlider()",
        "from tqdm import auto, notebook\nassert not issubclass(auto.tqdm, notebook.tqdm)\nlist(notebook.tqdm([1]))",
    )
    write_plan("data: nowhere.csv\n")
    done = CliRunner().invoke(app, ["run", "mine.yaml"])
    message = json.loads((tmp_path / "reports/mine/run.json").read_text())["message"]
    assert message.startswith("The notebook left no") and "does it still call finish?" in done.stdout, done.output


def test_a_file_that_hides_a_library_is_named():
    Path("umap.py").write_text("x = 1\n")
    write_notebook(Path("made/hidden.ipynb"), "import sys\nsys.path.insert(0, '.')\nfrom umap import UMAP")
    said = execute(Path("made/hidden.ipynb"), Path("done.ipynb"), {})
    assert said == "umap.py in this folder hides the library of that name: rename it and run again."


def test_a_run_finds_nothing_in_the_kernel_of_the_run_before_and_a_new_kernel_after_one_that_died():
    write_notebook(
        Path("made/first.ipynb"),
        "assert 'mine' not in dir()",
        "import os, newsclust.wording, scipy\nmine = newsclust.wording.mine = scipy.mine = os.getpid()\nmine",
    )
    write_notebook(
        Path("made/next.ipynb"),
        "assert 'mine' not in dir()",
        "import os, newsclust.wording, scipy\nassert scipy.mine == os.getpid()",
        "assert not hasattr(newsclust.wording, 'mine')",
    )
    write_notebook(Path("made/died.ipynb"), "import os\nos.kill(os.getpid(), 9)")
    with kept_kernels() as kernels:
        for name in ("first", "next", "first"):
            assert execute(Path(f"made/{name}.ipynb"), Path("out.ipynb"), {}, False, kernels) == ""
            cells = [cell for cell in nbformat.read("out.ipynb", as_version=4).cells if cell.cell_type == "code"]
            assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)) and len(kernels) == 1
        assert "kernel died" in execute(Path("made/died.ipynb"), Path("out.ipynb"), {}, False, kernels) and not kernels
        assert execute(Path("made/first.ipynb"), Path("out.ipynb"), {}, False, kernels) == ""
        (pid,) = [child.pid for child in psutil.Process().children() if "ipykernel" in " ".join(child.cmdline())]
    wait_for(lambda: not psutil.pid_exists(pid))
