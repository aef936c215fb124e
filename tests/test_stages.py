"""The ledger of a run."""

from __future__ import annotations

import time

import pytest

from newsclust import stages


@pytest.fixture(autouse=True)
def ledger(monkeypatch):
    monkeypatch.setattr(stages, "ledger", {})
    return stages.ledger


def test_a_stage_has_its_seconds_its_memory_and_whether_it_was_computed():
    with stages.stage("search") as entry:
        time.sleep(0.02)
        entry.computed = False
    kept = stages.ledger["search"]
    assert kept is entry and 0.02 <= kept.seconds < 5 and kept.peak_mib > 10 and not kept.computed


def test_seconds_are_not_counted_twice_where_a_stage_is_inside_another():
    inner = stages.stage("inner")(lambda: time.sleep(0.01))
    with stages.stage("outer"):
        inner()
    assert list(stages.ledger) == ["outer"] and stages.ledger["outer"].seconds >= 0.01
    inner()
    assert list(stages.ledger) == ["outer", "inner"]


def test_a_stage_that_failed_has_no_time_and_the_next_is_not_inside_it():
    with pytest.raises(RuntimeError), stages.stage("failed"):
        raise RuntimeError
    with stages.stage("next"):
        pass
    assert list(stages.ledger) == ["next"]
