"""What all commands share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from newsclust import __version__, terminal


@pytest.fixture
def app(monkeypatch):
    """A command line with two commands, of which one is `run`."""
    monkeypatch.setattr(terminal, "_say", [typer.echo])
    monkeypatch.setattr(os, "environ", os.environ.copy())
    app = typer.Typer(cls=terminal.Commands)
    app.callback()(terminal.common)

    @app.command()
    def run(data: str, changed: Annotated[list[str] | None, typer.Option("-p")] = None) -> None:
        terminal.tell(" ".join(["runs", data, *(changed or [])]))
        terminal.print_json(data=Path(data), words="é")

    @app.command()
    def stop() -> None:
        raise KeyboardInterrupt

    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_a_file_or_an_address_alone_is_run_and_a_mistyped_command_is_not(app):
    Path("mine.csv").write_text("title\n")
    for data in ("mine.csv", "https://a.example/feed"):
        assert app(data).stdout.splitlines()[0] == f"runs {data}"
    assert app("rnu").exit_code == 2


def test_a_parameter_is_given_as_to_papermill_as_often_as_one_likes(app):
    Path("mine.csv").write_text("title\n")
    for before in ((), ("run",)):
        told = app(*before, "mine.csv", "-p", "k", "30", "-p", "filter", "a = b").stdout
        assert told.splitlines()[0] == "runs mine.csv k=30 filter=a = b"
    assert app("mine.csv", "-p", "k=30", "-p", "filter", "a").stdout.splitlines()[0] == "runs mine.csv k=30 filter=a"
    assert app("mine.csv", "-p").exit_code == 2


def test_quiet_leaves_what_programs_read(app):
    assert json.loads(app("--quiet", "run", "a.csv").stdout) == {"data": "a.csv", "words": "é"}


def test_control_c_is_one_word_and_the_status_that_shells_expect(app):
    stopped = app("stop")
    assert stopped.exit_code == 130 and stopped.stderr.strip() == "Stopped."


def test_the_version_is_printed_without_a_command(app):
    assert app("--version").stdout == f"newsclust {__version__}\n"
