"""Other tools that group headlines, as their users would run them."""

from __future__ import annotations

import numpy as np
import pytest

from newsclust.grid.peers import AT_LEAST, PEERS, THRESHOLDS, absent, average_linkage, tutorial

#: Three directions, five documents near each.
VECTORS = np.repeat(np.eye(3), 5, axis=0) + np.random.default_rng(0).normal(scale=0.05, size=(15, 3))
VECTORS = (VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)).astype(np.float32)
STORY = np.repeat([0, 1, 2], 5)


def is_the_grouping(labels: np.ndarray) -> bool:
    return np.array_equal(labels[:, None] == labels, STORY[:, None] == STORY) and labels.min() >= 0


@pytest.mark.parametrize("peer", [tutorial, average_linkage])
def test_a_peer_finds_three_groups_that_anyone_would_find(peer):
    found = peer(VECTORS, [""] * 15, 3)
    assert list(found) == (["3 / 3"] if peer is tutorial else [f"cut at {cut:g}" for cut in THRESHOLDS])
    assert all(map(is_the_grouping, found.values()))


def test_a_peer_that_cannot_take_part_is_named_with_why(monkeypatch):
    monkeypatch.setitem(PEERS, "nobody", ("no_such_package", False, tutorial))
    assert "nobody is left out: no_such_package is not installed" in absent("nobody", 100)
    assert absent("average linkage", AT_LEAST - 1) == "average linkage is left out: 9 documents are too few for it."
    assert "compares all pairs of documents, and 50,000 are too many" in absent("average linkage", 50_000)
    assert absent("average linkage", 100) == ""
