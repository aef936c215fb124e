"""The tables of a notebook, on real neighbours and stories."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from conftest import make_embeddings
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import read_corpus
from newsclust.neighbors.neighbors import Neighbors, find_neighbors
from newsclust.show.listings import closest_pairs, largest_stories
from newsclust.stories.stories import find_stories

DOLLARS = "Apple to pay $38 million, Google $52 million in tax"


def corpus_of(titles: list[str], **columns):
    pd.DataFrame({"title": titles, "publisher": "Reuters", **columns}).to_csv("mine.csv", index=False)
    return read_corpus("mine.csv")


def test_a_document_for_which_no_neighbour_was_found_is_no_pair():
    documents = corpus_of(["one", "two", "three", "four"]).documents
    indices = np.array([[1], [0], [-1], [-1]], dtype=np.int32)
    distances = np.array([[0.5], [0.5], [np.inf], [np.inf]], dtype=np.float32)
    pairs = closest_pairs(documents, Neighbors(documents["id"].to_numpy(), indices, distances))
    assert len(pairs.frame) == 1 and pairs.frame["distance"].tolist() == ["0.50"]
    assert "inf" not in pairs._repr_html_()


def test_stories_show_their_title_first_then_the_clearest_headlines_each_once_and_linked():
    titles = [f"Flood number {i} for $5 & $6" for i in range(8)] + [f"Strike {i}" for i in range(6)] + [DOLLARS] * 3
    texts = [f"{'flood' if i < 8 else 'strike' if i < 14 else f'tax {i}'}" for i in range(17)]
    urls = ["https://a.example/" if i % 2 else "javascript:alert(1)" for i in range(17)]
    corpus = corpus_of(titles, description=texts, url=urls)
    rng, documents = np.random.default_rng(0), corpus.documents
    kind = documents["title"].str.split().str[0].map({"Flood": 0, "Strike": 1, "Apple": 2}).to_numpy()
    vectors = rng.normal(size=(3, 16))[kind] + rng.normal(scale=0.05, size=(len(kind), 16))
    embeddings = make_embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    neighbors = find_neighbors(embeddings, 10)
    stories = find_stories(corpus, embeddings, neighbors, cluster(neighbors, 10, 2, 3))
    found = largest_stories(stories, 3)
    assert found.frame["size"].tolist() == sorted(stories.table["size"], reverse=True)
    for _, story in found.frame.iterrows():
        assert story["headlines"][0] == stories.table.loc[story["story"], "title"]
        assert len(story["headlines"]) == len(set(story["headlines"])) <= 4
    shown = found._repr_html_()
    assert "javascript" not in shown and 'href="https://a.example/"' in shown
    assert shown.count("<strong>") == 3 and not re.search(r"\$[^<]*\$", shown)
    assert found.frame["headlines"].iloc[-1] == [DOLLARS]
