"""Wrong parameters end a run in its first seconds, with one sentence that names the parameter and its value."""

from __future__ import annotations

import os
import shlex
import socket
from datetime import date
from keyword import iskeyword
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import papermill.cli
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from newsclust.errors import NewsclustError, NewsclustWarning, ParameterError, StoreError
from newsclust.run.parameters import Parameters, check_names, check_parameters, make_parameters
from points import examples

TOP = Path(__file__).parents[2]


def parameter_cell(notebook: str) -> dict[str, object]:
    """What the notebook's first cell sets."""
    cells = nbformat.read(TOP / f"notebooks/{notebook}.ipynb", as_version=4).cells
    values: dict[str, object] = {}
    exec(next(cell.source for cell in cells if cell.source.startswith("data =")), values)
    del values["__builtins__"]
    return values


def as_papermill_sets(parameters: dict[str, object]) -> dict[str, object]:
    """The notebook's variables in the cell that checks them, after papermill was given `parameters`."""
    injected = PythonTranslator.codify(parameters)
    namespace = parameter_cell("cluster")
    declared = "\n".join(f"{name} = {value!r}" for name, value in namespace.items())
    exec(injected, {"nan": float("nan")} | {"__builtins__": __builtins__}, namespace)
    return namespace | {"In": ["", declared, injected, "parameters = nc.check_parameters(globals())"]}


