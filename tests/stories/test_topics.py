"""Topics are groups of stories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from newsclust.run.continuation import renumbered
from newsclust.show.tree import topic_table
from newsclust.stories.identity import Identity
from newsclust.stories.naming import count_terms
from newsclust.stories.noise import Vote
from newsclust.stories.topics import group_stories
from test_branches import grouped, stories_of

# What a kernel of an earlier test left open is no fault of these.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_topics_are_the_groups_that_stories_lie_in_and_are_named_by_their_words():
    found, groups = grouped(6, 5)
    stories = stories_of(found, groups)
    topics = group_stories(stories)
    of_story = [np.bincount(groups[found.labels == story]).argmax() for story in range(found.n_clusters)]
    pairs = set(zip(of_story, stories.table["topic"], strict=True))
    assert len(pairs) == 6 and {topic for _, topic in pairs} == set(range(6)), "one topic for each group"
    for group, topic in pairs:
        assert topics.table.loc[topic, "keywords"].split(", ")[0].startswith(f"word{group}")
        assert topics.table.loc[topic, ["size", "stories"]].tolist() == [20, 5]
    assert repr(topics) == "6 topics of 30 stories; 0 stories stand alone."
    shown = topic_table(stories, topics)._repr_html_()
    assert shown.count("https://a.example/") == 6 * 4 and shown.count("and 1 more") == 6


def test_topics_of_a_continued_run_are_described_as_those_of_the_first():
    found, groups = grouped(6, 5)
    first = stories_of(found, groups)
    numbers = np.random.default_rng(0).permutation(found.n_clusters + 5)[: found.n_clusters].astype(np.int32)
    identity = Identity(numbers, pd.DataFrame(), found.n_clusters + 5)
    counted = replace(first, vote=Vote(*[found.labels] * 6), terms=count_terms(first.documents, found.labels))
    later = renumbered(counted, identity, "yesterday")
    pd.testing.assert_frame_equal(group_stories(later).table, group_stories(first).table)
