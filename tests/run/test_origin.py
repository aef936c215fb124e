"""The commit that a run's provenance names is that of newsclust's code, or none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
ASK = "from newsclust.run.origin import commit; print(commit())"


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def asked(checkout: Path, source: str = "src") -> str:
    environment = {"PYTHONPATH": str(checkout / source)}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path) -> Path:
    package = tmp_path / "src/newsclust"
    (package / "run").mkdir(parents=True)
    for name in ("__init__.py", "lazy.py", "run/__init__.py", "run/origin.py"):
        shutil.copy(TOP / "src/newsclust" / name, package / name)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/cluster.ipynb").write_text("{}")
    (tmp_path / ".gitignore").write_text(".venv/\n")
    return tmp_path


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_commit_is_named_with_changes_since(checkout):
    git(checkout, "init", "-q")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "first")
    head = git(checkout, "rev-parse", "HEAD")
    assert asked(checkout) == head
    (checkout / "notebooks/cluster.ipynb").write_text("{ }")
    assert asked(checkout) == f"{head}, with changes"
    (checkout / ".venv").mkdir()
    shutil.move(checkout / "src", checkout / ".venv/site")  # installed in somebody's project: that commit is not ours
    assert not asked(checkout, ".venv/site").startswith(head)


def test_where_there_is_no_repository_nothing_fails(checkout):
    assert len(asked(checkout).splitlines()) == 1
