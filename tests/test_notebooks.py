"""The notebooks as users run them: by papermill, from an empty folder with the installed package, with mistakes."""

from __future__ import annotations

import ast
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill as papermill_module
import papermill.parameterize
import pytest
import yaml
from PIL import Image
from tools.notebooks import all_parameters

import newsclust as nc
from finished_grid import write_grid
from newsclust import paths
from newsclust.errors import NewsclustError
from newsclust.grid import settings_compared
from newsclust.run.parameters import Parameters
from one_kernel import one_kernel

TOP = Path(__file__).parent.parent
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
PLOTLY = "application/vnd.plotly.v1+json"


def papermill(notebook: Path, folder: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(notebook), "out.ipynb", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600, env=os.environ | environment
    )


def outputs(notebook: Path) -> list[dict]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]


def headlines(path: Path, n: int = 40) -> pd.DataFrame:
    sample = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).head(n)
    sample.to_csv(path, index=False)
    return sample


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_reader_finds_prose_before_every_step_and_no_code_to_skip(path):
    notebook = nbformat.read(path, as_version=4)
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("parameters") == 1 and tags.count("colab") == 1
    kinds = [cell.cell_type for cell in notebook.cells]
    assert all(pair != ("code", "code") for pair in pairwise(kinds)) and kinds[0] == "markdown"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert "def " not in cell.source and "Path(" not in cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_read_in_a_sitting_and_its_diff_too(path):
    notebook = nbformat.read(path, as_version=4)
    if path.stem == "cluster":
        assert len(notebook.cells) <= 28 and path.stat().st_size <= 150_000
    assert path.stat().st_size <= 150 * 1024


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_can_be_seen_where_no_script_runs(path):
    printed = [output.get("data", {}) for output in outputs(path)]
    figures = [place for place, data in enumerate(printed) if {PLOTLY, "image/png"} & data.keys()]
    assert figures or path.stem == "embed"
    for place in figures:
        data, beside = printed[place], printed[place + 1]
        assert outputs(path)[place].metadata == {"image/png": {"alt": data["text/plain"]}}
        picture = Image.open(BytesIO(base64.b64decode(data["image/png"])))
        layout = data[PLOTLY]["layout"] if PLOTLY in data else {"width": 720, "height": picture.height}
        assert picture.size == (layout["width"], layout["height"]) and picture.width >= 600
        assert (np.asarray(picture.convert("L")) < 250).mean() > 0.01 and len(picture.getcolors()) > 4
        assert data["text/plain"] == beside["text/plain"] and "<p" in beside["text/html"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_has_nothing_to_say(path):
    for output in outputs(path):
        data = output.get("data", {"text/plain": output.get("text", "")})
        for said in (data.get("text/html", ""), data.get("text/plain", "")):
            assert not re.search(r"(?<![\d.,])0 of\b|\bNone\b|embedded now|<tbody>\s*</tbody>", said), said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_name_is_set_in_two_cells(path):
    names = [name for source in code_of(path.stem) for name in assigned(source)]
    assert len(names) == len(set(names))


def code_of(notebook: str) -> list[str]:
    """The code cells, without the one for Colab."""
    cells = nbformat.read(TOP / f"notebooks/{notebook}.ipynb", as_version=4).cells
    return [c.source for c in cells if c.cell_type == "code" and "colab" not in c.metadata.get("tags", [])]


def assigned(source: str) -> set[str]:
    lines = [line for line in ast.parse(source).body if isinstance(line, (ast.Assign, ast.AnnAssign))]
    targets = [target for line in lines for target in getattr(line, "targets", None) or [line.target]]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def test_the_list_of_all_parameters_is_the_models_and_papermill_reads_it():
    cells = nbformat.read(TOP / "notebooks/cluster.ipynb", as_version=4).cells
    assert next(cell.source for cell in cells if cell.metadata.get("tags") == ["parameters"]) == all_parameters()
    found = papermill_module.inspect_notebook(str(TOP / "notebooks/cluster.ipynb"))
    read = {name: ast.literal_eval(told["default"]) for name, told in found.items()}
    assert read == {name: field.default for name, field in Parameters.model_fields.items()}
    assert all(told["help"] == Parameters.model_fields[name].description for name, told in found.items())


@pytest.mark.parametrize("file", ["quickstart", "stories", "tutorial", "all"])
def test_papermill_knows_every_parameter_that_a_file_may_set(tmp_path, caplog, file):
    given = Parameters().model_dump() if file == "all" else yaml.safe_load((TOP / f"params/{file}.yaml").read_text())
    notebook = papermill_module.iorw.load_notebook_node(str(TOP / "notebooks/cluster.ipynb"))
    made = papermill_module.parameterize.parameterize_notebook(notebook, given)
    assert "unknown parameter" not in caplog.text
    injected = next(cell for cell in made.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert assigned(injected.source) == set(given)


#: Of each notebook what it is given beside its own values, and what a fresh run comes to.
TWICE = {
    "cluster": ('data, output = "mine.csv", "reports/small"', "run.labels.tolist()"),
    "embed": ('data = "mine.csv"', "vectors.vectors.tolist()"),
    "explore": ('run = "reports/small"', "found.labels.tolist()"),
    "assign": ('run, data, phrase = "reports/small", "more.csv", "earthquake"', "newcomers.labels.tolist()"),
    "compare": ('grid = "grid"', "runs.labels.to_numpy().tolist()"),
    "evaluate": ('data, peers = "mine.csv", []', "[labels.tolist() for labels in result.labels.values()]"),
}


@pytest.fixture(scope="module")
def pile(tmp_path_factory) -> Path:
    """A folder with small files, a grid, and what the notebooks leave there."""
    folder = tmp_path_factory.mktemp("pile")
    headlines(folder / "mine.csv")
    pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str)[30:55].to_csv(folder / "more.csv", index=False)
    write_grid(folder / "grid")
    return folder


def take(cells: list[str], names: dict, change: str, times: int = 1) -> None:
    """Take the cells as JupyterLab would, each so many times, with the parameters changed where they are set."""
    for place, source in enumerate(cells):
        for _ in range(times):
            exec(compile(source, "<cell>", "exec"), names)
            if not place:
                exec(change, names)


@pytest.mark.parametrize("notebook", TWICE)
def test_any_cell_taken_twice_gives_what_a_fresh_run_gives(pile, monkeypatch, notebook):
    monkeypatch.chdir(pile)
    change, what = TWICE[notebook]
    fresh, twice = {}, {}
    take(code_of(notebook), fresh, change)
    take(code_of(notebook), twice, change, times=2)
    assert eval(what, fresh) == eval(what, twice)


def test_a_change_of_the_parameters_counts_where_it_is_read_and_stops_what_comes_too_late(pile, monkeypatch):
    monkeypatch.chdir(pile)
    cells, names = code_of("cluster"), {}
    take(cells, names, 'data = "mine.csv"')
    linking, clustering = (next(cell for cell in cells if f"nc.{step}(" in cell) for step in ("link", "cluster"))
    names["min_cluster_size"] = 8
    exec(clustering, names)
    as_fresh = nc.cluster(names["links"], min_cluster_size=8).labels
    assert names["clusters"].labels.tolist() == as_fresh.tolist()
    names["words"] = 0.2
    with pytest.raises(
        NewsclustError, match="words is 0.2 now, but these links were made with 0.0: run the cells again"
    ):
        exec(clustering, names)
    exec(linking, names)
    exec(clustering, names)
    as_fresh = nc.cluster(nc.link(names["vectors"], words=0.2), min_cluster_size=8).labels
    assert names["clusters"].labels.tolist() == as_fresh.tolist()


def test_the_run_of_the_sample_is_made_where_it_is_missing():
    headlines(Path("mine.csv"), 60)
    paths._is_this_project.cache_clear()
    Path("pyproject.toml").write_text('name = "newsclust"\n')  # whose parameters are read
    Path("params").mkdir()
    given = yaml.safe_load((TOP / "params/quickstart.yaml").read_text()) | {"data": "mine.csv", "truth": None}
    Path("params/quickstart.yaml").write_text(yaml.safe_dump(given))
    found = nc.repeat(nc.read_run("reports/quickstart"))
    assert len(found.labels) == 60
    assert found.labels.tolist() == nc.read_run("reports/quickstart").labels.tolist()
    with pytest.raises(NewsclustError, match="there is no finished run in 'reports/other'"):
        nc.read_run("reports/other")


def test_settings_that_the_tutorial_has_not_are_compared_with_its_own(pile, monkeypatch):
    monkeypatch.chdir(pile)
    corpus = nc.read("mine.csv", truth="story")
    stories = nc.name(nc.cluster(nc.link(nc.embed(corpus))))
    told = nc.compare_settings(stories)
    assert told.before is stories and told.table.frame.iloc[0, 1] == f"{len(stories.stories.table):,}"
    noise, later = stories.labels < 0, told.after.labels >= 0
    assert f"{(noise & later).sum()} headlines joined a story" in told.sentence
    monkeypatch.setattr(settings_compared, "COMPARED", 10)
    assert repr(nc.compare_settings(stories)).startswith("Not compared: 40 documents")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_colab_installs_from_the_one_address_that_pyproject_sets(path):
    address = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    cell = next(c for c in nbformat.read(path, as_version=4).cells if "colab" in c.metadata.get("tags", []))
    assert f'REPOSITORY = "{address}"' in cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebooks_hold_no_path_of_the_machine_that_ran_them(path):
    text = path.read_text(encoding="utf-8")
    assert str(Path.home()) not in text and str(TOP) not in text


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Where the built package is installed, and nothing else of the project is; its sample is cut to save time."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, TOP]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(folder.glob("newsclust-*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    take_compiled(folder / "site")
    sample = folder / "site/newsclust/data/sample.csv"
    assert sample.read_bytes() == (TOP / "src/newsclust/data/sample.csv").read_bytes()
    headlines(sample, 60)
    return folder / "site"


def take_compiled(site: Path) -> None:
    """Give the installed package what numba has compiled for the checkout: it takes half a minute."""
    for compiled in (TOP / "src").glob("*/**/__pycache__/*.nb[ci]"):
        there = site / compiled.relative_to(TOP / "src")
        there.parent.mkdir(exist_ok=True)
        shutil.copy(compiled, there)
    for source in (TOP / "src").rglob("*.py"):  # numba asks for their time and size
        time = source.stat().st_mtime_ns
        os.utime(site / source.relative_to(TOP / "src"), ns=(time, time))


@pytest.mark.soak  # the suite runs a parameter file so
def test_the_notebook_runs_from_an_empty_folder_with_only_the_installed_package(tmp_path, site):
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(TOP / "notebooks/cluster.ipynb", folder)
    done = papermill(folder / "cluster.ipynb", folder, "-p", "output", "found", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr[-2000:]
    assert (folder / "milvus.db").exists()
    assert len(pd.read_csv(folder / "found/clusters.csv")) == len(pd.read_csv(site / "newsclust/data/sample.csv"))


@pytest.mark.soak  # the suite takes the notebook itself, in the checkout
def test_both_sets_of_parameters_are_evaluated_from_an_empty_folder(tmp_path, site):
    shutil.copy(TOP / "notebooks/evaluate.ipynb", tmp_path)
    done = papermill(tmp_path / "evaluate.ipynb", tmp_path, "-y", "{peers: []}", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr[-2000:]
    printed = json.dumps(outputs(tmp_path / "out.ipynb"))
    assert "2 methods: newsclust, tutorial.yaml, newsclust, stories.yaml" in printed


#: What a parameter file says beside the data, and where its report and results are; a grid is compared by a notebook.
PLANS = {
    "a run": ("", "reports/mine.html", "reports/mine"),
    "a grid": ("grid: {min_samples: [2, 3]}\n", "reports/mine/index.html", "reports/mine/min_samples=3"),
}


@pytest.mark.parametrize("plan", ["a run", pytest.param("a grid", marks=pytest.mark.soak)])
def test_a_parameter_file_runs_from_any_folder_and_leaves_its_report_there(tmp_path, site, plan):
    headlines(tmp_path / "mine.csv")
    said, report, results = PLANS[plan]
    # Nobody answers at the language model's endpoint: the run ends well, and its key is in nothing that the run leaves.
    (tmp_path / "mine.yaml").write_text("fixed: {data: mine.csv, title_model: small}\n" + said)
    key = "sk-marked-0123456789"
    endpoint = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-m", "newsclust", "run", "mine.yaml", "--jobs", "1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)} | endpoint,
        capture_output=True,
        text=True,
    )
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert key not in done.stdout + done.stderr and not [path for path in left if key.encode() in path.read_bytes()]
    assert done.returncode == 0 and f"Report: {report}" in done.stdout, done.stdout + done.stderr
    assert (tmp_path / report).exists()
    assert "keep headlines as title" in (tmp_path / results / "report.html").read_text()
    assert (tmp_path / results / "clusters.csv").exists()
    assert {"mine.csv", "mine.yaml", "milvus.db", "reports"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_installed_package_has_every_notebook(site, path):
    assert (site / "newsclust/notebooks" / path.name).read_bytes() == path.read_bytes()


def test_results_keep_every_input_row_and_column_in_order(tmp_path):
    given = headlines(tmp_path / "mine.csv")
    given["id"] = [f"row{i}" for i in range(len(given))]
    given = pd.concat([given, given.head(3)], ignore_index=True)  # three repeated texts
    given.loc[len(given)] = {"title": "", "description": "", "id": "blank"}
    given = given.fillna("")
    given.to_csv(tmp_path / "mine.csv", index=False)
    nc.find("mine.csv", output="out", truth="story", n_components=3, assign_noise=True)
    rows = pd.read_csv(tmp_path / "out/clusters.csv", dtype=str, keep_default_na=False)
    assert rows["id_input"].tolist() == given["id"].tolist()
    assert rows["title"].tolist() == given["title"].tolist()
    assert {"id", "cluster", "probability", "x", "y", "z"} <= set(rows)
    assert rows["id"].iloc[:3].tolist() == rows["id"].iloc[40:43].tolist()
    assert rows["cluster"].iloc[-1] == "" and rows["x"].iloc[-1] == ""
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert metrics["n_documents"] == 40 and metrics["n_repeats"] == 3 and metrics["n_rows"] == 44
    assert {"ami", "ari", "v_measure", "n_clusters", "noise_fraction", "seconds"} <= set(metrics)


SLIPS = {
    "k": (["-p", "k", "2", "-p", "min_samples", "3"], "k is 2, but"),
    "negative": (["-p", "min_cluster_size", "-4"], "min_cluster_size is -4"),
    "misspelt value": (["-p", "distance", "euclidian"], "'euclidean' or 'squared'"),
    "misspelt name": (["-p", "min_sample", "3"], "did you mean 'min_samples'?"),
    "part of a name": (["-p", "epsilon", "0.5"], "did you mean 'cluster_selection_epsilon'?"),
    "file for another": (["-f", str(TOP / "params/grid.yaml")], "a parameter file for `newsclust run FILE`"),
    "unknown column": (["-p", "truth", "stroy"], "no such column"),
    "no file": (["-p", "data", "nowhere.csv"], "nowhere.csv"),
}


@pytest.fixture(scope="module")
def with_slips(tmp_path_factory) -> dict[str, tuple[int, list[dict], bool]]:
    """Of each slip the status of papermill's command, the notebook's outputs, and whether there is a database."""
    folder = tmp_path_factory.mktemp("slips")
    executed, database = folder / "out.ipynb", folder / "milvus.db"
    seen = {}
    with one_kernel(folder) as papermill:
        for slip, (arguments, _) in SLIPS.items():
            done = papermill(TOP / "notebooks/cluster.ipynb", executed, *arguments)
            seen[slip] = done.exit_code, outputs(executed), database.exists()
            executed.unlink()
            shutil.rmtree(database, ignore_errors=True)
    return seen


@pytest.mark.parametrize("slip", SLIPS)
def test_a_mistake_ends_the_run_with_one_sentence_before_anything_is_embedded(with_slips, slip):
    status, shown, is_embedded = with_slips[slip]
    errors = [output for output in shown if output.output_type == "error"]
    assert status != 0 and not is_embedded
    assert len(errors) == 1 and SLIPS[slip][1] in errors[0].evalue
    assert len(errors[0].traceback) == 1 and "\n" not in errors[0].evalue
