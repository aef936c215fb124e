"""What is seen before a run works: that its results replace nobody's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsclust.errors import NewsclustWarning, ParameterError, RunError
from newsclust.paths import _show_once
from newsclust.run.preflight import find_run, run_folders, try_output

OURS = "\ufefftitle,id,cluster,probability,x,y\n"


def leave(name: str, text: str) -> None:
    Path("out").mkdir(exist_ok=True)
    Path("out", name).write_text(text, encoding="utf-8")


def record(data: str) -> str:
    return json.dumps({"parameters": {"data": data}, "provenance": {"command": "papermill"}})


@pytest.mark.parametrize("name", ["clusters.csv", "stories.csv", "metrics.json", "report.html", "provenance.json"])
def test_a_file_that_newsclust_did_not_make_is_not_written_over(name):
    leave(name, "my own notes")
    with pytest.raises(
        ParameterError, match=rf"out/{name} was not made by newsclust and would be written over: move it"
    ):
        try_output("out", "mine.csv")
    assert Path("out", name).read_text() == "my own notes"


def test_files_of_other_names_are_no_obstacle():
    leave("notes.csv", "my own notes")
    try_output("out", "mine.csv")


def test_results_of_other_headlines_are_replaced_with_a_word_and_those_of_the_same_without(recwarn):
    _show_once.cache_clear()
    leave("clusters.csv", OURS)
    leave("provenance.json", record("mine.csv"))
    try_output("out", "mine.csv")
    assert not recwarn
    with pytest.warns(
        NewsclustWarning, match=r"The results in out, which are of mine.csv, are replaced by those of b.csv"
    ):
        try_output("out", "b.csv")


def test_what_a_killed_run_left_is_replaced():
    leave("clusters.csv", OURS)  # and no record yet
    try_output("out", "mine.csv")


def test_a_run_and_an_assignment_do_not_replace_each_other():
    leave("clusters.csv", OURS)
    leave("provenance.json", record("mine.csv"))
    with pytest.raises(ParameterError, match="out holds the results of a run: give another folder"):
        try_output("out", kind="an assignment")
    Path("out/clusters.csv").unlink()
    leave("assigned.csv", "\ufefftitle,id,story,what,probability,title_of_story,x,y\n")
    try_output("out", kind="an assignment")
    with pytest.raises(ParameterError, match="out holds the results of an assignment: give another folder"):
        try_output("out", "mine.csv")


def test_a_finished_run_is_found_by_its_folder_and_by_its_name():
    for name in ("out", "reports/monday", "reports/begun"):
        Path(name).mkdir(parents=True)
        Path(name, "provenance.json").touch()
    for name in ("out", "reports/monday"):
        Path(name, "clusters.csv").touch()
    assert find_run("out") == Path("out").resolve()
    assert find_run("monday") == find_run("reports/monday") == Path("reports/monday").resolve()
    assert Path("reports/begun").resolve() in run_folders("begun")
    with pytest.raises(RunError, match=r"no finished run in 'begun': .* `newsclust list` shows what there is"):
        find_run("begun")
