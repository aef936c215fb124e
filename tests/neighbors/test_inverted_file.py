"""The inverted file looks into the lists that it should."""

from __future__ import annotations

import numpy as np
import pytest

from newsclust.neighbors import inverted_file
from newsclust.neighbors.comparison import exact_neighbors, found_share
from newsclust.neighbors.inverted_file import InvertedFile, search_lists
from test_comparison import scattered


@pytest.mark.parametrize("queries", [100, 2**14])
def test_an_inverted_file_looked_into_whole_misses_nobody(monkeypatch, queries):
    monkeypatch.setattr(inverted_file, "QUERIES", queries)
    vectors = scattered(1500, 24)
    file = InvertedFile(vectors, vectors.shape[1], 20)
    rows = np.array([1499, 3, 700, 4])
    expected = exact_neighbors(vectors, 20)
    for found, part in (
        (file.search(file.n_lists), expected),
        (file.search(file.n_lists, rows), [e[rows] for e in expected]),
    ):
        assert np.array_equal(found[0], part[0])
        assert np.array_equal(found[1], part[1])
    n_probes = file.probes_for(np.arange(1500), expected[0])
    assert n_probes < file.n_lists
    assert inverted_file.RECALL - 0.01 < (file.search(n_probes)[1] <= expected[1][:, -1:]).mean() < 1


def test_the_lists_that_are_searched_reach_the_recall_on_all_documents():
    vectors, sample = scattered(3000, 24), np.arange(0, 3000, 30)
    expected = exact_neighbors(vectors, 10)
    indices, distances = search_lists(vectors, 10, sample, tuple(one[sample] for one in expected))
    assert indices.shape == distances.shape == (3000, 10) and not (indices == np.arange(3000)[:, None]).any()
    assert found_share(distances, expected[1]) > inverted_file.RECALL - 0.02
