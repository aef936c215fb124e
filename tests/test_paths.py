"""Where files are looked for and written; what is said of paths that cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import newsclust
from newsclust import cache, paths
from newsclust.errors import InputError, NewsclustWarning, RunError
from newsclust.paths import read_json, write_all

TOP = Path(__file__).parent.parent


@pytest.fixture
def homeless(tmp_path, monkeypatch) -> Path:
    """A folder whose .newsclust can't be made, and a home and a place for temporary files beside it."""
    for name in ("home", "temporary", "project"):
        (tmp_path / name).mkdir()
    Path("project/.newsclust").touch()  # as good as a folder without the right to write, also for root
    monkeypatch.chdir("project")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for function in (paths._temporary_dir, paths._show_once):
        function.cache_clear()
    return tmp_path


def test_a_notebook_opened_by_hand_uses_the_same_files_as_papermill(tmp_path, monkeypatch):
    paths._is_this_project.cache_clear()
    (tmp_path / "pyproject.toml").write_bytes((TOP / "pyproject.toml").read_bytes())
    cache.save("things", {}, a=[1])
    Path("news.csv").touch()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert cache.load("things", {})["a"] == [1]
    assert paths.find_input("news.csv") == tmp_path / "news.csv"
    assert paths.find_output("out/x") == tmp_path / "out" / "x"
    Path("here.csv").touch()
    assert paths.find_input("here.csv") == tmp_path / "notebooks" / "here.csv"


def test_somebodys_own_folder_called_notebooks_keeps_its_results(tmp_path, monkeypatch):
    paths._is_this_project.cache_clear()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "another"\n')
    monkeypatch.chdir(tmp_path / "notebooks")
    assert paths.find_output("out/x") == tmp_path / "notebooks/out/x"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a" * 300, "file name too long"),
        ("not/there/" + "ä" * 150, "file name too long"),
        ("a/" * 3000, "file name too long"),
        ("~nosuchuser/x", "there is no such user"),
        ("a\0b", "a character that no path may have"),
        ("a\ud800b", "a character that no path may have"),
    ],
)
def test_an_impossible_path_is_reported_in_one_short_sentence(path, why):
    for find in (paths.find_input, paths.find_output):
        with pytest.raises(InputError) as error:
            find(path)
        message = str(error.value)
        assert "cannot be the path of a file" in message and why in message
        assert len(message) < 200 and "\n" not in message and "\0" not in message


def test_if_the_project_cannot_be_written_the_users_cache_is_used_with_one_notice(homeless):
    with pytest.warns(NewsclustWarning, match="is kept in .*home.* instead") as said:
        cache.save("things", {}, a=[1])
        assert cache.load("things", {})["a"] == [1]
    assert len(said) == 1
    assert paths.state_dir("cache").is_relative_to(homeless / "home")


def test_without_a_home_either_the_temporary_files_are(homeless, monkeypatch):
    Path(homeless, "home/.cache").touch()
    with pytest.warns(NewsclustWarning):
        assert paths.state_dir("cache").is_relative_to(homeless / "temporary")
    paths._temporary_dir.cache_clear()
    os.chmod(paths._temporary_dir(), 0o777)  # somebody else's, for all one knows
    first = paths._temporary_dir()
    paths._temporary_dir.cache_clear()
    assert paths._temporary_dir() != first


def test_two_projects_without_a_place_of_their_own_do_not_share_one(homeless, monkeypatch):
    first = paths.fallback_dir()
    monkeypatch.chdir(homeless)
    assert paths.fallback_dir() != first


def test_the_package_is_imported_where_there_is_no_module_resource():
    modules = sorted(
        str(path.relative_to(Path(newsclust.__file__).parent.parent).with_suffix("")).replace(os.sep, ".")
        for path in Path(newsclust.__file__).parent.rglob("*.py")
        if path.stem != "__main__"
    )
    code = (
        "import sys, importlib\n"
        "sys.modules.update(dict.fromkeys(['resource', 'fcntl', 'pwd']))\n"
        f"for name in {modules}: importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_notebook_of_another_project_is_not_taken_for_ours():
    paths._show_once.cache_clear()
    Path("notebooks").mkdir()
    Path("notebooks/cluster.ipynb").write_text("{}")
    with pytest.warns(
        NewsclustWarning, match=r"notebooks/cluster.ipynb in .* is not used, because that is not newsclust"
    ):
        found = paths.find_shipped("notebooks/cluster.ipynb")
    assert found == Path(newsclust.__file__).parents[2] / "notebooks/cluster.ipynb"
    Path("pyproject.toml").write_text('name = "newsclust"\n')
    paths._is_this_project.cache_clear()
    assert paths.find_shipped("notebooks/cluster.ipynb") == Path("notebooks/cluster.ipynb").resolve()


def test_what_numba_kept_and_cannot_be_read_is_compiled_again(tmp_path):
    (tmp_path / "kernel.py").write_text(
        "from newsclust.paths import give_numba_a_folder\n"
        "give_numba_a_folder()\n"
        "from numba import njit\n"
        "@njit(cache=True)\ndef double(x):\n    return 2 * x\n"
        "print(double(21), 'read' if double.stats.cache_hits else 'compiled')\n"
    )
    code = """
        import pathlib, runpy
        for kind, cut in ((None, 0), ("nbi", 100), ("nbc", 0), (None, 0)):
            for file in pathlib.Path("kept").rglob(f"*.{kind}"):
                file.write_bytes(file.read_bytes()[:cut])
            runpy.run_path("kernel.py")
    """
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["42 compiled", "42 compiled", "42 compiled", "42 read"]


def test_a_link_to_itself_is_called_so():
    Path("self").symlink_to("self")
    with pytest.raises(InputError, match="it links to itself|symbolic links"):
        paths.find_output("self")


@pytest.mark.parametrize("content", ["", "{", "[1]", "3", "\udce9"])
def test_a_damaged_record_is_read_as_none_and_a_whole_one_as_it_is(content):
    assert read_json(Path("gone.json")) == {}
    Path("a.json").write_text(content, errors="surrogateescape")
    assert read_json(Path("a.json")) == {}
    Path("a.json").write_text('{"name": 1}')
    assert read_json(Path("a.json")) == {"name": 1}


def test_files_that_belong_together_are_written_into_a_folder_that_is_made():
    written = write_all(Path("new/folder"), {"a.csv": "x\n", "b.csv": "y\n"})
    assert [path.read_text() for path in written] == ["x\n", "y\n"]
    with pytest.raises(RunError, match=r"new/folder/a.csv/in can't be made \(.*\): give another one with --output"):
        write_all(Path("new/folder/a.csv/in"), {"c.csv": ""})