def complaint(**values: object) -> str:
    with pytest.raises(NewsclustError) as error:
        make_parameters(values)
    return str(error.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"k": 2}, "k is 2, but a document's density is measured at neighbour number min_samples = 3: raise k to at"),
        ({"k": 7, "min_samples": 8}, "k is 7, but"),
        ({"k": -1}, "k is -1; it should be at least 1, for example 50"),
        ({"k": "many"}, "k is 'many'; it should be a whole number, for example 50"),
        ({"k": True}, "k is True; it should be a whole number"),
        ({"k": 50.5}, "k is 50.5; it should be a whole number"),
        ({"k": None}, "k is None; it should be a whole number"),
        ({"k": 10**20}, f"k is {10**20}; it should be at most 2147483647"),
        ({"k": "x" * 10_000}, "k is 'xxx"),
        ({"min_samples": 0}, "min_samples is 0; it should be at least 1 or 'auto'"),
        ({"min_cluster_size": 1}, "min_cluster_size is 1; it should be at least 2 or 'auto'"),
        ({"max_cluster_size": -1}, "max_cluster_size is -1; it should be at least 0"),
        ({"cluster_selection_epsilon": -0.1}, "cluster_selection_epsilon is -0.1; it should be at least 0"),
        ({"cluster_selection_epsilon": float("inf")}, "cluster_selection_epsilon is inf; it should be a finite number"),
        ({"cluster_selection_method": "oem"}, "cluster_selection_method is 'oem'; it should be 'eom' or 'leaf'"),
        ({"distance": "cosine"}, "distance is 'cosine'; it should be 'euclidean' or 'squared'"),
        ({"search": "fast"}, "search is 'fast'; it should be 'auto', 'exact', 'ivf' or 'milvus'"),
        ({"index": "flatter"}, "index is 'flatter'; it should be 'FLAT', 'IVF_FLAT', "),
        ({"index": "DISKANN", "search": "milvus"}, "index is 'DISKANN', which only a server has"),
        ({"index_params": [16]}, "index_params is [16]; it should be a dict, for example {'M': 16}"),
        ({"index_params": {"M": "sixteen"}}, "index_params: M is 'sixteen'; it should be a whole number"),
        ({"search_params": {"ef": None}}, "search_params: ef is None; it should be a whole number of at least 1"),
        ({"search_params": {"EF": 64}}, "search_params: 'EF' is not known; did you mean 'ef'?"),
        ({"allow_single_cluster": 1}, "allow_single_cluster is 1; it should be True or False"),
        ({"n_components": 4}, "n_components is 4; it should be 2 or 3"),
        ({"n_neighbors": 1}, "n_neighbors is 1; it should be at least 2"),
        ({"min_dist": 1.5}, "min_dist is 1.5; it should be at most 1, for example 0.1"),
        ({"min_dist": float("nan")}, "min_dist is nan; it should be a finite number"),
        ({"seed": -1}, "seed is -1; it should be at least 0, for example 42"),
        ({"seed": 2**32}, "seed is 4294967296; it should be at most 4294967295"),
        ({"truth": ""}, "truth is ''; it should be a text, for example 'story'"),
        ({"truth": False}, "truth is False; it should be a text"),
        ({"data": 2.5}, "data is 2.5; it should be a text or a list of texts, for example 'sample'"),
        ({"data": ""}, "data is ''; it should be a text"),
        ({"data": pd.DataFrame({"title": ["a"]})}, "data is a DataFrame; it should be a text or a list of texts"),
        ({"k": np.arange(999)}, "k is a ndarray; it should be a whole number"),
        ({"data": ["a.csv", 5]}, "data is ['a.csv', 5]; it should be a text or a list of texts"),
        ({"collection": "my news"}, "collection is 'my news'; it should be letters, digits and underscores"),
        ({"collection": "Überblick"}, "collection is 'Überblick'; it should be letters, digits and underscores"),
        ({"model": "bert"}, "model 'bert' is neither 'minilm' nor 'e5' nor 'BAAI/bge-m3' nor a folder"),
        ({"model": "~nosuchuser/bge"}, "model: '~nosuchuser/bge' cannot be the path of a file (there is no such user)"),
        ({"uri": "milvus.sqlite"}, "uri 'milvus.sqlite' is neither a file whose name ends in .db nor a server"),
        ({"uri": "nowhere/milvus.db"}, "uri 'nowhere/milvus.db': there is no folder"),
        ({"uri": "b" * 270 + ".db"}, "uri: 'bbb"),
        ({"uri": "~nosuchuser/m.db"}, "uri: '~nosuchuser/m.db' cannot be the path of a file"),
        ({"output": "a" * 300}, "output: 'aaa"),
        ({"output": "a\0b"}, "output: 'a\\x00b' cannot be the path of a file"),
        ({"zzz": 1}, "there is no parameter 'zzz'"),
    ],
)
def test_each_rule_has_its_sentence(values, said):
    message = complaint(**values)
    assert message.startswith(said)
    assert "\n" not in message and len(message) < 300


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"seed": "None"}, {"seed": None}),
        ({"seed": "null"}, {"seed": None}),
        ({"truth": "None"}, {}),
        ({"min_dist": "1e-3"}, {"min_dist": 0.001}),
        ({"min_dist": ".5"}, {"min_dist": 0.5}),
        ({"k": "60"}, {"k": 60}),
        ({"k": 60.0}, {"k": 60}),
        ({"k": np.int64(60)}, {"k": 60}),
        ({"n_components": "3"}, {"n_components": 3}),
        ({"assign_noise": "true"}, {"assign_noise": True}),
        ({"assign_noise": "Yes"}, {"assign_noise": True}),
        ({"cluster_selection_method": " LEAF"}, {"cluster_selection_method": "leaf"}),
        ({"index": "hnsw"}, {"index": "HNSW"}),
        ({"index": "ivf-flat"}, {"index": "IVF_FLAT"}),
        ({"data": 2024}, {"data": "2024"}),
        ({"data": date(2024, 1, 2)}, {"data": "2024-01-02"}),
        ({"data": Path("mine.csv")}, {"data": "mine.csv"}),
        ({"output": 2024}, {"output": "2024"}),
        ({"search_params": {"ef": "128"}}, {"search_params": {"ef": 128}}),
        ({"search_params": "{ef: 128}"}, {"search_params": {"ef": 128}}),
        ({"search_params": None}, {}),
    ],
)
def test_what_can_mean_one_thing_only_is_understood(given, meant):
    assert make_parameters(given).changed == meant


def test_two_mistakes_are_both_named():
    assert complaint(k=0, min_dist=-1.0).count("it should be") == 2


def test_a_password_in_the_address_is_not_repeated():
    assert "s3cret" not in complaint(uri="http://root:s3cret@localhost:19530")


