"""What is checked before new headlines are assigned, and where their results go."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from newsclust.arrivals.assigned import check_assignment
from newsclust.errors import NewsclustError


@pytest.fixture
def run():
    Path("reports/monday").mkdir(parents=True)
    return SimpleNamespace(folder=Path("reports/monday").resolve())


@pytest.mark.parametrize(
    "given, said",
    [
        ({"least_emerging": 1}, "least_emerging is 1; it should be a whole number of at least 2"),
        ({"least_emerging": True}, "least_emerging is True"),
        ({"output": "reports/monday"}, "the run's own folder: give another one"),
        ({"output": ""}, "output is ''; it should be a folder"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_read(given, said, run):
    with pytest.raises(NewsclustError, match=said):
        check_assignment(given, run)


def test_what_is_right_passes_and_writes_nothing(run):
    check_assignment({"least_emerging": 2, "output": "out/tuesday", "columns": {"title": "Head"}}, run)
    assert not list(run.folder.iterdir()) and not [path for path in Path(".").rglob("*") if path.is_file()]
