"""The log of a run: its stages and its notices, which go with its results."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from newsclust.errors import notice
from newsclust.stages import Logged, current_log, logged, stage, step


@dataclass(frozen=True, eq=False)
class Result(Logged):
    what: str


@step
def first(what: str) -> Result:
    with stage("read"):
        notice(f"{what} is read.")
    return Result(what)


@step
def second(before: Result, k: int, tell: bool = True) -> Result:
    with stage("search"):
        if tell:
            notice(f"k is lowered to {k} for {before.what}.")
    return Result(before.what)


@pytest.fixture
def log():
    with logged() as kept:
        yield kept


def test_a_stage_has_its_seconds_its_memory_and_whether_it_was_computed(log):
    with stage("search") as entry:
        time.sleep(0.02)
        entry.computed = False
    kept = log.stages["search"]
    assert kept is entry and 0.02 <= kept.seconds < 5 and kept.peak_mib > 10 and not kept.computed
    assert log.seconds == {"search": round(kept.seconds, 3)}


def test_seconds_are_not_counted_twice_where_a_stage_is_inside_another(log):
    inner = stage("inner")(lambda: time.sleep(0.01))
    with stage("outer"):
        inner()
    assert list(log.stages) == ["outer"] and log.stages["outer"].seconds >= 0.01
    inner()
    assert list(log.stages) == ["outer", "inner"]


def test_a_stage_that_failed_has_no_time_and_the_next_is_not_inside_it(log):
    with pytest.raises(RuntimeError), stage("failed"):
        raise RuntimeError
    with stage("next"):
        pass
    assert list(log.stages) == ["next"]


def test_a_result_holds_what_happened_until_it_was_there_and_nothing_else():
    read = first("courier")
    with stage("another tool"):
        notice("the map draws half of the headlines.")
    other = first("herald")
    linked = second(read, 5)
    assert linked.log.notices == ["courier is read.", "k is lowered to 5 for courier."]
    assert list(linked.log.stages) == ["read", "search"] and other.log.notices == ["herald is read."]
    assert read.log.notices == ["courier is read."] and list(read.log.stages) == ["read"]


def test_a_step_that_is_taken_again_leaves_no_notice_of_the_first_time():
    read = first("courier")
    second(read, 5)
    assert second(read, 10, tell=False).log.notices == ["courier is read."]
    assert second(before=read, k=6).log.notices == ["courier is read.", "k is lowered to 6 for courier."]


def test_runs_side_by_side_in_threads_keep_their_own_notices():
    names = [f"paper {i}" for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda name: second(first(name), 3), names))
    assert [one.log.notices for one in made] == [[f"{one} is read.", f"k is lowered to 3 for {one}."] for one in names]


def test_outside_a_step_nothing_is_kept():
    notice("of nobody's run.")
    assert current_log().notices == [] and current_log().stages == {}
