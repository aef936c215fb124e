"""Wrong parameters end a run in its first seconds, with one sentence that names the parameter and its value."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import papermill
import papermill.cli
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.errors import NewsclustError
from newsclust.run.parameters import Parameters, check_parameters, make_parameters


def complaint(**values: object) -> str:
    with pytest.raises(NewsclustError) as error:
        make_parameters(values)
    return str(error.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"k": 2}, "k is 2, but a document's density is measured at neighbour number min_samples = 3: raise k to at"),
        ({"k": 7, "min_samples": 8}, "k is 7, but"),
        ({"k": -1}, "k is -1; it should be greater than or equal to 1"),
        ({"k": "50"}, "k is '50'; it should be a valid integer"),
        ({"k": True}, "k is True; it should be a valid integer"),
        ({"k": 50.5}, "k is 50.5; it should be a valid integer"),
        ({"min_samples": 0}, "min_samples is 0; it should be greater than or equal to 1"),
        ({"min_cluster_size": 1}, "min_cluster_size is 1; it should be greater than or equal to 2"),
        ({"max_cluster_size": -1}, "max_cluster_size is -1; it should be greater than or equal to 0"),
        ({"cluster_selection_epsilon": -0.1}, "cluster_selection_epsilon is -0.1; it should be greater than"),
        ({"cluster_selection_method": "oem"}, "cluster_selection_method is 'oem'; it should be 'eom' or 'leaf'"),
        ({"distance": "cosine"}, "distance is 'cosine'; it should be 'euclidean' or 'squared'"),
        ({"search": "fast"}, "search is 'fast'; it should be 'auto', 'exact', 'ivf' or 'milvus'"),
        ({"index": "flat"}, "index is 'flat'; it should match pattern"),
        ({"index_params": [16]}, "index_params is [16]; it should be a valid dictionary"),
        ({"allow_single_cluster": 1}, "allow_single_cluster is 1; it should be a valid boolean"),
        ({"n_components": 4}, "n_components is 4; it should be 2 or 3"),
        ({"n_neighbors": 1}, "n_neighbors is 1; it should be greater than or equal to 2"),
        ({"min_dist": 1.5}, "min_dist is 1.5; it should be less than or equal to 1"),
        ({"min_dist": float("nan")}, "min_dist is nan; it should be"),
        ({"seed": -1}, "seed is -1; it should be greater than or equal to 0"),
        ({"seed": 2**32}, "seed is 4294967296; it should be less than 4294967296"),
        ({"truth": ""}, "truth is ''; it should have at least 1 character"),
        ({"output": 3}, "output is 3; it should be a valid string"),
        ({"collection": "my news"}, "collection is 'my news'; it should be letters, digits and underscores"),
        ({"collection": "Überblick"}, "collection is 'Überblick'; it should be letters, digits and underscores"),
        ({"data": ""}, "data is ''; it should have at least 1 character"),
        ({"model": "bert"}, "model 'bert' is neither 'minilm' nor 'BAAI/bge-m3' nor a folder"),
        ({"uri": "milvus.sqlite"}, "uri 'milvus.sqlite' is neither a file whose name ends in .db nor a server"),
        ({"uri": "nowhere/milvus.db"}, "uri 'nowhere/milvus.db': there is no folder"),
        ({"zzz": 1}, "there is no parameter 'zzz'"),
    ],
)
def test_each_rule_has_its_sentence(values, said):
    message = complaint(**values)
    assert message.startswith(said)
    assert "\n" not in message


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
    ],
)
def test_a_misspelt_parameter_is_recognised(slip, meant, value):
    said = f"there is no parameter '{slip}'; did you mean '{meant}'?"
    with pytest.raises(NewsclustError) as error:
        check_parameters({"k": 50, slip: value})
    assert str(error.value) == said
    assert complaint(**{slip: value}) == said


def test_a_notebooks_own_variables_are_no_slips():
    notebook = {"k": 40, "In": ["k = 40"], "_data": "x", "neighbors": object(), "nc": make_parameters, "title": "News"}
    assert check_parameters(notebook).changed == {"k": 40}


def test_the_defaults_are_the_tutorials_and_pass():
    parameters = make_parameters({})
    assert parameters.changed == {}
    assert (parameters.k, parameters.min_samples, parameters.min_cluster_size) == (50, 3, 3)
    assert (parameters.n_components, parameters.n_neighbors, parameters.min_dist, parameters.seed) == (2, 80, 0.1, 42)


def test_checking_opens_and_writes_nothing(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    for uri in ["milvus.db", "http://127.0.0.1:1", "https://in01.example.org:19530"]:
        parameters = make_parameters({"uri": uri, "output": "out/here", "data": "missing.csv"})
        assert parameters.store.name == "news_data_minilm"
    assert not list(Path().iterdir())


def test_the_table_shows_what_was_changed_and_is_safe_html():
    table = make_parameters({"k": 40, "truth": "<b>"})._repr_html_()
    assert "<td><code>k</code></td><td>40</td><td></td>" in table
    assert "<td><code>seed</code></td><td>42</td><td>default</td>" in table
    assert "&lt;b&gt;" in table


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
        {"seed": None, "truth": "story", "allow_single_cluster": True},
        {"index": "HNSW", "index_params": {"M": 16, "efConstruction": 200}, "search_params": {"ef": 128}},
        {"data": "my news, all of it.csv", "output": "out/Übersicht", "truth": "it's"},
        {"data": "2024", "truth": "None", "output": "1e5", "collection": "nan", "uri": "./-.db"},
        {"data": "True", "truth": "a: b", "output": "@x {"},
        {"index_params": {f"a_rather_long_name_{i}": "a value, with a comma" for i in range(9)}},
    ],
)
def test_the_command_repeats_the_run(values):
    parameters = make_parameters(values)
    assert as_papermill_reads(parameters.command()) == parameters.changed
    assert make_parameters(as_papermill_reads(parameters.command())) == parameters


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_the_command_repeats_any_text(text):
    parameters = Parameters(data=text, truth=text)
    assert as_papermill_reads(parameters.command()) == parameters.changed