@pytest.mark.parametrize(
    ("slip", "meant", "value"),
    [
        ("min_smples", "min_samples", 3),
        ("min_sample", "min_samples", 3),
        ("minsamples", "min_samples", 3),
        ("n_neighbours", "n_neighbors", 3),
        ("colection", "collection", "news"),
        ("search_parms", "search_params", {}),
        ("minSamples", "min_samples", 3),
        ("K", "k", 3),
        ("epsilon", "cluster_selection_epsilon", 0.5),
        ("method", "cluster_selection_method", "leaf"),
        ("metric", "distance", "cosine"),
        ("neighbors", "n_neighbors", 15),
        ("min_size", "min_cluster_size", 9),
        ("umap_min_dist", "min_dist", 0.5),
        ("random_state", "seed", 1),
    ],
)
def test_a_misspelt_parameter_is_recognised(slip, meant, value):
    said = f"there is no parameter '{slip}'; did you mean '{meant}'?"
    with pytest.raises(ParameterError) as error:
        check_parameters(as_papermill_sets({slip: value}))
    assert str(error.value) == said
    assert complaint(**{slip: value}) == said


def test_two_unknown_names_are_both_reported():
    with pytest.raises(ParameterError, match=r"'epsilon'; did you mean .*\? There is no parameter 'method'; did"):
        check_parameters(as_papermill_sets({"epsilon": 0.5, "method": "leaf"}))


def test_several_parameters_that_may_be_meant_are_all_named():
    assert "did you mean 'min_cluster_size' or 'max_cluster_size'?" in complaint(size=3)


def test_a_near_miss_that_was_typed_in_jupyterlab_is_recognised_too():
    with pytest.raises(ParameterError, match="did you mean 'min_samples'"):
        check_parameters({"k": 50, "min_sample": 3})


def test_a_parameter_file_for_newsclust_is_not_run_with_the_defaults():
    with pytest.raises(ParameterError, match="this is a parameter file for `newsclust run FILE`"):
        check_parameters(as_papermill_sets(yaml.safe_load((TOP / "params/grid.yaml").read_text())))


def test_a_slip_that_was_corrected_in_jupyterlab_is_forgotten():
    notebook = as_papermill_sets({"epsilon": 0.5})
    notebook["In"] += ["check_parameters(globals())", "# Parameters\nk = 40"]
    notebook["k"] = 40
    assert check_parameters(notebook).changed == {"k": 40}


def test_what_papermill_adds_itself_is_no_slip():
    assert check_parameters(as_papermill_sets({"PAPERMILL_INPUT_PATH": "cluster.ipynb", "k": 40})).changed == {"k": 40}


def test_a_notebook_with_a_parameter_of_its_own_may_be_given_it_and_no_other():
    compare = {"In": ["", 'grid = "reports/grid"', '# Parameters\ngrid = "reports/mine"'], "grid": "reports/mine"}
    check_names(compare)
    compare["In"][2] = "# Parameters\nk = 5"
    with pytest.raises(ParameterError, match="there is no parameter 'k'"):
        check_names(compare | {"k": 5})
    check_names(compare | {"k": 50})  # a default, as `newsclust run` sets it


def test_a_notebooks_own_variables_are_no_slips():
    notebook = {"k": 40, "In": ["k = 40"], "_data": "x", "neighbors": object(), "nc": make_parameters, "title": "News"}
    assert check_parameters(notebook).changed == {"k": 40}


def test_the_defaults_are_the_tutorials_and_pass():
    parameters = make_parameters({})
    assert parameters.changed == {}
    assert (parameters.k, parameters.min_samples, parameters.min_cluster_size) == (50, 3, 3)
    assert (parameters.n_components, parameters.n_neighbors, parameters.min_dist, parameters.seed) == (2, 80, 0.1, 42)


def test_the_defaults_are_the_notebooks_own():
    assert parameter_cell("cluster").items() <= Parameters().model_dump().items()
    assert parameter_cell("embed").items() <= Parameters().model_dump().items()


