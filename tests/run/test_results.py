"""What the steps give, shown in a notebook."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.errors import RunError
from newsclust.run.results import SHOWN, Clusters, Links, Run, Vectors, finished
from points import distance_matrix, neighbor_lists


@pytest.fixture
def links() -> Links:
    """Two groups of twelve headlines, close and wide, and one headline far from both."""
    rng = np.random.default_rng(0)
    where = np.vstack([rng.normal(0, 0.1, (12, 4)), rng.normal(20, 1, (12, 4)), np.full((1, 4), -50)])
    lists = neighbor_lists(distance_matrix(where), 6)
    documents = pd.DataFrame({"id": lists.ids, "title": [f"<b>{i}</b>" for i in range(25)], "text": "t"})
    made = {"k": 6, "n_neighbors": 6, "words": 0.2, "days": 0.0}
    store = SimpleNamespace(name="news", vector_field="embedding")
    vectors = Vectors(SimpleNamespace(documents=documents), make_embeddings(where), store, {})
    return Links(vectors, lists, lists, lists, made)


def test_the_typical_document_has_the_median_density_and_its_neighbours_are_named(links):
    third = np.sort(distance_matrix(links.vectors.vectors), axis=1)[:, 3]
    assert links.plain[links.typical, 2] == pytest.approx(np.sort(third)[12], rel=1e-5)
    nearest = distance_matrix(links.vectors.vectors)[links.typical].argsort()[1:4]
    assert links.titles(links.typical, 3) == [links.title(row) for row in nearest]
    assert "by vectors, words and days (words = 0.2, days = 0)" in repr(links)


def test_vectors_say_how_many_numbers_they_have_and_where_they_are(links):
    assert repr(links.vectors).startswith("25 documents as vectors of 4 numbers by minilm, in ")
    assert (links.vectors.collection, links.vectors.field) == ("news", "embedding")


def test_clusters_show_some_headlines_and_noise_among_them_as_text(links):
    found = cluster(links.neighbors, 6, 2, 4)
    clusters = Clusters(links, "", replace(found, labels=np.append(found.labels[:24], -1)), {})
    shown = clusters._repr_html_()
    assert clusters.labels[24] == -1 and shown.count("&lt;b&gt;") == SHOWN and "&lt;b&gt;24&lt;" in shown
    assert "<b>" not in shown


def test_what_was_just_found_is_no_finished_run_where_it_is_in_no_folder():
    with pytest.raises(RunError, match="this run is in no folder: give it one"):
        finished(Run(None, SimpleNamespace(parameters={"output": None})))
