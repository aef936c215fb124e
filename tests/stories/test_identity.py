"""Numbers that stories keep from one run to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsclust.stories.identity import keep_identity
from points import examples


def labels_of(*parts: int) -> np.ndarray:
    """Clusters of these sizes, one after the other."""
    return np.repeat(np.arange(len(parts)), parts)


def earlier_of(numbers: list[int]) -> pd.Series:
    return pd.Series(numbers, index=np.arange(len(numbers)), dtype=int)


@st.composite
def two_days(draw) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Yesterday's numbers of some documents and today's clusters of some, most of them the same documents."""
    before = draw(st.lists(st.integers(-1, 6), max_size=40))
    ids = draw(st.permutations(range(len(before) + draw(st.integers(0, 10)))))
    ids = np.array(ids[draw(st.integers(0, 5)) :], dtype=np.int64)
    found = np.array(draw(st.lists(st.integers(-1, 6), min_size=len(ids), max_size=len(ids))), dtype=int)
    _, labels = np.unique(np.append(found, -1), return_inverse=True)  # without gaps, noise first
    return earlier_of(before) * 3, ids, labels[:-1] - 1


@settings(max_examples=examples(60), deadline=None)
@given(two_days(), st.integers(0, 40))
def test_every_story_has_one_number_and_a_new_one_none_that_was_ever_used(days, used):
    earlier, ids, labels = days
    identity = keep_identity(earlier, ids, labels, used)
    assert len(set(identity.numbers.tolist())) == len(identity.numbers) == labels.max(initial=-1) + 1
    what = identity.changes.set_index("story")["what"]
    new = [number for number in identity.numbers.tolist() if what[number] != "continues"]
    assert all(number >= max(used, earlier.max() + 1 if len(earlier) else 0) for number in new)
    assert identity.next_number > max([*identity.numbers.tolist(), used - 1], default=0) or not len(identity.numbers)


@settings(max_examples=examples(60), deadline=None)
@given(two_days())
def test_a_continued_story_shares_half_of_the_smaller_and_every_story_is_listed_once(days):
    earlier, ids, labels = days
    identity = keep_identity(earlier, ids, labels)
    told = identity.changes
    assert sorted(told["story"]) == sorted({*earlier[earlier >= 0], *identity.numbers.tolist()})
    both = pd.DataFrame({"before": earlier.reindex(ids).to_numpy(), "now": labels}).dropna()
    for cluster, number in enumerate(identity.numbers):
        if told.set_index("story")["what"][number] == "continues":
            one, other = both["before"] == number, both["now"] == cluster
            assert 2 * (one & other).sum() >= min(one.sum(), other.sum()) > 0


@settings(max_examples=examples(40), deadline=None)
@given(two_days(), st.randoms())
def test_the_order_of_the_documents_changes_nothing(days, random):
    earlier, ids, labels = days
    order = list(range(len(ids)))
    random.shuffle(order)
    one, other = keep_identity(earlier, ids, labels), keep_identity(earlier.sample(frac=1), ids[order], labels[order])
    assert one.numbers.tolist() == other.numbers.tolist() and one.changes.equals(other.changes)


def test_a_run_repeated_keeps_every_number():
    numbers = np.array([7, 0, 12])[labels_of(5, 4, 3)].tolist()
    identity = keep_identity(earlier_of(numbers), np.arange(12), labels_of(5, 4, 3))
    assert identity.numbers.tolist() == [7, 0, 12]
    assert set(identity.changes["what"]) == {"continues"} and identity.next_number == 13


def test_of_a_story_that_splits_the_largest_part_keeps_the_number():
    identity = keep_identity(earlier_of([4] * 10), np.arange(10), labels_of(6, 4))
    assert identity.numbers.tolist() == [4, 5]
    told = identity.changes.set_index("story")
    assert told["what"].to_dict() == {4: "continues", 5: "split off"} and told["others"][5] == [4]


def test_of_stories_that_merge_the_larger_lives_on_and_says_what_it_took_in():
    identity = keep_identity(earlier_of([1] * 6 + [2] * 4), np.arange(10), labels_of(10))
    told = identity.changes.set_index("story")
    assert identity.numbers.tolist() == [1] and told["what"].to_dict() == {1: "continues", 2: "merged"}
    assert told["others"][1] == [2] and told["others"][2] == [1]


def test_one_stray_headline_does_not_make_a_new_story_an_old_one():
    earlier = earlier_of([3] * 8 + [-1] * 9)
    identity = keep_identity(earlier, np.arange(20), np.array([-1] * 7 + [0] * 13))
    told = identity.changes.set_index("story")["what"].to_dict()
    assert identity.numbers.tolist() == [4] and told == {4: "new", 3: "ended"}


@pytest.mark.parametrize("earlier", [[], [-1, -1]], ids=["no run", "a run without stories"])
def test_without_earlier_stories_all_are_new(earlier):
    identity = keep_identity(earlier_of(earlier), np.arange(6), labels_of(3, 3))
    assert identity.numbers.tolist() == [0, 1] and set(identity.changes["what"]) == {"new"}