def test_parameters_alone_open_and_write_nothing(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    for uri in ["milvus.db", "http://127.0.0.1:1", "https://in01.example.org:19530"]:
        parameters = make_parameters({"uri": uri, "output": "out/here", "data": "missing.csv"})
        assert parameters.store.name.startswith("news_data_minilm")
    assert not list(Path().iterdir())


# --- what is tried before a run begins


@pytest.mark.parametrize("output", ["file", "file/out", "file/deep/er"])
def test_an_output_that_is_a_file_is_refused_before_the_work_and_not_after(output):
    Path("file").touch()
    with pytest.raises(ParameterError, match=rf"output is '{output}', but .*file is a file: give another name"):
        check_parameters({"output": output})


def test_an_output_that_can_be_written_is_made_and_left_empty():
    check_parameters({"output": "out/mine"})
    assert not list(Path("out/mine").iterdir())


def test_a_token_file_that_is_no_text_is_reported_where_a_server_needs_it():
    Path(".env").write_bytes("MILVUS_TOKEN=Schlüssel\n".encode("latin-1"))
    with pytest.raises(StoreError, match=r"\.env is not read, because it is not UTF-8: save it as UTF-8"):
        check_parameters({"uri": "http://localhost:19530"})
    check_parameters({"uri": "milvus.db"})


def test_a_token_file_of_windows_powershell_is_read_for_a_server():
    Path(".env").write_text("MILVUS_TOKEN=user:password\n", encoding="utf-16")
    assert check_parameters({"uri": "http://localhost:19530"}).uri == "http://localhost:19530"


@pytest.mark.filterwarnings("ignore:.*is kept in")
@pytest.mark.parametrize("kind", ["output", "uri", "default uri"])
def test_folders_that_cannot_be_written_are_reported(kind, read_only_folder):
    if kind == "default uri":  # chosen by nobody: the run goes on with another one
        with pytest.warns(NewsclustWarning, match="milvus.db can't be kept in .*, which can't be written"):
            assert not check_parameters({}).store.path.is_relative_to(read_only_folder)
        return
    values = {"output": {"output": "out", "uri": "../m.db"}, "uri": {"uri": "mine.db"}}[kind]
    with pytest.raises(ParameterError, match=f"{kind} is '.*check its permissions"):
        check_parameters(values)


@pytest.fixture
def read_only_folder(tmp_path, monkeypatch):
    """The working folder, as a person sees it who may not write there; root may anywhere, so the answer is put in."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o555)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if os.access(folder, os.W_OK):
        access, mkdir, write = os.access, Path.mkdir, Path.write_bytes

        def refuse(path: Path) -> None:
            if Path(path).absolute().is_relative_to(folder):
                raise PermissionError(13, "Permission denied", str(path))

        def may(path: str | Path, mode: int) -> bool:
            return access(path, mode) and folder not in (Path(path), *Path(path).parents)

        monkeypatch.setattr(os, "access", may)
        monkeypatch.setattr(Path, "mkdir", lambda self, *a, **k: refuse(self) or mkdir(self, *a, **k))
        monkeypatch.setattr(Path, "write_bytes", lambda self, content: refuse(self) or write(self, content))
    return folder


# --- slips of the pen


TEXTS = "data model uri collection search index distance cluster_selection_method truth output".split()
NUMBERS = """k min_samples min_cluster_size n_neighbors max_cluster_size cluster_selection_epsilon min_dist seed
n_components""".split()
#: Parameter -> values that can't be meant.
WRONG = (
    dict.fromkeys(NUMBERS, [2**64, -0.5, float("nan"), float("inf"), "ten", "", "5 %", True, [3], {"a": 1}])
    | dict.fromkeys(TEXTS, ["", True, False, 0.5, -1, [1], {"a": 1}, float("nan")])
    | dict.fromkeys(["allow_single_cluster", "assign_noise"], [0, 1, 2.0, "perhaps", "", None, []])
    | dict.fromkeys(["index_params", "search_params"], [3, "ef", [1], True, {"ef": "much"}, {"M": -1}, {"Nlist": 3}])
)
PATHS = ["a\0b", "~nobody9/x", "x" * 300]


@st.composite
def unknown_names(draw) -> str:
    """A parameter's name with a letter more or less, its end, or in capitals; or any other word."""
    name = draw(st.sampled_from(sorted(Parameters.model_fields)))
    at, letter = draw(st.integers(0, len(name) - 1)), draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_"))
    changed = [name[:at] + letter + name[at:], name[:at] + name[at + 1 :], name[at:], name.upper(), name.title()]
    return draw(st.sampled_from([*changed, draw(st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12))]))


