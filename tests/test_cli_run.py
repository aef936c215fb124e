"""Commands on one finished run: what they print, and their exit codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from newsclust import cli_run
from newsclust.terminal import app


def call(*arguments: str):
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("n_failed", [0, 1])
def test_pairs_that_are_not_as_they_should_be_fail_the_command(n_failed, monkeypatch):
    checked = SimpleNamespace(n_failed=n_failed, facts={"n_failed": n_failed})
    monkeypatch.setattr("newsclust.run.stored.read_run", lambda name: name)
    monkeypatch.setattr(
        "newsclust.defend.golden_pairs.check_pairs", lambda pairs, run: asked.append((pairs, run)) or checked
    )
    asked: list[tuple[str, str]] = []
    done = call("check", "pairs.csv", "--run", "monday", "--json")
    assert json.loads(done.stdout) == {"n_failed": n_failed} and done.exit_code == n_failed
    assert asked == [("pairs.csv", "monday")]


@pytest.mark.parametrize("agrees", [True, False])
def test_a_repetition_that_differs_fails_the_command_and_its_checks_are_json(agrees, monkeypatch):
    @dataclass
    class Check:
        what: str
        agrees: bool

    found = SimpleNamespace(run="monday", agrees=agrees, reason="", elsewhere="", checks=[Check("labels", agrees)])
    monkeypatch.setattr("newsclust.defend.verify.verify", lambda run, data, trust: found)
    done = call("verify", "monday", "--json")
    assert json.loads(done.stdout)["checks"] == [{"what": "labels", "agrees": agrees}] and done.exit_code == (
        not agrees
    )


def test_a_feed_is_printed_or_written_where_it_is_asked_for(monkeypatch):
    written = []
    monkeypatch.setattr("newsclust.show.story_feeds.feed_of", lambda run, address: {"title": run, "home": address})
    monkeypatch.setattr(
        "newsclust.show.story_feeds.write_feeds", lambda made, folder: written.append(folder) or [folder / "feed.json"]
    )
    done = call("feed", "monday", "--address", "https://a.example", "--json")
    assert json.loads(done.stdout) == {"title": "monday", "home": "https://a.example"} and written == []
    assert "Written: out" in call("feed", "monday", "--output", "out").stdout
    assert [folder.resolve() for folder in written] == [Path("out").resolve()]


def test_every_command_is_shown_in_the_help_with_an_example():
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    own = [name for name in names if name.replace("-", "_") in vars(cli_run)]
    assert {"check", "report", "methods", "feed", "verify", "export"} <= set(own)
    for name in own:
        assert "For example: " in call(name, "--help").stdout