def slips() -> st.SearchStrategy[tuple[str, object]]:
    """A parameter's name and value, one of them wrong in a way that leaves no doubt that it is."""
    unknown = unknown_names().filter(str.isidentifier).filter(lambda name: name not in Parameters.model_fields)
    values = st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.none(), st.just([1]))
    wrong = [(name, value) for name, values in WRONG.items() for value in values]
    wrong += [(name, path) for name in ("uri", "model", "output") for path in PATHS]
    wrong += [(name, number) for name in NUMBERS for number in (-1, -(10**9), 2**40)]
    return st.one_of(st.tuples(unknown.filter(lambda name: not iskeyword(name)), values), st.sampled_from(wrong))


@settings(deadline=None, derandomize=True, max_examples=examples(200))
@given(slips())
def test_no_slip_runs_with_a_default_instead(slip):
    name, value = slip
    with pytest.raises(ParameterError) as error:
        check_parameters(as_papermill_sets({name: value}))
    message = str(error.value)
    assert name in message and "\n" not in message and len(message) < 400


def as_papermill_reads(command: str) -> dict[str, object]:
    """The parameters that papermill's own command line makes of `command`."""
    words = shlex.split(command)
    assert words[:3] == ["papermill", "notebooks/cluster.ipynb", "out.ipynb"]
    read = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(papermill.cli, "execute_notebook", lambda **arguments: read.update(arguments["parameters"]))
        result = CliRunner().invoke(papermill.cli.papermill, words[1:])
    assert result.exit_code == 0, result.output
    return read


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"k": 30, "min_dist": 0.0, "cluster_selection_epsilon": 1e-07, "search": "ivf"},
        {"data": ["a.csv", "b c.csv"]},
        {"seed": None, "truth": "story", "allow_single_cluster": True},
        {"index": "HNSW", "index_params": {"M": 16, "efConstruction": 200}, "search_params": {"ef": 128}},
        {"data": "my news, all of it.csv", "output": "out/Übersicht", "truth": "it's"},
        {"data": "2024", "truth": "null", "output": "1e5", "collection": "nan", "uri": "./-.db"},
        {"data": "True", "truth": "a: b", "output": "@x {"},
        {"index_params": {f"a_rather_long_name_{i}": "a value, with a comma" for i in range(9)}},
    ],
)
def test_the_command_repeats_the_run(values):
    parameters = make_parameters(values)
    assert as_papermill_reads(parameters.command()) == parameters.changed
    assert make_parameters(as_papermill_reads(parameters.command())) == parameters


@settings(deadline=None, derandomize=True, max_examples=examples(50))
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: text != "None"))
def test_the_command_repeats_any_text(text):
    parameters = Parameters(data=text, truth=text)
    assert as_papermill_reads(parameters.command()) == parameters.changed


def test_the_cells_below_get_the_value_that_was_understood():
    cells = {"assign_noise": "yes", "cluster_selection_epsilon": "1e-3", "seed": "None", "index": "flat", "mine": "yes"}
    check_parameters(cells)
    assert cells == {
        "assign_noise": True, "cluster_selection_epsilon": 1e-3, "seed": None, "index": "FLAT", "mine": "yes",
    }  # fmt: skip


def test_the_quickstart_is_stories_yaml_on_the_sample():
    files = (TOP / f"params/{name}.yaml" for name in ("quickstart", "stories"))
    quick, stories = (make_parameters(yaml.safe_load(file.read_text("utf-8"))).changed for file in files)
    assert quick == stories | {"truth": "story"}
